/** What TWS says of an order that tells less, or something else, than what becomes of it. */
import { expect, test } from "vitest";
import { RESPONSE } from "../../../simulators/tws/messages.ts";
import { errorMessage } from "../../../simulators/tws/refusal.ts";
import { openBetween } from "./between.ts";
import { call, openTws, rejection, restingOrder, startBroker, until } from "./setup.ts";

/** A message about an order with the number that IB gives it left out, as before IB has given it one. */
function withoutPermId(fields: readonly string[]): readonly string[] {
  const at = Number(fields[0]) === RESPONSE.openOrder ? 25 : Number(fields[0]) === RESPONSE.orderStatus ? 6 : -1;
  return fields.map((field, index) => (index === at ? "0" : field));
}

test("an order that TWS has, and Interactive Brokers has not numbered yet, is not one that the account lacks", async () => {
  const tws = await openTws();
  let numbered = false;
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (numbered ? fields : withoutPermId(fields)),
  );
  const { broker } = await startBroker(port, { writeTimeout: 500 });
  const order = restingOrder();
  expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({ outcome: "unknown" });
  const list = () => broker.orders({ status: "all", fresh: true }, call());
  expect(await rejection(list())).toMatchObject({ code: "BrokerFault", message: expect.stringContaining("permId") });
  numbered = true;
  expect((await list()).orders).toMatchObject([{ tag: order.tag, status: "OPEN" }]);
});

test("an order that is filled at once, and of which TWS tells the fill alone, is taken, and told as filled", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) =>
      [RESPONSE.openOrder, RESPONSE.orderStatus].some((kind) => kind === Number(fields[0])) ? undefined : fields,
  );
  const { broker, host } = await startBroker(port, { writeTimeout: 500 });
  const order = restingOrder({ orderType: "Market" });
  const { orderId } = await broker.placeOrder(order, call());
  await until(() => host.orders.length > 0);
  expect(host.orders).toMatchObject([{ orderId, tag: order.tag, status: "FILLED", qty: 10, filledQty: 10 }]);
});

test("an order is canceled by its number also where its fills are listed without one", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (Number(fields[0]) === RESPONSE.executionDetails ? fields.with(2, "2147483647") : fields),
  );
  const { broker } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.venue.fill(orderId, 4, 190);
  await broker.orders({ status: "all", fresh: true }, call());
  expect(await broker.order(orderId, call())).toMatchObject({ status: "PARTIALLY_FILLED", filledQty: 4 });
  await broker.cancelOrder(orderId, call());
  expect(tws.venue.orders()).toMatchObject([{ order: { status: "CANCELED", filledQty: 4 } }]);
});

test("a remark on an order that is not numbered yet is no refusal of it", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    ([id, number]) => (id === "3" ? errorMessage(Number(number), 10311, "This order is routed directly.") : undefined),
    withoutPermId,
  );
  const { broker } = await startBroker(port, { writeTimeout: 2_500 });
  expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "unknown" });
  expect(tws.venue.orders()).toHaveLength(1);
});

/** What client id 0 is told of an order that a person entered in TWS, in place of what it was told of client id 70's. */
async function enteredInTws(number: string, isSent = true) {
  const tws = await openTws();
  const { broker: other } = await startBroker(tws.port, { clientId: 70 });
  const { orderId } = await other.placeOrder(restingOrder(), call());
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => {
      const [clientAt, permAt] = Number(fields[0]) === RESPONSE.openOrder ? [24, 25] : [9, 6];
      if (![RESPONSE.openOrder, RESPONSE.orderStatus].some((kind) => kind === Number(fields[0]))) return fields;
      const entered = fields.with(1, number).with(clientAt, "0");
      return isSent ? entered : entered.with(permAt, "0");
    },
  );
  const { broker } = await startBroker(port, { clientId: 0 });
  return { broker, orderId };
}

test("an order that a person has prepared in TWS and not sent keeps no list of client id 0 from being whole", async () => {
  const { broker } = await enteredInTws("0", false);
  expect((await broker.orders({ status: "all", fresh: true }, call())).orders).toEqual([]);
});

test.each(["0", "-3"])(
  "client id 0 is told that an order was entered in TWS itself, with the number %s",
  async (at) => {
    const { broker, orderId } = await enteredInTws(at);
    expect((await broker.orders({ status: "all", fresh: true }, call())).orders).toMatchObject([{ cancelable: false }]);
    expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject({
      code: "NotSupported",
      outcome: "not_sent",
      message: expect.stringContaining("was entered in TWS itself"),
    });
  },
);

