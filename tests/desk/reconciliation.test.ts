import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Desk } from "../../src/desk/types.ts";
import { type Failure, isFailure } from "../../src/domain/failure.ts";
import type { Order } from "../../src/domain/order.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { aFewTurns } from "../unheard.ts";
import { anOrder, CAPABILITIES, DIGEST, deferred, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";
import { createVenue, deskAt } from "./venue.ts";

const BY = { principal: "default" };
const KEYED = { principal: "default", idempotencyKey: "k1" };

const open: Desk[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((desk) => desk.close()));
});

function at(...args: Parameters<typeof deskAt>) {
  const opened = deskAt(...args);
  open.push(opened.desk);
  return opened;
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const failure = await rejection(promise);
  if (!isFailure(failure)) throw failure;
  return failure;
}

describe("before the broker's orders are known", () => {
  test("places and replaces are refused, cancels and reads are not", async () => {
    const venue = createVenue();
    const { orderId } = venue.accept(LIMIT_BUY);
    venue.failListings(true);
    const { desk } = at(venue);
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "NotReconciled", outcome: "not_sent" });
    expect(await rejection(desk.replace(orderId, { qty: 13 }, BY))).toMatchObject({ code: "NotReconciled" });
    expect(await desk.order(orderId, {})).toMatchObject({ orderId });
    await desk.cancel(orderId, BY);
    expect(venue.ledger.get(orderId)?.status).toBe("CANCELED");
    venue.failListings(false);
    expect(await desk.place(LIMIT_BUY, BY)).toMatchObject({ orderId: "2" });
  });

  test("writes that are refused meanwhile use up no more of a limit that the list has run into", async () => {
    let lists = 0;
    const { desk, host } = deskOver({
      capabilities: () => ({ ...CAPABILITIES, listing: { complete: true, settleMs: 0 } }),
      orders: async () => {
        lists += 1;
        if (lists > 1) return { orders: [], unmapped: [] };
        throw new BrokerError("RateLimited", "too frequent", { outcome: "not_sent", retryAfterMs: 20_000 });
      },
      placeOrder: async () => ({ orderId: "77" }),
    });
    open.push(desk);
    const refused = { code: "NotReconciled", outcome: "not_sent", retryAfterMs: 20_000 };
    for (let write = 0; write < 20; write += 1) {
      expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject(refused);
      await pause(20);
    }
    expect(lists).toBe(1);
    await expect.poll(() => desk.state().reconciled, { timeout: 10_000 }).toBe(true);
    expect(await desk.place(LIMIT_BUY, BY)).toMatchObject({ orderId: "77" });
    // A new connection is asked at once, whatever the one before had run into.
    host().onConnection({ connected: false });
    host().onConnection({ connected: true });
    expect(await desk.place(LIMIT_BUY, BY)).toMatchObject({ orderId: "77" });
  });

  test("the list that every write waits for is asked for as a write is, later ones are not", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    try {
      const lists: unknown[] = [];
      const { desk, host } = deskOver({
        orders: async (_, { forWrite }) => {
          lists.push(forWrite);
          if (lists.length === 1) throw new BrokerError("BrokerFault", "not now");
          return { orders: [], unmapped: [] };
        },
      });
      open.push(desk);
      await desk.start();
      await vi.advanceTimersByTimeAsync(1000);
      expect(lists).toEqual([true, true]);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(lists).toEqual([true, true, false]);
      host().onConnection({ connected: false });
      host().onConnection({ connected: true });
      await vi.advanceTimersByTimeAsync(1000);
      expect(lists).toEqual([true, true, false, true]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("it is so again after a reconnect", async () => {
    const venue = createVenue();
    const { desk } = at(venue);
    await desk.place(LIMIT_BUY, BY);
    venue.failListings(true);
    venue.reconnect();
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "NotReconciled" });
  });
});

test.each([
  ["place", "before", false],
  ["place", "after", true],
  ["replace", "before", false],
  ["replace", "after", true],
] as const)(
  "a %s that waits over a reconnect is sent neither before the orders are known again nor after: %s",
  async (kind, _when, isKnownAgain) => {
    const looking = deferred<void>();
    const sent: string[] = [];
    let isBack = false;
    const quote = {
      contract: LIMIT_BUY.contract,
      currency: "USD",
      isTradable: true,
      latest: 200,
      timestamp: Date.now(),
    };
    const { desk, host } = deskOver(
      {
        placeOrder: async () => ({ orderId: `${sent.push("place")}` }),
        replaceOrder: async (orderId) => ({ orderId: `${sent.push("replace") && orderId}` }),
        quote: async () => {
          await looking.promise;
          return { ...quote, preClose: 200, highPrice: 200, lowPrice: 200, openPrice: 200 };
        },
        order: async () => anOrder({ orderId: "1" }),
        orders: () =>
          isBack && !isKnownAgain
            ? Promise.reject(new Error("not yet"))
            : Promise.resolve({ orders: [anOrder()], unmapped: [] }),
      },
      { risk: { priceCollar: 0.05 } },
    );
    await desk.reconcile();
    const writing = rejection(kind === "place" ? desk.place(LIMIT_BUY, BY) : desk.replace("1", { price: 201 }, BY));
    await aFewTurns();
    isBack = true;
    host().onConnection({ connected: false });
    host().onConnection({ connected: true });
    await desk.reconcile().catch(() => undefined);
    looking.resolve();
    expect(await writing).toMatchObject({ code: "NotReconciled", outcome: "not_sent" });
    expect(sent).toEqual([]);
    await desk.close();
  },
);

