import Big from "big.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as money from "../../src/domain/money.ts";

const cents = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((value) => value / 100);

/** Numbers as they come: whole, decimals of few places and of many, near a multiple, and whatever a double can be. */
const anyNumber = fc.oneof(
  fc.integer(),
  cents,
  fc
    .tuple(fc.maxSafeInteger(), fc.integer({ min: -12, max: 12 }))
    .map(([digits, places]) => Number(`${digits}e${places}`)),
  fc.tuple(cents, fc.constantFrom(1, -1, 3)).map(([value, steps]) => value + steps * Number.EPSILON * Math.abs(value)),
  fc.constantFrom(0, -0, 999_999_999.999999, 999_999_999.9999999, 1_000_000_000, 1e15, 1e16, 5e-7, 1e-7, 5e-324),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

describe("decimal arithmetic", () => {
  test("leaves no dust", () => {
    expect(money.add(0.1, 0.2)).toBe(0.3);
    expect(money.subtract(0.3, 0.1)).toBe(0.2);
    expect(money.multiply(1.1, 3)).toBe(3.3);
    expect(money.divide(2, 3, 4)).toBe(0.6667);
    expect(money.roundTo(2.675, 2)).toBe(2.68);
    expect(money.withoutDust(201.49999999999997)).toBe(201.5);
  });

  test("leaves a large balance its cents, and a whole number every digit", () => {
    expect(money.withoutDust(123_456_789_012.34)).toBe(123_456_789_012.34);
    expect(money.withoutDust(-1_234_567_890_123.45)).toBe(-1_234_567_890_123.45);
    expect(money.withoutDust(1_234_567_890_123_456)).toBe(1_234_567_890_123_456);
    expect(money.withoutDust(99_999_999_999.990005)).toBe(99_999_999_999.99);
    expect(money.withoutDust(2.8421709430404007e-14)).toBe(0);
    expect(money.withoutDust(-2.9103830456733704e-11)).toBe(0);
    expect(money.withoutDust(0.00000000012)).toBe(0.00000000012);
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

describe("what is decided without decimal arithmetic is decided the same", () => {
  test("whether a number is a multiple of a step", () => {
    const anyStep = fc.oneof(
      fc.constantFrom(0.01, 0.05, 0.001, 0.0001, 0.000001, 0.0000001, 0.25, 1, 2.5, 100),
      anyNumber.map(Math.abs).filter((step) => step > 1e-9),
    );
    fc.assert(
      fc.property(anyNumber, anyStep, (value, step) => {
        // Decimals that are this far apart take a decimal division for ever.
        fc.pre(Math.abs(value) / step < 1e18);
        expect(money.isMultipleOf(value, step)).toBe(new Big(value).mod(step).eq(0));
      }),
      { numRuns: 3000 },
    );
  });

  test("whether a number is the decimal it prints as", () => {
    fc.assert(
      fc.property(anyNumber, (value) => {
        expect(money.isExactDecimal(value)).toBe(new Big(value).c.length <= money.MAX_SIGNIFICANT_DIGITS);
      }),
      { numRuns: 3000 },
    );
  });

  test("whether reading a text as a number changes it", () => {
    const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^\\d{${min},${max}}$`));
    const text = fc
      .tuple(fc.constantFrom("", "-"), digits(1, 12), fc.option(digits(1, 12)))
      .map(([sign, whole, part]) => `${sign}${whole}${part === null ? "" : `.${part}`}`);
    fc.assert(
      fc.property(text, (given) => {
        const value = Number(given);
        const isKept = new Big(value).c.length <= money.MAX_SIGNIFICANT_DIGITS && new Big(given).eq(value);
        expect(money.isExactLiteral(given)).toBe(isKept);
      }),
      { numRuns: 3000 },
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
