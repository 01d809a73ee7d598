/** The pure parts that all simulators stand on. */
import { describe, expect, test } from "vitest";
import { createFrequencyLimiter } from "../../simulators/shared/frequency.ts";
import { lastUsMidMorning, marketTime, parseMarketTime, tradingDay } from "../../simulators/shared/market-time.ts";
import { createVenue } from "../../simulators/shared/venue.ts";

describe("market time", () => {
  const summer = Date.UTC(2025, 6, 1, 14, 30, 5, 7);
  const winter = Date.UTC(2025, 0, 2, 14, 30);

  test("is written on the market's own clock", () => {
    expect(marketTime(summer, "US")).toBe("2025-07-01 10:30:05.007");
    expect(marketTime(winter, "US")).toBe("2025-01-02 09:30:00.000");
    expect(marketTime(summer, "HK")).toBe("2025-07-01 22:30:05.007");
    expect(marketTime(winter, "CN")).toBe("2025-01-02 22:30:00.000");
  });

  test("is read back, with and without its fraction, and nothing else is read", () => {
    for (const region of ["US", "HK", "CN"]) expect(parseMarketTime(marketTime(summer, region), region)).toBe(summer);
    expect(parseMarketTime("2025-01-02 09:30:00", "US")).toBe(winter);
    expect(parseMarketTime("2025-01-02", "HK")).toBe(Date.UTC(2025, 0, 1, 16));
    for (const text of ["", "yesterday", "2025-01-02T09:30:00Z", "2025-13-45 00:00:00"]) {
      expect(parseMarketTime(text, "US")).toBeUndefined();
    }
  });

  test("the US night belongs to the next trading day", () => {
    expect(tradingDay(Date.UTC(2025, 6, 1, 23, 59), "US")).toBe("2025-07-01");
    expect(tradingDay(Date.UTC(2025, 6, 2, 0, 0), "US")).toBe("2025-07-02");
    expect(tradingDay(Date.UTC(2025, 6, 1, 16, 0), "HK")).toBe("2025-07-02");
  });

  test.each([
    ["a Sunday", Date.UTC(2025, 6, 6, 15), "2025-07-04 10:00:00.000"],
    ["before the morning", Date.UTC(2025, 6, 8, 13, 59), "2025-07-07 10:00:00.000"],
    ["after it", Date.UTC(2025, 6, 8, 14, 0), "2025-07-08 10:00:00.000"],
  ])("a fresh clock on %s shows the last mid-morning", (_name, now, expected) => {
    expect(marketTime(lastUsMidMorning(now), "US")).toBe(expected);
  });
});

describe("frequency limits", () => {
  test("count a sliding window and a gap, key by key, and not what they refuse", () => {
    let now = 0;
    const limiter = createFrequencyLimiter(() => now);
    const rule = { calls: 2, windowMs: 100, gapMs: 10 };
    expect(limiter.check("a", rule)).toBeUndefined();
    now = 5;
    expect(limiter.check("a", rule)).toBe("gap");
    expect(limiter.check("b", rule)).toBeUndefined();
    now = 10;
    expect(limiter.check("a", rule)).toBeUndefined();
    now = 99;
    expect(limiter.check("a", rule)).toBe("window");
    now = 100;
    expect(limiter.check("a", rule)).toBeUndefined();
    limiter.reset();
    expect(limiter.check("a", rule)).toBeUndefined();
  });
});

describe("the venue", () => {
  const contract = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
  const request = {
    contract,
    direction: "BUY",
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
    qty: 1,
    price: 190,
    tag: null,
  } as const;

  test("keeps its books apart, their ids distinct, and tells every change in order", () => {
    const venue = createVenue({ books: { one: {}, two: {} } });
    const events: string[] = [];
    venue.subscribe(({ book, order }) => events.push(`${book} ${order.status}`));
    const placed = [venue.place("one", request), venue.place("two", request), venue.place("one", request)];
    expect(new Set(placed.map(({ wireId }) => wireId)).size).toBe(3);
    expect(venue.orders().map(({ wireId }) => wireId)).toEqual(placed.map(({ wireId }) => wireId));
    venue.setPrice(contract, 189);
    expect(events.slice(0, 3)).toEqual(["one OPEN", "two OPEN", "one OPEN"]);
    expect(events.slice(3).toSorted()).toEqual(["one FILLED", "one FILLED", "two FILLED"]);
    expect(venue.book("one").positions()).toMatchObject([{ contract, qty: 2 }]);
    expect(venue.book("two").positions()).toMatchObject([{ contract, qty: 1 }]);
    venue.close();
  });

  test("begins in US regular hours of a trading day and moves where it is set", () => {
    const venue = createVenue({ books: { one: {} } });
    expect(venue.marketStatus("US").unifiedStatus).toBe("RTH");
    venue.setNow(Date.UTC(2025, 6, 1, 3));
    expect(venue.marketStatus("US").unifiedStatus).toBe("OVERNIGHT");
    expect(venue.marketStatus("HK").unifiedStatus).toBe("RTH");
    venue.close();
  });

  test("names what is not there", () => {
    const venue = createVenue({ books: { one: {} } });
    expect(() => venue.book("three")).toThrow('"three"');
    expect(() => venue.fill("9", 1, 1)).toThrow("no order 9");
    expect(venue.find("9")).toBeUndefined();
    venue.close();
  });
});
