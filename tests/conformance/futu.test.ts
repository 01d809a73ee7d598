import { afterAll, beforeAll, expect, test } from "vitest";
import { runConformance } from "../../src/testing/index.ts";
import { futuStage } from "./stages/futu.ts";
import { type OpenDHost, startOpenDHost } from "./stages/opend-host.ts";

let host: OpenDHost;
beforeAll(async () => {
  host = await startOpenDHost();
});
afterAll(() => host.close());

test.concurrent.each(["SIMULATE", "REAL"] as const)(
  "the Futu broker keeps the contract in the %s environment",
  async (tradeEnv) => {
    const results = await runConformance(futuStage(tradeEnv, host.url));
    expect(results.filter(({ status }) => status === "failed")).toEqual([]);
    const gaps = results.filter((one) => one.status === "not applicable" && one.missing === "stage");
    expect(gaps).toEqual([]);
  },
  240_000,
);