test.each([
  ["is one of a group that cancels the others", 19, "exits"],
  ["is to wait for a time", 29, "20270104 10:00:00 US/Eastern"],
  ["is to be filled as a whole", 51, "1"],
  ["is attached to another", 57, "4"],
  ["shows a part of itself alone", 48, "1"],
  ["is to be filled in no small parts", 52, "5"],
  ["may pay more than its limit", 28, "0.05"],
  ["goes out in parts at a price each", 81, "2"],
  ["is for an amount of money", -19, "1900"],
  ["is shared out among the accounts of a group", 31, "family"],
  ["is one of a model", 34, "growth"],
])(
  "an order that %s, of another program with the same client id, is not made a plain one by a replace",
  async (_what, at, value) => {
    const tws = await openTws();
    const sent: (readonly string[])[] = [];
    const port = await openBetween(
      tws,
      (fields) => {
        if (fields[0] === "3") sent.push(fields);
        return undefined;
      },
      (fields) => (fields[0] === "5" ? fields.with(at, value) : fields),
    );
    const { broker } = await startBroker(port);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    expect(await rejection(broker.replaceOrder(orderId, { price: 150 }, call()))).toMatchObject({
      code: "NotSupported",
      outcome: "not_sent",
    });
    expect(sent).toHaveLength(1);
    await broker.cancelOrder(orderId, call());
  },
);

test("an order that trades in the night as well, of another program with the same client id, does so after a replace", async () => {
  const tws = await openTws();
  const sent: (readonly string[])[] = [];
  const port = await openBetween(
    tws,
    (fields) => {
      if (fields[0] === "3") sent.push(fields);
      return undefined;
    },
    (fields) => (fields[0] === "5" ? fields.with(-3, "1") : fields),
  );
  const { broker } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  // The simulator's TWS takes no such order.
  await rejection(broker.replaceOrder(orderId, { price: 150 }, call()));
  expect(sent.map((fields) => fields[116])).toEqual(["", "1"]);
});

const REMARK = "This order is routed directly.";

test("an order on which TWS remarked something when it was placed is canceled later, not rejected", async () => {
  const tws = await openTws();
  const port = await openBetween(tws, ([id, number]) =>
    id === "3" ? errorMessage(Number(number), 10311, REMARK) : undefined,
  );
  const { broker, host } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  await broker.cancelOrder(orderId, call());
  expect(host.orders.at(-1)).toMatchObject({ status: "CANCELED", errorReason: "" });
});

test("an order is canceled, not rejected, also where it was canceled twice", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  await Promise.all([broker.cancelOrder(orderId, call()), broker.cancelOrder(orderId, call())]);
  await broker.ping(call());
  expect(host.orders.at(-1)).toMatchObject({ status: "CANCELED", errorReason: "" });
});

test("a refused change of an order that is inactive leaves the order as it was", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => fields.map((field) => field.replace(/^(?:Pre)?Submitted$/, "Inactive")),
  );
  const { broker, host } = await startBroker(port);
  const contract = { tradeType: "Securities", region: "HK", symbol: "00700" } as const;
  const { orderId } = await broker.placeOrder(restingOrder({ contract, qty: 100, price: 480.2 }), call());
  expect(await rejection(broker.replaceOrder(orderId, { price: 480.123 }, call()))).toMatchObject({
    outcome: "rejected",
  });
  expect(host.orders.map(({ status }) => status)).not.toContain("REJECTED");
  expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN", originStatus: "Inactive" });
});

test("the refusal of a change says nothing against the order also where a cancel of it was refused meanwhile", async () => {
  const tws = await openTws();
  let number = 0;
  let isDue = false;
  const port = await openBetween(
    tws,
    ([id, given]) => {
      if (id === "3") number = Number(given);
      if (id === "4") return errorMessage(number, 10147, "OrderId that needs to be cancelled is not found.");
      if (!isDue || id !== "61") return undefined;
      return errorMessage(number, 201, "Order rejected - reason: the price is too far away");
    },
    (fields) => fields.map((field) => field.replace(/^(?:Pre)?Submitted$/, "Inactive")),
  );
  const { broker, host } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  for (const on of ["replace", "cancel"] as const) tws.faults.arm({ kind: "stall", on });
  const changing = rejection(broker.replaceOrder(orderId, { price: 150 }, call()));
  await rejection(broker.cancelOrder(orderId, call()));
  isDue = true;
  await broker.positions(call());
  expect(await changing).toMatchObject({ outcome: "rejected" });
  expect(host.orders.map(({ status }) => status)).not.toContain("REJECTED");
});

