/**
 * The state of a market from the trading hours of a contract that is traded there.
 *
 * The gateway gives two lists of sessions for some days: those in which anything trades, and the liquid ones, which are the
 * regular session with lunch cut out. Holidays are in them, and so are half days. Source: the TWS API documentation,
 * "Contract Details", `tradingHours`, `liquidHours` and `timeZoneId`.
 */
import type { MarketStatus, UnifiedStatus } from "../../domain/market-status.ts";
import { dayOf, instantAt, isoDate, wallTime } from "../../exchange/zoned-time.ts";
import type { Region } from "../shared/regions.ts";

/** The part of a contract's details that this needs. */
export interface HoursText {
  readonly timeZoneId: string;
  readonly tradingHours: string;
  readonly liquidHours: string;
}

interface Session {
  readonly from: number;
  readonly to: number;
}

/** Sessions in milliseconds since the epoch, and the days, local to the zone, that the list speaks of. */
interface Hours {
  readonly sessions: readonly Session[];
  readonly days: ReadonlySet<number>;
}

/** The vendor's names of zones that `Intl` does not know. */
const ZONES: Readonly<Record<string, string>> = {
  EST: "America/New_York",
  EDT: "America/New_York",
  EST5EDT: "America/New_York",
  "US/Eastern": "America/New_York",
  HKT: "Asia/Hong_Kong",
  Hongkong: "Asia/Hong_Kong",
  CST: "Asia/Shanghai",
  PRC: "Asia/Shanghai",
};

/** A zone that `Intl` knows; `undefined` for none. The vendor writes some with their name behind: `EST (Eastern …)`. */
export function toZone(timeZoneId: string): string | undefined {
  const [before = ""] = timeZoneId.split("(", 1);
  const id = before.trim();
  const zone = ZONES[id] ?? id;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return zone === "" ? undefined : zone;
  } catch {
    return undefined;
  }
}

const NEW_YORK = "America/New_York";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;

/**
 * Milliseconds that TWS's own clock is ahead of UTC, from what it showed in its greeting at that moment; `undefined` for none.
 * The zone's name behind it says less: `CST` is that of Chicago and that of Shanghai, and Windows has names of its own.
 */
export function clockAhead(greeting: string, at: number): number | undefined {
  const shown = toWallTime(greeting);
  return shown === undefined ? undefined : Math.round((shown - at) / QUARTER_MS) * QUARTER_MS;
}

function toWallTime(text: string): number | undefined {
  const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d) +(\d\d):(\d\d)/.exec(text.trim()) ?? [];
  const date = toDay([year, month, day]);
  return date === undefined ? undefined : date * DAY_MS + (Number(hour) * 60 + Number(minute)) * 60_000;
}

/**
 * The latest moment at which the day may have begun for which TWS lists what has ended. It keeps it from midnight on, and
 * not said is of which clock: its own, that of the machine, or that of the vendor's servers.
 *
 * @param ahead of its own clock, as {@link clockAhead} gives it. It holds for a day, after which TWS starts anew.
 */
export function dayBegan(at: number, ahead: number | undefined): number {
  const zones = [new Intl.DateTimeFormat().resolvedOptions().timeZone, NEW_YORK];
  const midnights = zones.map((zone) => instantAt(zone, wallTime(zone, at).day, 0));
  if (ahead !== undefined) midnights.push(Math.floor((at + ahead) / DAY_MS) * DAY_MS - ahead);
  return Math.max(...midnights);
}

const STAMP = /^(?:(\d{4})(\d\d)(\d\d):)?(\d\d)(\d\d)$/;

/**
 * Reads `20250528:0930-20250528:1600;20250529:CLOSED`, and the older `20250528:0930-1200,1300-1600`. What has another form
 * is left out, as if the list said nothing of that day.
 */
export function parseHours(text: string, zone: string): Hours {
  const sessions: Session[] = [];
  const days = new Set<number>();
  for (const part of text.split(";")) {
    const day = /^(\d{4})(\d\d)(\d\d):/.exec(part.trim());
    if (day === null) continue;
    const date = toDay(day.slice(1));
    if (date === undefined) continue;
    const ranges = part.trim().slice(day[0].length);
    days.add(date);
    if (/^CLOSED$/i.test(ranges)) continue;
    for (const range of ranges.split(",")) {
      const [start = "", end = ""] = range.split("-");
      const from = toInstant(start, date, zone);
      const to = toInstant(end, date, zone);
      if (from === undefined || to === undefined) continue;
      // An end without a date that is not after the beginning is on the day after.
      sessions.push({ from, to: to > from ? to : to + DAY_MS });
      const endDay = STAMP.exec(end);
      if (endDay?.[1] !== undefined) days.add(toDay(endDay.slice(1, 4)) ?? date);
    }
  }
  return { sessions: sessions.sort((a, b) => a.from - b.from), days };
}

