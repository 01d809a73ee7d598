/** Times as vendors write them: on the clock of the market's own wall. */
import { marketOf } from "../../src/exchange/markets.ts";
import { instantAt, isoDate, wallTime, weekday } from "../../src/exchange/zoned-time.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** 10:00 in New York: well inside US regular hours, and late evening of the same day in Hong Kong. */
const MID_MORNING = 10 * 60;

/** `YYYY-MM-DD HH:MM:SS.mmm` on the clock of a region's market. */
export function marketTime(at: number, region: string): string {
  const { day, time } = wallTime(zoneOf(region), at);
  return `${isoDate(day)} ${new Date(time).toISOString().slice(11, 23)}`;
}

/**
 * Reads `YYYY-MM-DD HH:MM:SS`, with `.mmm` or without, or a bare `YYYY-MM-DD` for its midnight.
 * `undefined` when the text has another form.
 */
export function parseMarketTime(text: string, region: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?: (\d{2}:\d{2}:\d{2})(?:\.(\d{1,3}))?)?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, date, time = "00:00:00", fraction = "0"] = match;
  const local = Date.parse(`${date}T${time}.${fraction.padEnd(3, "0")}Z`);
  if (Number.isNaN(local)) return undefined;
  const day = Math.floor(local / DAY);
  return instantAt(zoneOf(region), day, (local - day * DAY) / 60_000);
}

/** The day an instant is traded on, `YYYY-MM-DD`. The US night session, from 20:00, begins the next day. */
export function tradingDay(at: number, region: string): string {
  return isoDate(wallTime(zoneOf(region), region === "US" ? at + 4 * HOUR : at).day);
}

/** The last instant up to `now` at which the US market was in the middle of its regular hours. */
export function lastUsMidMorning(now: number): number {
  const zone = zoneOf("US");
  const today = wallTime(zone, now).day;
  for (let day = today; ; day -= 1) {
    const at = instantAt(zone, day, MID_MORNING);
    if (at <= now && weekday(day) !== 0 && weekday(day) !== 6) return at;
  }
}

function zoneOf(region: string): string {
  return marketOf(region)?.timeZone ?? "UTC";
}
