/** The kill switch: what it lets through, for whom, and what it survives. */
import { describe, expect, test, vi } from "vitest";
import { createDesk } from "../../src/desk/create-desk.ts";
import { createGatewaySwitch } from "../../src/desk/kill-switch.ts";
import type { Desk } from "../../src/desk/types.ts";
import type { OrderRequest } from "../../src/domain/order.ts";
import type { Durability, Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import type { Broker } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import type { TradingState } from "../../src/spec/policy.ts";
import { aFewTurns } from "../unheard.ts";
import { AAPL, anOrder, DIGEST, deferred, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";
import { createVenue, deskAt } from "./venue.ts";

const BY = { principal: "bot" };
const HALTED = expect.objectContaining({ code: "Halted", outcome: "not_sent" });
const SELL: OrderRequest = { ...LIMIT_BUY, direction: "SELL" };

function turn(desk: Desk, state: TradingState, reason = "because"): Promise<boolean> {
  return desk.turn({ state, principal: "ops", reason });
}

/** A journal that writes no intent before the test says so. */
function holdingIntents() {
  const good = memoryJournal();
  const begun = deferred<void>();
  const written = deferred<void>();
  const journal: Journal = {
    ...good,
    async append(lines, safety) {
      if (lines.some(({ kind }) => kind === "intent")) {
        begun.resolve();
        await written.promise;
      }
      return good.append(lines, safety);
    },
  };
  return { journal, begun, written };
}

/** A journal whose disk can be full, or unreadable, for a while. */
function fallible() {
  const good = memoryJournal();
  const fails = { append: false, read: false };
  const journal: Journal = {
    ...good,
    append(lines, safety) {
      if (fails.append) throw new Error("disk full");
      return good.append(lines, safety);
    },
    guards(instance) {
      if (fails.read) throw new Error("disk gone");
      return good.guards(instance);
    },
  };
  return { journal, fails };
}

test("HALTED sends no order and no replace, and every cancel", async () => {
  const venue = createVenue();
  const { desk } = deskAt(venue);
  const { orderId } = await desk.place(LIMIT_BUY, BY);
  expect(await turn(desk, "HALTED")).toBe(true);
  expect(await rejection(desk.place(LIMIT_BUY, BY))).toEqual(HALTED);
  expect(await rejection(desk.replace(orderId, { qty: 1 }, BY))).toEqual(HALTED);
  await desk.cancel(orderId, BY);
  expect([venue.ledger.size, venue.ledger.get(orderId)?.status]).toEqual([1, "CANCELED"]);
  await turn(desk, "ACTIVE");
  await desk.place(LIMIT_BUY, BY);
});

test("a refusal frees its key: the same key places the order when trading goes on", async () => {
  const venue = createVenue();
  const { desk } = deskAt(venue);
  await turn(desk, "HALTED");
  const keyed = { ...BY, idempotencyKey: "k1" };
  expect(await rejection(desk.place(LIMIT_BUY, keyed))).toEqual(HALTED);
  await turn(desk, "ACTIVE");
  expect(await desk.place(LIMIT_BUY, keyed)).toMatchObject({ orderId: "1", replayed: false });
});

test("an order that is on its way to the broker when the switch is turned is not handed over", async () => {
  const venue = createVenue();
  const { journal, begun, written } = holdingIntents();
  const { desk } = deskAt(venue, { journal });
  const placing = rejection(desk.place(LIMIT_BUY, BY));
  await begun.promise;
  await turn(desk, "HALTED");
  written.resolve();
  expect(await placing).toEqual(HALTED);
  expect([venue.ledger.size, await desk.unknownIntents()]).toEqual([0, []]);
});

/** A broker that keeps orders until it is told to let them go, or to stop. */
function waitingBroker() {
  const waiting: (() => void)[] = [];
  const { desk } = deskOver({
    positions: async () => ({
      positions: [{ contract: AAPL, unit: "Share", currency: "USD", qty: 12 }],
      unmapped: [],
    }),
    orders: async () => ({ orders: [], unmapped: [] }),
    placeOrder: (order, { signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () =>
          reject(new BrokerError("RateLimited", "given up while waiting", { outcome: "not_sent" })),
        );
        waiting.push(() => resolve({ orderId: order.tag }));
      }),
  });
  const handedOver = (count: number) => vi.waitFor(() => expect(waiting).toHaveLength(count));
  const letGo = () => {
    for (const go of waiting) go();
  };
  return { desk, handedOver, letGo };
}

test("an order that waits for its turn at the broker when the switch is turned is taken back", async () => {
  const { desk, handedOver, letGo } = waitingBroker();
  const placing = rejection(desk.place(LIMIT_BUY, BY));
  await handedOver(1);
  await turn(desk, "HALTED");
  letGo();
  expect(await placing).toEqual(HALTED);
});

test("of the orders that wait at the broker REDUCING takes back those only that open a position", async () => {
  const { desk, handedOver, letGo } = waitingBroker();
  await turn(desk, "REDUCING");
  const selling = desk.place(SELL, BY);
  await handedOver(1);
  await turn(desk, "ACTIVE");
  const buying = rejection(desk.place(LIMIT_BUY, BY));
  await handedOver(2);
  await turn(desk, "REDUCING");
  letGo();
  expect(await buying).toEqual(HALTED);
  expect((await selling).replayed).toBe(false);
});

describe("REDUCING", () => {
  async function reducing(held: number) {
    const venue = createVenue();
    const { desk } = deskAt(venue);
    venue.hold(AAPL, held);
    await turn(desk, "REDUCING");
    return { venue, desk };
  }

  test.each<[string, number, Partial<OrderRequest>, boolean]>([
    ["a sale of what is held", 12, { direction: "SELL" }, true],
    ["a sale of more than is held", 11, { direction: "SELL" }, false],
    ["a purchase on top", 12, {}, false],
    ["a purchase without a position", 0, {}, false],
    ["a purchase that covers", -12, {}, true],
    ["a purchase that turns a short position over", -11, {}, false],
    ["a sale into a short position", -12, { direction: "SELL" }, false],
  ])("%s", async (_name, held, own, sent) => {
    const { venue, desk } = await reducing(held);
    const placing = desk.place({ ...LIMIT_BUY, ...own }, BY);
    if (sent) await placing;
    else expect(await rejection(placing)).toEqual(HALTED);
    expect(venue.ledger.size).toBe(sent ? 1 : 0);
  });

  test("how much may be closed is told", async () => {
    const { desk } = await reducing(11);
    expect(await rejection(desk.place(SELL, BY))).toMatchObject({
      code: "Halted",
      details: { state: "REDUCING", value: 12, limit: 11 },
    });
  });

  test("of open orders is told only where they take of what could be closed", async () => {
    const venue = createVenue();
    const { desk } = deskAt(venue);
    venue.hold(AAPL, 20);
    await desk.place({ ...LIMIT_BUY, qty: 6 }, BY);
    await desk.place({ ...SELL, qty: 15 }, BY);
    await turn(desk, "REDUCING");
    const only = "only orders that shrink a position are sent now";
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ message: `${only}: held are 20` });
    expect(await rejection(desk.place(SELL, BY))).toMatchObject({
      message: `${only}: held are 20, of which open orders take 15`,
    });
  });

  test("orders that close already are taken off what may be closed, also at once", async () => {
    const { venue, desk } = await reducing(20);
    const results = await Promise.allSettled([desk.place(SELL, BY), desk.place(SELL, BY)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(venue.ledger.size).toBe(1);
    await desk.place({ ...SELL, qty: 8 }, BY);
  });

  test("an order that opens may be canceled, not changed", async () => {
    const venue = createVenue();
    const { desk } = deskAt(venue);
    const { orderId } = await desk.place(LIMIT_BUY, BY);
    await turn(desk, "REDUCING");
    expect(await rejection(desk.replace(orderId, { price: 201 }, BY))).toEqual(HALTED);
    await desk.cancel(orderId, BY);
  });
});

describe("all instances at once", () => {
  function gateway(journal = memoryJournal()) {
    const gatewaySwitch = createGatewaySwitch(journal);
    const venue = createVenue();
    const desks = ["firstInstance0001", "secondInstance002"].map((instanceId) => {
      const instance = { instanceId, tokens: ["Vt5UCW2sLBvgPXjR"] };
      return createDesk({ broker: venue.broker(instance), instance, journal, gatewaySwitch });
    });
    return { gatewaySwitch, venue, desks, journal };
  }

  test("the stricter of the two switches holds", async () => {
    const { gatewaySwitch, desks } = gateway();
    const [first, second] = desks;
    if (first === undefined || second === undefined) throw new Error("two desks");
    await turn(first, "REDUCING");
    await gatewaySwitch.turn({ state: "HALTED", principal: "root", reason: "all" });
    expect(await first.tradingState()).toMatchObject({ state: "HALTED", instance: { state: "REDUCING" } });
    expect(await rejection(second.place(LIMIT_BUY, BY))).toEqual(HALTED);
    await gatewaySwitch.turn({ state: "ACTIVE", principal: "root", reason: "over" });
    expect(await first.tradingState()).toMatchObject({ state: "REDUCING" });
    await second.place(LIMIT_BUY, BY);
  });

  test("neither is known while the journal cannot say how the gateway's was left", async () => {
    const inner = memoryJournal();
    const guards: Journal["guards"] = (instance) => {
      if (instance === "all") throw new Error("disk gone");
      return inner.guards(instance);
    };
    const { desks } = gateway({ ...inner, guards } as typeof inner);
    expect(await desks[0]?.tradingState()).toMatchObject({ known: false });
    expect(await rejection(desks[0]?.place(LIMIT_BUY, BY) ?? expect.unreachable())).toMatchObject({
      code: "JournalUnavailable",
      outcome: "not_sent",
    });
  });

  test("both survive a restart, each for itself, also in an instance that is new", async () => {
    const { gatewaySwitch, desks, journal } = gateway();
    await gatewaySwitch.turn({ state: "REDUCING", principal: "root", reason: "all" });
    await desks[0]?.turn({ state: "HALTED", principal: "ops", reason: "one" });
    await vi.waitFor(async () => expect(await journal.events("any", 0, 10)).toBeDefined());
    const next = gateway(journal);
    expect(await next.desks[0]?.tradingState()).toMatchObject({
      state: "HALTED",
      known: true,
      instance: { state: "HALTED", principal: "ops", reason: "one" },
      gateway: { state: "REDUCING", principal: "root", reason: "all" },
    });
    expect(await next.desks[1]?.tradingState()).toMatchObject({ state: "REDUCING", instance: { state: "ACTIVE" } });
    const instance = { instanceId: "thirdInstance0003", tokens: ["Vt5UCW2sLBvgPXjR"] };
    const third = createDesk({
      broker: next.venue.broker(instance),
      instance,
      journal,
      gatewaySwitch: next.gatewaySwitch,
    });
    expect(await third.tradingState()).toMatchObject({ state: "REDUCING" });
  });

  test("every turn is told to those who follow", async () => {
    const { gatewaySwitch, desks } = gateway();
    const cursor = await desks[0]?.follow(undefined);
    await cursor?.next();
    await desks[0]?.turn({ state: "REDUCING", principal: "ops", reason: "one" });
    await gatewaySwitch.turn({ state: "HALTED", principal: "root", reason: "all" });
    const heard: unknown[] = [];
    while (heard.length < 2) {
      const events = (await cursor?.next()) ?? [];
      heard.push(...events.filter(({ kind }) => kind === "guard"));
    }
    expect(heard).toMatchObject([
      { kind: "guard", all: false, state: "REDUCING", principal: "ops", reason: "one" },
      { kind: "guard", all: true, state: "HALTED", principal: "root", reason: "all" },
    ]);
  });
});

describe("when the journal cannot be used", () => {
  test("a stricter state holds at once, says that it is not written, and is written later", async () => {
    const { journal, fails } = fallible();
    const venue = createVenue();
    const { desk } = deskAt(venue, { journal });
    await desk.place(LIMIT_BUY, BY);
    fails.append = true;
    expect(await turn(desk, "HALTED")).toBe(false);
    fails.append = false;
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toEqual(HALTED);
    await vi.waitFor(async () => expect((await deskAt(venue, { journal }).desk.tradingState()).state).toBe("HALTED"), {
      timeout: 5000,
    });
  });

  test("a milder state is refused, and never taken later", async () => {
    const { journal, fails } = fallible();
    const venue = createVenue();
    const { desk } = deskAt(venue, { journal });
    expect(await turn(desk, "HALTED")).toBe(true);
    expect(await turn(desk, "REDUCING")).toBe(true);
    await turn(desk, "HALTED");
    fails.append = true;
    expect(await rejection(turn(desk, "ACTIVE"))).toMatchObject({ code: "JournalUnavailable" });
    fails.append = false;
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toEqual(HALTED);
    // The next event takes along whatever still waits to be written.
    venue.accept(LIMIT_BUY);
    await vi.waitFor(async () => expect(await journal.openOrders(DIGEST)).toHaveLength(1));
    expect((await deskAt(venue, { journal }).desk.tradingState()).state).toBe("HALTED");
  });

  test("an order is not sent while nobody knows how the switch was left", async () => {
    const { journal, fails } = fallible();
    const venue = createVenue();
    const { desk } = deskAt(venue, { journal });
    fails.read = true;
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({
      code: "JournalUnavailable",
      outcome: "not_sent",
    });
    expect(await desk.tradingState()).toMatchObject({ known: false });
    expect(await turn(desk, "HALTED")).toBe(true);
    fails.read = false;
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toEqual(HALTED);
  });
});

test("a turn of the gateway's switch that could not be written is written by who closes it", async () => {
  const { journal, fails } = fallible();
  const gatewaySwitch = createGatewaySwitch(journal);
  fails.append = true;
  expect(await gatewaySwitch.turn({ state: "HALTED", principal: "ops", reason: "drawdown" })).toBe(false);
  fails.append = false;
  await gatewaySwitch.close();
  const next = createGatewaySwitch(journal);
  await next.recover();
  expect(next.position).toMatchObject({ state: "HALTED", reason: "drawdown" });
});

test("a stricter state that a journal is slow to write, and then does not, is written later", async () => {
  const good = memoryJournal();
  const slow = deferred<void>();
  let fails = true;
  const journal: Journal = {
    ...good,
    async append(lines, safety) {
      if (fails && lines.some(({ kind }) => kind === "guard")) {
        await slow.promise;
        throw new Error("disk full");
      }
      return good.append(lines, safety);
    },
  };
  const venue = createVenue();
  const { desk } = deskAt(venue, { journal, deadlineMs: 200 });
  expect(await turn(desk, "HALTED")).toBe(false);
  slow.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  fails = false;
  await vi.waitFor(async () => expect(await good.guards(DIGEST)).toMatchObject([{ state: "HALTED" }]), {
    timeout: 5000,
  });
});

test("a turn that is written later is as safe against loss of power as one that is written at once", async () => {
  const { journal, fails } = fallible();
  const durabilities: Durability[] = [];
  const { desk } = deskAt(createVenue(), {
    journal: {
      ...journal,
      append(lines, durability) {
        const appended = journal.append(lines, durability);
        if (lines.some(({ kind }) => kind === "guard")) durabilities.push(durability);
        return appended;
      },
    },
  });
  fails.append = true;
  expect(await turn(desk, "HALTED")).toBe(false);
  fails.append = false;
  await desk.close();
  expect(durabilities).toEqual(["power-loss"]);
});

test("an order that was let through between two turns to REDUCING is not sent if it opens a position", async () => {
  const venue = createVenue();
  const { journal, begun, written } = holdingIntents();
  const { desk } = deskAt(venue, { journal });
  await turn(desk, "REDUCING");
  let active: Promise<boolean> | undefined;
  venue.duringPositions(() => {
    active = turn(desk, "ACTIVE");
  });
  const placing = rejection(desk.place(LIMIT_BUY, BY));
  await begun.promise;
  await active;
  await turn(desk, "REDUCING");
  written.resolve();
  expect(await placing).toEqual(HALTED);
  expect(venue.ledger.size).toBe(0);
});

test("a turn to a milder state that waits for the journal does not undo a later, stricter one", async () => {
  const good = memoryJournal();
  const slow = deferred<void>();
  const { desk } = deskAt(createVenue(), {
    journal: {
      ...good,
      async append(lines, safety) {
        if (lines.some((line) => line.kind === "guard" && line.state === "ACTIVE")) await slow.promise;
        return good.append(lines, safety);
      },
    },
  });
  await turn(desk, "HALTED", "first");
  const milder = turn(desk, "ACTIVE", "second");
  const stricter = turn(desk, "HALTED", "third");
  slow.resolve();
  await Promise.all([milder, stricter]);
  expect(await desk.tradingState()).toMatchObject({ state: "HALTED", instance: { reason: "third" } });
});

test("a turn to a milder state that waits to know how the switch was left does not undo a later, stricter one", async () => {
  const journal = memoryJournal();
  const { desk } = deskAt(createVenue(), { journal });
  const milder = turn(desk, "ACTIVE");
  expect(await turn(desk, "HALTED")).toBe(true);
  expect(await milder).toBe(false);
  expect(await desk.tradingState()).toMatchObject({ state: "HALTED" });
  await desk.close();
  expect(await deskAt(createVenue(), { journal }).desk.tradingState()).toMatchObject({ state: "HALTED" });
});

describe("canceling everything", () => {
  test("ends every open order, those placed elsewhere and those just being sent too", async () => {
    const venue = createVenue();
    const { desk } = deskAt(venue);
    await desk.place(LIMIT_BUY, BY);
    venue.silence(true);
    const external = venue.accept(LIMIT_BUY);
    venue.next("hang-late");
    const hanging = desk.place(LIMIT_BUY, BY);
    await vi.waitFor(() => expect(venue.hanging()).toBe(1));
    await turn(desk, "HALTED");
    const canceling = desk.cancelAll("ops");
    // Time for a look that does not wait for what is being sent.
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(venue.ledger.get("1")?.status, "what is known to be open waits for nothing").toBe("CANCELED");
    venue.release();
    const { orderId } = await hanging;
    expect(await canceling).toEqual({
      canceled: expect.arrayContaining(["1", external.orderId, orderId]),
      failed: [],
      complete: true,
    });
    expect([...venue.ledger.values()].map(({ status }) => status)).toEqual(["CANCELED", "CANCELED", "CANCELED"]);
  });

  test("ends an order too whose late answer comes while the broker's list is read, which does not have it yet", async () => {
    const nothing = { orders: [], unmapped: [] };
    const late = deferred<{ orderId: string }>();
    const asked = deferred<void>();
    const listed = deferred<void>();
    const { desk } = deskOver(
      {
        placeOrder: () => late.promise,
        cancelOrder: async () => undefined,
        async orders({ status }) {
          if (status === "all") return nothing;
          asked.resolve();
          await listed.promise;
          return nothing;
        },
      },
      { deadlineMs: 1500 },
    );
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ outcome: "unknown" });
    await turn(desk, "HALTED");
    const canceling = desk.cancelAll("ops");
    await asked.promise;
    late.resolve({ orderId: "1" });
    await aFewTurns();
    expect(desk.state().unknownIntents).toBe(0);
    listed.resolve();
    expect(await canceling).toEqual({ canceled: ["1"], failed: [], complete: true });
  });

  test("tells what could not be canceled, and that there may be more", async () => {
    const venue = createVenue();
    const { desk } = deskAt(venue);
    const { orderId } = await desk.place(LIMIT_BUY, BY);
    await turn(desk, "HALTED");
    venue.failListings(true);
    venue.next("reject");
    expect(await desk.cancelAll("ops")).toEqual({
      canceled: [],
      failed: [{ orderId, code: "OrderRejected", message: "the venue says no" }],
      complete: false,
    });
  });

  test("is not complete while the outcome of an order is unknown", async () => {
    const venue = createVenue({ settleMs: 60_000 });
    const { desk } = deskAt(venue);
    venue.next("drop-before");
    await desk.place(LIMIT_BUY, BY).catch(() => undefined);
    await turn(desk, "HALTED");
    expect(await desk.cancelAll("ops")).toMatchObject({ canceled: [], complete: false });
  });

  test.each([
    ["slow to say what it remembers: that is canceled too", false, { canceled: ["7"], complete: true }],
    ["away: there may be more than the broker lists", true, { canceled: [], complete: false }],
  ])("after a restart with a journal that is %s", async (_name, isAway, told) => {
    const good = memoryJournal();
    const reading = deferred<void>();
    const members: Partial<Broker> = {
      placeOrder: async () => ({ orderId: "7" }),
      cancelOrder: async () => {},
      // As shortly after an order was taken.
      orders: async () => ({ orders: [], unmapped: [] }),
    };
    const before = deskOver(members, { journal: good });
    await before.desk.place(LIMIT_BUY, BY);
    await before.desk.close();
    const journal: Journal = {
      ...good,
      async openOrders(instance) {
        await reading.promise;
        return good.openOrders(instance);
      },
    };
    const { desk } = deskOver(members, { journal });
    const canceling = desk.cancelAll("ops");
    await aFewTurns();
    if (isAway) reading.reject(new Error("disk gone"));
    else reading.resolve();
    expect(await canceling).toMatchObject(told);
    await desk.close();
  });

  test("says of what has ended meanwhile neither that it was canceled nor that it failed, and asks for a fresh list, as a write does", async () => {
    const asked: unknown[] = [];
    const { desk, host } = deskOver({
      cancelOrder: async (orderId) => {
        host().onOrder(anOrder({ orderId, status: "FILLED", filledQty: 12, avgPrice: 200 }));
        throw new BrokerError("OrderNotOpen", "it has been filled", { outcome: "rejected" });
      },
      order: () => Promise.reject(new BrokerError("Timeout", "no answer")),
      orders: async (query, { forWrite }) => {
        asked.push({ ...query, forWrite });
        return { orders: query.status === "open" ? [anOrder({ orderId: "1" })] : [], unmapped: [] };
      },
    });
    await desk.reconcile();
    await turn(desk, "HALTED");
    asked.splice(0);
    expect(await desk.cancelAll("ops")).toMatchObject({ canceled: [], failed: [] });
    expect(asked).toContainEqual({ status: "open", fresh: true, forWrite: true });
    expect(asked.filter((query) => Object(query).status === "open" && Object(query).fresh !== true)).toEqual([]);
  });

  test("needs no key, also where every client's write needs one", async () => {
    const venue = createVenue();
    const { desk } = deskAt(venue, { requireIdempotencyKey: true });
    const { orderId } = await desk.place(LIMIT_BUY, { ...BY, idempotencyKey: "k1" });
    await turn(desk, "HALTED");
    expect(await desk.cancelAll("ops")).toEqual({ canceled: [orderId], failed: [], complete: true });
    expect(venue.ledger.get(orderId)?.status).toBe("CANCELED");
  });

  test("is not complete where the list of open orders is not whole", async () => {
    const { desk } = deskOver({ orders: async () => ({ orders: [], unmapped: [], isWhole: false }) });
    await turn(desk, "HALTED");
    expect(await desk.cancelAll("ops")).toEqual({ canceled: [], failed: [], complete: false });
  });

  test("is not complete while an order is open that has no name here", async () => {
    const { desk } = deskOver({
      orders: async () => ({ orders: [], unmapped: [{ originSymbol: "AAPL260116C00200000", qty: 1 }] }),
    });
    await turn(desk, "HALTED");
    expect(await desk.cancelAll("ops")).toEqual({ canceled: [], failed: [], complete: false });
  });

  test.each([
    ["is told that its order is being canceled", async () => anOrder({ orderId: "1", status: "PENDING_CANCEL" })],
    ["cannot be looked into", () => Promise.reject(new BrokerError("Timeout", "no answer"))],
  ])(
    "says of a cancel that is refused and %s that it failed, not that everything is canceled",
    async (_name, order) => {
      const { desk } = deskOver({
        cancelOrder: () =>
          Promise.reject(new BrokerError("OrderNotOpen", "not in this state", { outcome: "rejected" })),
        order,
        orders: async () => ({ orders: [anOrder({ orderId: "1", status: "PENDING_CANCEL" })], unmapped: [] }),
      });
      await turn(desk, "HALTED");
      expect(await desk.cancelAll("ops")).toMatchObject({
        canceled: [],
        failed: [{ orderId: "1", code: "OrderNotOpen" }],
      });
      await desk.close();
    },
  );

  test("cancels what was told as expired and is listed as open again, as an order that a person wakes in Futu's app", async () => {
    const canceled: string[] = [];
    let isListing = true;
    const { desk, host } = deskOver({
      cancelOrder: async (orderId) => void canceled.push(orderId),
      orders: async ({ status }) => {
        if (!isListing) throw new BrokerError("NotConnected", "no connection");
        return { orders: status === "open" ? [anOrder({ orderId: "1", updatedAt: 3 })] : [], unmapped: [] };
      },
    });
    await desk.start();
    host().onOrder(anOrder({ orderId: "1", status: "EXPIRED", errorReason: "disabled", updatedAt: 2 }));
    await turn(desk, "HALTED");
    expect(await desk.cancelAll("ops")).toEqual({ canceled: ["1"], failed: [], complete: true });
    expect(canceled).toEqual(["1"]);
    isListing = false;
    host().onOrder(anOrder({ orderId: "1", updatedAt: 4 }));
    expect(await desk.cancelAll("ops")).toEqual({ canceled: ["1"], failed: [], complete: false });
    await desk.close();
  });
});
