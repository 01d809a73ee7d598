/** A broker that takes a number for each order beforehand: by it the vendor refuses a second order, and the desk finds one. */
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import type { Desk } from "../../src/desk/types.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";
import type { Broker, Placed } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { newFile } from "../journal/lines.ts";
import { anOrder, DIGEST, deferred, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";
import { createVenue, deskAt } from "./venue.ts";

const KEYED = { principal: "default", idempotencyKey: "k1" };

const open: Desk[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((desk) => desk.close()));
});

/** A venue that hands out numbers, and may lose the marks of orders. */
function numberedVenue({ losesMarks = false, settleMs = 0 } = {}) {
  const venue = createVenue({ settleMs });
  const journal = memoryJournal();
  /** The numbers that orders were sent with. */
  const sent: (string | undefined)[] = [];
  const state = { given: 0, refuses: false, account: null as string | null, onPlace: async (_tag: string) => {} };

  function broker(instance: Parameters<typeof venue.broker>[0]): Broker {
    const plain = venue.broker(instance);
    const { placeOrder, orders, capabilities } = plain;
    if (placeOrder === undefined || orders === undefined) throw new Error("the venue lacks a method");
    const numbered: Pick<Broker, "orderNumber" | "placeOrder" | "orders" | "capabilities"> = {
      capabilities: () => ({ ...capabilities(), account: state.account }),
      orderNumber: async () => {
        if (state.refuses) throw new BrokerError("Timeout", "no number came");
        state.given += 1;
        return `100${state.given}`;
      },
      placeOrder: async (order, call) => {
        sent.push(order.number);
        await state.onPlace(order.tag);
        return placeOrder(order, call);
      },
      orders: async (query, call) => {
        const listing = await orders(query, call);
        return losesMarks ? { ...listing, orders: listing.orders.map((one) => ({ ...one, tag: null })) } : listing;
      },
    };
    return Object.assign(plain, numbered);
  }

  function desk(): Desk {
    const opened = deskAt({ ...venue, broker }, { journal });
    open.push(opened.desk);
    return opened.desk;
  }

  if (losesMarks) venue.silence(true);
  return { venue, journal, sent, state, desk };
}

test("the number stands in the journal with its intent before the order is sent", async () => {
  const { desk, journal, state, sent } = numberedVenue();
  const seen: unknown[] = [];
  state.onPlace = async (tag) => void seen.push(await journal.intent(DIGEST, tag));
  await desk().place(LIMIT_BUY, KEYED);
  expect(seen).toMatchObject([{ state: "sending", number: "1001" }]);
  expect(sent).toEqual(["1001"]);
});