test("the refusal of a change that comes when its outcome had become unknown says nothing against the order", async () => {
  const tws = await openTws();
  let number = 0;
  let late = false;
  const port = await openBetween(tws, ([id, given]) => {
    if (id === "3") number = Number(given);
    if (!late || id !== "49") return undefined;
    late = false;
    return errorMessage(number, 201, "Order rejected - reason: the price is too far away");
  });
  const { broker, host } = await startBroker(port, { writeTimeout: 500 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "stall", on: "replace" });
  expect(await rejection(broker.replaceOrder(orderId, { price: 150 }, call()))).toMatchObject({ outcome: "unknown" });
  late = true;
  await until(async () => (await broker.ping(call())) && !late);
  await broker.ping(call());
  tws.venue.end(orderId, "CANCELED", "");
  await until(() => host.orders.at(-1)?.originStatus === "Cancelled");
  expect(host.orders.at(-1)).toMatchObject({ status: "CANCELED", errorReason: "" });
});

test("the refusal of a change that comes once it was taken says nothing against the order that is canceled then", async () => {
  const tws = await openTws();
  let number = 0;
  let late = false;
  const port = await openBetween(tws, ([id, given]) => {
    if (id === "3") number = Number(given);
    if (!late || id !== "49") return undefined;
    late = false;
    return errorMessage(number, 201, "Order rejected - reason: the price is too far away");
  });
  const { broker, host } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  await broker.replaceOrder(orderId, { price: 150 }, call());
  late = true;
  await until(async () => (await broker.ping(call())) && !late);
  await broker.ping(call());
  await broker.cancelOrder(orderId, call());
  expect(host.orders.at(-1)).toMatchObject({ status: "CANCELED", errorReason: "" });
});

test("a change of an order that TWS is still working on is refused, and leaves the order as it was", async () => {
  const tws = await openTws();
  let sent = 0;
  const port = await openBetween(tws, ([id, number]) => {
    if (id !== "3") return undefined;
    sent += 1;
    const text = "Unable to modify this order as it is still being processed.";
    return sent === 2 ? errorMessage(Number(number), 2102, text) : undefined;
  });
  const { broker, host } = await startBroker(port, { writeTimeout: 5_000 });
  const { orderId } = await broker.placeOrder(restingOrder({ price: 190 }), call());
  tws.faults.arm({ kind: "stall", on: "replace" });
  expect(await rejection(broker.replaceOrder(orderId, { price: 150 }, call()))).toMatchObject({
    code: "OrderRejected",
    outcome: "rejected",
    message: expect.stringContaining("still being processed"),
  });
  expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN", price: 190, warning: null });
  await broker.cancelOrder(orderId, call());
  expect(host.orders.at(-1)).toMatchObject({ status: "CANCELED", errorReason: "" });
});

test.each([
  [135, "Can't find order with ID ="],
  [136, "This order cannot be cancelled."],
  [161, "Cancel attempted when order is not in a cancellable state."],
  [10147, "OrderId that needs to be cancelled is not found."],
  [10148, "OrderId that needs to be cancelled cannot be cancelled, state: PendingSubmit."],
])("the refusal of a cancel says nothing of a change that is under way: %i, %s", async (code, text) => {
  const tws = await openTws();
  const port = await openBetween(tws, ([id, number]) =>
    id === "4" ? errorMessage(Number(number), code, text) : undefined,
  );
  const { broker } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "delay", on: "replace", ms: 1_500 });
  tws.faults.arm({ kind: "stall", on: "cancel" });
  const changing = broker.replaceOrder(orderId, { price: 150 }, call());
  const canceling = rejection(broker.cancelOrder(orderId, call()));
  expect(await changing).toEqual({ orderId });
  expect(await canceling).toMatchObject({ outcome: "rejected" });
  expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN", price: 150 });
});

test("a cancel is not called thrown away where it was the change before it that came too fast", async () => {
  const tws = await openTws();
  const port = await openBetween(tws, ([id, number]) =>
    id === "4" ? errorMessage(Number(number), 100, "Max rate of messages per second has been exceeded") : undefined,
  );
  const { broker } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "stall", on: "replace" });
  const changing = rejection(broker.replaceOrder(orderId, { price: 150 }, call()));
  await broker.cancelOrder(orderId, call());
  expect(await changing).toMatchObject({ outcome: "rejected" });
  expect(await broker.order(orderId, call())).toMatchObject({ status: "CANCELED" });
});

