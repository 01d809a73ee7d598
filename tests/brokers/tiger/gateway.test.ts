/** Requests to the gateway: signed, answered, tampered with, refused and lost. */
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import * as v from "valibot";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { UNUSUAL_POSITIONS } from "../../../simulators/tiger/accounts.ts";
import { CLIENT_KEY_FILE } from "../../../simulators/tiger/keys.ts";
import { createGateway } from "../../../src/brokers/tiger/gateway.ts";
import type { BrokerError } from "../../../src/spec/broker-error.ts";
import { openFront } from "../shared/front.ts";
import {
  AAPL,
  call,
  DEFAULT_PAPER_ACCOUNT,
  makeBroker,
  openTiger,
  pass,
  rejection,
  restingOrder,
  startBroker,
  type TigerBroker,
  until,
} from "./setup.ts";

const POLLING = { push: "polling" } as const;

/** Between broker and gateway, with the power to change what is answered to which body; gives the port. */
async function openAnswers(
  to: number,
  change: (answer: string, body: string) => string | Promise<string>,
  status = 200,
): Promise<number> {
  const { port } = await openFront(async ({ body, response }) => {
    const said = await pass(to, body);
    const changed = await change(said, body);
    response.writeHead(changed === said ? 200 : status).end(changed);
  });
  return port;
}

/** Between broker and gateway, with the power to change what passes; gives the port and every request's body. */
async function openProxy(to: number, change: (body: string) => string) {
  const bodies: string[] = [];
  const { port } = await openFront(async ({ request, body, response }) => {
    bodies.push(body);
    const answer = await fetch(`http://127.0.0.1:${to}${request.url}`, { method: "POST", body: change(body) });
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(await answer.text());
  });
  return { port, bodies };
}

