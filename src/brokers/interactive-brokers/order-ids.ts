/**
 * Numbers for new orders, of which none is ever given out twice.
 *
 * The gateway says from which number on orders are new, but it does not know of those that are still on their way to it:
 * sent by a connection that has just ended, or by a program that was killed. It would take a new order with such a number
 * for a change of that one. So numbers go on over all connections of this program, and a program begins well above what
 * the gateway has heard of, and where the clock stands. The clock moves on by one number in `TICK_MS`; until the gateway
 * has heard of a number of this program, which it then tells the next one, no number is given out that the clock has not
 * passed.
 */
import { BrokerError } from "../../spec/broker-error.ts";

/** Numbers of requests begin here, so that an error with a number of this kind is never about an order. */
export const FIRST_REQUEST_ID = 1_900_000_000;

/** 2026-01-01, from which the clock's numbers are counted: one in this time last until 2041. */
const EPOCH = Date.UTC(2026, 0, 1);
const TICK_MS = 250;
/** More orders than a program can have on their way: what TWS takes in 20 seconds. */
const ON_THEIR_WAY = 1_000;
/**
 * One further number is left out for each of these steps of the clock, which are counted anew after ten minutes: of two
 * programs that begin ahead of the clock and of which the gateway has heard nothing, the later begins above the earlier.
 */
const LEFT_OUT_MS = 10;
const MOST_LEFT_OUT = 60_000;

export interface OrderIds {
  /** The gateway takes numbers from this one on for new, on a connection that begins. */
  begin(firstNew: number): void;
  /** Says that the gateway has heard of the order with this number. */
  heard(orderId: number): void;
  /** Says that the gateway told of an order with this number, whoever's: it takes new ones above all of these alone. */
  told(orderId: number): void;
  /** Milliseconds until the next one may be given out, mostly 0. */
  waitMs(): number;
  /**
   * The next one. Between this and the hand-over nothing may wait, since numbers have to arrive in their order.
   *
   * @throws BrokerError `BrokerFault` when none is left below those of requests.
   */
  next(): number;
}

/**
 * @param now milliseconds since the epoch.
 * @param elapsed milliseconds by a clock that nobody sets: one that is put back by an hour would keep orders for as long.
 */
export function createOrderIds(
  now: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): OrderIds {
  let first: number | undefined;
  let upcoming = 1;
  /** When the clock was looked at, by `elapsed`, and how many have been given out since. */
  let lookedAt = 0;
  let given = 0;
  let isHeard = false;

  function heard(orderId: number): void {
    if (first !== undefined && orderId >= first && orderId < upcoming) isHeard = true;
  }

  /** So many numbers are left out by a program of which nothing was heard. */
  const leaveOut = () => ON_THEIR_WAY + (Math.floor((now() - EPOCH) / LEFT_OUT_MS) % MOST_LEFT_OUT);

  return {
    begin(firstNew) {
      heard(firstNew - 1);
      if (isHeard) {
        upcoming = Math.max(upcoming, firstNew);
        return;
      }
      lookedAt = elapsed();
      given = 0;
      const byClock = Math.floor((now() - EPOCH) / TICK_MS);
      const aboveHeard = firstNew + leaveOut();
      // Only a program's first connection leaves any out; later ones go on.
      upcoming = Math.max(upcoming, byClock, first === undefined ? aboveHeard : firstNew);
      first ??= upcoming;
    },
    heard,
    told(orderId) {
      if (orderId < upcoming || orderId >= FIRST_REQUEST_ID) return;
      upcoming = orderId + 1 + (isHeard ? 0 : leaveOut());
    },
    waitMs() {
      if (isHeard || first === undefined) return 0;
      return Math.max(0, lookedAt + (given + 1) * TICK_MS - elapsed());
    },
    next() {
      if (upcoming >= FIRST_REQUEST_ID) {
        throw new BrokerError(
          "BrokerFault",
          `TWS takes no order numbers below ${upcoming} any more, and none is left above; press "Reset API order ID sequence" in its API settings, and start this program anew`,
          { outcome: "not_sent" },
        );
      }
      given += 1;
      return upcoming++;
    },
  };
}