test("a change to a size that TWS does not take is refused, and leaves the order as it was", async () => {
  const tws = await openTws();
  let sent = 0;
  const port = await openBetween(tws, ([id, number]) => {
    if (id !== "3") return undefined;
    sent += 1;
    return sent === 2 ? errorMessage(Number(number), 434, "The order size cannot be zero.") : undefined;
  });
  const { broker } = await startBroker(port, { writeTimeout: 5_000 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.venue.fill(orderId, 4, 190);
  tws.faults.arm({ kind: "stall", on: "replace" });
  expect(await rejection(broker.replaceOrder(orderId, { qty: 4 }, call()))).toMatchObject({
    code: "OrderRejected",
    outcome: "rejected",
  });
  expect(await broker.order(orderId, call())).toMatchObject({ status: "PARTIALLY_FILLED", qty: 10, filledQty: 4 });
});

/** TWS says so and so right before it tells of a new order, of which it tells no more than that it has it. */
async function takenWith(code: number, text: string, reduced?: string) {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    ([id, number]) => (id === "3" ? errorMessage(Number(number), code, text) : undefined),
    (fields) => {
      const waiting = fields.map((field) => field.replace(/^(?:Pre)?Submitted$/, "PendingSubmit"));
      return Number(fields[0]) === RESPONSE.openOrder && reduced !== undefined ? waiting.with(14, reduced) : waiting;
    },
  );
  const { broker } = await startBroker(port, { writeTimeout: 5_000 });
  return { tws, placing: broker.placeOrder(restingOrder(), call()) };
}

test.each([
  [
    131,
    "The sweep-to-fill flag and display size are only valid for US stocks routed through SMART, and will be ignored.",
  ],
  [133, "Submit new order failed."],
  [164, "There is no market data to check price percent violations."],
  [10329, "This order will be directly routed to OVERNIGHT."],
])("an order that TWS has, whatever it says of it with the number %i, is not told as refused", async (code, text) => {
  const { tws, placing } = await takenWith(code, text);
  const { orderId } = await placing;
  expect(tws.venue.orders()).toMatchObject([{ wireId: orderId }]);
});

test("an order of which TWS says something is not told as refused where its words on it cannot be read any more", async () => {
  const tws = await openTws();
  let isListing = false;
  const port = await openBetween(
    tws,
    ([id, number]) => {
      isListing ||= id === "5" && tws.venue.orders().length > 0;
      return id === "3" ? errorMessage(Number(number), 164, "There is no market data to check.") : undefined;
    },
    (fields) => {
      if (isListing && Number(fields[0]) === RESPONSE.openOrder) return fields.slice(0, 60);
      return fields.map((field) => field.replace(/^(?:Pre)?Submitted$/, "PendingSubmit"));
    },
  );
  const { broker } = await startBroker(port, { writeTimeout: 2_500 });
  expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "unknown" });
  expect(tws.venue.orders()).toMatchObject([{ order: { status: "OPEN" } }]);
});

test("an order that TWS has, though it says that it is told too much, is not told as not sent", async () => {
  const { tws, placing } = await takenWith(100, "Max rate of messages per second has been exceeded");
  const { orderId } = await placing;
  expect(tws.venue.orders()).toMatchObject([{ wireId: orderId }]);
});

test.each([
  [1100, true, "Connectivity between IBKR and TWS has been lost."],
  [1100, false, "Connectivity between IBKR and TWS has been lost."],
  [504, true, "Not connected"],
  [504, false, "Not connected"],
])(
  "an order of which TWS says with %i that its link is lost is not told as not sent, TWS tells of it: %s",
  async (code, isTold, text) => {
    const tws = await openTws();
    const port = await openBetween(tws, ([id, number]) =>
      id === "3" ? errorMessage(Number(number), code, text) : undefined,
    );
    const { broker } = await startBroker(port, { writeTimeout: 500 });
    if (!isTold) tws.faults.arm({ kind: "stall", on: "place" });
    const placing = broker.placeOrder(restingOrder(), call());
    if (isTold) expect(await placing).toEqual({ orderId: tws.venue.orders()[0]?.wireId });
    else expect(await rejection(placing)).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown" });
  },
);

test("an order that TWS keeps while its link is lost, and sends on when that is back, is found then", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (fields[3] === "1100" ? undefined : fields),
  );
  const { broker, host } = await startBroker(port, { writeTimeout: 500 });
  await broker.placeOrder(restingOrder(), call());
  tws.setLoggedIn(false);
  const order = restingOrder();
  expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({ outcome: "unknown" });
  tws.setLoggedIn(true);
  await until(() => host.orders.some(({ tag, status }) => tag === order.tag && status === "OPEN"));
});