describe("a request", () => {
  test("that was changed in one byte on its way is refused, and nothing of it is carried out", async () => {
    const tiger = await openTiger();
    const proxy = await openProxy(tiger.port, (body) =>
      body.replace('\\"total_quantity\\":10', '\\"total_quantity\\":90'),
    );
    const { broker } = await startBroker({ ...tiger, port: proxy.port }, POLLING);
    const error = await rejection(broker.placeOrder(restingOrder(), call()));
    expect(error).toMatchObject({ code: "AuthenticationFailed", outcome: "not_sent" });
    expect((error as BrokerError).message).toContain("check tigerId and the private key");
    expect(tiger.venue.orders()).toEqual([]);
  });

  test("carries the account, the device and the licence's token", async () => {
    const tiger = await openTiger();
    const headers: unknown[] = [];
    const proxy = createServer((request, response) => {
      headers.push(request.headers.authorization);
      request.resume().on("end", () => response.writeHead(500).end());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const options = { ...POLLING, token: "licenceToken", deviceId: "52:54:00:cf:9c:e5" };
    const { broker } = await startBroker({ ...tiger, port }, options);
    await rejection(broker.positions(call()));
    expect(headers).toContain("licenceToken");
  });

  test("with a key that is not the developer's is refused, and the key is not shown", async () => {
    const tiger = await openTiger();
    const privateKey = generateKeyPairSync("rsa", { modulusLength: 1024 })
      .privateKey.export({ type: "pkcs8", format: "pem" })
      .toString();
    const { broker, host } = await startBroker(tiger, { ...POLLING, privateKey });
    const error = (await rejection(broker.positions(call()))) as BrokerError;
    expect(error.code).toBe("AuthenticationFailed");
    expect(error.message).not.toContain(privateKey.slice(40, 80));
    expect(await broker.ping(call())).toBe(false);
    expect(host.connections.every(({ connected }) => !connected)).toBe(true);
  });
});

test.each(["", "0", "-7", "1.5", "9223372036854775808", "10000000000000000000"])(
  "a text that is no id of Tiger's (%j) names no order, and nobody is asked",
  async (orderId) => {
    const { broker } = await startBroker({ port: 1, pushPort: 1 }, POLLING);
    const notFound = { code: "OrderNotFound", outcome: "rejected" };
    expect(await rejection(broker.order(orderId, call()))).toMatchObject(notFound);
    expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject(notFound);
    expect(await rejection(broker.replaceOrder(orderId, { qty: 1 }, call()))).toMatchObject({ code: "OrderNotFound" });
  },
);

test("a refusal that names what the vendor was given shows neither secret nor account", async () => {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const message =
        "access forbidden(no permission to account 50190001 with secret_key theInstitutionsKey of theLicence)";
      response.end(JSON.stringify({ code: 4, message, timestamp: Date.now() }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const options = { ...POLLING, secretKey: "theInstitutionsKey", token: "theLicence" };
  const { broker } = await startBroker({ port, pushPort: 1 }, options);
  const error = (await rejection(broker.positions(call()))) as BrokerError;
  expect(error.message).toContain("no permission to account ****0001 with secret_key *** of ***");
});

describe("the private key", () => {
  test("is read from its file", async () => {
    const { broker } = await startBroker(await openTiger(), { ...POLLING, privateKeyPath: CLIENT_KEY_FILE });
    expect(await broker.ping(call())).toBe(true);
  });

  test.each([
    ["that is not there", "/nowhere/key.pem", "privateKeyPath cannot be read: ENOENT"],
    ["that holds none", import.meta.filename, "the file at privateKeyPath must be an RSA private key"],
  ])("in a file %s fails the start, which may be tried again", async (_what, privateKeyPath, message) => {
    const broker = makeBroker(await openTiger(), { ...POLLING, privateKeyPath });
    const start = () => broker.start({ onOrder: () => {}, onConnection: () => {} });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await rejection(start())).toMatchObject({
        code: "AuthenticationFailed",
        outcome: "not_sent",
        message: expect.stringContaining(message),
      });
    }
  });
});

describe("an answer", () => {
  test("whose data is text is read like any other", async () => {
    const tiger = await openTiger({ dataAsText: true });
    const { broker } = await startBroker(tiger, POLLING);
    const order = restingOrder();
    const { orderId } = await broker.placeOrder(order, call());
    expect(BigInt(orderId)).toBeGreaterThan(2n ** 53n);
    expect(orderId).toBe(tiger.venue.orders()[0]?.wireId);
    expect(await broker.order(orderId, call())).toMatchObject({ orderId, tag: order.tag });
    expect((await broker.orders({ status: "open" }, call())).orders).toHaveLength(1);
    await broker.cancelOrder(orderId, call());
    expect(await broker.order(orderId, call())).toMatchObject({ orderId, status: "CANCELED" });
  });

  test("that is not the vendor's is believed in nothing, and leaves a write unknown", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    tiger.faults.arm({ kind: "tamper", on: "read", count: 1 });
    expect(await rejection(broker.cash({ currency: "USD" }, call()))).toMatchObject({
      code: "BrokerFault",
      message: expect.stringContaining("not signed with Tiger's key"),
    });
    tiger.faults.arm({ kind: "tamper", on: "place" });
    const order = restingOrder();
    expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({
      code: "OutcomeUnknown",
      outcome: "unknown",
    });
    const { orders } = await broker.orders({ status: "all", fresh: true }, call());
    expect(orders.map(({ tag }) => tag)).toEqual([order.tag]);
    for (const on of ["replace", "cancel"] as const) {
      tiger.faults.arm({ kind: "tamper", on });
      const orderId = orders[0]?.orderId ?? "";
      const change =
        on === "replace" ? broker.replaceOrder(orderId, { qty: 20 }, call()) : broker.cancelOrder(orderId, call());
      expect(await rejection(change)).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown" });
    }
  });

  test("whose data is text of no known kind is unreadable, and proves no order unknown", async () => {
    const tiger = await openTiger();
    const port = await openAnswers(tiger.port, (answer, body) => {
      const isRead = /"method":"orders".*\\"id\\":/.test(body);
      return isRead ? answer.replace(/"data":\{.*\},"sign"/, '"data":"{\\"symbol\\":","sign"') : answer;
    });
    const { broker } = await startBroker({ ...tiger, port }, POLLING);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    expect(await rejection(broker.order(orderId, call()))).toMatchObject({ code: "BrokerFault" });
  });

  test("verified with another key is not the vendor's", async () => {
    const tigerPublicKey = generateKeyPairSync("rsa", { modulusLength: 1024 })
      .publicKey.export({ type: "spki", format: "pem" })
      .toString();
    const { broker } = await startBroker(await openTiger(), { ...POLLING, tigerPublicKey });
    expect(await broker.ping(call())).toBe(false);
  });

  test.each(["html", "http-500"] as const)("of a place that is %s leaves it unknown", async (kind) => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    tiger.faults.arm({ kind, on: "place" });
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "unknown" });
    expect(tiger.venue.orders()).toHaveLength(kind === "html" ? 1 : 0);
  });

  test("that refuses a cancel is explained though reads have had their share", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    tiger.venue.end(orderId, "CANCELED", "");
    const readAll = async (): Promise<unknown> => {
      for (;;) await broker.order(orderId, call(500));
    };
    expect(await rejection(readAll())).toMatchObject({ code: "RateLimited" });
    expect(await broker.order(orderId, { ...call(500), forWrite: true })).toMatchObject({ status: "CANCELED" });
    tiger.faults.arm({ kind: "refuse-within", on: "cancel" });
    expect(await rejection(broker.cancelOrder(orderId, call(5_000)))).toMatchObject({
      code: "OrderNotOpen",
      outcome: "rejected",
    });
  });

  test("that says success and refuses within its data is a refusal, of whatever was asked", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    const writes = {
      place: () => broker.placeOrder(restingOrder(), call()),
      replace: () => broker.replaceOrder(orderId, { qty: 20 }, call()),
      cancel: () => broker.cancelOrder(orderId, call()),
    };
    for (const [on, write] of Object.entries(writes)) {
      tiger.faults.arm({ kind: "refuse-within", on: on as keyof typeof writes });
      expect(await rejection(write())).toMatchObject({
        code: "OrderRejected",
        outcome: "rejected",
        message: expect.stringContaining("We can not process this order now"),
      });
    }
    expect(tiger.venue.orders()).toMatchObject([{ order: { qty: 10, status: "OPEN" } }]);
    expect(await broker.cancelOrder(orderId, call())).toBeUndefined();
  });

  test.each([
    ["names the order all the same", { id: 4_000_257, code: "1200", message: "held" }],
    ["has a code of no known kind", { code: "bad_request", message: "held" }],
  ])("to a place that refuses within its data and %s leaves it unknown", async (_what, data) => {
    const tiger = await openTiger();
    const port = await openAnswers(tiger.port, (answer, body) => {
      const isPlace = body.includes('"method":"place_order"');
      return isPlace ? answer.replace(/"data":\{.*\},"sign"/, `"data":${JSON.stringify(data)},"sign"`) : answer;
    });
    const { broker } = await startBroker({ ...tiger, port }, POLLING);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "unknown" });
  });

  test("that the licence's token has ended leaves every write unsent, and tells that the connection is gone", async () => {
    const tiger = await openTiger();
    const { broker, host } = await startBroker(tiger, { ...POLLING, token: "licenceToken" });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await until(() => host.connections.at(-1)?.connected === true);
    tiger.faults.arm({ kind: "expired-token", on: "read", count: 100 });
    const writes = {
      place: () => broker.placeOrder(restingOrder({ number: "77" }), call()),
      cancel: () => broker.cancelOrder(orderId, call()),
    };
    for (const [on, write] of Object.entries(writes)) {
      tiger.faults.arm({ kind: "expired-token", on: on as keyof typeof writes });
      expect(await rejection(write())).toMatchObject({
        code: "AuthenticationFailed",
        outcome: "not_sent",
        message: expect.stringContaining("check token"),
      });
    }
    await until(() => host.connections.at(-1)?.connected === false);
    expect(tiger.venue.orders()).toHaveLength(1);
  });

  test("of something on the way that failed is no word of Tiger's, whatever code it has", async () => {
    const tiger = await openTiger();
    const isPlace = (body: string) => body.includes('"method":"place_order"');
    const fault = JSON.stringify({ code: 50_400, message: "no answer from upstream" });
    const port = await openAnswers(tiger.port, (answer, body) => (isPlace(body) ? fault : answer), 504);
    const { broker } = await startBroker({ ...tiger, port }, POLLING);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "unknown" });
    expect(tiger.venue.orders()).toHaveLength(1);
  });

  test("to a request whose clock is off tells so", async () => {
    const tiger = await openTiger({ now: Date.now() - 3_600_000 });
    const { broker } = await startBroker(tiger, POLLING);
    tiger.faults.arm({ kind: "clock", on: "place" });
    const error = (await rejection(broker.placeOrder(restingOrder(), call()))) as BrokerError;
    expect(error).toMatchObject({ code: "AuthenticationFailed", outcome: "not_sent" });
    expect(error.message).toMatch(/this machine's clock is 3[56]\d\d s ahead of Tiger's/);
  });
});

