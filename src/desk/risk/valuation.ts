import { multiply } from "../../domain/money.ts";
import type { Quote } from "../../domain/quote.ts";
import type { QuotePolicy, RiskOptions } from "../../spec/policy.ts";
import type { Draft } from "./draft.ts";

const DEFAULT_MAX_AGE_MS = 60_000;

/** A quote as the rules see it: a price they may rest on, or why there is none. */
export type Reference =
  | { readonly price: number; readonly currency: string }
  | {
      readonly price: undefined;
      readonly currency: string | undefined;
      /** The last price, though it is too old. */
      readonly stale: number | undefined;
      /** Milliseconds for which that has been the last one. */
      readonly age?: number;
      readonly reason: string;
    };

/** Holds a quote to what is asked of it. */
export function referenceOf(
  quote: Quote | undefined,
  failure: string,
  { maxAgeMs }: QuotePolicy,
  now: number,
): Reference {
  if (quote === undefined) return { price: undefined, currency: undefined, stale: undefined, reason: failure };
  const { latest, timestamp, currency } = quote;
  if (!(latest > 0)) {
    return { price: undefined, currency, stale: undefined, reason: "the broker's quote has no last price" };
  }
  const limit = maxAgeMs ?? DEFAULT_MAX_AGE_MS;
  const age = now - timestamp;
  if (age <= limit) return { price: latest, currency };
  const reason = `the last quote is ${Math.round(age / 1000)} s old, older than maxAgeMs of ${limit}`;
  return { price: undefined, currency, stale: latest, age, reason };
}

/** True for an order that cannot trade above its price. Of a kind without a name here nobody knows what its price means. */
export function isBounded({ direction, orderType, price }: Priced): boolean {
  return direction === "BUY" && orderType === "Limit" && price !== undefined;
}

/** The price at which an order counts: its limit, or the market's where that is higher and may be what it trades at. */
export function priceOf(order: Priced, market: number | undefined): number {
  const { price = 0 } = order;
  return isBounded(order) ? price : Math.max(price, market ?? 0);
}

type Priced = Pick<Draft, "direction" | "orderType" | "price">;

/** What a quantity at a price in a currency is worth; `undefined` where the currency has no rate. */
export function worthOf(qty: number, price: number, currency: string, risk: RiskOptions): number | undefined {
  const rate = rateOf(currency, risk);
  return rate === undefined ? undefined : multiply(multiply(qty, price), rate);
}

function rateOf(currency: string, { currency: own = "USD", rates = {} }: RiskOptions): number | undefined {
  const names = currency === "CNH" || currency === "CNY" ? ["CNY", "CNH"] : [currency];
  if (names.includes(own)) return 1;
  return names.map((name) => rates[name]).find((rate) => rate !== undefined);
}
