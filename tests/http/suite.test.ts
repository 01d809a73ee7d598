/** The HTTP suite in this process: twice over one gateway, in regular hours and on a Sunday. */
import { describe, test } from "vitest";
import { createHttpTrading } from "../../mod.ts";
import { paper } from "../../src/brokers/paper/index.ts";
import { demoTradingTime } from "../../src/exchange/demo-account.ts";
import { HTTP_SUITE, type SuiteContext } from "./suite.ts";

const INSTANCE = { instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] };
const SUNDAY = Date.UTC(2025, 5, 1, 15);

describe.for([
  ["in regular hours", demoTradingTime],
  ["on a Sunday", SUNDAY],
] as const)("%s", ([, now]) => {
  const trading = createHttpTrading({ brokers: [paper({ ...INSTANCE, clock: () => now })] });
  const context: SuiteContext = {
    instanceId: INSTANCE.instanceId,
    token: "Vt5UCW2sLBvgPXjR",
    fetch: async (url, init) => trading.fetch(new Request(url, init)),
  };

  describe.for(["once", "again"])("%s", () => {
    test.for(HTTP_SUITE)("$name", ({ run }) => run("http://127.0.0.1", context));
  });
});