describe("the limits", () => {
  test.each(["code-4", "http-429"] as const)(
    "as %s end a call before it is carried out, and the method rests",
    async (style) => {
      const tiger = await openTiger({ limitStyle: style });
      const { broker } = await startBroker(tiger, POLLING);
      tiger.faults.arm({ kind: "rate-limit", on: "place" });
      const refused = { code: "RateLimited", outcome: "not_sent" };
      expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject(refused);
      expect(tiger.faults.armed()).toBe(0);
      // Nothing at the vendor would refuse this one: it does not leave.
      expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
        ...refused,
        message: expect.stringContaining("rests"),
      });
      expect(tiger.venue.orders()).toEqual([]);
    },
  );

  test("of an account's orders in a second make the later ones of many wait for a moment", async () => {
    const simulator = await openTiger();
    const { broker } = await startBroker(simulator, POLLING);
    const orders = Array.from({ length: 8 }, () => restingOrder({ qty: 1 }));
    await Promise.all(orders.map((order) => broker.placeOrder(order, call())));
    expect(simulator.venue.orders().map(({ order }) => order.tag)).toHaveLength(8);
  });

  test("of a minute are not used up by a burst of which few orders leave", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, { ...POLLING, deadlineMs: 1_000 });
    const burst = Array.from({ length: 150 }, () => broker.placeOrder(restingOrder({ qty: 1 }), call()));
    const refused = (await Promise.allSettled(burst)).filter(({ status }) => status === "rejected");
    expect(tiger.venue.orders()).toHaveLength(150 - refused.length);
    await delay(1_100);
    await broker.placeOrder(restingOrder({ qty: 1 }), call());
  });

  test("that several calls ran into at once make the method rest once", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    tiger.faults.arm({ kind: "rate-limit", on: "place", count: 4 });
    const placing = Array.from({ length: 4 }, () => rejection(broker.placeOrder(restingOrder(), call())));
    const waits = (await Promise.all(placing)).map((error) => (error as BrokerError).retryAfterMs ?? 0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
  });

  test("of a paper account, which counts all changes together, rest together", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, { ...POLLING, account: DEFAULT_PAPER_ACCOUNT });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    tiger.faults.arm({ kind: "rate-limit", on: "place" });
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ code: "RateLimited" });
    const replacing = rejection(broker.replaceOrder(orderId, { qty: 12 }, call()));
    expect(await replacing).toMatchObject({ code: "RateLimited", message: expect.stringContaining("rests") });
    await broker.cancelOrder(orderId, call());
  });

  test("are not over when a call is answered that left before them", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, { ...POLLING, pollMs: 60_000 });
    tiger.faults.arm({ kind: "delay", on: "read", ms: 300 });
    tiger.faults.arm({ kind: "rate-limit", on: "read" });
    const list = () => broker.orders({ status: "open", fresh: true }, call());
    const earlier = list();
    await until(() => tiger.faults.armed() === 1);
    expect(await rejection(list())).toMatchObject({ code: "RateLimited" });
    expect(await earlier).toMatchObject({ orders: [] });
    expect(await rejection(list())).toMatchObject({ code: "RateLimited", message: expect.stringContaining("rests") });
  });

  test("are not over when a cancel is answered that left before them", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, { ...POLLING, account: DEFAULT_PAPER_ACCOUNT });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    tiger.faults.arm({ kind: "delay", on: "cancel", ms: 300 });
    tiger.faults.arm({ kind: "rate-limit", on: "place" });
    const earlier = broker.cancelOrder(orderId, call());
    await until(() => tiger.faults.armed() === 1);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ code: "RateLimited" });
    await earlier;
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
      code: "RateLimited",
      message: expect.stringContaining("rests"),
    });
  });

  test("are kept by what had been waiting for its turn when they were met", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const tiger = await openTiger();
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    const { port } = await openFront(async ({ body, response }) => {
      if (body.includes('"prime_assets"')) {
        asked += 1;
        if (asked === 40) await gate.promise;
      }
      response.end(await pass(tiger.port, body));
    });
    const { broker } = await startBroker({ ...tiger, port }, { ...POLLING, pollMs: 60_000 });
    // All that reads may use of a minute; the last of them is on its way.
    for (let count = 1; count < 40; count += 1) await broker.cash({ currency: "USD" }, call());
    const last = rejection(broker.cash({ currency: "USD" }, call()));
    await until(() => asked === 40);
    vi.advanceTimersByTime(59_500);
    const waiting = rejection(broker.cash({ currency: "HKD" }, call()));
    tiger.faults.arm({ kind: "rate-limit", on: "read" });
    gate.resolve();
    expect(await last).toMatchObject({ code: "RateLimited", message: expect.stringContaining("rate limit") });
    vi.advanceTimersByTime(1_000);
    expect(await waiting).toMatchObject({
      code: "RateLimited",
      outcome: "not_sent",
      message: expect.stringContaining("rests"),
    });
    expect(asked).toBe(40);
  });

  test("that were ignored end in a blacklist, which is told as what it is", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    const proxy = await openProxy(tiger.port, (body) => body);
    const recorded = await startBroker({ ...tiger, port: proxy.port }, POLLING);
    await recorded.broker.positions(call());
    const [body = ""] = proxy.bodies.filter((each) => each.includes('"positions"'));
    for (let calls = 0; calls < 110; calls += 1) {
      await pass(tiger.port, body);
    }
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
      code: "AuthenticationFailed",
      outcome: "not_sent",
      message: expect.stringContaining("blacklist"),
    });
    // Each further call might keep us there: none but a cancel leaves.
    const asked = proxy.bodies.length;
    const { broker: late } = await startBroker({ ...tiger, port: proxy.port }, POLLING);
    await until(() => proxy.bodies.length > asked);
    const refused = proxy.bodies.length;
    for (const calls of [
      late.positions(call()),
      late.cash({ currency: "USD" }, call()),
      late.orders({ status: "open" }, call()),
    ]) {
      expect(await rejection(calls)).toMatchObject({ code: "RateLimited", message: expect.stringContaining("rests") });
    }
    expect(proxy.bodies).toHaveLength(refused);
    expect(await rejection(late.cancelOrder("40130857465156608", call()))).toMatchObject({
      message: expect.stringContaining("blacklist"),
    });
    expect(proxy.bodies).toHaveLength(refused + 1);
    // Who was connected is told that no order can be sent.
    expect(recorded.host.connections).toEqual([{ connected: true }]);
    expect(await rejection(recorded.broker.positions(call()))).toMatchObject({ code: "AuthenticationFailed" });
    expect(recorded.host.connections).toMatchObject([
      { connected: true },
      { connected: false, reason: expect.stringContaining("blacklist") },
    ]);
  });
});

