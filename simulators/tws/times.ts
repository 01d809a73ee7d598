/** Times and trading hours as TWS writes them. */
import { type Market, marketOf } from "../../src/exchange/markets.ts";
import { tradingCalendar } from "../../src/exchange/sessions.ts";
import { instantAt, isoDate, wallTime } from "../../src/exchange/zoned-time.ts";

const NEW_YORK = "America/New_York";
/** What TWS calls the zone it writes times in. */
const ZONE_NAME = "US/Eastern";
const DAYS_TOLD = 6;

/** Days without trading by region, `YYYY-MM-DD`. */
export type Holidays = Readonly<Record<string, readonly string[]>>;

/** `20261124 10:00:00 US/Eastern`. */
export function twsTime(at: number): string {
  const { day, time } = wallTime(NEW_YORK, at);
  return `${compact(day)} ${new Date(time).toISOString().slice(11, 19)} ${ZONE_NAME}`;
}

/** The midnight in New York that began the day. */
export function startOfDay(at: number): number {
  return instantAt(NEW_YORK, wallTime(NEW_YORK, at).day, 0);
}

/** Which sessions a list of hours tells of: all that a day order may trade in, the regular ones, or the night. */
export type Hours = "trading" | "liquid" | "night";

const COUNTED: Readonly<Record<Hours, ReadonlySet<string>>> = {
  trading: new Set(["PRE_HOURS", "RTH", "AFTER_HOURS"]),
  liquid: new Set(["RTH"]),
  night: new Set(["OVERNIGHT"]),
};

/** `20261124:0930-20261124:1600;20261125:CLOSED;…`, today and the days that follow, on the market's own clock. */
export function hoursText(region: string, hours: Hours, now: number, holidays: Holidays): string {
  const market = marketOf(region);
  if (market === undefined) return "";
  // The night that is running began yesterday.
  const today = wallTime(market.timeZone, now).day - (hours === "night" ? 1 : 0);
  return Array.from({ length: DAYS_TOLD }, (_, ahead) => dayText(market, today + ahead, hours, holidays)).join(";");
}

/** True while an order of this kind is at the exchange; outside, it waits in IB's system. */
export function isSessionOpen(region: string, lifecycle: "RTH" | "ETH" | "OVERNIGHT", at: number, holidays: Holidays) {
  return tradingCalendar(region, holidays[region])?.isOpen(lifecycle, at) ?? false;
}

/** When such an order goes to the exchange, `undefined` if never. */
export function nextOpening(
  region: string,
  lifecycle: "RTH" | "ETH" | "OVERNIGHT",
  at: number,
  holidays: Holidays,
): number | undefined {
  return tradingCalendar(region, holidays[region])?.nextOpening(lifecycle, at);
}

function dayText({ region, timeZone, slots }: Market, day: number, hours: Hours, holidays: Holidays): string {
  const calendar = tradingCalendar(region, holidays[region]);
  if (hours === "night") {
    // It counts as part of the day on which it ends, and is told on the day on which it begins.
    const night = slots.find(({ from }) => from < 0);
    const begins = night === undefined ? undefined : 24 * 60 + night.from;
    const state = begins === undefined ? "" : calendar?.status(instantAt(timeZone, day, begins)).unifiedStatus;
    if (night === undefined || begins === undefined || state !== "OVERNIGHT") return `${compact(day)}:CLOSED`;
    return `${compact(day)}:${clock(begins)}-${compact(day + 1)}:${clock(night.to)}`;
  }
  const ranges: { from: number; to: number }[] = [];
  for (const { from, to } of slots) {
    const state = calendar?.status(instantAt(timeZone, day, from)).unifiedStatus ?? "CLOSED";
    if (from < 0 || !COUNTED[hours].has(state)) continue;
    const last = ranges.at(-1);
    if (last?.to === from) last.to = to;
    else ranges.push({ from, to });
  }
  const date = compact(day);
  if (ranges.length === 0) return `${date}:CLOSED`;
  return ranges.map(({ from, to }) => `${date}:${clock(from)}-${date}:${clock(to)}`).join(";");
}

function clock(minute: number): string {
  return `${Math.floor(minute / 60)}`.padStart(2, "0") + `${minute % 60}`.padStart(2, "0");
}

function compact(day: number): string {
  return isoDate(day).replaceAll("-", "");
}
