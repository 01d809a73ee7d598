/** The documented frequency limits. Source: the vendor's overview, "Rate Limit". */
import type { FrequencyRule } from "../shared/frequency.ts";
import type { Desk } from "./desk.ts";
import { CODE, Refusal, SOCKET_CODE, SOCKET_STATUS, SocketRefusal } from "./refusal.ts";

/** Trading and account calls of one account together. */
const TRADE_LIMIT = { calls: 30, windowMs: 30_000, gapMs: 20 } as const satisfies FrequencyRule;
/** Quote calls of one account together. */
export const QUOTE_LIMIT = { calls: 10, windowMs: 1000 } as const satisfies FrequencyRule;
/** Quote calls under way at the same time. */
export const QUOTES_AT_ONCE = 5;

/** @throws {Refusal} for one call too many, or one too close to the last. */
export function countTradeCall({ limiter }: Desk): void {
  if (limiter?.check("trade", TRADE_LIMIT) !== undefined) throw tooManyCalls();
}

/** What one call too many is answered with. */
export function tooManyCalls(): Refusal {
  return new Refusal(CODE.apiLimited, "api request is limited, please slow down request frequency");
}

/** @throws {SocketRefusal} for one call too many. */
export function countQuoteCall({ limiter }: Desk, underWay: number): void {
  if (limiter === undefined) return;
  if (underWay >= QUOTES_AT_ONCE || limiter.check("quote", QUOTE_LIMIT) !== undefined) throw tooManyQuotes();
}

/** What one quote call too many is answered with. */
export function tooManyQuotes(): SocketRefusal {
  return new SocketRefusal(SOCKET_STATUS.badRequest, SOCKET_CODE.limited, "request rate limit");
}
