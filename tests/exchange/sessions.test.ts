import { expect, test } from "vitest";
import type { Lifecycle } from "../../src/domain/order.ts";
import { marketStatusAt, type TradingCalendar, tradingCalendar } from "../../src/exchange/sessions.ts";

const calendar = (region: string, holidays: readonly string[] = []): TradingCalendar => {
  const found = tradingCalendar(region, holidays);
  if (found === undefined) throw new Error(`no calendar of ${region}`);
  return found;
};

// Offsets are written out, so that the table does not lean on the code's own idea of a time zone.
const STATUSES = [
  // New York, Wednesday in summer (-04:00) and winter (-05:00).
  ["US", "2025-05-28T03:59:59.999-04:00", "OVERNIGHT"],
  ["US", "2025-05-28T04:00:00-04:00", "PRE_HOURS"],
  ["US", "2025-05-28T09:29:59.999-04:00", "PRE_HOURS"],
  ["US", "2025-05-28T09:30:00-04:00", "RTH"],
  ["US", "2025-05-28T15:59:59.999-04:00", "RTH"],
  ["US", "2025-05-28T16:00:00-04:00", "AFTER_HOURS"],
  ["US", "2025-05-28T19:59:59.999-04:00", "AFTER_HOURS"],
  ["US", "2025-05-28T20:00:00-04:00", "OVERNIGHT"],
  ["US", "2025-05-29T00:00:00-04:00", "OVERNIGHT"],
  ["US", "2025-12-03T09:29:59.999-05:00", "PRE_HOURS"],
  ["US", "2025-12-03T09:30:00-05:00", "RTH"],
  // The days around the two changes of the clock.
  ["US", "2025-03-07T09:30:00-05:00", "RTH"],
  ["US", "2025-03-09T19:59:59-04:00", "CLOSED"],
  ["US", "2025-03-09T20:00:00-04:00", "OVERNIGHT"],
  ["US", "2025-03-10T09:29:59-04:00", "PRE_HOURS"],
  ["US", "2025-03-10T09:30:00-04:00", "RTH"],
  ["US", "2025-10-31T15:59:59-04:00", "RTH"],
  ["US", "2025-11-02T19:59:59-05:00", "CLOSED"],
  ["US", "2025-11-02T20:00:00-05:00", "OVERNIGHT"],
  ["US", "2025-11-03T16:00:00-05:00", "AFTER_HOURS"],
  // The week's first night is Sunday's, its last one ends on Friday.
  ["US", "2025-05-30T03:59:00-04:00", "OVERNIGHT"],
  ["US", "2025-05-30T19:59:00-04:00", "AFTER_HOURS"],
  ["US", "2025-05-30T20:00:00-04:00", "CLOSED"],
  ["US", "2025-05-31T11:00:00-04:00", "CLOSED"],
  ["US", "2025-05-31T22:00:00-04:00", "CLOSED"],
  ["US", "2025-06-01T03:00:00-04:00", "CLOSED"],
  ["US", "2025-06-01T20:00:00-04:00", "OVERNIGHT"],
  ["HK", "2025-05-28T08:59:59+08:00", "CLOSED"],
  ["HK", "2025-05-28T09:00:00+08:00", "UNKNOWN"],
  ["HK", "2025-05-28T09:30:00+08:00", "RTH"],
  ["HK", "2025-05-28T11:59:59+08:00", "RTH"],
  ["HK", "2025-05-28T12:00:00+08:00", "REST"],
  ["HK", "2025-05-28T13:00:00+08:00", "RTH"],
  ["HK", "2025-05-28T16:00:00+08:00", "CLOSED"],
  ["HK", "2025-05-28T16:10:00+08:00", "CLOSED"],
  ["HK", "2025-05-28T22:00:00+08:00", "CLOSED"],
  ["HK", "2025-05-31T10:00:00+08:00", "CLOSED"],
  ["CN", "2025-05-28T09:14:59+08:00", "CLOSED"],
  ["CN", "2025-05-28T09:15:00+08:00", "UNKNOWN"],
  ["CN", "2025-05-28T09:30:00+08:00", "RTH"],
  ["CN", "2025-05-28T11:30:00+08:00", "REST"],
  ["CN", "2025-05-28T12:59:59+08:00", "REST"],
  ["CN", "2025-05-28T13:00:00+08:00", "RTH"],
  ["CN", "2025-05-28T14:56:59+08:00", "RTH"],
  ["CN", "2025-05-28T14:57:00+08:00", "UNKNOWN"],
  ["CN", "2025-05-28T15:00:00+08:00", "CLOSED"],
  ["CN", "2025-06-01T10:00:00+08:00", "CLOSED"],
] as const;

