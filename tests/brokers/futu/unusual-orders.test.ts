/** Orders that the simulator's exchange does not know: those that people place in the vendor's app. */
import { describe, expect, test } from "vitest";
import { decodeRequest, encodeReply, type Reply } from "../../../simulators/opend/messages.ts";
import { writeWsFrame } from "../../../simulators/opend/ws-frames.ts";
import { call, rejection, restingOrder, startBroker } from "./setup.ts";
import { STATE, serveRequests } from "./strange-opend.ts";

const HEADER = { trdEnv: 0, accID: "3450311", trdMarket: 2 };

const ORDER = {
  trdSide: 2,
  orderStatus: 5,
  orderID: "8900000000000000001",
  orderIDEx: "77",
  code: "AAPL",
  name: "Apple",
  qty: 10,
  price: 150,
  createTime: "2026-01-14 10:30:00",
  updateTime: "2026-01-14 10:30:01",
  secMarket: 2,
  trdMarket: 2,
};

/** An OpenD with one paper account that holds one order. */
function serveOrder(order: object): Promise<{ port: number; changes: number[] }> {
  return serveOrders([order]);
}

/**
 * An OpenD with one paper account that holds these. What changes it is asked for is kept in `changes`.
 *
 * @param hold What an answer to this command waits for, which says what was then.
 */
async function serveOrders(
  orderList: readonly object[],
  hold: (cmd: number) => Promise<void> | undefined = () => undefined,
): Promise<{ port: number; changes: number[] }> {
  const changes: number[] = [];
  const answers: Readonly<Record<number, Reply["s2c"]>> = {
    1: { connID: "7" },
    1002: { ...STATE, time: 1768404600 },
    2001: { accList: [{ trdEnv: 0, accID: HEADER.accID, trdMarketAuthList: [2], simAccType: 1 }] },
    2008: {},
    2201: { header: HEADER, orderList },
    2221: { header: HEADER, orderList: [] },
    2202: { header: HEADER, orderID: "0", orderIDEx: "" },
    2205: { header: HEADER, orderID: ORDER.orderID, orderIDEx: ORDER.orderIDEx },
  };
  const port = await serveRequests(({ cmd, section, peer }) => {
    if (cmd === 2205) changes.push(cmd);
    const s2c = answers[cmd];
    const reply: Reply = s2c === undefined ? { retType: -1, retMsg: `no ${cmd}` } : { retType: 0, s2c };
    const frame = writeWsFrame({ cmd, section, body: encodeReply(cmd, reply) });
    const held = hold(cmd);
    if (held === undefined) peer.send(frame);
    else void held.then(() => peer.send(frame));
  });
  return { port, changes };
}

describe("an order of a kind that has no name here", () => {
  test.each([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])(
    "type %i is not replaced: what it waits for would not be sent again",
    async (orderType) => {
      const opend = await serveOrder({ ...ORDER, orderType, auxPrice: 155 });
      const { broker } = await startBroker(opend.port);
      expect(await rejection(broker.replaceOrder("77", { qty: 8 }, call()))).toMatchObject({
        code: "NotSupported",
        outcome: "not_sent",
      });
      expect(opend.changes).toEqual([]);
    },
  );

  test("nor is one of several legs, which is no order of the share that it names", async () => {
    const legs = [{ security: { market: 11, code: "AAPL" }, side: 1, qtyRatio: 100 }];
    const opend = await serveOrder({ ...ORDER, orderType: 1, comboLegs: legs });
    const { broker } = await startBroker(opend.port);
    expect(await rejection(broker.replaceOrder("77", { qty: 8 }, call()))).toMatchObject({
      code: "NotSupported",
      outcome: "not_sent",
    });
    expect(opend.changes).toEqual([]);
    await broker.cancelOrder("77", call());
    expect(opend.changes).toHaveLength(1);
  });

  test("is canceled like any other", async () => {
    const opend = await serveOrder({ ...ORDER, orderType: 10, auxPrice: 155 });
    const { broker } = await startBroker(opend.port);
    await broker.cancelOrder("77", call());
    expect(opend.changes).toHaveLength(1);
  });
});

