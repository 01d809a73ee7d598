import { describe, expect, test } from "vitest";
import type { OrderChange } from "../../src/domain/order.ts";
import { AAPL, IN_HK, limit, market, openMarket, REGULAR, refusalOf, TENCENT } from "./market.ts";

describe("crossing", () => {
  test.each([
    ["BUY", 200, "FILLED", 200],
    ["BUY", 200.01, "FILLED", 200],
    ["BUY", 199.99, "OPEN", 0],
    ["SELL", 200, "FILLED", 200],
    ["SELL", 199.99, "FILLED", 200],
    ["SELL", 200.01, "OPEN", 0],
  ] as const)("%s with limit %d against 200 is %s", (direction, price, status, avgPrice) => {
    const { exchange } = openMarket({ positions: [{ contract: AAPL, qty: 1000 }] });
    const order = exchange.place(limit({ direction, price }));
    expect(order).toMatchObject({ status, avgPrice, filledQty: status === "FILLED" ? 100 : 0 });
  });

  test("a resting order fills at the price that crosses it, not at its limit", () => {
    const { exchange, events } = openMarket();
    const { orderId } = exchange.place(limit({ price: 190 }));
    exchange.setPrice(AAPL, 190.01);
    expect(exchange.order(orderId)?.status).toBe("OPEN");
    exchange.setPrice(AAPL, 185);
    expect(exchange.order(orderId)).toMatchObject({ status: "FILLED", avgPrice: 185, originStatus: "filled" });
    expect(events.map(({ order, fill }) => [order.status, fill?.price])).toEqual([
      ["OPEN", undefined],
      ["FILLED", 185],
    ]);
  });

  test("a market order fills at the last price and ignores a price it carries", () => {
    const { exchange } = openMarket();
    expect(exchange.place({ ...market(), price: 1 })).toMatchObject({ status: "FILLED", avgPrice: 200, price: null });
  });

  test("price goes before time, and time before nothing", () => {
    const { exchange, events } = openMarket();
    const [late, early, best] = [190, 190, 191].map((price) => exchange.place(limit({ price, qty: 1 })).orderId);
    exchange.replace(String(late), { qty: 5 });
    events.length = 0;
    exchange.setPrice(AAPL, 180);
    expect(events.map(({ order }) => order.orderId)).toEqual([best, early, late]);
  });

  test.each([
    ["a smaller quantity keeps its place", { qty: 50 } as OrderChange, true],
    ["the same values keep it", { qty: 100, price: 190 }, true],
    ["a larger quantity loses it", { qty: 101 }, false],
    ["another price and back loses it", { price: 189 }, false],
  ])("%s", (_name, change, keeps) => {
    const { exchange, events } = openMarket();
    const first = exchange.place(limit()).orderId;
    exchange.place(limit());
    exchange.replace(first, change);
    if (!keeps && change.qty === undefined) exchange.replace(first, { price: 190 });
    events.length = 0;
    exchange.setPrice(AAPL, 180);
    expect(events[0]?.order.orderId === first).toBe(keeps);
  });

  test("two own orders never meet each other", () => {
    const { exchange } = openMarket({ positions: [{ contract: AAPL, qty: 100 }] });
    const sell = exchange.place(limit({ direction: "SELL", price: 201 }));
    const buy = exchange.place(limit({ price: 199 }));
    exchange.replace(buy.orderId, { price: 199.5 });
    expect([sell, buy].map(({ orderId }) => exchange.order(orderId)?.status)).toEqual(["OPEN", "OPEN"]);
  });
});

describe("parts", () => {
  test("fills by hand, whatever the limit, and averages them", () => {
    const { exchange } = openMarket();
    const { orderId } = exchange.place(limit({ tag: "mine" }));
    expect(exchange.fill(orderId, 30, 189.5)).toMatchObject({
      status: "PARTIALLY_FILLED",
      filledQty: 30,
      avgPrice: 189.5,
    });
    expect(exchange.fill(orderId, 70, 191)).toMatchObject({
      status: "FILLED",
      filledQty: 100,
      avgPrice: 190.55,
      tag: "mine",
    });
    expect(exchange.fills().map(({ fillId, qty }) => [fillId, qty])).toEqual([
      [`${orderId}-1`, 30],
      [`${orderId}-2`, 70],
    ]);
    expect(refusalOf(() => exchange.fill(orderId, 1, 190))).toBe("order-not-open");
  });

  test("a fill beyond the order or for nothing is refused and changes nothing", () => {
    const { exchange } = openMarket();
    const { orderId } = exchange.place(limit());
    const before = JSON.stringify(exchange.snapshot());
    for (const qty of [0, -1, 100.5, Number.NaN])
      expect(refusalOf(() => exchange.fill(orderId, qty, 190))).toBe("bad-quantity");
    for (const price of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(refusalOf(() => exchange.fill(orderId, 1, price))).toBe("bad-price");
    }
    expect(JSON.stringify(exchange.snapshot())).toBe(before);
  });
});

