import Big from "big.js";
import { expect, onTestFinished, test, vi } from "vitest";
import { toOrder } from "../../../src/brokers/interactive-brokers/convert.ts";
import { FIRST_REQUEST_ID } from "../../../src/brokers/interactive-brokers/order-ids.ts";
import {
  createOrderStore,
  KEPT_ORDERS,
  type StoreOptions,
} from "../../../src/brokers/interactive-brokers/order-store.ts";
import { mergeOrder, type Order, orderFlags } from "../../../src/domain/order.ts";

/** A share as TWS names it, and what an order of ten says. */
const listed = { conId: 1, symbol: "AAPL", secType: "STK", exchange: "SMART", primaryExch: "NASDAQ" };
const contract = { ...listed, currency: "USD", localSymbol: "AAPL", tradingClass: "NMS" };
const terms = { action: "BUY", totalQuantity: 10, orderType: "LMT", lmtPrice: 190, tif: "DAY", outsideRth: false };

function newStore(options: Partial<StoreOptions> = {}) {
  const nothing = { account: () => undefined, now: () => 0, toTime: () => null, dayBegan: () => 0 };
  return createOrderStore({ clientId: 7, ...nothing, ...options });
}

test("what is refused of a read is no refusal of an order, and is not kept", () => {
  const store = newStore();
  for (const [id, code, text] of [
    [FIRST_REQUEST_ID, 354, "Requested market data is not subscribed."],
    [FIRST_REQUEST_ID + 1, 10167, "Displaying delayed market data."],
  ] as const) {
    expect(store.hear({ kind: "notice", id, code, text })).toBeUndefined();
    expect(store.refusalOf(id)).toBeUndefined();
  }
});

test("refusals of orders are kept for as many orders as there are", () => {
  const store = newStore();
  for (let id = 1; id <= KEPT_ORDERS + 1; id += 1) {
    store.hear({ kind: "notice", id, code: 201, text: `Order ${id} rejected` });
  }
  expect(store.refusalOf(1)).toBeUndefined();
  expect(store.refusalOf(2)).toMatchObject({ code: 201 });
  expect(store.refusalOf(KEPT_ORDERS + 1)).toMatchObject({ code: 201 });
});

test("an order of another client id that is forgotten takes no order of ours with the same number with it", () => {
  const store = newStore();
  const contract = { conId: 1, symbol: "AAPL", secType: "STK", exchange: "SMART", primaryExch: "NASDAQ" };
  const vendor = { ...contract, currency: "USD", localSymbol: "AAPL", tradingClass: "NMS" };
  const terms = { action: "BUY", totalQuantity: 10, orderType: "LMT", lmtPrice: 190, tif: "DAY", outsideRth: false };
  const order = { ...terms, account: "", orderRef: "", filledQuantity: undefined };
  const tell = (permId: number, clientId: number, orderId: number, status: string) => {
    const state = { status, warningText: "", completedTime: "", completedStatus: "" };
    store.hear({ kind: "openOrder", orderId, contract: vendor, order: { ...order, permId, clientId }, state });
  };
  tell(1, 7, 5, "Submitted");
  tell(2, 70, 5, "Cancelled");
  for (let permId = 3; permId <= KEPT_ORDERS + 1; permId += 1) tell(permId, 70, permId + 10, "Cancelled");
  expect(store.get(2)).toBeUndefined();
  expect(store.own(5)).toMatchObject({ permId: 1, status: "OPEN" });
});

test.each([
  ["Filled", 0, 8, { qty: 8 }],
  ["Filled", 12, 12, { qty: 12 }],
  ["Cancelled", 0, 0, { qty: 10 }],
])("an order that ended %s with the total %i and %i filled is told as it ended", (status, total, filled, told) => {
  const store = newStore();
  const contract = { conId: 1, symbol: "AAPL", secType: "STK", exchange: "SMART", primaryExch: "NASDAQ" };
  const vendor = { ...contract, currency: "USD", localSymbol: "AAPL", tradingClass: "NMS" };
  const open = { permId: 9, clientId: 7, action: "BUY", totalQuantity: 10, orderType: "LMT", lmtPrice: 190 };
  const order = { ...open, tif: "DAY", outsideRth: false, account: "", orderRef: "", filledQuantity: undefined };
  const state = { status: "Submitted", warningText: "", completedTime: "", completedStatus: "" };
  store.hear({ kind: "openOrder", orderId: 3, contract: vendor, order, state });
  const ended = { ...order, totalQuantity: total, lmtPrice: 210, filledQuantity: filled };
  store.hear({ kind: "completedOrder", contract: vendor, order: ended, state: { ...state, status } });
  expect(store.get(9)).toMatchObject({ ...told, filledQty: filled, order: { lmtPrice: 210 } });
});

