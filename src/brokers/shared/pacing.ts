/**
 * Keeps calls within a vendor's documented frequency, so that the vendor never has to refuse one.
 *
 * One budget stands for one vendor interface of one account. What cannot go out before its deadline, however soon what is on
 * its way is answered, is refused at once with the time to wait, instead of being kept until its caller has gone; what is
 * aborted while it waits is taken out and will not go out. Nothing here knows a vendor or a runtime.
 */
import type { Call, QueueLoad } from "../../spec/broker.ts";
import { BrokerError } from "../../spec/broker-error.ts";

/**
 * What a call is for. Reads may use two thirds of a window, places and replaces all but a tenth, cancels all of it, so
 * that a client that polls cannot stand in the way of an order, nor orders in the way of a cancel.
 */
export type PacingClass = "read" | "write" | "cancel";

/** What a read is for. */
export function paceOf({ forWrite }: Call): PacingClass {
  return forWrite ? "write" : "read";
}

/** At most `limit` calls in any `perMs` milliseconds. */
export interface PacingWindow {
  readonly limit: number;
  readonly perMs: number;
}

/** The vendor's figures for one interface. */
export interface PacingOptions {
  /** What is limited, for error messages: `place order`. */
  readonly name: string;
  readonly windows: readonly PacingWindow[];
  /** Least time between two calls, in milliseconds. Default 0. */
  readonly minSpacingMs?: number;
  /**
   * How long a call may be on its way to the vendor, who counts it when it arrives, in milliseconds. Default 50. Two
   * calls that left far enough apart may otherwise arrive too close together.
   */
  readonly transitMs?: number;
  /** Default: the runtime's clock and timers. */
  readonly clock?: PacingClock;
}

/** Time, as a budget sees it. */
export interface PacingClock {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Calls back once after so many milliseconds; the result takes it back. */
  after(ms: number, callback: () => void): () => void;
}

export interface PacingRequest {
  /** Takes the call out of the queue. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The moment at which the call must be on its way, counted like `performance.now()`; when it is over, what need not wait
   * may still go. Default: never too late.
   */
  readonly deadline?: number;
}

/** Milliseconds before its deadline from which on a read that leaves is not answered in time. */
const LAST_MOMENT_MS = 250;

/**
 * Until when a call may wait for its turns, all of them together: until its deadline, a read a moment less, or for so many
 * milliseconds from now where it has none.
 */
export function latestTurn({ deadline }: Pick<Call, "deadline">, deadlineMs: number, isRead: boolean): number {
  if (deadline === undefined) return performance.now() + deadlineMs;
  return isRead ? deadline - Math.min(LAST_MOMENT_MS, deadlineMs / 4) : deadline;
}

/** A call's leave to go out. Those who call a vendor take it by {@link underTurn}. */
export interface Turn {
  /** To be called when the vendor has answered: the call had arrived by then. May be left out. */
  arrived(): void;
  /** To be called when it ends without an answer: it may still be on its way, as when it was given up. May be left out. */
  unanswered(): void;
  /** To be called when the call has not gone out after all: it counts for nothing. May be left out. */
  unused(): void;
}

/** What a call that has its turn says of itself. */
export interface Departure {
  /** To be called when the vendor may get something of it, at the latest before it ends. */
  leaves(): void;
  /** To be called when nothing of it has reached the vendor after all, nor will: its turn is another's at once. */
  stays(): void;
}

/** The budget of one vendor interface. */
export interface Budget {
  /**
   * Resolves when the call may go out, and counts it as arriving `transitMs` later, until {@link Turn.arrived} knows.
   *
   * @throws BrokerError `RateLimited` with outcome `not_sent` and `retryAfterMs`: its turn would come after the deadline,
   * or it was aborted while waiting. `NotConnected` with outcome `not_sent`: the budget was closed.
   */
  take(kind: PacingClass, request?: PacingRequest): Promise<Turn>;
  /** Refuses everything that waits. What comes later is paced as before. */
  clear(): void;
  /** How calls have waited here. */
  load(): QueueLoad;
}

const SHARES = { cancel: 1, write: 0.9, read: 2 / 3 } as const satisfies Record<PacingClass, number>;

/** Who goes first when two may go at the same moment. */
const PRECEDENCE = ["cancel", "write", "read"] as const satisfies readonly PacingClass[];

interface Waiter {
  /** When it began to wait. */
  readonly since: number;
  /** Told apart only: on an edge worker no request may look at another's. */
  readonly signal: AbortSignal | undefined;
  readonly deadline: number;
  readonly grant: (turn: Turn) => void;
  readonly refuse: (error: BrokerError) => void;
}

