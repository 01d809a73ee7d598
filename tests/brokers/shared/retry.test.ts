import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { createBackOff, pause } from "../../../src/brokers/shared/retry.ts";

const LONG = 3_600_000;

describe("a pause", () => {
  test("ends when its time is over", async () => {
    await expect(pause(1)).resolves.toBeUndefined();
  });

  test.each([0, 1])("ends when signal %i of two aborts, or has aborted before", async (which) => {
    const controllers = [new AbortController(), new AbortController()];
    const signals = controllers.map(({ signal }) => signal);
    const pausing = pause(LONG, ...signals);
    controllers[which]?.abort();
    await expect(pausing).resolves.toBeUndefined();
    await expect(pause(LONG, ...signals)).resolves.toBeUndefined();
  });

  test("leaves nothing behind on signals that go on", async () => {
    const { signal } = new AbortController();
    const other = new AbortController();
    await pause(1, signal, other.signal);
    const pausing = pause(LONG, signal, other.signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    other.abort();
    await pausing;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

test("a back-off doubles from the first time to the most, and is at least half of it", () => {
  const backOff = createBackOff({ firstBackOff: 100, mostBackOff: 1_000 });
  for (const [failures, most] of [
    [0, 100],
    [1, 200],
    [3, 800],
    [4, 1_000],
    [100, 1_000],
  ] as const) {
    const times = Array.from({ length: 100 }, () => backOff(failures));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(most / 2);
    expect(Math.max(...times)).toBeLessThanOrEqual(most);
  }
});
