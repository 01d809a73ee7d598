import { expect, test } from "vitest";
import { runConformance } from "../../src/testing/index.ts";
import { paperStage } from "./stages/paper.ts";

/** A paper account has no wire that could be silent or lost, no login behind it, and holds only what it can name. */
const POWERS_WITHOUT_A_WIRE = ["brokerLogin", "silence", "drop", "loseAnswer", "limit", "restart", "holdUnmappable"];

test("the paper broker keeps the contract", async () => {
  const results = await runConformance(paperStage);
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  const gaps = results.flatMap((one) =>
    one.status === "not applicable" && one.missing === "stage" ? [one.reason] : [],
  );
  expect(new Set(gaps)).toEqual(new Set(POWERS_WITHOUT_A_WIRE.map((power) => `the stage has no power ${power}`)));
});