/** A call that went out: the latest moment at which the vendor may have counted it. */
interface CountedCall {
  countedBy: number;
}

const SYSTEM_CLOCK: PacingClock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** The part of a window that a class may fill: at least one call. */
export function pacingShare(limit: number, kind: PacingClass): number {
  return Math.max(1, Math.floor(limit * SHARES[kind]));
}

export function createBudget(options: PacingOptions): Budget {
  const { name, windows, minSpacingMs = 0, transitMs = 50, clock = SYSTEM_CLOCK } = options;
  const horizon = Math.max(0, ...windows.map(({ perMs }) => perMs));
  const queues: Record<PacingClass, Waiter[]> = { cancel: [], write: [], read: [] };
  const load = { taken: 0, waitedMs: 0, refused: 0 };
  let taken: CountedCall[] = [];
  let stopTimer = (): void => {};

  /** The first moment from `now` at which one more call of this class fits behind the calls in `calls`, and behind `last`. */
  function earliest(kind: PacingClass, calls: readonly number[], last: number | undefined, now: number): number {
    // Without a spacing calls may leave together: none has to wait until the one before it has arrived.
    let at = last === undefined || minSpacingMs === 0 ? now : Math.max(now, last + minSpacingMs);
    for (const { limit, perMs } of windows) {
      const blocking = calls.at(-pacingShare(limit, kind));
      if (calls.length >= pacingShare(limit, kind) && blocking !== undefined) at = Math.max(at, blocking + perMs);
    }
    return at;
  }

  /** Grants what may go now, refuses what would be late, and sets one timer for the next turn. */
  function advance(): void {
    stopTimer();
    stopTimer = () => {};
    const now = clock.now();
    taken = taken.filter(({ countedBy }) => countedBy > now - Math.max(horizon, minSpacingMs));
    const planned = taken.map(({ countedBy }) => countedBy).sort((a, b) => a - b);
    // Of one that waits it is when it leaves: answers come sooner than they may, and nothing is refused for one that does not.
    let last = planned.at(-1);
    // The same if all that is on its way were answered now: only what is too late then as well is refused before its time is up.
    let soonest = last === undefined ? undefined : Math.min(last, now);
    const next: Record<PacingClass, number> = { cancel: 0, write: 0, read: 0 };
    let wakeAt = Number.POSITIVE_INFINITY;
    for (;;) {
      const turn = firstTurn(planned, last, next, now);
      if (turn === undefined) break;
      const { kind, at, waiter } = turn;
      const hoped = earliest(kind, planned, soonest, now);
      if (hoped > waiter.deadline) {
        queues[kind].splice(next[kind], 1);
        load.refused += 1;
        waiter.refuse(tooLate(name, at - now));
      } else if (at <= now) {
        queues[kind].splice(next[kind], 1);
        load.taken += 1;
        load.waitedMs += now - waiter.since;
        const call: CountedCall = { countedBy: now + transitMs };
        taken.push(call);
        planned.push(call.countedBy);
        last = call.countedBy;
        soonest = now;
        const count = (by: number) => {
          call.countedBy = by;
          // One that was on its way for longer than the longest window is counted no more.
          if (!taken.includes(call)) taken.push(call);
          advance();
        };
        waiter.grant({
          arrived: () => count(clock.now()),
          unanswered: () => count(Math.max(call.countedBy, clock.now())),
          unused() {
            taken = taken.filter((other) => other !== call);
            advance();
          },
        });
      } else {
        planned.push(at + transitMs);
        last = at;
        soonest = hoped;
        next[kind] += 1;
        wakeAt = Math.min(wakeAt, at, waiter.deadline);
      }
    }
    if (wakeAt < Number.POSITIVE_INFINITY) stopTimer = clock.after(Math.max(0, wakeAt - now), advance);
  }

  function firstTurn(
    planned: readonly number[],
    last: number | undefined,
    next: Readonly<Record<PacingClass, number>>,
    now: number,
  ) {
    let first: { kind: PacingClass; at: number; waiter: Waiter } | undefined;
    for (const kind of PRECEDENCE) {
      const waiter = queues[kind][next[kind]];
      if (waiter === undefined) continue;
      const at = earliest(kind, planned, last, now);
      if (first === undefined || at < first.at) first = { kind, at, waiter };
    }
    return first;
  }

  return {
    take(kind, { signal, deadline = Number.POSITIVE_INFINITY } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(aborted(name));
        const settle = (end: () => void) => {
          signal?.removeEventListener("abort", withdraw);
          end();
        };
        const waiter: Waiter = {
          since: clock.now(),
          signal,
          deadline: Math.max(deadline, clock.now()),
          grant: (turn) => settle(() => resolve(turn)),
          refuse: (error) => settle(() => reject(error)),
        };
        const withdraw = () => {
          // With all who wait with this signal: the turn of the first must not go to one whose caller has gone as well.
          for (const queue of Object.values(queues)) {
            for (const gone of queue.filter((other) => other.signal === signal)) {
              queue.splice(queue.indexOf(gone), 1);
              gone.refuse(aborted(name));
            }
          }
          advance();
        };
        signal?.addEventListener("abort", withdraw, { once: true });
        queues[kind].push(waiter);
        advance();
      });
    },
    clear() {
      stopTimer();
      for (const kind of PRECEDENCE) {
        for (const waiter of queues[kind].splice(0)) {
          waiter.refuse(new BrokerError("NotConnected", `${name}: closed while waiting`, { outcome: "not_sent" }));
        }
      }
    },
    load: () => ({ name, waiting: queues.cancel.length + queues.write.length + queues.read.length, ...load }),
  };
}

