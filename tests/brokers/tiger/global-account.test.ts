/** A Global account of Tiger's (`U…`, `F…`), whose assets the vendor tells in another answer than those of all others. */
import { describe, expect, test } from "vitest";
import { toGlobalCash } from "../../../src/brokers/tiger/convert.ts";
import { call, makeBroker, openTiger, rejection, restingOrder, startBroker } from "./setup.ts";

const ACCOUNT = "U5755619";

async function openGlobal(account = ACCOUNT) {
  const tiger = await openTiger({ account });
  const { broker } = await startBroker(tiger, { account });
  return { tiger, broker };
}

test("its cash is told in its own currency, and by the vendor's rate in others that it has", async () => {
  const { broker } = await openGlobal();
  const usd = await broker.cash({ currency: "USD" }, call());
  expect(usd).toMatchObject({ currency: "USD", amount: 1_000_000 });
  expect(usd.balances).toContainEqual({ currency: "USD", amount: 1_000_000, available: null });
  expect(await rejection(broker.cash({ currency: "JPY" }, call()))).toMatchObject({ code: "NotSupported" });
});

test.each(["DU575569", "F575569", "DF575569"])("%s is one too, as the vendor's own SDK has it", async (account) => {
  const { broker } = await openGlobal(account);
  expect(await broker.cash({ currency: "USD" }, call())).toMatchObject({ currency: "USD", amount: 1_000_000 });
});

test("what has ended is in its list of all orders, which would prove it absent otherwise", async () => {
  const { tiger, broker } = await openGlobal();
  const filled = await broker.placeOrder(restingOrder(), call());
  const canceled = await broker.placeOrder(restingOrder(), call());
  const open = await broker.placeOrder(restingOrder(), call());
  tiger.venue.fill(filled.orderId, 10, 190);
  await broker.cancelOrder(canceled.orderId, call());
  const { orders } = await broker.orders({ status: "all", fresh: true }, call());
  expect(Object.fromEntries(orders.map(({ orderId, status }) => [orderId, status]))).toEqual({
    [filled.orderId]: "FILLED",
    [canceled.orderId]: "CANCELED",
    [open.orderId]: "OPEN",
  });
});

test("it counts as real money", async () => {
  const tiger = await openTiger();
  expect(makeBroker(tiger, { account: ACCOUNT }).capabilities()).toMatchObject({ environment: "REAL" });
});

describe("what the vendor tells of it", () => {
  const item = {
    account: ACCOUNT,
    currency: "USD",
    cashValue: 70_000,
    segments: [
      { category: "C", cashValue: 5_000 },
      { category: "S", cashValue: 65_000.5 },
    ],
    marketValues: [
      { currency: "BASE", cashBalance: 70_000, exchangeRate: 1 },
      { currency: "HKD", cashBalance: 1_000.1, exchangeRate: 0.125 },
      { currency: "CNH", cashBalance: null, exchangeRate: 0.14 },
      { currency: "SGD", cashBalance: 3, exchangeRate: null },
    ],
  };
  const other = { ...item, account: "U1", segments: [{ category: "S", cashValue: 1 }] };

  test("is the cash of its securities alone, with a line for each currency", () => {
    const balances = [
      { currency: "HKD", amount: 1_000.1, available: null },
      { currency: "SGD", amount: 3, available: null },
    ];
    expect(toGlobalCash({ items: [other, item] }, ACCOUNT, "USD")).toEqual({
      currency: "USD",
      amount: 65_000.5,
      balances,
    });
    expect(toGlobalCash({ items: [item] }, ACCOUNT, "HKD")).toEqual({ currency: "HKD", amount: 520_004, balances });
    expect(toGlobalCash({ items: [item] }, ACCOUNT, "CNY")).toMatchObject({ currency: "CNH", amount: 464_289.29 });
  });

  test.each([
    ["without a rate", [item], "SGD", "NotSupported"],
    ["in a currency of which nothing is told", [item], "EUR", "NotSupported"],
    ["of other accounts", [other], "USD", "BrokerFault"],
    ["without cash", [{ ...item, segments: null }], "USD", "BrokerFault"],
    ["without a currency", [{ ...item, currency: null }], "USD", "BrokerFault"],
  ])("%s it is no cash, and never 0", (_what, items, currency, code) => {
    expect(() => toGlobalCash({ items }, ACCOUNT, currency)).toThrow(expect.objectContaining({ code }));
  });
});
