/** Every kind of fault of the TWS simulator, seen from a client, with the ledger as the judge; and its control port. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTws, type Tws } from "../../simulators/tws/server.ts";
import { type RawClient, rawConnect, rawOrder, rawSession } from "./tws-raw.ts";

/** 10:00 in New York on a trading day. */
const NOW = Date.UTC(2026, 10, 24, 15);
const RANGE = "v157..178";

let tws: Tws;
let client: RawClient;

beforeEach(async () => {
  tws = await startTws({ now: NOW, limits: false });
  client = await rawSession(tws.port, RANGE, 7);
});

afterEach(async () => {
  client.close();
  await tws.close();
});

const accepted = (): number => tws.venue.orders().length;
const ids = () => client.messages().map(([id]) => id);
const statuses = () => client.messages().flatMap(([id, , status]) => (id === "3" ? [status] : []));
const errors = () =>
  client.messages().flatMap((each) => (each[0] === "4" && Number(each[3]) < 2000 ? [each.slice(2, 4)] : []));
const time = async (of: RawClient = client): Promise<void> => {
  const count = () => of.messages().filter(([id]) => id === "49").length;
  const before = count();
  of.send(49, 1);
  await expect.poll(count, { interval: 5 }).toBe(before + 1);
};

/** A new session as soon as the port is open again. */
async function reconnected(): Promise<RawClient> {
  for (;;) {
    try {
      return await rawSession(tws.port, RANGE, 7);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

describe("on a place", () => {
  test("drop: closed, nothing accepted", async () => {
    tws.faults.arm({ kind: "drop", on: "place" });
    await time();
    client.send(...rawOrder(1));
    await client.closed;
    expect(accepted()).toBe(0);
  });

  test("stall: never answered nor accepted; the next one is", async () => {
    tws.faults.arm({ kind: "stall", on: "place" });
    client.send(...rawOrder(1));
    client.send(...rawOrder(2));
    await time();
    expect(tws.venue.orders().length).toBe(1);
    expect(
      client
        .messages()
        .filter(([id]) => id === "3")
        .map((each) => each[1]),
    ).toEqual(["2", "2"]);
  });

  test("delay: taken up later than what came after it", async () => {
    tws.faults.arm({ kind: "delay", on: "place", ms: 100 });
    client.send(...rawOrder(1));
    await time();
    expect(accepted()).toBe(0);
    await client.until(3);
    expect(accepted()).toBe(1);
  });

  test("refuse and rate-limit: 321 and 100 for that order, nothing accepted", async () => {
    tws.faults.arm({ kind: "refuse", on: "place" });
    tws.faults.arm({ kind: "rate-limit", on: "place" });
    client.send(...rawOrder(1));
    client.send(...rawOrder(2));
    await time();
    expect(errors()).toEqual([
      ["1", "321"],
      ["2", "100"],
    ]);
    expect(accepted()).toBe(0);
  });

  test("lose-answer: accepted, then closed; not even its fill gets through", async () => {
    tws.faults.arm({ kind: "lose-answer", on: "place" });
    client.send(...rawOrder(1, { 18: "MKT", 19: "" }));
    await client.closed;
    expect(tws.venue.orders().map(({ order }) => [order.tag, order.status])).toEqual([["httag", "FILLED"]]);
    expect(ids()).toEqual(["15", "9", "4", "4", "4"]);
  });

  test("half-open: the connection stays and says nothing any more; its id is free", async () => {
    tws.faults.arm({ kind: "half-open", on: "place" });
    client.send(...rawOrder(1));
    client.send(49, 1);
    const again = await rawSession(tws.port, RANGE, 7);
    await time(again);
    expect(ids()).toEqual(["15", "9", "4", "4", "4"]);
    expect(tws.connections()).toEqual({ open: 2, total: 2 });
    expect(accepted()).toBe(0);
    again.close();
  });

  test("restart: all is closed, and the books are kept", async () => {
    client.send(...rawOrder(1));
    await client.until(3);
    tws.faults.arm({ kind: "restart", on: "place", ms: 30 });
    client.send(...rawOrder(2));
    await client.closed;
    const again = await reconnected();
    again.send(5, 1);
    expect((await again.until(5)).map((each) => each.slice(1, 2).concat(each[25] ?? ""))).toEqual([
      ["1", "1000000001"],
    ]);
    expect(await again.until(9)).toEqual([["9", "1", "2"]]);
    again.close();
  });
});

test("a change and a cancel are told apart from a place", async () => {
  client.send(...rawOrder(1));
  await client.until(3);
  tws.faults.arm({ kind: "refuse", on: "cancel" });
  tws.faults.arm({ kind: "rate-limit", on: "replace" });
  client.send(...rawOrder(2));
  client.send(...rawOrder(1, { 19: 180 }));
  client.send(4, 1, 2, "");
  await time();
  expect(errors()).toEqual([
    ["1", "100"],
    ["2", "321"],
  ]);
  expect(tws.venue.orders().map(({ order }) => [order.status, order.price])).toEqual([
    ["OPEN", 190.5],
    ["OPEN", 190.5],
  ]);
});

test("reads: refused by their id, or by none", async () => {
  tws.faults.arm({ kind: "refuse", on: "read" });
  tws.faults.arm({ kind: "rate-limit", on: "read" });
  client.send(62, 1, 31, "All", "TotalCashValue");
  client.send(61, 1);
  await time();
  expect(errors()).toEqual([
    ["31", "321"],
    ["-1", "100"],
  ]);
});

describe("on the connection", () => {
  test.each(["refuse", "rate-limit"] as const)("%s: an error once the client has said who it is", async (kind) => {
    tws.faults.arm({ kind, on: "connect" });
    const refused = await rawConnect(tws.port, RANGE);
    await expect.poll(() => refused.version()?.[0], { interval: 5 }).toBe("178");
    refused.send(71, 2, 8, "");
    await refused.closed;
    expect(refused.messages().map((each) => each[3])).toEqual([kind === "refuse" ? "326" : "100"]);
  });

  test("drop, stall and delay", async () => {
    tws.faults.arm({ kind: "drop", on: "connect" });
    tws.faults.arm({ kind: "stall", on: "connect" });
    tws.faults.arm({ kind: "delay", on: "connect", ms: 50 });
    const dropped = await rawConnect(tws.port, RANGE);
    await dropped.closed;
    const stalled = await rawConnect(tws.port, RANGE);
    await expect.poll(() => tws.faults.armed(), { interval: 5 }).toBe(1);
    const delayed = await rawSession(tws.port, RANGE, 9);
    expect([dropped.version(), stalled.version()]).toEqual([undefined, undefined]);
    for (const each of [stalled, delayed]) each.close();
  });
});

describe("on what is told without asking", () => {
  test("an order's own answer is none; a fill is sent twice, late, or never", async () => {
    tws.faults.arm({ kind: "duplicate-push" });
    tws.faults.arm({ kind: "stall", on: "push" });
    tws.faults.arm({ kind: "late-push", ms: 80 });
    client.send(...rawOrder(1));
    await client.until(3);
    const [order] = tws.venue.orders();
    const fill = () => tws.venue.fill(order?.wireId ?? "", 1, 190);
    fill();
    await time();
    expect(ids().filter((id) => id === "11")).toHaveLength(2);
    fill();
    fill();
    await time();
    expect(ids().filter((id) => id === "11")).toHaveLength(2);
    await expect.poll(() => ids().filter((id) => id === "11").length, { interval: 5 }).toBe(3);
    expect(
      client
        .messages()
        .findLast(([id]) => id === "3")
        ?.slice(3, 5),
    ).toEqual(["3", "7"]);
  });

  test("a fill may come before its order is acknowledged", async () => {
    const early = await startTws({ now: NOW, pushFirst: true });
    const other = await rawSession(early.port, RANGE, 7);
    other.send(...rawOrder(1, { 18: "MKT", 19: "" }));
    await expect.poll(() => other.messages().filter(([id]) => id === "3").length, { interval: 5 }).toBe(3);
    const order = other.messages().flatMap(([id, , status]) => (id === "3" ? [status] : []));
    expect(order).toEqual(["Filled", "PreSubmitted", "Submitted"]);
    other.close();
    await early.close();
  });
});

test("the control port moves it", async () => {
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${tws.controlPort}${path}`, {
      ...{ method },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.json();
  };
  client.send(...rawOrder(1));
  await client.until(3);
  const [row] = await ask("GET", "/orders");
  expect(row).toMatchObject({ orderId: "1000000001", tag: "httag", symbol: "AAPL", status: "OPEN", price: 190.5 });
  const placed = { region: "US", symbol: "AAPL", orderType: "Limit", price: 100, qty: 2, direction: "BUY" };
  expect(await ask("POST", "/orders", placed)).toMatchObject({ orderId: "1000000002", tag: null });
  await ask("POST", "/fills", { orderId: "1000000001", qty: 4, price: 190 });
  await ask("POST", "/orders/1000000001/end", { status: "REJECTED", reason: "no locate" });
  await ask("POST", "/session", { brokerLogin: false });
  await time();
  expect(statuses()).toEqual(["PreSubmitted", "Submitted", "Submitted", "Inactive"]);
  expect(errors()).toEqual([
    ["1", "201"],
    ["-1", "1100"],
  ]);
  expect(await ask("GET", "/connections")).toEqual({ open: 1, total: 1 });
});