describe("changes and ends", () => {
  test("a replace keeps id, fills and tag, and fills at once when it crosses", () => {
    const { exchange } = openMarket();
    const { orderId } = exchange.place(limit({ tag: "mine" }));
    exchange.fill(orderId, 40, 190);
    const replaced = exchange.replace(orderId, { qty: 60, price: 205 });
    expect(replaced).toMatchObject({ orderId, tag: "mine", qty: 60, price: 205, status: "FILLED", filledQty: 60 });
    expect(replaced.avgPrice).toBe(193.33333333);
  });

  test("a total equal to what is filled completes the order, a lower one is refused", () => {
    const { exchange } = openMarket();
    const { orderId } = exchange.place(limit());
    exchange.fill(orderId, 40, 190);
    expect(refusalOf(() => exchange.replace(orderId, { qty: 39 }))).toBe("bad-quantity");
    expect(exchange.replace(orderId, { qty: 40 })).toMatchObject({ status: "FILLED", qty: 40, filledQty: 40 });
    expect(refusalOf(() => exchange.cancel(orderId))).toBe("order-not-open");
  });

  test("a change to nothing new is no news", () => {
    const { exchange, events } = openMarket();
    const { orderId } = exchange.place(limit());
    exchange.replace(orderId, {});
    exchange.replace(orderId, { qty: 100, price: 190 });
    expect(events).toHaveLength(1);
  });

  test("a market order has no price to change", () => {
    const { exchange } = openMarket({}, "2025-05-28T08:00:00-04:00");
    const { orderId } = exchange.place(market());
    expect(refusalOf(() => exchange.replace(orderId, { price: 190 }))).toBe("bad-price");
    expect(exchange.replace(orderId, { qty: 50 })).toMatchObject({ qty: 50, price: null });
  });

  test("a canceled order keeps its fills and takes nothing more", () => {
    const { exchange } = openMarket();
    const { orderId } = exchange.place(limit());
    exchange.fill(orderId, 40, 190);
    expect(exchange.cancel(orderId)).toMatchObject({ status: "CANCELED", filledQty: 40, errorReason: "" });
    for (const act of [
      () => exchange.cancel(orderId),
      () => exchange.replace(orderId, { qty: 50 }),
      () => exchange.fill(orderId, 1, 1),
    ]) {
      expect(refusalOf(act)).toBe("order-not-open");
    }
    expect(refusalOf(() => exchange.cancel("999"))).toBe("unknown-order");
  });

  test.each(["CANCELED", "EXPIRED", "REJECTED"] as const)("the venue ends an order as %s", (status) => {
    const { exchange } = openMarket();
    const { orderId } = exchange.place(limit());
    expect(exchange.end(orderId, status, "because")).toMatchObject({
      status,
      originStatus: status.toLowerCase(),
      errorReason: status === "CANCELED" ? "" : "because",
    });
  });
});

