/** Every route of the control port, and what it refuses. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenD, startOpenD } from "../../simulators/opend/server.ts";
import { tcpConnect } from "./tcp-client.ts";

const US = { trdEnv: 0, accID: "3450311", trdMarket: 2 };
const ORDER = {
  tradeType: "Securities",
  region: "US",
  symbol: "AAPL",
  direction: "BUY",
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  qty: 10,
  price: 190.5,
};

let opend: OpenD;

beforeEach(async () => {
  opend = await startOpenD({ limits: false });
});

afterEach(() => opend.close());

interface ControlAnswer {
  readonly status: number;
  readonly json: unknown;
}

async function ask(method: string, path: string, body?: unknown): Promise<ControlAnswer> {
  const response = await fetch(`http://127.0.0.1:${opend.controlPort}${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
}

async function placedElsewhere(change: object = {}): Promise<string> {
  const { json } = await ask("POST", "/orders", { ...ORDER, ...change });
  return String(Reflect.get(Object(json), "orderId"));
}

test("GET /orders: the ledger, one row an order, exactly so", async () => {
  expect(await ask("GET", "/orders")).toEqual({ status: 200, json: [] });
  const client = await tcpConnect(opend.tcpPort);
  const placed = await client.place(US, {
    trdSide: 1,
    orderType: 1,
    code: "AAPL",
    qty: 10,
    price: 190.5,
    remark: "htx",
  });
  const orderIDEx = String(placed.s2c["orderIDEx"]);
  await client.modify(US, { orderID: 0, orderIDEx, modifyOrderOp: 1, qty: 12, price: 191 });
  await client.place(US, { trdSide: 2, orderType: 2, code: "QQQ", qty: 1 });
  expect(await ask("GET", "/orders")).toEqual({
    status: 200,
    json: [
      {
        orderId: orderIDEx,
        tag: "htx",
        region: "US",
        symbol: "AAPL",
        direction: "BUY",
        qty: 12,
        price: 191,
        orderType: "Limit",
        status: "OPEN",
        filledQty: 0,
      },
      {
        orderId: expect.any(String),
        tag: null,
        region: "US",
        symbol: "QQQ",
        direction: "SELL",
        qty: 1,
        price: null,
        orderType: "Market",
        status: "FILLED",
        filledQty: 1,
      },
    ],
  });
  client.close();
});

test("GET /connections counts both wires", async () => {
  const client = await tcpConnect(opend.tcpPort);
  expect((await ask("GET", "/connections")).json).toEqual({ open: 1, total: 1 });
  client.close();
  await expect.poll(async () => (await ask("GET", "/connections")).json).toEqual({ open: 0, total: 1 });
});

test("POST and DELETE /faults", async () => {
  const client = await tcpConnect(opend.tcpPort);
  const state = () => client.request("GetGlobalState", { userID: 0 });
  expect((await ask("POST", "/faults", { kind: "refuse", on: "read", count: 3, ms: 5 })).status).toBe(200);
  expect((await state()).retType).toBe(-1);
  expect((await ask("DELETE", "/faults")).status).toBe(200);
  expect((await state()).retType).toBe(0);
  expect((await ask("POST", "/faults", { kind: "restart", ms: 0 })).status).toBe(200);
  await client.closed;
});

test("POST /quotes fills what crosses and lists what was not listed", async () => {
  const orderId = await placedElsewhere();
  await ask("POST", "/quotes", { region: "US", symbol: "AAPL", price: 190 });
  expect(opend.venue.find(orderId)?.order).toMatchObject({ status: "FILLED", avgPrice: 190 });
  expect((await ask("POST", "/quotes", { region: "HK", symbol: "5", price: 60, suspended: true })).json).toEqual({
    region: "HK",
    symbol: "00005",
    price: 60,
  });
  const contract = { tradeType: "Securities", region: "HK", symbol: "00005" } as const;
  expect(opend.venue.quote(contract)?.latest).toBe(60);
  expect(opend.venue.isSuspended(contract)).toBe(true);
});

test("POST /quotes with a price that is none halts nothing", async () => {
  const quote = { region: "US", symbol: "AAPL", price: 1e300, suspended: true };
  expect(await ask("POST", "/quotes", quote)).toMatchObject({ status: 400 });
  expect(opend.venue.isSuspended({ tradeType: "Securities", region: "US", symbol: "AAPL" })).toBe(false);
});

test("POST /fills fills a part", async () => {
  const orderId = await placedElsewhere();
  expect((await ask("POST", "/fills", { orderId, qty: 4, price: 190.1 })).json).toMatchObject({
    status: "PARTIALLY_FILLED",
    filledQty: 4,
  });
  expect((await ask("POST", "/fills", { orderId, qty: 7, price: 190.1 })).status).toBe(400);
  expect((await ask("POST", "/fills", { orderId: "no such", qty: 1, price: 1 })).status).toBe(404);
});

test("POST /orders: placed elsewhere, so without a tag, in the book that is named", async () => {
  const client = await tcpConnect(opend.tcpPort);
  await client.request("Trd_SubAccPush", { accIDList: [US.accID] });
  const orderId = await placedElsewhere();
  await expect.poll(() => client.pushes).toHaveLength(1);
  expect(opend.venue.find(orderId)).toMatchObject({ book: "SIMULATE", order: { tag: null } });
  expect(opend.venue.find(await placedElsewhere({ book: "REAL" }))?.book).toBe("REAL");
  expect((await ask("POST", "/orders", { ...ORDER, book: "NONE" })).status).toBe(400);
  expect((await ask("POST", "/orders", { ...ORDER, symbol: "ZZZZ" })).status).toBe(400);
  client.close();
});

test.each(["CANCELED", "EXPIRED", "REJECTED"])("POST /orders/{orderId}/end as %s", async (status) => {
  const orderId = await placedElsewhere();
  const ended = await ask("POST", `/orders/${orderId}/end`, { status, reason: "the exchange said so" });
  expect(ended).toMatchObject({ status: 200, json: { orderId, status } });
  expect((await ask("POST", `/orders/${orderId}/end`, { status, reason: "" })).status).toBe(400);
  expect((await ask("POST", "/orders/nothing/end", { status, reason: "" })).status).toBe(404);
});

test("GET /cash: by book what there is in each currency, and all of it in each", async () => {
  const orderId = await placedElsewhere({ region: "HK", symbol: "00700", qty: 100, price: 400 });
  await ask("POST", "/fills", { orderId, qty: 100, price: 400 });
  const { json } = await ask("GET", "/cash");
  const { SIMULATE, REAL } = Object(json);
  expect(SIMULATE).toMatchObject({ balances: { USD: 1_000_000, HKD: -40_000 }, totals: { USD: 994_880 } });
  expect(REAL).toMatchObject({ balances: { USD: 1_000_000 }, totals: { USD: 1_000_000, HKD: 7_812_500 } });
});

test.each([
  ["cancel", { modifyOrderOp: 2 }, "PENDING_CANCEL", { status: "CANCELED", qty: 10 }],
  ["replace", { modifyOrderOp: 1, qty: 12, price: 191 }, "PENDING_REPLACE", { status: "PARTIALLY_FILLED", qty: 12 }],
])("POST /holds takes a %s and carries it out once it is let through", async (on, change, waiting, made) => {
  const client = await tcpConnect(opend.tcpPort);
  const orderIDEx = await placedElsewhere();
  expect(await ask("POST", "/holds", { on, held: true })).toEqual({ status: 200, json: { on, held: true } });
  await client.modify(US, { orderID: 0, orderIDEx, ...change });
  await ask("POST", "/fills", { orderId: orderIDEx, qty: 3, price: 190.5 });
  expect((await ask("GET", "/orders")).json).toMatchObject([{ status: waiting, qty: 10, filledQty: 3 }]);
  await ask("POST", "/holds", { on, held: false });
  expect((await ask("GET", "/orders")).json).toMatchObject([{ ...made, filledQty: 3 }]);
});

test("POST /holds makes no change that comes too late", async () => {
  const client = await tcpConnect(opend.tcpPort);
  const orderIDEx = await placedElsewhere();
  await ask("POST", "/holds", { on: "replace", held: true });
  await client.modify(US, { orderID: 0, orderIDEx, modifyOrderOp: 1, qty: 12, price: 191 });
  await ask("POST", "/fills", { orderId: orderIDEx, qty: 10, price: 190.5 });
  expect(await ask("POST", "/holds", { on: "replace", held: false })).toMatchObject({ status: 200 });
  expect((await ask("GET", "/orders")).json).toMatchObject([{ status: "FILLED", qty: 10, price: 190.5 }]);
});

test("POST /session", async () => {
  const client = await tcpConnect(opend.tcpPort);
  await ask("POST", "/session", { brokerLogin: false });
  expect((await client.request("GetGlobalState", { userID: 0 })).s2c).toMatchObject({ trdLogined: false });
  await ask("POST", "/session", { brokerLogin: true });
  expect((await client.request("GetGlobalState", { userID: 0 })).s2c).toMatchObject({ trdLogined: true });
  client.close();
});

test("POST /clock takes milliseconds and ISO times and ends day orders on the way", async () => {
  const orderId = await placedElsewhere();
  const saturday = "2030-06-01T12:00:00.000Z";
  expect((await ask("POST", "/clock", { now: saturday })).status).toBe(200);
  expect(opend.venue.find(orderId)?.order.status).toBe("EXPIRED");
  expect(opend.venue.marketStatus("US").unifiedStatus).toBe("CLOSED");
  await ask("POST", "/clock", { now: Date.UTC(2030, 5, 3, 15) });
  expect(opend.venue.marketStatus("US").unifiedStatus).toBe("RTH");
});

describe("wrong input", () => {
  test.each([
    ["POST", "/faults", { kind: "explode" }, 400, "kind"],
    ["POST", "/faults", { kind: "drop", on: "lunch" }, 400, "on"],
    ["POST", "/faults", { kind: "lose-answer", on: "push" }, 400, "lose-answer"],
    ["POST", "/faults", { kind: "drop", count: 0 }, 400, "count"],
    ["POST", "/faults", { kind: "drop", time: 1 }, 400, "time"],
    ["POST", "/faults", { kind: "delay", ms: 3_000_000_000 }, 400, "ms"],
    ["POST", "/faults", "{", 400, "JSON"],
    ["POST", "/faults", [], 400, "kind"],
    ["POST", "/quotes", { region: "US", symbol: "AAPL", price: -1 }, 400, "price"],
    ["POST", "/quotes", { region: "US", price: 1 }, 400, "symbol"],
    ["POST", "/fills", { orderId: "1", qty: 0, price: 1 }, 400, "qty"],
    ["POST", "/orders", { ...ORDER, direction: "HOLD" }, 400, "direction"],
    ["POST", "/orders", { ...ORDER, qty: 1.5 }, 400, "1.5"],
    ["POST", "/orders/1/end", { status: "FILLED" }, 400, "status"],
    ["POST", "/session", { brokerLogin: "no" }, 400, "brokerLogin"],
    ["POST", "/clock", { now: "tomorrow" }, 400, "now"],
    ["POST", "/clock", { now: "2030-06-01T12:00:00+08" }, 400, "now"],
    ["POST", "/clock", { now: 9e15 }, 400, "now"],
    ["GET", "/nothing", undefined, 404, "/nothing"],
    ["PUT", "/orders", {}, 404, "PUT"],
    ["POST", "/orders/%zz/end", {}, 400, ""],
  ])("%s %s %j → %i", async (method, path, body, status, text) => {
    const before = opend.venue.now();
    const answer = await ask(method, path, body);
    expect(opend.venue.now() - before).toBeLessThan(60_000);
    expect(answer).toMatchObject({ status, json: { error: expect.stringContaining(text) } });
    expect(opend.venue.orders()).toEqual([]);
  });

  test("a body of more than 64 KiB", async () => {
    expect((await ask("POST", "/faults", `"${"x".repeat(70_000)}"`)).status).toBe(400);
  });
});