test("an order whose number cannot be had is not sent, and its key is free", async () => {
  const { desk, journal, state, sent } = numberedVenue();
  const opened = desk();
  state.refuses = true;
  expect(await rejection(opened.place(LIMIT_BUY, KEYED))).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
  expect([sent, await journal.unsettled(DIGEST)]).toEqual([[], []]);
  state.refuses = false;
  expect(await opened.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1", replayed: false });
});

test("a number that is no text is refused before anything is written down that nobody could read back", async () => {
  const journal = sqliteJournal(newFile());
  onTestFinished(() => journal.close());
  const { desk } = deskOver(
    {
      orders: async () => ({ orders: [], unmapped: [] }),
      orderNumber: async () => 1001 as unknown as string,
      placeOrder: async () => ({ orderId: "1" }),
    },
    { journal },
  );
  open.push(desk);
  expect(await rejection(desk.place(LIMIT_BUY, KEYED))).toMatchObject({ code: "BrokerFault", outcome: "not_sent" });
  expect(journal.intentsSince(DIGEST, 0)).toEqual([]);
});

describe("an unknown order whose mark the vendor lost", () => {
  test("is found by its number, and is ours", async () => {
    const { desk, venue } = numberedVenue({ losesMarks: true, settleMs: 200 });
    const opened = desk();
    venue.next("drop-after");
    expect(await rejection(opened.place(LIMIT_BUY, KEYED))).toMatchObject({ outcome: "unknown" });
    await expect.poll(() => opened.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    const placed = await opened.place(LIMIT_BUY, KEYED);
    expect(placed).toMatchObject({ orderId: "1", replayed: true });
    expect(await opened.orders({ status: "all" }, {})).toMatchObject({
      orders: [{ orderId: "1", tag: placed.tag, external: false }],
    });
    expect(venue.ledger.size).toBe(1);
  });

  test("is found by the next process too", async () => {
    const { desk, venue } = numberedVenue({ losesMarks: true, settleMs: 200 });
    const dying = desk();
    venue.next("drop-after");
    const listed = rejection(dying.place(LIMIT_BUY, KEYED));
    await expect.poll(() => venue.ledger.size).toBe(1);
    venue.failListings(true);
    await listed;
    await dying.close();
    venue.failListings(false);
    const next = desk();
    await next.start();
    await expect.poll(() => next.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    expect(await next.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "1", replayed: true });
    expect(await next.order("1", {})).toMatchObject({ external: false });
    expect(venue.ledger.size).toBe(1);
  });

  test.each([
    ["this account", "****0001", "1001", false, 0],
    ["another account", "****0002", "1001", true, 1],
    ["this account, by that number only", "****0001", "1002", true, 1],
  ])("is found by the next process among the orders of %s", async (_name, account, number, external, left) => {
    const { desk, venue, state } = numberedVenue({ losesMarks: true, settleMs: 60_000 });
    state.account = "****0001";
    const dying = desk();
    venue.next("drop-before");
    await rejection(dying.place(LIMIT_BUY, KEYED));
    await dying.close();
    state.account = account;
    venue.accept({ ...LIMIT_BUY, number });
    const next = desk();
    await next.reconcile();
    expect(await next.orders({ status: "all" }, {})).toMatchObject({ orders: [{ orderId: "1", external }] });
    expect(await next.unknownIntents()).toHaveLength(left);
  });

  test("is looked for in its own account, though another one is logged in to meanwhile", async () => {
    const { desk, venue, state } = numberedVenue({ losesMarks: true, settleMs: 60_000 });
    state.account = "****0001";
    const opened = desk();
    venue.next("drop-before");
    await rejection(opened.place(LIMIT_BUY, KEYED));
    state.account = "****0002";
    venue.accept({ ...LIMIT_BUY, qty: 1, number: "1001" });
    venue.reconnect();
    const { orders } = await opened.orders({ status: "all" }, {});
    expect(orders).toMatchObject([{ orderId: "1", tag: null, external: true }]);
    expect(await opened.unknownIntents()).toHaveLength(1);
    expect(await rejection(opened.place(LIMIT_BUY, KEYED))).toMatchObject({ code: "OutcomeUnknown" });
  });

  test("that was heard of without its number first is ours once it is listed with it", async () => {
    const { desk, venue } = numberedVenue({ losesMarks: true, settleMs: 60_000 });
    const opened = desk();
    venue.next("drop-after");
    await rejection(opened.place(LIMIT_BUY, KEYED));
    const { number: _, ...pushed } = venue.ledger.get("1") ?? expect.unreachable();
    venue.silence(false);
    venue.push({ ...pushed, tag: null });
    expect(await opened.orders({ status: "all" }, {})).toMatchObject({ orders: [{ orderId: "1", external: false }] });
    await expect.poll(() => opened.unknownIntents()).toEqual([]);
  });

  test("is nobody else's: an order of another number stays external, and proves nothing", async () => {
    const { desk, venue } = numberedVenue({ losesMarks: true, settleMs: 60_000 });
    const opened = desk();
    venue.next("drop-before");
    await rejection(opened.place(LIMIT_BUY, KEYED));
    venue.accept({ ...LIMIT_BUY, number: "9" });
    expect(await opened.orders({ status: "all" }, {})).toMatchObject({ orders: [{ tag: null, external: true }] });
    expect(await opened.unknownIntents()).toHaveLength(1);
  });
});

test("an order that was rejected late is looked out for no more: its number proves nothing", async () => {
  const answer = deferred<Placed>();
  const { desk, host } = deskOver(
    {
      orderNumber: async () => "1001",
      placeOrder: () => answer.promise,
      orders: async () => ({ orders: [], unmapped: [] }),
      order: async (orderId) => anOrder({ orderId, tag: null }),
    },
    { deadlineMs: 200 },
  );
  open.push(desk);
  await rejection(desk.place(LIMIT_BUY, KEYED));
  answer.reject(new BrokerError("OrderRejected", "too late", { outcome: "rejected" }));
  await expect.poll(() => desk.unknownIntents()).toEqual([]);
  host().onOrder(anOrder({ orderId: "9", tag: null, number: "1001" }));
  await expect.poll(() => desk.remembered("9")).toMatchObject({ tag: null, external: true });
});

describe("the next attempt under a key", () => {
  test("takes the same number when the first was found nowhere: it may still be on its way", async () => {
    const { desk, venue, sent } = numberedVenue();
    const opened = desk();
    venue.next("drop-before");
    await rejection(opened.place(LIMIT_BUY, KEYED));
    await expect.poll(() => opened.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    await opened.place(LIMIT_BUY, KEYED);
    expect(sent).toEqual(["1001", "1001"]);
  });

  test("takes a new one when the broker said that the first was not sent", async () => {
    const { desk, venue, sent } = numberedVenue();
    const opened = desk();
    venue.next("not-sent");
    await rejection(opened.place(LIMIT_BUY, KEYED));
    await opened.place(LIMIT_BUY, KEYED);
    expect(sent).toEqual(["1001", "1002"]);
  });

  test("takes a new one in another account, which may have an order of that number", async () => {
    const { desk, venue, state, sent } = numberedVenue();
    state.account = "****0001";
    const opened = desk();
    venue.next("drop-before");
    await rejection(opened.place(LIMIT_BUY, KEYED));
    await expect.poll(() => opened.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    await opened.close();
    state.account = "****0002";
    await desk().place(LIMIT_BUY, KEYED);
    expect(sent).toEqual(["1001", "1002"]);
  });

  test("keeps the number of one that was found nowhere through attempts that were not sent", async () => {
    const { desk, venue, sent } = numberedVenue();
    const opened = desk();
    venue.next("drop-before");
    await rejection(opened.place(LIMIT_BUY, KEYED));
    await expect.poll(() => opened.unknownIntents(), { timeout: 10_000 }).toEqual([]);
    venue.next("not-sent", "not-sent");
    await rejection(opened.place(LIMIT_BUY, KEYED));
    await rejection(opened.place(LIMIT_BUY, KEYED));
    await opened.close();
    await desk().place(LIMIT_BUY, KEYED);
    expect(sent).toEqual(["1001", "1001", "1001", "1001"]);
  });
});
