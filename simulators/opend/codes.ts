/** OpenD's numbers and how the exchange's words are written in them. Source: the comments of the vendor's `.proto` files. */
import { type Contract, cnExchange } from "../../src/domain/contract.ts";
import type { MarketStatus } from "../../src/domain/market-status.ts";
import type { Lifecycle, OrderStatus } from "../../src/domain/order.ts";

export const TRD_ENV = { SIMULATE: 0, REAL: 1 } as const;
export type TradeEnv = keyof typeof TRD_ENV;

export const TRD_MARKET = { HK: 1, US: 2, CN: 3, HKCC: 4, FUTURES: 5, JP: 15 } as const;
export const SEC_MARKET = { HK: 1, US: 2, SH: 31, SZ: 32, JP: 51 } as const;
const CURRENCY = { HKD: 1, USD: 2, CNH: 3, JPY: 4 } as const;
export const TRD_SIDE = { BUY: 1, SELL: 2 } as const;
export const ORDER_TYPE = { Limit: 1, Market: 2 } as const;
export const TIME_IN_FORCE = { DAY: 0, GTC: 1 } as const;
export const SESSION = { NONE: 0, RTH: 1, ETH: 2, ALL: 3, OVERNIGHT: 4 } as const;
export const MODIFY_OP = { NORMAL: 1, CANCEL: 2 } as const;
const ORDER_STATUS = {
  SUBMITTING: 2,
  SUBMITTED: 5,
  FILLED_PART: 10,
  FILLED_ALL: 11,
  CANCELLING_PART: 12,
  CANCELLING_ALL: 13,
  CANCELLED_PART: 14,
  CANCELLED_ALL: 15,
  FAILED: 21,
  DISABLED: 22,
} as const;

/** Our region of a trade market; `undefined` for one whose securities the exchange does not list. */
export function regionOfTrdMarket(market: number): string | undefined {
  if (market === TRD_MARKET.HK) return "HK";
  if (market === TRD_MARKET.US) return "US";
  return market === TRD_MARKET.CN || market === TRD_MARKET.HKCC ? "CN" : undefined;
}

const CURRENCY_OF_REGION: Readonly<Record<string, number>> = {
  US: CURRENCY.USD,
  HK: CURRENCY.HKD,
  CN: CURRENCY.CNH,
};

/** OpenD's currency of a region's securities. */
export function currencyOfRegion(region: string): number {
  return CURRENCY_OF_REGION[region] ?? CURRENCY.USD;
}

/** The exchange's name of an OpenD currency; `undefined` for one it keeps no rate of. */
export function currencyName(currency: number): string | undefined {
  if (currency === CURRENCY.USD) return "USD";
  if (currency === CURRENCY.HKD) return "HKD";
  return currency === CURRENCY.CNH ? "CNY" : undefined;
}

/** OpenD's number of an exchange currency. */
export function currencyNumber(name: string): number {
  if (name === "HKD") return CURRENCY.HKD;
  return name === "CNY" || name === "CNH" ? CURRENCY.CNH : CURRENCY.USD;
}

/** `TrdSecMarket` of a contract. */
export function secMarketOf(contract: Contract): number {
  if (contract.region === "HK") return SEC_MARKET.HK;
  if (contract.region === "US") return SEC_MARKET.US;
  return cnExchange(contract.symbol) === "SH" ? SEC_MARKET.SH : SEC_MARKET.SZ;
}

/** `TrdMarket` of a contract in an environment: real A-shares are traded through Stock Connect. */
export function trdMarketOf(region: string, env: TradeEnv): number {
  if (region === "HK") return TRD_MARKET.HK;
  if (region === "US") return TRD_MARKET.US;
  return env === "REAL" ? TRD_MARKET.HKCC : TRD_MARKET.CN;
}

const QOT_MARKETS: Readonly<Record<number, { readonly region: string; readonly exchange?: "SH" | "SZ" }>> = {
  1: { region: "HK" },
  11: { region: "US" },
  21: { region: "CN", exchange: "SH" },
  22: { region: "CN", exchange: "SZ" },
};

/** The contract of a quote security; `undefined` for another market or a code that is not of that market. */
export function contractOfSecurity(market: number, code: string): Contract | undefined {
  const found = QOT_MARKETS[market];
  if (found === undefined) return undefined;
  if (found.exchange !== undefined && cnExchange(code) !== found.exchange) return undefined;
  return { tradeType: "Securities", region: found.region, symbol: code };
}

/** `OrderStatus` of an order. */
export function orderStatus(status: OrderStatus, filledQty: number): number {
  const filled = filledQty > 0;
  return {
    PENDING: ORDER_STATUS.SUBMITTING,
    OPEN: ORDER_STATUS.SUBMITTED,
    PARTIALLY_FILLED: ORDER_STATUS.FILLED_PART,
    PENDING_REPLACE: filled ? ORDER_STATUS.FILLED_PART : ORDER_STATUS.SUBMITTED,
    PENDING_CANCEL: filled ? ORDER_STATUS.CANCELLING_PART : ORDER_STATUS.CANCELLING_ALL,
    FILLED: ORDER_STATUS.FILLED_ALL,
    CANCELED: filled ? ORDER_STATUS.CANCELLED_PART : ORDER_STATUS.CANCELLED_ALL,
    EXPIRED: ORDER_STATUS.DISABLED,
    REJECTED: ORDER_STATUS.FAILED,
    UNKNOWN: -1,
  }[status];
}

const SESSION_OF_LIFECYCLE = {
  RTH: SESSION.RTH,
  ETH: SESSION.ETH,
  OVERNIGHT: SESSION.OVERNIGHT,
} as const satisfies Record<Lifecycle, number>;

/** `Session` of an order; only US orders have one. */
export function sessionOf(region: string, lifecycle: Lifecycle): number {
  return region === "US" ? SESSION_OF_LIFECYCLE[lifecycle] : SESSION.NONE;
}

/** `QotMarketState` of a market; regular hours have one number before noon and one after. */
export function marketState({ region, originStatus, unifiedStatus }: MarketStatus, afternoon: boolean): number {
  if (originStatus === "OPENING_AUCTION") return 1;
  if (originStatus === "CLOSING_AUCTION") return region === "HK" ? 19 : 30;
  return {
    UNKNOWN: 2,
    OVERNIGHT: 37,
    PRE_HOURS: 8,
    RTH: afternoon ? 5 : 3,
    REST: 4,
    AFTER_HOURS: 10,
    CLOSED: region === "US" ? 11 : 6,
  }[unifiedStatus];
}
