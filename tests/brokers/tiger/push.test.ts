/** The push service, and looking at orders where there is none. */
import { createPrivateKey } from "node:crypto";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { CLIENT_PRIVATE_KEY } from "../../../simulators/tiger/keys.ts";
import { COMMAND, encodeResponse } from "../../../simulators/tiger/push-messages.ts";
import type { TigerServer } from "../../../simulators/tiger/server.ts";
import { readPrivateKey } from "../../../src/brokers/tiger/keys.ts";
import { createFrameReader, encodeRequest } from "../../../src/brokers/tiger/push-frames.ts";
import { mergeOrder } from "../../../src/domain/order.ts";
import { openFront } from "../shared/front.ts";
import {
  call,
  DEFAULT_PAPER_ACCOUNT,
  type Host,
  makeBroker,
  openTiger,
  pass,
  rejection,
  restingOrder,
  startBroker,
  until,
} from "./setup.ts";

const bytes = (hex: string) => Uint8Array.from(hex.split(" "), (digits) => Number.parseInt(digits, 16));
const hex = (from: Uint8Array) => [...from].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

describe("a frame", () => {
  test("is written as the vendor's own clients write it", () => {
    expect(hex(encodeRequest({ command: 8, id: 3 }))).toBe("04 08 08 10 03");
    expect(hex(encodeRequest({ command: 6, id: 4 }))).toBe("04 08 06 10 04");
    const subscribe = encodeRequest({ command: 4, id: 2, subscribe: { dataType: 8, account: "U1" } });
    expect(hex(subscribe)).toBe("0c 08 04 10 02 1a 06 08 08 1a 02 55 31");
  });

  test("is read however it was cut", () => {
    const stream = bytes("04 08 02 10 01 04 08 08 10 03");
    for (const size of [1, 2, 3, 7, 10]) {
      const reader = createFrameReader();
      const seen = [];
      for (let at = 0; at < stream.length; at += size) seen.push(...reader.take(stream.slice(at, at + size)));
      expect(seen).toEqual([
        { command: 2, id: 1, code: 0, message: "" },
        { command: 8, id: 3, code: 0, message: "" },
      ]);
    }
  });

  test("with an order keeps all digits of its id", () => {
    // Zigzag of 40130857465156608, and of 10 shares.
    const order = "08 80 d0 f0 fb ab b3 c9 8e 01 1a 04 41 41 50 4c 80 01 14";
    const [response] = createFrameReader().take(bytes(`1b 08 07 2a 17 08 08 3a 13 ${order}`));
    expect(response?.order).toMatchObject({ id: "40130857465156608", symbol: "AAPL", totalQuantity: "10" });
  });

  test("with an order is of no time before the order, as in the vendor's own example of one", () => {
    const order = {
      ...{
        id: "28875370355884032",
        account: "736845",
        symbol: "AAPL",
        action: "BUY",
        market: "US",
        status: "Submitted",
      },
      ...{ totalQuantity: 1, openTime: 1_669_200_792_000, timestamp: 1_669_200_782_221 },
    };
    const [response] = createFrameReader().take(encodeResponse({ command: COMMAND.MESSAGE, order }));
    expect(response?.order).toMatchObject({ openTime: order.openTime, updateTime: order.openTime });
  });

  test("longer than any of the service's is no frame", () => {
    expect(() => createFrameReader().take(bytes("ff ff ff ff 0f"))).toThrow(RangeError);
    expect(() => createFrameReader().take(bytes("ff ff ff ff ff ff"))).toThrow(RangeError);
  });
});

async function openBoth(options: Parameters<typeof startBroker>[1] = {}, server: Parameters<typeof openTiger>[0] = {}) {
  const tiger = await openTiger(server);
  return { tiger, ...(await startBroker(tiger, options)) };
}

const lastOf = ({ connections }: Host) => connections.at(-1);

function placeElsewhere(tiger: TigerServer, order: Parameters<typeof restingOrder>[0] = {}): string {
  const { contract, direction, orderType, timeInForce, lifecycle } = restingOrder(order);
  const request = { contract, direction, orderType, timeInForce, lifecycle, qty: 5, price: 180 };
  return tiger.venue.place("LIVE", { ...request, tag: null }).wireId;
}

