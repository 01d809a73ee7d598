/** A journal that has gone away without a word: its calls end when it is back, or never. */
import { describe, expect, test } from "vitest";
import type { Failure } from "../../src/domain/failure.ts";
import type { Order } from "../../src/domain/order.ts";
import type { Journal, JournalLine } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import type { Broker, Placed } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { aFewTurns, unheardRejections } from "../unheard.ts";
import { anOrder, CAPABILITIES, DIGEST, deferred, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";

const BY = { principal: "plain" };
const KEYED = { ...BY, idempotencyKey: "k1" };
const DEADLINE_MS = 80;

/** A journal in memory that falls silent and comes back. */
function silentJournal() {
  const inner = memoryJournal();
  let isSilent = false;
  const waiting: (() => void)[] = [];
  const answer = <T>(work: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      const ask = () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      if (isSilent) waiting.push(ask);
      else ask();
    });
  const journal: Journal = {
    open: () => inner.open(),
    append: (lines, durability) => answer(() => inner.append(lines, durability) as number),
    intent: (...args) => answer(() => inner.intent(...args)) as ReturnType<Journal["intent"]>,
    unsettled: (...args) => answer(() => inner.unsettled(...args)) as ReturnType<Journal["unsettled"]>,
    intentsSince: (...args) => answer(() => inner.intentsSince(...args)) as ReturnType<Journal["intentsSince"]>,
    order: (...args) => answer(() => inner.order(...args)) as ReturnType<Journal["order"]>,
    openOrders: (...args) => answer(() => inner.openOrders(...args)) as ReturnType<Journal["openOrders"]>,
    events: (...args) => answer(() => inner.events(...args)) as ReturnType<Journal["events"]>,
    guards: (...args) => answer(() => inner.guards(...args)) as ReturnType<Journal["guards"]>,
    prune: (before) => answer(() => inner.prune(before)) as Promise<void>,
  };
  return {
    journal,
    inner,
    fallSilent: () => {
      isSilent = true;
    },
    comeBack: () => {
      isSilent = false;
      for (const ask of waiting.splice(0)) ask();
    },
    intents: () => inner.intentsSince(DIGEST, 0) as readonly { id: string; state: string; action: { kind: string } }[],
  };
}

/** A desk whose journal has answered up to now, with one order at the broker. */
async function deskWith(members: Partial<Broker>) {
  const silent = silentJournal();
  const calls: string[] = [];
  const { desk } = deskOver(
    {
      placeOrder: async () => {
        calls.push("place");
        return { orderId: "78" };
      },
      cancelOrder: async () => void calls.push("cancel"),
      replaceOrder: async () => {
        calls.push("replace");
        return { orderId: "77" };
      },
      order: async () => anOrder({ orderId: "77" }),
      orders: async () => ({ orders: [anOrder({ orderId: "77" })], unmapped: [] }),
      ...members,
    },
    { deadlineMs: DEADLINE_MS, journal: silent.journal },
  );
  await desk.reconcile();
  // The switches are known from here on: nothing is read any more before an order is written down.
  expect(await desk.tradingState()).toMatchObject({ known: true });
  return { ...silent, desk, calls };
}