test("a gateway that is gone is not called back while the question itself has to rest", async () => {
  const tiger = await openTiger();
  const { port, cut, reopen } = await openFront(async ({ body, response }) => {
    response.end(await pass(tiger.port, body));
  });
  const { broker, host } = await startBroker({ ...tiger, port }, { ...POLLING, pollMs: 60_000 });
  tiger.faults.arm({ kind: "rate-limit", on: "read" });
  expect(await rejection(broker.orders({ status: "open" }, call()))).toMatchObject({ code: "RateLimited" });
  cut();
  expect(await rejection(broker.positions(call()))).toMatchObject({ code: "NotConnected" });
  expect(await rejection(broker.cash({ currency: "USD" }, call()))).toMatchObject({ code: "NotConnected" });
  expect(host.connections.map(({ connected }) => connected)).toEqual([true, false]);
  await reopen();
  await until(() => host.connections.at(-1)?.connected === true);
});

test("cancels and reads that did not get as far as Tiger take nothing of its limits from those after them", async () => {
  const tiger = await openTiger();
  const { port, cut, reopen } = await openFront(async ({ body, response }) => {
    response.end(await pass(tiger.port, body));
  });
  const { broker, host } = await startBroker({ ...tiger, port }, { ...POLLING, pollMs: 60_000, deadlineMs: 5_000 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  cut();
  const cancels = Array.from({ length: 120 }, () => rejection(broker.cancelOrder(orderId, call())));
  for (const error of await Promise.all(cancels)) {
    expect(error).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
  }
  // Of these Tiger takes ten a minute.
  for (let asked = 0; asked < 6; asked += 1) {
    expect(await rejection(broker.marketStatus(call()))).toMatchObject({ code: "NotConnected" });
  }
  await reopen();
  await until(() => host.connections.at(-1)?.connected === true);
  expect(await broker.marketStatus(call())).toMatchObject({ Securities: { US: {} } });
  await broker.cancelOrder(orderId, call());
});

test("a list that takes two of Tiger's limits is waited for as long as its caller waits, and no longer", async () => {
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  const tiger = await openTiger();
  const { broker } = await startBroker(tiger, { ...POLLING, pollMs: 60_000 });
  const orderId = tiger.venue.place("LIVE", restingOrder()).wireId;
  const useUp = async (read: () => Promise<unknown>) => {
    expect(
      await rejection(
        (async () => {
          for (;;) await read();
        })(),
      ),
    ).toMatchObject({ code: "RateLimited" });
  };
  vi.advanceTimersByTime(60_000);
  const begun = performance.now();
  await useUp(() => broker.orders({ status: "open" }, call()));
  vi.advanceTimersByTime(5_000);
  await useUp(() => broker.order(orderId, call()));
  vi.advanceTimersByTime(begun + 59_000 - performance.now());
  const inTime = { ...call(), deadline: performance.now() + 3_000 };
  const error = await rejection(broker.orders({ status: "all" }, inTime));
  expect(error).toMatchObject({ code: "RateLimited", retryAfterMs: expect.any(Number) });
});

test("reads that use up what is theirs stand in the way of no replace", async () => {
  const tiger = await openTiger();
  const { broker } = await startBroker(tiger, { ...POLLING, pollMs: 60_000 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  const reading = async () => {
    for (;;) await broker.order(orderId, call());
  };
  expect(await rejection(reading())).toMatchObject({ code: "RateLimited" });
  expect(await broker.replaceOrder(orderId, { qty: 12 }, call())).toEqual({ orderId });
  expect(tiger.venue.orders()).toMatchObject([{ order: { qty: 12 } }]);
});

test("reads that use up what is theirs say nothing about the connection", async () => {
  const tiger = await openTiger();
  const { broker } = await startBroker(tiger, { ...POLLING, pollMs: 60_000 });
  const reading = async () => {
    for (;;) await broker.orders({ status: "open" }, call());
  };
  expect(await rejection(reading())).toMatchObject({ code: "RateLimited" });
  expect(await broker.ping(call())).toBe(true);
});

test("reads that use up what is theirs stand in the way of no list that orders and cancels of everything wait for", async () => {
  const tiger = await openTiger();
  const { broker } = await startBroker(tiger, { ...POLLING, pollMs: 60_000 });
  const reading = async () => {
    for (;;) await broker.orders({ status: "all" }, call());
  };
  expect(await rejection(reading())).toMatchObject({ code: "RateLimited" });
  for (const status of ["all", "open"] as const) {
    expect(await broker.orders({ status, fresh: true }, call())).toMatchObject({ orders: [], isWhole: true });
  }
});

describe("an order", () => {
  test("takes a number first, and the vendor refuses a second order with it", async () => {
    const tiger = await openTiger();
    const proxy = await openProxy(tiger.port, (body) => body);
    const { broker } = await startBroker({ ...tiger, port: proxy.port }, POLLING);
    await broker.placeOrder(restingOrder(), call());
    const [first = -1, second = -2] = ["order_no", "place_order"].map((method) =>
      proxy.bodies.findIndex((body) => body.includes(`"${method}"`)),
    );
    expect(first).toBeGreaterThanOrEqual(0);
    expect(second).toBeGreaterThan(first);
    const placed = proxy.bodies[second] ?? "";
    expect(placed).toMatch(/\\"order_id\\":[1-9]\d*,/);
    expect(await pass(tiger.port, placed)).toContain("DUPLICATE ORDER ID");
    expect(tiger.venue.orders()).toHaveLength(1);
  });

  test("is sent with the number that was taken for it, and listed with it", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    const number = await broker.orderNumber(call());
    const { orderId } = await broker.placeOrder(restingOrder({ number }), call());
    expect(await broker.order(orderId, call())).toMatchObject({ number });
    // Another order under the same number is the vendor's to refuse: it may be the first one that comes late.
    expect(await rejection(broker.placeOrder(restingOrder({ number }), call()))).toMatchObject({ outcome: "unknown" });
    expect(tiger.venue.orders()).toHaveLength(1);
  });

  test("that the vendor has seen before, though it was sent once, is unknown and not refused", async () => {
    const tiger = await openTiger();
    // Something on the way sends every place twice and loses the first answer.
    const { port } = await openFront(async ({ body, response }) => {
      if (body.includes('"place_order"')) await pass(tiger.port, body);
      response.writeHead(200, { "content-type": "application/json" }).end(await pass(tiger.port, body));
    });
    const { broker } = await startBroker({ ...tiger, port }, POLLING);
    const order = restingOrder();
    expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({
      code: "OutcomeUnknown",
      outcome: "unknown",
    });
    const { orders } = await broker.orders({ status: "open", fresh: true }, call());
    expect(orders.map(({ tag }) => tag)).toEqual([order.tag]);
  });

  test("whose answer was lost is found by its tag by whoever comes next", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    tiger.faults.arm({ kind: "lose-answer", on: "place" });
    const order = restingOrder();
    expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({ outcome: "unknown" });
    await broker.close();
    const { broker: next } = await startBroker(tiger, POLLING);
    const { orders } = await next.orders({ status: "all", fresh: true }, call());
    expect(orders).toMatchObject([{ tag: order.tag, status: "OPEN" }]);
  });

  test("of a gateway that is listed and cannot be read shows the tag by which it is known to exist", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    tiger.faults.arm({ kind: "lose-answer", on: "place" });
    const order = restingOrder();
    expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({ outcome: "unknown" });
    const orderId = tiger.venue.orders()[0]?.wireId ?? "";
    const list = () => broker.orders({ status: "all", fresh: true }, call());
    for (const odd of [{ market: null }, { totalQuantity: -1 }, { status: null }, { secType: "BOND" }]) {
      tiger.showAs(orderId, odd);
      expect(await list()).toMatchObject({ orders: [], unmapped: [{ originSymbol: "AAPL", tag: order.tag }] });
    }
    tiger.showAs(orderId, {});
    expect((await list()).orders).toMatchObject([{ orderId }]);
    // What others hold orders for is none of it.
    tiger.showAs(orderId, { secType: "OPT", userMark: "" });
    expect((await list()).unmapped).toEqual([{ originSymbol: "AAPL", qty: order.qty }]);
    // One without an id does not stand for another.
    const { contract, direction, orderType, timeInForce, lifecycle } = order;
    const request = { contract, direction, orderType, timeInForce, lifecycle, qty: 5, price: 180 };
    const other = tiger.venue.place("LIVE", { ...request, tag: null }).wireId;
    tiger.showAs(orderId, { id: null, updateTime: 1 });
    tiger.showAs(other, { id: null, updateTime: 2 });
    expect((await list()).unmapped.map(({ tag }) => tag)).toContain(order.tag);
  });

  test("whose number cannot be had is not sent", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    tiger.setLoggedIn(false);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "not_sent" });
    expect(await broker.ping(call())).toBe(false);
    expect(tiger.venue.orders()).toEqual([]);
  });

  test.each([
    ["till canceled on paper", DEFAULT_PAPER_ACCOUNT, restingOrder({ timeInForce: "GTC" })],
    ["at the market till canceled", undefined, restingOrder({ orderType: "Market", timeInForce: "GTC" })],
    ["at the market outside of regular hours", undefined, restingOrder({ orderType: "Market", lifecycle: "ETH" })],
    ["for the night till canceled", undefined, restingOrder({ lifecycle: "OVERNIGHT", timeInForce: "GTC" })],
  ])("%s is refused before anything is sent", async (_what, account, order) => {
    const tiger = await openTiger();
    const proxy = await openProxy(tiger.port, (body) => body);
    const options = account === undefined ? POLLING : { ...POLLING, account };
    const { broker } = await startBroker({ ...tiger, port: proxy.port }, options);
    expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({
      code: "NotSupported",
      outcome: "not_sent",
    });
    expect(proxy.bodies.filter((body) => /order_no|place_order/.test(body))).toEqual([]);
  });

  test.each([
    ["80700", "CNH", "CNY"],
    ["09000", "USD", "USD"],
    ["00700", "HKD", "HKD"],
  ])("in Hong Kong's counter %s is in %s", async (symbol, currency, ours) => {
    const tiger = await openTiger();
    const contract = { tradeType: "Securities", region: "HK", symbol } as const;
    tiger.venue.setPrice(contract, 50);
    const proxy = await openProxy(tiger.port, (body) => body);
    const { broker } = await startBroker({ ...tiger, port: proxy.port }, POLLING);
    const order = restingOrder({ contract, qty: 100, price: 40, lifecycle: "ETH" });
    const { orderId } = await broker.placeOrder(order, call());
    const sent = proxy.bodies.find((body) => body.includes('"place_order"'));
    expect(sent).toContain(`\\"currency\\":\\"${currency}\\"`);
    // There are no other hours.
    expect(sent).toContain('\\"outside_rth\\":false');
    expect(await broker.order(orderId, call())).toMatchObject({ contract, currency: ours });
  });

  test("keeps its kind, session and mark when it is replaced", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    const order = restingOrder({ timeInForce: "GTC", lifecycle: "ETH" });
    const { orderId } = await broker.placeOrder(order, call());
    await broker.replaceOrder(orderId, { qty: 12, tag: order.tag }, call());
    expect(await broker.order(orderId, call())).toMatchObject({
      qty: 12,
      price: 190,
      timeInForce: "GTC",
      lifecycle: "ETH",
      tag: order.tag,
    });
  });

  test.each([
    [
      "till a date",
      { timeInForce: "GTD", expireTime: 1_799_000_000_000, userMark: "my own words" },
      { time_in_force: "GTD", expire_time: 1_799_000_000_000, user_mark: "my own words" },
    ],
    [
      "for every session",
      { tradingSessionType: "FULL", outsideRth: true },
      { trading_session_type: "FULL", outside_rth: true },
    ],
    [
      "with a fraction",
      { totalQuantity: 10_000, totalQuantityScale: 3 },
      { total_quantity: 10_000, total_quantity_scale: 3 },
    ],
  ])("placed elsewhere %s keeps what a replace does not change", async (_what, shown, sent) => {
    const tiger = await openTiger();
    const { contract, direction, orderType, timeInForce, lifecycle, qty } = restingOrder();
    const request = { contract, direction, orderType, timeInForce, lifecycle, qty, price: 190, tag: null };
    const { wireId } = tiger.venue.place("LIVE", request);
    tiger.showAs(wireId, shown);
    const proxy = await openProxy(tiger.port, (body) => body);
    const { broker } = await startBroker({ ...tiger, port: proxy.port }, POLLING);
    expect(await broker.replaceOrder(wireId, { price: 189 }, call())).toEqual({ orderId: wireId });
    const body = proxy.bodies.find((each) => each.includes('"modify_order"')) ?? "{}";
    const { biz_content: content } = JSON.parse(body) as { biz_content: string };
    expect(JSON.parse(content)).toMatchObject({ ...sent, limit_price: 189 });
    expect(await broker.order(wireId, call())).toMatchObject({ price: 189, qty: 10 });
  });

  test("placed elsewhere with a fraction is for whole shares after a replace to so many", async () => {
    const tiger = await openTiger();
    const { contract, direction, orderType, timeInForce, lifecycle, qty } = restingOrder();
    const request = { contract, direction, orderType, timeInForce, lifecycle, qty, price: 190, tag: null };
    const { wireId } = tiger.venue.place("LIVE", request);
    tiger.showAs(wireId, { totalQuantity: 10_500, totalQuantityScale: 3 });
    const { broker } = await startBroker(tiger, POLLING);
    expect(await broker.order(wireId, call())).toMatchObject({ qty: 10.5 });
    await broker.replaceOrder(wireId, { qty: 20 }, call());
    expect(tiger.venue.find(wireId)?.order).toMatchObject({ qty: 20, price: 190 });
  });

  test.each([
    ["in Hong Kong", { contract: { ...AAPL, region: "HK", symbol: "00700" }, qty: 100, price: 450 }],
    // Held until the session opens.
    ["at the market", { orderType: "Market", qty: 10 }],
  ] as const)("%s is replaced without a session, which it cannot choose", async (_what, changes) => {
    const tiger = await openTiger({ now: Date.parse("2025-06-04T22:00:00Z") });
    const { broker } = await startBroker(tiger, POLLING);
    const { orderId } = await broker.placeOrder(restingOrder(changes), call());
    expect(await broker.order(orderId, call())).toMatchObject({ lifecycle: "RTH", status: "OPEN" });
    expect(await broker.replaceOrder(orderId, { qty: 200 }, call())).toEqual({ orderId });
    expect(await broker.order(orderId, call())).toMatchObject({ lifecycle: "RTH", qty: 200 });
  });

  test("that is being changed is not changed back by a replace that leaves that out", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, POLLING);
    const { orderId } = await broker.placeOrder(restingOrder({ qty: 10, price: 190 }), call());
    await broker.replaceOrder(orderId, { qty: 20 }, call());
    // What the exchange has not confirmed yet.
    tiger.showAs(orderId, { replaceStatus: "RECEIVED", totalQuantity: 10 });
    expect(await rejection(broker.replaceOrder(orderId, { price: 189 }, call()))).toMatchObject({
      code: "RateLimited",
      outcome: "not_sent",
    });
    expect(tiger.venue.find(orderId)?.order).toMatchObject({ qty: 20, price: 190 });
    await broker.replaceOrder(orderId, { qty: 30, price: 189 }, call());
    expect(tiger.venue.find(orderId)?.order).toMatchObject({ qty: 30, price: 189 });
  });

  test.each([{ qty: 30 }, { price: 189 }])(
    "for an amount of money is not changed into one for shares by %o",
    async (change) => {
      const tiger = await openTiger();
      const { broker } = await startBroker(tiger, POLLING);
      const { orderId } = await broker.placeOrder(restingOrder({ qty: 10, price: 190 }), call());
      tiger.showAs(orderId, { totalQuantity: undefined, totalCashAmount: 1900 });
      expect(await rejection(broker.replaceOrder(orderId, change, call()))).toMatchObject({
        code: "NotSupported",
        outcome: "not_sent",
      });
      expect(tiger.venue.find(orderId)?.order).toMatchObject({ qty: 10, price: 190 });
    },
  );

  test("of a list longer than a page is listed once, like every other", async () => {
    const tiger = await openTiger({ limits: false });
    const { broker } = await startBroker(tiger, POLLING);
    for (let count = 0; count < 701; count += 1) {
      const { contract, direction, orderType, timeInForce, lifecycle } = restingOrder();
      const request = { contract, direction, orderType, timeInForce, lifecycle, qty: 1, price: 1.5 };
      tiger.venue.place("LIVE", { ...request, tag: null });
    }
    const { orders, unmapped } = await broker.orders({ status: "all", fresh: true }, call());
    expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(701);
    expect([orders.length, unmapped.length]).toEqual([701, 0]);
  });
});

