/**
 * A market's state, worked out of trading hours, trading days and the clock, since the vendor has no call for it.
 *
 * Call auctions, the hours of half days and those of the night are rules of their own, which the vendor's hours leave out.
 */
import type { MarketStatus, UnifiedStatus } from "../../domain/market-status.ts";
import { isoDate, wallTime } from "../../exchange/zoned-time.ts";
import type { Region } from "../shared/regions.ts";
import { lookUp, TRADE_SESSION } from "./codes.ts";
import type { MarketHours, TradingDays } from "./messages.ts";

/** What is known of a market. */
export interface MarketCalendar {
  readonly region: Region;
  readonly periods: MarketHours["periods"];
  readonly days: TradingDays;
}

interface Slot {
  /** Minutes after the midnight that begins the trading day; negative for the evening before. */
  readonly from: number;
  readonly to: number;
  readonly word: string;
  readonly means: UnifiedStatus;
}

const DAY = 24 * 60;
const clock = (hours: number, minutes = 0): number => hours * 60 + minutes;

const TIME_ZONES = {
  US: "America/New_York",
  HK: "Asia/Hong_Kong",
  CN: "Asia/Shanghai",
} as const satisfies Record<Region, string>;

const AUCTIONS = {
  US: [],
  HK: [
    { from: clock(9), to: clock(9, 30), word: "Auction", means: "UNKNOWN" },
    { from: clock(16), to: clock(16, 10), word: "ClosingAuction", means: "CLOSED" },
  ],
  CN: [
    { from: clock(9, 15), to: clock(9, 30), word: "Auction", means: "UNKNOWN" },
    { from: clock(14, 57), to: clock(15), word: "ClosingAuction", means: "UNKNOWN" },
  ],
} as const satisfies Record<Region, readonly Slot[]>;

/** The vendor's list of hours has no night, though it trades in one: these are the hours of its help pages. */
const NIGHTS: Partial<Record<Region, MarketHours["periods"][number]>> = { US: { from: 2000, to: 350, kind: 3 } };

/** On a half day the regular session ends at `close`; later sessions move so that they follow it. */
const HALF_DAYS = {
  US: { close: clock(13), auctions: AUCTIONS.US },
  HK: {
    close: clock(12),
    auctions: [AUCTIONS.HK[0], { from: clock(12), to: clock(12, 10), word: "ClosingAuction", means: "CLOSED" }],
  },
  CN: { close: clock(11, 30), auctions: [AUCTIONS.CN[0]] },
} as const satisfies Record<Region, { readonly close: number; readonly auctions: readonly Slot[] }>;

/**
 * The days around an instant that must be known to place it, and so many more that one of them is a trading day: `20250604`,
 * on the market's own calendar.
 */
export function daysAround(region: Region, at: number): { readonly from: string; readonly to: string } {
  const { day } = wallTime(TIME_ZONES[region], at);
  return { from: compactDay(day - 1), to: compactDay(day + 21) };
}

export function marketStatusAt({ region, periods, days }: MarketCalendar, at: number): MarketStatus {
  const { day, time } = wallTime(TIME_ZONES[region], at);
  const minute = time / 60_000;
  const slot = slotAt(region, periods, days, day, minute) ?? slotAt(region, periods, days, day + 1, minute - DAY);
  return { region, originStatus: slot?.word ?? "Closed", unifiedStatus: slot?.means ?? "CLOSED" };
}

function slotAt(
  region: Region,
  periods: MarketHours["periods"],
  { whole, half }: TradingDays,
  day: number,
  minute: number,
): Slot | undefined {
  const date = compactDay(day);
  const isHalf = half.includes(date);
  if (!isHalf && !whole.includes(date)) return undefined;
  const regularSlots = withNight(region, periods).map(toSlot);
  const slots = isHalf ? shortened(regularSlots, HALF_DAYS[region].close) : regularSlots;
  const auctions: readonly Slot[] = isHalf ? HALF_DAYS[region].auctions : AUCTIONS[region];
  const found = [...auctions, ...slots].find(({ from, to }) => from <= minute && minute < to);
  return found ?? restAt(slots, minute);
}

function withNight(region: Region, periods: MarketHours["periods"]): MarketHours["periods"] {
  const night = NIGHTS[region];
  return night === undefined || periods.some(({ kind }) => kind === night.kind) ? periods : [...periods, night];
}

function toSlot({ from, to, kind }: MarketHours["periods"][number]): Slot {
  const { word, means } = lookUp(TRADE_SESSION, kind) ?? { word: `Session${kind}`, means: "UNKNOWN" as const };
  const begin = minutesOf(from);
  const end = minutesOf(to);
  // The night session counts for the day on which it ends, so what begins in the evening is of the day before.
  const shift = means === "OVERNIGHT" && begin >= clock(12) ? DAY : 0;
  return { from: begin - shift, to: end <= begin ? end + DAY - shift : end - shift, word, means };
}

/** Between two regular sessions the market rests. */
function restAt(slots: readonly Slot[], minute: number): Slot | undefined {
  const regular = slots.filter(({ means }) => means === "RTH");
  const before = regular.some(({ to }) => to <= minute);
  const after = regular.some(({ from }) => from > minute);
  return before && after ? { from: minute, to: minute, word: "Break", means: "REST" } : undefined;
}

function shortened(slots: readonly Slot[], close: number): Slot[] {
  const wholeClose = Math.max(close, ...slots.filter(({ means }) => means === "RTH").map(({ to }) => to));
  return slots.flatMap((slot) => {
    if (slot.means === "RTH") return slot.from >= close ? [] : [{ ...slot, to: Math.min(slot.to, close) }];
    if (slot.from < wholeClose) return [slot];
    const earlier = wholeClose - close;
    return [{ ...slot, from: slot.from - earlier, to: slot.to - earlier }];
  });
}

/** `930` is half past nine. */
function minutesOf(time: number): number {
  return Math.floor(time / 100) * 60 + (time % 100);
}

function compactDay(day: number): string {
  return isoDate(day).replaceAll("-", "");
}
