import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as money from "../../src/domain/money.ts";

const cents = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((value) => value / 100);

describe("decimal arithmetic", () => {
  test("leaves no dust", () => {
    expect(money.add(0.1, 0.2)).toBe(0.3);
    expect(money.subtract(0.3, 0.1)).toBe(0.2);
    expect(money.multiply(1.1, 3)).toBe(3.3);
    expect(money.divide(2, 3, 4)).toBe(0.6667);
    expect(money.roundTo(2.675, 2)).toBe(2.68);
    expect(money.withoutDust(201.49999999999997)).toBe(201.5);
  });

  test("an average over nothing is 0", () => {
    expect(money.divide(5, 0)).toBe(0);
  });

  test("adds and takes away to the same number", () => {
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        expect(money.subtract(money.add(a, b), b)).toBe(a);
      }),
    );
  });

  test("counts steps in decimal", () => {
    expect(money.isMultipleOf(0.3, 0.1)).toBe(true);
    expect(money.isMultipleOf(201.505, 0.01)).toBe(false);
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.constantFrom(0.01, 0.05, 0.001, 100), (count, step) => {
        expect(money.isMultipleOf(money.multiply(count, step), step)).toBe(true);
      }),
    );
  });
});

describe("parseDecimal", () => {
  test.each([
    ["200", 200],
    ["200.10", 200.1],
    ["0.0001", 0.0001],
    ["-3", -3],
    ["123456789012345", 123456789012345],
  ])("reads %s", (text, value) => expect(money.parseDecimal(text)).toBe(value));

  test.each(["", " 1", "1 ", "1e3", "1e400", "NaN", "Infinity", "+1", ".5", "5.", "1,000", "0x10", "1_000", "１"])(
    "refuses %j",
    (text) => expect(money.parseDecimal(text)).toBeUndefined(),
  );

  test("refuses what a number cannot hold", () => {
    expect(money.parseDecimal("0.1234567890123456789")).toBeUndefined();
    expect(money.parseDecimal("9007199254740993")).toBeUndefined();
    expect(money.parseDecimal("1".repeat(60))).toBeUndefined();
  });

  test("takes every decimal of up to 15 digits to the number that prints as it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999_999 }), fc.integer({ min: 0, max: 6 }), (digits, places) => {
        const text = (digits / 10 ** places).toFixed(places);
        expect(Number(money.parseDecimal(text)).toFixed(places)).toBe(text);
      }),
    );
  });
});

test("isExactDecimal tells a decimal from dust", () => {
  expect(money.isExactDecimal(201.5)).toBe(true);
  expect(money.isExactDecimal(0.1 + 0.2)).toBe(false);
  expect(money.isExactDecimal(Number.NaN)).toBe(false);
  expect(money.isExactDecimal(Number.POSITIVE_INFINITY)).toBe(false);
});
