/** Both transports against the same simulator state: the same fields and values for every API. */
import { describe, expect, test } from "vitest";
import { UNUSUAL_POSITIONS } from "../../../simulators/longport/positions.ts";
import type { Order } from "../../../src/domain/order.ts";
import { call, type LongportBroker, openLongport, rejection, restingOrder, startBroker, until } from "./setup.ts";

const CONTRACTS = [
  { tradeType: "Securities", region: "US", symbol: "AAPL" },
  { tradeType: "Securities", region: "HK", symbol: "00700" },
  { tradeType: "Securities", region: "CN", symbol: "600519" },
] as const;
const UNLISTED = { tradeType: "Securities", region: "US", symbol: "NOSUCH" } as const;

/** Everything that can be read, with the errors of what cannot. */
async function readAll(broker: LongportBroker, orderIds: readonly string[]) {
  const refused = async (promise: Promise<unknown>) => {
    const { code, outcome } = (await rejection(promise)) as { code: string; outcome?: string };
    return { code, outcome };
  };
  return {
    capabilities: { ...broker.capabilities(), account: null },
    ping: await broker.ping(call()),
    cash: [await broker.cash({ currency: "USD" }, call()), await broker.cash({ currency: "CNY" }, call())],
    noCash: await refused(broker.cash({ currency: "JPY" }, call())),
    positions: await broker.positions(call()),
    // A quote is as old as the second it was asked in.
    quotes: (await Promise.all(CONTRACTS.map((contract) => broker.quote(contract, call())))).map((quote) => ({
      ...quote,
      timestamp: Math.floor(quote.timestamp / 3_600_000),
    })),
    noQuote: await refused(broker.quote(UNLISTED, call())),
    markets: await broker.marketStatus(call()),
    orders: await Promise.all(orderIds.map((orderId) => broker.order(orderId, call()))),
    open: await broker.orders({ status: "open", fresh: true }, call()),
    all: await broker.orders({ status: "all", fresh: true }, call()),
  };
}

test.each([
  ["in regular hours", {}, Date.UTC(2025, 5, 4, 14, 30)],
  ["before the market, compressed", { gzip: true }, Date.UTC(2025, 5, 4, 10)],
  ["in the night", {}, Date.UTC(2025, 5, 5, 2)],
])(
  "both transports read the same %s",
  async (_name, options, now) => {
    const server = await openLongport({ ...options, now, extraPositions: UNUSUAL_POSITIONS, limits: false });
    const { broker: web, host: webHost } = await startBroker(server.port);
    const { broker: native, host: nativeHost } = await startBroker(server.port, { transport: "native" });

    const [webId, nativeId, hkId] = [
      (await web.placeOrder(restingOrder({ lifecycle: "ETH", timeInForce: "GTC" }), call())).orderId,
      (await native.placeOrder(restingOrder({ lifecycle: "OVERNIGHT" }), call())).orderId,
      (await web.placeOrder(restingOrder({ contract: CONTRACTS[1], qty: 200, price: 280, lifecycle: "ETH" }), call()))
        .orderId,
    ];
    server.venue.fill(webId, 3, 190);
    await native.replaceOrder(nativeId, { qty: 12, price: 189 }, call());
    await native.cancelOrder(hkId, call());
    const elsewhere = server.venue.place("LB", {
      contract: CONTRACTS[0],
      direction: "SELL",
      orderType: "Limit",
      timeInForce: "DAY",
      lifecycle: "RTH",
      qty: 1,
      price: 300,
      tag: null,
    });
    server.venue.setPrice(CONTRACTS[0], 203.45);
    const orderIds = [webId, nativeId, hkId, elsewhere.wireId];

    const seen = await readAll(web, orderIds);
    expect(await readAll(native, orderIds)).toEqual(seen);
    expect(seen.orders).toMatchObject([
      { status: "PARTIALLY_FILLED", filledQty: 3, lifecycle: "ETH", timeInForce: "GTC" },
      { qty: 12, price: 189, lifecycle: "OVERNIGHT" },
      { status: "CANCELED", lifecycle: "RTH", currency: "HKD" },
      { tag: null, direction: "SELL" },
    ]);
    expect(seen.positions.unmapped.map(({ originSymbol }) => originSymbol)).toEqual(["D05.SG", "AAPL271217C200000.US"]);
    expect(seen.quotes[0]?.latest).toBe(203.45);
    expect(seen.ping).toBe(true);

    const last = (orders: readonly Order[], orderId: string) => orders.findLast((order) => order.orderId === orderId);
    for (const orderId of orderIds) {
      const read = seen.orders.find((order) => order.orderId === orderId);
      for (const host of [webHost, nativeHost]) {
        await until(() => last(host.orders, orderId)?.status === read?.status);
        expect(last(host.orders, orderId)).toEqual(read);
      }
    }
    // Pushes of one order keep their order; those of different orders may wait for what they leave out.
    const story = (orders: readonly Order[]) =>
      orderIds.map((orderId) =>
        orders.filter((order) => order.orderId === orderId).map(({ status, filledQty }) => [status, filledQty]),
      );
    expect(story(webHost.orders)).toEqual(story(nativeHost.orders));
  },
  60_000,
);

