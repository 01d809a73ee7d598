import type { PacingClock } from "../../../src/brokers/shared/pacing.ts";

/** A clock that moves only when it is told to, and calls back on its way in the right order. */
export function createManualClock(): PacingClock & {
  advance(ms: number): void;
  waiting(): number;
  next(): number | undefined;
} {
  const timers = new Map<number, { at: number; callback: () => void }>();
  let now = 0;
  let nextId = 1;
  return {
    now: () => now,
    after(ms, callback) {
      const id = nextId++;
      timers.set(id, { at: now + ms, callback });
      return () => timers.delete(id);
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const due = [...timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
        if (due === undefined) break;
        const [id, { at, callback }] = due;
        timers.delete(id);
        now = Math.max(now, at);
        callback();
      }
      now = until;
    },
    waiting: () => timers.size,
    /** Milliseconds until the next timer. */
    next: () => (timers.size === 0 ? undefined : Math.min(...[...timers.values()].map(({ at }) => at)) - now),
  };
}
