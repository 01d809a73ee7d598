import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createEventLog } from "../../src/desk/event-log.ts";
import { createFollowers, type DeskEvent, type EventCursor } from "../../src/desk/follow.ts";
import { instanceJournal } from "../../src/desk/instance-journal.ts";
import { createOrderBook } from "../../src/desk/order-book.ts";
import type { OrderRecord } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { aFewTurns, unheardRejections } from "../unheard.ts";
import { anOrder, DIGEST, deferred, deskOver, rejection } from "./desk-broker.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const opened of open.splice(0)) opened.close();
});

function house({ heartbeatMs = 60_000, journal = memoryJournal(), instance = "digest" } = {}) {
  const bound = instanceJournal(journal, instance);
  const events = createEventLog(bound, instance);
  const book = createOrderBook();
  const followers = createFollowers({ book, journal: bound, events, heartbeatMs });
  open.push(followers, events);
  return {
    journal,
    followers,
    events,
    book,
    fill: (qty: number) => {
      const { record } = book.apply(anOrder({ filledQty: qty, avgPrice: 200, updatedAt: qty }), false, qty);
      events.record({ kind: "order", order: record });
    },
  };
}

function fills(events: readonly DeskEvent[] | undefined): number[] {
  return (events ?? []).flatMap((event) => (event.kind === "order" ? [event.order.filledQty] : []));
}

async function read(cursor: EventCursor, count: number): Promise<number[]> {
  const read: number[] = [];
  while (read.length < count) read.push(...fills(await cursor.next()));
  return read;
}

test("starts with the open orders, then gives every change once and in order", async () => {
  const { followers, fill, events } = house();
  fill(1);
  await events.settled();
  const cursor = await followers.follow(undefined);
  const [snapshot] = (await cursor.next()) ?? [];
  expect(snapshot).toMatchObject({ kind: "snapshot", orders: [{ filledQty: 1 }] });
  for (const qty of [2, 3, 4]) fill(qty);
  expect(await read(cursor, 3)).toEqual([2, 3, 4]);
});

test("a follower that waits is woken by the next change", async () => {
  const { followers, fill } = house();
  const cursor = await followers.follow(undefined);
  await cursor.next();
  const next = cursor.next();
  fill(1);
  expect(fills(await next)).toEqual([1]);
});

test("resumes exactly where it left off, from memory at hand and from the journal", async () => {
  const first = house();
  for (let qty = 1; qty <= 3000; qty += 1) first.fill(qty);
  await first.events.settled();
  const head = await first.followers.follow(undefined);
  const early = await first.followers.follow(`${head.epoch}-1`);
  expect(await read(early, 2999)).toEqual(Array.from({ length: 2999 }, (_, index) => index + 2));
  const late = await first.followers.follow(`${head.epoch}-2990`);
  expect(await read(late, 10)).toEqual(Array.from({ length: 10 }, (_, index) => index + 2991));
  const restarted = house({ journal: first.journal });
  const later = await restarted.followers.follow(`${head.epoch}-2998`);
  restarted.fill(3001);
  expect(await read(later, 3)).toEqual([2999, 3000, 3001]);
});

describe("an id that cannot be resumed from gets one reset and the snapshot", () => {
  test.each([
    ["of another journal", () => "0000000-1"],
    ["above the head", (epoch: string) => `${epoch}-999`],
    ["that is none", () => "hello"],
  ])("%s", async (_name, idOf) => {
    const { followers, fill, events } = house();
    fill(1);
    await events.settled();
    const { epoch } = await followers.follow(undefined);
    const cursor = await followers.follow(idOf(epoch));
    const kinds = (await cursor.next())?.map(({ kind }) => kind);
    expect(kinds).toEqual(["reset", "snapshot"]);
  });

  test("of another instance that writes into the same journal", async () => {
    const other = house({ instance: "another" });
    other.fill(1);
    await other.events.settled();
    const { epoch } = await other.followers.follow(undefined);
    const { followers } = house({ journal: other.journal });
    const cursor = await followers.follow(`${epoch}-1`);
    expect((await cursor.next())?.map(({ kind }) => kind)).toEqual(["reset", "snapshot"]);
  });

  test("that is pruned", async () => {
    const { followers, fill, events, journal } = house();
    for (let qty = 1; qty <= 3000; qty += 1) fill(qty);
    await events.settled();
    journal.prune(Number.MAX_SAFE_INTEGER);
    const { epoch } = await followers.follow(undefined);
    const cursor = await followers.follow(`${epoch}-1`);
    expect((await cursor.next())?.map(({ kind }) => kind)).toEqual(["reset", "snapshot"]);
  });
});