describe("an unknown place", () => {
  test("is found by its tag, and the key then answers with the order", async () => {
    const venue = createVenue({ settleMs: 200 });
    const { desk, journal } = at(venue);
    await desk.start();
    venue.silence(true);
    venue.next("drop-after");
    const { tag = "" } = await failureOf(desk.place(LIMIT_BUY, KEYED));
    await expect.poll(() => journal.intent(DIGEST, tag)).toMatchObject({ state: "resolved", placed: { orderId: "1" } });
    expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1", replayed: true });
    expect(venue.ledger.size).toBe(1);
  });

  test("is settled at once by the push of its order", async () => {
    const venue = createVenue({ settleMs: 60_000 });
    const { desk, journal } = at(venue);
    venue.next("drop-after");
    const { tag = "" } = await failureOf(desk.place(LIMIT_BUY, KEYED));
    venue.set("1", { filledQty: 1, status: "PARTIALLY_FILLED", avgPrice: 200 });
    await expect.poll(() => journal.intent(DIGEST, tag)).toMatchObject({ state: "resolved", placed: { orderId: "1" } });
  });

  test("answers 504 under its key until it is settled", async () => {
    const venue = createVenue({ settleMs: 60_000 });
    const { desk } = at(venue);
    venue.next("drop-before");
    await failureOf(desk.place(LIMIT_BUY, KEYED));
    expect(await rejection(desk.place(LIMIT_BUY, KEYED))).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown" });
    expect(await desk.unknownIntents()).toMatchObject([{ state: "unknown", action: { kind: "place" } }]);
    expect(venue.ledger.size).toBe(0);
  });

  test("is not_sent after two complete listings without it, and its key is free", async () => {
    const venue = createVenue();
    const { desk, journal } = at(venue);
    venue.next("drop-before");
    const { tag = "" } = await failureOf(desk.place(LIMIT_BUY, KEYED));
    await expect
      .poll(() => journal.intent(DIGEST, tag), { timeout: 10_000 })
      .toMatchObject({ state: "resolved", placed: null, failure: { outcome: "not_sent" } });
    expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1", tag, replayed: false });
    expect(venue.ledger.size).toBe(1);
  });

  test("of a broker that cannot list with certainty stays unknown", async () => {
    const venue = createVenue({ complete: false });
    const { desk } = at(venue);
    venue.next("drop-before");
    await failureOf(desk.place(LIMIT_BUY, KEYED));
    for (let round = 0; round < 4; round += 1) {
      venue.reconnect();
      await desk.orders({ status: "all" }, {});
    }
    expect(await rejection(desk.place(LIMIT_BUY, KEYED))).toMatchObject({ code: "OutcomeUnknown" });
  });

  test.each([
    ["which begin in a minute", { since: Date.now() + 60_000 }, 1],
    ["which have begun a minute ago", { since: Date.now() - 60_000 }, 0],
    ["which are cut short", { isWhole: false }, 1],
    ["which are whole", { isWhole: true }, 0],
  ])("judged by listings %s", async (_name, said, left) => {
    let listings = 0;
    const { desk, host } = deskOver({
      placeOrder: () => Promise.reject(new BrokerError("OutcomeUnknown", "no answer", { outcome: "unknown" })),
      orders: async () => {
        listings += 1;
        return { orders: [], unmapped: [], ...said };
      },
    });
    open.push(desk);
    await failureOf(desk.place(LIMIT_BUY, KEYED));
    const before = listings;
    await vi.waitUntil(() => {
      host().onConnection({ connected: true });
      return listings > before + 4;
    });
    await desk.orders({ status: "all" }, {});
    expect(await desk.unknownIntents()).toHaveLength(left);
  });

  test.each([
    ["the same", "****0001", 0],
    ["another", "****0002", 1],
    ["an unnamed", null, 1],
  ] as const)("is judged by the lists of %s account, after a restart too", async (_name, account, left) => {
    const journal = memoryJournal();
    const placeOrder = () => Promise.reject(new BrokerError("OutcomeUnknown", "no answer", { outcome: "unknown" }));
    const capabilities = () => ({ ...CAPABILITIES, account: "****0001" });
    const first = deskOver({ capabilities, placeOrder }, { journal });
    await failureOf(first.desk.place(LIMIT_BUY, KEYED));
    await first.desk.close();
    let listings = 0;
    const { desk, host } = deskOver(
      {
        capabilities: () => ({ ...CAPABILITIES, account }),
        orders: async () => {
          listings += 1;
          return { orders: [], unmapped: [] };
        },
      },
      { journal },
    );
    open.push(desk);
    await desk.start();
    await vi.waitUntil(() => {
      host().onConnection({ connected: true });
      return listings > 4;
    });
    await desk.orders({ status: "all" }, {});
    expect(await desk.unknownIntents()).toHaveLength(left);
  });

  test("went to the account that its broker had when the orders were known, and is judged by the lists of that alone", async () => {
    const state = { account: null as string | null, listings: 0 };
    const login = deferred<string>();
    const { desk, host, journal } = deskOver({
      capabilities: () => ({ ...CAPABILITIES, account: state.account }),
      placeOrder: () => Promise.reject(new BrokerError("OutcomeUnknown", "no answer", { outcome: "unknown" })),
      orders: async () => {
        state.account ??= await login.promise;
        state.listings += 1;
        return { orders: [], unmapped: [] };
      },
    });
    open.push(desk);
    const placing = failureOf(desk.place(LIMIT_BUY, KEYED));
    await aFewTurns();
    login.resolve("****0001");
    await placing;
    expect(await journal.unsettled(DIGEST)).toMatchObject([{ account: "****0001" }]);
    state.account = "****0002";
    await vi.waitUntil(() => {
      host().onConnection({ connected: true });
      return state.listings > 5;
    });
    await desk.orders({ status: "all" }, {});
    expect(await desk.unknownIntents()).toHaveLength(1);
  });

  test("is not judged by a list of another account after which its own was logged in to again", async () => {
    const state = { account: "****0001", listings: 0 };
    const { desk, host } = deskOver({
      capabilities: () => ({ ...CAPABILITIES, account: state.account }),
      placeOrder: () => Promise.reject(new BrokerError("OutcomeUnknown", "no answer", { outcome: "unknown" })),
      orders: async () => {
        state.listings += 1;
        const isFirst = state.listings === 1;
        if (!isFirst && state.listings < 7) login("****0002");
        if (!isFirst && state.listings < 6) queueMicrotask(() => login("****0001"));
        return { orders: [], unmapped: [] };
      },
    });
    const login = (account: string) => {
      state.account = account;
      host().onConnection({ connected: true });
    };
    open.push(desk);
    await failureOf(desk.place(LIMIT_BUY, KEYED));
    host().onConnection({ connected: true });
    await vi.waitUntil(() => state.listings > 6);
    await desk.orders({ status: "all" }, {});
    expect(await desk.unknownIntents()).toHaveLength(1);
  });

  test("whose call is still under way is not given up, however often it is missing", async () => {
    const venue = createVenue();
    const { desk } = at(venue, { deadlineMs: 50 });
    venue.next("hang-before");
    await failureOf(desk.place(LIMIT_BUY, KEYED));
    for (let round = 0; round < 4; round += 1) {
      venue.reconnect();
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(await desk.unknownIntents()).toMatchObject([{ state: "unknown" }]);
    venue.release();
    await expect.poll(() => desk.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    expect(venue.ledger.size).toBe(0);
  });

  test("that shows up after it was settled as not sent is adopted, and somebody is told", async () => {
    const venue = createVenue();
    const { desk, journal } = at(venue);
    venue.next("drop-before");
    const { tag = "" } = await failureOf(desk.place(LIMIT_BUY, KEYED));
    await expect.poll(() => desk.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    venue.accept({ ...LIMIT_BUY, tag });
    await expect.poll(() => journal.intent(DIGEST, tag)).toMatchObject({ state: "resolved", placed: { orderId: "1" } });
    const { events } = await journal.events(DIGEST, 0, 100);
    expect(events).toContainEqual(expect.objectContaining({ kind: "anomaly", orderId: "1", tag }));
    expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1" });
    expect(venue.ledger.size).toBe(1);
  });

  test("that shows up though its broker had said that it was not sent is adopted, and somebody is told", async () => {
    const venue = createVenue();
    const { desk, journal } = at(venue);
    venue.next("not-sent");
    const { tag = "" } = await failureOf(desk.place(LIMIT_BUY, KEYED));
    venue.accept({ ...LIMIT_BUY, tag });
    await expect.poll(() => journal.intent(DIGEST, tag)).toMatchObject({ state: "resolved", placed: { orderId: "1" } });
    const { events } = await journal.events(DIGEST, 0, 100);
    expect(events).toContainEqual(expect.objectContaining({ kind: "anomaly", orderId: "1", tag }));
    expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1", replayed: true });
  });

  test("that shows up just before it is sent again is found, however long the journal takes over that", async () => {
    const memory = memoryJournal();
    const disk = deferred<void>();
    let isStalled = false;
    const journal: Journal = {
      ...memory,
      append: async (lines, durability) => {
        if (isStalled) await disk.promise;
        return memory.append(lines, durability);
      },
    };
    const venue = createVenue();
    const { desk } = at(venue, { journal, risk: { maxDailyValue: 1_000_000 } });
    venue.next("not-sent");
    const { tag = "" } = await failureOf(desk.place(LIMIT_BUY, KEYED));
    const { value } = (await journal.intent(DIGEST, tag)) ?? {};
    expect(value).toBeGreaterThan(0);
    isStalled = true;
    venue.accept({ ...LIMIT_BUY, tag });
    await aFewTurns();
    const again = desk.place(LIMIT_BUY, KEYED);
    await aFewTurns();
    disk.resolve();
    expect(await again).toMatchObject({ orderId: "1", tag });
    expect(venue.ledger.size).toBe(1);
    expect(await journal.intent(DIGEST, tag)).toMatchObject({ placed: { orderId: "1" }, value });
  });

  test.each([
    ["order", false],
    ["intent", false],
    ["order", true],
  ] as const)(
    "that shows up just before it is sent again is found, however long the journal takes to say whose it is: %s, without its tag at first %s",
    async (asked, isBareAtFirst) => {
      const memory = memoryJournal();
      const disk = deferred<void>();
      let isStalled = false;
      const stalled = async <T>(method: string, read: () => T | Promise<T>) => {
        if (isStalled && method === asked) {
          isStalled = false;
          await disk.promise;
        }
        return read();
      };
      const journal: Journal = {
        ...memory,
        order: (instance, orderId) => stalled("order", () => memory.order(instance, orderId)),
        intent: (instance, id) => stalled("intent", () => memory.intent(instance, id)),
      };
      const venue = createVenue();
      const { desk } = at(venue, { journal, risk: { maxDailyValue: 3000 } });
      venue.next("not-sent");
      const { tag = "" } = await failureOf(desk.place(LIMIT_BUY, KEYED));
      isStalled = true;
      venue.silence(true);
      const order = venue.accept({ ...LIMIT_BUY, tag });
      venue.silence(false);
      if (isBareAtFirst) venue.push({ ...order, tag: null });
      venue.push(order);
      await aFewTurns();
      const again = desk.place(LIMIT_BUY, KEYED);
      await aFewTurns();
      disk.resolve();
      expect(await again).toMatchObject({ orderId: "1", tag });
      expect(venue.ledger.size).toBe(1);
      expect(await failureOf(desk.place({ ...LIMIT_BUY, qty: 4 }, BY))).toMatchObject({ code: "LimitExceeded" });
      await desk.place({ ...LIMIT_BUY, qty: 3 }, BY);
    },
  );

  test.each(["OPEN", "FILLED"] as const)(
    "that shows up after it was sent again under its key is told to somebody: %s",
    async (status) => {
      const venue = createVenue();
      const { desk, journal } = at(venue);
      venue.next("drop-before");
      const { tag = "" } = await failureOf(desk.place(LIMIT_BUY, KEYED));
      await expect.poll(() => desk.unknownIntents(), { timeout: 10_000 }).toEqual([]);
      await desk.place(LIMIT_BUY, KEYED);
      if (status === "FILLED") venue.set("1", { status, filledQty: 12, avgPrice: 200 });
      venue.accept({ ...LIMIT_BUY, tag });
      await expect.poll(async () => (await desk.orders({ status: "all" }, {})).orders).toHaveLength(2);
      const anomalies = async () => {
        const { events } = await journal.events(DIGEST, 0, 100);
        return events.filter((event) => event.kind === "anomaly");
      };
      await expect.poll(anomalies).toEqual([expect.objectContaining({ orderId: "2", tag })]);
      expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1", replayed: true });
    },
  );

  test("left behind by a process that died is settled by the next", async () => {
    const venue = createVenue();
    venue.silence(true);
    const journal = memoryJournal();
    const dying = at(venue, { journal: { ...journal, append: journal.append }, deadlineMs: 60_000 });
    venue.next("hang-after");
    // Never answered: the process ends in between.
    dying.desk.place(LIMIT_BUY, KEYED).catch(() => undefined);
    await expect.poll(() => venue.ledger.size).toBe(1);
    await dying.desk.close();
    const next = at(venue, { journal });
    expect(await next.desk.place(LIMIT_BUY, { principal: "default" })).toMatchObject({ orderId: "2" });
    expect(await next.desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1" });
    expect(await next.desk.order("1", {})).toMatchObject({ external: false });
    expect(venue.ledger.size).toBe(2);
    const { events } = await journal.events(DIGEST, 0, 100);
    expect(events.filter(({ kind }) => kind === "anomaly")).toEqual([]);
  });
});

describe("an unknown change", () => {
  test("of an order that has what was asked for is accepted", async () => {
    const venue = createVenue({ settleMs: 200 });
    const { desk } = at(venue);
    const { orderId } = await desk.place(LIMIT_BUY, BY);
    venue.next("drop-after");
    expect(await rejection(desk.replace(orderId, { qty: 13 }, KEYED))).toMatchObject({ code: "OutcomeUnknown" });
    await expect.poll(() => desk.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    expect(await desk.replace(orderId, { qty: 13 }, KEYED)).toMatchObject({ orderId, replayed: true });
  });

  test("that has not been applied when the settle time is over is not_sent", async () => {
    const venue = createVenue();
    const { desk, journal } = at(venue);
    const { orderId } = await desk.place(LIMIT_BUY, BY);
    venue.next("drop-before");
    await failureOf(desk.replace(orderId, { qty: 13 }, KEYED));
    await expect.poll(() => desk.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    await desk.replace(orderId, { qty: 13 }, KEYED);
    expect(venue.ledger.get(orderId)?.qty).toBe(13);
    expect((await journal.unsettled(DIGEST)).length).toBe(0);
  });

  test("of an order that has ended otherwise is rejected with that", async () => {
    const venue = createVenue({ settleMs: 200 });
    const { desk } = at(venue);
    const { orderId } = await desk.place(LIMIT_BUY, BY);
    venue.next("drop-before");
    await failureOf(desk.replace(orderId, { qty: 13 }, KEYED));
    venue.set(orderId, { status: "FILLED", filledQty: 12, avgPrice: 200 });
    await expect.poll(() => desk.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    expect(await rejection(desk.replace(orderId, { qty: 13 }, KEYED))).toMatchObject({ code: "OrderNotOpen" });
  });
});

/** A journal on a disk that takes nothing while it is full. */
function journalThatFills() {
  const inner = memoryJournal();
  const disk = { isFull: false };
  const full = () => Promise.reject(new Error("no room"));
  const append = (...args: Parameters<typeof inner.append>) => (disk.isFull ? full() : inner.append(...args));
  return { journal: { ...inner, append }, disk };
}

test("an unknown cancel that went out without a journal is found out, and keeps no later order from being sent", async () => {
  const venue = createVenue();
  const { journal, disk } = journalThatFills();
  const { desk } = at(venue, { journal });
  const { orderId } = await desk.place(LIMIT_BUY, BY);
  disk.isFull = true;
  venue.next("drop-after");
  expect(await rejection(desk.cancel(orderId, BY))).toMatchObject({ code: "OutcomeUnknown" });
  disk.isFull = false;
  venue.reconnect();
  expect(await desk.place(LIMIT_BUY, BY)).toMatchObject({ orderId: "2" });
  expect(desk.state().unknownIntents).toBe(0);
});

test.each(["not-sent", "drop-before"] as const)(
  "an order that shows up after it was told as not sent is written down once a full journal has room again: %s",
  async (fate) => {
    const venue = createVenue();
    const { journal, disk } = journalThatFills();
    const { desk } = at(venue, { journal });
    venue.next(fate);
    const { tag = "" } = await failureOf(desk.place(LIMIT_BUY, KEYED));
    await expect.poll(() => desk.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    disk.isFull = true;
    venue.accept({ ...LIMIT_BUY, tag });
    await aFewTurns();
    disk.isFull = false;
    venue.reconnect();
    await expect.poll(() => journal.intent(DIGEST, tag)).toMatchObject({ placed: { orderId: "1" } });
    expect(desk.state().unknownIntents).toBe(0);
    venue.set("1", { status: "FILLED", filledQty: 12, avgPrice: 200 });
    await desk.close();
    venue.hide("1");
    const next = at(venue, { journal });
    expect(await next.desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1", replayed: true });
    expect(venue.ledger.size).toBe(1);
  },
);

test("an unknown cancel of an order that nobody knows is found out", async () => {
  const { desk, journal } = deskOver({
    cancelOrder: () => Promise.reject(new BrokerError("Timeout", "no answer", { outcome: "unknown" })),
    order: (orderId) => Promise.reject(new BrokerError("OrderNotFound", `no order ${orderId}`)),
    orders: async () => ({ orders: [], unmapped: [] }),
  });
  open.push(desk);
  expect(await failureOf(desk.cancel("69788888", BY))).toMatchObject({ code: "OutcomeUnknown" });
  await expect.poll(() => journal.unsettled(DIGEST), { timeout: 10_000 }).toEqual([]);
  expect(desk.state().unknownIntents).toBe(0);
});

test.each([
  ["cancel", "1"],
  ["replace", "2"],
] as const)("an unknown %s of an order is not judged by what another account shows", async (kind, becomes) => {
  const lost = () => Promise.reject(new BrokerError("Timeout", "no answer", { outcome: "unknown" }));
  const before = anOrder({ orderId: "1", tag: "htplaced", status: "CANCELED" });
  const inItsPlace = anOrder({ orderId: "2", tag: "htplaced", qty: 13 });
  const state = { account: "****0001", listings: 0, orders: [{ ...before, status: "OPEN" }] as Order[] };
  const { desk, host, journal } = deskOver({
    capabilities: () => ({ ...CAPABILITIES, account: state.account }),
    cancelOrder: lost,
    replaceOrder: lost,
    order: async (orderId) => {
      const order = state.orders.find((one) => one.orderId === orderId);
      if (order === undefined) throw new BrokerError("OrderNotFound", `no order ${orderId}`);
      return order;
    },
    orders: async () => {
      state.listings += 1;
      return { orders: state.orders, unmapped: [] };
    },
  });
  open.push(desk);
  const login = async (account: string, orders: Order[]) => {
    Object.assign(state, { account, orders, listings: 0 });
    await vi.waitUntil(() => {
      host().onConnection({ connected: true });
      return state.listings > 4;
    });
    await desk.orders({ status: "all" }, {});
  };
  await desk.reconcile();
  const writing = kind === "cancel" ? desk.cancel("1", BY) : desk.replace("1", { qty: 13 }, BY);
  await failureOf(writing);
  if (kind === "replace") host().onOrder(before);
  await login("****0002", []);
  expect(await desk.unknownIntents()).toHaveLength(1);
  await login("****0001", kind === "cancel" ? [before] : [before, inItsPlace]);
  await expect.poll(() => desk.unknownIntents()).toEqual([]);
  const intents = await journal.intentsSince(DIGEST, 0);
  expect(intents).toMatchObject([{ state: "resolved", placed: { orderId: becomes }, account: "****0001" }]);
});

test("an order that an unknown change may have given a new id is not told as canceled before that is known", async () => {
  const before = anOrder({ orderId: "1", tag: "htplaced" });
  const inItsPlace = anOrder({ orderId: "2", tag: "htplaced", qty: 13 });
  const state = { newIds: true, orders: [before] };
  const { desk, host } = deskOver({
    capabilities: () => ({ ...CAPABILITIES, newIds: state.newIds, listing: { complete: true, settleMs: 60_000 } }),
    replaceOrder: () => Promise.reject(new BrokerError("Timeout", "no answer", { outcome: "unknown" })),
    cancelOrder: () => Promise.reject(new BrokerError("OrderNotOpen", "it has ended", { outcome: "rejected" })),
    order: async () => ({ ...before, status: "CANCELED" }),
    orders: async () => ({ orders: state.orders, unmapped: [] }),
  });
  open.push(desk);
  await desk.reconcile();
  await failureOf(desk.replace("1", { qty: 13 }, BY));
  const known = { code: "RateLimited", outcome: "not_sent", message: expect.stringContaining("is not known yet") };
  expect(await failureOf(desk.cancel("1", BY)), "by the broker").toMatchObject(known);
  expect(await failureOf(desk.cancel("1", BY)), "by the book").toMatchObject(known);
  state.newIds = false;
  expect(await desk.cancel("1", BY), "where ids are kept").toMatchObject({ replayed: false });
  state.newIds = true;
  host().onOrder(inItsPlace);
  expect(await failureOf(desk.cancel("1", BY))).toMatchObject({
    code: "OrderNotOpen",
    message: "order 1 was changed into order 2, which is OPEN",
  });
  state.orders = [inItsPlace];
  await failureOf(desk.replace("2", { qty: 14 }, BY));
  host().onOrder({ ...inItsPlace, status: "CANCELED" });
  expect(await failureOf(desk.cancel("1", BY)), "what is in its place may have been changed too").toMatchObject(known);
});

test("an unknown cancel of an order that its broker knew on the day before alone is found out after a restart", async () => {
  const journal = memoryJournal();
  const lost = () => Promise.reject(new BrokerError("Timeout", "no answer", { outcome: "unknown" }));
  const yesterday = deskOver({ placeOrder: async () => ({ orderId: "1" }), cancelOrder: lost }, { journal });
  await yesterday.desk.place(LIMIT_BUY, BY);
  expect(await failureOf(yesterday.desk.cancel("1", BY))).toMatchObject({ code: "OutcomeUnknown" });
  await yesterday.desk.close();
  const { desk } = deskOver(
    {
      order: (orderId) => Promise.reject(new BrokerError("OrderNotFound", `no order ${orderId} on this day`)),
      orders: async () => ({ orders: [], unmapped: [] }),
      cancelOrder: (orderId) => Promise.reject(new BrokerError("OrderNotFound", `no order ${orderId} on this day`)),
    },
    { journal },
  );
  open.push(desk);
  await desk.reconcile();
  await expect.poll(() => desk.state(), { timeout: 10_000 }).toMatchObject({ unknownIntents: 0, openOrders: 1 });
  expect(await desk.cancelAll("default")).toMatchObject({ failed: [{ orderId: "1" }], complete: true });
});

test.each(["cancel", "replace"] as const)(
  "an unknown %s of an order that had ended before a restart, and that its broker lists no more, is told by its end",
  async (kind) => {
    const journal = memoryJournal();
    const lost = () => Promise.reject(new BrokerError("Timeout", "no answer", { outcome: "unknown" }));
    const yesterday = deskOver(
      {
        placeOrder: async () => ({ orderId: "1" }),
        order: async () => anOrder(),
        cancelOrder: lost,
        replaceOrder: lost,
      },
      { journal },
    );
    const { tag } = await yesterday.desk.place(LIMIT_BUY, BY);
    const change = (desk: Desk) =>
      kind === "cancel" ? desk.cancel("1", KEYED) : desk.replace("1", { qty: 13 }, KEYED);
    expect(await failureOf(change(yesterday.desk))).toMatchObject({ code: "OutcomeUnknown" });
    yesterday.host().onOrder(anOrder({ status: "CANCELED", tag: tag ?? null }));
    await yesterday.desk.close();
    const { desk } = deskOver(
      {
        order: (orderId) => Promise.reject(new BrokerError("OrderNotFound", `no order ${orderId} on this day`)),
        orders: async () => ({ orders: [], unmapped: [] }),
        cancelOrder: lost,
        replaceOrder: lost,
      },
      { journal },
    );
    open.push(desk);
    await desk.reconcile();
    await expect.poll(() => desk.state().unknownIntents, { timeout: 5_000 }).toBe(0);
    if (kind === "cancel") expect(await change(desk)).toMatchObject({ replayed: true });
    else expect(await failureOf(change(desk))).toMatchObject({ code: "OrderNotOpen" });
  },
);

test("an unknown cancel that was sent again without a journal is found out all the same", async () => {
  const venue = createVenue({ settleMs: 200 });
  const { journal, disk } = journalThatFills();
  const { desk } = at(venue, { journal });
  const { orderId } = await desk.place(LIMIT_BUY, BY);
  venue.next("drop-before");
  await failureOf(desk.cancel(orderId, KEYED));
  disk.isFull = true;
  await desk.cancel(orderId, KEYED);
  disk.isFull = false;
  await expect.poll(() => journal.unsettled(DIGEST), { timeout: 10_000 }).toEqual([]);
});

test("fills that were taken back while no gateway ran are told of an order that works on", async () => {
  const journal = memoryJournal();
  const filled = anOrder({ status: "PARTIALLY_FILLED", filledQty: 4, avgPrice: 200, updatedAt: 1, dated: true });
  const listing = (order: Order) => ({ orders: async () => ({ orders: [order], unmapped: [] }) });
  const before = deskOver(listing(filled), { journal });
  await before.desk.start();
  await vi.waitUntil(async () => (await journal.openOrders(DIGEST)).length > 0);
  await before.desk.close();
  const { desk } = deskOver(listing({ ...filled, filledQty: 1, updatedAt: 2 }), { journal });
  open.push(desk);
  await desk.start();
  await expect
    .poll(async () => (await journal.events(DIGEST, 0, 100)).events.at(-1))
    .toMatchObject({
      kind: "order",
      order: { status: "PARTIALLY_FILLED", filledQty: 1, warning: expect.stringContaining("from 4 to 1") },
    });
});

describe("an open order that the list lacks", () => {
  test("is asked for by its id, and ends only by the broker's word", async () => {
    const venue = createVenue();
    const { desk } = at(venue);
    const { orderId } = await desk.place(LIMIT_BUY, BY);
    venue.hide(orderId);
    // A listing tells nothing about an order that was heard of in the same millisecond.
    const heard = Date.now();
    await expect.poll(() => Date.now()).toBeGreaterThan(heard);
    venue.reconnect();
    await desk.place(LIMIT_BUY, BY);
    const { orders } = await desk.orders({ status: "all" }, {});
    expect(orders).toMatchObject([
      { orderId: "2", staleSince: null, source: "broker" },
      { orderId, staleSince: expect.any(Number), source: "journal" },
    ]);
    const follower = await desk.follow(undefined);
    const [snapshot] = (await follower.next()) ?? [];
    expect(snapshot).toMatchObject({
      kind: "snapshot",
      orders: [
        { orderId, status: "OPEN", staleSince: expect.any(Number) },
        { orderId: "2", staleSince: null },
      ],
    });
    venue.hide(orderId, false);
    venue.set(orderId, { status: "CANCELED" });
    await expect.poll(async () => (await desk.order(orderId, {})).status).toBe("CANCELED");
  });
});

test("what no push tells of is found within a minute, and the broker is asked no more often", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  try {
    let lists = 0;
    let orders: Order[] = [];
    const { desk } = deskOver({
      placeOrder: async () => ({ orderId: "1" }),
      orders: async () => {
        lists += 1;
        return { orders, unmapped: [] };
      },
    });
    open.push(desk);
    await desk.start();
    await vi.advanceTimersByTimeAsync(1000);
    const atStart = lists;
    orders = [anOrder({ orderId: "7" })];
    await vi.advanceTimersByTimeAsync(50_000);
    expect(lists).toBe(atStart);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lists).toBe(atStart + 1);
    expect(desk.remembered("7")).toMatchObject({ external: true });
  } finally {
    vi.useRealTimers();
  }
});

test("what is pushed behind a list is not taken back by it, however long the journal takes over the orders before", async () => {
  const journal = memoryJournal();
  const asked = deferred<void>();
  const known = deferred<undefined>();
  const slow: typeof journal = {
    ...journal,
    order(instance, orderId) {
      if (orderId !== "1") return journal.order(instance, orderId);
      asked.resolve();
      return known.promise;
    },
  };
  const listed = { orders: [anOrder({ orderId: "1" }), anOrder({ orderId: "2", updatedAt: null })], unmapped: [] };
  const { desk, host } = deskOver({ orders: async () => listed }, { journal: slow });
  await desk.start();
  await asked.promise;
  host().onOrder(anOrder({ orderId: "2", status: "PENDING_CANCEL", updatedAt: 5 }));
  known.resolve(undefined);
  await desk.reconcile();
  expect(desk.remembered("2")).toMatchObject({ status: "PENDING_CANCEL" });
  await desk.close();
});

test("an order that the broker tells of while it is asked for is not one that it does not know", async () => {
  const venue = createVenue();
  const { desk } = deskAt(venue);
  await desk.start();
  const { orderId } = await desk.place(LIMIT_BUY, BY);
  const asked = deferred<void>();
  venue.hide(orderId);
  venue.onOrderAsked(() => {
    // Its push comes before the answer, which was made before it.
    const order = venue.ledger.get(orderId);
    if (order !== undefined) venue.push({ ...order, status: "PARTIALLY_FILLED", filledQty: 5, updatedAt: 99 });
    asked.resolve();
  });
  venue.reconnect();
  await asked.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect(desk.remembered(orderId)).toMatchObject({ filledQty: 5, staleSince: null });
  await desk.close();
});

test("orders placed elsewhere are external, also those of another gateway", async () => {
  const venue = createVenue();
  venue.accept(LIMIT_BUY);
  venue.accept({ ...LIMIT_BUY, tag: `ht${"a".repeat(24)}` });
  const { desk } = at(venue);
  await desk.place(LIMIT_BUY, BY);
  const { orders } = await desk.orders({ status: "all" }, {});
  expect(orders.map(({ external }) => external)).toEqual([true, true, false]);
});

test("a push that makes no sense is told, and harms neither the broker nor the next one", async () => {
  const { desk, host, journal } = deskOver({ orders: async () => ({ orders: [], unmapped: [] }) });
  await desk.start();
  const { contract: _, ...broken } = anOrder({ orderId: "7" });
  host().onOrder(anOrder({ orderId: "7" }));
  expect(() => host().onOrder(broken as Order)).not.toThrow();
  host().onOrder(anOrder({ orderId: "8" }));
  await desk.close();
  const { events } = await journal.events(DIGEST, 0, 100);
  const told = events.flatMap((event) => (event.kind === "connection" ? [] : [event.kind]));
  expect(told).toEqual(["order", "anomaly", "order"]);
});

test("a restart tells no change a second time", async () => {
  const venue = createVenue();
  const first = at(venue);
  const { orderId } = await first.desk.place(LIMIT_BUY, BY);
  venue.set(orderId, { status: "FILLED", filledQty: 12, avgPrice: 200 });
  await first.desk.place(LIMIT_BUY, BY);
  await first.desk.orders({ status: "all" }, {});
  await first.desk.close();
  const before = (await first.journal.events(DIGEST, 0, 1000)).events.filter(({ kind }) => kind === "order");
  const second = at(venue, { journal: first.journal });
  await second.desk.orders({ status: "all" }, {});
  await second.desk.close();
  const after = (await first.journal.events(DIGEST, 0, 1000)).events.filter(({ kind }) => kind === "order");
  expect(after).toEqual(before);
});

test("what ended long before it was first heard of is listed, but is no event", async () => {
  const venue = createVenue();
  const recent = { ...LIMIT_BUY, status: "FILLED", filledQty: 12, avgPrice: 200 } as const;
  venue.ledger.set("1", anOrder({ ...recent, orderId: "1", updatedAt: Date.now() - 2 * 86_400_000 }));
  venue.ledger.set("2", anOrder({ ...recent, orderId: "2", updatedAt: Date.now() - 1000 }));
  const { desk, journal } = at(venue);
  const { orders } = await desk.orders({ status: "all" }, {});
  expect(orders.map(({ orderId }) => orderId)).toEqual(["1", "2"]);
  await desk.close();
  const { events } = await journal.events(DIGEST, 0, 100);
  expect(events.flatMap((event) => (event.kind === "order" ? [event.order.orderId] : []))).toEqual(["2"]);
});

test("an order of ours that ended while nobody listened is an event, however long ago that was", async () => {
  const venue = createVenue();
  const first = at(venue, { deadlineMs: 50 });
  venue.silence(true);
  venue.next("hang-after");
  await failureOf(first.desk.place(LIMIT_BUY, KEYED));
  venue.dropHosts();
  const updatedAt = Date.now() - 3 * 86_400_000;
  venue.ledger.set("1", {
    ...anOrder(venue.ledger.get("1")),
    status: "FILLED",
    filledQty: 12,
    avgPrice: 200,
    updatedAt,
  });
  const second = at(venue, { journal: first.journal });
  await second.desk.orders({ status: "all" }, {});
  expect(await second.desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1" });
  await second.desk.close();
  const { events } = await first.journal.events(DIGEST, 0, 100);
  const told = events.flatMap((event) => (event.kind === "order" ? [event.order.status] : []));
  expect(told.at(-1)).toBe("FILLED");
});

test("an order that got the number of a forgotten one is told without the other's fills", async () => {
  const forgotten = createVenue();
  const first = at(forgotten);
  const { orderId } = await first.desk.place(LIMIT_BUY, BY);
  forgotten.set(orderId, { status: "PARTIALLY_FILLED", filledQty: 5 });
  await first.desk.close();

  const { desk } = at(createVenue(), { journal: first.journal });
  await desk.orders({ status: "all" }, {});
  const placed = await desk.place(LIMIT_BUY, BY);
  expect(placed.orderId).toBe(orderId);
  expect(await desk.order(orderId, {})).toMatchObject({ tag: placed.tag, filledQty: 0 });
});

test("an unknown place is resolved after its settle time, though the clock was put back meanwhile", async () => {
  const venue = createVenue({ settleMs: 200 });
  const { desk } = at(venue);
  await desk.start();
  venue.next("drop-before");
  expect(await failureOf(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "OutcomeUnknown" });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
  onTestFinished(() => void vi.useRealTimers());
  await expect.poll(() => desk.unknownIntents(), { timeout: 20_000 }).toEqual([]);
});

test("many open orders that the broker does not know hold no write up, and are all found out in the end", async () => {
  const venue = createVenue({ settleMs: 200 });
  const first = at(venue);
  for (let count = 0; count < 12; count += 1) await first.desk.place(LIMIT_BUY, BY);
  await first.desk.close();
  for (const orderId of venue.ledger.keys()) venue.hide(orderId);
  let asked = 0;
  venue.onOrderAsked(() => {
    asked += 1;
    throw new BrokerError("RateLimited", "too many questions");
  });
  const second = at(venue, { journal: first.journal });
  expect(await second.desk.place(LIMIT_BUY, BY)).toMatchObject({ orderId: "13" });
  await expect.poll(() => asked).toBe(5);
  venue.onOrderAsked(undefined);
  await expect
    .poll(
      async () => {
        venue.reconnect();
        const records = await first.journal.openOrders(DIGEST);
        return records.filter(({ staleSince }) => staleSince !== null).length;
      },
      { timeout: 10_000, interval: 20 },
    )
    .toBe(12);
  expect(await second.desk.unknownIntents()).toEqual([]);
});

test("open orders that cannot be asked for keep no others from being found out", async () => {
  let orders: readonly Order[] = Array.from({ length: 8 }, (_, index) => anOrder({ orderId: String(index + 1) }));
  const { desk, host } = deskOver({
    orders: async () => ({ orders, unmapped: [] }),
    order: async (orderId) => {
      if (Number(orderId) <= 5) throw new BrokerError("BrokerFault", "of a kind that cannot be read");
      return anOrder({ orderId, status: "CANCELED" });
    },
  });
  open.push(desk);
  await desk.reconcile();
  orders = [];
  for (let round = 0; round < 2; round += 1) {
    for (const connected of [false, true]) host().onConnection({ connected });
    await desk.reconcile();
    await aFewTurns();
  }
  expect(desk.state().openOrders).toBe(5);
});

test("an open order that the broker did not know is asked for again with the next connection and process, and not before", async () => {
  let listed = [anOrder()];
  let known: Order | undefined;
  let asked = 0;
  const members = {
    orders: async () => ({ orders: listed, unmapped: [] }),
    order: async (orderId: string) => {
      asked += 1;
      if (known === undefined) throw new BrokerError("OrderNotFound", `no order ${orderId}`);
      return known;
    },
  };
  const first = deskOver(members);
  await first.desk.reconcile();
  const rounds = async ({ desk, host }: typeof first) => {
    for (const connected of [false, true]) host().onConnection({ connected });
    await desk.reconcile();
    await aFewTurns();
  };
  // As after a login to another account, and then back on a later day.
  listed = [];
  await rounds(first);
  expect(first.desk.remembered("1")).toMatchObject({ status: "OPEN", staleSince: expect.any(Number) });
  expect(asked).toBe(1);
  await first.desk.close();
  const second = deskOver(members, { journal: first.journal });
  open.push(second.desk);
  await second.desk.reconcile();
  await aFewTurns();
  expect(asked).toBe(2);
  known = anOrder({ status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: 9 });
  await rounds(second);
  expect(second.desk.remembered("1")).toMatchObject({ status: "FILLED", filledQty: 12, staleSince: null });
  expect([asked, second.desk.state().openOrders]).toEqual([3, 0]);
});

test.each([
  ["also over the same connection", 0],
  ["also when the clock is put forward", 3_600_000],
])("an open order that the broker does not show yet is asked for again, %s", async (_name, putForward) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  onTestFinished(() => void vi.useRealTimers());
  let shown: Order | undefined;
  const { desk, host } = deskOver({
    capabilities: () => ({ ...CAPABILITIES, listing: { complete: false, settleMs: 2000 } }),
    placeOrder: async () => ({ orderId: "1" }),
    orders: async () => ({ orders: [], unmapped: [] }),
    order: async (orderId) => {
      if (shown === undefined) throw new BrokerError("OrderNotFound", `no order ${orderId} yet`);
      return shown;
    },
  });
  open.push(desk);
  await desk.place(LIMIT_BUY, BY);
  vi.setSystemTime(Date.now() + putForward);
  for (const connected of [false, true]) host().onConnection({ connected });
  await vi.advanceTimersByTimeAsync(100);
  expect(desk.remembered("1")).toMatchObject({ staleSince: null });
  shown = anOrder({ orderId: "1", status: "REJECTED" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(desk.remembered("1")).toMatchObject({ status: "REJECTED" });
});

test("an open order of an earlier process that the broker does not show yet is asked for again, though the clock was put forward meanwhile", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  onTestFinished(() => void vi.useRealTimers());
  let shown: Order | undefined;
  const members: Parameters<typeof deskOver>[0] = {
    capabilities: () => ({ ...CAPABILITIES, listing: { complete: false, settleMs: 2000 } }),
    placeOrder: async () => ({ orderId: "1" }),
    orders: async () => ({ orders: [], unmapped: [] }),
    order: async (orderId) => {
      if (shown === undefined) throw new BrokerError("OrderNotFound", `no order ${orderId} yet`);
      return shown;
    },
  };
  const first = deskOver(members);
  await first.desk.place(LIMIT_BUY, BY);
  await first.desk.close();
  vi.setSystemTime(Date.now() + 3_600_000);
  const { desk } = deskOver(members, { journal: first.journal });
  open.push(desk);
  await desk.reconcile();
  await vi.advanceTimersByTimeAsync(100);
  expect(desk.remembered("1")).toMatchObject({ staleSince: null });
  shown = anOrder({ orderId: "1", status: "REJECTED" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(desk.remembered("1")).toMatchObject({ status: "REJECTED" });
});

test("an open order of a broker that cannot list is asked for after a reconnect: its end may have been told in vain", async () => {
  let order = anOrder({ orderId: "1" });
  const { desk, host } = deskOver({ order: async () => order });
  open.push(desk);
  await desk.start();
  host().onOrder(order);
  host().onConnection({ connected: false });
  order = anOrder({ orderId: "1", status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: 9 });
  host().onConnection({ connected: true });
  await expect.poll(() => desk.remembered("1")).toMatchObject({ status: "FILLED", filledQty: 12 });
});

test("what a change puts in the place of an order of ours is ours, though the intent of that has been pruned", async () => {
  let order = anOrder({ orderId: "1" });
  const { desk, journal } = deskOver({
    placeOrder: async ({ tag }) => {
      order = anOrder({ orderId: "1", tag });
      return { orderId: "1" };
    },
    replaceOrder: async () => ({ orderId: "2" }),
    order: async () => order,
    orders: async () => ({ orders: [order], unmapped: [] }),
  });
  open.push(desk);
  const { tag } = await desk.place(LIMIT_BUY, BY);
  await journal.prune(Date.now() + 1);
  await desk.replace("1", { qty: 13 }, BY);
  expect(desk.remembered("2")).toMatchObject({ tag, external: false });
});

test("an id that the broker gives to a new order is not taken for the old one", async () => {
  const venue = createVenue();
  const first = at(venue);
  const { orderId } = await first.desk.place(LIMIT_BUY, BY);
  venue.set(orderId, { status: "CANCELED" });
  await first.desk.close();
  const restarted = createVenue();
  const second = at(restarted, { journal: first.journal });
  const again = await second.desk.place(LIMIT_BUY, BY);
  expect(again.orderId).toBe(orderId);
  expect(await second.desk.order(orderId, {})).toMatchObject({ status: "OPEN", tag: again.tag, external: false });
});

test("an id that the broker gives to an order of another contract is not taken for the old one", async () => {
  const { desk, host } = deskOver({ orders: async () => ({ orders: [], unmapped: [] }) });
  open.push(desk);
  await desk.reconcile();
  host().onOrder(anOrder({ orderId: "1", tag: null, status: "FILLED", filledQty: 12, avgPrice: 200 }));
  host().onOrder(anOrder({ orderId: "1", tag: null, contract: { ...LIMIT_BUY.contract, symbol: "MSFT" } }));
  expect(desk.remembered("1")).toMatchObject({ status: "OPEN", filledQty: 0, contract: { symbol: "MSFT" } });
});

test("reports of an order that follow each other while a journal says whose it is are taken in their order", async () => {
  const answers: PromiseWithResolvers<undefined>[] = [];
  const order = () => {
    const answer = Promise.withResolvers<undefined>();
    answers.push(answer);
    return answer.promise;
  };
  const { desk, host } = deskOver(
    { orders: async () => ({ orders: [], unmapped: [] }) },
    { journal: { ...memoryJournal(), order } },
  );
  open.push(desk);
  await desk.reconcile();
  for (const price of [200, 199]) host().onOrder(anOrder({ tag: null, price }));
  for (const answer of answers.toReversed()) {
    answer.resolve(undefined);
    await aFewTurns();
  }
  expect(desk.remembered("1")).toMatchObject({ price: 199 });
});

test.each([
  ["is being changed from here", "OPEN", true],
  ["is shown as being changed", "PENDING_REPLACE", false],
] as const)("an order in the place of one that %s is told as no second one", async (_name, status, isOurs) => {
  const journal = memoryJournal();
  let tag: string | null = null;
  const { desk, host } = deskOver(
    {
      placeOrder: async (order) => {
        ({ tag } = order);
        return { orderId: "1" };
      },
      replaceOrder: async () => {
        host().onOrder(anOrder({ orderId: "2", tag, price: 199 }));
        return { orderId: "2" };
      },
      order: async () => anOrder({ orderId: "1", tag }),
      orders: async () => ({ orders: [], unmapped: [] }),
    },
    { journal },
  );
  open.push(desk);
  await desk.place(LIMIT_BUY, KEYED);
  host().onOrder(anOrder({ orderId: "1", tag, status }));
  if (isOurs) await desk.replace("1", { price: 199 }, BY);
  else host().onOrder(anOrder({ orderId: "2", tag, price: 199 }));
  await aFewTurns();
  expect(desk.remembered("2")).toMatchObject({ tag, external: false });
  const { events } = await journal.events(DIGEST, 0, 100);
  expect(events.filter(({ kind }) => kind === "anomaly")).toEqual([]);
});

test("unknown outcomes that follow each other closely do not put off the look for them", async () => {
  const venue = createVenue({ settleMs: 200 });
  let listings = 0;
  const counted: typeof venue.broker = (instance) => {
    const broker = venue.broker(instance);
    const { orders } = broker;
    return Object.assign(broker, {
      orders: (...args: Parameters<NonNullable<typeof orders>>) => {
        listings += 1;
        return orders?.(...args);
      },
    });
  };
  const { desk } = at({ ...venue, broker: counted });
  await desk.reconcile();
  const before = listings;
  for (let sent = 0; sent < 100 && listings === before; sent += 1) {
    venue.next("drop-before");
    await failureOf(desk.place(LIMIT_BUY, BY));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(listings).toBeGreaterThan(before);
});

test("after a reconnect an order is asked for until the broker's orders are known again", async () => {
  const venue = createVenue();
  const { desk } = at(venue);
  const { orderId } = await desk.place(LIMIT_BUY, BY);
  expect(await desk.order(orderId, {})).toMatchObject({ filledQty: 0, source: "journal" });
  venue.silence(true);
  venue.set(orderId, { status: "PARTIALLY_FILLED", filledQty: 5, avgPrice: 200 });
  venue.failListings(true);
  venue.reconnect();
  expect(await desk.order(orderId, {})).toMatchObject({ filledQty: 5, source: "broker" });
});

describe("an order of ours that is first told of without its tag", () => {
  async function untagged(journal = memoryJournal()) {
    const venue = createVenue();
    venue.silence(true);
    const { desk } = at(venue, { journal });
    await desk.reconcile();
    return { venue, desk };
  }

  test("is ours from the broker's answer on", async () => {
    const placing = Promise.withResolvers<{ orderId: string }>();
    const { desk, host } = deskOver({
      placeOrder: () => placing.promise,
      orders: async () => ({ orders: [], unmapped: [] }),
    });
    open.push(desk);
    await desk.reconcile();
    const placed = desk.place(LIMIT_BUY, BY);
    await new Promise((resolve) => setTimeout(resolve));
    host().onOrder(anOrder({ orderId: "7", tag: null, status: "PARTIALLY_FILLED", filledQty: 4, avgPrice: 200 }));
    placing.resolve({ orderId: "7" });
    const { tag } = await placed;
    expect(desk.remembered("7")).toMatchObject({ tag, external: false, status: "PARTIALLY_FILLED", filledQty: 4 });
  });

  test("is ours from the answer on also while a journal is slow to say whose it is", async () => {
    const placing = Promise.withResolvers<{ orderId: string }>();
    const remembering = Promise.withResolvers<undefined>();
    const journal = { ...memoryJournal(), order: () => remembering.promise };
    const { desk, host } = deskOver(
      { placeOrder: () => placing.promise, orders: async () => ({ orders: [], unmapped: [] }) },
      { journal },
    );
    open.push(desk);
    await desk.reconcile();
    const placed = desk.place(LIMIT_BUY, BY);
    await aFewTurns();
    host().onOrder(anOrder({ orderId: "7", tag: null }));
    placing.resolve({ orderId: "7" });
    const known = placed.then(({ tag }) => ({ tag, order: desk.remembered("7") }));
    await aFewTurns();
    remembering.resolve(undefined);
    const { tag, order } = await known;
    expect(order).toMatchObject({ tag, external: false });
  });

  test("is ours once it is told of with its tag", async () => {
    const { venue, desk } = await untagged();
    venue.next("drop-after");
    const { tag } = await failureOf(desk.place(LIMIT_BUY, BY));
    const order = venue.ledger.get("1") ?? expect.unreachable();
    venue.silence(false);
    venue.push({ ...order, tag: null });
    venue.push(order);
    await expect.poll(() => desk.remembered("1")).toMatchObject({ tag, external: false });
  });
});

test("an order of ours that an earlier process was told of without its tag is ours once it is told of with it", async () => {
  const venue = createVenue();
  const journal = memoryJournal();
  venue.silence(true);
  const first = at(venue, { journal, deadlineMs: 50 });
  await first.desk.reconcile();
  venue.next("hang-after");
  const { tag } = await failureOf(first.desk.place(LIMIT_BUY, KEYED));
  const order = venue.ledger.get("1") ?? expect.unreachable();
  venue.hide("1");
  venue.silence(false);
  venue.push({ ...order, tag: null });
  await expect.poll(() => first.desk.remembered("1")).toMatchObject({ tag: null, external: true });
  await first.desk.close();
  venue.dropHosts();
  const journalOfNext = { ...journal, openOrders: () => [] };
  const next = at(venue, { journal: journalOfNext });
  await next.desk.start();
  venue.push(order);
  await expect.poll(() => next.desk.remembered("1")).toMatchObject({ tag, external: false });
});

test("an order under the id of one that is remembered is not taken for that, though the broker tells of neither", async () => {
  const journal = memoryJournal();
  const first = at(createVenue(), { journal });
  await first.desk.place(LIMIT_BUY, BY);
  await first.desk.close();
  const { desk } = deskOver({ placeOrder: async () => ({ orderId: "1" }) }, { journal });
  open.push(desk);
  const { tag } = await desk.place({ ...LIMIT_BUY, qty: 3 }, BY);
  expect(desk.remembered("1")).toMatchObject({ tag, qty: 3, external: false });
});

test("an order met while the journal was away is ours once that is back", async () => {
  const venue = createVenue();
  const journal = memoryJournal();
  const first = at(venue, { journal });
  const { orderId, tag } = await first.desk.place(LIMIT_BUY, BY);
  await first.desk.close();
  const ofOthers = venue.accept({ ...LIMIT_BUY, tag: `ht${"b".repeat(24)}` });
  let away = true;
  const leaving =
    <Args extends unknown[], T>(read: (...args: Args) => T) =>
    (...args: Args): T => {
      if (away) throw new Error("the disk is away");
      return read(...args);
    };
  const { intent, order, openOrders, unsettled } = journal;
  const flaky = {
    ...journal,
    intent: leaving(intent),
    order: leaving(order),
    openOrders: leaving(openOrders),
    unsettled: leaving(unsettled),
  };
  const { desk } = at(venue, { journal: flaky });
  const ids = [{ orderId, tag }, { orderId: ofOthers.orderId }];
  expect(await desk.orders({ status: "all" }, {})).toMatchObject({ orders: ids });
  away = false;
  await desk.reconcile();
  expect(desk.remembered(orderId)).toMatchObject({ tag, external: false });
  expect(desk.remembered(ofOthers.orderId)).toMatchObject({ external: true });
});

test("an unknown change that has put another order in the place of its own is accepted, though the journal is away when that is listed", async () => {
  const journal = memoryJournal();
  let orders: readonly Order[] = [];
  const members: Parameters<typeof deskOver>[0] = {
    placeOrder: async () => ({ orderId: "1" }),
    replaceOrder: async () => {
      throw new BrokerError("BrokerFault", "the socket dropped", { outcome: "unknown" });
    },
    orders: async () => ({ orders, unmapped: [] }),
    order: async (orderId) => anOrder({ orderId, tag, status: orders.length > 0 ? "CANCELED" : "OPEN" }),
  };
  const first = deskOver(members, { journal });
  const { tag } = await first.desk.place({ ...LIMIT_BUY, price: 200 }, BY);
  expect(await failureOf(first.desk.replace("1", { price: 201 }, KEYED))).toMatchObject({ outcome: "unknown" });
  await first.desk.close();
  orders = [anOrder({ orderId: "2", tag, price: 201 })];
  let isAway = true;
  const flaky = {
    ...journal,
    openOrders(instance: string) {
      if (isAway) throw new Error("the disk is away");
      return journal.openOrders(instance);
    },
    order(instance: string, orderId: string) {
      if (isAway) throw new Error("the disk is away");
      return journal.order(instance, orderId);
    },
  };
  const { desk, host } = deskOver(members, { journal: flaky });
  open.push(desk);
  await desk.orders({ status: "all" }, {});
  isAway = false;
  host().onConnection({ connected: true });
  await desk.reconcile();
  await expect.poll(() => desk.unknownIntents()).toEqual([]);
  expect(await desk.replace("1", { price: 201 }, KEYED)).toMatchObject({ orderId: "2", replayed: true });
});

test("the end of another's order that was remembered as open is told, though it was met while the journal was away", async () => {
  const journal = memoryJournal();
  const order = { ...anOrder({ updatedAt: 1 }), external: true, asOf: 1, staleSince: null };
  await journal.append([{ kind: "order", order, instance: DIGEST, at: 1 }], "process");
  let away = true;
  const flaky = {
    ...journal,
    order(instance: string, orderId: string) {
      if (away) throw new Error("the disk is away");
      return journal.order(instance, orderId);
    },
    openOrders(instance: string) {
      if (away) throw new Error("the disk is away");
      return journal.openOrders(instance);
    },
  };
  // Days ago.
  const orders = [anOrder({ status: "CANCELED", updatedAt: 2 })];
  const { desk } = deskOver({ orders: async () => ({ orders, unmapped: [] }) }, { journal: flaky });
  open.push(desk);
  await desk.orders({ status: "all" }, {});
  away = false;
  await desk.reconcile();
  await expect.poll(() => journal.order(DIGEST, "1")).toMatchObject({ status: "CANCELED" });
});

test.each([
  ["open", "OPEN"],
  ["ended", "CANCELED"],
] as const)(
  "an order that was %s and written down as another's while the journal was away is ours after the next start",
  async (_name, status) => {
    const venue = createVenue();
    const journal = memoryJournal();
    const first = at(venue, { journal });
    const { orderId } = await first.desk.place(LIMIT_BUY, BY);
    await first.desk.close();
    const order = { ...venue.set(orderId, { status }), external: true, asOf: Date.now(), staleSince: null };
    await journal.append([{ kind: "order", order, instance: DIGEST, at: Date.now() }], "process");
    const { desk } = at(venue, { journal });
    await desk.reconcile();
    venue.reconnect();
    await expect.poll(() => desk.remembered(orderId)).toMatchObject({ external: false });
    await expect.poll(() => journal.order(DIGEST, orderId)).toMatchObject({ external: false });
  },
);

test("a cancel that was taken at the second attempt under its key is told so again, whatever became of the order", async () => {
  const order = anOrder({ orderId: "1" });
  let attempts = 0;
  const { desk, journal, host } = deskOver({
    cancelOrder: async () => {
      attempts += 1;
      if (attempts === 1) throw new BrokerError("BrokerFault", "the socket dropped");
    },
    order: async () => order,
    orders: async () => ({ orders: [order], unmapped: [] }),
  });
  open.push(desk);
  await desk.reconcile();
  expect(await failureOf(desk.cancel("1", KEYED))).toMatchObject({ code: "OutcomeUnknown" });
  const taken = await desk.cancel("1", KEYED);
  Object.assign(order, { status: "FILLED", filledQty: order.qty, updatedAt: 2 });
  host().onConnection({ connected: true });
  await expect.poll(() => desk.state().reconciled).toBe(true);
  expect(await desk.cancel("1", KEYED)).toEqual({ ...taken, replayed: true });
  expect((await journal.unsettled(DIGEST)).length).toBe(0);
});

test("the late end of a cancel says nothing of the one that was sent after it under its key", async () => {
  const calls: PromiseWithResolvers<void>[] = [];
  const { desk, journal } = deskOver(
    {
      cancelOrder: () => {
        const call = deferred<void>();
        calls.push(call);
        return call.promise;
      },
      order: async () => anOrder({ orderId: "1" }),
      orders: async () => ({ orders: [anOrder({ orderId: "1" })], unmapped: [] }),
    },
    { deadlineMs: 80 },
  );
  open.push(desk);
  await desk.reconcile();
  for (const attempt of [1, 2]) {
    expect(await failureOf(desk.cancel("1", KEYED)), `${attempt}`).toMatchObject({ code: "OutcomeUnknown" });
  }
  const [first, second] = calls;
  first?.reject(new BrokerError("NotConnected", "gone", { outcome: "not_sent" }));
  await aFewTurns();
  expect(await journal.unsettled(DIGEST)).toMatchObject([{ state: "unknown" }]);
  second?.resolve();
  await aFewTurns();
  expect(await desk.cancel("1", KEYED)).toMatchObject({ replayed: true });
});

test("an unknown change is read from its order at a broker that cannot list, where an unknown place stays unknown", async () => {
  const order = anOrder({ orderId: "1" });
  const { desk } = deskOver({
    placeOrder: async () => {
      throw new BrokerError("BrokerFault", "the socket dropped");
    },
    replaceOrder: async (_orderId, change) => {
      Object.assign(order, change, { updatedAt: 2 });
      throw new BrokerError("BrokerFault", "the socket dropped");
    },
    order: async () => order,
  });
  open.push(desk);
  await failureOf(desk.place(LIMIT_BUY, BY));
  await failureOf(desk.replace("1", { qty: 13 }, KEYED));
  await expect.poll(() => desk.unknownIntents(), { timeout: 5000 }).toMatchObject([{ action: { kind: "place" } }]);
  expect(await desk.replace("1", { qty: 13 }, KEYED)).toMatchObject({ orderId: "1", replayed: true });
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await desk.unknownIntents()).toHaveLength(1);
});

describe("where what a request has begun ends with it, as on an edge worker", () => {
  /** The request is over, and the next comes so much later than the first one. */
  function next(ms: number) {
    // Sets the clock back too.
    vi.clearAllTimers();
    vi.advanceTimersByTime(ms);
  }

  /** Lets everything happen that waits for no timer. */
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] }));
  afterEach(() => void vi.useRealTimers());

  test("a place of unknown outcome is looked for with the requests that follow", async () => {
    let places = 0;
    const { desk } = deskOver({
      async placeOrder() {
        places += 1;
        if (places === 1) throw new BrokerError("OutcomeUnknown", "no answer", { outcome: "unknown" });
        return { orderId: "1" };
      },
      orders: async () => ({ orders: [], unmapped: [] }),
    });
    open.push(desk);
    await failureOf(desk.place(LIMIT_BUY, KEYED));
    for (const ms of [60_000, 120_000]) {
      next(ms);
      await desk.unknownIntents();
      await turn();
    }
    expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1", replayed: false });
  });

  test("a comparison that went with its request keeps no later write waiting", async () => {
    let hangs = false;
    const { desk, host } = deskOver({
      placeOrder: async () => ({ orderId: "1" }),
      orders: () => (hangs ? new Promise(() => undefined) : Promise.resolve({ orders: [], unmapped: [] })),
    });
    open.push(desk);
    await desk.place(LIMIT_BUY, BY);
    hangs = true;
    host().onConnection({ connected: true });
    await turn();
    hangs = false;
    next(60_000);
    const placing = desk.place(LIMIT_BUY, BY);
    placing.catch(() => undefined);
    await turn();
    vi.advanceTimersByTime(10_000);
    expect(await placing).toMatchObject({ orderId: "1" });
  });
});