test("a limit order whose price OpenD does not tell is replaced with one that is said, and never with 0", async () => {
  const { price: _, ...withoutPrice } = ORDER;
  const opend = await serveOrder({ ...withoutPrice, orderType: 1 });
  const { broker } = await startBroker(opend.port);
  expect(await rejection(broker.replaceOrder("77", { qty: 8 }, call()))).toMatchObject({
    code: "InvalidRequest",
    outcome: "not_sent",
  });
  expect(opend.changes).toEqual([]);
  await broker.replaceOrder("77", { qty: 8, price: 151 }, call());
  expect(opend.changes).toHaveLength(1);
});

describe("an order that has no name here", () => {
  const TAGGED = { ...ORDER, orderType: 1, remark: `ht${"a2".repeat(12)}` };

  test.each([
    ["its side", { trdSide: 0 }],
    ["its contract", { code: "AAPL260116C200000" }],
    ["its market", { secMarket: 999 }],
    ["its id", { orderIDEx: "" }],
    ["its quantity", { qty: -10 }],
    ["its price", { price: Number.NaN }],
    ["what is filled", { fillQty: Number.POSITIVE_INFINITY }],
    ["its legs", { strategyType: 2, comboLegs: [{ security: { market: 11, code: "AAPL260116C200000" }, side: 2 }] }],
  ])("for %s hides no other, and shows the tag by which it is known to exist", async (_, odd) => {
    const opend = await serveOrders([
      { ...TAGGED, ...odd },
      { ...ORDER, orderType: 1, orderIDEx: "78" },
    ]);
    const { broker } = await startBroker(opend.port);
    for (const status of ["open", "all"] as const) {
      const { orders, unmapped } = await broker.orders({ status, fresh: true }, call());
      expect(orders).toMatchObject([{ orderId: "78" }]);
      expect(unmapped).toMatchObject([{ tag: TAGGED.remark }]);
    }
  });

  test.each([
    ["SUBMIT_FAILED", 3],
    ["FAILED", 21],
  ])("is nothing to that when it has failed without ever having had an id: %s", async (_, orderStatus) => {
    const opend = await serveOrders([{ ...TAGGED, orderIDEx: "", orderStatus }]);
    const { broker } = await startBroker(opend.port);
    const { unmapped } = await broker.orders({ status: "all", fresh: true }, call());
    expect(unmapped).toEqual([{ originSymbol: "AAPL", qty: expect.any(Number) }]);
  });

  test("is nothing to that when a gateway has not placed it", async () => {
    const opend = await serveOrders([{ ...TAGGED, trdSide: 0, remark: "mine" }]);
    const { broker } = await startBroker(opend.port);
    const { unmapped } = await broker.orders({ status: "all", fresh: true }, call());
    expect(unmapped).toEqual([{ originSymbol: "AAPL", qty: expect.any(Number) }]);
  });
});

test("a fresh list does not join an older one, which has less", async () => {
  const served: object[] = [];
  const held = new Set([2201, 2221]);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const opend = await serveOrders(served, (cmd) => {
    if (!held.delete(cmd)) return undefined;
    if (held.size === 0) asked.resolve();
    return answer.promise;
  });
  const { broker } = await startBroker(opend.port);
  const list = () => broker.orders({ status: "all", fresh: true }, call());
  const older = list();
  await asked.promise;
  served.push({ ...ORDER, orderType: 1 });
  const newer = list();
  // Behind what the newer one asks for, if it asks.
  await broker.ping(call());
  answer.resolve();
  expect((await newer).orders).toMatchObject([{ orderId: "77" }]);
  expect((await older).orders).toEqual([]);
});

