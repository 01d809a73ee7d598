import { describe, expect, onTestFinished, test, vi } from "vitest";
import { instanceJournal } from "../../src/desk/instance-journal.ts";
import { createOrderBook } from "../../src/desk/order-book.ts";
import { createUnknowns, WRITTEN } from "../../src/desk/unknowns.ts";
import type { IntentAction, OrderRecord } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { aFewTurns } from "../unheard.ts";
import { anOrder, LIMIT_BUY } from "./desk-broker.ts";

/** A listing of which nothing was heard. */
const NOTHING = {
  reported: new Set<string>(),
  absent: new Set<string>(),
  orders: [],
  unmapped: [],
  account: null,
  newIds: false,
};
const HOUR_MS = 3_600_000;
const PLACE: IntentAction = { kind: "place", request: LIMIT_BUY };
const CHANGED = { kind: "replace", orderId: "1", change: { price: 199 } } as const;
/** A listing that has order 1. */
const LISTED = { ...NOTHING, askedAt: 2000, reported: new Set(["1"]), complete: true, settleMs: 0 };

const CANCEL: IntentAction = { kind: "cancel", orderId: "1" };

async function unknownWrite(action: IntentAction, endedAt: number | null, kept = memoryJournal()) {
  const journal = instanceJournal(kept, "digest");
  const book = createOrderBook();
  const absent: string[] = [];
  const settled: [string, boolean][] = [];
  const unknowns = createUnknowns(book, journal, {
    onAbsent: (tag) => void absent.push(tag),
    onSettled: ({ id }, refused) => void settled.push([id, refused]),
  });
  await journal.append([{ kind: "intent", id: "httag", principal: "p", action, fingerprint: null }], "power-loss");
  const call = unknowns.add({ id: "httag", action }, endedAt, WRITTEN);
  return { journal, book, unknowns, absent, settled, call };
}

describe("an absent order", () => {
  test.each([
    ["one complete listing after the settle time", [1100], true, 1],
    ["two", [1100, 1200], true, 0],
    ["two, of which one was asked for within the settle time", [1099, 1200], true, 1],
    ["many incomplete ones", [1100, 1200, 1300, 1400], false, 1],
  ])("%s", async (_name, askedAt, complete, left) => {
    const { unknowns, absent, settled } = await unknownWrite(PLACE, 1000);
    for (const at of askedAt) await unknowns.judge({ ...NOTHING, askedAt: at, complete, settleMs: 100 });
    expect(unknowns.size).toBe(left);
    expect(absent).toEqual(left === 0 ? ["httag"] : []);
    expect(settled).toEqual(left === 0 ? [["httag", true]] : []);
  });

  test("is not judged while its call is under way", async () => {
    const { unknowns } = await unknownWrite(PLACE, null);
    for (let round = 0; round < 5; round += 1) {
      await unknowns.judge({ ...NOTHING, askedAt: Number.MAX_SAFE_INTEGER, complete: true, settleMs: 0 });
    }
    expect(unknowns.size).toBe(1);
  });
});

test.each([
  ["the order itself", "httag", 1],
  ["another of a gateway's", "htother", 0],
  ["somebody else's", undefined, 0],
])("an order is not absent when what has no name here is %s", async (_name, tag, left) => {
  const { unknowns } = await unknownWrite(PLACE, 1000);
  const unmapped = [{ originSymbol: "AAPL260116C200000", qty: 1, ...(tag === undefined ? {} : { tag }) }];
  for (const askedAt of [2000, 3000, 4000]) {
    await unknowns.judge({ ...NOTHING, unmapped, askedAt, complete: true, settleMs: 0 });
  }
  expect(unknowns.size).toBe(left);
});

test("what the journal alone does not know yet needs no evidence, and none takes it back", async () => {
  const { journal, unknowns, book, absent, settled } = await unknownWrite({ kind: "cancel", orderId: "9" }, 1000);
  const intent = { kind: "intent", id: "htchange", principal: "p", action: CHANGED, fingerprint: null } as const;
  await journal.append([intent], "power-loss");
  const failure = { code: "OrderRejected", message: "no", outcome: "rejected" } as const;
  unknowns.addKnown({ id: "htplace", action: PLACE }, { placed: { orderId: "1" } });
  unknowns.addKnown({ id: "htchange", action: CHANGED }, { failure });
  for (const askedAt of [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]) {
    await unknowns.judge({ ...NOTHING, askedAt, complete: true, settleMs: 0 });
  }
  for (const price of [200, 199]) {
    const { record, known } = book.apply(anOrder({ price }), true, 1010);
    unknowns.seen(record, known);
  }
  expect([absent, settled]).toEqual([[], []]);
  expect(unknowns.size).toBe(3);
});

