import { createServer, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { SECOND_ACCOUNT } from "../../../simulators/tws/accounts.ts";
import { REQUEST, RESPONSE } from "../../../simulators/tws/messages.ts";
import { errorMessage } from "../../../simulators/tws/refusal.ts";
import type { Tws } from "../../../simulators/tws/server.ts";
import { listening, openBetween } from "./between.ts";
import { ACCOUNT, call, makeBroker, openTws, rejection, restingOrder, startBroker, until } from "./setup.ts";

const DOWN = { code: "NotConnected", outcome: "not_sent" };

const READ_ONLY = "Error validating request.-'bN' : cause - The API interface is currently in Read-Only mode.";

function ledger(tws: Tws) {
  return tws.venue.orders().map(({ order }) => order);
}

test("an order that is issued while the connection is down never appears at the venue", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port);
  await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "restart", ms: 300 });
  await until(() => host.connections.at(-1)?.connected === false);
  for (const contract of [undefined, { tradeType: "Securities", region: "US", symbol: "QQQ" } as const]) {
    const order = restingOrder(contract === undefined ? {} : { contract });
    expect(await rejection(broker.placeOrder(order, call()))).toMatchObject(DOWN);
  }
  await until(() => host.connections.at(-1)?.connected === true);
  await broker.placeOrder(restingOrder({ price: 191 }), call());
  expect(ledger(tws).map(({ price }) => price)).toEqual([190, 191]);
});

test("a restart of the program finds its orders by their tags, and may cancel them", async () => {
  const tws = await openTws();
  const { broker: first } = await startBroker(tws.port);
  const order = restingOrder();
  const { orderId } = await first.placeOrder(order, call());
  await first.close();

  const { broker } = await startBroker(tws.port);
  const { orders } = await broker.orders({ status: "open", fresh: true }, call());
  expect(orders).toMatchObject([{ orderId, tag: order.tag, status: "OPEN", qty: 10, price: 190 }]);
  expect(orders[0]?.cancelable).toBeUndefined();
  await broker.replaceOrder(orderId, { price: 189, tag: order.tag }, call());
  expect(await broker.order(orderId, call())).toMatchObject({ price: 189, tag: order.tag });
  await broker.cancelOrder(orderId, call());
  expect(ledger(tws)).toMatchObject([{ status: "CANCELED", tag: order.tag }]);
});

test("a start that is overtaken by the close ends, and nothing comes behind it", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  await broker.close();
  await until(() => tws.connections().open === 0);
  const started = broker.start({ onOrder: () => {}, onConnection: () => {} });
  await broker.close();
  await started;
  expect(await broker.ping(call())).toBe(false);
  expect(tws.connections()).toEqual({ open: 0, total: 1 });
});

test("new orders never take the number of an old one, at once or after a reconnect", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port);
  const place = () => Promise.all(Array.from({ length: 20 }, () => broker.placeOrder(restingOrder(), call())));
  const before = await place();
  tws.faults.arm({ kind: "restart", ms: 20 });
  await until(() => host.connections.at(-1)?.connected === false);
  await until(() => host.connections.at(-1)?.connected === true);
  const after = await place();
  expect(new Set([...before, ...after].map(({ orderId }) => orderId)).size).toBe(40);
  expect(ledger(tws).map(({ qty }) => qty)).toEqual(Array.from({ length: 40 }, () => 10));
});

test("an order that ended on an earlier day, while nobody listened, is not told as the open one that it was", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder({ timeInForce: "GTC" }), call());
  tws.faults.arm({ kind: "restart", ms: 300 });
  await until(() => host.connections.at(-1)?.connected === false);
  tws.venue.end(orderId, "CANCELED", "");
  tws.venue.setNow(tws.venue.now() + 3 * 86_400_000);
  await until(() => host.connections.at(-1)?.connected === true);
  expect((await broker.orders({ status: "all", fresh: true }, call())).orders).toEqual([]);
  expect(await rejection(broker.order(orderId, call()))).toMatchObject({ code: "OrderNotFound" });
  expect(await rejection(broker.replaceOrder(orderId, { qty: 11 }, call()))).toMatchObject({
    code: "OrderNotFound",
    outcome: "not_sent",
  });
  await broker.cancelOrder(orderId, call());
});

