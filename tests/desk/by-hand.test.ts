/** What nobody knows, settled by an operator while the desk is at work: it then stands as after a restart with such a journal. */
import { afterEach, describe, expect, test } from "vitest";
import type { DeskEvent } from "../../src/desk/follow.ts";
import { keyedTag } from "../../src/desk/tag.ts";
import type { Desk } from "../../src/desk/types.ts";
import type { Order } from "../../src/domain/order.ts";
import { resolutionLines } from "../../src/journal/by-hand.ts";
import type { IntentRecord, Journal, JournalLine, OrderRecord } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import type { Broker } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import type { RiskOptions } from "../../src/spec/policy.ts";
import { aFewTurns, unheardRejections } from "../unheard.ts";
import { anOrder, CAPABILITIES, DIGEST, deferred, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";

const KEYED = { principal: "bot", idempotencyKey: "k1" };
const TAG = keyedTag(DIGEST, "bot", "k1");
const SEEN = { reason: "seen in the app", principal: "ops" };
/** One order is all that may be sent in a day. */
const RISK: RiskOptions = { maxDailyValue: 12 * 200, allowShort: true };
/** What is sent beyond that. */
const ONE_MORE = { ...LIMIT_BUY, qty: 1 };

const open: Desk[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((desk) => desk.close()));
});

/** A journal in memory that can be silent, and can fail. */
function oddJournal(kept = memoryJournal()) {
  let held: PromiseWithResolvers<void> | undefined;
  let failure: Error | undefined;
  const journal: Journal = {
    ...kept,
    async append(...args) {
      await held?.promise;
      if (failure !== undefined) throw failure;
      return kept.append(...args);
    },
  };
  return {
    kept,
    journal,
    hold: () => {
      held = deferred<void>();
    },
    release: (error?: Error) => {
      failure = error;
      held?.resolve();
      held = undefined;
    },
    fail: (error?: Error) => {
      failure = error;
    },
  };
}

const lost = async (): Promise<never> => {
  throw new BrokerError("Timeout", "the line went dead", { outcome: "unknown" });
};

interface Setting {
  readonly members?: Partial<Broker>;
  readonly risk?: RiskOptions;
  readonly deadlineMs?: number;
  readonly odd?: ReturnType<typeof oddJournal>;
}

/** A desk over a broker that loses what is sent to it, and of whose lists nothing follows. */
function losing({ members = {}, risk, deadlineMs, odd = oddJournal() }: Setting = {}) {
  const opened = deskOver(
    {
      placeOrder: lost,
      replaceOrder: lost,
      cancelOrder: lost,
      orders: async () => ({ orders: [], unmapped: [] }),
      capabilities: () => ({ ...CAPABILITIES, listing: { complete: false, settleMs: 0 } }),
      ...members,
    },
    { journal: odd.journal, ...(risk && { risk }), ...(deadlineMs && { deadlineMs }) },
  );
  open.push(opened.desk);
  return { ...opened, odd };
}

const intentOf = ({ kept }: ReturnType<typeof oddJournal>, id = TAG) => kept.intent(DIGEST, id) as IntentRecord;

/** Demands that the day counts what was sent. */
async function demandCounted(desk: Desk): Promise<void> {
  const details = { rule: "risk.maxDailyValue" };
  expect(await rejection(desk.place(ONE_MORE, { principal: "bot" }))).toMatchObject({ code: "LimitExceeded", details });
}

async function heardBy(desk: Desk): Promise<DeskEvent[]> {
  const heard: DeskEvent[] = [];
  const cursor = await desk.follow(undefined);
  void (async () => {
    for (let events = await cursor.next(); events !== undefined; events = await cursor.next()) heard.push(...events);
  })();
  return heard;
}

/** An unknown place under a key, settled in one of two ways: a desk at work, or one that is started with its journal. */
async function settledPlace(how: "at work" | "started again", orderId: string | null, setting: Setting = {}) {
  const odd = oddJournal();
  const first = losing({ ...setting, odd });
  expect(await rejection(first.desk.place(LIMIT_BUY, KEYED))).toMatchObject({ code: "OutcomeUnknown" });
  if (how === "at work") {
    await first.desk.resolveIntent({ tag: TAG, orderId, ...SEEN });
    return first;
  }
  await first.desk.close();
  const at = Date.now();
  const lines = resolutionLines(intentOf(odd), { orderId, ...SEEN }, { named: undefined, changed: undefined }, at);
  odd.kept.append(
    lines.map((line) => ({ ...line, instance: DIGEST, at })),
    "power-loss",
  );
  return losing({ ...setting, odd });
}

