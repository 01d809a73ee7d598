/** Whatever is done to an exchange, in whatever order, its books stay true. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { add, isExactDecimal, multiply, subtract } from "../../src/domain/money.ts";
import { isTerminal } from "../../src/domain/order.ts";
import { tradingCalendar } from "../../src/exchange/sessions.ts";
import type { Exchange, ExchangeEvent } from "../../src/exchange/types.ts";
import { AAPL, limit, MOUTAI, market, openMarket, refusalOf, TENCENT, type TestMarket } from "./market.ts";

const CONTRACTS = [AAPL, TENCENT, MOUTAI] as const;
const CURRENCIES = ["USD", "HKD", "CNY"] as const;
const START = { USD: 200_000.37, HKD: 90_000.1, CNY: 50_000.01 };
const POSITIONS = [
  { contract: AAPL, qty: 150, avgCost: 120.33 },
  { contract: MOUTAI, qty: 250, avgCost: 1400.07 },
];
const PRICES: Record<string, number> = { AAPL: 200, "00700": 500, "600519": 1500 };

interface Model {
  readonly test: TestMarket;
  now: number;
}

type Action = (model: Model) => void;

const aContract = fc.constantFrom(...CONTRACTS);
/** A price around the contract's own, on or off its steps. */
const aPriceOf = (symbol: string, percent: number, off: boolean): number => {
  const price = Math.max(1, Math.round(((PRICES[symbol] ?? 1) * percent) / 100));
  return off ? add(price, 0.01) : price;
};

/** An open order's id most of the time, any other now and then. */
const pick = (exchange: Exchange, index: number): string => {
  const orders = exchange.orders();
  const open = orders.filter(({ status }) => !isTerminal(status));
  const from = open.length > 0 && index % 5 !== 0 ? open : orders;
  return from[index % Math.max(1, from.length)]?.orderId ?? "none";
};

const place: fc.Arbitrary<Action> = fc
  .record({
    contract: aContract,
    direction: fc.constantFrom("BUY", "SELL"),
    orderType: fc.constantFrom("Limit", "Limit", "Market"),
    timeInForce: fc.constantFrom("DAY", "GTC"),
    lifecycle: fc.constantFrom("RTH", "ETH", "OVERNIGHT"),
    qty: fc.oneof(
      fc.integer({ min: 1, max: 6 }).map((lots) => lots * 100),
      fc.integer({ min: -2, max: 300 }),
    ),
    percent: fc.integer({ min: 80, max: 120 }),
    off: fc.boolean(),
  })
  .map(({ percent, off, ...wish }) => ({ test: { exchange } }) => {
    const price = aPriceOf(wish.contract.symbol, percent, off);
    refusalOf(() => exchange.place(wish.orderType === "Market" ? market(wish) : limit({ ...wish, price })));
  });

const replace: fc.Arbitrary<Action> = fc
  .record({
    index: fc.nat(50),
    qty: fc.option(fc.integer({ min: 0, max: 700 }), { nil: undefined }),
    percent: fc.option(fc.integer({ min: 80, max: 120 }), { nil: undefined }),
  })
  .map(({ index, qty, percent }) => ({ test: { exchange } }) => {
    const orderId = pick(exchange, index);
    const symbol = exchange.order(orderId)?.contract.symbol ?? "";
    const price = percent === undefined ? {} : { price: aPriceOf(symbol, percent, false) };
    refusalOf(() => exchange.replace(orderId, { ...(qty === undefined ? {} : { qty }), ...price }));
  });

const cancel: fc.Arbitrary<Action> = fc.nat(50).map(
  (index) =>
    ({ test: { exchange } }) =>
      void refusalOf(() => exchange.cancel(pick(exchange, index))),
);

const end: fc.Arbitrary<Action> = fc
  .record({ index: fc.nat(50), status: fc.constantFrom("CANCELED", "EXPIRED", "REJECTED") })
  .map(({ index, status }) => ({ test: { exchange } }) => {
    refusalOf(() => exchange.end(pick(exchange, index), status, "the venue's will"));
  });

const move: fc.Arbitrary<Action> = fc
  .record({ contract: aContract, percent: fc.integer({ min: 80, max: 120 }), off: fc.boolean() })
  .map(
    ({ contract, percent, off }) =>
      ({ test: { exchange } }) =>
        exchange.setPrice(contract, aPriceOf(contract.symbol, percent, off)),
  );

const wait: fc.Arbitrary<Action> = fc
  .oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: -3_600_000, max: 4 * 86_400_000 }))
  .map((ms) => (model) => {
    model.now += ms;
    model.test.at(model.now);
  });

/** A part at the order's own limit or better, as a venue fills it. */
const fill: fc.Arbitrary<Action> = fc
  .record({ index: fc.nat(50), qty: fc.integer({ min: -1, max: 200 }), better: fc.integer({ min: 0, max: 3 }) })
  .map(({ index, qty, better }) => ({ test: { exchange } }) => {
    const order = exchange.order(pick(exchange, index));
    if (order?.price === undefined || order.price === null) return;
    const price = order.direction === "BUY" ? subtract(order.price, better) : add(order.price, better);
    refusalOf(() => exchange.fill(order.orderId, qty, price));
  });