test.each([
  ["two looks after the settle time", CANCEL, [1100, 1200], ["1"], true, 0],
  ["two looks, of which one was within it", CANCEL, [1099, 1200], ["1"], true, 1],
  ["lists that may lack it", CANCEL, [1100, 1200, 1300], ["1"], false, 1],
  ["lists only, and it was not asked for", CANCEL, [1100, 1200, 1300], [], true, 1],
  ["a replace in place of a cancel", CHANGED, [1100, 1200, 1300], ["1"], true, 1],
])(
  "a cancel of an order that neither side knows ends after %s",
  async (_name, action, looks, absent, complete, left) => {
    const { journal, unknowns } = await unknownWrite(action, 1000);
    for (const askedAt of looks) {
      await unknowns.judge({ ...NOTHING, absent: new Set(absent), askedAt, complete, settleMs: 100 });
    }
    expect(unknowns.size).toBe(left);
    if (left > 0) return;
    const { state, failure } = { ...(await journal.intent("httag")) };
    expect([state, failure]).toEqual([
      "resolved",
      { code: "OrderNotFound", outcome: "rejected", message: "the broker knows no order 1" },
    ]);
  },
);

test.each([
  ["a cancel", CANCEL, 0],
  ["a replace", CHANGED, 1],
])("%s of an open order that the broker knows no more", async (_name, action, left) => {
  const { unknowns, book } = await unknownWrite(action, 1000);
  book.apply(anOrder(), true, 900);
  const judge = (askedAt: number) =>
    unknowns.judge({ ...NOTHING, absent: new Set(["1"]), askedAt, complete: true, settleMs: 100 });
  for (const askedAt of [1100, 1200]) await judge(askedAt);
  expect(unknowns.size, "it has not been missed yet").toBe(1);
  book.markStale("1", 1200);
  for (const askedAt of [1300, 1400]) await judge(askedAt);
  expect(unknowns.size).toBe(left);
});

test.each([
  ["a cancel", CANCEL, "CANCELED", undefined],
  ["a cancel", CANCEL, "FILLED", "OrderNotOpen"],
  ["a replace", CHANGED, "FILLED", "OrderNotOpen"],
] as const)("%s of an order that the broker knows no more since it ended %#", async (_name, action, status, code) => {
  const { journal, unknowns, book } = await unknownWrite(action, 1000);
  book.apply(anOrder({ status, filledQty: status === "FILLED" ? 12 : 0 }), true, 1010);
  await unknowns.judge({ ...NOTHING, askedAt: 1100, complete: true, settleMs: 100 });
  expect(unknowns.size, "it was not asked for").toBe(1);
  await unknowns.judge({ ...NOTHING, absent: new Set(["1"]), askedAt: 1100, complete: true, settleMs: 100 });
  expect(unknowns.size).toBe(0);
  expect((await journal.intent("httag"))?.failure?.code).toBe(code);
});

test("what a journal has not begun yet is not ended, and stops no comparison", async () => {
  const { unknowns, book, settled } = await unknownWrite(PLACE, 1000);
  const begun = { isWritten: false, later: new Promise<boolean>(() => undefined) };
  const call = unknowns.add({ id: "htcancel", action: { kind: "cancel", orderId: "1" } }, 1000, begun);
  book.apply(anOrder({ status: "CANCELED" }), true, 1010);
  await unknowns.judge(LISTED);
  await call.answered({ placed: { orderId: "1" } }, "late").catch(() => undefined);
  expect(settled).toEqual([]);
  expect(unknowns.has("htcancel")).toBe(true);
});

test("it is quiet when every call has ended that was under way", async () => {
  const { unknowns } = await unknownWrite(PLACE, 1000);
  const ends = ["one", "two"].map((id) => unknowns.underWay(id));
  let isQuiet = false;
  const quiet = unknowns.quiet().then(() => {
    isQuiet = true;
  });
  ends[0]?.();
  await aFewTurns();
  expect(isQuiet).toBe(false);
  ends[1]?.();
  await quiet;
});