describe("a journal that falls silent", () => {
  test("before an order is written down: nothing is sent, and what is written late ends as not_sent", async () => {
    const { desk, calls, fallSilent, comeBack, intents } = await deskWith({});
    fallSilent();
    const refused = { code: "JournalUnavailable", outcome: "not_sent", retryAfterMs: expect.any(Number) };
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject(refused);
    comeBack();
    await expect.poll(intents).toMatchObject([{ state: "not_sent" }]);
    expect(calls).toEqual([]);
    expect(await desk.place(LIMIT_BUY, BY)).toMatchObject({ orderId: "78" });
  });

  test("holds the key of an order until it is known that it will not be sent", async () => {
    let silence: () => void = () => undefined;
    const silent = silentJournal();
    const sent: string[] = [];
    const { desk } = deskOver(
      {
        placeOrder: async ({ tag }) => {
          sent.push(tag);
          return { orderId: "78" };
        },
      },
      {
        deadlineMs: DEADLINE_MS,
        journal: {
          ...silent.journal,
          append(lines, durability) {
            silence();
            return silent.journal.append(lines, durability);
          },
        },
      },
    );
    await desk.reconcile();
    await desk.tradingState();
    silence = silent.fallSilent;
    expect(await rejection(desk.place(LIMIT_BUY, KEYED))).toMatchObject({ code: "JournalUnavailable" });
    expect(await rejection(desk.place(LIMIT_BUY, KEYED))).toMatchObject({ code: "IdempotencyConflict" });
    silence = () => undefined;
    silent.comeBack();
    await expect.poll(() => silent.intents()).toMatchObject([{ state: "not_sent" }]);
    expect(sent).toEqual([]);
    expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "78", replayed: false });
    expect(silent.intents()).toMatchObject([{ id: sent[0], state: "accepted" }]);
  });

  test("refuses an order whose key cannot be looked up", async () => {
    const { desk, calls, fallSilent } = await deskWith({});
    fallSilent();
    expect(await rejection(desk.place(LIMIT_BUY, KEYED))).toMatchObject({
      code: "JournalUnavailable",
      outcome: "not_sent",
    });
    expect(calls).toEqual([]);
  });

  test.each([
    ["without a key", BY],
    ["with a key", KEYED],
  ])("keeps no cancel back, %s, and hears later what became of it", async (_, context) => {
    const { desk, calls, fallSilent, comeBack, intents } = await deskWith({});
    fallSilent();
    expect(await desk.cancel("77", context)).toMatchObject({ replayed: false });
    expect(calls).toEqual(["cancel"]);
    comeBack();
    await expect.poll(intents).toMatchObject([{ state: "accepted", action: { kind: "cancel" } }]);
  });

  test("keeps no cancel back behind a replace that it holds up, and that replace is never sent", async () => {
    const { desk, calls, fallSilent, comeBack, intents } = await deskWith({});
    fallSilent();
    const replacing = rejection(desk.replace("77", { qty: 13 }, BY));
    expect(await desk.cancel("77", BY)).toMatchObject({ replayed: false });
    expect(await replacing).toMatchObject({ code: "JournalUnavailable", outcome: "not_sent" });
    expect(calls).toEqual(["cancel"]);
    comeBack();
    await expect.poll(() => intents().map(({ state }) => state)).toEqual(["not_sent", "accepted"]);
    expect(calls).toEqual(["cancel"]);
  });

  test("hears also what became of a cancel of which nobody knew, and keeps it for unknown no longer", async () => {
    let order = anOrder({ orderId: "77" });
    const { desk, fallSilent, comeBack, intents } = await deskWith({
      cancelOrder: async () => {
        throw new BrokerError("Timeout", "no answer", { outcome: "unknown" });
      },
      orders: async () => ({ orders: [order], unmapped: [] }),
    });
    fallSilent();
    expect(await rejection(desk.cancel("77", BY))).toMatchObject({ code: "OutcomeUnknown" });
    order = anOrder({ orderId: "77", status: "CANCELED" });
    // So long that rounds find out what became of it while the journal is silent.
    await new Promise((resolve) => setTimeout(resolve, 600));
    comeBack();
    await expect.poll(intents, { timeout: 5000 }).toMatchObject([{ state: "resolved", action: { kind: "cancel" } }]);
    expect(await desk.unknownIntents()).toEqual([]);
  });

  test("after an order was taken: the order is answered", async () => {
    const placing = deferred<{ orderId: string }>();
    const called = deferred<void>();
    const { desk, fallSilent, comeBack, intents } = await deskWith({
      placeOrder: () => {
        called.resolve();
        return placing.promise;
      },
    });
    const placed = desk.place(LIMIT_BUY, BY);
    await called.promise;
    fallSilent();
    placing.resolve({ orderId: "79" });
    expect(await placed).toMatchObject({ orderId: "79" });
    comeBack();
    await expect.poll(intents).toMatchObject([{ state: "accepted" }]);
  });

  test("does not keep a kill switch from being turned, and learns of it once", async () => {
    const { desk, inner, fallSilent, comeBack } = await deskWith({});
    fallSilent();
    expect(await desk.turn({ state: "HALTED", principal: "plain", reason: "test" })).toBe(false);
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "Halted", outcome: "not_sent" });
    comeBack();
    await expect.poll(() => inner.guards(DIGEST)).toMatchObject([{ state: "HALTED" }]);
  });

  test("refuses a milder state of the kill switch in time, and takes back what is written of it later", async () => {
    const { desk, inner, fallSilent, comeBack } = await deskWith({});
    await desk.turn({ state: "HALTED", principal: "plain", reason: "test" });
    fallSilent();
    const failure = await rejection(desk.turn({ state: "ACTIVE", principal: "plain", reason: "over" }));
    expect(failure).toMatchObject({ code: "JournalUnavailable" });
    comeBack();
    await expect
      .poll(() => inner.guards(DIGEST))
      .toMatchObject([{ state: "HALTED" }, { state: "ACTIVE" }, { state: "HALTED", reason: "test" }]);
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "Halted" });
  });

  test("takes back no stricter state with a milder one that it writes late", async () => {
    const { desk, inner, fallSilent, comeBack } = await deskWith({});
    await desk.turn({ state: "REDUCING", principal: "plain", reason: "test" });
    fallSilent();
    const milder = desk.turn({ state: "ACTIVE", principal: "plain", reason: "over" });
    expect(await rejection(milder)).toMatchObject({ code: "JournalUnavailable" });
    await desk.turn({ state: "HALTED", principal: "plain", reason: "worse" });
    comeBack();
    await aFewTurns();
    const last = async () => (await inner.guards(DIGEST)).at(-1);
    await expect.poll(last).toMatchObject({ state: "HALTED", reason: "worse" });
    await desk.close();
    expect(await last()).toMatchObject({ state: "HALTED", reason: "worse" });
  });

  test("refuses a milder state of the kill switch also when it refuses that itself in the end", async () => {
    const unheard = unheardRejections();
    const inner = memoryJournal();
    const writing = deferred<number>();
    const isMilder = (line: JournalLine) => line.kind === "guard" && line.state === "ACTIVE";
    const journal: Journal = {
      ...inner,
      append: (lines, durability) => (lines.some(isMilder) ? writing.promise : inner.append(lines, durability)),
    };
    const { desk } = deskOver({}, { deadlineMs: DEADLINE_MS, journal });
    await desk.turn({ state: "HALTED", principal: "plain", reason: "test" });
    const failure = await rejection(desk.turn({ state: "ACTIVE", principal: "plain", reason: "over" }));
    expect(failure).toMatchObject({ code: "JournalUnavailable" });
    writing.reject(new Error("no room"));
    await aFewTurns();
    expect(unheard).toEqual([]);
    expect(await desk.tradingState()).toMatchObject({ state: "HALTED" });
  });

  test("refuses an order also when it refuses that itself in the end, and is asked no more of a cancel that it refused", async () => {
    const unheard = unheardRejections();
    const inner = memoryJournal();
    const writing = deferred<number>();
    const journal: Journal = {
      ...inner,
      append: (lines, durability) => (durability === "power-loss" ? writing.promise : inner.append(lines, durability)),
    };
    const { desk } = deskOver(
      { placeOrder: async () => ({ orderId: "78" }), cancelOrder: async () => {} },
      { deadlineMs: DEADLINE_MS, journal },
    );
    await desk.reconcile();
    const failure = await rejection(desk.place(LIMIT_BUY, BY));
    expect(failure).toMatchObject({ code: "JournalUnavailable", outcome: "not_sent" });
    await desk.cancel("77", BY);
    writing.reject(new Error("no room"));
    await aFewTurns();
    expect(unheard).toEqual([]);
    // What began without it cannot be ended there either.
    expect(desk.state().unknownIntents).toBe(0);
  });

  test("keeps no follower waiting for its first word, and tells it what waited once that is written", async () => {
    const { desk, fallSilent, comeBack } = await deskWith({});
    fallSilent();
    // Something that waits to be written.
    await desk.turn({ state: "HALTED", principal: "plain", reason: "test" });
    const cursor = await desk.follow(undefined);
    expect(await cursor.next()).toMatchObject([{ kind: "snapshot" }]);
    comeBack();
    expect(await cursor.next()).toMatchObject([{ kind: "guard", state: "HALTED" }]);
    cursor.close();
  });

  test("does not keep a desk from being closed", async () => {
    const { desk, fallSilent } = await deskWith({});
    fallSilent();
    // Something that waits to be written.
    await desk.turn({ state: "HALTED", principal: "plain", reason: "test" });
    await desk.close();
  });
});

