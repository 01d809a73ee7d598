import { describe, expect, test } from "vitest";
import type { Failure } from "../../src/domain/failure.ts";
import type { Order } from "../../src/domain/order.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import type { Placed, TaggedOrder } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { aFewTurns, unheardRejections } from "../unheard.ts";
import { anOrder, CAPABILITIES, DIGEST, deferred, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";

const BY = { principal: "default" };

async function records(journal: Journal) {
  return journal.unsettled(DIGEST);
}

async function record(journal: Journal, id: string) {
  return journal.intent(DIGEST, id);
}

describe("place", () => {
  test("journals before it hands over, and the outcome after it", async () => {
    const states: (string | undefined)[] = [];
    const seen: TaggedOrder[] = [];
    const { desk, journal } = deskOver({
      placeOrder: async (order) => {
        states.push((await records(journal)).find(({ id }) => id === order.tag)?.state);
        seen.push(order);
        return { orderId: "77" };
      },
    });
    const answer = await desk.place(LIMIT_BUY, BY);
    expect(states).toEqual(["sending"]);
    expect(answer).toEqual({
      orderId: "77",
      tag: seen[0]?.tag,
      answeredAt: expect.any(Number),
      replayed: false,
    });
    expect(seen[0]).toEqual({ ...LIMIT_BUY, tag: answer.tag });
    expect(desk.remembered("77")).toMatchObject({ ...LIMIT_BUY, status: "PENDING", filledQty: 0, avgPrice: 0 });
    expect(await record(journal, answer.tag)).toMatchObject({
      state: "accepted",
      placed: { orderId: "77" },
      principal: "default",
    });
  });

  test("the journal holds neither the instance's id nor a token", async () => {
    const { desk, journal } = deskOver({ placeOrder: async () => ({ orderId: "77" }) });
    const { tag } = await desk.place(LIMIT_BUY, BY);
    const text = JSON.stringify(await record(journal, tag));
    expect(text).not.toContain("WyLqtMhDvAnBb6a3");
    expect(text).not.toContain("Vt5UCW2sLBvgPXjR");
  });

  test("a market order's price is left out", async () => {
    let seen: TaggedOrder | undefined;
    const { desk } = deskOver({
      placeOrder: async (order) => {
        seen = order;
        return { orderId: "77" };
      },
    });
    await desk.place({ ...LIMIT_BUY, orderType: "Market" }, BY);
    expect(seen).not.toHaveProperty("price");
  });

  test("a refusal of the guards sends nothing and journals nothing", async () => {
    let calls = 0;
    const { desk, journal } = deskOver({
      placeOrder: async () => {
        calls += 1;
        return { orderId: "77" };
      },
    });
    expect(await rejection(desk.place({ ...LIMIT_BUY, qty: 0.5 }, BY))).toMatchObject({ code: "InvalidRequest" });
    expect(calls).toBe(0);
    expect(await records(journal)).toEqual([]);
  });

  test("without a journal nothing is sent", async () => {
    let calls = 0;
    const broken: Journal = {
      ...memoryJournal(),
      append: () => {
        throw new Error("disk full");
      },
    };
    const { desk } = deskOver(
      {
        placeOrder: async () => {
          calls += 1;
          return { orderId: "77" };
        },
      },
      { journal: broken },
    );
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({
      code: "JournalUnavailable",
      outcome: "not_sent",
    });
    expect(calls).toBe(0);
  });

  test("what is answered as taken stands in the journal with its order, whenever the process dies", async () => {
    const memory = memoryJournal();
    const inTurns: Journal = {
      ...memory,
      async append(lines, durability) {
        await new Promise((resolve) => setImmediate(resolve));
        return memory.append(lines, durability);
      },
    };
    const { desk } = deskOver({ placeOrder: async () => ({ orderId: "77" }) }, { journal: inTurns });
    const { tag } = await desk.place(LIMIT_BUY, BY);
    expect(memory.openOrders(DIGEST)).toMatchObject([{ orderId: "77", tag, status: "PENDING" }]);
  });

  test("a journal that fails after the hand-over does not turn an accepted order into a failure", async () => {
    const memory = memoryJournal();
    const forgetful: Journal = {
      ...memory,
      append: (lines, durability) => {
        if (durability === "process") throw new Error("disk full");
        return memory.append(lines, durability);
      },
    };
    const { desk } = deskOver({ placeOrder: async () => ({ orderId: "77" }) }, { journal: forgetful });
    expect(await desk.place(LIMIT_BUY, BY)).toMatchObject({ orderId: "77" });
  });

  test("silence past the deadline is unknown; the answer that comes late settles it", async () => {
    const answer = deferred<Placed>();
    const { desk, journal } = deskOver({ placeOrder: () => answer.promise }, { deadlineMs: 20 });
    const failure = await rejection(desk.place(LIMIT_BUY, BY));
    expect(failure).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown", tag: expect.stringMatching(/^ht/) });
    const tag = (failure as Failure).tag ?? "";
    expect(await record(journal, tag)).toMatchObject({ state: "unknown" });
    answer.resolve({ orderId: "77" });
    await answer.promise;
    await expect.poll(() => record(journal, tag)).toMatchObject({ state: "resolved", placed: { orderId: "77" } });
  });

  test("a call that fails while its silence is written down takes nothing else down", async () => {
    const answer = deferred<Placed>();
    const inner = memoryJournal();
    const journal: Journal = {
      ...inner,
      async append(lines, durability) {
        if (lines.some((line) => line.kind === "progress" && line.state === "unknown")) {
          answer.reject(new BrokerError("OrderRejected", "too late"));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return inner.append(lines, durability);
      },
    };
    const unheard = unheardRejections();
    const { desk } = deskOver({ placeOrder: () => answer.promise }, { deadlineMs: 300, journal });
    const { tag } = (await rejection(desk.place(LIMIT_BUY, BY))) as Failure;
    await expect
      .poll(() => record(journal, String(tag)))
      .toMatchObject({ state: "resolved", failure: { outcome: "rejected" } });
    expect(unheard).toEqual([]);
  });

  test("a broker that takes a waiting order back at the deadline makes it not_sent", async () => {
    const { desk, journal } = deskOver(
      {
        placeOrder: (_order, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () =>
              reject(new BrokerError("RateLimited", "still in the queue", { outcome: "not_sent", retryAfterMs: 700 })),
            );
          }),
      },
      { deadlineMs: 20, journal: memoryJournal() },
    );
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({
      code: "RateLimited",
      outcome: "not_sent",
      retryAfterMs: 700,
    });
    expect(journal).toBeDefined();
  });

  test("a rejection carries the broker's words", async () => {
    const { desk } = deskOver({
      placeOrder: async () => {
        throw new BrokerError("InsufficientFunds", "buying power is 12.50 USD", { outcome: "rejected" });
      },
    });
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({
      code: "InsufficientFunds",
      outcome: "rejected",
      message: "buying power is 12.50 USD",
    });
  });

  test("a broker that does not start is not_sent, and is asked again the next time", async () => {
    let starts = 0;
    const { desk } = deskOver({
      start: async () => {
        starts += 1;
        if (starts === 1) throw new BrokerError("NotSupported", "install the SDK");
      },
      placeOrder: async () => ({ orderId: "77" }),
    });
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "NotSupported", outcome: "not_sent" });
    expect(await desk.place(LIMIT_BUY, BY)).toMatchObject({ orderId: "77" });
  });

  test.each(["replace", "cancel"] as const)("a %s at a broker that does not start is not_sent", async (kind) => {
    const unheard = unheardRejections();
    const sent: string[] = [];
    const { desk } = deskOver({
      start: async () => {
        throw new BrokerError("NotSupported", "install the SDK");
      },
      order: async () => anOrder({ orderId: "1" }),
      replaceOrder: async () => ({ orderId: `${sent.push("replace")}` }),
      cancelOrder: async () => void sent.push("cancel"),
    });
    const write = kind === "replace" ? desk.replace("1", { qty: 13 }, BY) : desk.cancel("1", BY);
    expect(await rejection(write)).toMatchObject({ code: "NotSupported", outcome: "not_sent" });
    await aFewTurns();
    expect([sent, unheard]).toEqual([[], []]);
  });

  test.each(["place", "replace", "cancel"] as const)(
    "a %s at a broker that is not ready in time is not_sent",
    async (kind) => {
      const sent: string[] = [];
      const { desk } = deskOver(
        {
          start: () => new Promise(() => undefined),
          placeOrder: async () => ({ orderId: `${sent.push("place")}` }),
          replaceOrder: async () => ({ orderId: `${sent.push("replace")}` }),
          cancelOrder: async () => void sent.push("cancel"),
        },
        { deadlineMs: 50 },
      );
      const writes = {
        place: () => desk.place(LIMIT_BUY, BY),
        replace: () => desk.replace("1", { qty: 13 }, BY),
        cancel: () => desk.cancel("1", BY),
      };
      expect(await rejection(writes[kind]())).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
      expect(sent).toEqual([]);
    },
  );

  test("what its row says will become of an order is told with what the broker says over that", async () => {
    const [row] = CAPABILITIES.orders;
    const orders = [{ ...(row ?? expect.unreachable()), effective: { lifecycle: "RTH", timeInForce: "GTC" } as const }];
    const answers: Placed[] = [{ orderId: "1" }, { orderId: "2", effective: { timeInForce: "DAY" } }];
    const { desk } = deskOver({
      capabilities: () => ({ ...CAPABILITIES, orders }),
      placeOrder: async () => answers.shift() ?? expect.unreachable(),
    });
    const asked = {
      ...LIMIT_BUY,
      timeInForce: orders[0]?.timeInForce ?? "DAY",
      lifecycle: orders[0]?.lifecycle ?? "RTH",
    };
    expect(await desk.place(asked, BY)).toMatchObject({ effective: { lifecycle: "RTH", timeInForce: "GTC" } });
    expect(await desk.place(asked, BY)).toMatchObject({ effective: { lifecycle: "RTH", timeInForce: "DAY" } });
  });

  test("a broker that cannot place is NotSupported", async () => {
    const { desk } = deskOver({});
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "NotSupported", outcome: "not_sent" });
  });
});