test("a list of orders that has no end within the limits is read as far as they reach, and proves nothing absent", async () => {
  const tiger = await openTiger();
  const shown = restingOrder();
  let page = 0;
  const port = await openAnswers(tiger.port, (answer, body) => {
    // Each page of the history has another one behind it.
    const isPage = /"method":"orders".*page_token/.test(body);
    page += isPage ? 1 : 0;
    return isPage ? answer.replace('"nextPageToken":""', `"nextPageToken":"${endlessToken(page)}"`) : answer;
  });
  const { broker } = await startBroker({ ...tiger, port }, { ...POLLING, pollMs: 60_000 });
  const { orderId } = await broker.placeOrder(shown, call());
  const { orders, isWhole } = await broker.orders({ status: "all", fresh: true }, call());
  expect(orders.map((order) => order.orderId)).toEqual([orderId]);
  expect(page).toBeGreaterThan(1);
  expect(isWhole).toBe(false);
  // Who asks for all of them is not given some of them.
  expect(await rejection(broker.orders({ status: "all" }, call()))).toMatchObject({ code: "RateLimited" });
});

test.each([
  ["is a list itself", (items: string) => items, 1],
  ["has none", () => "{}", 0],
  ["has nothing for one", () => '{"items":null,"nextPageToken":""}', 0],
  ["is nothing", () => "null", 0],
])(
  "an answer that should have a list and %s proves no order absent that it does not show",
  async (_what, as, shown) => {
    const tiger = await openTiger();
    const port = await openAnswers(tiger.port, (answer, body) => {
      const isList = /"method":"(?:active_)?orders".*page_token/.test(body);
      const [, items = "[]"] = /"items":(\[.*\])\},"sign"/.exec(answer) ?? [];
      return isList ? answer.replace(/"data":\{.*\},"sign"/, () => `"data":${as(items)},"sign"`) : answer;
    });
    const { broker } = await startBroker({ ...tiger, port }, { ...POLLING, pollMs: 60_000 });
    await broker.placeOrder(restingOrder(), call());
    const { orders, isWhole } = await broker.orders({ status: "all", fresh: true }, call());
    expect(orders).toHaveLength(shown);
    expect(isWhole).toBe(shown === 1);
    // Nor does a list of the open ones say that there is none.
    const open = await broker.orders({ status: "open", fresh: true }, call());
    expect([open.orders.length, open.isWhole]).toEqual([shown, shown === 1]);
  },
);