const aMarketAction = fc.oneof(
  { weight: 6, arbitrary: place },
  { weight: 3, arbitrary: replace },
  { weight: 2, arbitrary: cancel },
  { weight: 4, arbitrary: move },
  { weight: 2, arbitrary: wait },
);
const anAction = fc.oneof(
  { weight: 17, arbitrary: aMarketAction },
  { weight: 1, arbitrary: end },
  { weight: 3, arbitrary: fill },
);

const currencyOf: Record<string, string> = { US: "USD", HK: "HKD", CN: "CNY" };

/** Recomputes the books from the fills alone. */
function recomputed(exchange: Exchange): { cash: Map<string, number>; held: Map<string, number> } {
  const cash = new Map<string, number>(Object.entries(START));
  const held = new Map<string, number>(POSITIONS.map(({ contract, qty }) => [contract.symbol, qty]));
  for (const { contract, direction, qty, price } of exchange.fills()) {
    const currency = currencyOf[contract.region] ?? "";
    const signed = direction === "BUY" ? qty : -qty;
    cash.set(currency, subtract(cash.get(currency) ?? 0, multiply(signed, price)));
    held.set(contract.symbol, add(held.get(contract.symbol) ?? 0, signed));
  }
  return { cash, held };
}

function checkBooks(exchange: Exchange, allowShort: boolean): void {
  const { cash, held } = recomputed(exchange);
  const balances = new Map(exchange.balances().map((line) => [line.currency, line]));
  for (const currency of CURRENCIES) expect(balances.get(currency)?.amount).toBe(cash.get(currency));
  expect(new Map(exchange.positions().map(({ contract, qty }) => [contract.symbol, qty]))).toEqual(
    new Map([...held].filter(([, qty]) => qty !== 0)),
  );

  const open = exchange.orders().filter(({ status }) => !isTerminal(status));
  for (const contract of CONTRACTS) {
    const ofContract = open.filter((order) => order.contract.symbol === contract.symbol);
    const selling = ofContract.reduce(
      (sum, { direction, qty, filledQty }) => (direction === "SELL" ? sum + qty - filledQty : sum),
      0,
    );
    if (!allowShort) {
      expect(held.get(contract.symbol) ?? 0).toBeGreaterThanOrEqual(0);
      expect(selling).toBeLessThanOrEqual(held.get(contract.symbol) ?? 0);
    }
    const buying = ofContract.filter(({ direction, price }) => direction === "BUY" && price !== null);
    const onlyLimits = ofContract.every(({ price }) => price !== null);
    const line = balances.get(currencyOf[contract.region] ?? "");
    if (!allowShort && onlyLimits && line !== undefined) {
      const reserved = buying.reduce(
        (sum, { price, qty, filledQty }) => add(sum, multiply(price ?? 0, qty - filledQty)),
        0,
      );
      expect(subtract(line.amount, line.available)).toBe(reserved);
    }
  }

  for (const order of exchange.orders()) {
    const fills = exchange.fills().filter(({ orderId }) => orderId === order.orderId);
    expect(order.filledQty).toBe(fills.reduce((sum, { qty }) => sum + qty, 0));
    expect(order.filledQty).toBeLessThanOrEqual(order.qty);
    expect(order.status === "FILLED").toBe(order.filledQty === order.qty);
    expect(order.status === "PARTIALLY_FILLED").toBe(!isTerminal(order.status) && order.filledQty > 0);
    expect(order.avgPrice > 0).toBe(order.filledQty > 0);
  }

  const numbers = [
    ...exchange.balances().flatMap(({ amount, available }) => [amount, available]),
    ...exchange.positions().flatMap(({ qty, avgCost }) => [qty, avgCost]),
    ...exchange.orders().flatMap(({ qty, filledQty, avgPrice }) => [qty, filledQty, avgPrice]),
  ];
  expect(numbers.filter((value) => !isExactDecimal(value))).toEqual([]);
}

function buyingPower(exchange: Exchange): number {
  const rates: Record<string, number> = { USD: 1, HKD: 0.128, CNY: 0.14 };
  return exchange.balances().reduce((sum, { currency, available }) => sum + available * (rates[currency] ?? 0), 0);
}

const histories = fc.array(anAction, { minLength: 1, maxLength: 40 });

function run(actions: readonly Action[], allowShort: boolean, after: (model: Model) => void): Model {
  const now = Date.parse("2025-05-28T10:30:00-04:00");
  const model: Model = { now, test: openMarket({ cash: START, positions: POSITIONS, allowShort }, now) };
  for (const action of actions) {
    action(model);
    after(model);
  }
  return model;
}

test.each([false, true])(
  "cash, positions and reservations follow from orders and fills (short sales: %s)",
  (allowShort) => {
    fc.assert(
      fc.property(histories, (actions) => {
        run(actions, allowShort, ({ test: { exchange } }) => checkBooks(exchange, allowShort));
      }),
      { numRuns: 150 },
    );
  },
);