test.each(STATUSES)("%s at %s is %s", (region, at, unifiedStatus) => {
  expect(marketStatusAt(region, Date.parse(at))).toMatchObject({ region, unifiedStatus });
});

test("a region without a calendar is unknown, not closed", () => {
  expect(marketStatusAt("JP", 0)).toEqual({ region: "JP", originStatus: "UNKNOWN", unifiedStatus: "UNKNOWN" });
  expect(tradingCalendar("JP")).toBeUndefined();
});

test.each([
  ["US", "POST_MARKET NIGHT PRE_MARKET CONTINUOUS POST_MARKET"],
  ["HK", "CLOSED OPENING_AUCTION CONTINUOUS LUNCH CONTINUOUS CLOSING_AUCTION CLOSED"],
  ["CN", "CLOSED OPENING_AUCTION CONTINUOUS LUNCH CONTINUOUS CLOSING_AUCTION CLOSED"],
])("a day of %s in the exchange's own words", (region, words) => {
  const { status, nextChange } = calendar(region);
  const said: string[] = [];
  const end = Date.parse("2025-05-28T23:00:00Z");
  for (let at = end - 86_400_000; at < end; at = nextChange(at) ?? end) said.push(status(at).originStatus);
  expect(said.join(" ")).toBe(words);
});

test("the closing auction of HK is told from the closed market by the exchange's own word", () => {
  expect(marketStatusAt("HK", Date.parse("2025-05-28T16:05:00+08:00")).originStatus).toBe("CLOSING_AUCTION");
  expect(marketStatusAt("HK", Date.parse("2025-05-28T16:10:00+08:00")).originStatus).toBe("CLOSED");
});

test.each([
  ["the holiday itself", "2025-05-26T10:00:00-04:00", "CLOSED"],
  ["its own night, on the evening before", "2025-05-25T21:00:00-04:00", "CLOSED"],
  ["the night that ends on the next day", "2025-05-26T21:00:00-04:00", "OVERNIGHT"],
  ["the day before", "2025-05-23T10:00:00-04:00", "RTH"],
])("a US holiday on Monday: %s", (_name, at, unifiedStatus) => {
  expect(marketStatusAt("US", Date.parse(at), ["2025-05-26"]).unifiedStatus).toBe(unifiedStatus);
});

test("holidays are dates of the market, not of UTC", () => {
  const evening = Date.parse("2025-07-03T19:00:00-04:00");
  expect(new Date(evening).toISOString()).toContain("2025-07-03");
  const justBeforeMidnightUtc = Date.parse("2025-07-01T07:00:00+08:00");
  expect(calendar("HK", ["2025-07-01"]).status(justBeforeMidnightUtc).unifiedStatus).toBe("CLOSED");
  expect(calendar("HK", ["2025-06-30"]).isOpen("RTH", Date.parse("2025-07-01T10:00:00+08:00"))).toBe(true);
});

test.each([
  ["US", "2025-05-28T10:00:00-04:00", "2025-05-28T16:00:00-04:00"],
  ["US", "2025-05-28T16:00:00-04:00", "2025-05-28T20:00:00-04:00"],
  ["US", "2025-05-30T20:00:00-04:00", "2025-06-01T20:00:00-04:00"],
  ["US", "2025-03-08T12:00:00-05:00", "2025-03-09T20:00:00-04:00"],
  ["US", "2025-11-01T12:00:00-04:00", "2025-11-02T20:00:00-05:00"],
  ["HK", "2025-05-28T09:30:00+08:00", "2025-05-28T12:00:00+08:00"],
  ["HK", "2025-05-30T16:10:00+08:00", "2025-06-02T09:00:00+08:00"],
  ["CN", "2025-05-28T13:00:00+08:00", "2025-05-28T14:57:00+08:00"],
])("%s: after %s the state changes at %s", (region, at, next) => {
  expect(calendar(region).nextChange(Date.parse(at))).toBe(Date.parse(next));
});