test("an answer about positions that is nothing has none, as the vendor's own clients read it", async () => {
  const tiger = await openTiger();
  const port = await openAnswers(tiger.port, (answer, body) =>
    /"method":"positions".*(?:OPT|WAR|FUT)/.test(body)
      ? answer.replace(/"data":\{.*\},"sign"/, () => '"data":null,"sign"')
      : answer,
  );
  const { broker } = await startBroker({ ...tiger, port }, { ...POLLING, pollMs: 60_000 });
  const { positions } = await broker.positions(call());
  expect(positions.map(({ contract, qty }) => [contract.symbol, qty])).toEqual([
    ["QQQ", 2400],
    ["00700", 300],
  ]);
});

test.each([
  [
    "are refused of kinds that the account may not hold are those of the others",
    "bad_request:not supported",
    undefined,
  ],
  ["are refused of kinds by the words for securities are those of the others", "unsupported security type", undefined],
  ["are refused of kinds by their currency are those of the others", "currency ALL is not supported", undefined],
  ["of some kinds cannot be had now are not told without them", "service is unavailable", "BrokerFault"],
])("positions that %s", async (_what, said, fault) => {
  const tiger = await openTiger({ extraPositions: UNUSUAL_POSITIONS });
  let answers = 0;
  const port = await openAnswers(tiger.port, (answer, body) => {
    answers += 1;
    const message = `paper account response error(${said})`;
    const isOfSome = /"method":"positions".*(?:WAR|FUT)/.test(body);
    return isOfSome ? JSON.stringify({ code: 1300, message, timestamp: 0 }) : answer;
  });
  const { broker } = await startBroker({ ...tiger, port }, { ...POLLING, pollMs: 60_000 });
  const before = answers;
  const asked = await broker.positions(call()).catch((error: unknown) => error);
  await until(() => answers === before + 5);
  if (fault !== undefined) return expect(asked).toMatchObject({ code: fault });
  expect(asked).toMatchObject({ unmapped: [{}, {}] });
  const { positions } = await broker.positions(call());
  expect(positions.map(({ contract }) => contract.symbol)).toEqual(["QQQ", "00700", "NVDA"]);
});