test("who lists orders once a write is answered does not join a list that was asked for before it", async () => {
  const order = restingOrder();
  const served: object[] = [];
  const held = new Set([2201]);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const opend = await serveOrders(served, (cmd) => {
    if (!held.delete(cmd)) return undefined;
    asked.resolve();
    return answer.promise;
  });
  const { broker } = await startBroker(opend.port);
  const older = broker.orders({ status: "open" }, call());
  await asked.promise;
  served.push({ ...ORDER, orderType: 1, orderID: "0", orderIDEx: "78", remark: order.tag });
  expect(await broker.placeOrder(order, call())).toEqual({ orderId: "78" });
  const newer = broker.orders({ status: "open" }, call());
  // Behind what the newer one asks for, if it asks.
  await broker.ping(call());
  answer.resolve();
  expect((await newer).orders).toMatchObject([{ orderId: "78" }]);
  expect((await older).orders).toEqual([]);
});

test("an order that OpenD answers without an id is not taken for another that has none of OpenD's numbers", async () => {
  const order = restingOrder();
  const served: object[] = [{ ...ORDER, orderType: 1, orderID: "0" }];
  const opend = await serveOrders(served);
  const { broker } = await startBroker(opend.port);
  expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({ outcome: "unknown" });
  served.push({ ...ORDER, orderType: 1, orderID: "0", orderIDEx: "78", remark: order.tag });
  expect(await broker.placeOrder(order, call())).toEqual({ orderId: "78" });
});

test("an order that OpenD lists without an id is not told with an empty one", async () => {
  const order = restingOrder();
  const opend = await serveOrders([{ ...ORDER, orderType: 1, orderID: "0", orderIDEx: "", remark: order.tag }]);
  const { broker } = await startBroker(opend.port);
  expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({ outcome: "unknown" });
});

test("an order that was placed or changed from here is canceled without another question, whatever OpenD has pushed", async () => {
  const order = restingOrder();
  const asked: number[] = [];
  const served = [{ ...ORDER, orderType: 1, orderID: "0", orderIDEx: "78", remark: order.tag }];
  const opend = await serveOrders(served, (cmd) => void asked.push(cmd));
  const { broker } = await startBroker(opend.port);
  const placed = await broker.placeOrder(order, call());
  asked.length = 0;
  await broker.cancelOrder(placed.orderId, call());
  expect(asked).toEqual([2205]);
  const changed = await broker.replaceOrder(placed.orderId, { price: 151 }, call());
  expect(changed).toEqual({ orderId: "77" });
  asked.length = 0;
  await broker.cancelOrder(changed.orderId, call());
  expect(asked).toEqual([2205]);
});

test("an old order is found and listed also where OpenD has no time of the vendor's", async () => {
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 19).replace("T", " ");
  const old = { ...ORDER, orderType: 1, orderStatus: 11, createTime: yesterday, updateTime: yesterday };
  const isAsked = ({ beginTime, endTime }: Span) => beginTime <= yesterday && yesterday <= endTime;
  const port = await serveRequests(({ cmd, section, body, peer }) => {
    const span = () => (decodeRequest(2221, body) as { filterConditions: Span }).filterConditions;
    const answers: Readonly<Record<number, () => Reply["s2c"]>> = {
      1: () => ({ connID: "7" }),
      1002: () => ({ ...STATE, qotLogined: false, time: 0 }),
      2001: () => ({ accList: [{ trdEnv: 0, accID: HEADER.accID, trdMarketAuthList: [2], simAccType: 1 }] }),
      2008: () => ({}),
      2201: () => ({ header: HEADER }),
      2221: () => ({ header: HEADER, orderList: isAsked(span()) ? [old] : [] }),
    };
    const reply = { retType: 0, s2c: answers[cmd]?.() } as Reply;
    peer.send(writeWsFrame({ cmd, section, body: encodeReply(cmd, reply) }));
  });
  const { broker } = await startBroker(port);
  expect(await broker.order("77", call())).toMatchObject({ status: "FILLED" });
  expect((await broker.orders({ status: "all", fresh: true }, call())).orders).toMatchObject([{ orderId: "77" }]);
});

interface Span {
  readonly beginTime: string;
  readonly endTime: string;
}