test.each(["web", "native"] as const)("over %s the opening trade gives the price", async (transport) => {
  const opening = Date.UTC(2025, 5, 4, 13, 30);
  const server = await openLongport({ now: opening - 3_600_000 });
  const { broker } = await startBroker(server.port, { transport });
  server.venue.setPrice(CONTRACTS[0], 199);
  expect(await broker.quote(CONTRACTS[0], call())).toMatchObject({ latest: 199 });
  server.venue.setNow(opening);
  server.venue.setPrice(CONTRACTS[0], 203);
  expect(await broker.quote(CONTRACTS[0], call())).toMatchObject({ latest: 203 });
});

describe.each(["web", "native"] as const)("history over %s", (transport) => {
  test("is read page by page, whole, and nothing twice", async () => {
    const day = Date.UTC(2025, 5, 4, 14, 30);
    const server = await openLongport({ now: day, historyLimit: 4, limits: false });
    const { broker } = await startBroker(server.port, { transport });
    const placed: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      const { wireId } = server.venue.place("LB", { ...restingOrder(), tag: null });
      server.venue.end(wireId, "CANCELED", "");
      placed.push(wireId);
      server.venue.setNow(day + (index + 1) * 3_000);
    }
    server.venue.setNow(day + 2 * 86_400_000);
    await broker.marketStatus(call());
    const { orders } = await broker.orders({ status: "all", fresh: true }, call());
    expect(orders.map(({ orderId }) => orderId).sort()).toEqual(placed.toSorted());
    expect(await broker.order(placed[0] ?? "", call())).toMatchObject({ status: "CANCELED" });
    expect((await broker.orders({ status: "open", fresh: true }, call())).orders).toEqual([]);
  });
});

test("history that cannot be paged is an error, not a part of the truth", async () => {
  const day = Date.UTC(2025, 5, 4, 14, 30, 0, 100);
  const server = await openLongport({ now: day, historyLimit: 2, limits: false });
  const { broker } = await startBroker(server.port);
  for (let index = 0; index < 5; index += 1) {
    server.venue.setNow(day);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    server.venue.end(orderId, "CANCELED", "");
  }
  server.venue.setNow(day + 2 * 86_400_000);
  expect(await rejection(broker.orders({ status: "all" }, call()))).toMatchObject({ code: "BrokerFault" });
});

describe.each(["web", "native"] as const)("an order without a price over %s", (transport) => {
  test("has none where the vendor pushes a 0 for it", async () => {
    const server = await openLongport();
    const { broker, host } = await startBroker(server.port, { transport });
    const { wireId } = server.venue.place("LB", { ...restingOrder(), tag: null });
    server.showOrder(wireId, { order_type: "MIT", price: "0", trigger_price: "195" });
    expect(await broker.order(wireId, call())).toMatchObject({ orderType: null, price: null });
    server.venue.fill(wireId, 3, 190);
    await until(() => host.orders.at(-1)?.filledQty === 3);
    expect(host.orders.at(-1)).toMatchObject({ orderType: null, price: null });
  });
});

describe.each(["web", "native"] as const)("an order with an amount that is none over %s", (transport) => {
  test.each([
    ["its quantity", { quantity: "-10" }],
    ["what is filled", { executed_quantity: "-3" }],
  ])("as %s, hides no other, and shows the tag by which it is known to exist", async (_, odd) => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port, { transport });
    const [strange, plain] = [restingOrder(), restingOrder()];
    server.showOrder((await broker.placeOrder(strange, call())).orderId, odd);
    await broker.placeOrder(plain, call());
    for (const status of ["open", "all"] as const) {
      const { orders, unmapped } = await broker.orders({ status, fresh: true }, call());
      expect(orders).toMatchObject([{ tag: plain.tag }]);
      expect(unmapped).toMatchObject([{ originSymbol: "AAPL.US", tag: strange.tag }]);
    }
  });
});

describe.each(["web", "native"] as const)("an order that is good till canceled over %s", (transport) => {
  test("is open where the vendor calls it expired between two sessions, in events and lists too", async () => {
    const server = await openLongport();
    const { broker, host } = await startBroker(server.port, { transport });
    const { orderId } = await broker.placeOrder(restingOrder({ timeInForce: "GTC" }), call());
    const { orderId: ofToday } = await broker.placeOrder(restingOrder(), call());
    const expired = { status: "ExpiredStatus", updated_at: String(Math.floor(Date.now() / 1000)) };
    server.showOrder(orderId, expired);
    server.showOrder(ofToday, expired);
    const is = { [orderId]: "UNKNOWN", [ofToday]: "EXPIRED" };
    for (const [id, status] of Object.entries(is)) {
      expect(await broker.order(id, call())).toMatchObject({ status, originStatus: "ExpiredStatus" });
      await until(() => host.orders.some((order) => order.orderId === id && order.status === status));
    }
    const { orders } = await broker.orders({ status: "open", fresh: true }, call());
    expect(orders.map((order) => order.orderId)).toEqual([orderId]);
  });
});

describe.each(["web", "native"] as const)("trading hours over %s", (transport) => {
  test("that the vendor does not give close no market", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port, { transport });
    await until(() => broker.ping(call()));
    server.faults.arm({ kind: "missing-data", on: "read" });
    expect(await rejection(broker.marketStatus(call()))).toMatchObject({ code: "BrokerFault" });
    expect(server.faults.armed()).toBe(0);
    expect(Object.keys((await broker.marketStatus(call()))["Securities"] ?? {})).toEqual(["US", "HK", "CN"]);
  });
});