/** The simulator's token for what is older than its oldest order, another one each time. */
function endlessToken(page: number): string {
  return Buffer.from(`orders|null|null|${page}`).toString("base64");
}

test("a refused cancel is explained by what the order is now, not by what somebody else read before", async () => {
  const tiger = await openTiger();
  const gate = Promise.withResolvers<void>();
  const asked = { reads: 0, cancels: 0 };
  const port = await openAnswers(tiger.port, async (answer, body) => {
    if (body.includes('"cancel_order"')) asked.cancels += 1;
    if (/"method":"orders".*\\"id\\":/.test(body)) {
      asked.reads += 1;
      if (asked.reads === 1) await gate.promise;
    }
    return answer;
  });
  const { broker: other } = await startBroker(tiger, POLLING);
  const { orderId } = await other.placeOrder(restingOrder(), call());
  const { broker } = await startBroker({ ...tiger, port }, { ...POLLING, pollMs: 60_000 });
  const earlier = broker.order(orderId, call());
  await until(() => asked.reads === 1);
  tiger.venue.end(orderId, "EXPIRED", "");
  tiger.faults.arm({ kind: "refuse", on: "cancel" });
  const refused = rejection(broker.cancelOrder(orderId, call()));
  await until(() => asked.cancels === 1);
  gate.resolve();
  expect(await earlier).toMatchObject({ status: "OPEN" });
  expect(await refused).toMatchObject({ code: "OrderNotOpen", outcome: "rejected" });
});

