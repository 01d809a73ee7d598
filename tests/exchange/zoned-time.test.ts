import fc from "fast-check";
import { expect, test } from "vitest";
import { dayOf, instantAt, isoDate, wallTime, weekday } from "../../src/exchange/zoned-time.ts";

const day = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 86_400_000;

test.each([
  ["America/New_York", "2025-03-09", 60, "2025-03-09T01:00:00-05:00"],
  ["America/New_York", "2025-03-09", 3 * 60, "2025-03-09T03:00:00-04:00"],
  ["America/New_York", "2025-03-09", 5 * 60, "2025-03-09T05:00:00-04:00"],
  ["America/New_York", "2025-11-02", 3 * 60, "2025-11-02T03:00:00-05:00"],
  ["America/New_York", "2025-11-03", -4 * 60, "2025-11-02T20:00:00-05:00"],
  ["Asia/Hong_Kong", "2025-01-01", 0, "2025-01-01T00:00:00+08:00"],
])("%s on %s, minute %d, is %s", (zone, date, minutes, instant) => {
  expect(instantAt(zone, day(date), minutes)).toBe(Date.parse(instant));
});

test("a wall time that is not skipped goes to an instant and back", () => {
  const zones = fc.constantFrom("America/New_York", "Asia/Shanghai", "Asia/Hong_Kong");
  fc.assert(
    fc.property(
      zones,
      fc.integer({ min: day("2015-01-01"), max: day("2040-01-01") }),
      fc.integer({ min: 0, max: 1439 }),
      (zone, of, minutes) => {
        // New York skips from 02:00 to 03:00 once a year.
        fc.pre(minutes < 120 || minutes >= 180);
        expect(wallTime(zone, instantAt(zone, of, minutes))).toEqual({ day: of, time: minutes * 60_000 });
      },
    ),
  );
});

test.each([
  ["2025-06-01", 0],
  ["1970-01-01", 4],
  ["1969-12-31", 3],
  ["2024-02-29", 4],
])("%s is weekday %d", (date, name) => {
  expect(weekday(day(date))).toBe(name);
  expect(isoDate(day(date))).toBe(date);
});

test("a date goes to its day and back, and no other text does", () => {
  expect(isoDate(dayOf("2024-02-29"))).toBe("2024-02-29");
  for (const text of ["2025-02-30", "2025-13-01", "2025-1-1", "4 July", "", "2025-05-28T00:00"]) {
    expect(() => dayOf(text)).toThrow(/YYYY-MM-DD/);
  }
});
