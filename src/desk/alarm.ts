/** Being called back when a time is up. */
import { Places } from "./places.ts";

/** Calls back at this moment of `performance.now()`, unless that is taken back first with what it gives. */
export type Alarm = (due: number, ring: () => void) => () => void;

/** A timer for each wait: right everywhere, also where what one request has begun ends with it. */
export const ownTimer: Alarm = (due, ring) => {
  const timer = setTimeout(ring, Math.max(0, due - performance.now()));
  return () => clearTimeout(timer);
};

/** Milliseconds by which a shared timer may be late. */
const TICK_MS = 10;

/**
 * One timer for all that wait. Nearly every wait ends long before its time, and then a timer of its own, set and taken
 * back, would have cost more than most of what a read does.
 */
export function sharedTimer(): Alarm {
  const waits = new Places<Wait>();
  let ticking = false;

  function start(): void {
    if (!ticking) setTimeout(tick, TICK_MS);
    ticking = true;
  }

  function tick(): void {
    ticking = false;
    const now = performance.now();
    const due = [...waits].filter((wait) => wait.due <= now);
    for (const wait of due) wait.leave();
    // Before anything is called that might throw: the others go on waiting.
    if (waits.size > 0) start();
    for (const wait of due) wait.ring();
  }

  return (due, ring) => {
    const leave = () => waits.leave(place, wait);
    const wait: Wait = { due, ring, leave };
    const place = waits.enter(wait);
    start();
    return leave;
  };
}

interface Wait {
  readonly due: number;
  readonly ring: () => void;
  readonly leave: () => void;
}