test("says no while TWS has lost its link, although TWS answers the time, and comes back by itself", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port);
  expect(await broker.ping(call())).toBe(true);
  for (const dataLost of [true, false]) {
    tws.setLoggedIn(false);
    await until(() => host.connections.at(-1)?.connected === false);
    expect(await broker.ping(call())).toBe(false);
    const order = restingOrder();
    expect(await rejection(broker.placeOrder(order, call()))).toMatchObject(DOWN);
    expect(tws.connections().open).toBe(1);
    tws.setLoggedIn(true, { dataLost });
    await until(() => host.connections.at(-1)?.connected === true);
    expect(await broker.ping(call())).toBe(true);
    expect(ledger(tws).filter(({ tag }) => tag === order.tag)).toEqual([]);
  }
  await broker.placeOrder(restingOrder(), call());
});

test("says no from the beginning when TWS has no link, and yes when it has", async () => {
  const tws = await openTws();
  tws.setLoggedIn(false);
  const { broker, host } = await startBroker(tws.port);
  expect(await broker.ping(call())).toBe(false);
  expect(host.connections.filter(({ connected }) => connected)).toEqual([]);
  tws.setLoggedIn(true);
  await until(() => host.connections.at(-1)?.connected === true);
  await broker.placeOrder(restingOrder(), call());
});

test("comes back also when TWS never says that its link has", async () => {
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (Number(fields[0]) === RESPONSE.error && fields[3] === "1102" ? undefined : fields),
  );
  const { broker, host } = await startBroker(port);
  const inTime = (look: () => boolean) =>
    until(() => {
      vi.advanceTimersByTime(100);
      return look();
    });
  tws.setLoggedIn(false);
  // A new connection is told that there is still none.
  await inTime(() => tws.connections().total === 2);
  expect(await broker.ping(call())).toBe(false);
  tws.setLoggedIn(true);
  await inTime(() => host.connections.at(-1)?.connected === true);
  await broker.placeOrder(restingOrder(), call());
  expect(host.connections.map(({ connected }) => connected)).toEqual([true, false, true]);
});

/** A TWS behind what keeps one message of this kind to itself, once that is told to. */
async function openForgetful(end: number) {
  const tws = await openTws();
  let withholds = false;
  let withheld = 0;
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => {
      if (!withholds || fields[0] !== String(end)) return fields;
      withholds = false;
      withheld += 1;
      return undefined;
    },
  );
  const { broker, host } = await startBroker(port, { timeout: 600_000 });
  const withhold = async <T>(asking: () => Promise<T>) => {
    withholds = true;
    const failing = rejection(asking());
    await until(() => withheld === 1);
    return { failing };
  };
  const loseLink = async () => {
    tws.setLoggedIn(false);
    await until(() => host.connections.at(-1)?.connected === false);
    tws.setLoggedIn(true);
    await until(() => host.connections.at(-1)?.connected === true);
  };
  return { broker, withhold, loseLink };
}

test.each([
  ["open orders", RESPONSE.openOrderEnd],
  ["orders that ended", RESPONSE.completedOrderEnd],
])("comes back with TWS's link also where a list of %s was on its way when that went", async (_, end) => {
  const { broker, withhold, loseLink } = await openForgetful(end);
  const { failing } = await withhold(() => broker.orders({ status: "all" }, call()));
  await loseLink();
  expect(await failing).toMatchObject({ code: "NotConnected" });
});

test("an order does not wait for what was asked about its contract before TWS had lost its link", async () => {
  const { broker, withhold, loseLink } = await openForgetful(RESPONSE.contractDetailsEnd);
  await withhold(() => broker.placeOrder(restingOrder(), call()));
  await loseLink();
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN" });
});

