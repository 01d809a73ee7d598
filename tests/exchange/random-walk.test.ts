import { expect, test } from "vitest";
import type { Contract } from "../../src/domain/contract.ts";
import { isMultipleOf } from "../../src/domain/money.ts";
import { priceStep } from "../../src/exchange/markets.ts";
import { createRandomWalk } from "../../src/exchange/random-walk.ts";
import { AAPL, FUND, IN_HK, limit, MOUTAI, openMarket, REGULAR, TENCENT } from "./market.ts";

const ALL = [AAPL, TENCENT, MOUTAI, FUND];

/** The prices seen while the clock goes on by so many seconds. */
function walk(
  seed: number,
  from: number,
  seconds: number,
  contracts: readonly Contract[] = ALL,
  every = 1,
): number[][] {
  const opened = openMarket({}, from);
  const walking = createRandomWalk(opened.exchange, contracts, seed);
  const seen: number[][] = [];
  for (let second = every; second <= seconds; second += every) {
    opened.at(from + second * 1000);
    walking.advance();
    seen.push(contracts.map((contract) => opened.exchange.quote(contract)?.latest ?? 0));
  }
  return seen;
}

test("equal seeds give equal prices, other seeds others", () => {
  expect(walk(1, REGULAR, 60)).toEqual(walk(1, REGULAR, 60));
  expect(walk(1, REGULAR, 60)).not.toEqual(walk(2, REGULAR, 60));
});

test("one contract's walk does not depend on which others walk, nor on how often one looks", () => {
  const alone = walk(7, REGULAR, 60, [AAPL]).map(([price]) => price);
  expect(walk(7, REGULAR, 60).map(([price]) => price)).toEqual(alone);
});

test("only markets that trade move", () => {
  const [first, ...others] = walk(1, REGULAR, 300).at(-1) ?? [];
  expect(first).not.toBe(200);
  expect(others).toEqual([500, 1500, 4]);
  const [, tencent, moutai] = walk(1, IN_HK, 300).at(-1) ?? [];
  expect(tencent).not.toBe(500);
  expect(moutai).not.toBe(1500);
});

test("prices stay on their steps and near where they began", () => {
  for (const prices of walk(3, IN_HK, 5400, ALL, 10)) {
    for (const [index, price] of prices.entries()) {
      const contract = ALL[index] ?? AAPL;
      expect(isMultipleOf(price, priceStep(contract, price))).toBe(true);
      expect(price / ([200, 500, 1500, 4][index] ?? 1)).toBeGreaterThan(0.8);
      expect(price / ([200, 500, 1500, 4][index] ?? 1)).toBeLessThan(1.2);
    }
  }
});

test("a price set by hand is where it goes on from, and what it crosses is filled", () => {
  const opened = openMarket();
  const walking = createRandomWalk(opened.exchange, [AAPL], 1);
  opened.at(REGULAR + 1000);
  walking.advance();
  opened.exchange.setPrice(AAPL, 100);
  const { orderId } = opened.exchange.place(limit({ price: 99.97 }));
  for (let second = 2; second < 600; second++) {
    opened.at(REGULAR + second * 1000);
    walking.advance();
    expect(Math.abs((opened.exchange.quote(AAPL)?.latest ?? 0) - 100)).toBeLessThan(5);
  }
  expect(opened.exchange.order(orderId)).toMatchObject({ status: "FILLED" });
});

test("nothing moves between two steps", () => {
  const opened = openMarket({}, REGULAR);
  const walking = createRandomWalk(opened.exchange, [AAPL], 1);
  opened.at(REGULAR + 999);
  walking.advance();
  expect(opened.exchange.quote(AAPL)?.latest).toBe(200);
});