test("a cancel of which TWS says that its link is lost is unknown at once, and can be tried again when that is back", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (fields[3] === "1100" ? undefined : fields),
  );
  const { broker, host } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.setLoggedIn(false);
  expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject({
    outcome: "unknown",
    message: expect.stringContaining("Not connected"),
  });
  expect(tws.venue.orders()).toMatchObject([{ order: { status: "OPEN" } }]);
  tws.setLoggedIn(true);
  await broker.cancelOrder(orderId, call());
  expect(host.orders.at(-1)).toMatchObject({ status: "CANCELED", errorReason: "" });
});

test("a change of which TWS says that its link is lost may be made yet, and leaves the order as it was", async () => {
  const tws = await openTws();
  let sent = 0;
  const port = await openBetween(tws, ([id, number]) => {
    sent += id === "3" ? 1 : 0;
    return id === "3" && sent === 2 ? errorMessage(Number(number), 504, "Not connected") : undefined;
  });
  const { broker, host } = await startBroker(port, { writeTimeout: 500 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "stall", on: "replace" });
  expect(await rejection(broker.replaceOrder(orderId, { price: 150 }, call()))).toMatchObject({ outcome: "unknown" });
  tws.venue.end(orderId, "CANCELED", "");
  await until(() => host.orders.at(-1)?.status === "CANCELED");
  expect(host.orders.at(-1)).toMatchObject({ errorReason: "" });
});

test("a new order whose size TWS has reduced is taken, and not told as refused", async () => {
  const { tws, placing } = await takenWith(481, "Order size reduced.", "4");
  const { orderId } = await placing;
  expect(tws.venue.orders()).toMatchObject([{ wireId: orderId }]);
});

test("a change of an order that is canceled meanwhile is told as one of an order that has ended", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "stall", on: "replace" });
  const changing = rejection(broker.replaceOrder(orderId, { price: 150 }, call()));
  await until(async () => (await broker.ping(call())) && tws.faults.armed() === 0);
  tws.venue.end(orderId, "CANCELED", "");
  expect(await changing).toMatchObject({ code: "OrderNotOpen", outcome: "rejected" });
});

test("an order whose change was there after all, late, can be refused as others are", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port, { writeTimeout: 500 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "delay", on: "replace", ms: 1_000 });
  expect(await rejection(broker.replaceOrder(orderId, { price: 150 }, call()))).toMatchObject({ outcome: "unknown" });
  await until(async () => (await broker.order(orderId, call())).price === 150);
  tws.venue.end(orderId, "REJECTED", "the exchange takes no more of these");
  await until(() => host.orders.at(-1)?.originStatus === "Inactive");
  await broker.ping(call());
  expect(host.orders.at(-1)).toMatchObject({ status: "REJECTED", errorReason: expect.stringContaining("no more") });
});

test("a refusal whose text warns of something is a refusal all the same", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.venue.end(orderId, "REJECTED", "Warning: the exchange takes no more of these");
  await until(() => host.orders.at(-1)?.originStatus === "Inactive");
  expect(host.orders.at(-1)).toMatchObject({ status: "REJECTED", errorReason: expect.stringContaining("no more") });
});

test("an order of which a part was filled before it was canceled was taken, whatever else was told of it", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (fields.some((field) => /^(?:Pre)?Submitted$/.test(field)) ? undefined : fields),
  );
  const { broker } = await startBroker(port);
  const placing = broker.placeOrder(restingOrder(), call());
  await until(() => tws.venue.orders().length === 1);
  const [{ wireId } = { wireId: "" }] = tws.venue.orders();
  tws.venue.fill(wireId, 4, 189.5);
  tws.venue.end(wireId, "CANCELED", "");
  expect(await placing).toEqual({ orderId: wireId });
  expect(await broker.order(wireId, call())).toMatchObject({ status: "CANCELED", filledQty: 4 });
});

test.each([
  ["a remark", 10311, REMARK],
  ["the refusal of an earlier change", 201, "Order rejected - reason: the price is too far away"],
])("%s that comes while an order is canceled is no refusal of the cancel", async (_, code, text) => {
  const tws = await openTws();
  const port = await openBetween(tws, ([id, number]) =>
    id === "4" ? errorMessage(Number(number), code, text) : undefined,
  );
  const { broker } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  await broker.cancelOrder(orderId, call());
  expect(await broker.order(orderId, call())).toMatchObject({ status: "CANCELED" });
});