test("what TWS may have kept without its link is not taken for not there as soon as that is back", async () => {
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  const list = () => broker.orders({ status: "all", fresh: true }, call());
  vi.advanceTimersByTime(30_000);
  const sentAt = Date.now();
  expect((await list()).since).toBeLessThan(sentAt);
  tws.setLoggedIn(false);
  await until(() => host.connections.at(-1)?.connected === false);
  tws.setLoggedIn(true);
  await until(() => host.connections.at(-1)?.connected === true);
  expect((await list()).since).toBeGreaterThanOrEqual(sentAt);
  expect(await broker.order(orderId, call())).toMatchObject({ originStatus: "Submitted", holdsChanges: true });
  vi.advanceTimersByTime(30_000);
  expect((await list()).since).toBeLessThan(sentAt);
  expect(await broker.order(orderId, call())).not.toHaveProperty("holdsChanges");
});

test("a TWS whose completed orders the library misreads is not traded with, and is said to be too old", async () => {
  const tws = await openTws();
  let version = "176";
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (fields[0] === "193" ? fields.with(0, version) : fields),
  );
  const { broker, host } = await startBroker(port);
  expect(host.connections).toEqual([{ connected: false, reason: expect.stringContaining("176") }]);
  expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject(DOWN);
  version = "193";
  await until(() => host.connections.at(-1)?.connected === true);
});

test("waits longer each time for a TWS that ends every connection as soon as it stands", async () => {
  const tws = await openTws();
  const pauses: number[] = [];
  const wait = setTimeout;
  const spy = vi.spyOn(globalThis, "setTimeout").mockImplementation(((act: () => void, ms = 0) => {
    // No other time has a fraction.
    if (ms > 100 && !Number.isInteger(ms)) pauses.push(ms);
    return wait(act, Number.isInteger(ms) ? ms : 0);
  }) as typeof setTimeout);
  onTestFinished(() => spy.mockRestore());
  const broker = makeBroker(tws.port);
  await broker.start({
    onOrder() {},
    onConnection({ connected }) {
      if (connected) tws.faults.arm({ kind: "restart", ms: 0 });
    },
  });
  await until(() => pauses.length >= 6);
  expect(pauses[5]).toBeGreaterThan(2_000);
});

test("finds out that a connection is only half there, and makes a new one", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port);
  tws.faults.arm({ kind: "half-open" });
  await until(async () => !(await broker.ping(call())));
  await until(() => host.connections.at(-1)?.connected === false);
  await until(() => host.connections.at(-1)?.connected === true);
  expect(await broker.ping(call())).toBe(true);
});

test("asks for the time no more often than gateways tell it, so that each look at one is answered", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const tws = await openTws({ timeEveryMs: 4_250 });
  const { broker } = await startBroker(tws.port);
  for (let look = 0; look < 20; look += 1) {
    expect(await broker.ping(call())).toBe(true);
    vi.advanceTimersByTime(700);
  }
});

test("says clearly that its client id is in use, and takes over when it is free", async () => {
  const tws = await openTws();
  const { broker: first } = await startBroker(tws.port, { clientId: 3 });
  const { broker, host } = await startBroker(tws.port, { clientId: 3 });
  expect(await rejection(broker.orders({ status: "open" }, call()))).toMatchObject({
    ...DOWN,
    message: expect.stringContaining("client id 3"),
  });
  expect(await first.ping(call())).toBe(true);
  await first.close();
  await until(() => host.connections.at(-1)?.connected === true);
});

test("says that TWS is read-only, instead of that it does not answer", async () => {
  const tws = await openTws();
  // A list that TWS refuses has no end, and the refusal has the number of no request.
  const lists = [REQUEST.openOrders, REQUEST.allOpenOrders, REQUEST.completedOrders];
  const ends = [RESPONSE.openOrderEnd, RESPONSE.completedOrderEnd];
  const port = await openBetween(
    tws,
    ([id]) => (lists.some((list) => list === Number(id)) ? errorMessage(2_147_483_647, 321, READ_ONLY) : undefined),
    (fields) => (ends.some((end) => end === Number(fields[0])) ? undefined : fields),
  );
  const { broker } = await startBroker(port, { timeout: 3_000 });
  expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
    ...DOWN,
    message: expect.stringContaining("Read-Only"),
  });
});

