import { describe, expect, test } from "vitest";
import { covers, marketStatusAt, parseHours, toZone } from "../../../src/brokers/interactive-brokers/hours.ts";

const US = {
  timeZoneId: "US/Eastern",
  tradingHours:
    "20250703:0400-20250703:1700;20250704:CLOSED;20250705:CLOSED;20250706:CLOSED;20250707:0400-20250707:2000",
  liquidHours: "20250703:0930-20250703:1300;20250704:CLOSED;20250707:0930-20250707:1600",
};
const NIGHT = {
  timeZoneId: "US/Eastern",
  tradingHours: "20250703:CLOSED;20250706:2000-20250707:0350;20250707:2000-20250708:0350",
  liquidHours: "",
};
const HK = {
  timeZoneId: "Hongkong",
  tradingHours: "20250703:0900-20250703:1200;20250703:1300-20250703:1610",
  liquidHours: "20250703:0930-20250703:1200;20250703:1300-20250703:1600",
};
const CN = {
  timeZoneId: "Asia/Shanghai",
  tradingHours: "20250703:0915-1130,1300-1500",
  liquidHours: "20250703:0930-1130,1300-1457",
};

/** So many hours and minutes on New York's clock in July. */
const newYork = (day: number, hour: number, minute = 0) => Date.UTC(2025, 6, day, hour + 4, minute);
const china = (hour: number, minute = 0) => Date.UTC(2025, 6, 3, hour - 8, minute);

describe("states", () => {
  test.each([
    ["in the morning of a half day", newYork(3, 8), "PRE_HOURS"],
    ["at its opening", newYork(3, 9, 30), "RTH"],
    ["just before its end", newYork(3, 12, 59), "RTH"],
    ["at its end", newYork(3, 13), "AFTER_HOURS"],
    ["when its late session is over", newYork(3, 17), "CLOSED"],
    ["on a holiday", newYork(4, 12), "CLOSED"],
    ["in the night before a trading day", newYork(6, 23), "OVERNIGHT"],
    ["in the same night, after midnight", newYork(7, 2), "OVERNIGHT"],
    ["between the night and the morning", newYork(7, 3, 55), "CLOSED"],
    ["in the evening", newYork(7, 21), "OVERNIGHT"],
    ["on a day that the list does not have", newYork(12, 12), "UNKNOWN"],
  ])("of the US, %s", (_, at, expected) => {
    expect(marketStatusAt("US", "AAPL", US, at, NIGHT).unifiedStatus).toBe(expected);
  });

  test.each([
    [china(8, 30), "CLOSED"],
    [china(9, 10), "UNKNOWN"],
    [china(9, 30), "RTH"],
    [china(11, 59), "RTH"],
    [china(12), "REST"],
    [china(12, 59), "REST"],
    [china(13), "RTH"],
    [china(16), "CLOSED"],
    [china(16, 5), "CLOSED"],
    [china(20), "CLOSED"],
  ])("of Hong Kong at %i", (at, expected) => {
    expect(marketStatusAt("HK", "00700", HK, at).unifiedStatus).toBe(expected);
  });

  test.each([
    [china(9, 20), "UNKNOWN"],
    [china(10), "RTH"],
    [china(12), "REST"],
    [china(14, 56), "RTH"],
    [china(14, 58), "UNKNOWN"],
    [china(15, 30), "CLOSED"],
  ])("of the mainland at %i", (at, expected) => {
    expect(marketStatusAt("CN", "600519", CN, at).unifiedStatus).toBe(expected);
  });

  test("say what they were derived from", () => {
    expect(marketStatusAt("US", "AAPL", US, newYork(3, 10)).originStatus).toBe(
      "AAPL liquidHours: 2025-07-03 09:30-2025-07-03 13:00 America/New_York",
    );
    expect(marketStatusAt("US", "AAPL", US, newYork(4, 10)).originStatus).toBe(
      "AAPL tradingHours: none at 2025-07-04 10:00 America/New_York",
    );
  });

  test("of an unknown zone, or without hours, are unknown", () => {
    expect(marketStatusAt("US", "AAPL", { ...US, timeZoneId: "Mars/Olympus" }, newYork(3, 10)).unifiedStatus).toBe(
      "UNKNOWN",
    );
    const none = { timeZoneId: "US/Eastern", tradingHours: "", liquidHours: "" };
    expect(marketStatusAt("US", "AAPL", none, newYork(3, 10)).unifiedStatus).toBe("UNKNOWN");
  });
});

test("lists of hours are too old for the days that they lack", () => {
  expect(covers(US, newYork(3, 10))).toBe(true);
  expect(covers(US, newYork(4, 10))).toBe(true);
  expect(covers(US, newYork(12, 10))).toBe(false);
});

test.each([
  ["US/Eastern", "America/New_York"],
  ["EST (Eastern Standard Time)", "America/New_York"],
  ["EST5EDT", "America/New_York"],
  ["Hongkong", "Asia/Hong_Kong"],
  ["Asia/Hong_Kong", "Asia/Hong_Kong"],
  ["Europe/London", "Europe/London"],
  ["Nowhere", undefined],
  ["", undefined],
])("the zone %s", (given, zone) => {
  expect(toZone(given)).toBe(zone);
});

test("what is no list of hours gives none", () => {
  for (const text of ["", ";;", "CLOSED", "20251301:0930-1600", "20250703:9-5", "20250703"]) {
    expect(parseHours(text, "America/New_York").sessions).toEqual([]);
  }
});