describe("one that an operator is to settle", () => {
  test("is left to nobody while its call is under way, also one of another attempt without a line", async () => {
    const { unknowns, call } = await unknownWrite(CANCEL, null);
    expect(unknowns.leaveToOperator("httag")).toBeUndefined();
    call.ended();
    const end = unknowns.underWay("httag");
    expect(unknowns.leaveToOperator("httag")).toBeUndefined();
    end();
    expect(unknowns.leaveToOperator("httag")).toBeDefined();
  });

  test("is left to nobody while the journal has not begun it", async () => {
    const { unknowns } = await unknownWrite(CANCEL, 1000);
    unknowns.add({ id: "httag", action: CANCEL }, 1000, { isWritten: false, later: new Promise(() => undefined) });
    expect(unknowns.leaveToOperator("httag")).toBeUndefined();
  });

  test("is unknown no more once it has begun again, or a call of it is under way", async () => {
    const { unknowns } = await unknownWrite(CANCEL, 1000);
    const left = unknowns.leaveToOperator("httag");
    const end = unknowns.underWay("httag");
    expect(left?.isUnknown()).toBe(false);
    end();
    expect(left?.isUnknown()).toBe(true);
    unknowns.begunAgain("httag");
    expect(left?.isUnknown()).toBe(false);
  });

  test("is not judged by what was read of its order before", async () => {
    const kept = memoryJournal();
    const { promise: read, resolve } = Promise.withResolvers<OrderRecord>();
    const { unknowns, journal } = await unknownWrite(CANCEL, 1000, { ...kept, order: () => read });
    const judging = unknowns.judge({ ...LISTED, absent: new Set(["1"]) });
    const left = unknowns.leaveToOperator("httag");
    left?.begin();
    resolve({ ...anOrder({ status: "CANCELED" }), external: false, asOf: 1, staleSince: null });
    await judging;
    expect(left?.isUnknown()).toBe(true);
    expect(await journal.intent("httag")).toMatchObject({ state: "sending" });
  });

  test("is another's too while nothing is written: an operator's request may end in silence while it is weighed", async () => {
    const { unknowns } = await unknownWrite(PLACE, 1000);
    const [silent, second] = [unknowns.leaveToOperator("httag"), unknowns.leaveToOperator("httag")];
    second?.begin();
    expect(silent?.isUnknown()).toBe(false);
    expect(second?.isUnknown()).toBe(true);
    expect(unknowns.leaveToOperator("httag")).toBeUndefined();
    second?.end();
    expect(silent?.isUnknown()).toBe(true);
  });

  test("is judged while nothing is written", async () => {
    const { unknowns } = await unknownWrite(PLACE, 1000);
    const left = unknowns.leaveToOperator("httag");
    for (const askedAt of [2000, 3000, 4000])
      await unknowns.judge({ ...NOTHING, complete: true, settleMs: 0, askedAt });
    expect(left?.isUnknown()).toBe(false);
  });
});

describe("an order that was sent before the listings begin", () => {
  const listed = { ...NOTHING, complete: true, settleMs: 0 };

  test("by this process is not proven absent", async () => {
    const { unknowns } = await unknownWrite(PLACE, 1000);
    const since = Date.now() + 1;
    for (const askedAt of [2000, 3000, 4000]) await unknowns.judge({ ...listed, askedAt, since });
    expect(unknowns.size).toBe(1);
  });

  test("is one whose call began before they do, though it ended after", async () => {
    vi.useFakeTimers({ toFake: ["Date", "performance"], now: 20 * HOUR_MS });
    onTestFinished(() => void vi.useRealTimers());
    const { unknowns } = await unknownWrite({ kind: "cancel", orderId: "9" }, null);
    const end = unknowns.underWay("htplace");
    vi.advanceTimersByTime(HOUR_MS);
    unknowns.add({ id: "htplace", action: PLACE }, 0, WRITTEN);
    end();
    const since = 20.5 * HOUR_MS;
    for (const askedAt of [2000, 3000, 4000]) await unknowns.judge({ ...listed, askedAt, since });
    expect(unknowns.has("htplace")).toBe(true);
    vi.setSystemTime(19.2 * HOUR_MS);
    for (const askedAt of [5000, 6000, 7000]) await unknowns.judge({ ...listed, askedAt, since: 18.5 * HOUR_MS });
    expect(unknowns.has("htplace")).toBe(true);
  });

  test("for all that is known is not proven absent: the broker's listing says no moment that it begins at", async () => {
    const { unknowns } = await unknownWrite(PLACE, 1000);
    const since = Date.parse("no day");
    for (const askedAt of [2000, 3000, 4000]) await unknowns.judge({ ...listed, askedAt, since });
    expect(unknowns.size).toBe(1);
  });

  test("by this process is not proven absent either when the clock is put back afterwards", async () => {
    vi.useFakeTimers({ toFake: ["Date", "performance"], now: 20 * HOUR_MS });
    onTestFinished(() => void vi.useRealTimers());
    const { unknowns } = await unknownWrite(PLACE, 0);
    vi.advanceTimersByTime(HOUR_MS);
    vi.setSystemTime(19 * HOUR_MS);
    const since = 18.5 * HOUR_MS;
    for (const askedAt of [2000, 3000, 4000]) await unknowns.judge({ ...listed, askedAt, since });
    expect(unknowns.size).toBe(1);
  });

  test.each([
    [10_000, 1],
    [10_001, 0],
  ])("by an earlier process at %i leaves %i unknown, where they begin at 10001", async (at, left) => {
    const { unknowns } = await unknownWrite(PLACE, 1000);
    unknowns.begunAgain("httag");
    unknowns.recover({ id: "httag", action: PLACE, at });
    const askedAt = Number.MAX_SAFE_INTEGER;
    for (let round = 0; round < 3; round += 1) await unknowns.judge({ ...listed, askedAt, since: 10_001 });
    expect(unknowns.size).toBe(left);
  });

  test("by an earlier process whose clock was ahead is not proven absent: nobody knows when that was", async () => {
    const { unknowns } = await unknownWrite(PLACE, 1000);
    unknowns.begunAgain("httag");
    unknowns.recover({ id: "httag", action: PLACE, at: Date.now() + HOUR_MS });
    const since = Date.now() - HOUR_MS / 2;
    const askedAt = Number.MAX_SAFE_INTEGER;
    for (let round = 0; round < 3; round += 1) await unknowns.judge({ ...listed, askedAt, since });
    expect(unknowns.size).toBe(1);
  });
});

