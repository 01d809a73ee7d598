/** The truth about the connection, and its return. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { MS } from "../../../src/brokers/longport/timing.ts";
import {
  AAPL,
  call,
  makeBroker,
  openLongport,
  rejection,
  restingOrder,
  startBroker,
  TRANSPORTS,
  until,
} from "./setup.ts";

const QQQ = { tradeType: "Securities", region: "US", symbol: "QQQ" } as const;

describe.each(TRANSPORTS)("the connection over %s", (transport) => {
  test("ping is false before the start, true on live links, false after the close, which closes them", async () => {
    const server = await openLongport();
    const broker = makeBroker(server.port, { transport });
    expect(await broker.ping(call())).toBe(false);
    await broker.start({ onOrder: () => {}, onConnection: () => {} });
    expect(await broker.ping(call())).toBe(true);
    expect(server.connections()).toMatchObject({ quote: 1, trade: 1 });
    await broker.close();
    await broker.close();
    expect(await broker.ping(call())).toBe(false);
    await until(() => server.connections().open === 0);
    await broker.start({ onOrder: () => {}, onConnection: () => {} });
    expect(await broker.ping(call())).toBe(true);
  });

  test("links that are cut make ping false, refuse orders unsent, and come back with their pushes", async () => {
    const server = await openLongport();
    const { broker, host } = await startBroker(server.port, { transport });
    await broker.placeOrder(restingOrder(), call());
    server.faults.arm({ kind: "restart", ms: 1_500 });
    await until(async () => !(await broker.ping(call())));
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
      code: "NotConnected",
      outcome: "not_sent",
    });
    await until(() => broker.ping(call()));
    expect(server.venue.orders()).toHaveLength(1);
    expect(host.connections.map(({ connected }) => connected)).toEqual([true, false, true]);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await until(() => host.orders.some((order) => order.orderId === orderId));
    expect(server.connections()).toMatchObject({ quote: 1, trade: 1 });
  });

  test("a service that is down behind its front makes ping false", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port, { transport });
    server.setLoggedIn(false);
    await until(async () => !(await broker.ping(call())));
    server.setLoggedIn(true);
    await until(() => broker.ping(call()));
  });

  test("what an earlier run heard of HTTP does not count for the next", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port, { transport });
    const { port } = server;
    await server.close();
    await until(async () => !(await broker.ping(call())));
    await rejection(broker.cash({ currency: "USD" }, call()));
    await broker.close();
    await openLongport({ port });
    await broker.start({ onOrder: () => {}, onConnection: () => {} });
    await until(() => broker.ping(call()));
    await broker.placeOrder(restingOrder(), call());
  });

  test("an order that no link is there for says why there is none", async () => {
    const server = await openLongport();
    const { broker, host } = await startBroker(server.port, { transport, accessToken: "another-token" });
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
      code: "NotConnected",
      message: expect.stringMatching(/token/),
    });
    expect(host.connections).toEqual([{ connected: false, reason: expect.any(String) }]);
  });

  test("a service that is not there when it starts is found when it comes", async () => {
    const away = await openLongport();
    const { port } = away;
    await away.close();
    const { broker, host } = await startBroker(port, { transport });
    expect(host.connections).toEqual([{ connected: false, reason: expect.any(String) }]);
    expect(await rejection(broker.cash({ currency: "USD" }, call()))).toMatchObject({ code: "NotConnected" });
    await openLongport({ port });
    await until(() => broker.ping(call()));
    expect(host.connections.map(({ connected }) => connected)).toEqual([false, true]);
  });
});

describe("links over web", () => {
  test("are resumed with their session, and begin anew where it is forgotten", async () => {
    const server = await openLongport();
    const { broker, host } = await startBroker(server.port);
    for (const kind of ["drop", "forget-sessions"] as const) {
      if (kind === "forget-sessions") server.faults.arm({ kind });
      const before = host.connections.length;
      server.faults.arm({ kind: "drop", on: "push" });
      await broker.placeOrder(restingOrder(), call());
      await until(() => host.connections.length === before + 2);
      await until(() => broker.ping(call()));
    }
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await until(() => host.orders.some((order) => order.orderId === orderId));
  });

  test("a service that is away is not asked without a pause, however good the session still is", async () => {
    const server = await openLongport();
    const { broker, host } = await startBroker(server.port);
    await server.close();
    let asked = 0;
    const away = createServer((socket) => {
      asked += 1;
      socket.destroy();
    });
    onTestFinished(() => void away.close());
    await once(away.listen(server.port, "127.0.0.1"), "listening");
    await until(() => host.connections.some(({ connected }) => !connected));
    await delay(1_500);
    // Two links and HTTP, a handful of times each: without a pause it would be hundreds.
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(40);
    await broker.close();
  });

  test("a service that takes a link and closes it at once is asked ever less often", async () => {
    const server = await openLongport();
    let links = 0;
    const between = createServer((client) => {
      links += 1;
      const there = connect(server.port, "127.0.0.1");
      for (const socket of [client, there]) socket.on("error", () => {});
      let said = 0;
      client.on("data", () => {
        said += 1;
        // The connection, the login, and the subscription, whose answer is the last.
        if (said === 3) there.once("data", () => client.end());
      });
      client.on("close", () => there.destroy());
      client.pipe(there).pipe(client);
    });
    onTestFinished(() => void between.close());
    await once(between.listen(0, "127.0.0.1"), "listening");
    const tradeWsUrl = `ws://127.0.0.1:${(between.address() as AddressInfo).port}/trade/v2`;
    const { broker, host } = await startBroker(server.port, { tradeWsUrl });
    await delay(4_000);
    expect(host.connections.length).toBeGreaterThan(2);
    // At the first of its pauses it would be twenty.
    expect(links).toBeLessThan(10);
    await broker.close();
  });

  test("a half-open link is found by its silence and replaced", async () => {
    const server = await openLongport();
    const { broker, host } = await startBroker(server.port);
    server.faults.arm({ kind: "half-open", on: "push" });
    await broker.placeOrder(restingOrder(), call());
    await until(async () => !(await broker.ping(call())));
    await until(() => broker.ping(call()));
    expect(host.connections.map(({ connected }) => connected)).toEqual([true, false, true]);
  });

  test("are not taken for lost where a read is given up just before it is sent", async () => {
    const server = await openLongport();
    const { broker, host } = await startBroker(server.port);
    await until(() => broker.ping(call()));
    const client = new AbortController();
    const { subtle } = globalThis.crypto;
    const sign = subtle.sign.bind(subtle);
    const signing = vi.spyOn(subtle, "sign").mockImplementationOnce((...given) => {
      client.abort();
      return sign(...given);
    });
    onTestFinished(() => signing.mockRestore());
    await rejection(broker.cash({ currency: "USD" }, client));
    await broker.placeOrder(restingOrder(), call());
    expect(host.connections).toEqual([{ connected: true }]);
  });

  test("that are asked whether they are there stay, as the vendor answers no heartbeats there", async () => {
    const timers = vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await openLongport();
    const { host } = await startBroker(server.port);
    await until(() => server.connections().quote === 1 && host.connections.length === 1);
    timers.advanceTimersByTime(MS.heartbeat);
    await delay(MS.probe + 500);
    expect(host.connections).toEqual([{ connected: true }]);
    expect(server.connections()).toMatchObject({ quote: 1, trade: 1, total: 2 });
    server.faults.arm({ kind: "half-open", on: "connect" });
    timers.advanceTimersByTime(MS.heartbeat);
    await until(() => server.connections().total === 3);
  });

  test("that find nobody leave it to the system to say why", async () => {
    const away = await openLongport();
    await away.close();
    const { broker } = await startBroker(away.port);
    expect(await rejection(broker.cash({ currency: "USD" }, call()))).toMatchObject({
      code: "NotConnected",
      message: expect.stringContaining(`ECONNREFUSED 127.0.0.1:${away.port}`),
    });
  });

  test("are not opened beyond the vendor's limit, and the reason is said", async () => {
    const server = await openLongport();
    server.faults.arm({ kind: "connection-limit", on: "connect", count: 2 });
    const { broker, host } = await startBroker(server.port);
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
      code: "NotConnected",
      message: expect.stringMatching(/links/),
    });
    await until(() => host.connections.at(-1)?.connected === true);
  });

  test("a quote link that the vendor has no room for takes nothing away from orders", async () => {
    const server = await openLongport();
    const quoteLinks = new Set<Socket>();
    let tried = 0;
    const between = createServer((client) => {
      tried += 1;
      quoteLinks.add(client);
      const there = connect(server.port, "127.0.0.1");
      for (const socket of [client, there]) socket.on("error", () => {});
      client.on("close", () => there.destroy());
      client.pipe(there).pipe(client);
    });
    onTestFinished(() => void between.close());
    await once(between.listen(0, "127.0.0.1"), "listening");
    const quoteWsUrl = `ws://127.0.0.1:${(between.address() as AddressInfo).port}/quote/v2`;
    const { broker, host } = await startBroker(server.port, { quoteWsUrl });
    await until(() => broker.ping(call()));
    // Its session is refused, and then the passwords that it asks for.
    server.faults.arm({ kind: "connection-limit", on: "connect", count: 3 });
    for (const socket of quoteLinks) socket.destroy();
    await until(() => server.faults.armed() === 0);
    await until(() => broker.ping(call()));
    expect(tried).toBeGreaterThan(2);
    expect(host.connections.map(({ connected }) => connected)).toEqual([true]);
    await broker.close();
  });

  test("a quote link that comes late is asked nothing that nobody waits for any more", async () => {
    const server = await openLongport();
    let isThere = false;
    const between = createServer((client) => {
      const there = connect(server.port, "127.0.0.1");
      for (const socket of [client, there]) socket.on("error", () => {});
      client.on("close", () => there.destroy());
      if (isThere) client.pipe(there).pipe(client);
      else client.destroy();
    });
    onTestFinished(() => void between.close());
    await once(between.listen(0, "127.0.0.1"), "listening");
    const quoteWsUrl = `ws://127.0.0.1:${(between.address() as AddressInfo).port}/quote/v2`;
    const { broker } = await startBroker(server.port, { quoteWsUrl, transport: "native" });
    const asked = vi.spyOn(server.venue, "quote");
    expect(await rejection(broker.quote(AAPL, call(200)))).toMatchObject({ code: "Timeout" });
    isThere = true;
    expect(await broker.quote(QQQ, call())).toMatchObject({ contract: QQQ });
    expect(asked.mock.calls.map(([{ symbol }]) => symbol)).toEqual([QQQ.symbol]);
  });

  test("ping says the truth beside as many quotes as there may be", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port);
    const asked = Array.from({ length: 50 }, (_, index) => {
      const symbol = `A${String.fromCharCode(65 + (index % 26), 65 + Math.floor(index / 26))}`;
      return broker.quote({ tradeType: "Securities", region: "US", symbol }, call()).catch(() => {});
    });
    expect(await broker.ping(call())).toBe(true);
    await Promise.all(asked);
    // Nor do those that a slow service keeps on their way stand in its way.
    server.faults.arm({ kind: "delay", on: "read", ms: 2_000, count: 5 });
    const slow = Array.from({ length: 6 }, (_, index) =>
      broker
        .quote({ tradeType: "Securities", region: "US", symbol: `B${String.fromCharCode(65 + index)}` }, call())
        .catch(() => {}),
    );
    await delay(1_000);
    expect(await broker.ping(call())).toBe(true);
    await Promise.all(slow);
  });

  test("quotes that waited for a slow service keep to its limits when it is fast again", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port);
    server.faults.arm({ kind: "delay", on: "read", ms: 2_000, count: 5 });
    const errors: unknown[] = [];
    const asked = Array.from({ length: 35 }, (_, index) => {
      const symbol = `A${String.fromCharCode(65 + (index % 26), 65 + Math.floor(index / 26))}`;
      return broker
        .quote({ tradeType: "Securities", region: "US", symbol }, call())
        .catch((error: { code: string }) => errors.push(error.code));
    });
    await Promise.all(asked);
    expect(errors).not.toContain("RateLimited");
  });

  test("quote calls keep to the vendor's limits", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port);
    const contracts = ["AAPL", "QQQ", "BRK.B"].map(
      (symbol) => ({ tradeType: "Securities", region: "US", symbol }) as const,
    );
    const quotes = Array.from({ length: 15 }, (_, index) => contracts[index % 3] ?? contracts[0]);
    const seen = [];
    for (const contract of quotes) if (contract !== undefined) seen.push(await broker.quote(contract, call()));
    expect(seen).toHaveLength(15);
  });
});

test("an order that waited for its turn while the link was away does not go out when it is back", async () => {
  const server = await openLongport();
  const { broker, host } = await startBroker(server.port, { deadlineMs: 20_000 });
  const ids = Array.from({ length: 4 }, () => server.venue.place("LB", restingOrder()).wireId);
  // Cancels need no link, and go before it one after the other.
  server.faults.arm({ kind: "delay", on: "cancel", ms: 900, count: ids.length });
  server.faults.arm({ kind: "drop", on: "push" });
  const canceling = Promise.all(ids.map((id) => broker.cancelOrder(id, call())));
  expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
    code: "NotConnected",
    outcome: "not_sent",
    message: expect.stringContaining("the connection was lost before the request was sent"),
  });
  await canceling;
  expect(host.connections.map(({ connected }) => connected)).toEqual([true, false, true]);
  expect(server.venue.orders()).toHaveLength(ids.length);
});

test("a native link that goes as soon as it is there is told as gone", async () => {
  const server = await openLongport();
  const broker = makeBroker(server.port, { transport: "native" });
  const told: boolean[] = [];
  await broker.start({
    onOrder: () => {},
    onConnection({ connected }) {
      if (told.push(connected) === 1) server.setLoggedIn(false);
    },
  });
  await until(() => told.length > 1);
  expect(told).toEqual([true, false]);
  expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ code: "NotConnected" });
  server.setLoggedIn(true);
  await until(() => told.length > 2);
  expect(told).toEqual([true, false, true]);
});