test("serves one of several accounts of a login, and asks which when it is not said", async () => {
  const tws = await openTws({ accounts: [ACCOUNT, SECOND_ACCOUNT] });
  await expect(makeBroker(tws.port).start({ onOrder() {}, onConnection() {} })).rejects.toThrow(
    "set accountId to one of: ****4567, ****4321",
  );
  await expect(
    makeBroker(tws.port, { accountId: "U1234567" }).start({ onOrder() {}, onConnection() {} }),
  ).rejects.toThrow("has no account ****4567");

  const { broker: one } = await startBroker(tws.port, { clientId: 1, accountId: ACCOUNT });
  const { broker: two, host } = await startBroker(tws.port, { clientId: 2, accountId: SECOND_ACCOUNT });
  expect(two.capabilities()).toMatchObject({ environment: "SIMULATE", account: "****4321" });
  const { orderId } = await one.placeOrder(restingOrder(), call());
  await one.placeOrder(restingOrder({ price: 300, qty: 5 }), call());
  expect((await two.orders({ status: "all", fresh: true }, call())).orders).toEqual([]);
  expect(await rejection(two.order(orderId, call()))).toMatchObject({ code: "OrderNotFound" });
  expect(await rejection(two.cancelOrder(orderId, call()))).toMatchObject({ code: "OrderNotFound" });
  const held = async (broker: typeof one) =>
    (await broker.positions(call())).positions.map(({ contract: { symbol }, qty }) => `${symbol} ${qty}`).sort();
  await until(async () => (await held(one)).includes("AAPL 5"));
  expect(await held(two)).toEqual(["00700 300", "QQQ 2400"]);
  expect((await two.cash({ currency: "USD" }, call())).amount).toBe(1_000_000);
  expect((await one.cash({ currency: "USD" }, call())).amount).toBeLessThan(1_000_000);
  expect(host.orders).toEqual([]);
});

test("an order of another account that TWS tells of before the account is known is not one of this account", async () => {
  const tws = await openTws({ accounts: [ACCOUNT, SECOND_ACCOUNT] });
  const through = (behind: (fields: readonly string[]) => readonly string[] | undefined) =>
    openBetween(tws, () => undefined, undefined, behind);
  let told: readonly string[] | undefined;
  const port = await through((fields) => {
    if (Number(fields[0]) === RESPONSE.openOrder) told = fields;
    return undefined;
  });
  const { broker: first } = await startBroker(port, { accountId: SECOND_ACCOUNT });
  await first.placeOrder(restingOrder(), call());
  await first.close();
  const early = await through(([id]) => (Number(id) === RESPONSE.nextValidId ? told : undefined));
  const { broker, host } = await startBroker(early, { accountId: ACCOUNT });
  expect((await broker.orders({ status: "all", fresh: true }, call())).orders).toEqual([]);
  expect(host.orders).toEqual([]);
});

test("orders go to the account that was first chosen, also when TWS comes back with another login", async () => {
  const before = await openTws({ accounts: [ACCOUNT] });
  const { broker } = await startBroker(before.port);
  await broker.placeOrder(restingOrder(), call());
  await before.close();
  const after = await openTws({ accounts: ["U7654321"], port: before.port });
  const place = () =>
    broker.placeOrder(restingOrder(), call()).then(
      () => "placed",
      (error: Error) => error.message,
    );
  const ends: string[] = [];
  await until(async () => ends.push(await place()) > 0 && /placed|has no account/.test(ends.at(-1) ?? ""));
  expect(ends.at(-1)).toContain("has no account ****4567; it has: ****4321");
  expect(ledger(after)).toEqual([]);
  expect(broker.capabilities()).toMatchObject({ environment: "SIMULATE", account: "****4567" });
});

test("a listener of the host that throws harms nothing", async () => {
  const tws = await openTws();
  const broker = makeBroker(tws.port);
  await broker.start({
    onOrder() {
      throw new Error("from the host");
    },
    onConnection() {
      throw new Error("from the host");
    },
  });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN" });
  expect(tws.connections().total).toBe(1);
});

