/** Many writes at once, of which each has a fate of its own, at a broker that lets only some through at a time. */
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { createBudget, type PacingClass } from "../../src/brokers/shared/pacing.ts";
import { createDesk } from "../../src/desk/create-desk.ts";
import { isFailure } from "../../src/domain/failure.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import type { Broker, Call } from "../../src/spec/broker.ts";
import type { TradingState } from "../../src/spec/policy.ts";
import { AAPL, LIMIT_BUY, rejection } from "./desk-broker.ts";
import { createVenue, type Fate, type Venue } from "./venue.ts";

const DEADLINE_MS = 60;
const LIMIT = 10_000_000;
const RISK = { maxDailyValue: LIMIT, maxOpenOrders: 10_000, duplicateWindowMs: 1 } as const;
const HELD = 100_000;
const BY = { principal: "bot" };

/** The venue's broker behind a vendor's frequency limit; tells what each order that went out was worth. */
function paced(venue: Venue, instance: Parameters<Venue["broker"]>[0], worth: Map<string, number>): Broker {
  const { placeOrder, replaceOrder, cancelOrder, ...broker } = venue.broker(instance);
  if (placeOrder === undefined || replaceOrder === undefined || cancelOrder === undefined) throw new Error("no writes");
  const budget = createBudget({ name: "orders", windows: [{ limit: 20, perMs: 40 }], transitMs: 1 });
  const inTurn = async <T>(kind: PacingClass, { signal }: Call, send: () => Promise<T>): Promise<T> => {
    const { arrived } = await budget.take(kind, { signal, deadline: performance.now() + DEADLINE_MS });
    return send().finally(arrived);
  };
  return {
    ...broker,
    placeOrder: (order, call) =>
      inTurn("write", call, async () => {
        worth.set(order.tag, order.qty * (order.price ?? 0));
        return placeOrder(order, call);
      }),
    replaceOrder: (orderId, change, call) => inTurn("write", call, async () => replaceOrder(orderId, change, call)),
    cancelOrder: (orderId, call) => inTurn("cancel", call, async () => cancelOrder(orderId, call)),
    queues: () => [budget.load()],
  };
}

/** A journal that answers after a while, in the order in which it was asked. */
function slow(journal: Journal): Journal {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...journal,
    append(lines, durability) {
      const mine = last.then(() => pause(1)).then(() => journal.append(lines, durability));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

const step = fc.record({
  kind: fc.constantFrom(
    ...(["buy", "buy", "buy", "sell", "sell", "replace", "cancel", "cancel", "halt", "wait"] as const),
    ...(["cancelAll", "reconnect"] as const),
  ),
  qty: fc.integer({ min: 2, max: 40 }),
  which: fc.nat({ max: 50 }),
  key: fc.option(fc.nat({ max: 30 }), { nil: undefined }),
  fate: fc.constantFrom<Fate>(
    ...(["accept", "accept", "accept", "reject", "not-sent"] as const),
    ...(["drop-before", "drop-after", "hang-before", "hang-after", "hang-late"] as const),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function blow(steps: readonly Step[], isSlow: boolean): Promise<void> {
  const venue = createVenue();
  venue.hold(AAPL, HELD);
  venue.quote(200);
  const worth = new Map<string, number>();
  const tokens = ["Vt5UCW2sLBvgPXjR"];
  const instance = { instanceId: "WyLqtMhDvAnBb6a3", tokens, deadlineMs: DEADLINE_MS, risk: RISK };
  const journal = isSlow ? slow(memoryJournal()) : memoryJournal();
  const desk = createDesk({ broker: paced(venue, instance, worth), instance, journal });
  onTestFinished(() => desk.close());
  const running: Promise<unknown>[] = [];
  const run = (work: Promise<unknown>) => {
    const ending = work.catch((error: unknown) => {
      if (!isFailure(error)) throw error;
    });
    running.push(ending);
  };
  const turn = (state: TradingState) => desk.turn({ state, ...BY, reason: "a storm" });

  function write({ kind, qty, which, key, fate }: Step): Promise<unknown> {
    venue.next(fate);
    const context = key === undefined ? BY : { ...BY, idempotencyKey: `${kind} ${key}` };
    const orderId = String(1 + (which % Math.max(1, venue.ledger.size)));
    if (kind === "cancel") return desk.cancel(orderId, context);
    if (kind === "replace") return desk.replace(orderId, { qty: 1 }, context);
    const direction = kind === "buy" ? "BUY" : "SELL";
    return desk.place({ ...LIMIT_BUY, direction, qty: key === undefined ? qty : 2 + key }, context);
  }

  for (const each of steps) {
    const { kind, which } = each;
    if (kind === "wait") await pause(which);
    else if (kind === "reconnect") venue.reconnect();
    else if (kind === "cancelAll") run(desk.cancelAll("operator"));
    else if (kind === "halt") {
      run(turn(which % 2 === 0 ? "HALTED" : "REDUCING"));
      run(pause(10).then(() => turn("ACTIVE")));
    } else run(write(each));
  }
  await Promise.all(running);
  venue.clearFates();
  venue.release();
  // On a busy machine the slow journal may need more than its quarter of so short a deadline.
  await vi.waitFor(() => turn("ACTIVE"), { timeout: 20_000, interval: 10 });

  const quiet = { unknownIntents: 0, reconciled: true, queues: [{ waiting: 0 }] };
  await vi.waitFor(() => expect(desk.state()).toMatchObject(quiet), { timeout: 20_000, interval: 10 });
  expect(await desk.unknownIntents()).toEqual([]);
  const orders = [...venue.ledger.values()];
  const open = orders.filter(({ status }) => status === "OPEN");
  expect(desk.state().openOrders).toBe(open.length);
  const selling = open.reduce((sum, { direction, qty }) => (direction === "SELL" ? sum + qty : sum), 0);
  const sale = { ...LIMIT_BUY, direction: "SELL", qty: 2 * HELD, price: 1 } as const;
  const short = { rule: "risk.allowShort", limit: HELD - selling };
  expect(await rejection(desk.place(sale, BY))).toMatchObject({ details: short });
  const sum = orders.reduce((total, { tag }) => total + (worth.get(tag ?? "") ?? Number.NaN), 0);
  const day = { rule: "risk.maxDailyValue", value: LIMIT + 1 + sum };
  const purchase = { ...LIMIT_BUY, qty: LIMIT + 1, price: 1 };
  expect(await rejection(desk.place(purchase, BY))).toMatchObject({ details: day });
  // No turn is held by anybody any more.
  await Promise.all(open.map(({ orderId }) => desk.cancel(orderId, BY).catch(rateLimitedOnly)));
}

/** The vendor's limit may keep some of so many cancels from going out in time. */
function rateLimitedOnly(error: unknown): void {
  expect(error).toMatchObject({ code: "RateLimited", message: expect.stringContaining("frequency limit") });
}

test("when a storm is over nothing of it is counted but what the venue took", { timeout: 120_000 }, async () => {
  const storm = fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 200 }), fc.boolean(), blow);
  // A storm goes another way each time, and so nothing can be found out by making it smaller.
  await fc.assert(storm, { numRuns: 8, endOnFailure: true });
});
