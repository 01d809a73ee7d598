/** The contracts that have a price, and what their day has looked like so far. */
import { type Contract, contractKey, normalizeContract } from "../domain/contract.ts";
import { isPositiveDecimal } from "../domain/money.ts";
import type { Quote } from "../domain/quote.ts";
import { currencyOf } from "./ledger.ts";
import { marketOf } from "./markets.ts";
import type { ExchangeOptions, ExchangeState } from "./types.ts";

export interface Listings {
  /** The last price; `undefined` for a contract that is not listed. */
  last(contract: Contract): number | undefined;
  /** When the last price was traded; 0 for one that the set-up or a state brought, from nobody knows when. */
  pricedAt(contract: Contract): number;
  /** Sets the last price and lists the contract if it was not. The first price of a new trading day ends the old day. */
  set(contract: Contract, price: number, at: number, tradingDay: string): void;
  quote(contract: Contract, tradingDay: string, now: number): Quote | undefined;
  lotSize(contract: Contract): number;
  snapshot(): ExchangeState["prices"];
}

interface Listing {
  readonly contract: Contract;
  last: number;
  pricedAt: number;
  preClose: number;
  open: number;
  high: number;
  low: number;
  /** The trading day that open, high and low belong to. */
  day: string;
}

/**
 * Lists what the options name, on top of what a state remembers.
 *
 * @param tradingDay the running trading day of a contract
 */
export function createListings(
  prices: NonNullable<ExchangeOptions["prices"]>,
  remembered: ExchangeState["prices"],
  tradingDay: (contract: Contract) => string,
): Listings {
  const listings = new Map<string, Listing>();
  const lots = new Map<string, number>();

  const list = (contract: Contract, last: number, preClose: number): Listing => {
    checkPrice(contract, last);
    checkPrice(contract, preClose);
    const day = tradingDay(contract);
    const listing = { contract, last, pricedAt: 0, preClose, open: last, high: last, low: last, day };
    listings.set(contractKey(contract), listing);
    return listing;
  };

  /** The figures of the trading day given, if no price of it is known yet: the old day's last price is the close before. */
  const figuresOn = (listing: Listing, day: string) => {
    const { last } = listing;
    return day > listing.day ? { last, preClose: last, open: last, high: last, low: last } : listing;
  };

  for (const { contract: given, price, preClose, openPrice, highPrice, lowPrice, tradingDay: day } of remembered) {
    const listing = list(normalizeContract(given), price, preClose);
    if (day !== undefined) listing.day = day;
    listing.open = openPrice ?? price;
    listing.high = highPrice ?? price;
    listing.low = lowPrice ?? price;
  }
  for (const { contract: given, price, preClose, lotSize } of prices) {
    const contract = normalizeContract(given);
    const key = contractKey(contract);
    if (!listings.has(key)) list(contract, price, preClose ?? price);
    if (lotSize === undefined) continue;
    if (!(Number.isSafeInteger(lotSize) && lotSize > 0)) {
      throw new RangeError(`the lot size of ${key} must be a whole number above 0, not ${lotSize}`);
    }
    lots.set(key, lotSize);
  }

  return {
    last: (contract) => listings.get(contractKey(contract))?.last,
    pricedAt: (contract) => listings.get(contractKey(contract))?.pricedAt ?? 0,
    set: (contract, price, at, day) => {
      checkPrice(contract, price);
      const listing = listings.get(contractKey(contract)) ?? list(contract, price, price);
      listing.pricedAt = at;
      if (day > listing.day) {
        listing.preClose = listing.last;
        listing.open = listing.high = listing.low = price;
        listing.day = day;
      }
      listing.last = price;
      listing.high = Math.max(listing.high, price);
      listing.low = Math.min(listing.low, price);
    },
    quote: (contract, day, now) => {
      const listing = listings.get(contractKey(contract));
      if (listing === undefined) return undefined;
      const { last, preClose, open, high, low } = figuresOn(listing, day);
      return {
        contract: listing.contract,
        currency: currencyOf(contract),
        isTradable: true,
        latest: last,
        preClose,
        highPrice: high,
        lowPrice: low,
        openPrice: open,
        timestamp: now,
      };
    },
    lotSize: (contract) => lots.get(contractKey(contract)) ?? marketOf(contract.region)?.lotSize ?? 1,
    snapshot: () =>
      [...listings.values()].map(({ contract, last, preClose, open, high, low, day }) => ({
        contract,
        price: last,
        preClose,
        openPrice: open,
        highPrice: high,
        lowPrice: low,
        tradingDay: day,
      })),
  };
}

function checkPrice(contract: Contract, price: number): void {
  if (!isPositiveDecimal(price)) {
    throw new RangeError(
      `a price of ${contractKey(contract)} must be an exact decimal above 0 and below 1e21, not ${price}`,
    );
  }
}
