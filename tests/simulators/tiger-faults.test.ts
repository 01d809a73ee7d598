/** Every kind of fault at the stages it can strike, seen from a client, with the ledger as the judge. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTiger, type TigerServer } from "../../simulators/tiger/server.ts";
import { at } from "./protocol.ts";
import {
  ask,
  BUY,
  connectMessage,
  LIVE,
  openPush,
  orderIn,
  PAPER,
  type PushClient,
  parametersOf,
  post,
  signed,
  subscribed,
} from "./tiger-client.ts";

let tiger: TigerServer;
const clients: PushClient[] = [];

beforeEach(async () => {
  tiger = await startTiger({ limits: false });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await tiger.close();
});

const accepted = (): number => tiger.venue.orders().length;
const place = (changes: object = {}) => ask(tiger, "place_order", { ...BUY, ...changes });
const read = () => ask(tiger, "orders", { account: LIVE });

async function listening(): Promise<PushClient> {
  const client = await subscribed(tiger);
  clients.push(client);
  return client;
}

/** A request that a test expects never to be answered. */
function unanswered(request: Promise<unknown>): { readonly settled: () => boolean } {
  let settled = false;
  request.then(
    () => {
      settled = true;
    },
    () => undefined,
  );
  return { settled: () => settled };
}

describe("on a request", () => {
  test("drop: closed, nothing accepted; lose-answer: accepted, then closed", async () => {
    tiger.faults.arm({ kind: "drop", on: "place" });
    expect((await read()).code).toBe(0);
    await expect(place()).rejects.toThrow();
    expect(accepted()).toBe(0);
    tiger.faults.arm({ kind: "lose-answer", on: "place" });
    await expect(place()).rejects.toThrow();
    expect(accepted()).toBe(1);
    expect((await place()).code).toBe(0);
  });

  test("stall and half-open: never answered, nothing accepted, others are served", async () => {
    for (const kind of ["stall", "half-open"] as const) {
      tiger.faults.arm({ kind, on: "place" });
      const first = unanswered(place());
      await expect.poll(() => tiger.faults.armed()).toBe(0);
      expect((await read()).code).toBe(0);
      expect(first.settled()).toBe(false);
    }
    expect(accepted()).toBe(0);
  });

  test("delay: taken up later than what came after it", async () => {
    tiger.faults.arm({ kind: "delay", on: "place", ms: 400 });
    const placed = place();
    await expect.poll(() => tiger.faults.armed()).toBe(0);
    expect((await read()).data["items"]).toEqual([]);
    expect((await placed).code).toBe(0);
    expect(accepted()).toBe(1);
  });

  test("refuse, rate-limit and clock: the vendor's refusal, nothing accepted", async () => {
    for (const kind of ["refuse", "rate-limit", "clock"] as const) tiger.faults.arm({ kind, on: "place" });
    expect(await place()).toMatchObject({ code: 1200 });
    expect(await place()).toMatchObject({ code: 4, message: expect.stringContaining("rate limit error") });
    expect(await place()).toMatchObject({ code: 1000, message: expect.stringContaining("timestamp") });
    expect(accepted()).toBe(0);
    tiger.faults.arm({ kind: "refuse", on: "read" });
    expect(await read()).toMatchObject({ code: 2 });
    expect((await place()).code).toBe(0);
  });

  test("http-500: a page instead of JSON, nothing accepted; html: accepted, and a page with 200", async () => {
    const body = (): string => JSON.stringify(signed(parametersOf("place_order", BUY)));
    tiger.faults.arm({ kind: "http-500", on: "place" });
    const failed = await post(tiger, body());
    expect([failed.status, failed.headers.get("content-type")]).toEqual([500, "text/html"]);
    expect(await failed.text()).toContain("<html>");
    expect(accepted()).toBe(0);
    tiger.faults.arm({ kind: "html", on: "place" });
    const odd = await post(tiger, body());
    expect([odd.status, await odd.text()]).toEqual([200, expect.stringContaining("<html>")]);
    expect(accepted()).toBe(1);
  });

  test("strike the stage they are for, or the next request when they name none", async () => {
    const id = String((await place()).data["id"]);
    const stages = [
      ["replace", "modify_order", { ...BUY, id, limit_price: 190 }],
      ["cancel", "cancel_order", { account: LIVE, id }],
      ["read", "positions", { account: LIVE }],
    ] as const;
    for (const [on, method, biz] of stages) {
      tiger.faults.arm({ kind: "drop", on });
      await expect(ask(tiger, method, biz)).rejects.toThrow();
    }
    expect(at((await ask(tiger, "orders", { account: LIVE, id })).data, "limitPrice")).toBe(190.5);
    for (const [on, method] of [
      ["place", "place_order"],
      ["cancel", "cancel_order"],
    ] as const) {
      tiger.faults.arm({ kind: "refuse-within", on });
      expect(await ask(tiger, method, { ...BUY, id })).toMatchObject({ code: 0, data: { code: "1200" } });
    }
    expect(at((await ask(tiger, "orders", { account: LIVE, id })).data, "status")).toBe("Submitted");
    tiger.faults.arm({ kind: "expired-token", on: "place" });
    expect(await ask(tiger, "place_order", BUY)).toMatchObject({ code: 2400 });
    tiger.faults.arm({ kind: "tamper" });
    await read();
    expect(tiger.faults.armed()).toBe(0);
    expect(() => tiger.faults.arm({ kind: "tamper", on: "push" })).toThrow("strikes read, place, replace, cancel only");
    expect(() => tiger.faults.arm({ kind: "kick-out", on: "connect" })).toThrow("at once");
  });

  test("restart: every port is closed for a while; the orders, their numbers and marks are kept", async () => {
    const client = await listening();
    await place({ order_id: 5, user_mark: "kept" });
    tiger.faults.arm({ kind: "restart", ms: 50 });
    await client.closed;
    await expect
      .poll(
        () =>
          read().then(
            ({ code }) => code,
            () => -1,
          ),
        { timeout: 5000 },
      )
      .toBe(0);
    expect((await place({ order_id: 5 })).code).toBe(1200);
    expect((await read()).data).toMatchObject({ items: [{ orderId: 5, userMark: "kept" }] });
    const again = await listening();
    await place();
    expect(orderIn(await again.next())).toBeDefined();
  });

  test("restart on a place: nothing is accepted", async () => {
    tiger.faults.arm({ kind: "restart", on: "place", ms: 20 });
    await expect(place()).rejects.toThrow();
    await expect
      .poll(
        () =>
          read().then(
            ({ code }) => code,
            () => -1,
          ),
        { timeout: 5000 },
      )
      .toBe(0);
    expect(accepted()).toBe(0);
  });
});