describe("replace", () => {
  test("sends the tag again and answers the id the broker gives", async () => {
    const seen: unknown[] = [];
    const { desk } = deskOver({
      order: async () => anOrder({ tag: "httag" }),
      replaceOrder: async (...args) => {
        seen.push(args.slice(0, 2));
        return { orderId: "2" };
      },
    });
    expect(await desk.replace("1", { qty: 13 }, BY)).toEqual({
      orderId: "2",
      answeredAt: expect.any(Number),
      replayed: false,
    });
    expect(seen).toEqual([["1", { qty: 13, tag: "httag" }]]);
  });

  test("that the broker finds too late is answered with the order, the first time and again", async () => {
    let status: "OPEN" | "FILLED" = "OPEN";
    const { desk } = deskOver({
      order: async () => anOrder({ status, filledQty: status === "FILLED" ? 12 : 0 }),
      replaceOrder: async () => {
        status = "FILLED";
        throw new BrokerError("OrderNotOpen", "too late", { outcome: "rejected" });
      },
    });
    const keyed = { ...BY, idempotencyKey: "k1" };
    const expected = { code: "OrderNotOpen", outcome: "not_sent", details: { order: { status: "FILLED" } } };
    expect(await rejection(desk.replace("1", { qty: 13 }, keyed))).toMatchObject(expected);
    expect(await rejection(desk.replace("1", { qty: 13 }, keyed))).toMatchObject(expected);
  });

  test("of an order that cannot be read sends nothing", async () => {
    let calls = 0;
    const { desk } = deskOver({
      order: async () => {
        throw new BrokerError("Timeout", "no answer");
      },
      replaceOrder: async () => {
        calls += 1;
        return { orderId: "1" };
      },
    });
    expect(await rejection(desk.replace("1", { qty: 13 }, BY))).toMatchObject({
      code: "NotConnected",
      outcome: "not_sent",
    });
    expect(calls).toBe(0);
  });

  test("a cancel goes before a replace that waits, and the replace then finds the order ended", async () => {
    const log: string[] = [];
    const first = deferred<Placed>();
    let status: "OPEN" | "CANCELED" = "OPEN";
    const { desk, host } = deskOver({
      order: async () => anOrder({ status }),
      replaceOrder: async (_id, change) => {
        log.push(`replace ${change.qty}`);
        return first.promise;
      },
      cancelOrder: async () => {
        log.push("cancel");
        status = "CANCELED";
        host().onOrder(anOrder({ status }));
      },
    });
    const replacing = desk.replace("1", { qty: 13 }, BY);
    await expect.poll(() => log).toEqual(["replace 13"]);
    const waiting = rejection(desk.replace("1", { qty: 14 }, BY));
    const cancelling = desk.cancel("1", BY);
    first.resolve({ orderId: "1" });
    await Promise.all([replacing, cancelling]);
    expect(await waiting).toMatchObject({ code: "OrderNotOpen", outcome: "not_sent" });
    expect(log).toEqual(["replace 13", "cancel"]);
  });

  test.each([
    ["later", true],
    ["at the same moment", false],
  ])("a cancel %s takes back a replace of its order that the broker has not sent yet", async (_, isLater) => {
    const log: string[] = [];
    const { desk } = deskOver({
      order: async () => anOrder(),
      // As behind a vendor's frequency limit: it waits for its turn, and what is given up has not left.
      replaceOrder: (orderId, _change, { signal }) =>
        new Promise((resolve, reject) => {
          const turn = setTimeout(() => {
            log.push("replace");
            resolve({ orderId });
          }, 2_000);
          signal.addEventListener("abort", () => {
            clearTimeout(turn);
            reject(new BrokerError("RateLimited", "given up while waiting", { outcome: "not_sent" }));
          });
        }),
      cancelOrder: async () => void log.push("cancel"),
    });
    await desk.reconcile();
    const replacing = desk.replace("1", { qty: 13 }, BY).catch((error: unknown) => error);
    if (isLater) await aFewTurns();
    await desk.cancel("1", BY);
    expect(log).toEqual(["cancel"]);
    expect(await replacing).toMatchObject({ code: "RateLimited", outcome: "not_sent" });
  });

  test("a cancel takes back a replace whose order is still being read", async () => {
    const log: string[] = [];
    const { desk } = deskOver({
      // As behind a vendor's frequency limit.
      order: (_id, { signal }) =>
        new Promise((resolve, reject) => {
          const turn = setTimeout(() => {
            log.push("read");
            resolve(anOrder());
          }, 2_000);
          signal.addEventListener("abort", () => {
            clearTimeout(turn);
            reject(new BrokerError("Timeout", "given up while waiting"));
          });
        }),
      replaceOrder: async (orderId) => ({ orderId }),
      cancelOrder: async () => void log.push("cancel"),
    });
    const replacing = desk.replace("1", { qty: 13 }, BY).catch((error: unknown) => error);
    await aFewTurns();
    await desk.cancel("1", BY);
    expect(log).toEqual(["cancel"]);
    expect(await replacing).toMatchObject({ outcome: "not_sent" });
  });

  test("a cancel takes back a replace that waits for a quote, also where the positions are there", async () => {
    const log: string[] = [];
    const { desk } = deskOver(
      {
        quote: () => new Promise(() => undefined),
        positions: async () => ({ positions: [], unmapped: [] }),
        order: async () => anOrder({ direction: "SELL" }),
        replaceOrder: async (orderId) => ({ orderId }),
        cancelOrder: async () => void log.push("cancel"),
      },
      { deadlineMs: 60_000, risk: { priceCollar: 0.5 } },
    );
    const replacing = rejection(desk.replace("1", { qty: 13 }, BY)).then((error) => {
      log.push("replace");
      return error;
    });
    await aFewTurns();
    await desk.cancel("1", BY);
    expect(log).toEqual(["replace", "cancel"]);
    expect(await replacing).toMatchObject({ outcome: "not_sent" });
  });

  test("does not leave any more once a cancel has waited for it, also to a broker that does not listen", async () => {
    const log: string[] = [];
    const reading = deferred<Order>();
    const { desk } = deskOver({
      order: (_id, { signal }) => {
        signal.addEventListener("abort", () => reading.resolve(anOrder()));
        return reading.promise;
      },
      replaceOrder: async (orderId) => {
        log.push("replace");
        return { orderId };
      },
      cancelOrder: async () => void log.push("cancel"),
    });
    const replacing = rejection(desk.replace("1", { qty: 13 }, BY));
    await aFewTurns();
    await desk.cancel("1", BY);
    expect(log).toEqual(["cancel"]);
    expect(await replacing).toMatchObject({ outcome: "not_sent" });
  });

  test("that waits for the journal for longer than a cancel waits for it does not leave any more", async () => {
    const log: string[] = [];
    const memory = memoryJournal();
    const { desk } = deskOver(
      {
        order: async () => anOrder(),
        // It never says anything: who waits for it waits for its whole time.
        replaceOrder: () => {
          log.push("replace");
          return deferred<Placed>().promise;
        },
        cancelOrder: async () => void log.push("cancel"),
      },
      {
        journal: {
          ...memory,
          append: async (lines, durability) => {
            const isReplace = lines.some((line) => line.kind === "intent" && line.action.kind === "replace");
            if (isReplace) await new Promise((resolve) => setTimeout(resolve, 1_800));
            return memory.append(lines, durability);
          },
        },
      },
    );
    await desk.reconcile();
    const replacing = rejection(desk.replace("1", { qty: 13 }, BY));
    await aFewTurns();
    await desk.cancel("1", BY);
    expect(log).toEqual(["cancel"]);
    expect(await replacing).toMatchObject({ outcome: "not_sent" });
  });

  test("that its broker leaves unanswered keeps no cancel back where either has little time", async () => {
    const log: string[] = [];
    const { desk } = deskOver(
      {
        order: async () => anOrder(),
        replaceOrder: () => deferred<Placed>().promise,
        cancelOrder: async () => void log.push("cancel"),
      },
      { deadlineMs: 1_500 },
    );
    await desk.reconcile();
    const replacing = rejection(desk.replace("1", { qty: 13 }, BY));
    await aFewTurns();
    await desk.cancel("1", BY);
    expect(log).toEqual(["cancel"]);
    expect(await replacing).toMatchObject({ code: "OutcomeUnknown" });
  });

  test("that its broker leaves unanswered keeps no cancel back, and hears later what became of it", async () => {
    const log: string[] = [];
    const changed = deferred<Placed>();
    const { desk, journal } = deskOver({
      order: async () => anOrder(),
      replaceOrder: () => changed.promise,
      cancelOrder: async () => void log.push("cancel"),
    });
    await desk.reconcile();
    const replacing = rejection(desk.replace("1", { qty: 13 }, BY));
    await aFewTurns();
    await desk.cancel("1", BY);
    expect(log).toEqual(["cancel"]);
    expect(await replacing).toMatchObject({
      code: "OutcomeUnknown",
      message: expect.stringContaining("did not answer before its order was to be canceled"),
    });
    changed.resolve({ orderId: "1" });
    const states = async () => {
      const intents = await journal.intentsSince(DIGEST, 0);
      return intents.map(({ action, state }) => `${action.kind} ${state}`);
    };
    await expect.poll(states).toEqual(["replace resolved", "cancel accepted"]);
    await desk.close();
  });

  test("whose turn does not come is not_sent", async () => {
    const { desk } = deskOver(
      { order: async () => anOrder(), replaceOrder: () => deferred<Placed>().promise },
      { deadlineMs: 300 },
    );
    const [first, second] = await Promise.all([
      rejection(desk.replace("1", { qty: 13 }, BY)),
      rejection(desk.replace("1", { qty: 14 }, BY)),
    ]);
    expect(first).toMatchObject({ code: "OutcomeUnknown" });
    expect(second).toMatchObject({ code: "RateLimited", outcome: "not_sent" });
  });
});