function toDay([year, month, day]: readonly (string | undefined)[]): number | undefined {
  try {
    return dayOf(`${year}-${month}-${day}`);
  } catch {
    return undefined;
  }
}

function toInstant(stamp: string, date: number, zone: string): number | undefined {
  const match = STAMP.exec(stamp.trim());
  if (match === null) return undefined;
  const day = match[1] === undefined ? date : toDay(match.slice(1, 4));
  return day === undefined ? undefined : instantAt(zone, day, Number(match[4]) * 60 + Number(match[5]));
}

/** What is outside of the liquid hours but inside the trading hours, before and after them. */
const AROUND = {
  US: { before: "PRE_HOURS", after: "AFTER_HOURS" },
  // Calls before the open and at the close; the closing auction of Hong Kong counts as closed.
  HK: { before: "UNKNOWN", after: "CLOSED" },
  CN: { before: "UNKNOWN", after: "UNKNOWN" },
} as const satisfies Record<Region, { before: UnifiedStatus; after: UnifiedStatus }>;

/** True when the lists speak of the day on which `at` is: otherwise they are too old, or too new. */
export function covers(hours: HoursText, at: number): boolean {
  const zone = toZone(hours.timeZoneId);
  return zone !== undefined && parseHours(hours.tradingHours, zone).days.has(wallTime(zone, at).day);
}

/**
 * The state at a moment. `originStatus` says which contract's hours it was derived from, and which session of theirs it is.
 *
 * @param night the hours of the same contract at the venue of the night session, where there is one.
 */
export function marketStatusAt(
  region: Region,
  name: string,
  hours: HoursText,
  at: number,
  night?: HoursText,
): MarketStatus {
  const zone = toZone(hours.timeZoneId);
  if (zone === undefined) {
    return { region, originStatus: `${name}: unknown time zone ${hours.timeZoneId}`, unifiedStatus: "UNKNOWN" };
  }
  const trading = parseHours(hours.tradingHours, zone);
  const liquid = parseHours(hours.liquidHours, zone);
  const today = wallTime(zone, at).day;
  const say = (list: string, session: Session | undefined, unifiedStatus: UnifiedStatus): MarketStatus => ({
    region,
    originStatus: `${name} ${list}: ${session === undefined ? `none at ${clock(zone, at)}` : span(zone, session)} ${zone}`,
    unifiedStatus,
  });

  const regular = liquid.sessions.find((each) => contains(each, at));
  if (regular !== undefined) return say("liquidHours", regular, "RTH");
  const ofToday = liquid.sessions.filter(({ from }) => wallTime(zone, from).day === today);
  const first = ofToday[0];
  const last = ofToday.at(-1);
  if (first !== undefined && last !== undefined && first.to <= at && at < last.from) {
    return say("liquidHours", { from: first.to, to: last.from }, "REST");
  }
  const extended = trading.sessions.find((each) => contains(each, at));
  if (extended !== undefined) {
    const isBefore = first === undefined || at < first.from;
    return say("tradingHours", extended, AROUND[region][isBefore ? "before" : "after"]);
  }
  const nightZone = night === undefined ? undefined : toZone(night.timeZoneId);
  if (night !== undefined && nightZone !== undefined) {
    const session = parseHours(night.tradingHours, nightZone).sessions.find((each) => contains(each, at));
    if (session !== undefined) return say("tradingHours at OVERNIGHT", session, "OVERNIGHT");
  }
  if (!trading.days.has(today)) return say("tradingHours", undefined, "UNKNOWN");
  return say("tradingHours", undefined, "CLOSED");
}

function contains({ from, to }: Session, at: number): boolean {
  return from <= at && at < to;
}

function span(zone: string, { from, to }: Session): string {
  return `${clock(zone, from)}-${clock(zone, to)}`;
}

function clock(zone: string, at: number): string {
  const { day, time } = wallTime(zone, at);
  const minutes = Math.floor(time / 60_000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${isoDate(day)} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
