/** Whatever is done to it, an exchange and the plain one of `reference.ts` have the same orders and the same money. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { contractKey } from "../../src/domain/contract.ts";
import { add, multiply } from "../../src/domain/money.ts";
import { isTerminal, type Lifecycle } from "../../src/domain/order.ts";
import { createExchange } from "../../src/exchange/exchange.ts";
import { isExchangeError } from "../../src/exchange/exchange-error.ts";
import type { Exchange, ExchangeOptions } from "../../src/exchange/types.ts";
import { security } from "./market.ts";
import { Model, type ModelOptions, Refused, units } from "./reference.ts";

const LISTED = [
  { contract: security("US", "AAPL"), price: 201.57, step: 0.01, lotSize: 1 },
  { contract: security("US", "PENN"), price: 0.9973, step: 0.0001, lotSize: 1 },
  { contract: security("HK", "00700"), price: 512.5, step: 0.5, lotSize: 100 },
  { contract: security("HK", "80700"), price: 470.2, step: 0.2, lotSize: 100 },
  { contract: security("HK", "09001"), price: 9.99, step: 0.005, lotSize: 50 },
  { contract: security("CN", "600519"), price: 1511.33, step: 0.01, lotSize: 100 },
  { contract: security("CN", "510300"), price: 3.977, step: 0.001, lotSize: 100 },
] as const;

const POSITIONS = [
  { contract: LISTED[0].contract, qty: 150, avgCost: 120.33 },
  { contract: LISTED[1].contract, qty: 12_345, avgCost: 1.0007 },
  { contract: LISTED[2].contract, qty: 250, avgCost: 400.07 },
  { contract: LISTED[4].contract, qty: 125, avgCost: 10.01 },
  { contract: LISTED[6].contract, qty: 1077, avgCost: 4.013 },
];

/** An ordinary day, the nights of both changes of the clock, and a week with holidays. */
const STARTS = [
  "2025-05-28T14:30:00Z",
  "2025-03-07T20:59:30Z",
  "2025-11-01T00:30:00Z",
  "2025-11-02T05:30:00Z",
  "2025-07-03T19:58:00Z",
  "2025-10-01T01:20:00Z",
].map((text) => Date.parse(text));

const HOLIDAYS = {
  US: ["2025-07-04", "2025-11-27"],
  HK: ["2025-07-01", "2025-10-01"],
  CN: ["2025-10-01", "2025-10-02"],
};

interface World {
  exchange: Exchange;
  readonly model: Model;
  readonly options: ExchangeOptions;
  now: number;
}

type Action = (world: World) => string;

function both(world: World, act: (exchange: Exchange) => unknown, model: (model: Model) => unknown): string {
  let seen = "done";
  try {
    act(world.exchange);
  } catch (error) {
    if (!isExchangeError(error)) throw error;
    seen = error.refusal;
  }
  let expected = "done";
  try {
    model(world.model);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    expected = error.refusal;
  }
  expect(seen).toBe(expected);
  return seen;
}

const pick = ({ model }: World, index: number): string => {
  const open = model.orders.filter(({ status }) => !isTerminal(status));
  const from = open.length > 0 && index % 5 !== 0 ? open : model.orders;
  return from[index % Math.max(1, from.length)]?.id ?? "none";
};

const aListing = fc.constantFrom(...LISTED);
const steps = fc.oneof(fc.integer({ min: -12, max: 12 }), fc.integer({ min: -3000, max: 3000 }));
const priceNear = ({ price, step }: (typeof LISTED)[number], by: number, off: boolean): number => {
  const moved = add(price, multiply(step, by));
  const positive = moved > 0 ? moved : step;
  return off ? add(positive, step / 2) : positive;
};
const aQty = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 8 }).map((lots) => lots * 100) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 1100 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 0.5, 1e15, 1e20, 1e21, 25, 12_345) },
);