test("an order that was written down only when its time was up is not sent, and its key is free", async () => {
  // No timer can come between: the journal is in time.
  const afterOthers = async () => {
    for (let turn = 0; turn < 100; turn += 1) await undefined;
  };
  const inner = memoryJournal();
  const calls: string[] = [];
  let stall = true;
  const { desk } = deskOver(
    {
      placeOrder: async () => {
        calls.push("place");
        return { orderId: "77" };
      },
    },
    {
      deadlineMs: DEADLINE_MS,
      journal: {
        ...inner,
        append(lines, durability) {
          const ends = performance.now() + DEADLINE_MS + 20;
          // As a file on a disk that stands still: the whole process stands still with it.
          while (stall && durability === "power-loss" && performance.now() < ends);
          const append = () => inner.append(lines, durability);
          return stall && durability === "process" ? afterOthers().then(append) : append();
        },
      },
    },
  );
  await desk.reconcile();
  const failure = (await rejection(desk.place(LIMIT_BUY, KEYED))) as Failure;
  expect(failure).toMatchObject({ code: "JournalUnavailable", outcome: "not_sent" });
  expect(calls).toEqual([]);
  stall = false;
  expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "77", replayed: false });
});

test("an outcome that a silent journal did not take is found out again, and reconciliation goes on", async () => {
  const inner = memoryJournal();
  let tag = "";
  let asked = 0;
  const { desk } = deskOver(
    {
      placeOrder: (order) => {
        ({ tag } = order);
        return new Promise(() => undefined);
      },
      orders: async () => ({ orders: tag === "" ? [] : [anOrder({ orderId: "77", tag })], unmapped: [] }),
    },
    {
      deadlineMs: DEADLINE_MS,
      journal: {
        ...inner,
        append(lines, durability) {
          const isSettling = lines.some((line) => line.kind === "progress" && line.state === "resolved");
          // Asked by the report that proves the order, and by the round that it came in.
          if (isSettling) asked += 1;
          return isSettling && asked <= 2 ? new Promise<number>(() => undefined) : inner.append(lines, durability);
        },
      },
    },
  );
  expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "OutcomeUnknown" });
  await expect.poll(() => desk.state().unknownIntents, { timeout: 10_000 }).toBe(0);
  expect(asked).toBeGreaterThan(2);
  expect(inner.intent(DIGEST, tag)).toMatchObject({ state: "resolved", placed: { orderId: "77" } });
});