describe("time", () => {
  test.each([
    ["US regular", limit({ price: 205 }), "2025-05-28T08:00:00-04:00", "2025-05-28T09:30:00-04:00"],
    [
      "US extended, before the day",
      limit({ price: 205, lifecycle: "ETH" }),
      "2025-05-28T03:00:00-04:00",
      "2025-05-28T04:00:00-04:00",
    ],
    [
      "US night",
      limit({ price: 205, lifecycle: "OVERNIGHT" }),
      "2025-05-28T10:00:00-04:00",
      "2025-05-28T20:00:00-04:00",
    ],
    [
      "US market order with extended hours",
      market({ lifecycle: "ETH" }),
      "2025-05-28T05:00:00-04:00",
      "2025-05-28T09:30:00-04:00",
    ],
    [
      "US over the weekend of the clock's change",
      limit({ price: 205 }),
      "2025-03-08T12:00:00-05:00",
      "2025-03-10T09:30:00-04:00",
    ],
    [
      "HK over lunch",
      limit({ contract: TENCENT, price: 510 }),
      "2025-05-28T12:30:00+08:00",
      "2025-05-28T13:00:00+08:00",
    ],
    [
      "HK in the opening auction",
      limit({ contract: TENCENT, price: 510, lifecycle: "ETH" }),
      "2025-05-28T09:10:00+08:00",
      "2025-05-28T09:30:00+08:00",
    ],
  ] as const)("%s: rests, and fills when its session opens", (_name, request, placed, opens) => {
    const { exchange, at } = openMarket({}, placed);
    const { orderId } = exchange.place(request);
    at(Date.parse(opens) - 1);
    expect(exchange.order(orderId)).toMatchObject({ status: "OPEN", originStatus: "working" });
    at(opens);
    expect(exchange.order(orderId)).toMatchObject({ status: "FILLED", updatedAt: Date.parse(opens) });
  });

  test("an order fills only in its own session when the price moves", () => {
    const { exchange, at } = openMarket({}, "2025-05-28T17:00:00-04:00");
    const regular = exchange.place(limit()).orderId;
    const extended = exchange.place(limit({ lifecycle: "ETH" })).orderId;
    const night = exchange.place(limit({ lifecycle: "OVERNIGHT" })).orderId;
    const statuses = () => [regular, extended, night].map((orderId) => exchange.order(orderId)?.status);
    exchange.setPrice(AAPL, 180);
    expect(statuses()).toEqual(["OPEN", "FILLED", "OPEN"]);
    at("2025-05-28T20:00:00-04:00");
    expect(statuses()).toEqual(["OPEN", "FILLED", "FILLED"]);
    at("2025-05-29T09:30:00-04:00");
    expect(statuses()).toEqual(["FILLED", "FILLED", "FILLED"]);
  });

  test.each([
    ["US", limit(), "2025-05-28T16:00:00-04:00"],
    ["US extended", limit({ lifecycle: "ETH" }), "2025-05-28T20:00:00-04:00"],
    ["US night", limit({ lifecycle: "OVERNIGHT" }), "2025-05-29T04:00:00-04:00"],
  ] as const)("%s: a day order ends with its day, a lasting one does not", (_name, request, end) => {
    const { exchange, at } = openMarket();
    const day = exchange.place(request).orderId;
    const lasting = exchange.place({ ...request, timeInForce: "GTC" }).orderId;
    at(Date.parse(end) - 1);
    expect(exchange.order(day)?.status).toBe("OPEN");
    at("2025-06-30T10:30:00-04:00");
    expect(exchange.order(day)).toMatchObject({ status: "EXPIRED", updatedAt: Date.parse(end) });
    expect(exchange.order(day)?.errorReason).not.toBe("");
    expect(exchange.order(lasting)?.status).toBe("OPEN");
    exchange.cancel(lasting);
  });

  test("what happened in a leap of the clock is told in the order in which it happened", () => {
    const { exchange, events, at } = openMarket({}, "2025-05-28T17:00:00-04:00");
    const regular = exchange.place(limit({ price: 205 })).orderId;
    const night = exchange.place(limit({ price: 205, lifecycle: "OVERNIGHT" })).orderId;
    const tooLow = exchange.place(limit({ lifecycle: "ETH" })).orderId;
    events.length = 0;
    at("2025-06-10T12:00:00-04:00");
    expect(events.map(({ order }) => [order.orderId, order.status])).toEqual([
      [tooLow, "EXPIRED"],
      [night, "FILLED"],
      [regular, "FILLED"],
    ]);
  });

  test("a call sees what time did, without a tick", () => {
    let now = REGULAR;
    const { exchange } = openMarket({ clock: () => now });
    const { orderId } = exchange.place(limit());
    now = Date.parse("2025-05-28T16:00:00-04:00");
    expect(refusalOf(() => exchange.cancel(orderId))).toBe("order-not-open");
    expect(exchange.order(orderId)?.status).toBe("EXPIRED");
  });

  test("a clock set back opens the session that had passed", () => {
    const { exchange, at } = openMarket({}, "2025-05-28T17:00:00-04:00");
    const { orderId } = exchange.place(limit({ price: 205 }));
    at("2025-05-28T11:00:00-04:00");
    expect(exchange.order(orderId)?.status).toBe("FILLED");
  });

  test("a day order keeps its day when it is replaced", () => {
    const { exchange, at } = openMarket();
    const { orderId } = exchange.place(limit());
    at("2025-05-28T15:59:00-04:00");
    exchange.replace(orderId, { price: 189 });
    at("2025-05-28T16:00:00-04:00");
    expect(exchange.order(orderId)?.status).toBe("EXPIRED");
  });

  test("holidays keep the market shut and the day order waiting", () => {
    const { exchange, at } = openMarket({ holidays: { US: ["2025-05-28"] } });
    expect(exchange.marketStatus("US").unifiedStatus).toBe("CLOSED");
    const { orderId } = exchange.place(limit({ price: 205 }));
    at("2025-05-28T18:00:00-04:00");
    expect(exchange.order(orderId)?.status).toBe("OPEN");
    at("2025-05-29T09:30:00-04:00");
    expect(exchange.order(orderId)?.status).toBe("FILLED");
  });

  test("a market order whose price ran away while it waited is rejected for want of money", () => {
    const { exchange, at } = openMarket({ cash: { USD: 20_000 } }, "2025-05-28T08:00:00-04:00");
    const { orderId } = exchange.place(market());
    exchange.setPrice(AAPL, 201);
    at("2025-05-28T09:30:00-04:00");
    expect(exchange.order(orderId)).toMatchObject({ status: "REJECTED", filledQty: 0 });
    expect(exchange.balances()).toEqual([{ currency: "USD", amount: 20_000, available: 20_000 }]);
  });

  test.each(["restarted", "set back"])("the same is rejected when the exchange was %s while it waited", (what) => {
    let now = Date.parse("2025-05-28T08:00:00-04:00");
    const clock = () => now;
    const before = openMarket({ cash: { USD: 20_000 }, clock }).exchange;
    const { orderId } = before.place(market());
    before.setPrice(AAPL, 201);
    if (what === "set back") now -= 3_600_000;
    const state = JSON.parse(JSON.stringify(before.snapshot()));
    const exchange = what === "restarted" ? openMarket({ clock, state }).exchange : before;
    exchange.tick();
    expect(exchange.balances()).toEqual([{ currency: "USD", amount: 20_000, available: 0 }]);
    now = Date.parse("2025-05-28T09:30:00-04:00");
    exchange.tick();
    expect(exchange.order(orderId)).toMatchObject({ status: "REJECTED", filledQty: 0 });
    expect(exchange.balances()).toEqual([{ currency: "USD", amount: 20_000, available: 20_000 }]);
  });

  test("when a session opens, sells come before buys as at any other time", () => {
    const { exchange, at } = openMarket(
      { cash: { USD: 20_000 }, positions: [{ contract: AAPL, qty: 100 }] },
      "2025-05-28T08:00:00-04:00",
    );
    const buy = exchange.place(market()).orderId;
    const sell = exchange.place(market({ direction: "SELL" })).orderId;
    exchange.setPrice(AAPL, 201);
    at("2025-05-28T09:30:00-04:00");
    expect([sell, buy].map((orderId) => exchange.order(orderId)?.status)).toEqual(["FILLED", "FILLED"]);
    expect(exchange.balances()).toEqual([{ currency: "USD", amount: 20_000, available: 20_000 }]);
  });

  test("a look at a day without a price yet changes nothing of what the day will look like", () => {
    const { exchange, at } = openMarket();
    exchange.setPrice(AAPL, 205);
    at("2025-05-28T20:00:00-04:00");
    const flat = { latest: 205, preClose: 205, openPrice: 205, highPrice: 205, lowPrice: 205 };
    expect(exchange.quote(AAPL)).toMatchObject(flat);
    exchange.setPrice(AAPL, 207);
    expect(exchange.quote(AAPL)).toMatchObject({ preClose: 205, openPrice: 207, highPrice: 207, lowPrice: 207 });
  });

  test("a trading day's figures begin afresh with the day", () => {
    const { exchange, at } = openMarket();
    exchange.setPrice(AAPL, 210);
    exchange.setPrice(AAPL, 205);
    expect(exchange.quote(AAPL)).toMatchObject({
      latest: 205,
      openPrice: 200,
      highPrice: 210,
      lowPrice: 200,
      preClose: 200,
    });
    at("2025-05-28T20:00:00-04:00");
    exchange.setPrice(AAPL, 207);
    expect(exchange.quote(AAPL)).toMatchObject({
      latest: 207,
      openPrice: 207,
      highPrice: 207,
      lowPrice: 207,
      preClose: 205,
    });
  });
});