test.each([
  [10147, "OrderId that needs to be cancelled is not found."],
  [161, "Cancel attempted when order is not in a cancellable state."],
])("a cancel that TWS has taken is one that was taken, also where TWS says first, with %i: %s", async (code, text) => {
  const tws = await openTws();
  const port = await openBetween(tws, ([id, number]) =>
    id === "4" ? errorMessage(Number(number), code, text) : undefined,
  );
  const { broker } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  await broker.cancelOrder(orderId, call());
  expect(await broker.order(orderId, call())).toMatchObject({ status: "CANCELED", errorReason: "" });
});

test("what TWS warns of when an order is changed stays with the order", async () => {
  const tws = await openTws();
  let sent = 0;
  const port = await openBetween(tws, ([id, number]) => {
    if (id !== "3") return undefined;
    sent += 1;
    return sent === 2 ? errorMessage(Number(number), 399, "Order Message: it waits until tomorrow") : undefined;
  });
  const { broker } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  await broker.replaceOrder(orderId, { price: 189 }, call());
  const warning = expect.stringContaining("it waits until tomorrow");
  expect(await broker.order(orderId, call())).toMatchObject({ price: 189, warning });
});

test.each([
  ["an order that ended", RESPONSE.completedOrder, 23],
  ["a fill", RESPONSE.executionDetails, 21],
])("%s without a number of IB's keeps no list from being whole", async (_, kind, at) => {
  const tws = await openTws();
  const { broker: other } = await startBroker(tws.port, { clientId: 70 });
  const { orderId } = await other.placeOrder(restingOrder(), call());
  tws.venue.fill(orderId, 10, 190);
  await until(async () => (await other.order(orderId, call())).status === "FILLED");
  const without = (fields: readonly string[]) => fields.map((field, index) => (index === at ? "0" : field));
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (Number(fields[0]) === kind ? without(fields) : fields),
  );
  const { broker } = await startBroker(port);
  const order = restingOrder();
  await broker.placeOrder(order, call());
  const { orders } = await broker.orders({ status: "all", fresh: true }, call());
  expect(orders.filter(({ tag }) => tag === order.tag)).toHaveLength(1);
});

test("a list of which TWS's words on an order could not be read proves nothing of what it lacks", async () => {
  const tws = await openTws();
  let cut = false;
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (cut && Number(fields[0]) === RESPONSE.openOrder ? fields.slice(0, 60) : fields),
  );
  const { broker } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  cut = true;
  const list = () => broker.orders({ status: "all", fresh: true }, call());
  const open = () => broker.orders({ status: "open", fresh: true }, call());
  expect(await rejection(list())).toMatchObject({ code: "BrokerFault", message: expect.stringContaining("read") });
  expect(await open()).toMatchObject({ orders: [], isWhole: false });
  expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN" });
  cut = false;
  expect((await list()).orders).toMatchObject([{ orderId }]);
  expect(await open()).toMatchObject({ orders: [{ orderId }], isWhole: true });
});

test.each([true, false])(
  "a list has what was placed before it was asked for, though an older one is still being read, fresh: %s",
  async (fresh) => {
    const tws = await openTws();
    let reading = false;
    const older = Promise.withResolvers<void>();
    const port = await openBetween(
      tws,
      () => undefined,
      (fields) => {
        if (!reading || Number(fields[0]) !== RESPONSE.openOrderEnd) return fields;
        reading = false;
        // What has ended takes longer to list.
        tws.faults.arm({ kind: "delay", on: "read", ms: 1_000 });
        older.resolve();
        return fields;
      },
    );
    const { broker } = await startBroker(port);
    const first = await broker.placeOrder(restingOrder(), call());
    reading = true;
    const listed = broker.orders({ status: "all" }, call());
    await older.promise;
    const second = await broker.placeOrder(restingOrder(), call());
    const { orders } = await broker.orders({ status: "all", fresh }, call());
    expect(orders.map(({ orderId }) => orderId).sort()).toEqual([first.orderId, second.orderId]);
    await listed;
  },
);

test.each([
  ["its side", 13, "EXCH"],
  ["its kind", 4, "WAR"],
])(
  "an order of a gateway that has no name here for %s shows the tag by which it is known to exist",
  async (_, at, word) => {
    const tws = await openTws();
    const { broker: before } = await startBroker(tws.port, { clientId: 70 });
    const order = restingOrder();
    await before.placeOrder(order, call());
    const port = await openBetween(
      tws,
      () => undefined,
      (fields) => (Number(fields[0]) === RESPONSE.openOrder ? fields.with(at, word) : fields),
    );
    const { broker } = await startBroker(port);
    expect(await broker.orders({ status: "all", fresh: true }, call())).toMatchObject({
      orders: [],
      unmapped: [{ tag: order.tag }],
    });
  },
);