describe.each(["at work", "started again"] as const)("an unknown place that is settled, at a desk %s,", (how) => {
  test("as accepted, is answered under its key, counts for the day and is unknown no more", async () => {
    const { desk } = await settledPlace(how, "77", { risk: RISK });
    expect(await desk.unknownIntents()).toEqual([]);
    expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "77", tag: TAG, replayed: true });
    await demandCounted(desk);
  });

  test("as not sent, frees its key and what it took of the limits", async () => {
    const calls: string[] = [];
    const placeOrder: Broker["placeOrder"] = async ({ tag }) => {
      calls.push(tag);
      return calls.length > 1 ? { orderId: "78" } : lost();
    };
    const { desk } = await settledPlace(how, null, { risk: { ...RISK, maxOpenOrders: 1 }, members: { placeOrder } });
    expect(desk.state().unknownIntents).toBe(0);
    expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "78", replayed: false });
    expect(calls).toEqual([TAG, TAG]);
  });

  test("as not sent, is adopted when its order shows up all the same", async () => {
    const { desk, host, odd } = await settledPlace(how, null, { risk: RISK });
    await desk.reconcile();
    const heard = await heardBy(desk);
    host().onOrder(anOrder({ orderId: "79", tag: TAG }));
    await expect.poll(() => heard.map(({ kind }) => kind)).toEqual(["snapshot", "anomaly", "order"]);
    expect(heard).toMatchObject([
      {},
      { message: "order 79 exists although its intent had ended as resolved; it is adopted" },
      {},
    ]);
    expect(desk.remembered("79")).toMatchObject({ external: false });
    expect(intentOf(odd)).toMatchObject({ state: "resolved", placed: { orderId: "79" } });
    expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "79", replayed: true });
    await demandCounted(desk);
  });
});

test("what was settled stands in the journal with the operator's words and name, and is told as an event", async () => {
  const { desk, odd } = losing();
  await rejection(desk.place(LIMIT_BUY, KEYED));
  const heard = await heardBy(desk);
  await desk.resolveIntent({ tag: TAG, orderId: "77", ...SEEN });
  expect(intentOf(odd)).toMatchObject({
    state: "resolved",
    placed: { orderId: "77" },
    failure: null,
    reason: "an operator (ops): seen in the app",
  });
  const message = `an operator (ops) settled the unknown place ${TAG} as accepted as order 77: seen in the app`;
  const order = { orderId: "77", tag: TAG, external: false, status: "PENDING", qty: 12, price: 200 };
  await expect
    .poll(() => heard.slice(1))
    .toMatchObject([
      { kind: "anomaly", message, orderId: "77", tag: TAG },
      { kind: "order", order: { ...order, staleSince: null } },
      // Nor has the broker heard of it, which is told too.
      { kind: "order", order: { ...order, staleSince: expect.any(Number) } },
    ]);
});

test.each(["at work", "started again"] as const)(
  "an order that is there by an operator's word counts where its broker does not list it, and its broker's word of it counts more: %s",
  async (how) => {
    const risk = { maxOpenOrders: 1, allowShort: true };
    let its: Order | undefined;
    const order = async () => {
      if (its === undefined) throw new BrokerError("NotConnected", "no connection");
      return its;
    };
    const { desk } = await settledPlace(how, "77", { risk, members: { order } });
    const details = { breaches: [{ rule: "risk.maxOpenOrders", value: 2 }] };
    expect(await rejection(desk.place(ONE_MORE, { principal: "bot" }))).toMatchObject({ details });
    its = anOrder({ orderId: "77", tag: TAG, status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: 7 });
    expect(await desk.order("77", {})).toMatchObject({ status: "FILLED", external: false });
    expect(await rejection(desk.place(ONE_MORE, { principal: "bot" }))).toMatchObject({ code: "OutcomeUnknown" });
  },
);

test("what an operator says a change has put in the place of its order counts where its broker does not list it", async () => {
  const order = async (orderId: string) => {
    if (orderId === "1") return anOrder({ tag: "htfirst" });
    throw new BrokerError("NotConnected", "no connection");
  };
  const { desk, host } = losing({
    risk: { maxOpenOrders: 2, allowShort: true },
    members: { order },
  });
  expect(await rejection(desk.replace("1", { qty: 14 }, KEYED))).toMatchObject({ code: "OutcomeUnknown" });
  await desk.resolveIntent({ tag: TAG, orderId: "2", ...SEEN });
  expect(desk.remembered("2")).toMatchObject({ tag: "htfirst", qty: 14, status: "PENDING" });
  const details = { breaches: [{ rule: "risk.maxOpenOrders", value: 3 }] };
  expect(await rejection(desk.place(ONE_MORE, { principal: "bot" }))).toMatchObject({ details });
  host().onOrder(anOrder({ tag: "htfirst", status: "CANCELED", updatedAt: 7 }));
  expect(await rejection(desk.place(ONE_MORE, { principal: "bot" }))).toMatchObject({ code: "OutcomeUnknown" });
});