test("without short sales and venue fills beyond a limit, buying power never falls below nothing", () => {
  fc.assert(
    fc.property(histories, (actions) => {
      run(actions, false, ({ test: { exchange } }) => expect(buyingPower(exchange)).toBeGreaterThan(-0.01));
    }),
    { numRuns: 150 },
  );
});

test("no fill is worse than its limit", () => {
  fc.assert(
    fc.property(histories, (actions) => {
      // An event carries the order with the limit at which it was filled.
      for (const { order, fill } of run(actions, false, () => undefined).test.events) {
        if (fill === null || order.price === null) continue;
        if (order.direction === "BUY") expect(fill.price).toBeLessThanOrEqual(order.price);
        else expect(fill.price).toBeGreaterThanOrEqual(order.price);
      }
    }),
    { numRuns: 150 },
  );
});

test("the market fills an order only in its session and before its day ends", () => {
  const calendars = new Map(["US", "HK", "CN"].map((region) => [region, tradingCalendar(region)]));
  fc.assert(
    fc.property(fc.array(aMarketAction, { minLength: 1, maxLength: 40 }), (actions) => {
      for (const { order, fill } of run(actions, false, () => undefined).test.events) {
        const calendar = calendars.get(order.contract.region);
        if (fill === null || calendar === undefined) continue;
        expect(calendar.isOpen(order.orderType === "Market" ? "RTH" : order.lifecycle, fill.at)).toBe(true);
        const end = order.timeInForce === "DAY" ? calendar.dayEnd(order.lifecycle, order.createdAt) : undefined;
        if (end !== undefined) expect(fill.at).toBeLessThan(end);
      }
    }),
    { numRuns: 150 },
  );
});

test("what may be filled is filled, and what has had its day has ended", () => {
  const calendars = new Map(["US", "HK", "CN"].map((region) => [region, tradingCalendar(region)]));
  fc.assert(
    fc.property(fc.array(aMarketAction, { minLength: 1, maxLength: 40 }), fc.boolean(), (actions, allowShort) => {
      run(actions, allowShort, ({ test: { exchange }, now }) => {
        for (const order of exchange.orders().filter(({ status }) => !isTerminal(status))) {
          const calendar = calendars.get(order.contract.region);
          const last = exchange.quote(order.contract)?.latest ?? 0;
          const isOpen = calendar?.isOpen(order.orderType === "Market" ? "RTH" : order.lifecycle, now);
          const crosses =
            order.price === null || (order.direction === "BUY" ? last <= order.price : last >= order.price);
          expect(isOpen && crosses).toBe(false);
          const end = order.timeInForce === "DAY" ? calendar?.dayEnd(order.lifecycle, order.createdAt) : undefined;
          if (end !== undefined) expect(now).toBeLessThan(end);
        }
      });
    }),
    { numRuns: 150 },
  );
});

test("with prices that stay, short sales never take buying power below nothing", () => {
  const quiet = fc.oneof({ weight: 6, arbitrary: place }, { weight: 4, arbitrary: replace }, cancel, wait);
  fc.assert(
    fc.property(fc.array(quiet, { minLength: 1, maxLength: 40 }), (actions) => {
      run(actions, true, ({ test: { exchange } }) => expect(buyingPower(exchange)).toBeGreaterThan(-0.01));
    }),
    { numRuns: 150 },
  );
});

test("statuses only go forward, every change is told once, and the last word on an order is the order", () => {
  fc.assert(
    fc.property(histories, (actions) => {
      const { test: opened } = run(actions, true, () => undefined);
      const last = new Map<string, ExchangeEvent["order"]>();
      for (const { order } of opened.events) {
        const before = last.get(order.orderId);
        if (before !== undefined) {
          expect(isTerminal(before.status)).toBe(false);
          expect(order.filledQty).toBeGreaterThanOrEqual(before.filledQty);
          expect(order.updatedAt).toBeGreaterThanOrEqual(before.updatedAt);
        }
        last.set(order.orderId, order);
      }
      expect([...last.values()]).toEqual(opened.exchange.orders());
    }),
    { numRuns: 150 },
  );
});

test("nothing stays reserved when all orders have ended", () => {
  fc.assert(
    fc.property(histories, (actions) => {
      const { test: opened } = run(actions, false, () => undefined);
      for (const { orderId, status } of opened.exchange.orders()) {
        if (!isTerminal(status)) opened.exchange.cancel(orderId);
      }
      for (const { amount, available } of opened.exchange.balances()) expect(available).toBe(amount);
    }),
    { numRuns: 150 },
  );
});

test("an exchange that is put away and taken out again goes on as if nothing had been", () => {
  fc.assert(
    fc.property(histories, histories, (before, after) => {
      const model = run(before, true, () => undefined);
      const state = JSON.parse(JSON.stringify(model.test.exchange.snapshot()));
      const restored: Model = { now: model.now, test: openMarket({ allowShort: true, state }, model.now) };
      for (const action of after) {
        action(model);
        action(restored);
      }
      expect(restored.test.exchange.snapshot()).toEqual(model.test.exchange.snapshot());
    }),
    { numRuns: 150 },
  );
});