test.each([
  ["replace", (broker: TigerBroker, orderId: string) => broker.replaceOrder(orderId, { qty: 20 }, call())],
  ["cancel", (broker: TigerBroker, orderId: string) => broker.cancelOrder(orderId, call())],
] as const)("a refused %s is told as refused where what the order is now cannot be read", async (on, change) => {
  const tiger = await openTiger();
  let refused = false;
  const port = await openAnswers(tiger.port, (answer, body) => {
    refused ||= /"method":"(?:modify|cancel)_order"/.test(body);
    return refused && body.includes('"method":"orders"') ? "<html>" : answer;
  });
  const { broker } = await startBroker({ ...tiger, port }, { ...POLLING, pollMs: 60_000 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tiger.faults.arm({ kind: "refuse", on });
  expect(await rejection(change(broker, orderId))).toMatchObject({ code: "OrderRejected", outcome: "rejected" });
});

describe("a caller who goes away", () => {
  /** The gateway keeps what one method asks to itself until it is told to go on. */
  async function openHolding(method: string) {
    const tiger = await openTiger();
    const gate = Promise.withResolvers<void>();
    let held = 0;
    const { port } = await openFront(async ({ body, response }) => {
      if (body.includes(`"${method}"`)) {
        held += 1;
        await gate.promise;
      }
      if (!response.destroyed) response.end(await pass(tiger.port, body));
    });
    const { broker } = await startBroker({ ...tiger, port }, POLLING);
    return { broker, goOn: () => gate.resolve(), isHeld: () => held > 0 };
  }

  test("takes no write back that has left: what became of it is told", async () => {
    const { broker, goOn, isHeld } = await openHolding("place_order");
    const leaving = new AbortController();
    const placed = broker.placeOrder(restingOrder(), { signal: leaving.signal });
    await until(isHeld);
    leaving.abort();
    goOn();
    expect(await placed).toEqual({ orderId: expect.stringMatching(/^[1-9]/) });
  });

  test("takes no quote from those who wait for the same permission", async () => {
    const { broker, goOn, isHeld } = await openHolding("grab_quote_permission");
    const leaving = new AbortController();
    const first = rejection(broker.quote(AAPL, { signal: leaving.signal }));
    const second = broker.quote(AAPL, call());
    await until(isHeld);
    leaving.abort();
    expect(await first).toMatchObject({ code: "Timeout" });
    goOn();
    expect(await second).toMatchObject({ latest: 201.5 });
  });

  test("takes no positions from those who wait for the same ones", async () => {
    const { broker, goOn, isHeld } = await openHolding("positions");
    const leaving = new AbortController();
    const first = rejection(broker.positions({ signal: leaving.signal }));
    const second = broker.positions(call());
    await until(isHeld);
    leaving.abort();
    expect(await first).toMatchObject({ code: "Timeout" });
    goOn();
    expect((await second).positions).toHaveLength(2);
  });
});

describe("the market", () => {
  test("is told as that of the night at night", async () => {
    const simulator = await openTiger({ now: Date.parse("2025-06-04T03:00:00Z") });
    const { broker } = await startBroker(simulator, POLLING);
    expect(await broker.marketStatus(call())).toMatchObject({ Securities: { US: { unifiedStatus: "OVERNIGHT" } } });
  });
});

describe("quotes", () => {
  test("whose own gateway is gone say nothing about that of the orders", async () => {
    const tiger = await openTiger();
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const { broker, host } = await startBroker(tiger, {
      ...POLLING,
      quoteServerUrl: `http://127.0.0.1:${port}/gateway`,
    });
    expect(await rejection(broker.quote(AAPL, call()))).toMatchObject({ code: "NotConnected" });
    await broker.placeOrder(restingOrder(), call());
    expect(host.connections).toEqual([{ connected: true }]);
  });

  test("need a permission, which is grabbed once", async () => {
    const tiger = await openTiger();
    const proxy = await openProxy(tiger.port, (body) => body);
    const { broker } = await startBroker({ ...tiger, port: proxy.port }, { ...POLLING, deviceId: "52:54:00:cf:9c:e5" });
    for (let asked = 0; asked < 3; asked += 1) {
      expect(await broker.quote(AAPL, call())).toMatchObject({ latest: 201.5, isTradable: true });
    }
    const methods = proxy.bodies.map((body) => (JSON.parse(body) as { method: string }).method);
    expect(methods.filter((method) => method === "grab_quote_permission")).toHaveLength(1);
    expect(proxy.bodies.every((body) => body.includes('"device_id":"52:54:00:cf:9c:e5"'))).toBe(true);
  });

  test("that another device may read now are refused in words that say so", async () => {
    const tiger = await openTiger();
    const { broker } = await startBroker(tiger, { ...POLLING, deviceId: "one" });
    const { broker: other } = await startBroker(tiger, { ...POLLING, deviceId: "two" });
    await broker.quote(AAPL, call());
    await other.quote(AAPL, call());
    expect(await rejection(broker.quote(AAPL, call()))).toMatchObject({
      code: "AuthenticationFailed",
      message: expect.stringContaining("another device"),
    });
  });
});

test("equal reads at the same time are one call, and those that must be fresh are not", async () => {
  const tiger = await openTiger();
  const proxy = await openProxy(tiger.port, (body) => body);
  const { broker } = await startBroker({ ...tiger, port: proxy.port }, { ...POLLING, pollMs: 60_000 });
  const twice = async (read: () => Promise<unknown>) => {
    proxy.bodies.length = 0;
    await Promise.all([read(), read()]);
    return proxy.bodies.length;
  };
  expect(await twice(() => broker.cash({ currency: "USD" }, call()))).toBe(1);
  expect(await twice(() => broker.orders({ status: "open" }, call()))).toBe(1);
  expect(await twice(() => broker.orders({ status: "open", fresh: true }, call()))).toBe(2);
});

test("who lists orders once a write is answered does not join a list that was asked for before it", async () => {
  const tiger = await openTiger();
  const asked = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  let holds = false;
  const { port } = await openFront(async ({ body, response }) => {
    const text = await pass(tiger.port, body);
    if (holds && body.includes('"method":"active_orders"')) {
      holds = false;
      asked.resolve();
      await held.promise;
    }
    response.end(text);
  });
  const { broker } = await startBroker({ ...tiger, port }, { ...POLLING, pollMs: 60_000 });
  holds = true;
  const older = broker.orders({ status: "open" }, call());
  await asked.promise;
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  const newer = broker.orders({ status: "open" }, call());
  // Behind what the newer one asks for, if it asks.
  await broker.cash({ currency: "USD" }, call());
  held.resolve();
  expect((await newer).orders).toMatchObject([{ orderId }]);
  expect((await older).orders).toEqual([]);
});

test("a gateway that answers is no connection while the push service says nothing yet", async () => {
  const tiger = await openTiger();
  const silent = createTcpServer((socket) => void socket.on("error", () => {}));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void silent.close());
  const pushUrl = `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  let checks = 0;
  const port = await openAnswers(tiger.port, (answer, body) => {
    if (body.includes('"method":"active_orders"')) checks += 1;
    if (!body.includes('"method":"positions"')) return answer;
    return JSON.stringify({ code: 4, message: "access forbidden(not now)", timestamp: Date.now() });
  });
  const broker = makeBroker({ ...tiger, port }, { pushUrl });
  const connections: unknown[] = [];
  const started = broker.start({ onOrder: () => {}, onConnection: (state) => connections.push(state) });
  await new Promise((resolve) => silent.once("connection", resolve));
  // Whoever is refused looks whether the gateway is there.
  expect(await rejection(broker.positions(call()))).toMatchObject({ code: "AuthenticationFailed" });
  await until(() => checks > 0);
  expect(await broker.ping(call())).toBe(true);
  expect(connections).toEqual([]);
  await broker.close();
  await started;
});

test("a write that is given up while it is being signed was not sent", async () => {
  const stop = new AbortController();
  const gateway = createGateway({
    tigerId: "1",
    deviceId: undefined,
    token: () => undefined,
    conceal: (text) => text,
    async sign() {
      stop.abort();
      return "";
    },
    verify: async () => true,
  });
  const departure = { leaves: vi.fn(), stays: vi.fn() };
  const request = { url: "http://127.0.0.1:1", content: {}, schema: v.unknown(), signal: stop.signal, departure };
  await expect(gateway.send({ ...request, method: "place_order", purpose: "place" })).rejects.toMatchObject({
    code: "NotConnected",
    outcome: "not_sent",
  });
  expect(departure.leaves).not.toHaveBeenCalled();
});