test("resumes where nothing is missing, however much others have written into the journal since", async () => {
  const { followers, fill, events, journal } = house({ journal: memoryJournal({ kept: 100 }) });
  for (const qty of [1, 2]) fill(qty);
  await events.settled();
  const { epoch } = await followers.follow(undefined);
  for (let other = 0; other < 300; other += 1) {
    await journal.append([{ kind: "connection", connected: true, reason: null, instance: "other", at: 1 }], "process");
  }
  const cursor = await followers.follow(`${epoch}-1`);
  expect((await cursor.next())?.map(({ kind }) => kind)).toEqual(["order"]);
});

test("hears heartbeats while nothing happens", async () => {
  const { followers } = house({ heartbeatMs: 10 });
  const cursor = await followers.follow(undefined);
  await cursor.next();
  expect(await cursor.next()).toEqual([]);
  expect(await cursor.next()).toEqual([]);
});

test("who has had a heartbeat and asks for nothing more is not answered again", async () => {
  const { followers, fill, events } = house({ heartbeatMs: 5 });
  followers.wakeWith((work) => work());
  const cursor = await followers.follow(undefined);
  await cursor.next();
  const answers: number[][] = [];
  await new Promise<void>((heard) => {
    cursor.ask({
      take(events) {
        answers.push(fills(events));
        heard();
      },
      fail: () => undefined,
    });
  });
  await new Promise((later) => setTimeout(later, 20));
  fill(1);
  await events.settled();
  expect(answers).toEqual([[]]);
  expect(fills(await cursor.next())).toEqual([1]);
});

test("who closes while it is told of a heartbeat leaves no timer behind", async () => {
  const setTimer = vi.spyOn(globalThis, "setTimeout");
  onTestFinished(() => setTimer.mockRestore());
  const { followers } = house({ heartbeatMs: 5 });
  followers.wakeWith((work) => work());
  const cursor = await followers.follow(undefined);
  await cursor.next();
  // As a stream does whose token has expired meanwhile.
  const heard = deferred<void>();
  cursor.ask({
    take() {
      cursor.close();
      heard.resolve();
    },
    fail: heard.reject,
  });
  await heard.promise;
  await aFewTurns();
  setTimer.mockClear();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(setTimer).toHaveBeenCalledTimes(1);
});

test("is woken when it is told to, with all that came until then", async () => {
  const { followers, fill, events } = house();
  const put: (() => void)[] = [];
  followers.wakeWith((work) => void put.push(work));
  const cursor = await followers.follow(undefined);
  await cursor.next();
  let heard = false;
  const next = cursor.next().finally(() => {
    heard = true;
  });
  fill(1);
  await events.settled();
  fill(2);
  await events.settled();
  expect([heard, put.length]).toEqual([false, 1]);
  put[0]?.();
  expect(fills(await next)).toEqual([1, 2]);
});

test("ends when it is closed, by itself or with the desk", async () => {
  const { followers } = house();
  const one = await followers.follow(undefined);
  const two = await followers.follow(undefined);
  await Promise.all([one.next(), two.next()]);
  const waiting = one.next();
  one.close();
  expect(await waiting).toBeUndefined();
  const other = two.next();
  followers.close();
  expect(await other).toBeUndefined();
});

test("lets go of a follower that asks for nothing while 10,000 events go by, and of no other", async () => {
  const { followers, fill, events } = house();
  const [slow, steady, waiting] = await Promise.all([1, 2, 3].map(() => followers.follow(undefined)));
  if (slow === undefined || steady === undefined || waiting === undefined) throw new Error("there must be three");
  await Promise.all([slow.next(), steady.next(), waiting.next()]);
  const next = waiting.next();
  for (let qty = 1; qty <= 10_000; qty += 1) fill(qty);
  await events.settled();
  const seen = fills(await steady.next());
  fill(10_001);
  await events.settled();
  await slow.closed;
  expect(await slow.next()).toBeUndefined();
  expect(fills(await next)).toEqual(Array.from({ length: 200 }, (_, before) => before + 1));
  expect(seen.concat(await read(steady, 10_001 - seen.length))).toHaveLength(10_001);
});

test("a follower from whom events are pruned on the way starts again from a snapshot", async () => {
  const { followers, fill, events, journal } = house({ journal: memoryJournal({ kept: 100 }) });
  const cursor = await followers.follow(undefined);
  await cursor.next();
  for (let qty = 1; qty <= 3000; qty += 1) fill(qty);
  await events.settled();
  journal.prune(Number.MAX_SAFE_INTEGER);
  expect((await cursor.next())?.map(({ kind }) => kind)).toEqual(["reset", "snapshot"]);
  fill(3001);
  expect(fills(await cursor.next())).toEqual([3001]);
});

test("once closed, nobody can follow, and who was about to is told", async () => {
  const { followers } = house();
  const begun = rejection(followers.follow(undefined));
  followers.close();
  expect(await begun).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
  expect(await rejection(followers.follow(undefined))).toMatchObject({ code: "NotConnected" });
});

