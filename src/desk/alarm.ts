/** Being called back when a time is up. */

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
  // Places that are used again, since a set of so much coming and going would make old garbage of all that passed by.
  const waits: (Wait | undefined)[] = [];
  const free: number[] = [];
  let ticking = false;

  function leave(place: number): void {
    waits[place] = undefined;
    free.push(place);
  }

  function tick(): void {
    const now = performance.now();
    for (const [place, wait] of waits.entries()) {
      if (wait === undefined || wait.due > now) continue;
      leave(place);
      wait.ring();
    }
    ticking = free.length < waits.length;
    if (ticking) setTimeout(tick, TICK_MS);
  }

  return (due, ring) => {
    const wait = { due, ring };
    const place = free.pop() ?? waits.length;
    waits[place] = wait;
    if (!ticking) setTimeout(tick, TICK_MS);
    ticking = true;
    return () => {
      // Another may wait there since it rang.
      if (waits[place] === wait) leave(place);
    };
  };
}

interface Wait {
  readonly due: number;
  readonly ring: () => void;
}
