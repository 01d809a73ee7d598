/** Time that passes only when it is told to, for everything that reads a clock or sets a timer meanwhile. */
export interface Clock {
  /** Milliseconds of `performance.now()`. */
  now(): number;
  pass(milliseconds: number): Promise<void>;
  /** Puts the clock of the day forward or back, as somebody or a server of the time does. */
  set(by: number): void;
  /** Whoever set timers is no more. */
  forget(): void;
  restore(): void;
}

const immediately = setImmediate;

/** Lets everything happen that waits for no time; a file is written a turn later each time that something is. */
export async function calm(turns = 8): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise<void>((resolve) => immediately(resolve));
}

/** Takes the clocks and timers of this process until they are restored. */
export function takeClock(startsAt: number): Clock {
  const taken = { setTimeout, clearTimeout, dateNow: Date.now };
  const timers = new Map<object, { readonly due: number; readonly ring: () => void }>();
  const zero = 1_000_000;
  let now = zero;
  let setBy = 0;

  function setTimer(ring: (...given: unknown[]) => void, milliseconds = 0, ...given: unknown[]) {
    const timer = { ref: () => timer, unref: () => timer };
    timers.set(timer, { due: now + Math.max(0, milliseconds), ring: () => ring(...given) });
    return timer;
  }

  /** The timer that rings next, of equal ones the first that was set. */
  function next(end: number): object | undefined {
    let first: object | undefined;
    let earliest = end;
    for (const [timer, { due }] of timers) {
      if (due < earliest || (due === earliest && first === undefined)) [first, earliest] = [timer, due];
    }
    return first;
  }

  Object.assign(globalThis, { setTimeout: setTimer, clearTimeout: (timer: object) => timers.delete(timer) });
  Date.now = () => startsAt + setBy + now - zero;
  performance.now = () => now;

  return {
    now: () => now,
    set(by) {
      setBy += by;
    },
    async pass(milliseconds) {
      await calm();
      const end = now + milliseconds;
      for (let timer = next(end); timer !== undefined; timer = next(end)) {
        const { due, ring } = timers.get(timer) ?? { due: now, ring: () => {} };
        timers.delete(timer);
        now = Math.max(now, due);
        ring();
        await calm();
      }
      now = end;
    },
    forget: () => timers.clear(),
    restore() {
      Object.assign(globalThis, { setTimeout: taken.setTimeout, clearTimeout: taken.clearTimeout });
      Date.now = taken.dateNow;
      Reflect.deleteProperty(performance, "now");
    },
  };
}
