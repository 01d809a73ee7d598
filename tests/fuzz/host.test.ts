/** The fuzzing itself: each kind of fault is found, with the input that shows it, and the rest goes on. */
import { expect, test } from "vitest";
import { allowedGrowth, fuzz, type Outcome } from "./host.ts";
import { readInput, writeInput } from "./inputs.ts";

const MODULE = "targets/broken.ts";

async function outcomeOf(target: string, runs = 1_000, silenceMs = 60_000): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  await fuzz([{ target, seed: 1, runs }], (outcome) => outcomes.push(outcome), { module: MODULE, silenceMs });
  expect(outcomes).toHaveLength(1);
  return outcomes[0] as Outcome;
}

test("a broken rule, with the smallest input that breaks it and its seed", { timeout: 120_000 }, async () => {
  const { failures } = await outcomeOf("wrong");
  expect(failures).toMatchObject([{ target: "wrong", seed: 1, input: '{"number":700}' }]);
  expect(failures[0]?.error).toContain("a number that is too large: 700");
});

test.for(["crashing", "greedy"])("%s: the input that ends the process", { timeout: 120_000 }, async (target) => {
  const { failures } = await outcomeOf(target);
  expect(failures).toHaveLength(1);
  expect(failures[0]?.input).toMatch(/77\}$/);
  expect(failures[0]?.error).toContain("the process ended with");
});

test("an input that hangs", { timeout: 120_000 }, async () => {
  const { failures } = await outcomeOf("hanging", 1_000, 3_000);
  expect(failures[0]?.error).toBe("an input hangs for more than 3000 ms");
  expect(failures[0]?.input).toMatch(/77\}$/);
});

test("a leak of a thousand bytes an input, and no leak where there is none", { timeout: 120_000 }, async () => {
  for (const [target, leaks] of [
    ["leaking", true],
    ["sound", false],
  ] as const) {
    const { memory, failures } = await outcomeOf(target, 3_000);
    expect(failures).toEqual([]);
    if (memory === undefined) throw new Error("no memory was measured");
    expect(memory.end - memory.start > allowedGrowth(memory)).toBe(leaks);
  }
});

test("what comes after a target that crashes is fuzzed all the same", { timeout: 120_000 }, async () => {
  const seen: string[] = [];
  const rounds = ["sound", "crashing", "sound"].map((target) => ({ target, seed: 1, runs: 500 }));
  await fuzz(rounds, ({ target, failures }) => void seen.push(`${target} ${failures.length}`), { module: MODULE });
  expect(seen).toEqual(["sound 0", "crashing 1", "sound 0"]);
});

test("inputs are written and read back as they were", () => {
  const input = { chunks: [Uint8Array.of(0, 255), new Uint8Array()], text: "\ud800\u0000", list: [null, 1.5] };
  expect(readInput(writeInput(input))).toEqual(input);
});
