/**
 * Trading hours as pure functions: a venue's regular week and a set of holidays give the state of the market at any
 * instant, and when it changes next. Half days are not known: on one, the sessions are those of a whole day.
 */
import type { MarketStatus, UnifiedStatus } from "../domain/market-status.ts";
import type { Lifecycle } from "../domain/order.ts";
import { type Market, marketOf, type SessionSlot } from "./markets.ts";
import { dayOf, instantAt, isoDate, wallTime, weekday } from "./zoned-time.ts";

/** A venue's calendar. Instants are milliseconds since the epoch. */
export interface TradingCalendar {
  readonly region: string;
  /** The market's state at an instant. */
  status(at: number): MarketStatus;
  /** The next instant after `at` at which the state changes; `undefined` when none comes within a year. */
  nextChange(at: number): number | undefined;
  /** True while orders of this kind are matched. */
  isOpen(lifecycle: Lifecycle, at: number): boolean;
  /** The next instant after `at` at which a session of this kind begins; `undefined` where there is no such session. */
  nextOpening(lifecycle: Lifecycle, at: number): number | undefined;
  /**
   * When a DAY order of this kind, given at `at`, ends: with the running trading day, or with the next one if that
   * kind's day is over already. `undefined` where there is no such session.
   */
  dayEnd(lifecycle: Lifecycle, at: number): number | undefined;
  /** `YYYY-MM-DD` of the latest trading day that has begun: from its first session until the next day's. */
  tradingDay(at: number): string;
}

/** The states in which an order of each kind is matched. HK and CN have no other session than the regular one. */
const OPEN_STATES: Readonly<Record<Lifecycle, ReadonlySet<UnifiedStatus>>> = {
  RTH: new Set<UnifiedStatus>(["RTH"]),
  ETH: new Set<UnifiedStatus>(["PRE_HOURS", "RTH", "AFTER_HOURS"]),
  OVERNIGHT: new Set<UnifiedStatus>(["OVERNIGHT"]),
};

const CLOSED = { originStatus: "CLOSED", unifiedStatus: "CLOSED" } as const;
const HORIZON_DAYS = 366;

/**
 * The calendar of `US`, `HK` or `CN`; `undefined` for every other region.
 *
 * @param holidays days without trading, `YYYY-MM-DD` on the market's own calendar. A night session belongs to the day on
 * which it ends, so a Monday holiday takes Sunday's night with it.
 */
export function tradingCalendar(region: string, holidays: Iterable<string> = []): TradingCalendar | undefined {
  const market = marketOf(region);
  return market === undefined ? undefined : calendarOf(market, new Set([...holidays].map(dayOf)));
}

/** The market's state at an instant; unknown for a region without a calendar. */
export function marketStatusAt(region: string, at: number, holidays: Iterable<string> = []): MarketStatus {
  return tradingCalendar(region, holidays)?.status(at) ?? { region, originStatus: "UNKNOWN", unifiedStatus: "UNKNOWN" };
}

function calendarOf(market: Market, holidays: ReadonlySet<number>): TradingCalendar {
  const { region, timeZone, slots, dayEnds } = market;

  const isTradingDay = (day: number): boolean => {
    const name = weekday(day);
    return name !== 0 && name !== 6 && !holidays.has(day);
  };

  const instant = (day: number, minutes: number): number => instantAt(timeZone, day, minutes);

  const slotAt = (at: number): SessionSlot | undefined => {
    const { day, time } = wallTime(timeZone, at);
    const minute = time / 60_000;
    const find = (of: number, on: number) =>
      isTradingDay(of) ? slots.find((slot) => slot.from <= on && on < slot.to) : undefined;
    return find(day, minute) ?? find(day + 1, minute - 24 * 60);
  };

  /** The earliest instant after `at` among those that `minutes` names on trading days. */
  const nextOf = (minutes: readonly number[]) => remembering((at) => find(minutes, at));
  const find = (minutes: readonly number[], at: number): number | undefined => {
    const today = wallTime(timeZone, at).day;
    for (let day = today; day <= today + HORIZON_DAYS; day++) {
      if (!isTradingDay(day)) continue;
      const found = minutes.map((minute) => instant(day, minute)).filter((each) => each > at);
      if (found.length > 0) return Math.min(...found);
    }
    return undefined;
  };

  const boundaries = [...new Set(slots.flatMap((slot) => [slot.from, slot.to]))].sort((a, b) => a - b);
  const dateOf = lastOne(isoDate);
  const firstMinute = Math.min(...boundaries);
  const nextChange = nextOf(boundaries);
  const nextOpening = forEach((lifecycle) =>
    nextOf(slots.filter((slot) => OPEN_STATES[lifecycle].has(slot.unifiedStatus)).map((slot) => slot.from)),
  );
  const dayEnd = forEach((lifecycle) => {
    const minute = dayEnds[lifecycle];
    return nextOf(minute === undefined ? [] : [minute]);
  });

  return {
    region,
    status: (at) => {
      const { originStatus, unifiedStatus } = slotAt(at) ?? CLOSED;
      return { region, originStatus, unifiedStatus };
    },
    nextChange,
    isOpen: (lifecycle, at) => OPEN_STATES[lifecycle].has((slotAt(at) ?? CLOSED).unifiedStatus),
    nextOpening: (lifecycle, at) => nextOpening[lifecycle](at),
    dayEnd: (lifecycle, at) => dayEnd[lifecycle](at),
    tradingDay: (at) => {
      const { day: today } = wallTime(timeZone, at);
      for (let day = today + 1; day > today - HORIZON_DAYS; day--) {
        if (isTradingDay(day) && instant(day, firstMinute) <= at) return dateOf(day);
      }
      return dateOf(today);
    },
  };
}

/** Until the instant that was found has come, it is the next one: most questions are about now, again and again. */
function remembering(find: (at: number) => number | undefined): (at: number) => number | undefined {
  let asked = Number.POSITIVE_INFINITY;
  let found = Number.NEGATIVE_INFINITY;
  return (at) => {
    if (asked <= at && at < found) return found;
    const next = find(at);
    if (next === undefined) return undefined;
    asked = at;
    found = next;
    return next;
  };
}

/** Keeps the last answer. */
function lastOne(give: (day: number) => string): (day: number) => string {
  let day: number | undefined;
  let text = "";
  return (asked) => {
    if (asked !== day) text = give(asked);
    day = asked;
    return text;
  };
}

function forEach<T>(make: (lifecycle: Lifecycle) => T): Record<Lifecycle, T> {
  return { RTH: make("RTH"), ETH: make("ETH"), OVERNIGHT: make("OVERNIGHT") };
}