test("an intent that an earlier process left can be settled by the first who asks a desk for anything", async () => {
  const odd = oddJournal();
  const before = losing({ odd });
  await rejection(before.desk.place(LIMIT_BUY, KEYED));
  await before.desk.close();
  const { desk } = losing({ odd });
  await desk.resolveIntent({ tag: TAG, orderId: null, ...SEEN });
  expect(intentOf(odd)).toMatchObject({ state: "resolved", failure: { outcome: "not_sent" } });
  expect(await desk.unknownIntents()).toEqual([]);
});

test.each([
  ["replace", (desk: Desk) => desk.replace("1", { price: 210 }, KEYED)],
  ["cancel", (desk: Desk) => desk.cancel("1", KEYED)],
] as const)("a %s is settled like a place", async (kind, write) => {
  const { desk, odd } = losing({ members: { order: async () => anOrder() } });
  expect(await rejection(write(desk))).toMatchObject({ code: "OutcomeUnknown" });
  await desk.resolveIntent({ tag: TAG, orderId: "1", ...SEEN });
  expect(intentOf(odd)).toMatchObject({ action: { kind }, state: "resolved", placed: { orderId: "1" } });
  expect(desk.state().unknownIntents).toBe(0);
  expect(await write(desk)).toMatchObject({ replayed: true });
});

describe("is not settled, and nothing changes:", () => {
  async function refused(desk: Desk, fields: object, expected: object): Promise<void> {
    await desk.reconcile();
    await desk.unknownIntents();
    const before = desk.state();
    expect(await rejection(desk.resolveIntent({ tag: TAG, orderId: null, ...SEEN, ...fields }))).toMatchObject({
      outcome: "not_sent",
      ...expected,
    });
    expect(desk.state()).toEqual(before);
  }

  test("an intent that is not there, or is settled", async () => {
    const { desk, odd } = losing();
    await rejection(desk.place(LIMIT_BUY, KEYED));
    const lines = await odd.kept.open();
    await refused(desk, { tag: "htnever" }, { code: "OrderNotFound", message: expect.stringContaining("htnever") });
    expect(await odd.kept.open()).toEqual(lines);
    await desk.resolveIntent({ tag: TAG, orderId: "77", ...SEEN });
    const settled = intentOf(odd);
    await refused(desk, {}, { code: "OrderNotOpen", message: expect.stringContaining("is resolved already") });
    expect(intentOf(odd)).toEqual(settled);
  });

  test("one that is being handed over, also when its client was told that nobody knows", async () => {
    const calling = deferred<never>();
    const { desk, odd } = losing({ deadlineMs: 50, members: { placeOrder: () => calling.promise } });
    const placing = rejection(desk.place(LIMIT_BUY, KEYED));
    await expect.poll(() => intentOf(odd)?.state).toBe("sending");
    const tooEarly = { code: "OrderNotOpen", message: expect.stringContaining("still being sent") };
    await refused(desk, {}, tooEarly);
    expect(await placing).toMatchObject({ code: "OutcomeUnknown" });
    expect(await desk.unknownIntents()).toHaveLength(1);
    for (const orderId of [null, "77"]) await refused(desk, { orderId }, tooEarly);
    calling.reject(new BrokerError("BrokerFault", "the connection was lost", { outcome: "unknown" }));
    await aFewTurns();
    await desk.resolveIntent({ tag: TAG, orderId: null, ...SEEN });
    expect(intentOf(odd)).toMatchObject({ state: "resolved", failure: { outcome: "not_sent" } });
  });

  test("one of which the desk knows what became of it, and only the journal does not", async () => {
    const odd = oddJournal();
    const placeOrder = async () => {
      odd.fail(new Error("no room"));
      return { orderId: "78" };
    };
    const { desk } = losing({ odd, members: { placeOrder } });
    await desk.place(LIMIT_BUY, KEYED);
    await refused(desk, {}, { code: "InvalidRequest", message: expect.stringContaining("order 78 is open") });
    await refused(desk, { orderId: "78" }, { code: "OrderNotOpen" });
  });

  test.each([
    ["of another tag", { tag: "htother" }, "carries the tag htother"],
    ["of another direction", { direction: "SELL" }, "is no BUY of"],
  ] as const)("one that is said to have become an order %s", async (_name, fields, words) => {
    const { desk, host } = losing();
    await rejection(desk.place(LIMIT_BUY, KEYED));
    host().onOrder(anOrder({ orderId: "78", ...fields }));
    await refused(desk, { orderId: "78" }, { code: "InvalidRequest", message: expect.stringContaining(words) });
  });

  test.each([
    ["not sent", null],
    ["another order", "78"],
  ] as const)("one whose order had ended before this process, as %s", async (_name, orderId) => {
    const odd = oddJournal();
    const before = losing({ odd });
    await rejection(before.desk.place(LIMIT_BUY, KEYED));
    await before.desk.close();
    const order = anOrder({ orderId: "77", tag: TAG, status: "FILLED", filledQty: 12, avgPrice: 200 });
    const stamp = { instance: DIGEST, at: Date.now() };
    const told = { kind: "order", order: { ...order, external: false, asOf: 3, staleSince: null }, ...stamp } as const;
    const news = { kind: "connection", connected: true, reason: null, ...stamp } as const;
    odd.kept.append([told, ...Array.from({ length: 600 }, () => news)], "process");
    const { desk } = losing({ odd });
    const words = `order 77 has ended in this journal and carries the tag ${TAG}: resolve it as accepted`;
    await refused(desk, { orderId }, { code: "InvalidRequest", message: words });
    await desk.resolveIntent({ tag: TAG, orderId: "77", ...SEEN });
    expect(intentOf(odd)).toMatchObject({ placed: { orderId: "77" } });
  });

  test.each([
    ["an order that is no text", { orderId: 77 }],
    ["no order and no word of that", { orderId: undefined }],
    ["a reason that is none", { reason: " " }],
    ["no reason", { reason: undefined }],
  ])("one of which an API of one's own says %s", async (_name, fields) => {
    const { desk } = losing();
    await rejection(desk.place(LIMIT_BUY, KEYED));
    await refused(desk, fields, { code: "InvalidRequest" });
  });

  test("one as not sent, of which the broker need not show yet what it has taken", async () => {
    const { desk, odd } = losing({
      members: { capabilities: () => ({ ...CAPABILITIES, listing: { complete: false, settleMs: 60_000 } }) },
    });
    await rejection(desk.place(LIMIT_BUY, KEYED));
    await refused(desk, {}, { code: "OrderNotOpen", message: expect.stringContaining("look again after 60 s") });
    await desk.resolveIntent({ tag: TAG, orderId: "77", ...SEEN });
    expect(intentOf(odd)).toMatchObject({ placed: { orderId: "77" } });
  });

  test("what the journal does not take", async () => {
    const { desk, odd } = losing();
    await rejection(desk.place(LIMIT_BUY, KEYED));
    odd.fail(new Error("no room"));
    await refused(desk, {}, { code: "JournalUnavailable" });
    odd.fail();
    expect(await desk.unknownIntents()).toHaveLength(1);
    await desk.resolveIntent({ tag: TAG, orderId: null, ...SEEN });
    expect(await desk.unknownIntents()).toEqual([]);
  });
});