test("an order of nobody knows when is proven absent by lists that lack none, also once the clock is put back", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"], now: 20 * HOUR_MS });
  onTestFinished(() => void vi.useRealTimers());
  const { unknowns } = await unknownWrite(PLACE, 0);
  unknowns.begunAgain("httag");
  unknowns.recover({ id: "httag", action: PLACE, at: 21 * HOUR_MS });
  vi.setSystemTime(19 * HOUR_MS);
  const listing = { ...NOTHING, complete: true, settleMs: 0, askedAt: Number.MAX_SAFE_INTEGER };
  for (let round = 0; round < 2; round += 1) await unknowns.judge(listing);
  expect(unknowns.size).toBe(0);
});

test("what is under way here is not taken over from the journal, what an earlier process left is", async () => {
  const { unknowns } = await unknownWrite(PLACE, 1000);
  const end = unknowns.underWay("htother");
  unknowns.recover({ id: "htother", action: PLACE, at: 0 });
  unknowns.recover({ id: "httag", action: PLACE, at: 0 });
  expect(unknowns.size).toBe(1);
  end();
  unknowns.recover({ id: "htother", action: PLACE, at: 0 });
  expect(unknowns.size).toBe(2);
});

test("a place is found by its tag only, never by how an order looks", async () => {
  const { unknowns, book, journal } = await unknownWrite(PLACE, 1000);
  book.apply(anOrder({ ...LIMIT_BUY, orderId: "1", tag: null }), false, 2000);
  await unknowns.judge({ ...NOTHING, askedAt: 2000, complete: true, settleMs: 0 });
  expect(unknowns.size).toBe(1);
  book.apply(anOrder({ orderId: "2", tag: "httag" }), true, 2000);
  await unknowns.judge({ ...NOTHING, askedAt: 2000, complete: true, settleMs: 0 });
  expect(await journal.intent("httag")).toMatchObject({ state: "resolved", placed: { orderId: "2" } });
});