describe("cancel", () => {
  test("goes out although the journal cannot be written", async () => {
    const cancelled: string[] = [];
    const broken: Journal = {
      ...memoryJournal(),
      append: () => Promise.reject(new Error("disk full")),
    };
    const { desk } = deskOver({ cancelOrder: async (orderId) => void cancelled.push(orderId) }, { journal: broken });
    await desk.cancel("1", BY);
    expect(cancelled).toEqual(["1"]);
    // A journal that knows nothing of it waits for no outcome.
    await aFewTurns();
    expect(desk.state().unknownIntents).toBe(0);
  });

  test("of what is canceled succeeds without asking the broker again", async () => {
    let calls = 0;
    const { desk, host } = deskOver({
      cancelOrder: async () => {
        calls += 1;
      },
    });
    await desk.start();
    host().onOrder(anOrder({ status: "CANCELED" }));
    await desk.cancel("1", BY);
    expect(calls).toBe(0);
  });

  test.each([
    ["pushed", "OPEN"],
    ["pushed", "FILLED"],
    ["found out by the cancel", "OPEN"],
  ] as const)("of what was changed into another order is told with that: %s, and %s", async (how, status) => {
    const filledQty = status === "FILLED" ? 12 : 0;
    const old = anOrder({ tag: "httag" });
    const { desk, host } = deskOver({
      orders: async () => ({ orders: [old], unmapped: [] }),
      order: async () => ({ ...old, status: "CANCELED" }),
      replaceOrder: async () => {
        host().onOrder({ ...old, orderId: "2", price: 199, status, filledQty });
        if (how === "pushed") host().onOrder({ ...old, status: "CANCELED" });
        return { orderId: "2" };
      },
      cancelOrder: () => Promise.reject(new BrokerError("OrderNotOpen", "it has ended", { outcome: "rejected" })),
    });
    await desk.reconcile();
    await desk.replace("1", { price: 199 }, BY);
    expect(await rejection(desk.cancel("1", BY))).toMatchObject({
      code: "OrderNotOpen",
      outcome: "not_sent",
      message: `order 1 was changed into order 2, which is ${status}`,
      details: { order: { orderId: "2", status } },
    });
    host().onOrder({ ...old, orderId: "2", price: 199, status: "CANCELED" });
    if (status === "OPEN") await desk.cancel("1", BY);
  });

  test("of what the broker says has ended looks how it ended", async () => {
    const refuse = async () => {
      throw new BrokerError("OrderNotOpen", "already done", { outcome: "rejected" });
    };
    const canceled = deskOver({ cancelOrder: refuse, order: async () => anOrder({ status: "CANCELED" }) });
    await canceled.desk.cancel("1", BY);
    const filled = deskOver({ cancelOrder: refuse, order: async () => anOrder({ status: "FILLED", filledQty: 12 }) });
    expect(await rejection(filled.desk.cancel("1", BY))).toMatchObject({
      code: "OrderNotOpen",
      details: { order: { status: "FILLED" } },
    });
  });

  test.each(["cancel", "replace"] as const)(
    "or change that the broker refuses late is refused also where the order cannot be read in time: %s",
    async (kind) => {
      let reads = 0;
      const refuseLate = async () => {
        await new Promise((resolve) => setTimeout(resolve, 600));
        throw new BrokerError("OrderNotOpen", "already done", { outcome: "rejected" });
      };
      const { desk } = deskOver(
        {
          cancelOrder: refuseLate,
          replaceOrder: refuseLate,
          order: async () => {
            reads += 1;
            // A replace looks at the order beforehand.
            if (kind === "replace" && reads === 1) return anOrder();
            return new Promise<never>(() => undefined);
          },
        },
        { deadlineMs: 1000 },
      );
      const refused = kind === "cancel" ? desk.cancel("1", BY) : desk.replace("1", { qty: 13 }, BY);
      expect(await rejection(refused)).toMatchObject({ code: "OrderNotOpen", outcome: "rejected" });
      await desk.close();
    },
  );

  test("that is refused when nobody waits any more is found out by how its order ended", async () => {
    const refusal = Promise.withResolvers<never>();
    const { desk, journal } = deskOver(
      { cancelOrder: () => refusal.promise, order: async () => anOrder({ status: "CANCELED" }) },
      { deadlineMs: 50 },
    );
    const keyed = { ...BY, idempotencyKey: "k1" };
    expect(await rejection(desk.cancel("1", keyed))).toMatchObject({ code: "OutcomeUnknown" });
    refusal.reject(new BrokerError("OrderNotOpen", "already done", { outcome: "rejected" }));
    await expect.poll(() => journal.unsettled(DIGEST)).toEqual([]);
    expect(await desk.cancel("1", keyed)).toMatchObject({ replayed: true });
    await desk.close();
  });

  test("of what ended meanwhile is answered so from what was pushed where the order cannot be read", async () => {
    let ends: "CANCELED" | "FILLED" = "CANCELED";
    const refusing = async (orderId: string) => {
      host().onOrder(anOrder({ orderId, status: ends, filledQty: ends === "FILLED" ? 12 : 0 }));
      throw new BrokerError("OrderNotOpen", "already done", { outcome: "rejected" });
    };
    const { desk, host } = deskOver({
      cancelOrder: refusing,
      order: async () => {
        throw new BrokerError("RateLimited", "order/state: the limit is used up", { outcome: "not_sent" });
      },
      orders: async () => ({ orders: [anOrder({ orderId: "1" }), anOrder({ orderId: "2" })], unmapped: [] }),
    });
    await desk.orders({ status: "open" }, {});
    await desk.cancel("1", BY);
    ends = "FILLED";
    const told = { code: "OrderNotOpen", details: { order: { orderId: "2", status: "FILLED" } } };
    expect(await rejection(desk.cancel("2", BY))).toMatchObject(told);
  });

  test.each(["CANCELED", "FILLED", "OPEN"] as const)(
    "or change of an order that was %s before a restart and that the broker knows no more",
    async (status) => {
      const journal = memoryJournal();
      const yesterday = deskOver({ placeOrder: async () => ({ orderId: "1" }) }, { journal });
      await yesterday.desk.place(LIMIT_BUY, BY);
      yesterday.host().onOrder(anOrder({ orderId: "1", status, filledQty: status === "FILLED" ? 12 : 0 }));
      await yesterday.desk.close();
      const unknown = async (orderId: string) => {
        throw new BrokerError("OrderNotFound", `no order ${orderId} on this day`);
      };
      const changes: string[] = [];
      const { desk } = deskOver(
        {
          cancelOrder: unknown,
          replaceOrder: async (orderId) => {
            changes.push(orderId);
            return unknown(orderId);
          },
          order: unknown,
          orders: async () => ({ orders: [], unmapped: [] }),
        },
        { journal },
      );
      const ended = { code: "OrderNotOpen", outcome: "not_sent", details: { order: { status } } };
      const absent = { code: "OrderNotFound" };
      if (status === "CANCELED") await desk.cancel("1", BY);
      else expect(await rejection(desk.cancel("1", BY))).toMatchObject(status === "FILLED" ? ended : absent);
      expect(await rejection(desk.replace("1", { qty: 13 }, BY))).toMatchObject(status === "OPEN" ? absent : ended);
      expect(await rejection(desk.cancel("2", BY))).toMatchObject(absent);
      expect(changes).toEqual([]);
      await desk.close();
    },
  );

  test.each(["OPEN", "PARTIALLY_FILLED", "PENDING_REPLACE"] as const)(
    "that the broker refuses as of one that has ended, which is %s, does not say that it has",
    async (status) => {
      const refuse = async () => {
        throw new BrokerError("OrderNotOpen", "not in this state", { outcome: "rejected" });
      };
      const { desk } = deskOver({
        cancelOrder: refuse,
        replaceOrder: refuse,
        order: async () => anOrder({ status }),
        orders: async () => ({ orders: [anOrder({ status })], unmapped: [] }),
      });
      const refused = { code: "OrderRejected", outcome: "rejected", message: "not in this state" };
      expect(await rejection(desk.cancel("1", BY))).toMatchObject(refused);
      expect(await rejection(desk.replace("1", { qty: 13 }, BY))).toMatchObject(refused);
      expect(await desk.cancelAll("ops")).toMatchObject({ canceled: [], failed: [{ orderId: "1" }] });
      await desk.close();
    },
  );

  test.each([
    ["CANCELED", "done"],
    ["FILLED", { code: "OrderNotOpen", outcome: "not_sent", details: { order: { status: "FILLED" } } }],
  ] as const)("that finds an order %s is answered the same under its key again", async (status, answer) => {
    const { desk } = deskOver({
      cancelOrder: async () => {
        throw new BrokerError("OrderNotOpen", "already done", { outcome: "rejected" });
      },
      order: async () => anOrder({ status, filledQty: status === "FILLED" ? 12 : 0 }),
    });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const canceling = desk.cancel("1", { ...BY, idempotencyKey: "k" });
      const told: unknown = await canceling.then(
        () => "done",
        (error: unknown) => error,
      );
      if (answer === "done") expect(told).toBe(answer);
      else expect(told).toMatchObject(answer);
    }
  });

  test("whose answer is lost is unknown and may be sent again", async () => {
    let calls = 0;
    const { desk } = deskOver({
      cancelOrder: async () => {
        calls += 1;
        if (calls === 1) throw new BrokerError("BrokerFault", "the socket dropped");
      },
    });
    // No order carries a tag of a cancel, by which it could be looked for.
    expect(await rejection(desk.cancel("1", BY))).toMatchObject({ code: "OutcomeUnknown", tag: undefined });
    await desk.cancel("1", BY);
    expect(calls).toBe(2);
  });
});

