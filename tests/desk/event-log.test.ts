import { expect, test, vi } from "vitest";
import { createEventLog } from "../../src/desk/event-log.ts";
import { createFollowers } from "../../src/desk/follow.ts";
import { instanceJournal } from "../../src/desk/instance-journal.ts";
import { createOrderBook } from "../../src/desk/order-book.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { DIGEST, deskOver } from "./desk-broker.ts";

const STEPS = Array.from({ length: 25 }, (_, steps) => steps);

/** So many steps of the queue in which promises go on. */
async function pass(steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) await undefined;
}

function connection(reason: string) {
  return { kind: "connection", connected: false, reason } as const;
}

test.each(STEPS)("an event that comes %i steps after another is written too", async (steps) => {
  const events = createEventLog(instanceJournal(memoryJournal(), "digest"), "digest");
  const seen: number[] = [];
  events.subscribe((published) => seen.push(...published.map(({ sequence }) => sequence)));
  events.record(connection("first"));
  await pass(steps);
  events.record(connection("second"));
  await vi.waitFor(() => expect(seen).toEqual([1, 2]));
  events.close();
});

test.each(STEPS)("a follower that asks %i steps after an event does not sleep through the next", async (steps) => {
  const journal = instanceJournal(memoryJournal(), "digest");
  const events = createEventLog(journal, "digest");
  const followers = createFollowers({ book: createOrderBook(), journal, events, heartbeatMs: 60_000 });
  const cursor = await followers.follow(undefined);
  await cursor.next();
  events.record(connection("first"));
  events.record(connection("second"));
  await pass(steps);
  const seen: number[] = [];
  while (seen.length < 2) seen.push(...((await cursor.next()) ?? []).map(({ sequence }) => sequence));
  expect(seen).toEqual([1, 2]);
  followers.close();
  events.close();
});

test("what waits for the disk is tried once more by who closes", async () => {
  const inner = memoryJournal();
  let isFull = true;
  const journal = instanceJournal(
    { ...inner, append: (...args) => (isFull ? Promise.reject(new Error("no room")) : inner.append(...args)) },
    "digest",
  );
  const events = createEventLog(journal, "digest");
  const seen: number[] = [];
  events.subscribe((published) => seen.push(...published.map(({ sequence }) => sequence)));
  events.record(connection("first"));
  await events.settled();
  expect(seen).toEqual([]);
  isFull = false;
  await events.settled();
  expect(seen).toEqual([1]);
  events.close();
});

test("with a journal that answers at once an event is told of at once, and before one that its listener records", async () => {
  const journal = instanceJournal(memoryJournal(), "digest");
  await journal.open();
  const events = createEventLog(journal, "digest");
  const seen: string[] = [];
  events.subscribe(([event]) => {
    if (event?.kind === "connection" && event.reason === "first") events.record(connection("second"));
  });
  events.subscribe((published) => {
    for (const event of published) if (event.kind === "connection") seen.push(`${event.sequence} ${event.reason}`);
  });
  events.record(connection("first"));
  expect(seen).toEqual(["1 first", "2 second"]);
  events.close();
});

test("what a journal refuses at once waits in order before what comes later", async () => {
  const inner = memoryJournal();
  let isFull = true;
  const full = (): never => {
    throw new Error("no room");
  };
  const journal = instanceJournal(
    { ...inner, append: (...args) => (isFull ? full() : inner.append(...args)) },
    "digest",
  );
  await journal.open();
  const events = createEventLog(journal, "digest");
  const seen: (string | null)[] = [];
  events.subscribe((published) => {
    for (const event of published) if (event.kind === "connection") seen.push(event.reason);
  });
  events.record(connection("first"));
  events.record(connection("second"));
  await expect(events.write(connection("now or never"))).rejects.toThrow("the journal cannot be used");
  await events.settled();
  expect(seen).toEqual([]);
  isFull = false;
  events.record(connection("third"));
  await events.settled();
  expect(seen).toEqual(["first", "second", "third"]);
  events.close();
});

test("who writes while the log closes, or after that, is told so and not kept waiting", async () => {
  const inner = memoryJournal();
  const disk = Promise.withResolvers<void>();
  const append: Journal["append"] = async (...args) => {
    await disk.promise;
    return inner.append(...args);
  };
  const journal = instanceJournal({ ...inner, append }, "digest");
  await journal.open();
  const events = createEventLog(journal, "digest");
  events.record(connection("first"));
  const waiting = events.write(connection("second"));
  events.close();
  await expect(waiting).rejects.toThrow("the gateway is closed");
  await expect(events.write(connection("third"))).rejects.toThrow("the gateway is closed");
  disk.resolve();
});

test("a broker that does not close cleanly keeps no event from being written", async () => {
  const inner = memoryJournal();
  let isFull = true;
  let refused = 0;
  const append: Journal["append"] = (...args) => {
    if (!isFull) return inner.append(...args);
    refused += 1;
    throw new Error("no room");
  };
  const close = () => {
    isFull = false;
    return Promise.reject(new Error("stuck"));
  };
  const { desk } = deskOver({ close }, { journal: { ...inner, append } });
  await desk.start();
  await expect.poll(() => refused).toBe(1);
  await expect(desk.close()).rejects.toThrow("stuck");
  expect((await inner.events(DIGEST, 0, 10)).events).toMatchObject([{ kind: "connection", connected: true }]);
});