test("what the journal takes only after its time holds from then on, and nobody settles it twice", async () => {
  const unheard = unheardRejections();
  const { desk, odd } = losing({ deadlineMs: 80 });
  await rejection(desk.place(LIMIT_BUY, KEYED));
  odd.hold();
  const settling = rejection(desk.resolveIntent({ tag: TAG, orderId: null, ...SEEN }));
  expect(await rejection(desk.resolveIntent({ tag: TAG, orderId: "77", ...SEEN }))).toMatchObject({
    code: "OrderNotOpen",
  });
  expect(await settling).toMatchObject({ code: "JournalUnavailable", outcome: "not_sent" });
  expect(desk.state().unknownIntents).toBe(1);
  odd.release();
  await expect.poll(() => desk.state().unknownIntents).toBe(0);
  expect(intentOf(odd)).toMatchObject({ state: "resolved", failure: { outcome: "not_sent" } });
  await aFewTurns();
  expect(unheard).toEqual([]);
});

test("nothing more is sent after an order was said to be there until it is known, as after a start", async () => {
  const found = anOrder({ orderId: "77", tag: TAG });
  const placeOrder: Broker["placeOrder"] = async ({ qty }) => (qty === 12 ? lost() : { orderId: "78" });
  let shown: Order[] = [];
  const orders = async () => ({ orders: shown, unmapped: [] });
  const { desk } = losing({ risk: { maxOpenOrders: 1, allowShort: true }, members: { placeOrder, orders } });
  await rejection(desk.place(LIMIT_BUY, KEYED));
  shown = [found];
  await desk.resolveIntent({ tag: TAG, orderId: "77", ...SEEN });
  expect(await rejection(desk.place(ONE_MORE, { principal: "bot" }))).toMatchObject({
    details: { rule: "risk.maxOpenOrders" },
  });
});

