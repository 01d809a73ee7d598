/** The documented rate limits. Source: the vendor's page on rate limits. */
import { createFrequencyLimiter } from "../shared/frequency.ts";
import { CODE, Refusal } from "./refusal.ts";

const WINDOW_MS = 60_000;
/** Calls a minute of each class. */
const CLASSES = { high: 120, middle: 60, low: 10 } as const;
export type LimitClass = keyof typeof CLASSES;

const HIGH: ReadonlySet<string> = new Set([
  "order_no",
  "place_order",
  "modify_order",
  "cancel_order",
  "orders",
  "active_orders",
  "inactive_orders",
  "filled_orders",
  "quote_real_time",
]);
const MIDDLE: ReadonlySet<string> = new Set(["positions", "prime_assets", "assets", "order_transactions"]);
/** The paper system counts these three together. */
const PAPER_WRITES: ReadonlySet<string> = new Set(["place_order", "modify_order", "cancel_order"]);

/** An account's placing and changing of orders together: so many a second, beside what each method may. */
const ORDERS_A_SECOND = 5;
const COUNTED_BY_THE_SECOND: ReadonlySet<string> = new Set(["place_order", "modify_order"]);

/** Refused calls of a window after which the developer is shut out. The vendor tells no number. */
export const PATIENCE = 30;

/** How the answer to a call too many is written: the vendor's documents have both. */
export type LimitStyle = "code-4" | "http-429";

/** Counts the calls of one developer. */
export interface CallCounter {
  /** @throws {Refusal} for one call too many, and for every call of who went on regardless. */
  count(method: string, isPaper: boolean): void;
  reset(): void;
}

/** The class of a method. */
function classOf(method: string): LimitClass {
  if (HIGH.has(method)) return "high";
  return MIDDLE.has(method) ? "middle" : "low";
}

/** What one call too many is answered with. */
export function tooManyCalls(
  method: string,
  style: LimitStyle,
  most = `${CLASSES[classOf(method)]} times per minute`,
): Refusal {
  const text = `rate limit error(current limiting interface:${method}, up to ${most})`;
  return style === "http-429" ? new Refusal(CODE.rateLimit, text, 429) : new Refusal(CODE.forbidden, text);
}

/** What the blacklisted are answered with. */
function blacklisted(): Refusal {
  return new Refusal(CODE.forbidden, "access forbidden(you have been blacklisted because of too frequent requests)");
}

export function createCallCounter(style: LimitStyle, clock: () => number = () => performance.now()): CallCounter {
  const limiter = createFrequencyLimiter(clock);
  let refused: number[] = [];
  let isBlacklisted = false;
  return {
    count(method, isPaper) {
      if (isBlacklisted) throw blacklisted();
      const key = isPaper && PAPER_WRITES.has(method) ? "paper" : method;
      const account = `orders of the ${isPaper ? "paper" : "live"} account`;
      const tooSoon =
        COUNTED_BY_THE_SECOND.has(method) && limiter.check(account, { calls: ORDERS_A_SECOND, windowMs: 1000 });
      if (!tooSoon && limiter.check(key, { calls: CLASSES[classOf(method)], windowMs: WINDOW_MS }) === undefined)
        return;
      const now = clock();
      refused = [...refused.filter((at) => now - at < WINDOW_MS), now];
      isBlacklisted = refused.length > PATIENCE;
      throw tooManyCalls(method, style, tooSoon ? `${ORDERS_A_SECOND} times per second` : undefined);
    },
    reset() {
      limiter.reset();
      refused = [];
      isBlacklisted = false;
    },
  };
}
