/** The three venues the exchange knows: their money, their week, their lots and their price steps, as data. */
import type { Contract } from "../domain/contract.ts";
import type { UnifiedStatus } from "../domain/market-status.ts";
import type { Lifecycle } from "../domain/order.ts";
import type { PriceStep } from "../spec/capabilities.ts";

/** A stretch of a trading day in which the market has one state. */
export interface SessionSlot {
  /** Minutes after the midnight that begins the trading day; negative for the evening before. */
  readonly from: number;
  /** First minute that is no longer in the slot. */
  readonly to: number;
  /** The exchange's own word. */
  readonly originStatus: string;
  readonly unifiedStatus: UnifiedStatus;
}

/** A venue's rules. */
export interface Market {
  readonly region: string;
  readonly currency: string;
  /** IANA name; its clock decides about sessions, trading days and holidays. */
  readonly timeZone: string;
  /** The slots of a regular trading day, ascending. Outside them the market is closed. */
  readonly slots: readonly SessionSlot[];
  /** Minute of the trading day at which a DAY order of each kind ends. A kind that is absent does not exist here. */
  readonly dayEnds: Readonly<Partial<Record<Lifecycle, number>>>;
  /** Shares in a lot, where a contract says nothing else. */
  readonly lotSize: number;
  /** A regular expression that the whole symbol matches. */
  readonly symbolPattern: string;
  /** The finest price steps of any contract of the venue, ascending. */
  readonly priceSteps: readonly PriceStep[];
}

const clock = (hours: number, minutes = 0): number => hours * 60 + minutes;

/**
 * Nasdaq and NYSE with extended hours; the night session is that of the overnight venues, which trade from 20:00 to
 * 04:00 and count as part of the day on which they end, so that the first night of a week is Sunday's.
 */
const US: Market = {
  region: "US",
  currency: "USD",
  timeZone: "America/New_York",
  slots: [
    { from: clock(-4), to: clock(4), originStatus: "NIGHT", unifiedStatus: "OVERNIGHT" },
    { from: clock(4), to: clock(9, 30), originStatus: "PRE_MARKET", unifiedStatus: "PRE_HOURS" },
    { from: clock(9, 30), to: clock(16), originStatus: "CONTINUOUS", unifiedStatus: "RTH" },
    { from: clock(16), to: clock(20), originStatus: "POST_MARKET", unifiedStatus: "AFTER_HOURS" },
  ],
  dayEnds: { RTH: clock(16), ETH: clock(20), OVERNIGHT: clock(4) },
  lotSize: 1,
  symbolPattern: "[A-Z]{1,6}(?:\\.[A-Z]{1,2})?",
  // SEC Rule 612 of Regulation NMS.
  priceSteps: [
    { from: 0, step: 0.0001 },
    { from: 1, step: 0.01 },
  ],
};

/** HKEX securities market. Its board lots differ by issuer. */
const HK: Market = {
  region: "HK",
  currency: "HKD",
  timeZone: "Asia/Hong_Kong",
  slots: [
    { from: clock(9), to: clock(9, 30), originStatus: "OPENING_AUCTION", unifiedStatus: "UNKNOWN" },
    { from: clock(9, 30), to: clock(12), originStatus: "CONTINUOUS", unifiedStatus: "RTH" },
    { from: clock(12), to: clock(13), originStatus: "LUNCH", unifiedStatus: "REST" },
    { from: clock(13), to: clock(16), originStatus: "CONTINUOUS", unifiedStatus: "RTH" },
    { from: clock(16), to: clock(16, 10), originStatus: "CLOSING_AUCTION", unifiedStatus: "CLOSED" },
  ],
  dayEnds: { RTH: clock(16, 10), ETH: clock(16, 10) },
  lotSize: 100,
  symbolPattern: "\\d{5}",
  // Spread table A of HKEX with both phases of the reduction of minimum spreads (2025 and 2026).
  priceSteps: [
    { from: 0, step: 0.001 },
    { from: 0.25, step: 0.005 },
    { from: 10, step: 0.01 },
    { from: 20, step: 0.02 },
    { from: 50, step: 0.05 },
    { from: 100, step: 0.1 },
    { from: 200, step: 0.2 },
    { from: 500, step: 0.5 },
    { from: 1000, step: 1 },
    { from: 2000, step: 2 },
    { from: 5000, step: 5 },
  ],
};

/** Shanghai and Shenzhen A shares and funds. */
const CN: Market = {
  region: "CN",
  currency: "CNY",
  timeZone: "Asia/Shanghai",
  slots: [
    { from: clock(9, 15), to: clock(9, 30), originStatus: "OPENING_AUCTION", unifiedStatus: "UNKNOWN" },
    { from: clock(9, 30), to: clock(11, 30), originStatus: "CONTINUOUS", unifiedStatus: "RTH" },
    { from: clock(11, 30), to: clock(13), originStatus: "LUNCH", unifiedStatus: "REST" },
    { from: clock(13), to: clock(14, 57), originStatus: "CONTINUOUS", unifiedStatus: "RTH" },
    { from: clock(14, 57), to: clock(15), originStatus: "CLOSING_AUCTION", unifiedStatus: "UNKNOWN" },
  ],
  dayEnds: { RTH: clock(15), ETH: clock(15) },
  lotSize: 100,
  symbolPattern: "[0356]\\d{5}|1[568]\\d{4}",
  priceSteps: [{ from: 0, step: 0.001 }],
};

const MARKETS: ReadonlyMap<string, Market> = new Map([US, HK, CN].map((market) => [market.region, market]));

/** The regions whose orders the exchange takes. */
export const MARKET_REGIONS: readonly string[] = [...MARKETS.keys()];

/** The venue of a region, `undefined` where the exchange has none. */
export function marketOf(region: string): Market | undefined {
  return MARKETS.get(region);
}

const SYMBOLS: ReadonlyMap<string, RegExp> = new Map(
  [...MARKETS.values()].map(({ region, symbolPattern }) => [region, new RegExp(`^(?:${symbolPattern})$`)]),
);

/** True when the contract is a security of a known venue whose symbol has that venue's form. */
export function isTradable(contract: Contract): boolean {
  return contract.tradeType === "Securities" && SYMBOLS.get(contract.region)?.test(contract.symbol) === true;
}

/** The price step of one contract at a price. Chinese funds are quoted to the thousandth, shares to the hundredth. */
export function priceStep(contract: Contract, price: number): number {
  if (contract.region === "CN") return /^(?:5|15|16|18)/.test(contract.symbol) ? 0.001 : 0.01;
  const steps = marketOf(contract.region)?.priceSteps ?? [{ from: 0, step: 0.0001 }];
  return steps.findLast((each) => price >= each.from)?.step ?? 0.0001;
}