describe("when its order is found", () => {
  const found = anOrder({ orderId: "79", tag: TAG });

  test.each([null, "77"])(
    "while it is being settled as %s, the order holds and the operator is told",
    async (orderId) => {
      const { desk, host, odd } = losing({ risk: RISK });
      await rejection(desk.place(LIMIT_BUY, KEYED));
      odd.hold();
      const settling = rejection(desk.resolveIntent({ tag: TAG, orderId, ...SEEN }));
      await aFewTurns();
      host().onOrder(found);
      odd.release();
      expect(await settling).toMatchObject({
        code: "OrderNotOpen",
        message: expect.stringContaining("found out meanwhile"),
      });
      await expect.poll(() => desk.state().unknownIntents).toBe(0);
      expect(intentOf(odd)).toMatchObject({ placed: { orderId: "79" }, reason: "found by its tag" });
      expect(await desk.place(LIMIT_BUY, KEYED)).toMatchObject({ orderId: "79", replayed: true });
      await demandCounted(desk);
    },
  );

  test("while the operator's word is weighed, nothing of that is written down", async () => {
    const odd = oddJournal();
    let onRead = () => {};
    const events: Journal["events"] = async (...args) => {
      const page = await odd.kept.events(...args);
      onRead();
      return page;
    };
    const { desk, host } = losing({ odd: { ...odd, journal: { ...odd.journal, events } } });
    await rejection(desk.place(LIMIT_BUY, KEYED));
    onRead = () => {
      odd.hold();
      host().onOrder(found);
    };
    const settling = desk.resolveIntent({ tag: TAG, orderId: null, ...SEEN });
    expect(await rejection(settling)).toMatchObject({ code: "OrderNotOpen" });
    odd.release();
    await expect.poll(() => intentOf(odd).reason).toBe("found by its tag");
    const told = await odd.kept.events(DIGEST, 0, 100);
    expect(told.events.filter(({ kind }) => kind === "anomaly")).toEqual([]);
  });

  test("and the journal does not take that, it holds all the same, and is found again", async () => {
    const odd = oddJournal();
    let isAway = true;
    const journal: Journal = {
      ...odd.journal,
      async append(lines, durability) {
        if (isAway && lines.some((line) => line.kind === "progress" && line.reason === "found by its tag")) {
          throw new Error("no room");
        }
        return odd.journal.append(lines, durability);
      },
    };
    const { desk, host } = losing({ odd: { ...odd, journal } });
    await rejection(desk.place(LIMIT_BUY, KEYED));
    odd.hold();
    const settling = rejection(desk.resolveIntent({ tag: TAG, orderId: null, ...SEEN }));
    await aFewTurns();
    host().onOrder(found);
    await aFewTurns();
    odd.release();
    expect(await settling).toMatchObject({ code: "OrderNotOpen" });
    expect(desk.state().unknownIntents).toBe(1);
    isAway = false;
    host().onConnection({ connected: true });
    await expect.poll(() => intentOf(odd)).toMatchObject({ placed: { orderId: "79" } });
  });

  test("and shows a change while that is being settled as not sent, the change holds", async () => {
    const order = anOrder({ tag: "htfirst" });
    const { desk, host, odd } = losing({ members: { order: async () => order } });
    expect(await rejection(desk.replace("1", { price: 210 }, KEYED))).toMatchObject({ code: "OutcomeUnknown" });
    odd.hold();
    const settling = rejection(desk.resolveIntent({ tag: TAG, orderId: null, ...SEEN }));
    await aFewTurns();
    host().onOrder({ ...order, price: 210, updatedAt: 2 });
    odd.release();
    expect(await settling).toMatchObject({ code: "OrderNotOpen" });
    await expect.poll(() => intentOf(odd)).toMatchObject({ placed: { orderId: "1" }, reason: "shown by the order" });
  });

  test("and that is being written down, an operator settles nothing", async () => {
    const { desk, host, odd } = losing();
    await rejection(desk.place(LIMIT_BUY, KEYED));
    odd.hold();
    host().onOrder(found);
    await aFewTurns();
    expect(await rejection(desk.resolveIntent({ tag: TAG, orderId: "79", ...SEEN }))).toMatchObject({
      code: "OrderNotOpen",
    });
    odd.release();
    await expect.poll(() => intentOf(odd).reason).toBe("found by its tag");
  });
});

test("while an operator's word is being written down its absence from lists is not judged", async () => {
  const whole = { ...CAPABILITIES, listing: { complete: true, settleMs: 0 } };
  let isWhole = false;
  let lists = 0;
  const members: Partial<Broker> = {
    capabilities: () => (isWhole ? whole : { ...CAPABILITIES, listing: { complete: false, settleMs: 0 } }),
    orders: async () => {
      lists += 1;
      return { orders: [], unmapped: [] };
    },
  };
  const { desk, odd } = losing({ members, risk: RISK });
  await rejection(desk.place(LIMIT_BUY, KEYED));
  odd.hold();
  const settling = desk.resolveIntent({ tag: TAG, orderId: "77", ...SEEN });
  await aFewTurns();
  isWhole = true;
  const from = lists;
  await expect.poll(() => lists, { timeout: 5000 }).toBeGreaterThan(from + 3);
  odd.release();
  await settling;
  expect(intentOf(odd)).toMatchObject({ placed: { orderId: "77" }, failure: null });
});