const place: fc.Arbitrary<Action> = fc
  .record({
    listing: aListing,
    direction: fc.constantFrom("BUY", "SELL"),
    orderType: fc.constantFrom("Limit", "Limit", "Market"),
    timeInForce: fc.constantFrom("DAY", "GTC"),
    lifecycle: fc.constantFrom<Lifecycle>("RTH", "ETH", "OVERNIGHT"),
    qty: aQty,
    by: steps,
    off: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  })
  .map(({ listing, by, off, orderType, ...wish }) => (world) => {
    const price = orderType === "Limit" ? { price: priceNear(listing, by, off) } : {};
    const request = { ...wish, orderType, contract: listing.contract, tag: null, ...price } as const;
    const result = both(
      world,
      (exchange) => exchange.place(request),
      (model) => model.place(request),
    );
    return `place ${JSON.stringify(request)} ${result}`;
  });

const replace: fc.Arbitrary<Action> = fc
  .record({
    index: fc.nat(50),
    qty: fc.option(aQty, { nil: undefined }),
    more: fc.option(fc.integer({ min: -5, max: 100 }), { nil: undefined }),
    by: fc.option(steps, { nil: undefined }),
  })
  .map(({ index, qty: given, more, by }) => (world) => {
    const id = pick(world, index);
    const order = world.exchange.order(id);
    const listing = LISTED.find(({ contract }) => order && contractKey(contract) === contractKey(order.contract));
    // Often a quantity around what is filled.
    const qty = given ?? (more === undefined || order === undefined ? undefined : order.filledQty + more);
    const change = {
      ...(qty === undefined ? {} : { qty }),
      ...(by === undefined || listing === undefined ? {} : { price: priceNear(listing, by, false) }),
    };
    const result = both(
      world,
      (exchange) => exchange.replace(id, change),
      (model) => model.replace(id, change),
    );
    return `replace ${id} ${JSON.stringify(change)} ${result}`;
  });

const cancel: fc.Arbitrary<Action> = fc.nat(50).map((index) => (world) => {
  const id = pick(world, index);
  return `cancel ${id} ${both(
    world,
    (exchange) => exchange.cancel(id),
    (model) => model.cancel(id),
  )}`;
});

const end: fc.Arbitrary<Action> = fc
  .record({ index: fc.nat(50), status: fc.constantFrom("CANCELED", "EXPIRED", "REJECTED") })
  .map(({ index, status }) => (world) => {
    const id = pick(world, index);
    return `end ${id} ${both(
      world,
      (exchange) => exchange.end(id, status, "the venue's will"),
      (model) => model.end(id, status),
    )}`;
  });

const fill: fc.Arbitrary<Action> = fc
  .record({ index: fc.nat(50), qty: fc.integer({ min: -1, max: 200 }), listing: aListing, by: steps })
  .map(({ index, qty, by }) => (world) => {
    const id = pick(world, index);
    const order = world.exchange.order(id);
    const listing = LISTED.find(({ contract }) => order && contractKey(contract) === contractKey(order.contract));
    const price = listing === undefined ? 1 : priceNear(listing, by, false);
    return `fill ${id} ${qty} ${price} ${both(
      world,
      (exchange) => exchange.fill(id, qty, price),
      (model) => model.fill(id, qty, price),
    )}`;
  });

/** How long ago a price was traded; a clock that goes before ours tells of one to come. */
const anAge = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  fc.integer({ min: 0, max: 6 * 3_600_000 }),
  fc.integer({ min: -5000, max: 4 * 86_400_000 }),
);

const move: fc.Arbitrary<Action> = fc
  .record({ listing: aListing, by: steps, age: anAge })
  .map(({ listing, by, age }) => (world) => {
    const price = priceNear(listing, by, false);
    const at = world.now - age;
    both(
      world,
      (exchange) =>
        age === 0 ? exchange.setPrice(listing.contract, price) : exchange.setPrice(listing.contract, price, at),
      (model) => model.setPrice(listing.contract, price, at),
    );
    return `price ${contractKey(listing.contract)} ${price} of ${new Date(at).toISOString()}`;
  });