describe("listeners", () => {
  test("one that calls the exchange finds its books settled, and is told of its own call later", () => {
    const { exchange } = openMarket();
    const heard: string[] = [];
    exchange.subscribe(({ order }) => {
      heard.push(`${order.orderId} ${order.status}`);
      if (order.orderId === "1" && order.status === "OPEN") {
        expect(exchange.order("1")?.status).toBe("FILLED");
        exchange.place(limit());
      }
    });
    const later: string[] = [];
    exchange.subscribe(({ order }) => later.push(`${order.orderId} ${order.status}`));
    exchange.place(limit({ price: 205 }));
    expect(heard).toEqual(["1 OPEN", "1 FILLED", "2 OPEN"]);
    expect(later).toEqual(heard);
  });

  test("one that was taken off hears nothing more", () => {
    const { exchange } = openMarket();
    const heard: string[] = [];
    const stop = exchange.subscribe(({ order }) => heard.push(order.status));
    stop();
    exchange.place(limit());
    expect(heard).toEqual([]);
  });
});

test("the morning of Hong Kong is the night of New York", () => {
  const { exchange } = openMarket({}, IN_HK);
  expect(exchange.marketStatus("HK").unifiedStatus).toBe("RTH");
  expect(exchange.marketStatus("US").unifiedStatus).toBe("OVERNIGHT");
});
