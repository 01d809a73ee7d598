import { describe, expect, test } from "vitest";
import type { Contract } from "../../../src/domain/contract.ts";
import type { Quote } from "../../../src/domain/quote.ts";
import type { Broker } from "../../../src/spec/broker.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import {
  AAPL,
  call,
  closedAccount,
  errorOf,
  limit,
  openAccount,
  REGULAR,
  security,
  start,
  TENCENT,
  until,
} from "./account.ts";

/** Another broker, of which only the quotes matter. */
function quoteBroker() {
  const state = {
    price: 200,
    isTradable: true,
    up: true,
    asked: [] as string[],
    life: [] as string[],
    fault: undefined as Error | undefined,
    silent: false,
    late: undefined as Promise<void> | undefined,
    timestamp: REGULAR - 5,
  };
  const broker: Broker = {
    kind: "other",
    display: "Other",
    capabilities: () => ({
      environment: "REAL",
      account: null,
      markets: [],
      orders: [],
      quotes: ["US", "JP"],
      push: "none",
      listing: { complete: false, settleMs: 0 },
    }),
    start: async () => void state.life.push("start"),
    close: async () => void state.life.push("close"),
    ping: async () => state.up,
    quote: async (contract: Contract, { signal }): Promise<Quote> => {
      state.asked.push(contract.symbol);
      if (state.silent) {
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new BrokerError("Timeout", "gave up")), { once: true });
        });
      }
      const { price, isTradable, timestamp } = state;
      await state.late;
      if (state.fault !== undefined) throw state.fault;
      if (contract.symbol === "NOPE") throw new BrokerError("UnknownContract", "no such stock");
      return {
        contract,
        currency: "USD",
        isTradable,
        latest: price,
        preClose: 198,
        highPrice: 203,
        lowPrice: 197,
        openPrice: 199,
        timestamp,
      };
    },
  };
  return { state, broker };
}