test("an order of which nothing is heard before the connection is back was created when it was handed over", () => {
  let now = 1_000;
  const store = newStore({ now: () => now });
  store.begin(3);
  now = 300_000;
  const order = { ...terms, permId: 9, clientId: 7, account: "", orderRef: "", filledQuantity: undefined };
  const state = { status: "Submitted", warningText: "", completedTime: "", completedStatus: "" };
  store.hear({ kind: "openOrder", orderId: 3, contract, order, state });
  expect(store.get(9)).toMatchObject({ createdAt: 1_000 });
});

/** An order of `total` shares that TWS describes as it is, of which so many are filled. */
function partlyFilled(total: number, filled: number, status: string) {
  const store = newStore();
  const listed = { conId: 1, symbol: "AAPL", secType: "STK", exchange: "SMART", primaryExch: "NASDAQ" };
  const contract = { ...listed, currency: "USD", localSymbol: "AAPL", tradingClass: "NMS" };
  const terms = { action: "BUY", totalQuantity: total, orderType: "LMT", lmtPrice: 190, tif: "GTC", outsideRth: false };
  const order = { ...terms, permId: 9, clientId: 7, account: "", orderRef: "", filledQuantity: undefined };
  const state = { status, warningText: "", completedTime: "", completedStatus: "" };
  store.hear({ kind: "openOrder", orderId: 3, contract, order, state });
  const tell = (word: string, sum: number | undefined) => {
    const avgFillPrice = sum && 190;
    store.hear({ kind: "orderStatus", orderId: 3, status: word, filled: sum, avgFillPrice, permId: 9, clientId: 7 });
  };
  tell(status, filled);
  const ids = { orderId: 3, permId: 9, clientId: 7, acctNumber: "", orderRef: "" };
  const fill = (execId: string, shares: number, cumQty: number, exchange = "SMART") => {
    const execution = { ...ids, execId, time: "", side: "BOT", shares, price: 190, cumQty, avgPrice: 190 };
    store.hear({ kind: "execution", reqId: -1, contract: { ...contract, exchange }, execution });
  };
  const reported = (): Order | undefined => {
    const known = store.get(9);
    return known && toOrder(known, { tradeType: "Securities", region: "US", symbol: "AAPL" }, 7);
  };
  return { fill, tell, told: () => store.get(9), reported };
}

test("what a correction takes back from an open order is taken back at the desk", () => {
  const { fill, reported } = partlyFilled(100, 0, "Submitted");
  fill("a.01.01", 60, 60);
  const before = reported();
  fill("a.01.02", 40, 40);
  const after = reported();
  expect(before !== undefined && after !== undefined && mergeOrder(before, after).order).toMatchObject({
    filledQty: 40,
    status: "PARTIALLY_FILLED",
    warning: expect.stringContaining("lowered by the vendor from 60 to 40"),
  });
});

test("also where the correction came while nobody listened", () => {
  const earlier = partlyFilled(100, 60, "Submitted");
  earlier.fill("a.01.01", 60, 60);
  const later = partlyFilled(100, 40, "Submitted");
  later.fill("a.01.02", 40, 40);
  const [before, after] = [earlier.reported(), later.reported()];
  expect(before !== undefined && after !== undefined && mergeOrder(before, after).order).toMatchObject({
    filledQty: 40,
    warning: expect.stringContaining("lowered by the vendor from 60 to 40"),
  });
});

test("a status that does not say how much is filled takes and gives none", () => {
  const { tell, told } = partlyFilled(100, 0, "PreSubmitted");
  tell("Submitted", undefined);
  expect(told()).toMatchObject({ status: "OPEN", filledQty: 0, avgPrice: 0 });
  tell("Submitted", 60);
  tell("PendingCancel", undefined);
  expect(told()).toMatchObject({ status: "PENDING_CANCEL", filledQty: 60, avgPrice: 190 });
});