describe("the push service", () => {
  test("tells of orders from everywhere, each with its session", async () => {
    const { tiger, broker, host } = await openBoth();
    expect(broker.capabilities().push).toBe("stream");
    expect(host.connections).toEqual([{ connected: true }]);
    const order = restingOrder({ lifecycle: "OVERNIGHT" });
    const { orderId } = await broker.placeOrder(order, call());
    const other = placeElsewhere(tiger);
    await until(() => host.orders.some((one) => one.orderId === other));
    const ours = host.orders.filter((one) => one.orderId === orderId);
    expect(ours.length).toBeGreaterThan(0);
    for (const one of ours) expect(one).toMatchObject({ tag: order.tag, lifecycle: "OVERNIGHT" });
    expect(host.orders.find((one) => one.orderId === other)).toMatchObject({ tag: null, lifecycle: "RTH", qty: 5 });
  });

  test("tells of what is attached to an order, with the order's mark, that it is another one", async () => {
    const { tiger, broker, host } = await openBoth();
    const contract = { tradeType: "Securities", region: "US", symbol: "QQQ" } as const;
    const order = restingOrder({ contract, price: 400 });
    const { orderId } = await broker.placeOrder(order, call());
    const { orderType, timeInForce, lifecycle, qty, tag } = order;
    const selling = { contract, direction: "SELL", orderType, timeInForce, lifecycle, qty, price: 900, tag } as const;
    const { wireId } = tiger.venue.place("LIVE", selling);
    tiger.showAs(wireId, { parentId: BigInt(orderId) });
    tiger.venue.fill(wireId, 4, 900);
    await until(() => host.orders.some((one) => one.orderId === wireId && one.filledQty === 4));
    for (const one of host.orders) expect(one.tag).toBe(one.orderId === wireId ? null : order.tag);
    const { orders } = await broker.orders({ status: "open" }, call());
    expect(Object.fromEntries(orders.map((one) => [one.orderId, one.tag]))).toEqual({
      [orderId]: order.tag,
      [wireId]: null,
    });
  });

  test("tells of the session of an order also where it gives no mark back", async () => {
    const { tiger, broker, host } = await openBoth({}, { marks: false });
    const { orderId } = await broker.placeOrder(restingOrder({ lifecycle: "OVERNIGHT" }), call());
    tiger.venue.fill(orderId, 4, 189.5);
    await until(() => host.orders.some((one) => one.filledQty === 4));
    expect(host.orders.at(-1)).toMatchObject({ orderId, tag: null, lifecycle: "OVERNIGHT" });
  });

  test("tells of a cancel that the exchange has still to hear of, and of what came before it", async () => {
    const { tiger, broker, host } = await openBoth({}, { cancelLagMs: 1000 });
    const { orderId: late } = await broker.placeOrder(restingOrder(), call());
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    for (const each of [late, orderId]) {
      await broker.cancelOrder(each, call());
      expect(await broker.order(each, call())).toMatchObject({ status: "PENDING_CANCEL", originStatus: "Submitted" });
    }
    tiger.venue.fill(orderId, 4, 189.5);
    await until(() => host.orders.some((one) => one.orderId === orderId && one.filledQty === 4));
    expect(host.orders.at(-1)).toMatchObject({ status: "PENDING_CANCEL" });
    tiger.venue.fill(late, 10, 189.5);
    for (const [each, status, filledQty] of [
      [late, "FILLED", 10],
      [orderId, "CANCELED", 4],
    ] as const) {
      await until(() => host.orders.some((one) => one.orderId === each && one.status === status));
      expect(await broker.order(each, call())).toMatchObject({ status, filledQty });
    }
  });

  test("tells of the session of an order that was placed before this start, once it has been read", async () => {
    const tiger = await openTiger();
    const { broker: before } = await startBroker(tiger, { push: "polling" });
    const { orderId } = await before.placeOrder(restingOrder({ lifecycle: "OVERNIGHT" }), call());
    await before.close();
    const { broker, host } = await startBroker(tiger);
    const { orders } = await broker.orders({ status: "all", fresh: true }, call());
    expect(orders).toMatchObject([{ orderId, lifecycle: "OVERNIGHT" }]);
    tiger.venue.fill(orderId, 4, 189.5);
    await until(() => host.orders.some((one) => one.filledQty === 4));
    expect(host.orders.at(-1)).toMatchObject({ orderId, lifecycle: "OVERNIGHT" });
  });

  test.each(["ETH", "OVERNIGHT"] as const)(
    "tells of the session of an order placed elsewhere: %s",
    async (lifecycle) => {
      const { tiger, host } = await openBoth();
      const orderId = placeElsewhere(tiger, { lifecycle });
      tiger.venue.fill(orderId, 2, 180);
      tiger.venue.end(orderId, "CANCELED", "");
      await until(() => host.orders.at(-1)?.status === "CANCELED");
      expect(host.orders).toMatchObject([
        { orderId, lifecycle, filledQty: 0 },
        { orderId, lifecycle, filledQty: 2 },
        { orderId, lifecycle, status: "CANCELED" },
      ]);
    },
  );

  test("tells that somebody has changed an order to regular hours, as reading it does", async () => {
    const { tiger, broker, host } = await openBoth();
    const { orderId } = await broker.placeOrder(restingOrder({ lifecycle: "ETH" }), call());
    expect(await broker.order(orderId, call())).toMatchObject({ lifecycle: "ETH" });
    tiger.showAs(orderId, { outsideRth: false, tradingSessionType: "RTH" });
    tiger.venue.fill(orderId, 4, 189.5);
    await until(() => host.orders.at(-1)?.filledQty === 4);
    expect(host.orders.at(-1)).toMatchObject({ lifecycle: "RTH" });
    expect(await broker.order(orderId, call())).toMatchObject({ lifecycle: "RTH" });
  });

  test("names no session that cannot be read", async () => {
    const { tiger, host } = await openBoth();
    tiger.faults.arm({ kind: "refuse", on: "read" });
    const orderId = placeElsewhere(tiger, { lifecycle: "OVERNIGHT" });
    await until(() => host.orders.some((one) => one.orderId === orderId));
    expect(host.orders).toMatchObject([{ orderId, lifecycle: null }]);
    tiger.venue.fill(orderId, 2, 180);
    await until(() => host.orders.length === 2);
    expect(host.orders.at(-1)).toMatchObject({ orderId, lifecycle: "OVERNIGHT" });
  });

  test("tells as rejected what the account could not pay, though it had been taken", async () => {
    const { tiger, broker, host } = await openBoth();
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    tiger.showAs(orderId, { status: "Invalid" });
    tiger.venue.end(orderId, "REJECTED", "您的可用资金或者可用购买力不足");
    const rejected = {
      orderId,
      status: "REJECTED",
      originStatus: "Invalid",
      errorReason: expect.stringContaining("不足"),
    };
    await until(() => host.orders.at(-1)?.originStatus === "Invalid");
    expect(host.orders.at(-1)).toMatchObject(rejected);
    expect(await broker.order(orderId, call())).toMatchObject(rejected);
  });

  test("says of an order what reading it says", async () => {
    const { tiger, broker, host } = await openBoth();
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    tiger.venue.fill(orderId, 4, 189.5);
    await until(() => host.orders.at(-1)?.filledQty === 4);
    // The number an order was placed with is all that is not pushed.
    const { number, ...read } = await broker.order(orderId, call());
    expect(number).toMatch(/^[1-9]\d*$/);
    expect(host.orders.at(-1)).toEqual(read);
  });

  test("is not taken for newer than what reading says of a later change within the same second", async () => {
    const { tiger, broker, host } = await openBoth({}, { now: Date.parse("2025-06-04T14:30:00.100Z") });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await until(() => host.orders.some((one) => one.orderId === orderId));
    const [pushed] = host.orders.slice(-1);
    // The push of the change is lost with the connection.
    tiger.faults.arm({ kind: "stall", on: "push" });
    await broker.replaceOrder(orderId, { qty: 20 }, call());
    const read = await broker.order(orderId, call());
    expect(pushed && mergeOrder(pushed, read).order).toMatchObject({ qty: 20 });
  });

  test("is spoken to without TLS where the address says so", async () => {
    const tiger = await openTiger({ plainPushPort: 0 });
    const { host } = await startBroker(tiger, { pushUrl: `tcp://127.0.0.1:${tiger.plainPushPort}` });
    expect(lastOf(host)).toEqual({ connected: true });
  });

  test("with a certificate that nobody vouches for is not spoken to, unless one is told to", async () => {
    const tiger = await openTiger();
    const { host } = await startBroker(tiger, { pushTls: {} });
    expect(lastOf(host)).toMatchObject({ connected: false, reason: expect.stringMatching(/certificate|self.signed/i) });
    const { host: trusting } = await startBroker(tiger, { pushTls: { rejectUnauthorized: false } });
    expect(lastOf(trusting)).toEqual({ connected: true });
  });

  test("that is taken over by another program says so, and orders are looked at instead", async () => {
    const { tiger, broker, host } = await openBoth({ pollMs: 2000 });
    tiger.kickOut();
    await until(() => lastOf(host)?.connected === false);
    expect(lastOf(host)?.reason).toMatch(/another program connected .* same tigerId .*4001/);
    const other = placeElsewhere(tiger);
    await until(() => host.orders.some((one) => one.orderId === other));
    // Orders go by another way, which is there.
    expect(await broker.ping(call())).toBe(true);
    expect(await broker.placeOrder(restingOrder(), call())).toMatchObject({ orderId: expect.any(String) });
    // Taking the place back at once would throw out the other one, and so on for ever.
    expect(tiger.connections().total).toBe(1);
  });

  test("that falls silent is given up and reached again", async () => {
    const { tiger, broker, host } = await openBoth({}, { heartbeatMs: 150 });
    tiger.faults.arm({ kind: "half-open", on: "push" });
    await broker.placeOrder(restingOrder(), call());
    await until(() => host.connections.some(({ reason }) => /said nothing for 225 ms/.test(reason ?? "")));
    await until(() => lastOf(host)?.connected === true);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await until(() => host.orders.some((one) => one.orderId === orderId));
  });

  test("that refuses the login is told, with what to do", async () => {
    const { host } = await openBoth({ tigerId: "20150002" });
    expect(lastOf(host)).toMatchObject({ connected: false, reason: expect.stringContaining("refused the login") });
  });

  test("that names the account in a refusal is told of without it", async () => {
    const { host } = await openBoth({ account: "50190099" });
    expect(lastOf(host)).toMatchObject({
      connected: false,
      reason: expect.stringContaining("no permission to account ****0099"),
    });
  });

  test("is not signed in to with a key that one wrong letter has damaged, which ends the start", async () => {
    const tiger = await openTiger();
    const modulus = Buffer.from(createPrivateKey(CLIENT_PRIVATE_KEY).export({ format: "jwk" }).n ?? "", "base64url");
    const key = Buffer.from(readPrivateKey(CLIENT_PRIVATE_KEY));
    const last = key.indexOf(modulus) + modulus.length - 1;
    // Even, it is a key to whoever only reads it.
    key.writeUInt8(key.readUInt8(last) ^ 1, last);
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => void unheard.push(reason);
    process.on("unhandledRejection", hear);
    onTestFinished(() => void process.off("unhandledRejection", hear));
    const broker = makeBroker(tiger, { privateKey: key.toString("base64") });
    const error = await rejection(broker.start({ onOrder: () => {}, onConnection: () => {} }));
    expect(error).toMatchObject({ code: "AuthenticationFailed", message: expect.stringContaining("private key") });
    expect(unheard).toEqual([]);
  });

  test.each([
    ["whose heartbeats are further apart than a timer can count", "06 08 07 10 02 18 70"],
    // The vendor's own clients know that answer by its code.
    ["that does not say which request it takes the subscription for", "04 08 07 18 70"],
  ])("%s is kept all the same", async (_what, answer) => {
    const tiger = await openTiger();
    const connected = Buffer.from('\x08\x02\x10\x01\x22\x26{"heart-beat":"3000000000,3000000000"}', "latin1");
    const subscribed = bytes(answer);
    const server = createServer((socket) => {
      socket.on("error", () => {});
      let requests = 0;
      socket.on("data", () => {
        requests += 1;
        if (requests === 1) socket.write(Buffer.concat([Buffer.of(connected.length), connected]));
        else socket.write(subscribed);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { broker, host } = await startBroker(tiger, { pushUrl: `tcp://127.0.0.1:${port}` });
    for (let asked = 0; asked < 10; asked += 1) await broker.cash({ currency: "USD" }, call());
    expect(host.connections).toEqual([{ connected: true }]);
  });

  test.each(["60000,200", "200,60000", "0,200"])(
    "hears of this end as often as it wants to, whichever of its heartbeats %s that is",
    async (intervals) => {
      const tiger = await openTiger();
      const text = `{"heart-beat":"${intervals}"}`;
      const connected = Buffer.concat([Buffer.of(0x08, 0x02, 0x10, 0x01, 0x22, text.length), Buffer.from(text)]);
      let requests = 0;
      const server = createServer((socket) => {
        socket.on("error", () => {});
        socket.on("data", () => {
          requests += 1;
          if (requests === 1) socket.write(Buffer.concat([Buffer.of(connected.length), connected]));
          else if (requests === 2) socket.write(bytes("06 08 07 10 02 18 70"));
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo;
      const { host } = await startBroker(tiger, { pushUrl: `tcp://127.0.0.1:${port}` });
      await vi.waitUntil(() => requests > 3, { timeout: 5_000 });
      expect(host.connections).toEqual([{ connected: true }]);
    },
  );

  test.each([
    ["that closes the connection", "", "closed the connection"],
    ["that takes its leave", "04 08 06 10 05", "ended the connection"],
    // No refusal of the login, after which nobody would try again soon.
    ["that fails", "10 08 09 10 05 18 07 22 08 6f 76 65 72 6c 6f 61 64", "the push service: overload (code 7)"],
  ])("%s is told of at once, with the reason", async (_what, farewell, reason) => {
    const tiger = await openTiger();
    const server = createServer((socket) => {
      socket.on("error", () => {});
      let requests = 0;
      socket.on("data", () => {
        requests += 1;
        if (requests === 1) return void socket.write(bytes("04 08 02 10 01"));
        socket.write(bytes("06 08 07 10 02 18 70"));
        if (farewell === "") socket.end();
        else socket.write(bytes(farewell));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { host } = await startBroker(tiger, { pushUrl: `tcp://127.0.0.1:${port}` });
    await until(() => host.connections.length > 1);
    expect(host.connections.slice(0, 2)).toEqual([
      { connected: true },
      { connected: false, reason: expect.stringContaining(reason) },
    ]);
  });

  test("that logs in and then says nothing of the subscription does not hold up the start", async () => {
    const tiger = await openTiger();
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.write(bytes("04 08 02 10 01"));
      const beating = setInterval(() => socket.write(bytes("04 08 08 10 03")), 500);
      socket.on("close", () => clearInterval(beating));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { host } = await startBroker(tiger, { pushUrl: `tcp://127.0.0.1:${port}` });
    expect(host.connections).toEqual([
      { connected: false, reason: expect.stringContaining("did not take the login and the subscription within") },
    ]);
  });

  test("is left alone after close", async () => {
    const { tiger, broker, host } = await openBoth();
    await broker.close();
    await until(() => tiger.connections().open === 0);
    const heard = host.connections.length + host.orders.length;
    placeElsewhere(tiger);
    await broker.close();
    expect(host.connections.length + host.orders.length).toBe(heard);
  });
});

describe.each(["stream", "polling"] as const)("a broker that hears of orders by %s", (push) => {
  const options = push === "polling" ? ({ push } as const) : {};

  test("and was closed can be started again", async () => {
    const { broker, host } = await startBroker(await openTiger(), options);
    await broker.close();
    await broker.close();
    expect(await broker.ping(call())).toBe(false);
    await broker.start({ onOrder: () => {}, onConnection: (state) => host.connections.push(state) });
    expect(await broker.ping(call())).toBe(true);
    expect(host.connections.map(({ connected }) => connected)).toEqual([true, true]);
  });

  test("and was closed over its start can be started again", async () => {
    const broker = makeBroker(await openTiger(), options);
    const host = { onOrder: () => {}, onConnection: () => {} };
    await broker.start(host);
    await broker.close();
    const overtaken = broker.start(host);
    await broker.close();
    await overtaken.catch(() => {});
    expect(await broker.ping(call())).toBe(false);
    await broker.start(host);
    expect(await broker.ping(call())).toBe(true);
  });
});

describe("looking at orders", () => {
  test("tells of every change, also of orders that ended and of those from elsewhere", async () => {
    const { tiger, broker, host } = await openBoth({ push: "polling", pollMs: 2000, account: DEFAULT_PAPER_ACCOUNT });
    expect(broker.capabilities().push).toBe("polling");
    expect(lastOf(host)).toEqual({ connected: true });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await until(() => host.orders.some((one) => one.orderId === orderId && one.status === "OPEN"));
    tiger.venue.fill(orderId, 4, 189.5);
    await until(() => host.orders.some((one) => one.orderId === orderId && one.filledQty === 4));
    tiger.venue.end(orderId, "REJECTED", "201:no");
    await until(() => host.orders.some((one) => one.orderId === orderId && one.status === "REJECTED"));
    expect(host.orders.at(-1)).toMatchObject({ filledQty: 4, errorReason: "201:no" });
    expect(tiger.connections().total).toBe(0);
  });

  test("goes on when the gateway was away, which is told", async () => {
    const { tiger, host } = await openBoth({ push: "polling", pollMs: 2000 });
    tiger.faults.arm({ kind: "restart", ms: 300, on: "read" });
    await until(() => lastOf(host)?.connected === false);
    await until(() => lastOf(host)?.connected === true);
    const other = placeElsewhere(tiger);
    await until(() => host.orders.some((one) => one.orderId === other));
  });
});

test.each([
  ["polling", "refuses the token from some moment on", 200, "the token has expired"],
  ["polling", "is down behind its front", 500, "HTTP 500"],
  ["stream", "refuses the token from some moment on", 200, "the token has expired"],
] as const)("with %s, a gateway that %s is told, and so is its end", async (push, _what, status, reason) => {
  const tiger = await openTiger();
  let isDown = false;
  const { port } = await openFront(async ({ body, response }) => {
    if (isDown) {
      const [code, message] = status === 200 ? [4, "access forbidden(the token has expired)"] : [1, "server error"];
      return void response.writeHead(status).end(JSON.stringify({ code, message, timestamp: Date.now() }));
    }
    response.end(await pass(tiger.port, body));
  });
  const { broker, host } = await startBroker({ ...tiger, port }, { push, pollMs: 2000 });
  expect(lastOf(host)).toEqual({ connected: true });
  isDown = true;
  if (push === "stream") await rejection(broker.orders({ status: "all", fresh: true }, call()));
  await until(() => lastOf(host)?.connected === false);
  expect(lastOf(host)?.reason).toContain(reason);
  isDown = false;
  await until(() => lastOf(host)?.connected === true);
  expect(host.connections.map(({ connected }) => connected)).toEqual([true, false, true]);
});

test("a gateway that refuses the login is asked whether it answers again, and nothing besides", async () => {
  const tiger = await openTiger();
  let isRefused = false;
  const asked: string[] = [];
  const { port } = await openFront(async ({ body, response }) => {
    if (isRefused) {
      asked.push(/\\"limit\\":1\b/.test(body) ? "check" : "look");
      const refusal = { code: 2400, message: "user token expired invalid", timestamp: Date.now() };
      return void response.end(JSON.stringify(refusal));
    }
    response.end(await pass(tiger.port, body));
  });
  await startBroker({ ...tiger, port }, { push: "polling", pollMs: 2000 });
  isRefused = true;
  // What is refused too often leads onto the vendor's blacklist.
  await until(() => asked.filter((each) => each === "check").length === 5);
  expect(asked.filter((each) => each === "look")).toHaveLength(1);
});
