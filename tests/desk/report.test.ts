/** Brokers in JavaScript: what they say is looked at before it is believed. */
import { expect, onTestFinished, test } from "vitest";
import type { Order } from "../../src/domain/order.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";
import type { ConnectionState, OrderListing, Placed, PositionListing } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { newFile } from "../journal/lines.ts";
import { aFewTurns, unheardRejections } from "../unheard.ts";
import { anOrder, DIGEST, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";

const BY = { principal: "plain" };

function broken(fields: Readonly<Record<string, unknown>>): Order {
  return { ...anOrder({ orderId: "7" }), ...fields } as unknown as Order;
}

async function toldOf(...reports: readonly Order[]) {
  const { desk, host, journal } = deskOver({ orders: async () => ({ orders: [], unmapped: [] }) });
  await desk.start();
  for (const report of reports) host().onOrder(report);
  await desk.close();
  const { events } = await journal.events(DIGEST, 0, 100);
  return events.filter(({ kind }) => kind !== "connection");
}

test.each([
  ["orderId", 7],
  ["orderId", undefined],
  ["contract", undefined],
  ["contract", { tradeType: "Securities", region: "US" }],
  ["currency", null],
  ["direction", "buy"],
  ["orderType", "Stop"],
  ["price", "200"],
  ["price", undefined],
  ["timeInForce", "IOC"],
  ["lifecycle", undefined],
  ["qty", 12n],
  ["qty", null],
  ["filledQty", undefined],
  ["avgPrice", "0"],
  ["status", "Submitted"],
  ["originStatus", undefined],
  ["errorReason", null],
  ["warning", undefined],
  ["tag", undefined],
  ["createdAt", "2026-11-26"],
  ["updatedAt", new Date(0)],
])("a push with a wrong %s (%s) is told as that, and the next one is an event", async (field, value) => {
  const events = await toldOf(broken({ [field]: value }), anOrder({ orderId: "8" }));
  expect(events).toMatchObject([
    { kind: "anomaly", message: expect.stringContaining(` as its ${field}`) },
    { kind: "order", order: { orderId: "8" } },
  ]);
});

test("fills that the broker says were taken back are told as that, while the order is open and at its end", async () => {
  const filled = anOrder({ orderId: "7", status: "PARTIALLY_FILLED", filledQty: 4, avgPrice: 200 });
  const lowered = { ...filled, filledQty: 1, busted: true };
  const ended = { ...filled, status: "CANCELED", filledQty: 0, avgPrice: 0, busted: true } as const;
  const events = await toldOf(filled, lowered, filled, ended);
  expect(events.map((event) => "order" in event && [event.order.status, event.order.filledQty])).toEqual([
    ["PARTIALLY_FILLED", 4],
    ["PARTIALLY_FILLED", 1],
    ["PARTIALLY_FILLED", 4],
    ["CANCELED", 0],
  ]);
  expect(events.at(-1)).toMatchObject({ order: { warning: expect.stringContaining("from 4 to 0") } });
});

test("fills that a later report of a broker's dated ones lacks are told as taken back", async () => {
  const filled = anOrder({
    orderId: "7",
    status: "PARTIALLY_FILLED",
    filledQty: 4,
    avgPrice: 200,
    updatedAt: 1,
    dated: true,
  });
  const events = await toldOf(filled, { ...filled, filledQty: 1, updatedAt: 2 }, { ...filled, updatedAt: 1 });
  expect(events.map((event) => "order" in event && event.order.filledQty)).toEqual([4, 1]);
});

test("an order without a number for an amount is known all the same", async () => {
  expect(await toldOf(broken({ avgPrice: Number.NaN }))).toMatchObject([
    { kind: "order", order: { orderId: "7", avgPrice: Number.NaN } },
  ]);
});

test("an order without a number for an amount is told once, also over a restart", async () => {
  const journal = inFile();
  const orders = [anOrder({ orderId: "7", avgPrice: Number.NaN, filledQty: Number.NaN })];
  for (let life = 0; life < 2; life += 1) {
    const { desk } = deskOver({ orders: async () => ({ orders, unmapped: [] }) }, { journal });
    await desk.reconcile();
    await desk.close();
  }
  const { events } = journal.events(DIGEST, 0, 10);
  expect(events.map(({ kind }) => kind)).toEqual(["connection", "order", "connection"]);
});

test("what a broker keeps beside an order, or changes in it later, is not believed", async () => {
  const report = { ...anOrder({ orderId: "7" }), raw: 12n };
  const { desk, host } = deskOver({ orders: async () => ({ orders: [], unmapped: [] }) });
  await desk.reconcile();
  host().onOrder(report);
  Object.assign(report, { status: "FILLED", filledQty: 12 });
  Object.assign(report.contract, { symbol: "AAPL" });
  expect(desk.remembered("7")).toEqual({
    ...anOrder({ orderId: "7" }),
    external: true,
    asOf: expect.any(Number),
    staleSince: null,
  });
  await desk.close();
});

test("a listing that makes no sense is the broker's fault, and no order is sent on its word", async () => {
  const { desk } = deskOver({
    orders: async () => ({ orders: [broken({ qty: "12" })], unmapped: [] }),
    placeOrder: async () => ({ orderId: "1" }),
  });
  expect(await rejection(desk.orders({ status: "all" }, {}))).toMatchObject({
    code: "BrokerFault",
    message: 'the broker told of order 7 with "12" as its qty',
  });
  expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({
    code: "NotReconciled",
    outcome: "not_sent",
    message: expect.stringContaining("as its qty"),
  });
});

test.each([
  ["a number", { orderId: 77 }],
  ["nothing", { orderId: "" }],
  ["no answer", undefined],
])("an order that the broker took with %s for its id is unknown, and is found by its tag", async (_, answer) => {
  const orders: Order[] = [];
  const { desk, journal } = deskOver({
    placeOrder: async ({ tag }) => {
      orders.push(anOrder({ orderId: "77", tag }));
      return answer as unknown as Placed;
    },
    orders: async () => ({ orders, unmapped: [] }),
  });
  const failure = await rejection(desk.place(LIMIT_BUY, BY));
  expect(failure).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown", tag: expect.any(String) });
  const { tag } = failure as { tag: string };
  await expect
    .poll(async () => (await journal.intent(DIGEST, tag))?.placed, { timeout: 10_000 })
    .toEqual({ orderId: "77" });
  await desk.close();
});

/** A journal that takes only what is a line. */
function inFile() {
  const journal = sqliteJournal(newFile());
  onTestFinished(() => journal.close());
  return journal;
}

test("what a broker keeps beside an answer is neither written down nor answered, and keeps the answer from neither", async () => {
  const journal = inFile();
  const answer = { orderId: "8", raw: 12n, effective: { price: 200.5, lifecycle: "PRE", timeInForce: 1n } };
  const { desk } = deskOver(
    {
      order: async () => anOrder({ orderId: "7" }),
      replaceOrder: async () => answer as unknown as Placed,
    },
    { journal },
  );
  const replace = () => desk.replace("7", { price: 200.5 }, { ...BY, idempotencyKey: "k1" });
  const told = { orderId: "8", effective: { price: 200.5 }, answeredAt: expect.any(Number) };
  expect(await replace()).toEqual({ ...told, replayed: false });
  expect(await replace()).toEqual({ ...told, replayed: true });
  await desk.close();
});

test("what a broker says of its connection can be read back, whatever it is", async () => {
  const journal = inFile();
  const { desk, host } = deskOver({}, { journal });
  await desk.start();
  const states: unknown[] = [{ connected: false, reason: new Error("gone") }, { connected: "yes" }, { reason: "lost" }];
  for (const state of states) host().onConnection(state as ConnectionState);
  expect(desk.state()).toMatchObject({ connected: false });
  await desk.close();
  expect(journal.events(DIGEST, 0, 10).events).toMatchObject([
    { connected: true, reason: null },
    { connected: false, reason: null },
    { connected: false, reason: null },
    { connected: false, reason: "lost" },
  ]);
});

test("a refusal is written down whatever a broker says beside it", async () => {
  const journal = sqliteJournal(newFile());
  onTestFinished(() => journal.close());
  const { desk } = deskOver(
    {
      placeOrder: async () => {
        throw new BrokerError("OrderRejected", "too large", { outcome: "rejected", details: { most: 12n } });
      },
    },
    { journal },
  );
  const keyed = { ...BY, idempotencyKey: "k1" };
  const refused = { code: "OrderRejected", outcome: "rejected", message: "too large" };
  expect(await rejection(desk.place(LIMIT_BUY, keyed))).toMatchObject(refused);
  expect(await rejection(desk.place(LIMIT_BUY, keyed))).toMatchObject({ ...refused, replayed: true });
});

/** Errors that no type allows: of another copy of the package with more codes, or with properties that throw. */
function thrownBy(fields: PropertyDescriptorMap): Error {
  return Object.defineProperties(new BrokerError("OrderRejected", "no"), fields);
}
const THROWING: PropertyDescriptor = {
  get() {
    throw new Error("do not look");
  },
};

test.each([
  ["an object without a text", Object.create(null)],
  ["a failure whose outcome cannot be read", thrownBy({ outcome: THROWING })],
  ["a failure with an outcome of its own", thrownBy({ outcome: { value: "maybe" }, code: { value: "BrokerFault" } })],
  ["an error whose message cannot be read", Object.defineProperty(new Error(), "message", THROWING)],
])("%s leaves an order unknown that may have been sent, and it is looked for", async (_name, thrown) => {
  const { desk, journal } = deskOver({
    orders: async () => ({ orders: [], unmapped: [] }),
    placeOrder: async () => {
      throw thrown;
    },
  });
  const failure = await rejection(desk.place(LIMIT_BUY, BY));
  expect(failure).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown" });
  expect(await journal.unsettled(DIGEST)).toMatchObject([{ state: "unknown" }]);
  expect(desk.state().unknownIntents).toBe(1);
  await desk.close();
});

test("a refusal with a code that is not known here is answered again under its key", async () => {
  const journal = inFile();
  const { desk } = deskOver(
    {
      orders: async () => ({ orders: [], unmapped: [] }),
      placeOrder: async () => {
        throw thrownBy({ code: { value: "MarginCall" }, outcome: { value: "rejected" } });
      },
    },
    { journal },
  );
  const keyed = { ...BY, idempotencyKey: "k1" };
  const refused = { code: "BrokerFault", outcome: "rejected", message: "no" };
  expect(await rejection(desk.place(LIMIT_BUY, keyed))).toMatchObject(refused);
  expect(await rejection(desk.place(LIMIT_BUY, keyed))).toMatchObject({ ...refused, replayed: true });
  await desk.close();
});

test.each([
  ["a tag that is none", thrownBy({ code: { value: "BrokerFault" }, tag: { value: 5n }, details: { value: 5n } })],
  ["properties that throw", thrownBy({ code: THROWING, message: THROWING })],
  ["no text", Object.create(null)],
])("a read that fails with %s fails in a way that can be told", async (_name, thrown) => {
  const { desk } = deskOver({
    positions: async () => {
      throw thrown;
    },
  });
  const failure = await rejection(desk.positions({}));
  expect(failure).toMatchObject({ code: "BrokerFault", tag: undefined, details: undefined });
  await desk.close();
});

test("an order that cannot be asked for, with an error that cannot be read, ends nothing", async () => {
  const unheard = unheardRejections();
  const thrown = Object.create(null, { [Symbol.for("httptrading.failure")]: { value: true }, code: THROWING });
  let orders: readonly Order[] = [anOrder({ orderId: "7" })];
  const { desk, host } = deskOver({
    orders: async () => ({ orders, unmapped: [] }),
    order: async () => {
      throw thrown;
    },
  });
  await desk.reconcile();
  orders = [];
  for (const connected of [false, true]) host().onConnection({ connected });
  await desk.reconcile();
  await aFewTurns();
  await desk.close();
  expect(unheard).toEqual([]);
});

test("a broker that never closes keeps no desk from being closed, and its events from no journal", async () => {
  const { desk, journal, host } = deskOver({ close: () => new Promise(() => {}) });
  await desk.start();
  host().onOrder(anOrder({ orderId: "7" }));
  const timesUp: (() => void)[] = [];
  desk.serveWith({
    later: (work) => work(),
    alarm(_due, ring) {
      timesUp.push(ring);
      return () => {};
    },
  });
  const closing = rejection(desk.close());
  await expect
    .poll(() => {
      for (const ring of timesUp) ring();
      return timesUp.length;
    })
    .toBeGreaterThan(0);
  expect(await closing).toMatchObject({ code: "Timeout", message: expect.stringContaining("did not close") });
  const { events } = await journal.events(DIGEST, 0, 10);
  expect(events.map(({ kind }) => kind)).toEqual(["connection", "order"]);
});

test.each<[what: string, listing: unknown, message: string]>([
  ["nothing", undefined, "undefined as orders"],
  ["a bare list", [], "undefined as orders"],
  ["no list of what has no name", { orders: [] }, "undefined as unmapped"],
  ["one order instead of a list", { orders: anOrder({ orderId: "7" }), unmapped: [] }, "a object as orders"],
])(
  "a broker that lists its orders as %s is told so before an order is sent on its word",
  async (_, listing, message) => {
    const { desk } = deskOver({
      orders: async () => listing as OrderListing,
      placeOrder: async () => ({ orderId: "1" }),
    });
    onTestFinished(() => desk.close());
    expect(await rejection(desk.orders({ status: "all" }, {}))).toMatchObject({
      code: "BrokerFault",
      message: expect.stringContaining(message),
    });
    expect(await rejection(desk.place(LIMIT_BUY, BY))).toMatchObject({
      code: "NotReconciled",
      outcome: "not_sent",
      message: expect.stringContaining(message),
    });
  },
);

test("a broker that answers with nothing where an order or positions belong is told so", async () => {
  const { desk } = deskOver({
    order: async () => undefined as unknown as Order,
    positions: async () => [] as unknown as PositionListing,
  });
  expect(await rejection(desk.order("7", {}))).toMatchObject({
    code: "BrokerFault",
    message: "the broker told of undefined instead of an order",
  });
  expect(await rejection(desk.positions({}))).toMatchObject({
    code: "BrokerFault",
    message: expect.stringContaining("undefined as positions"),
  });
});

test("a broker that says nothing of its connection says that it is lost, and is not thrown at", async () => {
  const { desk, host } = deskOver({});
  await desk.start();
  host().onConnection(undefined as unknown as ConnectionState);
  expect(desk.state().connected).toBe(false);
  await desk.close();
});
