/** Limits of an account and of a token: what is refused, with which figures, and what is given back. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createDesk } from "../../src/desk/create-desk.ts";
import { instanceJournal } from "../../src/desk/instance-journal.ts";
import { createOrderBook } from "../../src/desk/order-book.ts";
import { createDayValues } from "../../src/desk/risk/day-values.ts";
import { draftOfPlace } from "../../src/desk/risk/draft.ts";
import { openCount, workingQty } from "../../src/desk/risk/exposure.ts";
import { createTakenChanges } from "../../src/desk/risk/taken.ts";
import { worthOf } from "../../src/desk/risk/valuation.ts";
import type { Failure } from "../../src/domain/failure.ts";
import type { OrderRequest } from "../../src/domain/order.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import type { OrderListing } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { orderRows } from "../../src/spec/capabilities.ts";
import { defineBroker } from "../../src/spec/define-broker.ts";
import type { Mandate, RiskOptions } from "../../src/spec/policy.ts";
import { aFewTurns } from "../unheard.ts";
import { AAPL, anOrder, CAPABILITIES, DIGEST, deferred, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";
import { createVenue, deskAt, type Fate } from "./venue.ts";

const BY = { principal: "bot" };
const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 5, 15), toFake: ["Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function house(risk?: RiskOptions, journal = memoryJournal(), deadlineMs = 5000) {
  const venue = createVenue();
  venue.quote(200);
  const { desk } = deskAt(venue, { journal, deadlineMs, ...(risk === undefined ? {} : { risk }) });
  const place = (own: Partial<OrderRequest> = {}, context: Parameters<typeof desk.place>[1] = BY) =>
    desk.place({ ...LIMIT_BUY, ...own }, context);
  return { venue, desk, journal, place };
}

function asMandate(own: Partial<Mandate>): { principal: string; mandate: Mandate } {
  return { principal: "bot", mandate: { principal: "bot", scopes: ["trade", "cancel"], ...own } };
}

function exceeded(rule: string, value?: unknown, limit?: unknown) {
  return expect.objectContaining({
    code: "LimitExceeded",
    outcome: "not_sent",
    details: expect.objectContaining({
      rule,
      ...(value === undefined ? {} : { value }),
      ...(limit === undefined ? {} : { limit }),
    }),
  });
}

const SELL = { direction: "SELL" } as const;
const MARKET: Partial<OrderRequest> = { orderType: "Market", price: undefined } as never;

describe("without limits", () => {
  test("no quote and no position is asked for", async () => {
    const { venue, place } = house();
    venue.quote(undefined);
    await place({ ...SELL, qty: 1_000_000 });
    expect(venue.ledger.size).toBe(1);
  });
});

describe("one order", () => {
  test.each<[string, RiskOptions, Partial<OrderRequest>, string, unknown, unknown]>([
    ["more than may be ordered", { maxOrderQty: 11 }, {}, "risk.maxOrderQty", 12, 11],
    ["worth more than may be ordered", { maxOrderValue: 2399 }, {}, "risk.maxOrderValue", 2400, 2399],
    ["a market order by the last price", { maxOrderValue: 2399 }, MARKET, "risk.maxOrderValue", 2400, 2399],
    [
      "a sale at the last price, which is above its limit",
      { maxOrderValue: 2399, allowShort: true },
      { ...SELL, price: 1 },
      "risk.maxOrderValue",
      2400,
      2399,
    ],
    ["a price above the collar", { priceCollar: 0.05 }, { price: 210.01 }, "risk.priceCollar", 210.01, 210],
    [
      "a price below the collar",
      { priceCollar: 0.05, allowShort: true },
      { ...SELL, price: 189.99 },
      "risk.priceCollar",
      189.99,
      190,
    ],
    ["another region", { allow: { regions: ["HK"] } }, {}, "risk.allow.regions", "US", ["HK"]],
    ["another symbol", { allow: { symbols: ["US QQQ"] } }, {}, "risk.allow.symbols", "US AAPL", ["US QQQ"]],
    ["a currency without a rate", { maxOrderValue: 1e9, currency: "HKD" }, {}, "risk.rates", "USD", []],
  ])("%s", async (_name, risk, own, rule, value, limit) => {
    const { venue, place, desk } = house(risk);
    expect(await rejection(place(own))).toEqual(exceeded(rule, value, limit));
    expect([venue.ledger.size, await desk.unknownIntents()]).toEqual([0, []]);
  });

  test.each<[string, RiskOptions, Partial<OrderRequest>]>([
    ["just what may be ordered", { maxOrderQty: 12, maxOrderValue: 2400 }, {}],
    ["just at the collar", { priceCollar: 0.05 }, { price: 210 }],
    ["far on the good side of the market", { priceCollar: 0.05 }, { price: 1 }],
    ["a sale at a price far above", { priceCollar: 0.05, allowShort: true }, { ...SELL, price: 400 }],
    ["what is on the list", { allow: { regions: ["US"], symbols: ["US AAPL"] } }, {}],
    ["with a rate", { currency: "HKD", rates: { USD: 7.8 }, maxOrderValue: 18_720 }, {}],
  ])("%s is sent", async (_name, risk, own) => {
    const { venue, place } = house(risk);
    await place(own);
    expect(venue.ledger.size).toBe(1);
  });

  test("every limit that it breaks is told at once", async () => {
    const { place } = house({ maxOrderQty: 1, priceCollar: 0.01, maxOpenOrders: 0 });
    const failure = await rejection(place({ price: 300 }));
    expect(failure).toMatchObject({
      details: {
        breaches: [{ rule: "risk.maxOrderQty" }, { rule: "risk.priceCollar" }, { rule: "risk.maxOpenOrders" }],
      },
    });
  });
});

describe("in Hong Kong", () => {
  function hongKong(currency: string) {
    const instance = {
      instanceId: "WyLqtMhDvAnBb6a3",
      tokens: ["Vt5UCW2sLBvgPXjR"],
      risk: { maxOrderValue: 1000, rates: { HKD: 0.128, CNY: 0.14 } },
    };
    const [market] = CAPABILITIES.markets;
    if (market === undefined) throw new Error("a market");
    const broker = defineBroker(instance, {
      kind: "tester",
      display: "Tester",
      capabilities: () => ({
        ...CAPABILITIES,
        markets: [{ ...market, region: "HK", currency: "HKD", symbolPattern: "\\d{5}" }],
        orders: orderRows({
          regions: ["HK"],
          orderTypes: ["Limit", "Market"],
          timesInForce: ["DAY"],
          lifecycles: ["RTH"],
        }),
        quotes: ["HK"],
      }),
      quote: async (contract) => {
        const prices = { latest: 300, preClose: 300, highPrice: 300, lowPrice: 300, openPrice: 300 };
        return { contract, currency, isTradable: true, ...prices, timestamp: Date.now() };
      },
      placeOrder: async ({ tag }) => ({ orderId: tag }),
    });
    return createDesk({ broker, instance, journal: memoryJournal() });
  }

  test.each<[string, string, string, Partial<OrderRequest>, number | undefined]>([
    ["dollars of Hong Kong", "00700", "HKD", { qty: 25, price: 300 }, undefined],
    ["yuan, which the number tells", "80700", "CNY", { qty: 25, price: 300 }, 1050],
    ["US dollars, which the number tells", "09834", "USD", { qty: 25, price: 300 }, 7500],
    ["US dollars, which the quote tells", "06288", "USD", { qty: 25, ...MARKET }, 7500],
  ])("an order counts in its own currency: %s", async (_name, symbol, currency, own, value) => {
    const contract = { tradeType: "Securities", region: "HK", symbol } as const;
    const placing = hongKong(currency).place({ ...LIMIT_BUY, contract, ...own }, BY);
    if (value === undefined) await placing;
    else expect(await rejection(placing)).toEqual(exceeded("risk.maxOrderValue", value, 1000));
  });
});

test.each(["CNY", "CNH"])("a rate for either name of the yuan is one for %s", (currency) => {
  for (const rates of [{ CNY: 0.5 }, { CNH: 0.5 }]) expect(worthOf(2, 10, currency, { rates })).toBe(10);
});

describe("a quote that the limits rest on", () => {
  test.each<[string, number | undefined, number]>([
    ["missing", undefined, 0],
    ["too old", 200, 60_001],
    ["without a price", 0, 0],
  ])("%s: refuses, and says so", async (_name, price, age) => {
    const { venue, place } = house({ priceCollar: 0.05 });
    venue.quote(price, Date.now() - age);
    expect(await rejection(place())).toEqual(exceeded("risk.quotes"));
    expect(venue.ledger.size).toBe(0);
  });

  test("too old: tells its age beside how old it may be", async () => {
    const { venue, place } = house({ priceCollar: 0.05 });
    venue.quote(200, 0);
    expect(await rejection(place())).toEqual(exceeded("risk.quotes", expect.closeTo(Date.now(), -5), 60_000));
  });

  test.each<[string, number | undefined, number]>([
    ["missing", undefined, 0],
    ["too old", 100, 60_001],
  ])("%s: lets the order through where that is configured", async (_name, price, age) => {
    const { venue, place } = house({ priceCollar: 0.05, quotes: { missing: "allow" } });
    venue.quote(price, Date.now() - age);
    await place();
    expect(venue.ledger.size).toBe(1);
  });

  test("may be as old as is configured", async () => {
    const { venue, place } = house({ priceCollar: 0.05, quotes: { maxAgeMs: 120_000 } });
    venue.quote(200, Date.now() - 120_000);
    await place();
    expect(venue.ledger.size).toBe(1);
  });

  test("that is too old is what a market order counts by, where such are let through", async () => {
    const { venue, place } = house({ maxOrderValue: 1000, quotes: { missing: "allow" } });
    venue.quote(200, Date.now() - 120_000);
    expect(await rejection(place(MARKET))).toEqual(exceeded("risk.maxOrderValue", 2400, 1000));
  });
});

describe("the order that a replace results in", () => {
  test.each<[string, RiskOptions, { qty?: number; price?: number }, string, unknown]>([
    ["quantity", { maxOrderQty: 12 }, { qty: 13 }, "risk.maxOrderQty", 13],
    ["value by quantity", { maxOrderValue: 2400 }, { qty: 13 }, "risk.maxOrderValue", 2600],
    ["value by price", { maxOrderValue: 2400 }, { price: 201 }, "risk.maxOrderValue", 2412],
    ["collar", { priceCollar: 0.05 }, { price: 211 }, "risk.priceCollar", 211],
    ["the day, by how much more it is worth", { maxDailyValue: 2500 }, { qty: 13 }, "risk.maxDailyValue", 2600],
  ])("is held to the limits: %s", async (_name, risk, change, rule, value) => {
    const { venue, desk, place } = house(risk);
    const { orderId } = await place();
    expect(await rejection(desk.replace(orderId, change, BY))).toEqual(exceeded(rule, value));
    expect(venue.ledger.get(orderId)).toMatchObject({ qty: 12, price: 200 });
  });

  test("counts by the last price too where it is of a kind that has no name here: its price may bound nothing", async () => {
    const { venue, desk } = house({ maxOrderValue: 2400 });
    const { orderId } = venue.accept({ ...LIMIT_BUY, orderType: null as never, price: null as never });
    const changing = desk.replace(orderId, { qty: 13, price: 0.01 }, BY);
    expect(await rejection(changing)).toEqual(exceeded("risk.maxOrderValue", 2600, 2400));
    expect(venue.ledger.get(orderId)).toMatchObject({ qty: 12, price: null });
  });

  test("counts for the day only by how much more it is worth", async () => {
    const { desk, place } = house({ maxDailyValue: 2600 });
    const { orderId } = await place();
    await desk.replace(orderId, { qty: 13 }, BY);
    await desk.replace(orderId, { qty: 1 }, BY);
    expect(await rejection(place({ qty: 1 }))).toEqual(exceeded("risk.maxDailyValue", 2800, 2600));
  });
});

describe("what is sent in a day", () => {
  const risk: RiskOptions = { maxDailyValue: 5000 };

  test("is counted, and is given back on the next UTC day", async () => {
    const { place } = house(risk);
    await place();
    await place();
    expect(await rejection(place())).toEqual(exceeded("risk.maxDailyValue", 7200, 5000));
    vi.setSystemTime(Date.now() + DAY_MS);
    await place({}, BY);
  });

  test("is reserved before it is sent: two at once do not pass together", async () => {
    const { venue, place } = house({ maxDailyValue: 2400 });
    const results = await Promise.allSettled([place(), place()]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(venue.ledger.size).toBe(1);
  });

  test.each<[Fate, boolean]>([
    ["reject", false],
    ["not-sent", false],
    ["drop-after", true],
    ["accept", true],
  ])("when the broker's word is %s it counts: %s", async (fate, counts) => {
    const { venue, place } = house({ maxDailyValue: 2400 });
    venue.next(fate);
    await place().catch(() => undefined);
    const again = await place().then(
      () => true,
      () => false,
    );
    expect(again).toBe(!counts);
  });

  test.each<[Fate, boolean]>([
    ["reject", false],
    ["not-sent", false],
    ["drop-after", true],
    ["accept", true],
  ])("when the broker's word is %s to a change, what that adds counts: %s", async (fate, counts) => {
    const { venue, desk, place } = house({ maxDailyValue: 3000 });
    const { orderId } = await place();
    venue.next(fate);
    await desk.replace(orderId, { qty: 14 }, BY).catch(() => undefined);
    const again = await place({ qty: 2 }).then(
      () => true,
      () => false,
    );
    expect(again).toBe(!counts);
  });

  test("is given back when the exchange rejects what the broker had taken, and not when it is canceled", async () => {
    const { venue, desk, place } = house({ maxDailyValue: 2400 });
    const first = await place();
    venue.set(first.orderId, { status: "REJECTED", errorReason: "no" });
    const second = await place();
    await desk.cancel(second.orderId, BY);
    expect(await rejection(place())).toEqual(exceeded("risk.maxDailyValue"));
  });

  test("is given back with what a change has added when the exchange rejects the order, after a restart too", async () => {
    const { venue, desk, journal, place } = house({ maxDailyValue: 2400 });
    const { orderId } = await place({ qty: 6 });
    await desk.replace(orderId, { qty: 12 }, BY);
    venue.set(orderId, { status: "REJECTED", errorReason: "no" });
    await place();
    venue.set("2", { status: "REJECTED", errorReason: "no" });
    await desk.close();
    venue.dropHosts();
    const next = deskAt(venue, { journal, risk: { maxDailyValue: 2400 } });
    await next.desk.place(LIMIT_BUY, BY);
    expect(await rejection(next.desk.place(LIMIT_BUY, BY))).toEqual(exceeded("risk.maxDailyValue", 4800));
  });

  test("is given back when an unknown order turns out not to have been sent", async () => {
    const { venue, desk, place } = house({ maxDailyValue: 2400 });
    venue.next("drop-before");
    expect(await rejection(place())).toMatchObject({ code: "OutcomeUnknown" });
    expect(await rejection(place())).toEqual(exceeded("risk.maxDailyValue"));
    await vi.waitFor(async () => expect(await desk.unknownIntents()).toEqual([]), { timeout: 5000 });
    await place();
    expect(venue.ledger.size).toBe(1);
  });

  test("is remembered by the journal over a restart, whatever the outcome that is not a refusal", async () => {
    const { venue, desk, journal, place } = house(risk);
    await place();
    venue.next("reject");
    await place().catch(() => undefined);
    await desk.close();
    venue.dropHosts();
    const next = deskAt(venue, { journal, risk });
    await next.desk.place(LIMIT_BUY, BY);
    expect(await rejection(next.desk.place(LIMIT_BUY, BY))).toEqual(exceeded("risk.maxDailyValue", 7200));
  });

  test("is counted once, also of a token that had no limit of its own when it was sent", async () => {
    const { venue, place } = house({ maxOrderValue: 10_000 });
    vi.setSystemTime(Date.now() + 1000);
    const { orderId } = await place();
    venue.set(orderId, { status: "FILLED", filledQty: 12, avgPrice: 200 });
    const bot = asMandate({ limits: { maxDailyValue: 4800 } });
    await place({}, bot);
    expect(await rejection(place({}, bot))).toEqual(exceeded("token.limits.maxDailyValue", 7200, 4800));
  });

  test("counts an order that was thought not to have been sent, and is there all the same", async () => {
    const { venue, desk, place } = house({ maxDailyValue: 2400 });
    venue.next("drop-before");
    const lost = await rejection(place());
    await vi.waitFor(async () => expect(await desk.unknownIntents()).toEqual([]), { timeout: 5000 });
    venue.accept({ ...LIMIT_BUY, tag: (lost as { tag: string }).tag });
    await new Promise((resolve) => setImmediate(resolve));
    expect(await rejection(place())).toEqual(exceeded("risk.maxDailyValue", 4800, 2400));
  });

  test("is given back to the token too", async () => {
    const { venue, place } = house({});
    venue.next("reject");
    await rejection(place({}, asMandate({ limits: { maxDailyValue: 2400 } })));
    await place({}, asMandate({ limits: { maxDailyValue: 2400 } }));
  });

  test("is not counted after a restart of an order that was found not to have been sent", async () => {
    const { venue, desk, journal, place } = house({ maxDailyValue: 2400 });
    venue.next("drop-before");
    await rejection(place());
    await vi.waitFor(async () => expect(await desk.unknownIntents()).toEqual([]), { timeout: 5000 });
    await desk.close();
    await deskAt(venue, { journal, risk: { maxDailyValue: 2400 } }).desk.place(LIMIT_BUY, BY);
  });

  test("is given back of a change that is found out after its order was rejected", () => {
    const book = createOrderBook();
    const values = createDayValues(instanceJournal(memoryJournal(), "digest"), book);
    values.reserve("htplace", "bot", 2400);
    values.reserve("change", "bot", 400);
    values.seen(book.apply(anOrder({ orderId: "1", tag: "htplace", status: "REJECTED" }), true, 1).record);
    values.join("change", "1");
    expect([values.total(), values.total("bot")]).toEqual([0, 0]);
  });

  test("is given back after a restart also of a change that began with its order and was settled before it", async () => {
    const journal = instanceJournal(memoryJournal(), "digest");
    const begun = { kind: "intent", principal: "bot", fingerprint: null } as const;
    await journal.append(
      [
        { ...begun, id: "htplace", action: { kind: "place", request: LIMIT_BUY }, value: 2400 },
        { ...begun, id: "change", action: { kind: "replace", orderId: "1", change: { qty: 14 } }, value: 400 },
        { kind: "progress", id: "change", state: "accepted", placed: { orderId: "1" } },
        { kind: "progress", id: "htplace", state: "accepted", placed: { orderId: "1" } },
      ],
      "process",
    );
    const book = createOrderBook();
    book.apply(anOrder({ orderId: "1", tag: "htplace", status: "REJECTED" }), true, 1);
    const values = createDayValues(journal, book);
    await values.recover();
    expect([values.total(), values.total("bot")]).toEqual([0, 0]);
  });

  test("is given back after a restart also of an order that turns out not to have been sent while the day is read", async () => {
    const journal = instanceJournal(memoryJournal(), "digest");
    const begun = { kind: "intent", principal: "bot", fingerprint: null } as const;
    const action = { kind: "place", request: LIMIT_BUY } as const;
    await journal.append([{ ...begun, id: "htplace", action, value: 2400 }], "process");
    const values = createDayValues(journal, createOrderBook());
    const recovering = values.recover();
    values.release("htplace");
    await recovering;
    expect([values.total(), values.total("bot")]).toEqual([0, 0]);
  });

  test("counts an order after a restart whose change put another in its place that was rejected", async () => {
    const journal = instanceJournal(memoryJournal(), "digest");
    const begun = { kind: "intent", principal: "bot", fingerprint: null } as const;
    await journal.append(
      [
        { ...begun, id: "htplace", action: { kind: "place", request: LIMIT_BUY }, value: 2400 },
        { kind: "progress", id: "htplace", state: "accepted", placed: { orderId: "1" } },
        { ...begun, id: "change", action: { kind: "replace", orderId: "1", change: { qty: 14 } }, value: 400 },
        { kind: "progress", id: "change", state: "accepted", placed: { orderId: "2" } },
      ],
      "process",
    );
    const book = createOrderBook();
    // As of a vendor that lists the newest first.
    book.apply(anOrder({ orderId: "2", tag: "htplace", status: "REJECTED" }), true, 1);
    book.apply(anOrder({ orderId: "1", tag: "htplace", status: "CANCELED" }), true, 1);
    const values = createDayValues(journal, book);
    await values.recover();
    expect(values.total()).toBe(2800);
  });

  test.each(["at once", "after a restart"])(
    "is given back %s of a change of an order of the day before that is rejected",
    async (when) => {
      const journal = instanceJournal(memoryJournal(), "digest");
      const book = createOrderBook();
      const order = anOrder({ orderId: "1", tag: "htplace" });
      book.apply(order, true, 1);
      const values = createDayValues(journal, book);
      const action = { kind: "replace", orderId: "1", change: { qty: 14 } } as const;
      const begun = { kind: "intent", id: "change", principal: "bot", action, fingerprint: null, value: 400 } as const;
      const taken = { kind: "progress", id: "change", state: "accepted", placed: { orderId: "1" } } as const;
      await journal.append([begun, taken], "process");
      if (when === "at once") {
        values.reserve("change", "bot", 400);
        values.join("change", "1");
      }
      const { record } = book.apply({ ...order, status: "REJECTED", updatedAt: 9 }, true, 2);
      if (when === "at once") values.seen(record);
      else await values.recover();
      expect([values.total(), values.total("bot")]).toEqual([0, 0]);
    },
  );

  test.each(["the kill switch is turned", "its connection is lost", "it gets no number"])(
    "counts an order that was thought not to have been sent, and shows up while it is sent again and %s",
    async (what) => {
      const memory = memoryJournal();
      const disk = deferred<void>();
      let isStalled = false;
      const append: Journal["append"] = async (lines, durability) => {
        if (isStalled) await disk.promise;
        return memory.append(lines, durability);
      };
      const venue = createVenue();
      let numbers = 0;
      const orderNumber = async () => {
        numbers += 1;
        if (numbers === 2) await disk.promise.then(() => Promise.reject(new Error("none")));
        return String(numbers);
      };
      const broker = (instance: Parameters<typeof venue.broker>[0]) =>
        Object.assign(venue.broker(instance), what.includes("number") && { orderNumber });
      const { desk } = deskAt({ ...venue, broker }, { journal: { ...memory, append }, risk: { maxDailyValue: 2400 } });
      onTestFinished(() => desk.close());
      const keyed = { ...BY, idempotencyKey: "k1" };
      venue.next("not-sent");
      const { tag } = (await rejection(desk.place(LIMIT_BUY, keyed))) as { tag: string };
      isStalled = !what.includes("number");
      const again = desk.place(LIMIT_BUY, keyed).catch((error: Failure) => error);
      await aFewTurns();
      venue.accept({ ...LIMIT_BUY, tag });
      await aFewTurns();
      if (what.includes("switch")) void desk.turn({ state: "HALTED", principal: "operator", reason: "test" });
      if (what.includes("connection")) venue.reconnect();
      disk.resolve();
      expect(await again).toMatchObject({ orderId: "1", tag });
      await desk.turn({ state: "ACTIVE", principal: "operator", reason: "test" });
      expect(await rejection(desk.place({ ...LIMIT_BUY, qty: 1 }, BY))).toEqual(
        exceeded("risk.maxDailyValue", 2600, 2400),
      );
      expect(await desk.place(LIMIT_BUY, keyed)).toMatchObject({ orderId: "1", replayed: true });
      expect(await memory.intent(DIGEST, tag)).toMatchObject({ placed: { orderId: "1" } });
    },
  );

  test.each([
    [2400, "OPEN", 0],
    [4800, "OPEN", 0],
    [4800, "FILLED", 12],
  ] as const)(
    "counts an order once that was thought not to have been sent, and shows up before it is let through again, of at most %i, %s",
    async (maxDailyValue, status, filledQty) => {
      const venue = createVenue();
      const quoted = deferred<void>();
      let isSlow = false;
      const broker = (instance: Parameters<typeof venue.broker>[0]) => {
        const made = venue.broker(instance);
        const quote = made.quote as NonNullable<typeof made.quote>;
        return Object.assign(made, {
          quote: (...asked: Parameters<typeof quote>) =>
            isSlow ? quoted.promise.then(() => quote(...asked)) : quote(...asked),
        });
      };
      venue.quote(200);
      const { desk } = deskAt({ ...venue, broker }, { risk: { maxDailyValue, priceCollar: 1 } });
      onTestFinished(() => desk.close());
      const keyed = { ...BY, idempotencyKey: "k1" };
      venue.next("not-sent");
      const { tag } = (await rejection(desk.place(LIMIT_BUY, keyed))) as { tag: string };
      isSlow = true;
      const again = desk.place(LIMIT_BUY, keyed).catch((error: Failure) => error);
      await aFewTurns();
      venue.accept({ ...LIMIT_BUY, tag, ...{ status, filledQty } });
      await aFewTurns();
      quoted.resolve();
      expect(await again).toMatchObject({ orderId: "1", tag });
      const rest = maxDailyValue - 2400;
      expect(await rejection(desk.place({ ...LIMIT_BUY, qty: rest / 200 + 1 }, BY))).toEqual(
        exceeded("risk.maxDailyValue", maxDailyValue + 200, maxDailyValue),
      );
      expect(venue.ledger.size).toBe(1);
    },
  );

  test("counts an order that was thought not to have been sent for the day on which it was", async () => {
    const { venue, desk, place } = house({ maxDailyValue: 2400 });
    venue.next("not-sent");
    const { tag } = (await rejection(place())) as Failure;
    vi.setSystemTime(Date.now() + DAY_MS);
    venue.accept({ ...LIMIT_BUY, tag: String(tag) });
    await vi.waitFor(() => expect(desk.remembered("1")).toMatchObject({ tag }));
    await place();
    expect(await rejection(place())).toEqual(exceeded("risk.maxDailyValue"));
  });

  test("counts an order that was found after its answer was lost, after a restart too", async () => {
    const { venue, desk, journal, place } = house({ maxDailyValue: 2400 });
    venue.next("drop-after");
    await place({}, { ...BY, idempotencyKey: "k1" }).catch(() => undefined);
    await vi.waitFor(async () => expect(await desk.unknownIntents()).toEqual([]), { timeout: 5000 });
    await desk.close();
    const next = deskAt(venue, { journal, risk: { maxDailyValue: 2400 } }).desk;
    expect(await rejection(next.place(LIMIT_BUY, BY))).toEqual(exceeded("risk.maxDailyValue"));
  });

  test("is not counted for the next day where midnight passes while it is read", async () => {
    const { venue, desk, journal, place } = house(risk);
    await place();
    await place();
    await desk.close();
    venue.dropHosts();
    const late: Journal = {
      ...journal,
      async intentsSince(instance, at) {
        const intents = await journal.intentsSince(instance, at);
        vi.setSystemTime(Date.now() + DAY_MS);
        return intents;
      },
    };
    await deskAt(venue, { journal: late, risk }).desk.place(LIMIT_BUY, BY);
  });

  test("is counted once where midnight passes while an order waits for its quote", async () => {
    const venue = createVenue();
    let passes = 0;
    const broker = (instance: Parameters<typeof venue.broker>[0]) => {
      const made = venue.broker(instance);
      const quote = made.quote as NonNullable<typeof made.quote>;
      return Object.assign(made, {
        quote: (...asked: Parameters<typeof quote>) => {
          vi.setSystemTime(Date.now() + passes);
          venue.quote(200);
          return quote(...asked);
        },
      });
    };
    const { desk } = deskAt({ ...venue, broker }, { risk: { maxDailyValue: 4800, priceCollar: 1 } });
    onTestFinished(() => desk.close());
    await desk.place(LIMIT_BUY, BY);
    passes = DAY_MS;
    const { orderId } = await desk.place(LIMIT_BUY, BY);
    passes = 0;
    venue.set(orderId, { status: "FILLED", filledQty: 12 });
    await desk.place(LIMIT_BUY, BY);
    expect(await rejection(desk.place({ ...LIMIT_BUY, qty: 1 }, BY))).toEqual(
      exceeded("risk.maxDailyValue", 5000, 4800),
    );
  });

  test("is the same after the clock was put back over midnight", async () => {
    const { place } = house({ maxDailyValue: 2400 });
    const refused = exceeded("risk.maxDailyValue", 4800, 2400);
    vi.setSystemTime(Date.UTC(2026, 0, 5, 23, 59, 59, 900));
    await place();
    vi.setSystemTime(Date.UTC(2026, 0, 6, 0, 0, 0, 100));
    await place();
    vi.setSystemTime(Date.UTC(2026, 0, 5, 23, 59, 59, 950));
    expect(await rejection(place())).toEqual(refused);
    vi.setSystemTime(Date.UTC(2026, 0, 6, 0, 0, 0, 200));
    expect(await rejection(place())).toEqual(refused);
  });

  test.each([-1, 1])("is counted over a restart also where the clock is set right only then: %i days", async (days) => {
    const limits = { maxDailyValue: 2500 };
    const { venue, desk, journal, place } = house(limits);
    const right = Date.now();
    await place();
    await desk.close();
    vi.setSystemTime(right + days * DAY_MS);
    const next = deskAt(venue, { journal, risk: limits }).desk;
    onTestFinished(() => next.close());
    const { orderId } = await next.place({ ...LIMIT_BUY, qty: 1 }, BY);
    venue.set(orderId, { status: "FILLED", filledQty: 1, avgPrice: 200 });
    vi.setSystemTime(right);
    expect(await rejection(next.place(LIMIT_BUY, BY))).toEqual(exceeded("risk.maxDailyValue", 4800, 2500));
    vi.setSystemTime(right + days * DAY_MS);
    expect(await rejection(next.place({ ...LIMIT_BUY, qty: 12 }, BY))).toEqual(
      exceeded("risk.maxDailyValue", 2600, 2500),
    );
  });

  test("is given back after a restart too when it was rejected, though the broker does not list it any more", async () => {
    const { venue, desk, place, journal } = house({ maxDailyValue: 2400 });
    const { orderId } = await place();
    venue.set(orderId, { status: "REJECTED" });
    await desk.close();
    venue.hide(orderId);
    const successor = deskAt(venue, { journal, risk: { maxDailyValue: 2400 } });
    await successor.desk.place(LIMIT_BUY, BY);
    expect(await rejection(successor.desk.place(LIMIT_BUY, BY))).toEqual(exceeded("risk.maxDailyValue"));
  });

  test("is counted for each token by its name", async () => {
    const { place } = house();
    const bot = asMandate({ limits: { maxDailyValue: 2400 } });
    await place({}, { principal: "somebody else" });
    await place({}, bot);
    expect(await rejection(place({}, bot))).toEqual(exceeded("token.limits.maxDailyValue", 4800, 2400));
    await place({}, { principal: "somebody else" });
  });
});

describe("open orders", () => {
  test("are counted, those placed elsewhere and those on their way too", async () => {
    const { venue, desk, place } = house({ maxOpenOrders: 2 });
    venue.accept({ ...LIMIT_BUY, tag: undefined } as never);
    venue.next("hang-late");
    const hanging = place();
    expect(await rejection(place())).toEqual(exceeded("risk.maxOpenOrders", 3, 2));
    await vi.waitFor(() => {
      venue.release();
      expect(venue.ledger.size).toBe(2);
    });
    const { orderId } = await hanging;
    await desk.cancel(orderId, BY);
    await place();
  });

  test("that the broker has not known for a day count no more, until it knows them again", async () => {
    const { venue, desk, place } = house({ maxOpenOrders: 1 });
    venue.hold(AAPL, 12);
    const { orderId } = await place(SELL);
    venue.hide(orderId);
    vi.advanceTimersByTime(1);
    venue.reconnect();
    await expect.poll(async () => (await desk.order(orderId, {})).staleSince).not.toBeNull();
    vi.advanceTimersByTime(DAY_MS - 60_000);
    expect(await rejection(place(SELL))).toMatchObject({
      details: { breaches: [{ rule: "risk.allowShort" }, { rule: "risk.maxOpenOrders" }] },
    });
    vi.advanceTimersByTime(60_000);
    await desk.cancel((await place(SELL)).orderId, BY);
    venue.hide(orderId, false);
    venue.reconnect();
    await expect.poll(async () => (await desk.order(orderId, {})).staleSince).toBeNull();
    expect(await rejection(place())).toEqual(exceeded("risk.maxOpenOrders", 2, 1));
  });

  test("that have expired and work again, as a person wakes them in Futu's app, count until their broker says otherwise", async () => {
    const { venue, desk, place } = house({ maxOpenOrders: 1 });
    venue.hold(AAPL, 12);
    const { orderId } = await place(SELL);
    const refused = { details: { breaches: [{ rule: "risk.allowShort" }, { rule: "risk.maxOpenOrders" }] } };
    venue.set(orderId, { status: "EXPIRED" });
    await desk.cancel((await place(SELL)).orderId, BY);
    venue.set(orderId, { status: "OPEN" });
    expect(await rejection(place(SELL))).toMatchObject(refused);
    venue.set(orderId, { status: "CANCELED" });
    await desk.cancel((await place(SELL)).orderId, BY);
    venue.set(orderId, { status: "OPEN" });
    expect(await rejection(place(SELL))).toMatchObject(refused);
    venue.hide(orderId);
    vi.advanceTimersByTime(1);
    venue.reconnect();
    await vi.waitUntil(async () => (await place(SELL).catch(() => undefined)) !== undefined);
  });

  test("that work again count also when a report from before that comes late", async () => {
    let listing: Promise<OrderListing> | undefined;
    const risk = { maxOpenOrders: 0, allowShort: true };
    const orders = async () => listing ?? { orders: [], unmapped: [] };
    const { desk, host } = deskOver({ orders, placeOrder: async () => ({ orderId: "9" }) }, { risk });
    onTestFinished(() => desk.close());
    await desk.reconcile();
    const value = async () => ((await rejection(desk.place(LIMIT_BUY, BY))) as Failure).details;
    for (const updatedAt of [2, null]) {
      const ended = anOrder({ orderId: `at ${updatedAt}`, status: "EXPIRED", errorReason: "late", updatedAt });
      const awake = anOrder({ orderId: ended.orderId, updatedAt: updatedAt && 3 });
      const asked = deferred<OrderListing>();
      listing = asked.promise;
      host().onOrder(ended);
      const reading = desk.orders({ status: "all" }, {});
      vi.advanceTimersByTime(1);
      host().onOrder(awake);
      if (updatedAt !== null) host().onOrder(ended);
      expect(await value()).toMatchObject({ value: 2 });
      asked.resolve({ orders: [ended], unmapped: [] });
      await reading;
      expect(await value()).toMatchObject({ value: 2 });
      vi.advanceTimersByTime(1);
      host().onOrder({ ...ended, updatedAt: updatedAt && 4 });
      expect(await value()).toMatchObject({ value: 1 });
    }
  });

  test("of which a fill was taken back count, and are canceled, where they are shown as open though they were filled", async () => {
    const { venue, desk, place } = house({ maxOpenOrders: 1 });
    const { orderId } = await place();
    venue.set(orderId, { status: "FILLED", filledQty: 12, avgPrice: 200 });
    venue.set(orderId, { status: "OPEN", filledQty: 0, avgPrice: 0, busted: true });
    expect(await rejection(place())).toEqual(exceeded("risk.maxOpenOrders", 2, 1));
    await desk.cancel(orderId, BY);
    expect(venue.ledger.get(orderId)).toMatchObject({ status: "CANCELED" });
  });

  test("whose outcome is unknown count too", async () => {
    const { venue, place } = house({ maxOpenOrders: 1 });
    venue.silence(true);
    venue.failListings(false);
    venue.next("drop-after");
    expect(await rejection(place())).toMatchObject({ code: "OutcomeUnknown" });
    expect(await rejection(place())).toEqual(exceeded("risk.maxOpenOrders", 2, 1));
  });
});

describe("short sales", () => {
  test("are refused unless allowed, as soon as there are limits", async () => {
    const { venue, place } = house({});
    expect(await rejection(place(SELL))).toEqual(exceeded("risk.allowShort", 12, 0));
    venue.hold(AAPL, 11);
    expect(await rejection(place(SELL))).toEqual(exceeded("risk.allowShort", 12, 11));
    venue.hold(AAPL, 12);
    await place(SELL);
  });

  test("may be allowed", async () => {
    const { venue, place } = house({ allowShort: true });
    await place(SELL);
    expect(venue.ledger.size).toBe(1);
  });

  test("open orders to sell are taken off what is held, and what was filled of them is not taken off twice", async () => {
    const { venue, place } = house({});
    venue.hold(AAPL, 20);
    const { orderId } = await place(SELL);
    expect(await rejection(place({ ...SELL, qty: 9 }))).toEqual(exceeded("risk.allowShort", 9, 8));
    venue.set(orderId, { filledQty: 10, status: "PARTIALLY_FILLED", avgPrice: 200 });
    venue.hold(AAPL, 10);
    await place({ ...SELL, qty: 8 });
    expect(await rejection(place({ ...SELL, qty: 1 }))).toEqual(exceeded("risk.allowShort", 1, 0));
  });

  test("shares that are sold while the positions are read are not sold again", async () => {
    const { venue, place } = house({});
    venue.hold(AAPL, 12);
    const { orderId } = await place(SELL);
    venue.duringPositions(() => venue.set(orderId, { status: "FILLED", filledQty: 12, avgPrice: 200 }));
    expect(await rejection(place({ ...SELL, qty: 1 }))).toEqual(exceeded("risk.allowShort", 1, 0));
  });

  test("shares that an order sold which came and went while the positions were read are not sold again", async () => {
    const { venue, desk, place } = house({});
    venue.hold(AAPL, 12);
    await desk.start();
    venue.duringPositions(() => {
      const { orderId } = venue.accept({ ...LIMIT_BUY, ...SELL });
      venue.set(orderId, { status: "FILLED", filledQty: 12, avgPrice: 200 });
    });
    expect(await rejection(place({ ...SELL, qty: 1 }))).toEqual(exceeded("risk.allowShort", 1, 0));
  });

  test("what a canceled order had left is free at once", async () => {
    const { venue, place } = house({});
    venue.hold(AAPL, 12);
    const { orderId } = await place(SELL);
    venue.duringPositions(() => venue.set(orderId, { status: "CANCELED" }));
    await place(SELL);
    expect(venue.ledger.size).toBe(2);
  });

  test("shares that were sold after somebody else began to read the positions are not sold again", async () => {
    const { venue, desk, place } = house({});
    venue.hold(AAPL, 12);
    const { orderId } = await place(SELL);
    const answer = venue.holdPositionsBack();
    const reading = desk.positions({});
    venue.set(orderId, { status: "FILLED", filledQty: 12, avgPrice: 200 });
    venue.hold(AAPL, 0);
    const placing = rejection(place({ ...SELL, qty: 1 }));
    await new Promise(setImmediate);
    answer();
    await reading;
    expect(await placing).toEqual(exceeded("risk.allowShort", 1, 0));
  });

  test("a sale that was rejected or not sent holds nothing", async () => {
    const { venue, place } = house({});
    venue.hold(AAPL, 12);
    venue.next("reject", "not-sent");
    for (let time = 0; time < 2; time += 1) await place(SELL).catch(() => undefined);
    await place(SELL);
    expect(venue.ledger.size).toBe(1);
  });

  test("two sales at once do not both sell the same shares", async () => {
    const { venue, place } = house({});
    venue.hold(AAPL, 12);
    const results = await Promise.allSettled([place(SELL), place(SELL)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(venue.ledger.size).toBe(1);
  });

  test("a sale of unknown outcome holds its shares until it is known", async () => {
    const { venue, place } = house({});
    venue.hold(AAPL, 12);
    venue.silence(true);
    venue.next("drop-after");
    expect(await rejection(place(SELL))).toMatchObject({ code: "OutcomeUnknown" });
    expect(await rejection(place({ ...SELL, qty: 1 }))).toEqual(exceeded("risk.allowShort", 1, 0));
  });

  test("a sale of unknown outcome holds nothing more once it is known not to have been sent", async () => {
    const { venue, desk, place } = house({ maxOpenOrders: 1 });
    venue.hold(AAPL, 12);
    venue.next("drop-before");
    expect(await rejection(place(SELL))).toMatchObject({ code: "OutcomeUnknown" });
    vi.useRealTimers();
    await expect.poll(() => desk.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    await place(SELL);
  });

  test("a sale of unknown outcome holds its shares after a restart, also if the journal cannot be read at first", async () => {
    const { venue, desk, journal, place } = house({});
    venue.hold(AAPL, 12);
    venue.silence(true);
    venue.next("drop-after");
    expect(await rejection(place(SELL))).toMatchObject({ code: "OutcomeUnknown" });
    await desk.close();
    venue.dropHosts();
    venue.hide("1");
    let failures = 1;
    const flawed: Journal = {
      ...journal,
      unsettled(instance) {
        failures -= 1;
        if (failures >= 0) throw new Error("disk gone");
        return journal.unsettled(instance);
      },
    };
    const next = deskAt(venue, { journal: flawed, risk: {} }).desk;
    expect(await rejection(next.place({ ...LIMIT_BUY, ...SELL }, BY))).toEqual(exceeded("risk.allowShort", 12, 0));
  });

  test("a replace may sell less, and not more than is held", async () => {
    const { venue, desk, place } = house({});
    venue.hold(AAPL, 12);
    const { orderId } = await place(SELL);
    venue.hold(AAPL, 0);
    await desk.replace(orderId, { price: 201 }, BY);
    await desk.replace(orderId, { qty: 5 }, BY);
    expect(await rejection(desk.replace(orderId, { qty: 6 }, BY))).toEqual(exceeded("risk.allowShort", 6, 0));
    venue.hold(AAPL, 7);
    await desk.replace(orderId, { qty: 7 }, BY);
  });

  test("what a replace has added holds its shares from the broker's answer on, whenever it is reported", async () => {
    const { venue, desk, place } = house({});
    venue.hold(AAPL, 24);
    const { orderId } = await place(SELL);
    venue.silence(true);
    await desk.replace(orderId, { qty: 24 }, BY);
    expect(await rejection(place(SELL))).toEqual(exceeded("risk.allowShort", 12, 0));
    expect(venue.ledger.size).toBe(1);
  });

  test("what a replace would have added is free again when the order is reported without it", async () => {
    const { venue, desk, place } = house({});
    venue.hold(AAPL, 24);
    const { orderId } = await place(SELL);
    venue.silence(true);
    await desk.replace(orderId, { qty: 24 }, BY);
    venue.silence(false);
    venue.set(orderId, { qty: 24, status: "PENDING_REPLACE" });
    venue.set(orderId, { qty: 12, status: "OPEN" });
    await place(SELL);
  });

  test("what a replace has added holds nothing once another one has taken it back, though neither has been reported", () => {
    const order = { ...anOrder({ orderId: "1", qty: 12 }), external: false, asOf: 1, staleSince: null };
    const taken = createTakenChanges({ get: () => order } as never, () => 60_000);
    taken.add("up", { kind: "replace", orderId: "1", change: { qty: 24 } });
    expect([...taken.all()]).toHaveLength(1);
    taken.add("down", { kind: "replace", orderId: "1", change: { qty: 12 } });
    expect([...taken.all()]).toEqual([]);
  });

  test("what a replace has added goes on to hold its shares when an earlier one is answered late", () => {
    const order = { ...anOrder({ orderId: "1", qty: 12 }), external: false, asOf: 1, staleSince: null };
    const taken = createTakenChanges({ get: () => order } as never, () => 60_000);
    const change = (qty: number) => ({ kind: "replace", orderId: "1", change: { qty } }) as const;
    taken.add("second", change(30));
    taken.addLate("first", change(24));
    expect([...taken.all()]).toContainEqual(expect.objectContaining({ action: change(30) }));
    taken.addLate("none", change(12));
    taken.seen({ ...order, qty: 24 });
    expect([...taken.all()]).toEqual([expect.objectContaining({ action: change(30) })]);
  });

  test.each([
    ["has", { price: 200 }, { qty: 13 }],
    ["has", { qty: 13 }, { price: 200 }],
    ["may have", { price: 200 }, { qty: 13 }],
    ["may have", { qty: 13 }, { price: 200 }],
  ])(
    "a replace is worth what the one before it %s made of the order, though that is not shown yet: %j, %j",
    async (has, before, change) => {
      const sent: unknown[] = [];
      const { desk } = deskOver(
        {
          capabilities: () => ({ ...CAPABILITIES, listing: { complete: true, settleMs: 30_000 } }),
          orders: async () => ({ orders: [anOrder({ orderId: "1", qty: 12, price: 100 })], unmapped: [] }),
          order: async (orderId) => anOrder({ orderId, qty: 12, price: 100 }),
          replaceOrder: async (orderId, asked) => {
            sent.push(asked);
            if (has === "may have") throw new BrokerError("BrokerFault", "the socket dropped");
            return { orderId };
          },
        },
        { risk: { maxOrderValue: 2500 } },
      );
      onTestFinished(() => desk.close());
      const answer = desk.replace("1", before, BY);
      if (has === "has") await answer;
      else expect(await rejection(answer)).toMatchObject({ outcome: "unknown" });
      expect(await rejection(desk.replace("1", change, BY))).toEqual(exceeded("risk.maxOrderValue", 2600, 2500));
      expect(sent).toHaveLength(1);
    },
  );

  test("what an order's limits rest on, and the order that a change is of, are read as what a write waits for", async () => {
    const forWrite: Record<string, boolean | undefined> = {};
    const { desk } = deskOver(
      {
        capabilities: () => ({ ...CAPABILITIES, push: "none" }),
        quote: async (contract, call) => {
          forWrite["quote"] = call.forWrite;
          return {
            ...{ contract, currency: "USD", isTradable: true, latest: 200, preClose: 200 },
            ...{ highPrice: 200, lowPrice: 200, openPrice: 200, timestamp: Date.now() },
          };
        },
        positions: async (call) => {
          forWrite["positions"] = call.forWrite;
          return { positions: [{ contract: AAPL, unit: "Share", currency: "USD", qty: 100 }], unmapped: [] };
        },
        order: async (orderId, call) => {
          forWrite["order"] = call.forWrite;
          return anOrder({ orderId, direction: "SELL" });
        },
        orders: async () => ({ orders: [anOrder({ orderId: "1", direction: "SELL" })], unmapped: [] }),
        placeOrder: async () => ({ orderId: "2" }),
        replaceOrder: async (orderId) => ({ orderId }),
      },
      { risk: { priceCollar: 0.5 } },
    );
    onTestFinished(() => desk.close());
    await desk.place({ ...LIMIT_BUY, ...SELL }, BY);
    await desk.replace("1", { price: 201 }, BY);
    expect(forWrite).toEqual({ quote: true, positions: true, order: true });
    await Promise.all([desk.quote(AAPL, {}), desk.positions({}), desk.order("1", {})]);
    expect(forWrite).toEqual({ quote: false, positions: false, order: false });
  });

  test("a replace counts for the day by how much more it is worth than what the one before it has made of the order", async () => {
    const { desk } = deskOver(
      {
        capabilities: () => ({ ...CAPABILITIES, listing: { complete: true, settleMs: 30_000 } }),
        orders: async () => ({ orders: [anOrder({ orderId: "1", qty: 12, price: 100 })], unmapped: [] }),
        order: async (orderId) => anOrder({ orderId, qty: 12, price: 100 }),
        replaceOrder: async (orderId) => ({ orderId }),
      },
      { risk: { maxDailyValue: 1200 } },
    );
    onTestFinished(() => desk.close());
    for (const price of [150, 160, 170, 200]) await desk.replace("1", { price }, BY);
    expect(await rejection(desk.replace("1", { price: 201 }, BY))).toEqual(exceeded("risk.maxDailyValue", 1212, 1200));
  });

  test("what a replace has added holds its shares for as long as the broker may show them late, and no longer", () => {
    const order = { ...anOrder({ orderId: "1", qty: 12 }), external: false, asOf: 1, staleSince: null };
    const taken = createTakenChanges({ get: () => order } as never, () => 60_000);
    taken.add("up", { kind: "replace", orderId: "1", change: { qty: 24 } });
    taken.add("other", { kind: "replace", orderId: "2", change: { qty: 24 } });
    expect([...taken.all()].map(({ id }) => id)).toEqual(["up", "other"]);
    vi.advanceTimersByTime(60_000);
    for (const held of [{ status: "PENDING_REPLACE" }, { holdsChanges: true }] as const) {
      taken.seen({ ...order, ...held });
      expect([...taken.all()].map(({ id }) => id)).toEqual(["up", "other"]);
    }
    taken.seen(order);
    expect([...taken.all()].map(({ id }) => id)).toEqual(["other"]);
  });

  test("what a replace has added holds its shares for as long after a restart too", async () => {
    const journal = memoryJournal();
    const begin = () => {
      const { desk } = deskOver(
        {
          capabilities: () => ({ ...CAPABILITIES, listing: { complete: true, settleMs: 30_000 } }),
          positions: async () => ({
            positions: [{ contract: AAPL, unit: "Share", currency: "USD", qty: 24 }],
            unmapped: [],
          }),
          orders: async () => ({ orders: [anOrder({ ...SELL, orderId: "1", qty: 12 })], unmapped: [] }),
          order: async (orderId) => anOrder({ ...SELL, orderId, qty: 12 }),
          replaceOrder: async (orderId) => ({ orderId }),
          placeOrder: async () => ({ orderId: "2" }),
        },
        { journal, risk: { maxOrderQty: 24 } },
      );
      onTestFinished(() => desk.close());
      return desk;
    };
    const first = begin();
    await first.replace("1", { qty: 20 }, BY);
    await first.replace("1", { qty: 24 }, BY);
    await first.close();
    const next = begin();
    expect(await rejection(next.place({ ...LIMIT_BUY, ...SELL }, BY))).toEqual(exceeded("risk.allowShort", 12, 0));
    await next.close();
    vi.advanceTimersByTime(60_000);
    await begin().place({ ...LIMIT_BUY, ...SELL }, BY);
  });

  test("a replace is not let through by what its order was before it was made smaller meanwhile", async () => {
    const sent: string[] = [];
    const first = deferred<void>();
    let quotes = 0;
    const sale = anOrder({ ...SELL, orderId: "1", qty: 24, updatedAt: 1 });
    const { desk, host } = deskOver(
      {
        quote: async (contract) => {
          quotes += 1;
          if (quotes === 2) await first.promise;
          const prices = { latest: 200, preClose: 200, highPrice: 200, lowPrice: 200, openPrice: 200 };
          return { contract, currency: "USD", isTradable: true, ...prices, timestamp: Date.now() };
        },
        positions: async () => ({
          positions: [{ contract: AAPL, unit: "Share", currency: "USD", qty: 24 }],
          unmapped: [],
        }),
        orders: async () => ({ orders: [sale], unmapped: [] }),
        order: async () => sale,
        replaceOrder: async (orderId, { qty }) => {
          sent.push(`replace ${qty}`);
          return { orderId };
        },
        placeOrder: async ({ qty }) => {
          sent.push(`place ${qty}`);
          return { orderId: "2" };
        },
      },
      { risk: { maxOrderValue: 1_000_000 } },
    );
    onTestFinished(() => desk.close());
    await desk.replace("1", { qty: 12 }, BY);
    const larger = rejection(desk.replace("1", { qty: 24 }, BY));
    await aFewTurns();
    host().onOrder({ ...sale, qty: 12, updatedAt: 2 });
    await desk.place({ ...LIMIT_BUY, ...SELL }, BY);
    first.resolve();
    expect(await larger).toMatchObject({ code: "RateLimited", outcome: "not_sent" });
    expect(sent).toEqual(["replace 12", "place 12"]);
    expect(await rejection(desk.replace("1", { qty: 24 }, BY))).toEqual(exceeded("risk.allowShort", 24, 12));
  });

  test("what is on its way counts once, and for its own contract only", () => {
    const book = createOrderBook();
    const sale = draftOfPlace("htnew", { ...LIMIT_BUY, ...SELL });
    const place = { kind: "place", request: { ...LIMIT_BUY, ...SELL } } as const;
    book.apply(anOrder({ ...SELL, orderId: "1", tag: "htone", qty: 12 }), true, 1);
    book.apply(anOrder({ orderId: "2", qty: 12, contract: { ...AAPL, symbol: "MSFT" } }), true, 1);
    const pending = [
      { id: "htone", action: place },
      { id: "price", action: { kind: "replace", orderId: "1", change: { price: 199 } } },
      { id: "other", action: { kind: "replace", orderId: "2", change: { qty: 99 } } },
      { id: "cancel", action: { kind: "cancel", orderId: "1" } },
    ] as const;
    expect([workingQty(book, pending, sale), openCount(book, pending)]).toEqual([12, 2]);
    const more = [...pending, { id: "httwo", action: place }] as const;
    expect([workingQty(book, more, sale), openCount(book, more)]).toEqual([24, 3]);
  });

  test("what a replace has added holds its shares after a late answer too", async () => {
    const { venue, desk, place } = house({}, memoryJournal(), 100);
    venue.hold(AAPL, 24);
    const { orderId } = await place(SELL);
    venue.silence(true);
    venue.next("hang-after");
    expect(await rejection(desk.replace(orderId, { qty: 24 }, BY))).toMatchObject({ code: "OutcomeUnknown" });
    venue.failListings(true);
    venue.onOrderAsked(() => {
      throw new BrokerError("NotConnected", "no connection");
    });
    venue.release();
    await vi.waitFor(async () => expect(await desk.unknownIntents()).toEqual([]));
    expect(await rejection(place(SELL))).toEqual(exceeded("risk.allowShort", 12, 0));
  });

  test("an old report of the order does not free what a replace has added", async () => {
    const venue = createVenue({ settleMs: 60_000 });
    const { desk } = deskAt(venue, { risk: {} });
    venue.hold(AAPL, 24);
    const { orderId } = await desk.place({ ...LIMIT_BUY, ...SELL }, BY);
    const before = venue.ledger.get(orderId);
    venue.silence(true);
    await desk.replace(orderId, { qty: 24 }, BY);
    venue.silence(false);
    if (before !== undefined) venue.push(before);
    expect(await rejection(desk.place({ ...LIMIT_BUY, ...SELL }, BY))).toEqual(exceeded("risk.allowShort", 12, 0));
  });

  test("a sale that is answered late holds its shares, whenever it is reported", async () => {
    const { venue, desk, place } = house({}, memoryJournal(), 100);
    venue.hold(AAPL, 12);
    await desk.reconcile();
    venue.silence(true);
    venue.next("hang-late");
    expect(await rejection(place(SELL))).toMatchObject({ code: "OutcomeUnknown" });
    venue.release();
    await vi.waitFor(async () => expect(await desk.unknownIntents()).toEqual([]));
    expect(await rejection(place({ ...SELL, qty: 1 }))).toEqual(exceeded("risk.allowShort", 1, 0));
  });

  test.each<[string, number, number]>([
    ["filledQty", 90, 91],
    ["qty", 0, 1],
  ])(
    "an order that the broker tells of with no number as its %s holds the most that it may sell",
    async (field, free, more) => {
      const { venue, desk, place } = house({});
      venue.hold(AAPL, 100);
      await desk.reconcile();
      const { orderId } = venue.accept({ ...LIMIT_BUY, ...SELL, qty: 10, [field]: Number.NaN });
      expect(await rejection(place({ ...SELL, qty: more }))).toEqual(exceeded("risk.allowShort", more, free));
      if (free > 0) await place({ ...SELL, qty: free });
      expect(await desk.replace(orderId, { qty: 10 }, BY)).toMatchObject({ orderId });
    },
  );

  test("positions that cannot be read refuse, as not sent", async () => {
    const { venue, place } = house({});
    venue.failPositions(true);
    expect(await rejection(place(SELL))).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
    expect(venue.ledger.size).toBe(0);
  });
});

describe("the same order again without a key", () => {
  const risk: RiskOptions = { duplicateWindowMs: 5000 };

  test("is refused within the window only", async () => {
    const { venue, place } = house(risk);
    await place();
    vi.advanceTimersByTime(4999);
    expect(await rejection(place())).toEqual(exceeded("risk.duplicateWindowMs", 4999, 5000));
    vi.advanceTimersByTime(1);
    await place();
    expect(venue.ledger.size).toBe(2);
  });

  test("is refused within the window only, though the clock is put back by hours", async () => {
    const { place } = house(risk);
    await place();
    vi.setSystemTime(Date.now() - 8 * 3_600_000);
    vi.advanceTimersByTime(4999);
    expect(await rejection(place())).toEqual(exceeded("risk.duplicateWindowMs", 4999, 5000));
    vi.advanceTimersByTime(1);
    await place();
  });

  test.each<[string, Partial<OrderRequest>]>([
    ["quantity", { qty: 13 }],
    ["price", { price: 199 }],
    ["direction", { direction: "SELL" }],
    ["contract", { contract: { ...AAPL, symbol: "QQQ" } }],
  ])("another %s is another order", async (_name, own) => {
    const { venue, place } = house({ ...risk, allowShort: true });
    await place();
    await place(own);
    expect(venue.ledger.size).toBe(2);
  });

  test("is let through with a key, and after the first was not sent or rejected", async () => {
    const { venue, place } = house(risk);
    venue.next("reject", "not-sent");
    await place().catch(() => undefined);
    await place().catch(() => undefined);
    await place();
    await place({}, { ...BY, idempotencyKey: "k1" });
    expect(venue.ledger.size).toBe(2);
  });

  test("is refused though another one was rejected meanwhile", async () => {
    const { venue, place } = house({ duplicateWindowMs: 1000 });
    await place();
    venue.next("reject");
    await rejection(place({ qty: 5 }));
    expect(await rejection(place())).toEqual(exceeded("risk.duplicateWindowMs"));
  });

  test("two at once are one", async () => {
    const { venue, place } = house(risk);
    const results = await Promise.allSettled([place(), place()]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(venue.ledger.size).toBe(1);
  });

  test("is let through when the first turns out not to have been sent", async () => {
    const { venue, desk, place } = house(risk);
    venue.next("drop-before");
    await place().catch(() => undefined);
    await vi.waitFor(async () => expect(await desk.unknownIntents()).toEqual([]), { timeout: 5000 });
    await place();
    expect(venue.ledger.size).toBe(1);
  });

  test("is refused after a restart too", async () => {
    const { venue, desk, journal, place } = house(risk);
    venue.next("reject");
    await place({ qty: 13 }).catch(() => undefined);
    await place();
    await desk.close();
    venue.dropHosts();
    vi.advanceTimersByTime(4000);
    const next = deskAt(venue, { journal, risk }).desk;
    expect(await rejection(next.place(LIMIT_BUY, BY))).toEqual(exceeded("risk.duplicateWindowMs", 4000, 5000));
    await next.place({ ...LIMIT_BUY, qty: 13 }, BY);
    vi.advanceTimersByTime(1000);
    await next.place(LIMIT_BUY, BY);
  });

  test("an unknown outcome keeps the window shut", async () => {
    const { venue, place } = house(risk);
    venue.next("drop-before");
    await place().catch(() => undefined);
    expect(await rejection(place())).toEqual(exceeded("risk.duplicateWindowMs"));
  });

  test("is refused after one with a key, before a restart and after it", async () => {
    const { venue, desk, journal, place } = house(risk);
    await place({}, { ...BY, idempotencyKey: "k1" });
    vi.advanceTimersByTime(1000);
    expect(await rejection(place())).toEqual(exceeded("risk.duplicateWindowMs", 1000, 5000));
    await desk.close();
    venue.dropHosts();
    vi.advanceTimersByTime(1000);
    const next = deskAt(venue, { journal, risk }).desk;
    expect(await rejection(next.place(LIMIT_BUY, BY))).toEqual(exceeded("risk.duplicateWindowMs", 2000, 5000));
    expect(venue.ledger.size).toBe(1);
  });

  test("is refused for the one before, where the last was rejected, as long as its own window", async () => {
    const { venue, place } = house(risk);
    await place({}, { ...BY, idempotencyKey: "k1" });
    vi.advanceTimersByTime(3000);
    venue.next("reject");
    await place({}, { ...BY, idempotencyKey: "k2" }).catch(() => undefined);
    expect(await rejection(place())).toEqual(exceeded("risk.duplicateWindowMs", 3000, 5000));
    await place({ qty: 13 });
    vi.advanceTimersByTime(2000);
    await place();
    expect(venue.ledger.size).toBe(3);
  });
});

describe("a token", () => {
  test.each<[string, Mandate["allow"], Partial<OrderRequest>, string]>([
    ["region", { regions: ["HK"] }, {}, "token.allow.regions"],
    ["symbol", { symbols: ["US QQQ"] }, {}, "token.allow.symbols"],
    ["direction", { directions: ["SELL"] }, {}, "token.allow.directions"],
    ["order type", { orderTypes: ["Limit"] }, MARKET, "token.allow.orderTypes"],
    ["lifecycle", { lifecycles: ["RTH"] }, { lifecycle: "ETH" }, "token.allow.lifecycles"],
  ])("may not send what it is not allowed: %s", async (_name, allow, own, rule) => {
    const { venue, place } = house();
    const failure = await rejection(place(own, asMandate({ allow: allow ?? {} })));
    expect(failure).toMatchObject({ code: "Forbidden", outcome: "not_sent", details: { rule } });
    expect(venue.ledger.size).toBe(0);
  });

  test("may not change an order of another into what it may send, or the other way round", async () => {
    const { venue, desk } = house();
    const other = venue.accept({ ...LIMIT_BUY, contract: { ...AAPL, symbol: "QQQ" } });
    const bot = asMandate({ allow: { symbols: ["US AAPL"] } });
    expect(await rejection(desk.replace(other.orderId, { qty: 1 }, bot))).toMatchObject({ code: "Forbidden" });
    expect(venue.ledger.get(other.orderId)?.qty).toBe(12);
  });

  test.each<[string, Mandate["limits"], string]>([
    ["value", { maxOrderValue: 2399 }, "token.limits.maxOrderValue"],
    ["quantity", { maxOrderQty: 11 }, "token.limits.maxOrderQty"],
  ])("may not send more than its limit: %s", async (_name, limits, rule) => {
    const { place } = house();
    expect(await rejection(place({}, asMandate({ limits: limits ?? {} })))).toEqual(exceeded(rule));
  });

  test("that sends more orders a minute than it may is told how long to wait", async () => {
    const { desk, place } = house();
    const bot = asMandate({ limits: { ordersPerMinute: 2 } });
    const { orderId } = await place({}, bot);
    vi.advanceTimersByTime(20_000);
    await desk.replace(orderId, { qty: 13 }, bot);
    expect(await rejection(place({}, bot))).toMatchObject({
      code: "RateLimited",
      outcome: "not_sent",
      retryAfterMs: 40_000,
      details: { rule: "token.limits.ordersPerMinute" },
    });
    await desk.cancel(orderId, bot);
    vi.advanceTimersByTime(40_000);
    await place({}, bot);
  });

  test.each([
    ["forward", 8],
    ["back", -8],
  ])("waits for the rest of its minute, though the clock is put %s by hours", async (_name, hours) => {
    const { desk, journal, venue, place } = house();
    const bot = asMandate({ limits: { ordersPerMinute: 1 } });
    await place({}, bot);
    vi.advanceTimersByTime(20_000);
    vi.setSystemTime(Date.now() + hours * 3_600_000);
    expect(await rejection(place({}, bot))).toMatchObject({ code: "RateLimited", retryAfterMs: 40_000 });
    vi.advanceTimersByTime(40_000);
    await place({}, bot);
    await desk.close();
    if (hours > 0) return;
    // What a process before this one wrote down of a later time was sent just now at the latest.
    vi.setSystemTime(Date.now() - 3_600_000);
    const next = deskAt(venue, { journal }).desk;
    expect(await rejection(next.place(LIMIT_BUY, bot))).toMatchObject({ code: "RateLimited", retryAfterMs: 60_000 });
    vi.advanceTimersByTime(60_000);
    await next.place(LIMIT_BUY, bot);
  });

  test("that has sent its orders of a minute sends no more after a restart", async () => {
    const { venue, desk, journal, place } = house();
    const bot = asMandate({ limits: { ordersPerMinute: 2 } });
    const { orderId } = await place({}, bot);
    await place({}, { principal: "somebody else" });
    vi.advanceTimersByTime(20_000);
    await desk.replace(orderId, { qty: 13 }, bot);
    await desk.cancel(orderId, bot);
    await desk.close();
    venue.dropHosts();
    const next = deskAt(venue, { journal }).desk;
    expect(await rejection(next.place(LIMIT_BUY, bot))).toMatchObject({ code: "RateLimited", retryAfterMs: 40_000 });
    vi.advanceTimersByTime(40_000);
    await next.place(LIMIT_BUY, bot);
  });

  test("is asked for its scopes by the desk too", async () => {
    const { desk, place } = house();
    const { orderId } = await place();
    const dashboard = asMandate({ scopes: ["read"] });
    const writes = [
      place({}, dashboard),
      desk.replace(orderId, { qty: 1 }, dashboard),
      desk.cancel(orderId, dashboard),
    ];
    for (const write of writes) expect(await rejection(write)).toMatchObject({ code: "Forbidden" });
  });
});

test("an order that ends while a change of it is under way counts until it is known what has taken its place", async () => {
  const venue = createVenue();
  venue.hold(AAPL, 12);
  venue.quote(200);
  const { desk } = deskAt(venue, { risk: { maxOpenOrders: 1 }, deadlineMs: 50 });
  const sale = { ...LIMIT_BUY, direction: "SELL", qty: 12 } as const;
  const { orderId, tag } = await desk.place(sale, BY);
  venue.next("hang-before");
  expect(await rejection(desk.replace(orderId, { price: 201 }, BY))).toMatchObject({ outcome: "unknown" });
  venue.set(orderId, { status: "CANCELED" });
  const { details } = (await rejection(desk.place(sale, BY))) as { details: { breaches: readonly unknown[] } };
  expect(details.breaches).toMatchObject([
    { rule: "risk.allowShort", value: 12, limit: 0 },
    { rule: "risk.maxOpenOrders", value: 2 },
  ]);
  // The one that has taken its place counts by itself.
  const next = venue.accept({ ...sale, price: 201, tag });
  expect(await rejection(desk.place(sale, BY))).toMatchObject({ details: { breaches: details.breaches } });
  venue.set(next.orderId, { status: "CANCELED" });
  venue.release();
  await desk.reconcile();
  venue.reconnect();
  await vi.waitFor(async () => expect(await desk.unknownIntents()).toEqual([]));
  await desk.place(sale, BY);
  await desk.close();
});

test("what a broker has put under another id in the place of a changed order counts before it is told of", async () => {
  const SALE = { ...LIMIT_BUY, direction: "SELL", qty: 12 } as const;
  let tag = "";
  const { desk, host } = deskOver(
    {
      quote: async (contract) => ({
        ...{ contract, currency: "USD", isTradable: true, latest: 200, preClose: 200 },
        ...{ highPrice: 200, lowPrice: 200, openPrice: 200, timestamp: Date.now() },
      }),
      positions: async () => ({
        positions: [{ contract: AAPL, unit: "Share", currency: "USD", qty: 12 }],
        unmapped: [],
      }),
      orders: async () => ({ orders: [], unmapped: [] }),
      order: async () => anOrder({ ...SALE, orderId: "1", tag }),
      placeOrder: async (order) => {
        tag = order.tag;
        return { orderId: "1" };
      },
      replaceOrder: async () => ({ orderId: "2" }),
    },
    { risk: { maxOpenOrders: 1 } },
  );
  await desk.place(SALE, BY);
  expect(await desk.replace("1", { price: 201 }, BY)).toMatchObject({ orderId: "2" });
  host().onOrder(anOrder({ ...SALE, orderId: "1", tag, status: "CANCELED" }));
  const { details } = (await rejection(desk.place(SALE, BY))) as { details: { breaches: readonly unknown[] } };
  expect(details.breaches).toMatchObject([
    { rule: "risk.allowShort", value: 12, limit: 0 },
    { rule: "risk.maxOpenOrders", value: 2 },
  ]);
  expect((await desk.orders({ status: "open" }, {})).orders).toMatchObject([
    { orderId: "2", tag, qty: 12, price: 201, status: "PENDING" },
  ]);
  host().onOrder(anOrder({ ...SALE, orderId: "2", tag, price: 201, status: "CANCELED" }));
  expect(desk.state().openOrders).toBe(0);
  await desk.close();
});