test("what becomes of a write that the close ends is written down before the gateway is closed", async () => {
  const { promise, reject } = deferred<Placed>();
  const { desk, journal } = deskOver({
    placeOrder: () => promise,
    close: async () => {
      setImmediate(() => reject(new BrokerError("NotConnected", "closed before it was sent", { outcome: "not_sent" })));
    },
  });
  const placing = rejection(desk.place(LIMIT_BUY, BY));
  await expect.poll(() => records(journal)).toMatchObject([{ state: "sending" }]);
  await desk.close();
  expect(await records(journal)).toEqual([]);
  expect(await placing).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
});

test("after close nothing is sent", async () => {
  const { desk } = deskOver({ placeOrder: async () => ({ orderId: "1" }), cancelOrder: async () => undefined });
  await desk.start();
  await desk.close();
  expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
  expect(await rejection(desk.cancel("1", BY))).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
});

test.each(["place", "replace"] as const)("nor is a %s that the close finds before its hand-over", async (kind) => {
  const looking = deferred<never>();
  const sent: string[] = [];
  const { desk } = deskOver(
    {
      orders: async () => ({ orders: [anOrder()], unmapped: [] }),
      quote: () => looking.promise,
      // Like one that needs no connection, and so does not know that it was closed.
      placeOrder: async () => ({ orderId: `${sent.push("place")}` }),
      replaceOrder: async (orderId) => ({ orderId: `${sent.push("replace") && orderId}` }),
    },
    { risk: { priceCollar: 0.05, quotes: { missing: "allow" } } },
  );
  await desk.reconcile();
  const writing = rejection(kind === "place" ? desk.place(LIMIT_BUY, BY) : desk.replace("1", { price: 201 }, BY));
  await aFewTurns();
  await desk.close();
  looking.reject(new BrokerError("NotConnected", "closed"));
  expect(await writing).toMatchObject({ code: "NotReconciled", outcome: "not_sent" });
  expect(sent).toEqual([]);
});

test("a write whose broker answers with something that begins anew for everybody who waits for it is sent once", async () => {
  let sent = 0;
  const lazy = {
    // biome-ignore lint/suspicious/noThenProperty: what is awaited here is just that
    then() {
      sent += 1;
      return lazy;
    },
    catch: () => lazy,
  };
  const { desk } = deskOver({ placeOrder: () => lazy as unknown as Promise<Placed> }, { deadlineMs: 50 });
  expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({ code: "OutcomeUnknown" });
  await desk.close();
  expect(sent).toBe(1);
});