test("a doubt about an order that cannot be looked into for want of the link ends that order alone", async () => {
  const tws = await openTws();
  let doubted = 0;
  const port = await openBetween(tws, ([id, number]) => {
    if (id !== "3") return undefined;
    doubted += 1;
    tws.setLoggedIn(false);
    return errorMessage(Number(number), 10311, "This order will be directly routed to NASDAQ.");
  });
  const uncaught: unknown[] = [];
  const hear = (error: unknown) => void uncaught.push(error);
  process.on("uncaughtException", hear);
  onTestFinished(() => void process.off("uncaughtException", hear));
  const { broker } = await startBroker(port, { writeTimeout: 2_000 });
  tws.faults.arm({ kind: "stall", on: "place" });
  expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ code: "OutcomeUnknown" });
  expect(doubted).toBe(1);
  expect(uncaught).toEqual([]);
});

test("a message that cannot be read ends the connection, not the process", async () => {
  const sockets: Socket[] = [];
  const text = (...fields: unknown[]) => {
    const body = Buffer.from(fields.map((field) => `${field}\0`).join(""));
    const head = Buffer.alloc(4);
    head.writeInt32BE(body.length);
    return Buffer.concat([head, body]);
  };
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(text(193, "20261122 10:00:00 EST"));
      // The last field ought to be JSON.
      socket.write(text(4, 2, 5, 201, "no", "{broken"));
    });
  });
  const { broker, host } = await startBroker(await listening(server, sockets));
  expect(host.connections).toEqual([{ connected: false, reason: expect.any(String) }]);
  expect(await rejection(broker.cash({ currency: "USD" }, call()))).toMatchObject({
    code: "NotConnected",
    message: expect.stringContaining("could not be read"),
  });
});

test("a connection that ends in one piece with the last that setting it up waited for never was one", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    undefined,
    ([id]) =>
      Number(id) === RESPONSE.executionDetailsEnd ? errorMessage(-1, 1300, "TWS resets its port.") : undefined,
  );
  const { broker, host } = await startBroker(port);
  await until(() => tws.connections().total >= 3);
  expect(host.connections).toEqual([{ connected: false, reason: expect.any(String) }]);
  expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject(DOWN);
});

test.each([
  ["while a session is set up", RESPONSE.currentTime],
  ["later", RESPONSE.positionEnd],
])("that Interactive Brokers will soon let a version of TWS log in no more is told, said %s", async (_, kind) => {
  const tws = await openTws();
  const text =
    "The version of the application you are running, 1037.1, needs to be upgraded, as it will be desupported on 20261215.";
  const port = await openBetween(
    tws,
    () => undefined,
    undefined,
    ([id]) => (Number(id) === kind ? errorMessage(-1, 2172, text) : undefined),
  );
  const { broker, host } = await startBroker(port);
  await broker.positions(call());
  await broker.positions(call());
  expect(host.connections.filter(({ reason }) => reason !== undefined)).toEqual([{ connected: true, reason: text }]);
  expect(tws.connections().total).toBe(1);
  await broker.placeOrder(restingOrder(), call());
});

test("what cannot go out in time for the frequency limit is no silence of TWS", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port, { deadlineMs: 1_000 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  // A look at the gateway answers for two seconds.
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  const canceling = Promise.allSettled(Array.from({ length: 100 }, () => broker.cancelOrder(orderId, call())));
  await new Promise((resolve) => setImmediate(resolve));
  await broker.ping(call());
  const ends = await canceling;
  expect(
    ends.filter(({ status }) => status === "rejected").map((end) => Reflect.get(end, "reason").code),
  ).not.toContain("OutcomeUnknown");
  expect(host.connections).toEqual([{ connected: true }]);
});

test("stays below the vendor's fifty messages a second, ends of subscriptions included", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const symbols = ["AAPL", "QQQ", "BRK.B"].map(
    (symbol) => ({ tradeType: "Securities", region: "US", symbol }) as const,
  );
  const end = performance.now() + 2_500;
  const quoting = symbols.map(async (contract) => {
    while (performance.now() < end) await broker.quote(contract, call());
  });
  const placing = Array.from({ length: 60 }, () => broker.placeOrder(restingOrder(), call()));
  // The simulator answers the fifty-first message of a second with the vendor's error 100.
  await Promise.all([...quoting, ...placing]);
  expect(ledger(tws)).toHaveLength(60);
  expect(tws.connections()).toEqual({ open: 1, total: 1 });
});