test("an order for an amount of money, which names no quantity, has ended when TWS says so, and not with its first fill", () => {
  const { fill, tell, reported } = partlyFilled(0, 0, "Submitted");
  const isDone = () => {
    const order = reported();
    const { isFilled, isCompleted } = order === undefined ? {} : orderFlags(order);
    return { status: order?.status, qty: order?.qty, filledQty: order?.filledQty, isFilled, isCompleted };
  };
  fill("a.01.01", 2.5, 2.5);
  const open = { status: "PARTIALLY_FILLED", qty: 0, filledQty: 2.5, isFilled: false, isCompleted: false };
  expect(isDone()).toEqual(open);
  fill("a.02.01", 1.25, 3.75);
  tell("Filled", 3.75);
  // The word for it may overtake the numbers.
  expect(partlyFilled(0, 0, "Filled").reported()).toMatchObject({ status: "OPEN" });
  expect(isDone()).toEqual({ status: "FILLED", qty: 3.75, filledQty: 3.75, isFilled: true, isCompleted: true });
});

test("a fill does not say where its order is sent, so that a change goes where the order went", () => {
  const { fill, told } = partlyFilled(100, 0, "Submitted");
  fill("a.01.01", 60, 60, "IBEOS");
  expect(told()).toMatchObject({ filledQty: 60, contract: { exchange: "SMART" } });
});

test("what a later fill summed up before an earlier one was corrected does not count any more", () => {
  const { fill, told } = partlyFilled(200, 90, "Submitted");
  fill("a.02.01", 40, 100);
  fill("a.01.02", 50, 50);
  expect(told()).toMatchObject({ filledQty: 90, avgPrice: 190 });
});

test("a fill that is corrected takes nothing from what was filled on earlier days, of which no fill is listed", () => {
  const { fill, told } = partlyFilled(100, 50, "Submitted");
  fill("a.01.01", 10, 50);
  fill("a.01.02", 8, 48);
  expect(told()).toMatchObject({ status: "PARTIALLY_FILLED", filledQty: 48 });
  fill("a.02.01", 5, 53);
  fill("a.01.03", 9, 54);
  expect(told()).toMatchObject({ status: "PARTIALLY_FILLED", filledQty: 54 });
  fill("a.03.01", 46, 100);
  expect(told()).toMatchObject({ status: "FILLED", filledQty: 100 });
});

test("an order that was wholly filled is not open again when a fill of it is corrected", () => {
  const { fill, told } = partlyFilled(10, 10, "Filled");
  fill("a.01.01", 10, 10);
  fill("a.01.02", 8, 8);
  expect(told()).toMatchObject({ status: "FILLED", filledQty: 8 });
});

test("the average of a part that was filled on an earlier day outlives the end of its order, which TWS lists without one", () => {
  const day = partlyFilled(100, 60, "Submitted");
  day.fill("a.01.01", 60, 60);
  const store = newStore();
  const listed = { conId: 1, symbol: "AAPL", secType: "STK", exchange: "SMART", primaryExch: "NASDAQ" };
  const contract = { ...listed, currency: "USD", localSymbol: "AAPL", tradingClass: "NMS" };
  const terms = { action: "BUY", totalQuantity: 0, orderType: "LMT", lmtPrice: 190, tif: "GTC", outsideRth: false };
  const order = { ...terms, permId: 9, clientId: undefined, account: "", orderRef: "", filledQuantity: 60 };
  const state = { status: "Cancelled", warningText: "", completedTime: "", completedStatus: "Cancelled by Trader" };
  store.hear({ kind: "completedOrder", contract, order, state });
  const known = store.get(9);
  const ended = known && toOrder(known, { tradeType: "Securities", region: "US", symbol: "AAPL" }, 7);
  const before = day.reported();
  expect(before !== undefined && ended !== undefined && mergeOrder(before, ended).order).toMatchObject({
    status: "CANCELED",
    filledQty: 60,
    avgPrice: 190,
  });
});