describe("another broker's quotes", () => {
  test("are what is quoted, and what orders meet", async () => {
    const { state, broker: quotes } = quoteBroker();
    const { broker } = await openAccount({ quotes });
    expect(await broker.quote(AAPL, call())).toMatchObject({ latest: 200, preClose: 198, timestamp: REGULAR - 5 });
    expect(broker.capabilities().quotes).toEqual(["US"]);
    state.price = 180;
    const { orderId } = await broker.placeOrder(limit(), call());
    expect(await broker.order(orderId, call())).toMatchObject({ status: "FILLED", avgPrice: 180 });
    await broker.close();
  });

  test("list whatever contract the other broker knows", async () => {
    const { broker: quotes } = quoteBroker();
    const { broker } = await openAccount({ quotes });
    const msft = security("US", "MSFT");
    const { orderId } = await broker.placeOrder(limit({ contract: msft, price: 200 }), call());
    expect(await broker.order(orderId, call())).toMatchObject({ status: "FILLED", contract: msft });
    await broker.close();
  });

  test("come without the dust of floats", async () => {
    const { state, broker: quotes } = quoteBroker();
    state.price = 201.49999999999997;
    const { broker } = await openAccount({ quotes });
    const { orderId } = await broker.placeOrder(limit({ price: 205 }), call());
    expect(await broker.order(orderId, call())).toMatchObject({ avgPrice: 201.5 });
    await broker.close();
  });

  test("are looked at again and again for contracts with open orders, and for no others", async () => {
    const { state, broker: quotes } = quoteBroker();
    const { broker, pushes } = await openAccount({ quotes, quoteIntervalMs: 100 });
    await broker.quote(security("US", "MSFT"), call());
    const { orderId } = await broker.placeOrder(limit(), call());
    state.asked.length = 0;
    await until(() => state.asked.length >= 2);
    state.price = 185;
    await until(() => pushes.some((order) => order.orderId === orderId && order.status === "FILLED"));
    expect(new Set(state.asked)).toEqual(new Set(["AAPL"]));
    await broker.close();
  });

  test("that fail for a while leave the order waiting", async () => {
    const { state, broker: quotes } = quoteBroker();
    const { broker, pushes } = await openAccount({ quotes, quoteIntervalMs: 100 });
    await broker.placeOrder(limit(), call());
    state.fault = new BrokerError("NotConnected", "gone");
    state.asked.length = 0;
    await until(() => state.asked.length >= 2);
    state.fault = undefined;
    state.price = 185;
    await until(() => pushes.at(-1)?.status === "FILLED");
    await broker.close();
  });

  test.each([
    ["is not connected", new BrokerError("NotConnected", "gone"), "NotConnected"],
    ["is too slow", new BrokerError("Timeout", "slow"), "NotConnected"],
    ["fails in its own way", new Error("bug"), "NotConnected"],
    ["asks for patience", new BrokerError("RateLimited", "wait", { retryAfterMs: 700 }), "RateLimited"],
    ["claims to know nothing", new BrokerError("OutcomeUnknown", "?"), "NotConnected"],
  ] as const)("an order is not sent when the other broker %s", async (_name, fault, code) => {
    const { state, broker: quotes } = quoteBroker();
    const { broker, pushes } = await openAccount({ quotes });
    const { orderId } = await broker.placeOrder(limit(), call());
    state.fault = fault;
    const refused = await errorOf(broker.placeOrder(limit(), call()));
    expect(refused).toMatchObject({ code, outcome: "not_sent" });
    if (code === "RateLimited") expect(refused.retryAfterMs).toBe(700);
    expect(await errorOf(broker.replaceOrder(orderId, { qty: 5 }, call()))).toMatchObject({
      code,
      outcome: "not_sent",
    });
    expect(pushes).toHaveLength(1);
    await broker.cancelOrder(orderId, call());
    await broker.close();
  });

  test("that fail when a session opens leave what has waited for it waiting, and not to meet an older price", async () => {
    const { state, broker: quotes } = quoteBroker();
    let now = REGULAR - 2 * 3_600_000;
    const { broker, pushes } = await openAccount({ quotes, quoteIntervalMs: 100, clock: () => now });
    state.price = 180;
    const { orderId } = await broker.placeOrder(limit(), call());
    state.fault = new BrokerError("NotConnected", "gone");
    now = REGULAR;
    expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN" });
    state.asked.length = 0;
    await until(() => state.asked.length >= 2);
    Object.assign(state, { fault: undefined, price: 195 });
    state.asked.length = 0;
    await until(() => state.asked.length >= 2);
    expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN" });
    state.price = 185;
    await until(() => pushes.at(-1)?.status === "FILLED");
    expect(await broker.order(orderId, call())).toMatchObject({ avgPrice: 185 });
    await broker.close();
  });

  const minute = 60_000;
  test.each([
    ["the evening before", REGULAR - 18 * 60 * minute],
    ["before the opening", REGULAR - 61 * minute],
    ["nobody knows when", 0],
    ["no time at all", Number.NaN],
    ["before all calendars", -1e18],
  ])("from %s fill nothing when the session has opened", async (_when, timestamp) => {
    const { state, broker: quotes } = quoteBroker();
    let now = REGULAR - 2 * 60 * minute;
    const { broker, pushes } = await openAccount({ quotes, quoteIntervalMs: 100, clock: () => now });
    Object.assign(state, { price: 180, timestamp });
    const waiting = [await broker.placeOrder(limit(), call())];
    now = REGULAR - 60 * minute + 1000;
    waiting.push(await broker.placeOrder(limit({ orderType: "Market" }), call()));
    state.asked.length = 0;
    await until(() => state.asked.length >= 3);
    expect(pushes.map(({ status }) => status)).toEqual(["OPEN", "OPEN"]);
    Object.assign(state, { price: 185, timestamp: now });
    await until(() => pushes.length === 4);
    for (const { orderId } of waiting) {
      expect(await broker.order(orderId, call())).toMatchObject({ status: "FILLED", avgPrice: 185 });
    }
    await broker.close();
  });

  test("from before lunch fill nothing after it, and those from before the bell what trades before and after it", async () => {
    const { state, broker: quotes } = quoteBroker();
    let now = Date.parse("2025-05-28T13:00:01+08:00");
    const { broker } = await openAccount({ quotes, clock: () => now });
    Object.assign(state, { price: 500, timestamp: Date.parse("2025-05-28T11:59:59+08:00") });
    const order = limit({ contract: TENCENT, qty: 100, price: 500 });
    const { orderId } = await broker.placeOrder(order, call());
    expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN" });
    now = REGULAR;
    Object.assign(state, { price: 180, timestamp: REGULAR - 61 * minute });
    const extended = await broker.placeOrder(limit({ lifecycle: "ETH" }), call());
    expect(await broker.order(extended.orderId, call())).toMatchObject({ status: "FILLED" });
    await broker.close();
  });

  test("that come late fill no order that was placed after a newer one", async () => {
    const { state, broker: quotes } = quoteBroker();
    const { broker, pushes } = await openAccount({ quotes });
    const { promise, resolve } = Promise.withResolvers<void>();
    Object.assign(state, { late: promise, price: 180 });
    const early = broker.quote(AAPL, call());
    await until(() => state.asked.length === 1);
    Object.assign(state, { late: undefined, price: 200 });
    await broker.placeOrder(limit(), call());
    resolve();
    expect(await early).toMatchObject({ latest: 180 });
    expect(pushes.map(({ status }) => status)).toEqual(["OPEN"]);
    await broker.close();
  });

  test("without a last price send no order to meet an older one", async () => {
    const { state, broker: quotes } = quoteBroker();
    const { broker, pushes } = await openAccount({ quotes });
    const { orderId } = await broker.placeOrder(limit(), call());
    state.price = 0;
    for (const writing of [
      broker.placeOrder(limit({ price: 205 }), call()),
      broker.replaceOrder(orderId, { price: 205 }, call()),
    ]) {
      expect(await errorOf(writing)).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
    }
    expect(pushes).toMatchObject([{ orderId, status: "OPEN" }]);
    await broker.close();
  });

  test("an unknown contract is unknown here too", async () => {
    const { broker: quotes } = quoteBroker();
    const { broker } = await openAccount({ quotes });
    const order = limit({ contract: security("US", "NOPE") });
    expect(await errorOf(broker.placeOrder(order, call()))).toMatchObject({
      code: "UnknownContract",
      outcome: "not_sent",
    });
    expect(await errorOf(broker.quote(order.contract, call()))).toMatchObject({ code: "UnknownContract" });
    await broker.close();
  });

  test("of a suspended stock fill nothing, and no order is taken for it", async () => {
    const { state, broker: quotes } = quoteBroker();
    const { broker } = await openAccount({ quotes, quoteIntervalMs: 100 });
    const { orderId } = await broker.placeOrder(limit(), call());
    Object.assign(state, { isTradable: false, price: 100 });
    state.asked.length = 0;
    await until(() => state.asked.length >= 2);
    expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN" });
    expect(await errorOf(broker.placeOrder(limit(), call()))).toMatchObject({
      code: "OrderRejected",
      outcome: "rejected",
    });
    await broker.close();
  });

  test("that never come end with the call, and with the account, and send nothing", async () => {
    const { state, broker: quotes } = quoteBroker();
    const { broker, pushes } = await openAccount({ quotes });
    state.silent = true;
    const deadline = new AbortController();
    const placing = errorOf(broker.placeOrder(limit(), call(deadline.signal)));
    const quoting = errorOf(broker.quote(AAPL, call()));
    await until(() => state.asked.length === 2);
    deadline.abort();
    expect(await placing).toMatchObject({ outcome: "not_sent" });
    const orphan = errorOf(broker.placeOrder(limit(), call()));
    await until(() => state.asked.length === 3);
    await broker.close();
    expect(await orphan).toMatchObject({ outcome: "not_sent" });
    expect(await quoting).toMatchObject({ code: "Timeout" });
    expect(pushes).toEqual([]);
  });

  test.each(["the call was given up", "the account was closed"])("that come after %s send nothing", async (what) => {
    const { state, broker: quotes } = quoteBroker();
    const { broker, pushes } = await openAccount({ quotes });
    const { promise, resolve } = Promise.withResolvers<void>();
    state.late = promise;
    const deadline = new AbortController();
    const placing = errorOf(broker.placeOrder(limit({ price: 205 }), call(deadline.signal)));
    await until(() => state.asked.length === 1);
    if (what === "the call was given up") deadline.abort();
    else await broker.close();
    resolve();
    expect(await placing).toMatchObject({ outcome: "not_sent" });
    expect(pushes).toEqual([]);
    await broker.close();
  });

  test("decide about the ping", async () => {
    const { state, broker: quotes } = quoteBroker();
    const { broker } = await openAccount({ quotes });
    expect(await broker.ping(call())).toBe(true);
    state.up = false;
    expect(await broker.ping(call())).toBe(false);
    await broker.close();
  });

  test.each([
    [false, []],
    [true, ["start", "close"]],
  ])("belong to the account: %s", async (ownsQuotes, life) => {
    const { state, broker: quotes } = quoteBroker();
    const { broker } = await openAccount({ quotes, ownsQuotes });
    await broker.close();
    expect(state.life).toEqual(life);
  });

  test("that belong to the account are not left open when it closes while it starts", async () => {
    const { state, broker: quotes } = quoteBroker();
    const loaded = Promise.withResolvers<null>();
    const early = closedAccount({
      quotes,
      ownsQuotes: true,
      store: { load: () => loaded.promise, save: async () => undefined },
    });
    const first = start(early);
    await early.close();
    loaded.resolve(null);
    await first;
    expect(state.life.at(-1)).toBe("close");

    const connected = Promise.withResolvers<void>();
    const slow = closedAccount({
      quotes: {
        ...quotes,
        start: async () => {
          state.life.push("connecting");
          await connected.promise;
          state.life.push("connected");
        },
      },
      ownsQuotes: true,
    });
    const second = start(slow);
    await until(() => state.life.at(-1) === "connecting");
    await slow.close();
    connected.resolve();
    expect((await second).connections).toEqual([]);
    expect(state.life.at(-1)).toBe("close");
  });

  test("that belong to the account stay open where it was closed while it started and is opened again", async () => {
    const { state, broker: quotes } = quoteBroker();
    const connected = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    let starts = 0;
    const broker = closedAccount({
      quotes: {
        ...quotes,
        start: async () => {
          state.life.push("start");
          await connected[starts++]?.promise;
        },
      },
      ownsQuotes: true,
    });
    const first = start(broker);
    await until(() => state.life.length === 1);
    await broker.close();
    const second = start(broker);
    connected[1].resolve();
    connected[0].resolve();
    await first;
    expect((await second).connections).toEqual([{ connected: true }]);
    expect(state.life.at(-1)).toBe("start");
    await broker.close();
  });
});