test("an order of which fills alone could be read is not told as one that was filled and has ended", async () => {
  const tws = await openTws();
  const { broker: before } = await startBroker(tws.port, { clientId: 70 });
  const { orderId } = await before.placeOrder(restingOrder(), call());
  tws.venue.fill(orderId, 4, 189.5);
  let cut = true;
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (cut && Number(fields[0]) === RESPONSE.openOrder ? fields.slice(0, 60) : fields),
  );
  const { broker } = await startBroker(port);
  const told = (await broker.orders({ status: "all" }, call())).orders.map(({ status }) => status);
  expect(told).not.toContain("FILLED");
  expect(await rejection(broker.order(orderId, call()))).toMatchObject({ code: "BrokerFault" });
  cut = false;
  expect(await broker.order(orderId, call())).toMatchObject({ status: "PARTIALLY_FILLED", qty: 10, filledQty: 4 });
});

test("an order that is filled while its cancel is under way is told as one that has ended, and not as canceled", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "stall", on: "cancel" });
  const canceling = rejection(broker.cancelOrder(orderId, call()));
  await until(async () => (await broker.ping(call())) && tws.faults.armed() === 0);
  tws.venue.fill(orderId, 10, 190);
  expect(await canceling).toMatchObject({ code: "OrderNotOpen", outcome: "rejected" });
});

test("a fill of a part while an order's cancel is under way does not say that it is canceled", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port, { writeTimeout: 1_500 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "stall", on: "cancel" });
  const canceling = rejection(broker.cancelOrder(orderId, call()));
  await until(async () => (await broker.ping(call())) && tws.faults.armed() === 0);
  tws.venue.fill(orderId, 4, 190);
  expect(await canceling).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown" });
});

test("a cancel that TWS has taken and that is not carried out yet, as while the exchange is closed, is answered", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (fields.some((field) => /^(?:Cancelled|202)$/.test(field)) ? undefined : fields),
  );
  const { broker } = await startBroker(port, { writeTimeout: 5_000 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  await broker.cancelOrder(orderId, call());
  expect(await broker.order(orderId, call())).toMatchObject({ status: "PENDING_CANCEL" });
});

test.each([
  ["open orders", "16", RESPONSE.openOrderEnd],
  ["orders that ended", "99", RESPONSE.completedOrderEnd],
  ["positions", "61", RESPONSE.positionEnd],
])("the late end of a list of %s that was given up is not taken for that of the next one", async (_, request, end) => {
  const tws = await openTws();
  let late = false;
  let held: readonly string[] | undefined;
  const port = await openBetween(
    tws,
    ([id]) => {
      if (!late || id !== request) return undefined;
      late = held === undefined;
      return held;
    },
    (fields) => {
      if (!late || held !== undefined || Number(fields[0]) !== end) return fields;
      held = fields;
      return undefined;
    },
  );
  const { broker } = await startBroker(port, { timeout: 300 });
  const list = async () => ({
    ...(await broker.orders({ status: "all", fresh: true }, call())),
    ...(await broker.positions(call())),
  });
  late = true;
  expect(await rejection(list())).toMatchObject({ code: "Timeout" });
  const open = await broker.placeOrder(restingOrder(), call());
  const ended = await broker.placeOrder(restingOrder(), call());
  await broker.cancelOrder(ended.orderId, call());
  const { orders, positions } = await list();
  expect(orders.map(({ orderId }) => orderId).sort()).toEqual([open.orderId, ended.orderId].sort());
  expect(positions).not.toEqual([]);
});

test("what is told of other orders answers neither the cancel of an order nor its change", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port, { writeTimeout: 1_500 });
  const place = () => broker.placeOrder(restingOrder(), call());
  const [canceled, changed, other, filled] = [await place(), await place(), await place(), await place()];
  for (const on of ["cancel", "replace"] as const) tws.faults.arm({ kind: "stall", on });
  const ends = [
    rejection(broker.cancelOrder(canceled.orderId, call())),
    rejection(broker.replaceOrder(changed.orderId, { price: 150 }, call())),
  ];
  await until(async () => (await broker.ping(call())) && tws.faults.armed() === 0);
  tws.venue.fill(filled.orderId, 10, 190);
  await broker.replaceOrder(other.orderId, { price: 150 }, call());
  await broker.cancelOrder(other.orderId, call());
  for (const end of await Promise.all(ends)) expect(end).toMatchObject({ outcome: "unknown" });
});

