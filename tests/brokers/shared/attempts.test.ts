/** Keeping a connection up: how long the pauses are, and what ends them. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Ending, keepTrying } from "../../../src/brokers/shared/attempts.ts";

/** The shortest that a timer waits. */
const AT_ONCE = 1;

const TIMES = { heartbeat: 1_000, firstBackOff: 100, mostBackOff: 400, refusedBackOff: 5_000 };

let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
  vi.useFakeTimers();
  // Each pause is as long as it may be.
  vi.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(() => {
  stop.abort();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Milliseconds between the end of each attempt and the beginning of the next, as long as attempts are foreseen. */
async function pausesBehind(attempts: readonly { readonly ending: Ending; readonly upMs?: number }[]) {
  const pauses: number[] = [];
  let endedAt: number | undefined;
  let made = 0;
  const trying = keepTrying({
    times: TIMES,
    stop: stop.signal,
    async attempt(onUp) {
      if (endedAt !== undefined) pauses.push(Math.round(performance.now() - endedAt));
      const own = attempts[made];
      made += 1;
      if (own?.upMs !== undefined) {
        onUp();
        await new Promise((resolve) => setTimeout(resolve, own.upMs));
      }
      if (own === undefined) stop.abort();
      endedAt = performance.now();
      return own?.ending ?? "ended";
    },
  });
  await vi.advanceTimersByTimeAsync(3_600_000);
  await trying;
  return pauses;
}

test("pauses double from the first to the most", async () => {
  const ended = { ending: "ended" } as const;
  expect(await pausesBehind([ended, ended, ended, ended])).toEqual([100, 200, 400, 400]);
});

test("a connection that lasted makes the next attempt a first one again, and one that soon broke does not", async () => {
  const ended = { ending: "ended" } as const;
  expect(await pausesBehind([ended, { ...ended, upMs: 10 }, { ...ended, upMs: 1_001 }, ended])).toEqual([
    100, 200, 100, 200,
  ]);
});

test("a refusal waits for a person, and what may begin again does so at once", async () => {
  expect(await pausesBehind([{ ending: "refused" }, { ending: "again" }, { ending: "ended" }])).toEqual([
    5_000,
    AT_ONCE,
    400,
  ]);
});

test("a pause ends when it is hurried as of the attempt before it, or stopped; then nothing is tried any more", async () => {
  const hurries: AbortController[] = [];
  let attempts = 0;
  const trying = keepTrying({
    times: TIMES,
    stop: stop.signal,
    hurry() {
      const fresh = new AbortController();
      hurries.push(fresh);
      return fresh.signal;
    },
    async attempt() {
      attempts += 1;
      return "refused";
    },
  });
  await vi.advanceTimersByTimeAsync(1);
  expect(attempts).toBe(1);
  hurries[0]?.abort();
  await vi.advanceTimersByTimeAsync(1);
  expect(attempts).toBe(2);
  stop.abort();
  await trying;
  expect(attempts).toBe(2);
});
