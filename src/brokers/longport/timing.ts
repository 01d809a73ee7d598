/** How long to wait for the vendor, and its documented limits. Source: the vendor's overview, "Rate Limit". */
import { type Budget, createBudget, type Departure } from "../shared/pacing.ts";
import { createBackOff } from "../shared/retry.ts";
import { NoAnswer } from "./refusals.ts";

/** In milliseconds. */
export const MS = {
  /** For connecting and authenticating a link. */
  connect: 8_000,
  /** Below the default deadline of a request, so that a read says what it waited for. */
  read: 8_000,
  /** After this a write without an answer is unknown. */
  write: 15_000,
  /** Silence of a link for this long is a half-open socket, and the connection is given up. */
  probe: 3_000,
  /** A ping says no before that. */
  ping: 4_000,
  /** So long one look answers everybody who asks. */
  sharedProbe: 2_000,
  /** Between two looks whether a link is there. */
  heartbeat: 10_000,
  /** Reading an order back after it was placed must not hold its answer up for longer. */
  readBack: 2_000,
  firstBackOff: 250,
  mostBackOff: 15_000,
  /** After a refused token: a person has to do something first. */
  refusedBackOff: 30_000,
  /** Between two looks whether HTTP answers again. */
  mostRecovery: 2_000,
  /** Between two looks at the token's file and its expiry. */
  tokenCheck: 60_000,
} as const;

/** A token is refreshed when less than this is left, milliseconds. */
export const REFRESH_BEFORE_MS = 3 * 86_400_000;

/**
 * A call may be so long on its way, milliseconds. Each goes over a connection of its own, so that of two that left one after
 * the other the first may arrive last; the next one therefore waits for the answer, or at most for this.
 */
const TRADE_TRANSIT_MS = 1_000;

/**
 * Every call about orders and the account counts for one limit: 30 in 30 s, 20 ms apart. A little more than that is kept,
 * since an edge worker's clock shows whole milliseconds and stands still between two events.
 */
export function createTradeBudget(): Budget {
  const windows = [{ limit: 30, perMs: 30_050 }];
  return createBudget({ name: "trade", windows, minSpacingMs: 25, transitMs: TRADE_TRANSIT_MS });
}

/** Calls of the quote service. */
export function createQuoteBudget(): Budget {
  return createBudget({ name: "quote", windows: [{ limit: 10, perMs: 1_000 }] });
}

/** Of quote calls so many may be under way at once. */
export const QUOTES_AT_ONCE = 5;

/** A call under a turn: it may have reached the vendor unless it ends with the word that nothing was sent. */
export function departing<T>(ask: () => Promise<T>): (departure: Departure) => Promise<T> {
  return async ({ leaves, stays }) => {
    leaves();
    try {
      return await ask();
    } catch (error) {
      if (error instanceof NoAnswer && !error.sent) stays();
      throw error;
    }
  };
}

/** Milliseconds before the next attempt. */
export const backOff: (failures: number) => number = createBackOff(MS);