test("an order that is on its way does not get the id of another that is filled meanwhile", async () => {
  const tws = await openTws();
  let slow = false;
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (slow ? fields.map((field) => field.replace(/^(?:Pre)?Submitted$/, "PendingSubmit")) : fields),
  );
  const { broker } = await startBroker(port);
  const other = await broker.placeOrder(restingOrder(), call());
  slow = true;
  const order = restingOrder();
  const placing = broker.placeOrder(order, call());
  await until(async () => (await broker.ping(call())) && tws.venue.orders().length === 2);
  await broker.positions(call());
  tws.venue.fill(other.orderId, 4, 190);
  const { orderId } = await placing;
  expect(await broker.order(orderId, call())).toMatchObject({ tag: order.tag, filledQty: 0 });
});

test.each([
  ["English", undefined],
  ["another language", "L'ordre ne peut pas \\u00eatre annul\\u00e9, \\u00e9tat: Annulation en cours."],
])("a second cancel of an order that is being canceled is one that was taken, with a TWS in %s", async (_, text) => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (text !== undefined && fields[3] === "10148" ? fields.with(4, text) : fields),
  );
  const { broker, host } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  const letThrough = tws.holdCancels();
  await broker.cancelOrder(orderId, call());
  expect(await broker.order(orderId, call())).toMatchObject({ status: "PENDING_CANCEL" });
  await broker.cancelOrder(orderId, call());
  tws.venue.fill(orderId, 4, 190);
  await until(() => host.orders.at(-1)?.filledQty === 4);
  await broker.close();
  // Another program of this client id hears of it from the list.
  const { broker: again, host: later } = await startBroker(port);
  expect(await again.order(orderId, call())).toMatchObject({ status: "PENDING_CANCEL", filledQty: 4 });
  await again.cancelOrder(orderId, call());
  letThrough();
  await until(() => later.orders.at(-1)?.status === "CANCELED");
  expect(await again.order(orderId, call())).toMatchObject({ status: "CANCELED", qty: 10, filledQty: 4 });
});

/** TWS has made a second order of a change while its link was down: what it says of the number is of that one alone. */
async function twoOfOneNumber(now?: number) {
  const tws = await openTws(now === undefined ? {} : { now });
  const second = "1900000001";
  let sent = 0;
  const port = await openBetween(
    tws,
    ([id]) => {
      if (id === "3") sent += 1;
      return undefined;
    },
    (fields) => {
      const at = Number(fields[0]) === RESPONSE.openOrder ? 25 : Number(fields[0]) === RESPONSE.orderStatus ? 6 : -1;
      return sent > 1 && at > 0 ? fields.with(at, second) : fields;
    },
  );
  const { broker } = await startBroker(port, { writeTimeout: 1_500 });
  const order = restingOrder();
  const { orderId } = await broker.placeOrder(order, call());
  const changing = rejection(broker.replaceOrder(orderId, { price: 150 }, call()));
  return { broker, tag: order.tag, orderId, second, changing };
}

test("a change of which TWS makes a second order is not told as one of the first", async () => {
  const { broker, tag, orderId, second, changing } = await twoOfOneNumber();
  expect(await changing).toMatchObject({ outcome: "unknown" });
  expect(await broker.order(orderId, call())).toMatchObject({ price: 190, status: "OPEN", tag });
  expect(await broker.order(second, call())).toMatchObject({ price: 150, status: "OPEN", tag });
});

test("before the session, the change is under way at the order that it was for, and not at the second one", async () => {
  const { broker, orderId, second, changing } = await twoOfOneNumber(Date.UTC(2026, 10, 25, 4, 55));
  expect(await changing).toMatchObject({ outcome: "unknown" });
  expect(await broker.order(second, call())).toMatchObject({ price: 150, status: "OPEN" });
  expect(await broker.order(orderId, call())).toMatchObject({ price: 190, status: "PENDING_REPLACE" });
});

test("the end of a second order with an order's number is not told as that of the first", async () => {
  const { broker, orderId, second, changing } = await twoOfOneNumber();
  await changing;
  expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject({ outcome: "unknown" });
  expect(await broker.order(second, call())).toMatchObject({ status: "CANCELED" });
});

test("no order is changed whose number another has too: TWS could take the change for one of the other", async () => {
  const { broker, orderId, second, changing } = await twoOfOneNumber();
  await changing;
  for (const each of [orderId, second]) {
    expect(await rejection(broker.replaceOrder(each, { price: 140, qty: 10 }, call()))).toMatchObject({
      code: "NotSupported",
      outcome: "not_sent",
    });
  }
  expect((await broker.order(second, call())).price).toBe(150);
});