describe("an open order that its broker knows no more", () => {
  const GONE: OrderRecord = { ...anOrder({ tag: "htgone" }), external: false, asOf: 3, staleSince: 4 };
  const PART: OrderRecord = { ...GONE, orderId: "2", tag: "htpart", filledQty: 5, avgPrice: 199.5 };
  const KNOWN: OrderRecord = { ...GONE, orderId: "3", tag: "htknown", staleSince: null };
  const ENDED: OrderRecord = { ...GONE, orderId: "4", tag: "htended", staleSince: null, status: "CANCELED" };

  const lineOf = (order: OrderRecord): JournalLine => ({ kind: "order", order, instance: DIGEST, at: Date.now() });

  function withOrders(setting: Setting = {}, orders: readonly OrderRecord[] = [GONE, PART, KNOWN, ENDED]) {
    const odd = oddJournal();
    odd.kept.append(orders.map(lineOf), "process");
    const order = async (orderId: string): Promise<Order> => {
      if (orderId === KNOWN.orderId) return anOrder({ orderId, tag: KNOWN.tag });
      throw new BrokerError("OrderNotFound", `no order ${orderId}`);
    };
    return losing({ ...setting, odd, members: { order, ...setting.members } });
  }

  test.each([
    ["1", "FILLED", { qty: 12, price: 200.25 }, { filledQty: 12, avgPrice: 200.25, errorReason: "" }],
    ["1", "REJECTED", undefined, { filledQty: 0, errorReason: "seen in the app" }],
    ["2", "CANCELED", undefined, { filledQty: 5, avgPrice: 199.5, errorReason: "" }],
    ["2", "EXPIRED", { qty: 7, price: 199 }, { filledQty: 7, avgPrice: 199, errorReason: "seen in the app" }],
  ] as const)("%s ends as %s", async (orderId, status, fills, fields) => {
    const { desk, odd } = withOrders();
    const heard = await heardBy(desk);
    const openBefore = desk.state().openOrders;
    const expected = {
      ...fields,
      orderId,
      status,
      warning: "an operator (ops) ended it: seen in the app",
      staleSince: null,
    };
    expect(await desk.endOrder({ orderId, status, fills, ...SEEN })).toMatchObject({ ...expected, source: "journal" });
    expect(desk.remembered(orderId)).toMatchObject(expected);
    expect(odd.kept.order(DIGEST, orderId)).toMatchObject(expected);
    expect(desk.state().openOrders).toBe(openBefore - 1);
    expect(await desk.order(orderId, {})).toMatchObject(expected);
    const message = `an operator (ops) ended order ${orderId} as ${status}, filled ${fields.filledQty}: seen in the app`;
    await expect
      .poll(() => heard.slice(1))
      .toMatchObject([
        { kind: "order", order: expected },
        { kind: "anomaly", orderId, message },
      ]);
  });

  test.each([
    ["3", "CANCELED", undefined, "OrderNotOpen", "is known to its broker"],
    ["4", "CANCELED", undefined, "OrderNotOpen", "is CANCELED already"],
    ["9", "CANCELED", undefined, "OrderNotFound", "no order 9 is open"],
    ["1", "FILLED", { qty: 13, price: 200 }, "InvalidRequest", "was for 12, not 13"],
    ["1", "FILLED", undefined, "InvalidRequest", "is canceled or expired"],
    ["2", "CANCELED", { qty: 4, price: 200 }, "InvalidRequest", "5 of order 2 were filled, not 4"],
    ["2", "REJECTED", undefined, "InvalidRequest", "5 of order 2 were filled"],
    ["1", "DONE" as "FILLED", undefined, "InvalidRequest", "must be one of FILLED, CANCELED, EXPIRED, REJECTED"],
    ["1", "FILLED", { qty: 12, price: Number.NaN }, "InvalidRequest", "must be a qty and a price above 0"],
  ] as const)("%s does not end as %s %#", async (orderId, status, fills, code, words) => {
    const { desk, odd } = withOrders();
    await desk.unknownIntents();
    const before = [desk.remembered(orderId), odd.kept.order(DIGEST, orderId)];
    const failure = { code, outcome: "not_sent", message: expect.stringContaining(words) };
    expect(await rejection(desk.endOrder({ orderId, status, fills, ...SEEN }))).toMatchObject(failure);
    expect([desk.remembered(orderId), odd.kept.order(DIGEST, orderId)]).toEqual(before);
  });

  test("can be ended by the first who asks a desk for anything", async () => {
    const { desk } = withOrders();
    expect(await desk.endOrder({ orderId: "1", status: "CANCELED", ...SEEN })).toMatchObject({ status: "CANCELED" });
  });

  test("is open as before when that cannot be written down, and can be ended later", async () => {
    const { desk, odd } = withOrders();
    const heard = await heardBy(desk);
    odd.fail(new Error("no room"));
    const ending = { orderId: "1", status: "CANCELED", ...SEEN } as const;
    expect(await rejection(desk.endOrder(ending))).toMatchObject({ code: "JournalUnavailable" });
    expect(desk.remembered("1")).toEqual(GONE);
    odd.fail();
    await desk.endOrder(ending);
    await expect.poll(() => heard.map(({ kind }) => kind)).toEqual(["snapshot", "order", "anomaly"]);
  });

  test("has ended everywhere when that is told, so that no snapshot has it behind its own end", async () => {
    const { desk } = withOrders();
    const seen: unknown[] = [];
    desk.watch((orders) => {
      for (const { orderId, status } of orders) {
        if (orderId === "1") seen.push([status, desk.remembered(orderId)?.status, desk.state().openOrders]);
      }
    });
    await expect.poll(() => seen).toEqual([["OPEN", "OPEN", 3]]);
    await desk.endOrder({ orderId: "1", status: "CANCELED", ...SEEN });
    expect(seen.slice(1)).toEqual([["CANCELED", "CANCELED", 2]]);
  });

  test.each([
    ["CANCELED", 1],
    ["REJECTED", 0],
  ] as const)(
    "takes nothing of the limits any more, ended as %s, and of the day %i times its value",
    async (status, counted) => {
      const placeOrder: Broker["placeOrder"] = async ({ tag }) => ({ orderId: tag });
      const capabilities = () => ({ ...CAPABILITIES, listing: { complete: false, settleMs: 0 } });
      const risk = { maxOpenOrders: 1, maxDailyValue: 2 * 12 * 200 };
      const { desk, host } = withOrders({ risk, members: { placeOrder, capabilities } }, []);
      const { orderId } = await desk.place(LIMIT_BUY, KEYED);
      host().onConnection({ connected: true });
      await expect.poll(() => desk.remembered(orderId)?.staleSince).not.toBe(null);
      const refused = { code: "LimitExceeded", details: { rule: "risk.maxOpenOrders" } };
      expect(await rejection(desk.place(LIMIT_BUY, { principal: "bot" }))).toMatchObject(refused);
      await desk.endOrder({ orderId, status, ...SEEN });
      const rest = { ...LIMIT_BUY, qty: 24 - 12 * counted };
      const more = desk.place({ ...rest, qty: rest.qty + 1 }, { principal: "bot" });
      expect(await rejection(more)).toMatchObject({ details: { rule: "risk.maxDailyValue" } });
      expect(await desk.place(rest, { principal: "bot" })).toMatchObject({ replayed: false });
    },
  );

  test("ends once: of two operators the later one is told so", async () => {
    const { desk, odd } = withOrders();
    await desk.unknownIntents();
    odd.hold();
    const first = desk.endOrder({ orderId: "1", status: "FILLED", fills: { qty: 12, price: 200 }, ...SEEN });
    await aFewTurns();
    expect(await rejection(desk.endOrder({ orderId: "1", status: "CANCELED", ...SEEN }))).toMatchObject({
      code: "OrderNotOpen",
    });
    odd.release();
    expect(await first).toMatchObject({ status: "FILLED" });
    expect(odd.kept.order(DIGEST, "1")).toMatchObject({ status: "FILLED" });
  });

  test.each(["in its time", "later"])("is as its broker tells of it while its end is written down %s", async (when) => {
    const unheard = unheardRejections();
    const { desk, host, odd } = withOrders({ deadlineMs: when === "later" ? 80 : 10_000 });
    await desk.reconcile();
    await aFewTurns();
    odd.hold();
    const ending = rejection(desk.endOrder({ orderId: "1", status: "CANCELED", ...SEEN }));
    await aFewTurns();
    if (when === "later") expect(await ending).toMatchObject({ code: "JournalUnavailable" });
    host().onOrder(anOrder({ tag: "htgone", filledQty: 3, avgPrice: 200, status: "PARTIALLY_FILLED" }));
    odd.release();
    if (when !== "later") {
      expect(await ending).toMatchObject({ code: "OrderNotOpen", message: expect.stringContaining("meanwhile") });
    }
    const told = { status: "PARTIALLY_FILLED", filledQty: 3, staleSince: null };
    expect(desk.remembered("1")).toMatchObject(told);
    await expect.poll(() => odd.kept.order(DIGEST, "1")).toMatchObject(told);
    expect(unheard).toEqual([]);
  });

  test.each(["at work", "started again"])(
    "is canceled at its broker where that still knows it though it was ended by hand: %s",
    async (how) => {
      const canceled: string[] = [];
      const back = anOrder({ tag: "htgone" });
      let listed: Order[] = [];
      const members = {
        cancelOrder: async (orderId: string) => void canceled.push(orderId),
        orders: async () => ({ orders: listed, unmapped: [] }),
      };
      const first = withOrders({ members });
      await first.desk.endOrder({ orderId: "1", status: "CANCELED", ...SEEN });
      listed = [back];
      const { desk, host } = how === "at work" ? first : losing({ members, odd: first.odd });
      await desk.reconcile();
      host().onOrder(back);
      await desk.cancel("1", { principal: "bot" });
      expect(canceled).toEqual(["1"]);
      await desk.cancelAll("ops");
      expect(canceled.filter((orderId) => orderId === "1")).toEqual(["1", "1"]);
    },
  );

  test.each(["by hand", "as expired"])(
    "is told as canceled on its broker's word alone where that shows it as open though it had ended %s",
    async (how) => {
      const refused = new BrokerError("OrderNotOpen", "not while it is being changed", { outcome: "rejected" });
      let back = anOrder({ tag: "htgone", updatedAt: 5 });
      let failure = new BrokerError("Timeout", "no answer", { outcome: "unknown" });
      let listed: Order[] = [];
      const { desk, host, odd } = withOrders({
        members: {
          cancelOrder: () => Promise.reject(failure),
          order: async () => back,
          orders: async () => ({ orders: listed, unmapped: [] }),
        },
      });
      if (how === "by hand") await desk.endOrder({ orderId: "1", status: "CANCELED", ...SEEN });
      await desk.reconcile();
      if (how !== "by hand") host().onOrder({ ...back, status: "EXPIRED" });
      listed = [back];
      expect(await rejection(desk.cancel("1", KEYED))).toMatchObject({ code: "OutcomeUnknown" });
      const { id } = (odd.kept.unsettled(DIGEST) as IntentRecord[])[0] ?? { id: "" };
      await expect
        .poll(() => intentOf(odd, id), { timeout: 5000 })
        .toMatchObject({
          state: "resolved",
          failure: { outcome: "not_sent", message: expect.stringContaining("not been applied") },
        });
      failure = refused;
      back = { ...back, status: "PENDING_REPLACE" };
      listed = [back];
      expect(await rejection(desk.cancel("1", { principal: "bot" }))).toMatchObject({ code: "OrderRejected" });
      const result = await desk.cancelAll("ops");
      expect(result.failed).toContainEqual(expect.objectContaining({ orderId: "1", code: "OrderRejected" }));
      back = { ...back, status: "CANCELED", updatedAt: 6 };
      if (how === "by hand") expect(await desk.cancel("1", { principal: "bot" })).toMatchObject({ replayed: false });
    },
  );

  test("is canceled at its broker also where that takes back what an operator has seen filled of it", async () => {
    const canceled: string[] = [];
    let listed: Order[] = [];
    const cancelOrder = async (orderId: string) => void canceled.push(orderId);
    const orders = async () => ({ orders: listed, unmapped: [] });
    const { desk } = withOrders({ members: { cancelOrder, orders } });
    await desk.endOrder({ orderId: "1", status: "FILLED", fills: { qty: 12, price: 200 }, ...SEEN });
    listed = [anOrder({ tag: "htgone", updatedAt: 9, status: "PARTIALLY_FILLED", filledQty: 3, avgPrice: 200 })];
    await desk.reconcile();
    expect(desk.remembered("1")).toMatchObject({ status: "FILLED", filledQty: 3 });
    await desk.cancelAll("ops");
    expect(canceled).toContain("1");
  });

  test("in the place of another is told to whoever cancels that one where it lives on", async () => {
    const capabilities = () => ({ ...CAPABILITIES, newIds: true });
    const next = { ...GONE, orderId: "5" };
    const { desk, host } = withOrders({ members: { capabilities } }, [next]);
    await desk.reconcile();
    await desk.endOrder({ orderId: "5", status: "CANCELED", ...SEEN });
    host().onOrder(anOrder({ orderId: "4", tag: GONE.tag, status: "CANCELED" }));
    host().onOrder(anOrder({ orderId: "5", tag: GONE.tag }));
    const failure = { code: "OrderNotOpen", details: { order: { orderId: "5", status: "OPEN" } } };
    expect(await rejection(desk.cancel("4", { principal: "bot" }))).toMatchObject(failure);
  });

  test("takes what its broker tells of it after all as after a restart: fills are a correction", async () => {
    const { desk, host } = withOrders();
    await desk.reconcile();
    const heard = await heardBy(desk);
    await desk.endOrder({ orderId: "1", status: "CANCELED", ...SEEN });
    host().onOrder(anOrder({ tag: "htgone", status: "OPEN" }));
    host().onOrder(anOrder({ tag: "htgone", status: "FILLED", filledQty: 12, avgPrice: 200 }));
    await expect
      .poll(() => heard.at(-1))
      .toMatchObject({ kind: "correction", order: { status: "FILLED", filledQty: 12 } });
    const statuses = heard.flatMap((event) =>
      "order" in event && event.order.orderId === "1" ? event.order.status : [],
    );
    expect(statuses).toEqual(["CANCELED", "FILLED"]);
  });
});
