/** When the orders of an exchange are matched and when they end. */
import type { Contract } from "../domain/contract.ts";
import type { MarketStatus } from "../domain/market-status.ts";
import type { Lifecycle } from "../domain/order.ts";
import { MARKET_REGIONS } from "./markets.ts";
import { type TradingCalendar, tradingCalendar } from "./sessions.ts";
import type { ExchangeOptions, ExchangeOrder } from "./types.ts";

/** Instants are milliseconds since the epoch, and infinite for what never comes. */
export interface Timetable {
  /** True while the order may be matched. */
  isOpen(order: ExchangeOrder, at: number): boolean;
  /** True while the order's session that is open at `at` has been open since `from`. */
  isOpenSince(order: ExchangeOrder, from: number, at: number): boolean;
  /** When the order's next session begins, after `at`. */
  openingAfter(order: ExchangeOrder, at: number): number;
  /** When the order expires. Counted from its creation, so that a replaced day order keeps its day. */
  endOf(order: ExchangeOrder): number;
  /** `YYYY-MM-DD` of the latest trading day that has begun where the contract is traded. */
  tradingDay(contract: Contract, at: number): string;
  status(region: string, at: number): MarketStatus;
}

export function createTimetable(holidays: ExchangeOptions["holidays"] = {}): Timetable {
  const calendars = new Map<string, TradingCalendar>();
  for (const region of MARKET_REGIONS) {
    const calendar = tradingCalendar(region, holidays[region]);
    if (calendar !== undefined) calendars.set(region, calendar);
  }
  const calendarOf = ({ contract }: ExchangeOrder) => calendars.get(contract.region);

  const isOpen = (order: ExchangeOrder, at: number): boolean =>
    calendarOf(order)?.isOpen(sessionOf(order), at) ?? false;

  return {
    isOpen,
    isOpenSince: (order, from, at) => {
      let seen = from;
      // Extended hours are of several states that follow each other.
      while (isOpen(order, seen)) {
        seen = calendarOf(order)?.nextChange(seen) ?? Number.POSITIVE_INFINITY;
        if (seen > at) return true;
      }
      return false;
    },
    openingAfter: (order, at) => calendarOf(order)?.nextOpening(sessionOf(order), at) ?? Number.POSITIVE_INFINITY,
    endOf: (order) =>
      order.timeInForce === "GTC"
        ? Number.POSITIVE_INFINITY
        : (calendarOf(order)?.dayEnd(order.lifecycle, order.createdAt) ?? Number.POSITIVE_INFINITY),
    tradingDay: ({ region }, at) => calendars.get(region)?.tradingDay(at) ?? new Date(at).toISOString().slice(0, 10),
    status: (region, at) =>
      calendars.get(region)?.status(at) ?? { region, originStatus: "UNKNOWN", unifiedStatus: "UNKNOWN" },
  };
}

/** The session in which an order is matched: market orders in regular hours, whatever they ask for. */
function sessionOf(order: ExchangeOrder): Lifecycle {
  return order.orderType === "Market" ? "RTH" : order.lifecycle;
}
