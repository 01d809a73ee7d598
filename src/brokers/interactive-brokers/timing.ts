/**
 * How long to wait for the gateway, and the vendor's frequency limit.
 *
 * A file of its own beside `wire.ts`, since the two together would be too long.
 */
import type { PacingOptions } from "../shared/pacing.ts";

/** In milliseconds. */
export const MS = {
  /** The gateway is on the same machine or nearly: silence for this long is a half-open socket, and the connection is given up. */
  probe: 5_000,
  /** A ping says no before that. */
  ping: 2_500,
  /** So long one look at the gateway answers everybody who asks: it tells the time once a second, some once in four, if at all. */
  sharedProbe: 4_500,
  /** Between two looks at a connection that nobody uses. */
  heartbeat: 5_000,
  /** So long TWS may be without its link before it is asked on a new connection whether that is back. */
  linkLost: 60_000,
  /** So long after a session has begun TWS may still send on what it kept while it had no link, or no process. */
  sendingOn: 30_000,
  /** Between two looks for orders of other programs, of which the gateway pushes nothing. */
  watch: 3_000,
  /** After an order was taken in but not yet passed on, or is inactive, so long its refusal may follow. */
  refusalGrace: 1_000,
  /** A quote is taken as it is when so long nothing new came, once a last price is there. */
  quoteQuiet: 700,
  /** So long a last price may follow the close of the day before, which stands in for it then. */
  quoteLast: 3_000,
  firstBackOff: 250,
  mostBackOff: 15_000,
  /** After a refused client id or account: a person has to do something first. */
  refusedBackOff: 15_000,
} as const;

/** TWS takes 50 messages a second and punishes more; reads, orders and heartbeats count alike. */
export const PACING: PacingOptions = {
  name: "TWS messages",
  windows: [{ limit: 45, perMs: 1_000 }],
};
