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

  function start(): void {
    if (!ticking) setTimeout(tick, TICK_MS);
    ticking = true;
  }

  function tick(): void {
    ticking = false;
    const now = performance.now();
    const due = waits.filter((wait) => wait !== undefined && wait.due <= now);
    for (const wait of due) leave(waits.indexOf(wait));
    // Before anything is called that might throw: the others go on waiting.
    if (free.length < waits.length) start();
    for (const wait of due) wait?.ring();
  }

  return (due, ring) => {
    const wait = { due, ring };
    const place = free.pop() ?? waits.length;
    waits[place] = wait;
    start();
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
