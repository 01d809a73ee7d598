/**
 * Wall clocks of the markets. A market lives by the clock on its wall, which daylight saving moves; the only source of
 * that knowledge is `Intl`, so that no table of dates has to be kept here.
 */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** An instant on the wall of a time zone. */
export interface WallTime {
  /** Days from 1970-01-01 to the local date. */
  readonly day: number;
  /** Milliseconds since local midnight. */
  readonly time: number;
}

/** What the clock in `timeZone` shows at an instant. */
export function wallTime(timeZone: string, at: number): WallTime {
  const local = at + zoneOffset(timeZone, at);
  const day = Math.floor(local / DAY_MS);
  return { day, time: local - day * DAY_MS };
}

/**
 * The instant at which the clock in `timeZone` shows so many minutes after (or, negative, before) the midnight that
 * begins `day`. A wall time that daylight saving skips gives the instant right after the gap's length has passed.
 */
export function instantAt(timeZone: string, day: number, minutes: number): number {
  const local = day * DAY_MS + minutes * MINUTE_MS;
  const guess = local - zoneOffset(timeZone, local);
  return local - zoneOffset(timeZone, guess);
}

/** Day number of a date, `YYYY-MM-DD`. Throws a `RangeError` for any other text. */
export function dayOf(date: string): number {
  const day = Date.parse(`${date}T00:00:00Z`) / DAY_MS;
  // Some engines take 30 February for 2 March.
  if (Number.isInteger(day) && isoDate(day) === date) return day;
  throw new RangeError(`${JSON.stringify(date)} is no date; write it YYYY-MM-DD`);
}

/** `YYYY-MM-DD` of a day number. */
export function isoDate(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** 0 for Sunday to 6 for Saturday. */
export function weekday(day: number): number {
  // 1970-01-01 was a Thursday.
  return (((day + 4) % 7) + 7) % 7;
}

// An offset from UTC never changes inside a quarter of an hour, and asking Intl costs more than everything around it.
const QUARTER_MS = 15 * MINUTE_MS;
const REMEMBERED = 4096;
const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, Map<number, number>>();

/** Milliseconds that the zone's clock is ahead of UTC. */
function zoneOffset(timeZone: string, at: number): number {
  const known = offsets.get(timeZone) ?? new Map<number, number>();
  offsets.set(timeZone, known);
  const quarter = Math.floor(at / QUARTER_MS);
  let offset = known.get(quarter);
  if (offset === undefined) {
    offset = readOffset(timeZone, quarter * QUARTER_MS);
    if (known.size >= REMEMBERED) known.clear();
    known.set(quarter, offset);
  }
  return offset;
}

function readOffset(timeZone: string, at: number): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(timeZone, format);
  }
  const part = (type: Intl.DateTimeFormatPartTypes, parts: Intl.DateTimeFormatPart[]) =>
    Number(parts.find((each) => each.type === type)?.value);
  const parts = format.formatToParts(at);
  const local = Date.UTC(
    part("year", parts),
    part("month", parts) - 1,
    part("day", parts),
    part("hour", parts),
    part("minute", parts),
    part("second", parts),
  );
  return local - at;
}
