/** A desk lives through random histories at a venue that is a model. Short here; in long it is `npm run model`. */
import { expect, test } from "vitest";
import { memoryJournal } from "../../../src/journal/memory.ts";
import { fileJournal } from "./file-journal.ts";
import { historyOf } from "./history.ts";
import { findFault, STEPS, tell } from "./run.ts";

const SEEDS = Array.from({ length: 250 }, (_, index) => index + 1);

test("whatever happens in whatever order, what a desk sends, answers, counts and tells is so", async () => {
  for (const seed of SEEDS) expect(await findFault(historyOf(seed, STEPS))).toBeUndefined();
}, 120_000);

test("so it is over a journal in a file, of which a process that dies leaves what it had committed", async () => {
  // The last one turns a switch that has to be read before, which a file takes its time for.
  for (const seed of [...SEEDS.slice(0, 40), 9_500_147])
    expect(await findFault(historyOf(seed, STEPS), fileJournal)).toBeUndefined();
}, 120_000);

test("one seed makes one history, which is told the same each time", async () => {
  const { lines } = await tell(historyOf(7, STEPS));
  expect((await tell(historyOf(7, STEPS))).lines).toEqual(lines);
  expect((await tell(historyOf(8, STEPS))).lines).not.toEqual(lines);
});

test("a fault is told with its seed and by the shortest history that shows it", async () => {
  const told = await findFault(historyOf(3, STEPS), () => {
    const journal = memoryJournal();
    const isLost = (line: { readonly kind: string; readonly state?: string }) => line.state === "accepted";
    return {
      ...journal,
      append: (lines, durability) =>
        journal.append(
          lines.filter((line) => !isLost(line)),
          durability,
        ),
    };
  });
  expect(told).toMatch(/^seed 3: unknown at the end: /);
  expect(told?.match(/^ *\d+ \+\d+ ms: /gm)?.length).toBeLessThan(8);
});