describe("a change", () => {
  const REPLACE: IntentAction = { kind: "replace", orderId: "1", change: { qty: 13, price: 199 } };
  test.each([
    ["a replace at its target", REPLACE, { qty: 13, price: 199 }, { placed: { orderId: "1" } }],
    ["a replace at half its target", REPLACE, { qty: 13 }, null],
    [
      "a replace of an order that was filled before",
      REPLACE,
      { status: "FILLED", filledQty: 12 },
      { failure: { code: "OrderNotOpen" } },
    ],
    ["a cancel of a canceled order", CANCEL, { status: "CANCELED" }, { placed: { orderId: "1" } }],
    ["a cancel of a filled order", CANCEL, { status: "FILLED", filledQty: 12 }, { failure: { code: "OrderNotOpen" } }],
    ["a cancel of an open order", CANCEL, { status: "OPEN" }, null],
  ] as const)("%s", async (_name, action, fields, settlement) => {
    const { unknowns, book, journal } = await unknownWrite(action, 1000);
    book.apply(anOrder(fields), true, 1010);
    await unknowns.judge({ ...NOTHING, askedAt: 1005, reported: new Set(["1"]), complete: true, settleMs: 100 });
    expect(unknowns.size).toBe(settlement === null ? 1 : 0);
    if (settlement !== null) expect(await journal.intent("httag")).toMatchObject({ state: "resolved", ...settlement });
    await unknowns.judge({ ...NOTHING, askedAt: 1100, complete: true, settleMs: 100 });
    expect(unknowns.size, "the order has not been read since").toBe(settlement === null ? 1 : 0);
    await unknowns.judge({ ...NOTHING, askedAt: 1100, reported: new Set(["1"]), complete: true, settleMs: 100 });
    expect(unknowns.size).toBe(0);
  });

  // Also one that seems to be newer than the listing, since the clock was put back in between.
  test.each([900, 5000])("an order as it was before the listing proves nothing, though it says %i", async (asOf) => {
    const { unknowns, book } = await unknownWrite(CANCEL, 1000);
    book.apply(anOrder({ status: "CANCELED" }), true, asOf);
    await unknowns.judge({ ...NOTHING, askedAt: 1001, complete: true, settleMs: 100 });
    expect(unknowns.size).toBe(1);
  });
});

test.each(["after", "before"])(
  "a cancel that was sent again without the journal settles also what that has of the attempt before it, read %s that",
  async (when) => {
    const { unknowns, book, journal } = await unknownWrite(CANCEL, 1000);
    if (when === "after") unknowns.begunAgain("httag");
    unknowns.add({ id: "httag", action: CANCEL }, 1001, { isWritten: false });
    if (when === "after") unknowns.recover({ id: "httag", action: CANCEL, at: 0 });
    book.apply(anOrder({ status: "CANCELED" }), true, 2000);
    await unknowns.judge({ ...NOTHING, reported: new Set(["1"]), askedAt: 2000, complete: true, settleMs: 0 });
    expect(unknowns.size).toBe(0);
    expect(await journal.intent("httag")).toMatchObject({ state: "resolved", placed: { orderId: "1" } });
  },
);

test("what only the journal does not know of an earlier attempt does not take the place of a later one that is unknown", async () => {
  const { unknowns, book, journal } = await unknownWrite(CANCEL, 1000);
  const failure = { code: "OrderNotOpen", outcome: "not_sent", message: "filled" } as const;
  unknowns.addKnown({ id: "httag", action: CANCEL }, { failure });
  book.apply(anOrder({ status: "CANCELED" }), true, 2000);
  await unknowns.settleKnown();
  expect(await journal.intent("httag")).toMatchObject({ state: "sending" });
  await unknowns.judge({ ...NOTHING, reported: new Set(["1"]), askedAt: 2000, complete: true, settleMs: 0 });
  expect(await journal.intent("httag")).toMatchObject({ state: "resolved", placed: { orderId: "1" } });
});

test.each(["OPEN", "FILLED"] as const)(
  "a replace is found in the order that its broker put, %s, in the place of the changed one",
  async (status) => {
    const { unknowns, book, journal, settled } = await unknownWrite(CHANGED, 1000);
    book.apply(anOrder({ tag: "htplaced" }), true, 1010);
    const filledQty = status === "FILLED" ? 12 : 0;
    book.apply(anOrder({ orderId: "2", tag: "htplaced", price: 199, status, filledQty }), true, 1020);
    book.apply(anOrder({ tag: "htplaced", status: "CANCELED" }), true, 1030);
    await unknowns.judge(LISTED);
    expect(await journal.intent("httag")).toMatchObject({ placed: { orderId: "2" }, failure: null });
    expect(settled).toEqual([["httag", false]]);
  },
);

test.each([
  ["OPEN", { placed: null, failure: { message: "order 1 was changed into order 2, which is OPEN" } }],
  ["CANCELED", { placed: { orderId: "2" }, failure: null }],
] as const)("a cancel is judged by the order in the place of the changed one, which is %s", async (status, end) => {
  const { unknowns, book, journal } = await unknownWrite(CANCEL, 1000);
  book.apply(anOrder({ tag: "htplaced" }), true, 1010);
  book.apply(anOrder({ orderId: "2", tag: "htplaced", price: 199 }), true, 1020);
  book.apply(anOrder({ orderId: "2", tag: "htplaced", price: 199, status }), true, 1030);
  book.apply(anOrder({ tag: "htplaced", status: "CANCELED" }), true, 1040);
  await unknowns.judge(LISTED);
  expect(await journal.intent("httag")).toMatchObject({ state: "resolved", ...end });
});

