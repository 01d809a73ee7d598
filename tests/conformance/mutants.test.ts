/** The proof that the suite can fail: each mutant turns exactly the checks red that are meant for it. */
import { describe, expect, test } from "vitest";
import { runConformance } from "../../src/testing/index.ts";
import { absentMutants } from "./mutants/absent.ts";
import { changingMutants } from "./mutants/changing.ts";
import { failingMutants } from "./mutants/failing.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { payingMutants } from "./mutants/paying.ts";
import { pendingMutants } from "./mutants/pending.ts";
import { placingMutants } from "./mutants/placing.ts";
import { pressedMutants } from "./mutants/pressed.ts";
import { proxiedMutants } from "./mutants/proxied.ts";
import { readingMutants } from "./mutants/reading.ts";
import { showingMutants } from "./mutants/showing.ts";
import { toyStage } from "./toy/toy-broker.ts";

const MUTANTS: readonly Mutant[] = [
  ...readingMutants,
  ...placingMutants,
  ...changingMutants,
  ...showingMutants,
  ...failingMutants,
  ...pressedMutants,
  ...absentMutants,
  ...payingMutants,
  ...pendingMutants,
  ...proxiedMutants,
];

describe.concurrent("a broker that", () => {
  for (const { fault, mutate, red } of MUTANTS) {
    test(fault, async () => {
      const results = await runConformance(toyStage(mutate));
      const failed = results.filter(({ status }) => status === "failed").map(({ name }) => name);
      expect(failed).toEqual(red);
    });
  }
});

test("no check is there that no mutant can turn red", async () => {
  const results = await runConformance(toyStage());
  const applicable = results.filter(({ status }) => status !== "not applicable").map(({ name }) => name);
  const red = new Set(MUTANTS.flatMap((mutant) => mutant.red));
  expect(applicable.filter((name) => !red.has(name))).toEqual([]);
});