test("an order of which only a fill was known is told as TWS describes it, not by where it was filled", () => {
  const store = newStore();
  const listed = { conId: 1, symbol: "AAPL", secType: "STK", exchange: "OVERNIGHT", primaryExch: "" };
  const contract = { ...listed, currency: "USD", localSymbol: "AAPL", tradingClass: "NMS" };
  const ids = { orderId: 3, permId: 9, clientId: 70, acctNumber: "", orderRef: "" };
  const sums = { shares: 10, price: 190, cumQty: 10, avgPrice: 190 };
  const execution = { ...ids, ...sums, execId: "a.01.01", time: "", side: "BOT" };
  store.hear({ kind: "execution", reqId: 1, contract: { ...contract, exchange: "IBEOS" }, execution });
  const terms = { action: "BUY", totalQuantity: 0, orderType: "LMT", lmtPrice: 190, tif: "DAY", outsideRth: false };
  const order = { ...terms, permId: 9, clientId: undefined, account: "", orderRef: "", filledQuantity: 10 };
  const state = { status: "Filled", warningText: "", completedTime: "", completedStatus: "Filled Size: 10" };
  store.hear({ kind: "completedOrder", contract, order, state });
  const known = store.get(9);
  expect(known && toOrder(known, { tradeType: "Securities", region: "US", symbol: "AAPL" }, 7)).toMatchObject({
    status: "FILLED",
    lifecycle: "OVERNIGHT",
  });
});

test.each([
  ["Expired", 4, { status: "CANCELED", filledQty: 4 }],
  ["Submitted", 0, { status: "CANCELED", filledQty: 0 }],
  ["Closed", 10, { status: "FILLED", filledQty: 10 }],
])("an order that is listed as completed has ended, also with the word %s for how", (status, filledQuantity, told) => {
  const store = newStore();
  const order = { ...terms, permId: 9, clientId: undefined, account: "", orderRef: "", filledQuantity };
  const state = { status, warningText: "", completedTime: "", completedStatus: "" };
  store.hear({ kind: "completedOrder", contract, order, state });
  expect(store.open()).toEqual([]);
  expect(store.get(9)).toMatchObject({ ...told, originStatus: status });
});

test("an order has changed when it was heard to, not when it was first seen, and ended when TWS says", () => {
  let at = 1_000;
  const store = newStore({ now: () => at, toTime: Number });
  const order = { ...terms, clientId: 7, account: "", orderRef: "", filledQuantity: undefined };
  const state = { status: "Submitted", warningText: "", completedTime: "500", completedStatus: "" };
  const open = (permId: number, orderId: number) =>
    store.hear({ kind: "openOrder", orderId, contract, order: { ...order, permId }, state });
  expect([open(9, 3), open(9, 3)]).toEqual([9, undefined]);
  expect(store.get(9)).toMatchObject({ createdAt: null, updatedAt: null });
  const tell = (filled: number) => {
    const told = { orderId: 3, status: "Submitted", filled, avgFillPrice: 190, permId: 9, clientId: 7 };
    store.hear({ kind: "orderStatus", ...told });
  };
  // What is filled is told behind the order, at its first sight too.
  tell(4);
  expect(store.get(9)).toMatchObject({ filledQty: 4, updatedAt: null });
  for (const time of [2_000, 3_000]) {
    at = time;
    tell(6);
    expect(store.get(9)).toMatchObject({ createdAt: null, updatedAt: 2_000 });
  }
  store.begin(5);
  open(10, 5);
  expect(store.get(10)).toMatchObject({ createdAt: 3_000, updatedAt: 3_000 });
  store.hear({ kind: "completedOrder", contract, order: { ...order, permId: 11 }, state });
  expect(store.get(11)).toMatchObject({ createdAt: null, updatedAt: 500 });
});

/** A store that is told of orders for ten AAPL, all with the number 5, by whom they were placed. */
function numbered() {
  const store = newStore();
  const order = { ...terms, account: "", orderRef: "", filledQuantity: undefined };
  const tell = (permId: number, clientId: number, status: string) => {
    const state = { status, warningText: "", completedTime: "", completedStatus: "" };
    store.hear({ kind: "openOrder", orderId: 5, contract, order: { ...order, permId, clientId }, state });
  };
  return { store, tell };
}

test.each(["Submitted", "PreSubmitted"])(
  "what was said against an order before it was %s is no reason for an end that nobody here asked for",
  (status) => {
    const { store, tell } = numbered();
    tell(1, 7, "PendingSubmit");
    store.hear({ kind: "notice", id: 5, code: 10311, text: "This order is routed directly." });
    tell(1, 7, status);
    tell(1, 7, "Cancelled");
    expect(store.get(1)).toMatchObject({ status: "CANCELED", errorReason: "" });
  },
);

test("an order of another client id that works takes nothing from what was said against ours with its number", () => {
  const { store, tell } = numbered();
  store.hear({ kind: "notice", id: 5, code: 201, text: "Order rejected - reason: no more of this" });
  tell(2, 70, "Submitted");
  tell(1, 7, "Inactive");
  expect(store.get(1)).toMatchObject({ status: "REJECTED", errorReason: expect.stringContaining("no more") });
});