describe("a change of an order that was canceled, at a broker that may give it a new id", () => {
  const twin = anOrder({ orderId: "2", tag: "htplaced", price: 199, status: "CANCELED", filledQty: 5, createdAt: 6 });
  const MINUTE_MS = 60_000;

  test.each([
    ["a whole list has no other with its tag", {}, true],
    ["lists are not whole", { complete: false }, false],
    ["what had ended before it is listed", { since: Date.now() - MINUTE_MS }, true],
    ["what has ended since may not be listed", { since: Date.now() + MINUTE_MS }, false],
    ["what has its tag has no name here", { unmapped: [{ originSymbol: "?", qty: 1, tag: "htplaced" }] }, false],
    ["one as it was wanted has ended with its tag", { orders: [twin] }, false],
    ["one before it had another price", { orders: [{ ...twin, price: 198 }] }, true],
    ["one as it was wanted is older", { orders: [{ ...twin, createdAt: 4 }] }, true],
    ["one as it was wanted says not how old it is", { orders: [{ ...twin, createdAt: null }] }, false],
    ["one as it was wanted is as old", { orders: [{ ...twin, createdAt: 5 }] }, false],
    ["one as it was wanted has another tag", { orders: [{ ...twin, tag: "htother" }] }, true],
  ])("where %s", async (_name, fields, isProven) => {
    const { unknowns, book, journal } = await unknownWrite(CHANGED, 1000);
    book.apply(anOrder({ tag: "htplaced", status: "CANCELED", createdAt: 5 }), true, 1010);
    await unknowns.judge({ ...LISTED, newIds: true, ...fields });
    const rejected = { state: "resolved", failure: { code: "OrderNotOpen", outcome: "rejected" } };
    expect(await journal.intent("httag")).toMatchObject(isProven ? rejected : { state: "sending" });
  });

  test("is told by no list where the order has no tag", async () => {
    const { unknowns, book } = await unknownWrite(CHANGED, 1000);
    book.apply(anOrder({ tag: null, status: "CANCELED" }), false, 1010);
    await unknowns.judge({ ...LISTED, newIds: true });
    expect(unknowns.size).toBe(1);
  });

  test("and what is in its place may be another by now: a cancel of it is not told as done for that", async () => {
    const { unknowns, book, journal } = await unknownWrite({ ...CHANGED, orderId: "2" }, 1000);
    const cancel = { kind: "intent", id: "htcancel", principal: "p", action: CANCEL, fingerprint: null } as const;
    await journal.append([cancel], "power-loss");
    unknowns.add(cancel, 1000, WRITTEN);
    const first = anOrder({ orderId: "1", tag: "htplaced", status: "CANCELED" });
    const second = { ...first, orderId: "2", price: 198 };
    for (const order of [first, { ...second, status: "OPEN" } as const, second]) book.apply(order, true, 1010);
    const both = { newIds: true, reported: new Set(["1", "2"]), orders: [first, second] };
    await unknowns.judge({ ...LISTED, ...both, settleMs: 5000 });
    expect(unknowns.size).toBe(2);
    await unknowns.judge({ ...LISTED, ...both });
    expect(await journal.intent("htcancel")).toMatchObject({ state: "resolved", placed: { orderId: "2" } });
    expect(unknowns.size).toBe(0);
  });

  test("is told by the order while that works", async () => {
    const { unknowns, book, journal } = await unknownWrite(CHANGED, 1000);
    book.apply(anOrder({ tag: "htplaced" }), true, 1010);
    await unknowns.judge({ ...LISTED, newIds: true, complete: false });
    expect(await journal.intent("httag")).toMatchObject({ state: "resolved", failure: { outcome: "not_sent" } });
  });
});