test("what was settled late is settled from then on, and nothing is said of the next attempt under its key", async () => {
  const inner = memoryJournal();
  const late = Promise.withResolvers<void>();
  let settlements = 0;
  const next = Promise.withResolvers<{ orderId: string }>();
  let attempts = 0;
  const { desk } = deskOver(
    {
      placeOrder: async () => {
        attempts += 1;
        if (attempts > 1) return next.promise;
        throw new BrokerError("Timeout", "no answer", { outcome: "unknown" });
      },
      orders: async () => ({ orders: [], unmapped: [] }),
    },
    {
      deadlineMs: 8 * DEADLINE_MS,
      journal: {
        ...inner,
        append(lines, durability) {
          const isSettling = lines.some((line) => line.kind === "progress" && line.state === "resolved");
          if (!isSettling) return inner.append(lines, durability);
          settlements += 1;
          return settlements > 1
            ? inner.append(lines, durability)
            : late.promise.then(() => inner.append(lines, durability));
        },
      },
    },
  );
  const failure = (await rejection(desk.place(LIMIT_BUY, KEYED))) as Failure;
  expect(failure).toMatchObject({ code: "OutcomeUnknown" });
  const state = () => (inner.intent(DIGEST, String(failure.tag)) as { state: string }).state;
  await expect.poll(() => settlements, { timeout: 5000 }).toBe(1);
  // Longer than the desk waits for it, and shorter than until the next round.
  await new Promise((resolve) => setTimeout(resolve, 2 * DEADLINE_MS + 20));
  late.resolve();
  await expect.poll(state, { interval: 1 }).toBe("resolved");
  const placing = desk.place(LIMIT_BUY, KEYED);
  await expect.poll(() => attempts, { interval: 1 }).toBe(2);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(state()).toBe("sending");
  next.resolve({ orderId: "78" });
  expect(await placing).toMatchObject({ orderId: "78" });
});