const wait: fc.Arbitrary<Action> = fc
  .oneof(
    fc.integer({ min: 0, max: 120_000 }),
    fc.integer({ min: 0, max: 8 * 3_600_000 }),
    fc.integer({ min: -3 * 3_600_000, max: 0 }),
    fc.integer({ min: 0, max: 4 * 86_400_000 }),
    fc.constantFrom(30 * 60_000, 60 * 60_000, 3_600_000 * 3, 86_400_000),
  )
  .map((ms) => (world) => {
    world.now += ms;
    world.exchange.tick();
    world.model.wait(world.now);
    return `wait ${ms} to ${new Date(world.now).toISOString()}`;
  });

const restart: fc.Arbitrary<Action> = fc.constant((world) => {
  const state = JSON.parse(JSON.stringify(world.exchange.snapshot()));
  world.exchange = createExchange({ ...world.options, state });
  world.exchange.tick();
  world.model.pricedAt.clear();
  return "restart";
});

const anAction = fc.oneof(
  { weight: 8, arbitrary: place },
  { weight: 4, arbitrary: replace },
  { weight: 2, arbitrary: cancel },
  { weight: 1, arbitrary: end },
  { weight: 4, arbitrary: fill },
  { weight: 5, arbitrary: move },
  { weight: 5, arbitrary: wait },
  { weight: 1, arbitrary: restart },
);

function compare({ exchange, model }: World): void {
  const orders = exchange.orders().map((order) => ({
    id: order.orderId,
    status: order.status,
    qty: units(order.qty),
    price: order.price === null ? null : units(order.price),
    filled: units(order.filledQty),
    average: units(order.avgPrice),
    updatedAt: order.updatedAt,
  }));
  expect(orders).toEqual(
    model.orders.map(({ id, status, qty, price, filled, value, updatedAt }) => ({
      id,
      status,
      qty,
      price,
      filled,
      average: filled === 0n ? 0n : (2n * value * 100_000_000n + filled) / (2n * filled),
      updatedAt,
    })),
  );
  const held = exchange
    .positions()
    .map(({ contract, qty, avgCost }) => [contractKey(contract), units(qty), units(avgCost)]);
  expect(held.toSorted()).toEqual([...model.held].map(([key, { qty, cost }]) => [key, qty, cost]).toSorted());
  const bound = model.bound();
  for (const { currency, amount, available } of exchange.balances()) {
    expect([currency, units(amount)]).toEqual([currency, model.cash.get(currency) ?? 0n]);
    expect([currency, units(available)]).toEqual([
      currency,
      (model.cash.get(currency) ?? 0n) - (bound.get(currency) ?? 0n),
    ]);
  }
}

test.each([
  { allowShort: false, quoted: false },
  { allowShort: true, quoted: false },
  { allowShort: true, quoted: true },
])("an exchange does what the plain one does: %o", ({ allowShort, quoted }) => {
  const told: string[] = [];
  fc.assert(
    fc.property(
      fc.constantFrom(...STARTS),
      fc.array(anAction, { minLength: 1, maxLength: 60, size: "max" }),
      (start, actions) => {
        const common = {
          cash: { USD: 200_000.37, HKD: 90_000.1, CNY: 50_000.01 },
          positions: POSITIONS,
          prices: LISTED,
          holidays: HOLIDAYS,
          allowShort,
          quoted,
        } satisfies Omit<ModelOptions, "now">;
        const world: World = {
          now: start,
          model: new Model({ ...common, now: start }, 1),
          options: { ...common, clock: () => world.now },
          exchange: undefined as unknown as Exchange,
        };
        world.exchange = createExchange(world.options);
        told.length = 0;
        try {
          for (const action of actions) {
            told.push(action(world));
            compare(world);
          }
        } catch (error) {
          throw new Error(`${new Date(start).toISOString()}\n${told.join("\n")}\n${String(error)}`);
        }
      },
    ),
    { numRuns: 60 },
  );
});