test("a replace of an order that was canceled waits for what may be in its place, and a cancel of that with it", async () => {
  const { unknowns, book, journal, call } = await unknownWrite(CHANGED, null);
  const cancel = { kind: "intent", id: "htcancel", principal: "p", action: CANCEL, fingerprint: null } as const;
  await journal.append([cancel], "power-loss");
  unknowns.add(cancel, 1000, WRITTEN);
  book.apply(anOrder({ tag: "htplaced", status: "CANCELED" }), true, 1010);
  // Its call is under way, and then the order may not be listed yet.
  await unknowns.judge({ ...LISTED, settleMs: 1e9 });
  call.ended();
  await unknowns.judge({ ...LISTED, settleMs: 1e9 });
  expect(unknowns.size).toBe(2);
  book.apply(anOrder({ orderId: "2", tag: "htplaced", price: 199 }), true, 1020);
  await unknowns.judge({ ...LISTED, settleMs: 1e9 });
  expect(await journal.intent("httag")).toMatchObject({ placed: { orderId: "2" }, failure: null });
  expect(await journal.intent("htcancel")).toMatchObject({
    placed: null,
    failure: { code: "OrderNotOpen", message: "order 1 was changed into order 2, which is OPEN" },
  });
});

test.each([null, "htplaced"])("a replace of an order with the tag %s that was canceled is rejected", async (tag) => {
  const { unknowns, book, journal } = await unknownWrite(CHANGED, 1000);
  book.apply(anOrder({ tag, status: "CANCELED" }), true, 1010);
  await unknowns.judge(LISTED);
  expect(await journal.intent("httag")).toMatchObject({ failure: { code: "OrderNotOpen" } });
});

test("a replace is not found in an order that another one has put in the place of the changed one", async () => {
  const { unknowns, book, journal } = await unknownWrite(CHANGED, 1000);
  book.apply(anOrder({ tag: "htplaced" }), true, 1010);
  book.apply(anOrder({ orderId: "2", tag: "htplaced", price: 198 }), true, 1020);
  book.apply(anOrder({ tag: "htplaced", status: "CANCELED" }), true, 1030);
  await unknowns.judge(LISTED);
  expect(await journal.intent("httag")).toMatchObject({ placed: null, failure: { code: "OrderNotOpen" } });
});

test.each([
  [PLACE, []],
  [CHANGED, ["1"]],
] as const)("orders are asked for by their ids only for changes: %#", async (action, ids) => {
  const { unknowns } = await unknownWrite(action, 1000);
  expect(unknowns.orderIds()).toEqual(ids);
});

test("a replace that its order has shown was applied, though it was changed again before anybody looked", async () => {
  const { unknowns, book, journal } = await unknownWrite(CHANGED, 1000);
  const tell = (price: number) => {
    const { record, known } = book.apply(anOrder({ price }), true, 1010);
    unknowns.seen(record, known);
  };
  for (const price of [200, 199, 198]) tell(price);
  await unknowns.judge(LISTED);
  expect(await journal.intent("httag")).toMatchObject({ placed: { orderId: "1" }, failure: null });
});

test("a replace to what its order was shown with all the time is not proven by a report of that", async () => {
  const { unknowns, book } = await unknownWrite(CHANGED, 1000);
  for (const at of [1010, 1020]) {
    const { record, known } = book.apply(anOrder({ price: 199, filledQty: at - 1010 }), true, at);
    unknowns.seen(record, known);
  }
  expect(unknowns.size).toBe(1);
});

test.each([
  [{ kind: "replace", orderId: "1", change: { qty: 13 } }, "PENDING_REPLACE"],
  [{ kind: "cancel", orderId: "1" }, "PENDING_CANCEL"],
] as const)("%s is not called off while the order shows that it is under way", async (action, status) => {
  const { unknowns, book, settled } = await unknownWrite(action, 1000);
  book.apply(anOrder({ status }), true, 2000);
  await unknowns.judge(LISTED);
  expect(settled).toEqual([]);
  book.apply(anOrder({ status: "OPEN" }), true, 2001);
  await unknowns.judge(LISTED);
  expect(settled).toEqual([["httag", true]]);
});

test("a replace is not called off while the order's broker may hold changes back", async () => {
  const { unknowns, book, settled } = await unknownWrite({ kind: "replace", orderId: "1", change: { qty: 13 } }, 1000);
  book.apply(anOrder({ holdsChanges: true }), true, 2000);
  await unknowns.judge(LISTED);
  expect(settled).toEqual([]);
  book.apply(anOrder(), true, 2001);
  await unknowns.judge(LISTED);
  expect(settled).toEqual([["httag", true]]);
});

test("a place whose order was told of before its call failed is found at once", async () => {
  const { unknowns, book, journal } = await unknownWrite({ kind: "cancel", orderId: "9" }, 1000);
  await journal.append(
    [{ kind: "intent", id: "htplace", principal: "p", action: PLACE, fingerprint: null }],
    "process",
  );
  book.apply(anOrder({ orderId: "2", tag: "htplace" }), true, 2000);
  unknowns.add({ id: "htplace", action: PLACE }, 2001, WRITTEN);
  expect(await journal.intent("htplace")).toMatchObject({ state: "resolved", placed: { orderId: "2" } });
});

