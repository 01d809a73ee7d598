import { expect, test } from "vitest";
import { runConformance } from "../../src/testing/index.ts";
import { futuStage } from "./stages/futu.ts";

test.concurrent.each(["SIMULATE", "REAL"] as const)(
  "the Futu broker keeps the contract in the %s environment",
  async (tradeEnv) => {
    const results = await runConformance(futuStage(tradeEnv));
    expect(results.filter(({ status }) => status === "failed")).toEqual([]);
    const gaps = results.filter((one) => one.status === "not applicable" && one.missing === "stage");
    expect(gaps).toEqual([]);
  },
  240_000,
);