const DAY_ENDS: readonly (readonly [string, Lifecycle, string, string | undefined])[] = [
  ["US", "RTH", "2025-05-28T10:00:00-04:00", "2025-05-28T16:00:00-04:00"],
  ["US", "RTH", "2025-05-28T05:00:00-04:00", "2025-05-28T16:00:00-04:00"],
  ["US", "RTH", "2025-05-28T16:00:00-04:00", "2025-05-29T16:00:00-04:00"],
  ["US", "RTH", "2025-05-30T17:00:00-04:00", "2025-06-02T16:00:00-04:00"],
  ["US", "ETH", "2025-05-28T16:00:00-04:00", "2025-05-28T20:00:00-04:00"],
  ["US", "ETH", "2025-03-08T10:00:00-05:00", "2025-03-10T20:00:00-04:00"],
  ["US", "OVERNIGHT", "2025-05-28T21:00:00-04:00", "2025-05-29T04:00:00-04:00"],
  ["US", "OVERNIGHT", "2025-05-29T03:00:00-04:00", "2025-05-29T04:00:00-04:00"],
  ["US", "OVERNIGHT", "2025-05-30T10:00:00-04:00", "2025-06-02T04:00:00-04:00"],
  ["HK", "RTH", "2025-05-28T12:30:00+08:00", "2025-05-28T16:10:00+08:00"],
  ["HK", "ETH", "2025-05-30T16:10:00+08:00", "2025-06-02T16:10:00+08:00"],
  ["HK", "OVERNIGHT", "2025-05-28T12:30:00+08:00", undefined],
  ["CN", "RTH", "2025-05-28T14:58:00+08:00", "2025-05-28T15:00:00+08:00"],
  ["CN", "OVERNIGHT", "2025-05-28T14:58:00+08:00", undefined],
];

test.each(DAY_ENDS)("%s %s: a day order given at %s ends at %s", (region, lifecycle, at, end) => {
  expect(calendar(region).dayEnd(lifecycle, Date.parse(at))).toBe(end === undefined ? undefined : Date.parse(end));
});

test.each([
  ["US", "2025-05-28T19:59:00-04:00", "2025-05-28"],
  ["US", "2025-05-28T20:00:00-04:00", "2025-05-29"],
  ["US", "2025-05-31T12:00:00-04:00", "2025-05-30"],
  ["US", "2025-06-01T20:00:00-04:00", "2025-06-02"],
  ["HK", "2025-05-28T08:59:00+08:00", "2025-05-27"],
  ["HK", "2025-05-28T09:00:00+08:00", "2025-05-28"],
  ["CN", "2025-06-01T12:00:00+08:00", "2025-05-30"],
])("%s: the trading day at %s is %s", (region, at, day) => {
  expect(calendar(region).tradingDay(Date.parse(at))).toBe(day);
});

test("every change that is announced is one, and none is missed", () => {
  const step = 60_000;
  for (const region of ["US", "HK", "CN"]) {
    const hours = calendar(region, ["2025-03-10"]);
    const from = Date.parse("2025-03-06T00:00:00Z");
    const to = Date.parse("2025-03-14T00:00:00Z");
    const seen: number[] = [];
    for (let at = from; at < to; at += step) {
      if (JSON.stringify(hours.status(at)) !== JSON.stringify(hours.status(at - step))) seen.push(at);
    }
    const announced: number[] = [];
    for (let at = hours.nextChange(from - 1); at !== undefined && at < to; at = hours.nextChange(at))
      announced.push(at);
    expect(announced).toEqual(seen);
  }
});
