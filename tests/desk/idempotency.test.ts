import { afterEach, describe, expect, test, vi } from "vitest";
import { fingerprintOf } from "../../src/desk/idempotency.ts";
import type { Desk } from "../../src/desk/types.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { aFewTurns } from "../unheard.ts";
import { AAPL, DIGEST, deferred, LIMIT_BUY, rejection } from "./desk-broker.ts";
import { createVenue, deskAt } from "./venue.ts";

const open: Desk[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((desk) => desk.close()));
});

function at(...args: Parameters<typeof deskAt>) {
  const opened = deskAt(...args);
  open.push(opened.desk);
  return opened;
}

function by(idempotencyKey: string, principal = "default") {
  return { principal, idempotencyKey };
}

describe("a place under a key", () => {
  test("happens once; a repetition gets the same answer and is marked as one", async () => {
    const venue = createVenue();
    const { desk } = at(venue);
    const first = await desk.place(LIMIT_BUY, by("k1"));
    const again = await desk.place({ ...LIMIT_BUY }, by("k1"));
    expect(first.replayed).toBe(false);
    expect(again).toEqual({ ...first, replayed: true });
    expect(venue.ledger.size).toBe(1);
  });

  test("many twins at the same instant make one order each; who is not first is told to wait or gets the answer", async () => {
    const venue = createVenue();
    const { desk } = at(venue);
    for (let round = 0; round < 1000; round += 1) {
      const key = by(`round ${round}`);
      const twins = await Promise.allSettled([desk.place(LIMIT_BUY, key), desk.place(LIMIT_BUY, key)]);
      const ids = twins.flatMap((twin) => (twin.status === "fulfilled" ? [twin.value.orderId] : []));
      const failures = twins.flatMap((twin) => (twin.status === "rejected" ? [twin.reason.code] : []));
      expect(new Set(ids).size).toBe(1);
      expect(failures.every((code) => code === "IdempotencyConflict")).toBe(true);
    }
    expect(venue.ledger.size).toBe(1000);
  });

  test("whose outcome is unknown is told the same again until it is known", async () => {
    const venue = createVenue({ settleMs: 60_000 });
    const { desk } = at(venue);
    venue.next("drop-before");
    const first = await rejection(desk.place(LIMIT_BUY, by("k1")));
    const again = await rejection(desk.place(LIMIT_BUY, by("k1")));
    const told = { code: "OutcomeUnknown", outcome: "unknown", tag: expect.stringMatching(/^ht/) };
    expect(first).toMatchObject({ ...told, message: expect.any(String) });
    expect(again).toMatchObject({ ...told, message: first instanceof Error && first.message, replayed: false });
    expect(venue.ledger.size).toBe(0);
  });

  test.each(["found after its answer was lost", "found without its journal"])(
    "that was put into another session says so also when it is %s",
    async (how) => {
      const venue = createVenue();
      const asked = { ...LIMIT_BUY, lifecycle: "ETH" } as const;
      const first = at(venue);
      if (how === "found without its journal") {
        await first.desk.place(asked, by("k1"));
        venue.set("1", { lifecycle: "RTH" });
        await first.desk.close();
      } else {
        venue.next("drop-before");
        const { tag } = (await rejection(first.desk.place(asked, by("k1")))) as { tag: string };
        venue.accept({ ...asked, lifecycle: "RTH", tag });
      }
      const { desk } = how === "found without its journal" ? at(venue) : first;
      const again = await desk.place(asked, by("k1"));
      expect(again).toMatchObject({ orderId: "1", replayed: true, effective: { lifecycle: "RTH" } });
      expect(venue.ledger.size).toBe(1);
    },
  );

  test("makes an order that is found without its journal ours again, for all who look and follow", async () => {
    const venue = createVenue();
    const first = at(venue);
    await first.desk.place(LIMIT_BUY, by("k1"));
    await first.desk.close();
    const { desk } = at(venue);
    await desk.reconcile();
    expect(desk.remembered("1")).toMatchObject({ external: true });
    const cursor = await desk.follow(undefined);
    expect(await cursor.next()).toMatchObject([{ kind: "snapshot" }]);
    await desk.place(LIMIT_BUY, by("k1"));
    const { orders } = await desk.orders({ status: "open" }, {});
    expect(orders).toMatchObject([{ orderId: "1", external: false }]);
    expect(await cursor.next()).toMatchObject([{ kind: "order", order: { orderId: "1", external: false } }]);
    cursor.close();
  });

  test("belongs to its request", async () => {
    const venue = createVenue();
    const { desk } = at(venue);
    await desk.place(LIMIT_BUY, by("k1"));
    expect(await rejection(desk.place({ ...LIMIT_BUY, qty: 13 }, by("k1")))).toMatchObject({
      code: "IdempotencyMismatch",
      outcome: "not_sent",
    });
    expect(await rejection(desk.cancel("1", by("k1")))).toMatchObject({ code: "IdempotencyMismatch" });
    expect(venue.ledger.size).toBe(1);
  });

  test("belongs to its principal, whatever token that shows", async () => {
    const venue = createVenue();
    const { desk } = at(venue);
    const first = await desk.place(LIMIT_BUY, by("k1", "strategy"));
    expect((await desk.place(LIMIT_BUY, by("k1", "strategy"))).orderId).toBe(first.orderId);
    expect((await desk.place(LIMIT_BUY, by("k1", "colleague"))).orderId).not.toBe(first.orderId);
  });

  test("keeps a rejection", async () => {
    const venue = createVenue();
    venue.next("reject");
    const { desk } = at(venue);
    const first = await rejection(desk.place(LIMIT_BUY, by("k1")));
    const again = await rejection(desk.place(LIMIT_BUY, by("k1")));
    expect(first).toMatchObject({ code: "OrderRejected", message: "the venue says no", replayed: false });
    expect(again).toMatchObject({
      code: "OrderRejected",
      message: "the venue says no",
      replayed: true,
    });
    expect(venue.ledger.size).toBe(0);
  });

  test.each(["not-sent"] as const)("is free again after %s", async (fate) => {
    const venue = createVenue();
    venue.next(fate);
    const { desk } = at(venue);
    expect(await rejection(desk.place(LIMIT_BUY, by("k1")))).toMatchObject({ outcome: "not_sent" });
    expect(await desk.place(LIMIT_BUY, by("k1"))).toMatchObject({ replayed: false });
    expect(venue.ledger.size).toBe(1);
  });

  test("is free again after a refusal of the guards, and then takes another request", async () => {
    const venue = createVenue();
    const { desk } = at(venue);
    await rejection(desk.place({ ...LIMIT_BUY, qty: 0.5 }, by("k1")));
    expect(await desk.place(LIMIT_BUY, by("k1"))).toMatchObject({ replayed: false });
  });

  test("finds its order by the tag when the journal is lost", async () => {
    const venue = createVenue();
    const first = at(venue);
    const { orderId, tag } = await first.desk.place(LIMIT_BUY, by("k1"));
    await first.desk.close();
    const second = at(venue, { journal: memoryJournal() });
    expect(await second.desk.place(LIMIT_BUY, by("k1"))).toMatchObject({
      orderId,
      tag,
      replayed: true,
    });
    expect(venue.ledger.size).toBe(1);
    expect(await second.journal.intent(DIGEST, tag)).toMatchObject({ state: "accepted" });
  });

  test("finds its order by the tag when the journal is lost and the new one cannot be written", async () => {
    const venue = createVenue();
    const first = at(venue);
    const { orderId, tag } = await first.desk.place(LIMIT_BUY, by("k1"));
    await first.desk.close();
    const append = () => Promise.reject(new Error("no room"));
    const { desk } = at(venue, { journal: { ...memoryJournal(), append } });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await desk.place(LIMIT_BUY, by("k1"))).toMatchObject({ orderId, tag, replayed: true });
    }
    expect(venue.ledger.size).toBe(1);
  });

  test("takes another order of its tag for none of its own when the journal is lost", async () => {
    const venue = createVenue();
    const first = at(venue);
    await first.desk.place(LIMIT_BUY, by("k1"));
    await first.desk.close();
    const { desk } = at(venue, { journal: memoryJournal() });
    for (const other of [{ direction: "SELL" }, { contract: { ...AAPL, symbol: "MSFT" } }] as const) {
      expect(await rejection(desk.place({ ...LIMIT_BUY, ...other }, by("k1")))).toMatchObject({
        code: "IdempotencyMismatch",
        outcome: "not_sent",
      });
    }
    expect(venue.ledger.size).toBe(1);
  });

  test("finds its order when that shows up late, while the next attempt is being checked", async () => {
    const venue = createVenue();
    const { desk } = at(venue, { risk: { allowShort: false } });
    const sale = { ...LIMIT_BUY, direction: "SELL" } as const;
    venue.hold(AAPL, 24);
    venue.next("drop-before");
    const failure = await rejection(desk.place(sale, by("k1")));
    const { tag } = failure as { tag: string };
    await vi.waitFor(async () => expect(await desk.unknownIntents()).toEqual([]));
    const answer = venue.holdPositionsBack();
    const placing = desk.place(sale, by("k1"));
    await new Promise(setImmediate);
    const late = venue.accept({ ...sale, tag });
    await new Promise(setImmediate);
    answer();
    expect(await placing).toMatchObject({ orderId: late.orderId, tag });
    expect(venue.ledger.size).toBe(1);
    expect(await desk.place(sale, by("k1"))).toMatchObject({ orderId: late.orderId, replayed: true });
  });

  test("is free only once what its end gives back is given back: a journal may tell of that before it is safe", async () => {
    const inner = memoryJournal();
    let synced: Promise<void> | undefined;
    const journal: Journal = {
      ...inner,
      append: async (lines, durability) => {
        const sequence = await inner.append(lines, durability);
        await synced;
        return sequence;
      },
    };
    const venue = createVenue();
    const { desk } = at(venue, { journal, risk: { maxDailyValue: 10_000 } });
    venue.next("drop-before");
    const { tag } = (await rejection(desk.place({ ...LIMIT_BUY, qty: 1 }, by("k1")))) as { tag: string };
    const { promise, resolve } = deferred<void>();
    synced = promise;
    await vi.waitFor(async () => expect(await inner.intent(DIGEST, tag)).toMatchObject({ state: "resolved" }), 10_000);
    const early = rejection(desk.place({ ...LIMIT_BUY, qty: 40 }, by("k1")));
    await aFewTurns();
    synced = undefined;
    resolve();
    expect(await early).toMatchObject({ code: "IdempotencyConflict", outcome: "not_sent" });
    await vi.waitFor(() => expect(desk.state().unknownIntents).toBe(0));
    await desk.place({ ...LIMIT_BUY, qty: 40 }, by("k1"));
    expect(await rejection(desk.place({ ...LIMIT_BUY, qty: 11 }, { principal: "default" }))).toMatchObject({
      code: "LimitExceeded",
      details: { value: 10_200 },
    });
  });

  test("answers after a restart with the same journal", async () => {
    const venue = createVenue();
    const first = at(venue);
    const { orderId } = await first.desk.place(LIMIT_BUY, by("k1"));
    await first.desk.close();
    venue.hide(orderId);
    const second = at(venue, { journal: first.journal });
    expect(await second.desk.place(LIMIT_BUY, by("k1"))).toMatchObject({ orderId });
    expect(venue.ledger.size).toBe(1);
  });
});