describe("on a push connection's login", () => {
  const login = async (): Promise<PushClient> => {
    const client = await openPush(tiger);
    clients.push(client);
    client.send(connectMessage());
    return client;
  };

  test("drop and lose-answer close it; refuse says no first", async () => {
    for (const kind of ["drop", "lose-answer"] as const) {
      tiger.faults.arm({ kind, on: "connect" });
      await (await login()).closed;
    }
    tiger.faults.arm({ kind: "refuse", on: "connect" });
    const client = await login();
    expect((await client.next())?.get(3)).toBe(4n);
    await client.closed;
    expect((await (await login()).next())?.get(1)).toBe(2n);
  });

  test("stall and half-open say nothing and stay", async () => {
    for (const kind of ["stall", "half-open"] as const) {
      tiger.faults.arm({ kind, on: "connect" });
      const client = await login();
      await expect.poll(() => tiger.faults.armed()).toBe(0);
      expect(client.received()).toHaveLength(0);
    }
    expect(tiger.connections()).toEqual({ open: 2, total: 2 });
  });
});

describe("on a push", () => {
  test("duplicate-push sends twice, stall never, delay and late-push later", async () => {
    const client = await listening();
    tiger.faults.arm({ kind: "duplicate-push" });
    await place();
    expect(orderIn(await client.next())?.get(1)).toBe(orderIn(await client.next())?.get(1));
    for (const kind of ["stall", "late-push"] as const) tiger.faults.arm({ kind, on: "push", ms: 400 });
    await place({ user_mark: "never" });
    await place({ user_mark: "late" });
    await place({ user_mark: "soon" });
    const marks = [];
    for (let count = 0; count < 2; count += 1) marks.push(String(orderIn(await client.next())?.get(38)));
    expect(marks).toEqual(["soon", "late"]);
  });

  test("drop closes; half-open leaves a connection that says nothing more and counts as open", async () => {
    const client = await listening();
    tiger.faults.arm({ kind: "half-open", on: "push" });
    await place();
    await expect.poll(() => tiger.faults.armed()).toBe(0);
    const before = client.received().length;
    client.send({ 1: 8, 2: 9 });
    await place();
    await read();
    expect(client.received()).toHaveLength(before);
    expect(tiger.connections().open).toBe(1);
    const other = await listening();
    tiger.faults.arm({ kind: "drop", on: "push" });
    await place();
    await other.closed;
  });

  test("kick-out over the control port ends the connection with 4001", async () => {
    const client = await listening();
    const response = await fetch(`http://127.0.0.1:${tiger.controlPort}/faults`, {
      method: "POST",
      body: JSON.stringify({ kind: "kick-out" }),
    });
    expect(response.status).toBe(200);
    expect((await client.next())?.get(3)).toBe(4001n);
    await client.closed;
  });
});

describe("the control port", () => {
  const control = async (method: string, path: string, body?: object): Promise<unknown> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    return (await fetch(`http://127.0.0.1:${tiger.controlPort}${path}`, init)).json();
  };

  test("has the ledger, fills, ends and places by the ids of the wire", async () => {
    const id = String((await place({ user_mark: "ht1" })).data["id"]);
    expect(await control("GET", "/orders")).toEqual([
      {
        orderId: id,
        tag: "ht1",
        region: "US",
        symbol: "AAPL",
        direction: "BUY",
        qty: 10,
        price: 190.5,
        orderType: "Limit",
        status: "OPEN",
        filledQty: 0,
      },
    ]);
    expect(await control("POST", "/fills", { orderId: id, qty: 2, price: 190 })).toMatchObject({ filledQty: 2 });
    expect(await control("POST", `/orders/${id}/end`, { status: "EXPIRED", reason: "late" })).toMatchObject({
      status: "EXPIRED",
    });
    const elsewhere = { region: "US", symbol: "QQQ", qty: 1, price: 500, orderType: "Limit", direction: "BUY" };
    // Without a book it is one of the paper account, which the example serves.
    expect(await control("POST", "/orders", elsewhere)).toMatchObject({ symbol: "QQQ" });
    expect((await read()).data["items"]).toHaveLength(1);
    expect((await ask(tiger, "orders", { account: PAPER })).data["items"]).toHaveLength(1);
    expect(await control("POST", "/orders", { ...elsewhere, book: "LIVE" })).toMatchObject({ symbol: "QQQ" });
    expect((await read()).data["items"]).toHaveLength(2);
    await control("POST", "/session", { brokerLogin: false });
    expect((await read()).code).toBe(1);
  });
});
