import { afterEach, expect, test, vi } from "vitest";
import { createPruning, type Pruning } from "../../src/desk/pruning.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";

const DAY_MS = 86_400_000;
const started: Pruning[] = [];
afterEach(() => {
  for (const pruning of started.splice(0)) pruning.close();
});

function pruningOf(own: Partial<Journal>, intervalMs: number): { pruning: Pruning; asked: number[] } {
  const asked: number[] = [];
  const journal: Journal = {
    ...memoryJournal(),
    prune(before) {
      asked.push(before);
      return own.prune?.(before);
    },
    ...(own.open === undefined ? {} : { open: own.open }),
  };
  const pruning = createPruning({ journal, days: 30, intervalMs });
  started.push(pruning);
  return { pruning, asked };
}

test("forgets what is older than the days, at the start and again and again", async () => {
  const { pruning, asked } = pruningOf({}, 5);
  const earliest = Date.now() - 30 * DAY_MS;
  expect(asked).toEqual([]);
  pruning.start();
  pruning.start();
  await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(3));
  for (const before of asked) {
    expect(before).toBeGreaterThanOrEqual(earliest);
    expect(before).toBeLessThanOrEqual(Date.now() - 30 * DAY_MS);
  }
});

test("opens the journal first, and tries one that fails again", async () => {
  let opened = 0;
  const { pruning, asked } = pruningOf(
    {
      open: () => {
        opened += 1;
        if (opened < 3) throw new Error("the disk is full");
        return { epoch: "e", sequence: 0 };
      },
    },
    5,
  );
  pruning.start();
  await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(1));
  expect(opened).toBeGreaterThanOrEqual(3);
});

test("never runs twice at once", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { pruning, asked } = pruningOf({ prune: () => promise }, 1);
  pruning.start();
  await new Promise((later) => setTimeout(later, 20));
  expect(asked).toHaveLength(1);
  resolve();
  await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(2));
});

test("ends when it is closed, and does not begin after", async () => {
  const { pruning, asked } = pruningOf({}, 1);
  pruning.close();
  pruning.start();
  await new Promise((later) => setTimeout(later, 10));
  expect(asked).toEqual([]);
});

test("opens no journal again once it is closed, however often it was started", async () => {
  let opened = 0;
  const open = () => {
    opened += 1;
    return { epoch: "e", sequence: 0 };
  };
  const { pruning, asked } = pruningOf({ open }, 1);
  pruning.start();
  pruning.start();
  await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(2));
  pruning.close();
  const before = opened;
  await new Promise((later) => setTimeout(later, 10));
  expect(opened).toBe(before);
});
