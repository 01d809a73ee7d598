/**
 * Numbers for new orders, of which none is ever given out twice.
 *
 * The gateway says from which number on orders are new, but it does not know of those that are still on their way to it:
 * sent by a connection that has just ended, or by a program that was killed. It would take a new order with such a number
 * for a change of that one. So numbers also grow with the clock, and go on over all connections of this program.
 */

/** Numbers of requests begin here, so that an error with a number of this kind is never about an order. */
export const FIRST_REQUEST_ID = 1_900_000_000;

/** 2026-01-01, from which the clock's numbers are counted: four a second last until 2041. */
const EPOCH = Date.UTC(2026, 0, 1);
const A_SECOND = 4;
/** Where the gateway is ahead of the clock, so many numbers at most are left out, at random. */
const MOST_LEFT_OUT = 10_000;

export interface OrderIds {
  /** The gateway takes numbers from this one on for new, on a connection that begins. */
  begin(firstNew: number): void;
  /** The next one. Between this and the hand-over nothing may wait, since numbers have to arrive in their order. */
  next(): number;
}

/** @param now milliseconds since the epoch. */
export function createOrderIds(now: () => number = Date.now): OrderIds {
  let upcoming = 1;
  return {
    begin(firstNew) {
      const byClock = Math.max(1, Math.floor(((now() - EPOCH) * A_SECOND) / 1000));
      const least = firstNew < byClock ? byClock : firstNew + 1 + Math.floor(Math.random() * MOST_LEFT_OUT);
      upcoming = Math.max(upcoming, least);
    },
    next: () => upcoming++,
  };
}