describe("at a desk", () => {
  test("the snapshot has what the journal remembers, before the broker has listed anything", async () => {
    const journal = memoryJournal();
    const { promise: never } = deferred<never>();
    const order: OrderRecord = { ...anOrder({ orderId: "7" }), external: false, asOf: 1, staleSince: null };
    journal.append([{ kind: "order", order, instance: DIGEST, at: 1 }], "process");
    const { desk } = deskOver({ orders: () => never }, { journal });
    const cursor = await desk.follow(undefined);
    expect(await cursor.next()).toMatchObject([{ kind: "snapshot", orders: [{ orderId: "7" }] }]);
    cursor.close();
    await desk.close();
  });

  test("following can be ended alone: the desk works on", async () => {
    const { desk } = deskOver({ ping: async () => true });
    const cursor = await desk.follow(undefined);
    await cursor.next();
    desk.endFollowing();
    expect(await cursor.next()).toBeUndefined();
    expect(await desk.ping({})).toBe(true);
    expect(await rejection(desk.follow(undefined))).toMatchObject({ code: "NotConnected" });
    await desk.close();
  });

  test.each<[string, (orders: readonly OrderRecord[]) => void]>([
    [
      "throws",
      () => {
        throw new Error("careless");
      },
    ],
    ["rejects", () => Promise.reject(new Error("careless"))],
  ])("a watcher that %s keeps no other from being told, and the process from nothing", async (_name, careless) => {
    const unheard = unheardRejections();
    const { desk, host } = deskOver({ orders: async () => ({ orders: [], unmapped: [] }) });
    await desk.start();
    const seen: string[] = [];
    desk.watch(careless);
    desk.watch((orders) => void seen.push(...orders.map(({ orderId }) => orderId)));
    host().onOrder(anOrder({ orderId: "7" }));
    await expect.poll(() => seen).toContain("7");
    await aFewTurns();
    expect(unheard).toEqual([]);
    await desk.close();
  });

  test("a broker that does not start in time keeps nobody waiting", async () => {
    const { promise: never } = deferred<never>();
    const { desk } = deskOver({ start: () => never }, { deadlineMs: 5 });
    expect(await rejection(desk.follow(undefined))).toMatchObject({ code: "Timeout" });
  });
});

test("events wait in order for a journal that cannot be written", async () => {
  const memory = memoryJournal();
  let broken = true;
  const { followers, fill } = house({
    journal: {
      ...memory,
      append: (lines, durability) => {
        if (broken) throw new Error("disk full");
        return memory.append(lines, durability);
      },
    },
  });
  const cursor = await followers.follow(undefined);
  await cursor.next();
  for (const qty of [1, 2, 3]) fill(qty);
  broken = false;
  expect(await read(cursor, 3)).toEqual([1, 2, 3]);
});

test("events of a long time without a journal are told when it is back, and keep nobody waiting who writes another", async () => {
  const memory = memoryJournal();
  let broken = true;
  const lines: number[] = [];
  const { followers, events } = house({
    journal: {
      ...memory,
      append: (given, durability) => {
        if (broken) throw new Error("disk full");
        lines.push(given.length);
        return memory.append(given, durability);
      },
    },
  });
  const lost = { kind: "connection", connected: false, reason: null } as const;
  for (let count = 0; count < 300_000; count += 1) events.record(lost);
  expect(await rejection(events.write(lost))).toMatchObject({ code: "JournalUnavailable" });
  broken = false;
  await events.write(lost);
  const cursor = await followers.follow(undefined);
  expect(await cursor.next()).toMatchObject([{ kind: "snapshot", sequence: 300_001 }]);
  expect(lines.reduce((sum, count) => sum + count)).toBe(300_001);
  // A transaction holds everything up while it is written.
  expect(Math.max(...lines)).toBeLessThan(10_000);
});

test("a thousand followers see the same", async () => {
  const { followers, fill } = house();
  const cursors = await Promise.all(Array.from({ length: 1000 }, () => followers.follow(undefined)));
  await Promise.all(cursors.map((cursor) => cursor.next()));
  for (const qty of [1, 2, 3]) fill(qty);
  const seen = await Promise.all(cursors.map((cursor) => read(cursor, 3)));
  expect(seen.every((one) => one.join() === "1,2,3")).toBe(true);
});

test("a record of the journal is what a follower gets", async () => {
  const { followers, fill } = house();
  const cursor = await followers.follow(undefined);
  await cursor.next();
  fill(5);
  const [event] = (await cursor.next()) ?? [];
  const record: OrderRecord | undefined = event?.kind === "order" ? event.order : undefined;
  expect(record).toMatchObject({ orderId: "1", filledQty: 5, external: true, staleSince: null });
});