test("an order that shows up while its absence is being written down counts", async () => {
  const memory = memoryJournal();
  const written = Promise.withResolvers<void>();
  const slow = {
    ...memory,
    append: async (...args: Parameters<typeof memory.append>) => {
      if (args[0][0]?.kind === "progress") await written.promise;
      return memory.append(...args);
    },
  };
  const { unknowns, book, settled, journal } = await unknownWrite(PLACE, 1000, slow);
  await unknowns.judge({ ...NOTHING, askedAt: 1100, complete: true, settleMs: 100 });
  const judging = unknowns.judge({ ...NOTHING, askedAt: 1200, complete: true, settleMs: 100 });
  const order = anOrder({ tag: "httag" });
  unknowns.seen(book.apply(order, true, 1).record);
  written.resolve();
  await judging;
  await expect.poll(() => journal.intent("httag")).toMatchObject({ placed: { orderId: order.orderId } });
  expect(settled).toEqual([["httag", false]]);
});

test("a write that began again while others were written down is not judged by what was asked before it left", async () => {
  const memory = memoryJournal();
  const written = Promise.withResolvers<void>();
  let isSlow = false;
  const slow = {
    ...memory,
    append: async (...args: Parameters<typeof memory.append>) => {
      if (isSlow && args[0].some(({ kind }) => kind === "progress")) await written.promise;
      return memory.append(...args);
    },
  };
  const CANCEL: IntentAction = { kind: "cancel", orderId: "1" };
  const { unknowns, book, journal } = await unknownWrite(CANCEL, 1000, slow);
  await journal.append(
    [{ kind: "intent", id: "htagain", principal: "p", action: CANCEL, fingerprint: "key" }],
    "process",
  );
  unknowns.add({ id: "htagain", action: CANCEL }, 1000, WRITTEN);
  book.apply(anOrder({ status: "OPEN" }), true, 2000);
  isSlow = true;
  const judging = unknowns.judge(LISTED);
  // Its key is free, and the client cancels again; nobody knows either what becomes of that.
  await expect.poll(() => unknowns.size).toBe(2);
  unknowns.begunAgain("htagain");
  unknowns.add({ id: "htagain", action: CANCEL }, 3000, WRITTEN);
  written.resolve();
  await judging;
  expect([...unknowns.all()].map(({ id }) => id)).toEqual(["htagain"]);
});

test("what the broker answers while the journal is asked for the order of a change is not contradicted", async () => {
  const memory = memoryJournal();
  const order = { ...anOrder({ status: "FILLED" }), external: false, asOf: 1, staleSince: null };
  const slow = {
    ...memory,
    append: async (...args: Parameters<typeof memory.append>) => {
      await aFewTurns();
      return memory.append(...args);
    },
    order: async () => order,
  };
  const { unknowns, journal, call } = await unknownWrite(CANCEL, null, slow);
  const judging = unknowns.judge({ ...NOTHING, absent: new Set(["1"]), askedAt: 2000, complete: true, settleMs: 0 });
  await call.answered({ placed: { orderId: "1" } }, "the broker's late answer");
  await judging;
  expect(await journal.intent("httag")).toMatchObject({ state: "resolved", placed: { orderId: "1" }, failure: null });
});

test("a thousand of them take no longer to write down than one", async () => {
  const memory = memoryJournal();
  let waiting = 0;
  let most = 0;
  const slow = {
    ...memory,
    append: async (...args: Parameters<typeof memory.append>) => {
      waiting += 1;
      most = Math.max(most, waiting);
      await Promise.resolve();
      waiting -= 1;
      return memory.append(...args);
    },
  };
  const { unknowns, journal } = await unknownWrite(PLACE, 1000, slow);
  for (let n = 1; n < 1000; n += 1) {
    const id = `httag${n}`;
    await journal.append([{ kind: "intent", id, principal: "p", action: PLACE, fingerprint: null }], "process");
    unknowns.add({ id, action: PLACE }, 1000, WRITTEN);
  }
  for (const askedAt of [2000, 3000]) {
    await unknowns.judge({ ...NOTHING, askedAt, complete: true, settleMs: 0 });
  }
  expect(unknowns.size).toBe(0);
  expect(most).toBe(1000);
});