/**
 * Makes a call when its turn has come. When it ends, it had arrived if it has left and was answered; where it has not left,
 * its turn is given back, since the vendor counts nothing of what does not go out, and whatever comes next may need the turn.
 *
 * @throws what {@link Budget.take} and the call throw
 */
export async function underTurn<T>(
  budget: Pick<Budget, "take">,
  kind: PacingClass,
  request: PacingRequest,
  call: (departure: Departure) => Promise<T>,
): Promise<T> {
  const turn = await budget.take(kind, request);
  let hasLeft = false;
  const departure: Departure = {
    leaves() {
      hasLeft = true;
    },
    stays() {
      hasLeft = false;
      turn.unused();
    },
  };
  let isAnswered = false;
  try {
    const answer = await call(departure);
    isAnswered = true;
    return answer;
  } finally {
    if (!hasLeft) turn.unused();
    else if (isAnswered) turn.arrived();
    else turn.unanswered();
  }
}

/** Reads that are asked for again while they are on their way share one call. */
export interface SharedReads {
  /**
   * Joins the call under way for `key`, or starts it. A caller whose signal aborts leaves at once; the call itself is
   * aborted when the last caller has left.
   *
   * @throws whatever `read` throws, and BrokerError `Timeout` for a caller whose signal aborts.
   */
  read<T>(key: string, signal: AbortSignal, read: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Lets nobody join what is under way any more: it may have begun before a write whose answer is there now. */
  renew(): void;
}

interface SharedCall {
  readonly result: Promise<unknown>;
  readonly abort: AbortController;
  callers: number;
}

export function createSharedReads(): SharedReads {
  const calls = new Map<string, SharedCall>();

  function join<T>(key: string, read: (signal: AbortSignal) => Promise<T>): SharedCall {
    const found = calls.get(key);
    if (found !== undefined) return found;
    const abort = new AbortController();
    const call: SharedCall = {
      abort,
      callers: 0,
      result: read(abort.signal).finally(() => {
        if (calls.get(key) === call) calls.delete(key);
      }),
    };
    calls.set(key, call);
    return call;
  }

  return {
    read<T>(key: string, signal: AbortSignal, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (signal.aborted) return reject(new BrokerError("Timeout", "the read was aborted"));
        const call = join(key, read);
        call.callers += 1;
        const leave = () => {
          call.callers -= 1;
          if (call.callers === 0) {
            // A call that nobody waits for must not be joined by the next caller.
            if (calls.get(key) === call) calls.delete(key);
            call.abort.abort();
          }
          reject(new BrokerError("Timeout", "the read was aborted before the broker answered"));
        };
        signal.addEventListener("abort", leave, { once: true });
        call.result
          .finally(() => signal.removeEventListener("abort", leave))
          .then((value) => resolve(value as T), reject);
      });
    },
    renew: () => calls.clear(),
  };
}

function tooLate(name: string, waitMs: number): BrokerError {
  const retryAfterMs = Math.ceil(waitMs);
  return new BrokerError(
    "RateLimited",
    `${name}: the broker's frequency limit is used up; the next turn is in ${retryAfterMs} ms`,
    { outcome: "not_sent", retryAfterMs },
  );
}

function aborted(name: string): BrokerError {
  return new BrokerError("RateLimited", `${name}: given up while waiting for the broker's frequency limit`, {
    outcome: "not_sent",
    retryAfterMs: 1000,
  });
}
