/** What a broker says about itself, before anything is asked of it. */
import { contractKey } from "../../domain/contract.ts";
import { LIFECYCLES, ORDER_TYPES, TIMES_IN_FORCE } from "../../domain/order.ts";
import type { Broker } from "../../spec/broker.ts";
import { type Capabilities, OPERATIONS } from "../../spec/capabilities.ts";
import { instanceOf } from "../../spec/define-broker.ts";
import type { ConformanceCheck } from "../check.ts";
import { expect, expectEqual, expectOneOf } from "../expect.ts";
import { check } from "../scene.ts";

const METHODS = [...OPERATIONS, "start", "close"] as const;

export const shapeChecks: readonly ConformanceCheck[] = [
  check("has a kind in camel case and a name for people", [], async ({ broker }) => {
    expect(/^[a-z][a-zA-Z0-9]*$/.test(broker.kind), () => `kind must be one word in camel case, saw "${broker.kind}"`);
    expect(broker.display.trim() !== "", () => "display is empty");
  }),

  check("was made by defineBroker, which binds the instance's id and tokens", [], async ({ broker }) => {
    const instance = instanceOf(broker);
    expect(instance !== undefined, () => "no instance is bound to the broker; return defineBroker(options, { … })");
  }),

  check(
    "gives its capabilities before it is started",
    [],
    async ({ broker }) => {
      expectConsistent(broker.capabilities());
    },
    { start: false },
  ),

  check("has capabilities that are plain data and agree with themselves", [], async ({ broker }) => {
    const capabilities = broker.capabilities();
    expectEqual(JSON.parse(JSON.stringify(capabilities)), capabilities, "capabilities as JSON");
    expectConsistent(capabilities);
  }),

  check("has the methods that its capabilities promise, and no promise for those it lacks", [], async ({ broker }) => {
    for (const method of METHODS) expectMethodOrNothing(broker, method);
    const { orders, quotes, push, listing } = broker.capabilities();
    const promises = {
      placeOrder: orders.length > 0,
      quote: quotes.length > 0,
    };
    for (const [method, promised] of Object.entries(promises)) {
      const present = broker[method as keyof typeof promises] !== undefined;
      expect(
        present === promised,
        () => `${method} is ${present ? "there" : "absent"}, but capabilities say otherwise`,
      );
    }
    expect(push === "none" || broker.start !== undefined, () => "push needs start(host), which gives onOrder");
    expect(!listing.complete || broker.orders !== undefined, () => "a complete listing needs the method orders");
  }),

  check("names its account masked", [], async ({ broker }) => {
    const { account } = broker.capabilities();
    expect(account === null || account.includes("*"), () => "account must be masked (****5678) or null");
  }),

  check("names only markets in which the stage's contracts are well formed", [], async ({ broker, stage }) => {
    const { markets } = broker.capabilities();
    for (const { contract } of stage.instruments) {
      const market = markets.find((one) => one.region === contract.region && one.tradeType === contract.tradeType);
      if (market === undefined) continue;
      const matches = new RegExp(`^(?:${market.symbolPattern})$`).test(contract.symbol);
      expect(matches, () => `${contractKey(contract)} does not match the market's pattern ${market.symbolPattern}`);
    }
  }),
];

function expectMethodOrNothing(broker: Broker, method: (typeof METHODS)[number]): void {
  const type = typeof broker[method];
  expectOneOf(type, ["function", "undefined"], `type of ${method}`);
}

function expectConsistent({ environment, markets, orders, quotes, push, listing }: Capabilities): void {
  expectOneOf(environment, ["REAL", "SIMULATE"], "environment");
  expectOneOf(push, ["stream", "polling", "none"], "push");
  expect(Number.isFinite(listing.settleMs) && listing.settleMs >= 0, () => `settleMs is ${listing.settleMs}`);
  const keys = markets.map(({ tradeType, region }) => `${tradeType} ${region}`);
  expect(new Set(keys).size === keys.length, () => `a market is named twice: ${keys.join(", ")}`);
  for (const market of markets) {
    const name = `market ${market.tradeType} ${market.region}`;
    expect(/^[A-Z]{2,}$/.test(market.region), () => `${name}: a region is two or more capitals`);
    expect(/^[A-Z]{3,5}$/.test(market.currency), () => `${name}: currency is "${market.currency}"`);
    expect(market.qtyStep > 0, () => `${name}: qtyStep is ${market.qtyStep}`);
    expect(market.priceSteps.length > 0, () => `${name}: there are no price steps`);
    const froms = market.priceSteps.map(({ from }) => from);
    expectEqual(
      froms,
      [...new Set(froms)].sort((a, b) => a - b),
      `${name}: price steps, ascending`,
    );
    expect(
      market.priceSteps.every(({ step }) => step > 0),
      () => `${name}: a price step must be above 0`,
    );
  }
  const rows = orders.map(
    (one) => `${one.tradeType} ${one.region} ${one.orderType} ${one.timeInForce} ${one.lifecycle}`,
  );
  expect(new Set(rows).size === rows.length, () => `a row is written twice: ${rows.join(", ")}`);
  for (const one of orders) {
    expectOneOf(one.orderType, ORDER_TYPES, "orderType of a row");
    expectOneOf(one.timeInForce, TIMES_IN_FORCE, "timeInForce of a row");
    expectOneOf(one.lifecycle, LIFECYCLES, "lifecycle of a row");
    expect(keys.includes(`${one.tradeType} ${one.region}`), () => `a row names ${one.region}, which is no market`);
    expect(one.effective?.lifecycle !== one.lifecycle, () => `effective of a row says what was asked for`);
  }
  const regions = markets.map(({ region }) => region);
  for (const region of quotes) expectOneOf(region, regions, "region of quotes");
}