describe("an outcome that a full journal did not take", () => {
  test.each([
    ["accepted", async () => ({ orderId: "77" }), 1],
    ["rejected", async () => Promise.reject(new BrokerError("OrderRejected", "no")), 1],
    ["not_sent", async () => Promise.reject(new BrokerError("NotConnected", "lost")), 2],
  ])("is written down when there is room again: %s", async (_name, placeOrder, calls) => {
    const inner = memoryJournal();
    let isFull = true;
    const sent: string[] = [];
    const { desk } = deskOver(
      {
        placeOrder: ({ tag }) => {
          sent.push(tag);
          return placeOrder();
        },
      },
      {
        journal: {
          ...inner,
          append(lines, durability) {
            if (isFull && lines.some(({ kind }) => kind === "progress")) throw new Error("no room");
            return inner.append(lines, durability);
          },
        },
      },
    );
    await desk.reconcile();
    const place = () =>
      desk.place(LIMIT_BUY, KEYED).then(
        ({ orderId }) => orderId,
        ({ code }: Failure) => code,
      );
    const answer = await place();
    expect(await place()).toBe("OutcomeUnknown");
    isFull = false;
    await expect.poll(place, { timeout: 5000 }).toBe(answer);
    expect(sent).toHaveLength(calls);
    expect(new Set(sent).size).toBe(1);
  });

  test("is found out when there is room again: of an order of which nobody knows", async () => {
    const inner = memoryJournal();
    const refused = deferred<number>();
    let tag = "";
    const { desk, host } = deskOver(
      {
        placeOrder: async (order) => {
          ({ tag } = order);
          throw new BrokerError("Timeout", "no answer", { outcome: "unknown" });
        },
        orders: async () => ({ orders: [], unmapped: [] }),
        capabilities: () => ({ ...CAPABILITIES, listing: { complete: false, settleMs: 0 } }),
      },
      {
        deadlineMs: DEADLINE_MS,
        journal: {
          ...inner,
          append: (lines, durability) =>
            lines.some((line) => line.kind === "progress" && line.state === "unknown")
              ? refused.promise
              : inner.append(lines, durability),
        },
      },
    );
    await desk.reconcile();
    expect(await rejection(desk.place(LIMIT_BUY, KEYED))).toMatchObject({ code: "OutcomeUnknown" });
    refused.reject(new Error("no room"));
    await aFewTurns();
    await desk.reconcile();
    expect(desk.state().unknownIntents).toBe(1);
    host().onOrder(anOrder({ orderId: "77", tag }));
    await expect.poll(() => desk.state().unknownIntents).toBe(0);
    expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "77", replayed: true });
  });

  test("is written down when there is room again: a late refusal, at a broker of which nothing else is heard", async () => {
    const inner = memoryJournal();
    const answer = deferred<Placed>();
    let isFull = false;
    const { desk } = deskOver(
      { placeOrder: () => answer.promise },
      {
        deadlineMs: DEADLINE_MS,
        journal: {
          ...inner,
          append(lines, durability) {
            if (isFull) throw new Error("no room");
            return inner.append(lines, durability);
          },
        },
      },
    );
    const failure = await rejection(desk.place(LIMIT_BUY, KEYED));
    expect(failure).toMatchObject({ code: "OutcomeUnknown" });
    isFull = true;
    answer.reject(new BrokerError("OrderRejected", "no"));
    await aFewTurns();
    isFull = false;
    await expect
      .poll(() => rejection(desk.place(LIMIT_BUY, KEYED)), { timeout: 5000 })
      .toMatchObject({ code: "OrderRejected", replayed: true });
    expect(desk.state().unknownIntents).toBe(0);
    await desk.close();
  });
});

test.each([
  ["refuses", () => Promise.reject(new Error("no room"))],
  ["never takes", () => new Promise<number>(() => undefined)],
])("an order that shows up late is ours also while the journal %s that", async (_, answer) => {
  const inner = memoryJournal();
  const orders: Order[] = [];
  const { desk } = deskOver(
    {
      placeOrder: async ({ tag }) => {
        orders.push(anOrder({ orderId: "77", tag }));
        throw new BrokerError("NotConnected", "lost");
      },
      orders: async () => ({ orders, unmapped: [] }),
    },
    {
      deadlineMs: DEADLINE_MS,
      journal: {
        ...inner,
        append: (lines, durability) =>
          lines.some((line) => line.kind === "progress" && line.state === "resolved")
            ? answer()
            : inner.append(lines, durability),
      },
    },
  );
  await desk.reconcile();
  expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ outcome: "not_sent" });
  expect(await desk.orders({ status: "all" }, {})).toMatchObject({ orders: [{ orderId: "77", external: false }] });
});