test.each([
  { placer: 70, teller: 7, cancelable: false },
  { placer: 7, teller: 70, cancelable: undefined },
])(
  "an order of client id $placer stays its own where a status of it names $teller",
  ({ placer, teller, cancelable }) => {
    const { store, tell } = numbered();
    tell(1, placer, "Submitted");
    const told = { orderId: 5, status: "PendingCancel", filled: 0, avgFillPrice: 0 };
    store.hear({ kind: "orderStatus", ...told, permId: 1, clientId: teller });
    const known = store.get(1);
    const order = known && toOrder(known, { tradeType: "Securities", region: "US", symbol: "AAPL" }, 7);
    expect(order).toMatchObject({ status: "PENDING_CANCEL" });
    expect(order?.cancelable).toBe(cancelable);
    expect(store.own(5)?.permId).toBe(placer === 7 ? 1 : undefined);
  },
);

test.each([
  ["BOT", "BUY"],
  ["SLD", "SELL"],
])("an order of which only a fill %s is known is told as a %s", (side, direction) => {
  const store = newStore();
  const listed = { conId: 1, symbol: "AAPL", secType: "STK", exchange: "SMART", primaryExch: "NASDAQ" };
  const contract = { ...listed, currency: "USD", localSymbol: "AAPL", tradingClass: "NMS" };
  const ids = { execId: "a.01.01", orderId: 3, permId: 9, clientId: 70, acctNumber: "", orderRef: "", time: "" };
  const execution = { ...ids, side, shares: 10, price: 190, cumQty: 10, avgPrice: 190 };
  store.hear({ kind: "execution", reqId: 1, contract, execution });
  const known = store.get(9);
  expect(known && toOrder(known, { tradeType: "Securities", region: "US", symbol: "AAPL" }, 7)).toMatchObject({
    direction,
    status: "FILLED",
    filledQty: 10,
  });
});

test.each([0, -1])("what is told with %i for the number of Interactive Brokers is told of no order", (permId) => {
  const store = newStore();
  const order = { ...terms, permId, clientId: 7, account: "", orderRef: "", filledQuantity: 10 };
  const state = { status: "Filled", warningText: "", completedTime: "", completedStatus: "" };
  const ids = { execId: "a.01.01", orderId: 3, permId, clientId: 7, acctNumber: "", orderRef: "", time: "" };
  const execution = { ...ids, side: "BOT", shares: 10, price: 190, cumQty: 10, avgPrice: 190 };
  const told = { orderId: 3, status: "Filled", filled: 10, avgFillPrice: 190, permId, clientId: 7 };
  expect([
    store.hear({ kind: "openOrder", orderId: 3, contract, order, state }),
    store.hear({ kind: "completedOrder", contract, order, state }),
    store.hear({ kind: "execution", reqId: -1, contract, execution }),
    store.hear({ kind: "orderStatus", ...told }),
  ]).toEqual([undefined, undefined, undefined, undefined]);
  expect(store.get(permId)).toBeUndefined();
});

test("the fills of an order are added up once each, however many there are", () => {
  const store = newStore();
  const order = { ...terms, permId: 9, clientId: 7, totalQuantity: 10_000, account: "", orderRef: "" };
  const described = { ...order, filledQuantity: undefined };
  const state = { status: "Submitted", warningText: "", completedTime: "", completedStatus: "" };
  store.hear({ kind: "openOrder", orderId: 3, contract, order: described, state });
  const FILLS = 300;
  const summing = vi.spyOn(Big.prototype, "plus");
  onTestFinished(() => summing.mockRestore());
  for (let number = 1; number <= FILLS; number += 1) {
    const sums = { shares: 2, price: 190.01, cumQty: 2 * number, avgPrice: 190.01 };
    const whose = { permId: 9, orderId: 3, clientId: 7, side: "BOT", acctNumber: "", orderRef: "", time: "" };
    const execution = { ...whose, ...sums, execId: `0000e0d5.${number}.01.01`, exchange: "NASDAQ" };
    store.hear({ kind: "execution", reqId: -1, contract, execution });
  }
  expect(store.get(9)).toMatchObject({ filledQty: 2 * FILLS, avgPrice: 190.01 });
  expect(summing.mock.calls.length).toBeLessThan(20 * FILLS);
});