test("a key of a request that is still under way belongs to that", async () => {
  const venue = createVenue();
  const { desk } = at(venue);
  const placing = desk.place(LIMIT_BUY, by("k1"));
  const other = await rejection(desk.place({ ...LIMIT_BUY, qty: 13 }, by("k1")));
  expect(other).toMatchObject({ code: "IdempotencyMismatch", outcome: "not_sent" });
  await placing;
});

test("actions are the same whatever the order of their fields, and whether one is absent or undefined", () => {
  const { price, ...request } = LIMIT_BUY;
  const contract = { symbol: "AAPL", region: "US", tradeType: "Securities" } as const;
  const same = fingerprintOf({ kind: "place", request: LIMIT_BUY });
  expect(fingerprintOf({ request: { price, ...request, contract }, kind: "place" })).toBe(same);
  const change = { qty: 1 } as const;
  expect(fingerprintOf({ kind: "replace", orderId: "1", change: { ...change, price: undefined } as never })).toBe(
    fingerprintOf({ kind: "replace", orderId: "1", change }),
  );
});

describe("a key on other writes", () => {
  test("a replace is applied once", async () => {
    const venue = createVenue();
    const { desk } = at(venue);
    const { orderId } = await desk.place(LIMIT_BUY, by("k1"));
    await desk.replace(orderId, { qty: 13 }, by("k2"));
    venue.set(orderId, { qty: 20 });
    expect(await desk.replace(orderId, { qty: 13 }, by("k2"))).toMatchObject({ replayed: true });
    expect(venue.ledger.get(orderId)?.qty).toBe(20);
  });

  test("an unknown cancel frees its key and may be sent again", async () => {
    const venue = createVenue({ settleMs: 60_000 });
    const { desk } = at(venue);
    const { orderId } = await desk.place(LIMIT_BUY, by("k1"));
    venue.next("drop-before");
    expect(await rejection(desk.cancel(orderId, by("k2")))).toMatchObject({ code: "OutcomeUnknown" });
    expect(await desk.cancel(orderId, by("k2"))).toMatchObject({ replayed: false });
    expect(venue.ledger.get(orderId)?.status).toBe("CANCELED");
  });
});

test.each(["", "x".repeat(256), "ключ", "a\nb", "a\u007f", "a, a", "a, a, a"])("the key %j is refused", async (key) => {
  const { desk } = at(createVenue());
  expect(await rejection(desk.place(LIMIT_BUY, by(key)))).toMatchObject({
    code: "InvalidRequest",
    outcome: "not_sent",
  });
});

test("a desk may require keys", async () => {
  const venue = createVenue();
  const { desk } = at(venue, { requireIdempotencyKey: true });
  expect(await rejection(desk.place(LIMIT_BUY, { principal: "default" }))).toMatchObject({
    code: "InvalidRequest",
    message: expect.stringContaining("Idempotency-Key"),
  });
  await desk.place(LIMIT_BUY, by("k1"));
  expect(venue.ledger.size).toBe(1);
});

test("ten thousand keys leave no claim behind", async () => {
  const venue = createVenue();
  const { desk } = at(venue);
  for (let count = 0; count < 10_000; count += 1) await desk.place(LIMIT_BUY, by(`key ${count}`));
  expect(venue.ledger.size).toBe(10_000);
  expect(await desk.unknownIntents()).toEqual([]);
  expect((await desk.place(LIMIT_BUY, by("key 9999"))).replayed).toBe(true);
});
