import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import type { OrderListing } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import type { Capabilities } from "../../src/spec/capabilities.ts";
import { AAPL, anOrder, CAPABILITIES, deferred, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";

const CASH = { currency: "USD", amount: 1, balances: [] };

test("a broker is started once for many readers", async () => {
  let starts = 0;
  const { desk } = deskOver({
    start: async () => {
      starts += 1;
    },
    cash: async () => CASH,
  });
  await Promise.all(Array.from({ length: 10 }, () => desk.cash({ currency: "USD" }, {})));
  expect(starts).toBe(1);
});

test("a silent broker ends in Timeout, and its signal is aborted", async () => {
  let aborted = false;
  const { desk } = deskOver(
    {
      cash: (_query, { signal }) => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        return deferred<typeof CASH>().promise;
      },
    },
    { deadlineMs: 20 },
  );
  expect(await rejection(desk.cash({ currency: "USD" }, {}))).toMatchObject({ code: "Timeout", outcome: undefined });
  expect(aborted).toBe(true);
});

test("a client that goes away ends its read", async () => {
  const client = new AbortController();
  const { desk } = deskOver({
    cash: (_query, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new BrokerError("Timeout", "the read was given up")));
      }),
  });
  const reading = rejection(desk.cash({ currency: "USD" }, { clientSignal: () => client.signal }));
  await new Promise((resolve) => setTimeout(resolve));
  client.abort();
  expect(await reading).toMatchObject({ code: "Timeout" });
});

test("what a broker lacks is NotSupported", async () => {
  const { desk } = deskOver({});
  const reads = [
    desk.cash({ currency: "USD" }, {}),
    desk.positions({}),
    desk.quote(AAPL, {}),
    desk.marketStatus({}),
    desk.order("1", {}),
    desk.orders({ status: "all" }, {}),
    desk.ping({}),
  ];
  for (const read of reads) expect(await rejection(read)).toMatchObject({ code: "NotSupported" });
});

test("any thrown thing becomes a failure with words", async () => {
  const { desk } = deskOver({
    cash: async () => {
      throw "timeout";
    },
  });
  expect(await rejection(desk.cash({ currency: "USD" }, {}))).toMatchObject({
    code: "BrokerFault",
    message: "timeout",
  });
});

test("a read says nothing of an order's outcome", async () => {
  const { desk } = deskOver({
    order: async () => {
      throw new BrokerError("OrderNotFound", "no such order", { outcome: "rejected", details: { asked: 1 } });
    },
    cash: async () => {
      throw new BrokerError("OutcomeUnknown", "the socket dropped", { outcome: "unknown" });
    },
  });
  expect(await rejection(desk.order("1", {}))).toMatchObject({
    code: "OrderNotFound",
    outcome: undefined,
    details: { asked: 1 },
  });
  expect(await rejection(desk.cash({ currency: "USD" }, {}))).toMatchObject({ code: "Timeout", outcome: undefined });
});

describe("a broker that cannot say what it can do", () => {
  const away = () => {
    throw new Error("away");
  };

  test.each([
    ["throws", away],
    ["says nothing", () => undefined],
  ])("and %s fails a quote in words", async (_, capabilities) => {
    const { desk } = deskOver({
      capabilities: capabilities as () => never,
      quote: async () => deferred<never>().promise,
    });
    expect(await rejection(desk.quote(AAPL, {}))).toMatchObject({
      code: "BrokerFault",
      message: expect.stringMatching(/^the broker's capabilities cannot be used: /),
    });
  });

  test("is asked for an order all the same", async () => {
    const known = anOrder({ status: "OPEN" });
    let say = (): Capabilities => CAPABILITIES;
    const { desk } = deskOver({
      capabilities: () => say(),
      orders: async () => ({ orders: [known], unmapped: [] }),
      order: async () => anOrder({ status: "FILLED" }),
    });
    await desk.reconcile();
    expect(await desk.order(known.orderId, {})).toMatchObject({ status: "OPEN", source: "journal" });
    say = away;
    expect(await desk.order(known.orderId, {})).toMatchObject({ status: "FILLED", source: "broker" });
  });

  test("is told as a failure", () => {
    const { desk } = deskOver({ capabilities: away });
    expect(() => desk.capabilities()).toThrow(
      expect.objectContaining({ code: "BrokerFault", message: "the broker's capabilities cannot be used: away" }),
    );
  });
});

describe("ping", () => {
  test.each([undefined, null, 0, 1, "yes", {}])("is false when the broker says %j, which is no yes", async (said) => {
    const { desk } = deskOver({ ping: async () => said as boolean });
    expect(await desk.ping({})).toBe(false);
  });

  test.each(["NotConnected", "Timeout"] as const)("%s means false", async (code) => {
    const { desk } = deskOver({
      ping: async () => {
        throw new BrokerError(code, "gone");
      },
    });
    expect(await desk.ping({})).toBe(false);
  });

  test("a wrong key is told, not hidden behind false", async () => {
    const { desk } = deskOver({
      ping: async () => {
        throw new BrokerError("AuthenticationFailed", "wrong key");
      },
    });
    expect(await rejection(desk.ping({}))).toMatchObject({ code: "AuthenticationFailed" });
  });
});

describe("quote", () => {
  test("checks the contract first", async () => {
    let calls = 0;
    const { desk } = deskOver({
      quote: async () => {
        calls += 1;
        throw new BrokerError("UnknownContract", "no such thing");
      },
    });
    expect(await rejection(desk.quote({ ...AAPL, symbol: "1" }, {}))).toMatchObject({ code: "InvalidRequest" });
    expect(calls).toBe(0);
    expect(await rejection(desk.quote(AAPL, {}))).toMatchObject({ code: "UnknownContract" });
  });

  test("is asked for only where the broker has it", async () => {
    const quote = () => Promise.reject(new Error("was asked"));
    const { desk } = deskOver({ quote, capabilities: () => ({ ...CAPABILITIES, quotes: ["HK"] }) });
    expect(await rejection(desk.quote(AAPL, {}))).toMatchObject({
      code: "NotSupported",
      details: { supported: ["HK"] },
    });
  });
});

describe("an order", () => {
  test("is asked for where its changes are only looked for from time to time", async () => {
    const { desk, host } = deskOver({
      capabilities: () => ({ ...CAPABILITIES, push: "polling" }),
      order: async () => anOrder({ filledQty: 6, avgPrice: 200, status: "PARTIALLY_FILLED", updatedAt: 3 }),
      orders: async () => ({ orders: [], unmapped: [] }),
    });
    await desk.reconcile();
    host().onOrder(anOrder({ filledQty: 4, avgPrice: 200, status: "PARTIALLY_FILLED", updatedAt: 2 }));
    await new Promise((resolve) => setTimeout(resolve));
    expect(await desk.order("1", {})).toMatchObject({ filledQty: 6, source: "broker" });
  });

  test("is answered from pushes while the stream lives, and asked for otherwise", async () => {
    let asked = 0;
    const pushed = anOrder({ filledQty: 4, avgPrice: 200, status: "PARTIALLY_FILLED", updatedAt: 2 });
    const { desk, host } = deskOver({
      order: async () => {
        asked += 1;
        return anOrder({ filledQty: 6, avgPrice: 200, status: "PARTIALLY_FILLED", updatedAt: 3 });
      },
      orders: async () => ({ orders: [pushed], unmapped: [] }),
    });
    await desk.start();
    host().onOrder(pushed);
    await new Promise((resolve) => setTimeout(resolve));
    expect(await desk.order("1", {})).toMatchObject({ filledQty: 4, source: "journal" });
    host().onConnection({ connected: false, reason: "gone" });
    expect(await desk.order("1", {})).toMatchObject({ filledQty: 6, source: "broker" });
    expect(asked).toBe(1);
  });

  test("is asked for after a change was handed over, until its push has come", async () => {
    let status: "OPEN" | "CANCELED" = "OPEN";
    const { desk, host } = deskOver({
      order: async () => anOrder({ status, updatedAt: 1 }),
      cancelOrder: async () => {
        status = "CANCELED";
      },
    });
    await desk.start();
    host().onOrder(anOrder());
    await new Promise((resolve) => setTimeout(resolve));
    expect(await desk.order("1", {})).toMatchObject({ status: "OPEN", source: "journal" });
    await desk.cancel("1", { principal: "default" });
    expect(await desk.order("1", {})).toMatchObject({ status: "CANCELED", source: "broker" });
  });

  test.each([
    ["before a change was handed over", 0],
    ["before a change was answered", 1],
  ])("is asked for after a change whatever a list says that began %s", async (_, moment) => {
    const stages = [deferred<void>(), deferred<void>()];
    const listed = deferred<OrderListing>();
    let price = 200;
    const { desk, host } = deskOver({
      order: async () => anOrder({ price, updatedAt: null }),
      orders: async ({ fresh }) => (fresh ? { orders: [], unmapped: [] } : listed.promise),
      replaceOrder: async (orderId) => {
        stages[0]?.resolve();
        await stages[1]?.promise;
        price = 201;
        return { orderId };
      },
    });
    await desk.start();
    host().onOrder(anOrder({ updatedAt: null }));
    await new Promise((resolve) => setTimeout(resolve));
    const list = () => desk.orders({ status: "open" }, {});
    const early = moment === 0 ? list() : undefined;
    const replacing = desk.replace("1", { price: 201 }, { principal: "default" });
    await stages[0]?.promise;
    const listing = early ?? list();
    const answer = async () => {
      stages[1]?.resolve();
      await replacing;
    };
    if (moment === 0) await answer();
    listed.resolve({ orders: [anOrder({ updatedAt: null })], unmapped: [] });
    await listing;
    await answer();
    expect(await desk.order("1", {})).toMatchObject({ price: 201, source: "broker" });
    expect(await desk.order("1", {})).toMatchObject({ price: 201, source: "journal" });
    await desk.close();
  });

  const partFilled = { status: "PARTIALLY_FILLED", filledQty: 5, avgPrice: 200, updatedAt: 2 } as const;

  test.each([
    ["that says nothing new", "behind the answer", { updatedAt: 1 }, "broker"],
    ["of a fill", "behind the answer", partFilled, "broker"],
    ["of a fill", "before the answer", partFilled, "broker"],
    ["of the change", "behind the answer", { price: 201, updatedAt: 2 }, "journal"],
    ["of the change", "before the answer", { price: 201, updatedAt: 2 }, "journal"],
    ["that it is under way", "before the answer", { status: "PENDING_REPLACE", updatedAt: 2 }, "journal"],
  ] as const)("after a change and a push %s, %s", async (_what, when, pushed, source) => {
    let now = { price: 200, updatedAt: 1 };
    const push = () => host().onOrder(anOrder(pushed));
    const { desk, host } = deskOver({
      order: async () => anOrder(now),
      replaceOrder: async (orderId) => {
        now = { ...pushed, price: 201, updatedAt: 3 };
        if (when === "before the answer") push();
        return { orderId };
      },
    });
    await desk.start();
    host().onOrder(anOrder({ updatedAt: 1 }));
    await new Promise((resolve) => setTimeout(resolve));
    await desk.replace("1", { price: 201 }, { principal: "default" });
    if (when === "behind the answer") push();
    const first = await desk.order("1", {});
    expect(first.source).toBe(source);
    if (first.status === "PENDING_REPLACE") return;
    expect(first).toMatchObject({ price: 201 });
    expect(await desk.order("1", {})).toMatchObject({ price: 201, source: "journal" });
    await desk.close();
  });

  test("of a broker that can only list is looked for in the list", async () => {
    const { desk } = deskOver({ orders: async () => ({ orders: [anOrder()], unmapped: [] }) });
    expect(await desk.order("1", {})).toMatchObject({ orderId: "1" });
    expect(await rejection(desk.order("2", {}))).toMatchObject({ code: "OrderNotFound" });
  });

  test("is ours when its tag is, and external otherwise", async () => {
    const { desk, host } = deskOver({
      placeOrder: async ({ tag }) => {
        host().onOrder(anOrder({ tag }));
        return { orderId: "1" };
      },
      orders: async () => ({
        orders: [anOrder({ orderId: "2" }), anOrder({ orderId: "3", tag: `ht${"a".repeat(24)}` })],
        unmapped: [{ originSymbol: "AAPL260116C200000", qty: 1 }],
      }),
      order: async () => anOrder(),
    });
    await desk.place(LIMIT_BUY, { principal: "default" });
    expect(await desk.order("1", {})).toMatchObject({ external: false });
    const { orders, unmapped } = await desk.orders({ status: "all" }, {});
    expect(orders.map(({ external }) => external)).toEqual([true, true]);
    expect(unmapped).toEqual([{ originSymbol: "AAPL260116C200000", qty: 1 }]);
  });
});

test("an order that was taken and that the broker does not know yet, or no more, is as events tell of it", async () => {
  const { desk, host } = deskOver({
    placeOrder: async () => ({ orderId: "1" }),
    replaceOrder: async (orderId) => ({ orderId }),
    order: async (orderId) => {
      throw new BrokerError("OrderNotFound", `no order ${orderId}`);
    },
  });
  await desk.place(LIMIT_BUY, { principal: "default" });
  expect(await desk.order("1", {})).toMatchObject({ status: "PENDING", qty: 12, source: "journal" });
  // A change of it rests on what the broker says.
  expect(await rejection(desk.replace("1", { qty: 13 }, { principal: "default" }))).toMatchObject({
    code: "OrderNotFound",
    outcome: "not_sent",
  });
  host().onConnection({ connected: false });
  host().onOrder(anOrder({ orderId: "1", status: "OPEN", updatedAt: 2 }));
  expect(await desk.order("1", {})).toMatchObject({ status: "OPEN", source: "journal" });
  expect(await rejection(desk.order("2", {}))).toMatchObject({ code: "OrderNotFound" });
  await desk.close();
});

test("an order that has ended and that the broker does not know any more is as the journal remembers it", async () => {
  const journal = memoryJournal();
  const lister = {
    order: async (orderId: string) => {
      throw new BrokerError("OrderNotFound", `no order ${orderId} on this day`);
    },
  };
  const yesterday = deskOver({ ...lister, placeOrder: async () => ({ orderId: "1" }) }, { journal });
  await yesterday.desk.place(LIMIT_BUY, { principal: "default" });
  yesterday.host().onOrder(anOrder({ orderId: "1", status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: 3 }));
  const filled = { status: "FILLED", filledQty: 12, avgPrice: 200, external: false, source: "journal" };
  expect(await yesterday.desk.order("1", {})).toMatchObject(filled);
  await yesterday.desk.close();
  const today = deskOver(lister, { journal });
  expect(await today.desk.order("1", {})).toMatchObject(filled);
  expect(await rejection(today.desk.order("2", {}))).toMatchObject({ code: "OrderNotFound" });
  await today.desk.close();
});

test("a list of open orders has none of which a push has told meanwhile that it has ended", async () => {
  const listed = deferred<OrderListing>();
  const { desk, host } = deskOver({ orders: async () => listed.promise });
  await desk.start();
  const [open, all] = [desk.orders({ status: "open" }, {}), desk.orders({ status: "all" }, {})];
  host().onOrder(anOrder({ status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: 2 }));
  listed.resolve({ orders: [anOrder(), anOrder({ orderId: "2" })], unmapped: [] });
  expect(await open).toMatchObject({ orders: [{ orderId: "2", status: "OPEN" }] });
  expect(await all).toMatchObject({ orders: [{ status: "FILLED" }, { status: "OPEN" }] });
  await desk.close();
});

test("a list has no order that the broker told of before and lists no more, though it had no word for its state", async () => {
  const { desk, host } = deskOver({ orders: async () => ({ orders: [], unmapped: [] }) });
  await desk.reconcile();
  host().onOrder(anOrder({ originStatus: "" }));
  expect(await desk.orders({ status: "open" }, {})).toMatchObject({ orders: [] });
  await desk.close();
});

test("a list has the open orders that a broker's list lacks which is not whole", async () => {
  const { desk, host } = deskOver({ orders: async () => ({ orders: [], unmapped: [], isWhole: false }) });
  await desk.reconcile();
  host().onOrder(anOrder({ originStatus: "NEW" }));
  for (const status of ["open", "all"] as const) {
    expect(await desk.orders({ status }, {})).toMatchObject({ orders: [{ orderId: "1", source: "journal" }] });
  }
  await desk.close();
});

test("a list has the open orders that the broker does not list yet, or no more, as events tell of them", async () => {
  let listed = [anOrder({ orderId: "1" }), anOrder({ orderId: "2" }), anOrder({ orderId: "3" })];
  const { desk, host } = deskOver({
    placeOrder: async () => ({ orderId: "4" }),
    order: async (orderId) => {
      throw new BrokerError("OrderNotFound", `no order ${orderId}`);
    },
    orders: async () => ({ orders: listed, unmapped: [] }),
  });
  await desk.reconcile();
  const list = async (status: "open" | "all") =>
    (await desk.orders({ status }, {})).orders.map(({ orderId, source }) => `${orderId} ${source}`);
  await desk.place(LIMIT_BUY, { principal: "default" });
  expect(await list("open")).toEqual(["1 broker", "2 broker", "3 broker", "4 journal"]);
  // What the broker told of and lists as open no more has ended, though nobody may have been told yet.
  listed = [anOrder({ orderId: "1" })];
  host().onOrder(anOrder({ orderId: "4", status: "OPEN", updatedAt: 2 }));
  expect(await list("open")).toEqual(["1 broker"]);
  host().onConnection({ connected: true });
  await desk.reconcile();
  await vi.waitUntil(async () => (await list("all")).length === 4);
  expect(await list("all")).toEqual(["1 broker", "2 journal", "3 journal", "4 journal"]);
  const { orders } = await desk.orders({ status: "open" }, {});
  expect(orders.map(({ staleSince }) => staleSince === null)).toEqual([true, false, false, false]);
  const cursor = await desk.follow(undefined);
  const [snapshot] = (await cursor.next()) ?? [];
  if (snapshot?.kind !== "snapshot") throw new Error("a stream begins with a snapshot");
  expect(snapshot.orders.map(({ orderId }) => orderId)).toEqual(orders.map(({ orderId }) => orderId));
  await desk.close();
});

test("a list has the order that was placed while it was being read, also once its push has come", async () => {
  const listed = deferred<OrderListing>();
  const { desk, host } = deskOver({
    placeOrder: async () => ({ orderId: "2" }),
    orders: async ({ fresh }) => (fresh ? { orders: [anOrder()], unmapped: [] } : listed.promise),
  });
  await desk.reconcile();
  const lists = [desk.orders({ status: "open" }, {}), desk.orders({ status: "all" }, {})];
  await desk.place(LIMIT_BUY, { principal: "default" });
  host().onOrder(anOrder({ orderId: "2", status: "OPEN", originStatus: "NEW", updatedAt: 2 }));
  listed.resolve({ orders: [anOrder()], unmapped: [] });
  for (const { orders } of await Promise.all(lists)) {
    expect(orders.map(({ orderId, source }) => `${orderId} ${source}`)).toEqual(["1 broker", "2 journal"]);
  }
  await desk.close();
});

test("a list has the order that was placed while it was being read, though the clock was put back meanwhile", async () => {
  const listed = deferred<OrderListing>();
  const { desk, host } = deskOver({
    placeOrder: async () => ({ orderId: "2" }),
    orders: async ({ fresh }) => (fresh ? { orders: [], unmapped: [] } : listed.promise),
  });
  await desk.reconcile();
  const listing = desk.orders({ status: "open" }, {});
  vi.useFakeTimers({ now: Date.now() - 5000, toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  await desk.place(LIMIT_BUY, { principal: "default" });
  host().onOrder(anOrder({ orderId: "2", status: "OPEN", originStatus: "NEW", updatedAt: 2 }));
  listed.resolve({ orders: [], unmapped: [] });
  expect(await listing).toMatchObject({ orders: [{ orderId: "2", source: "journal" }] });
  await desk.close();
});

test("a list that the broker answers as one asked for before has what a push told in between", async () => {
  const listed = deferred<OrderListing>();
  const begun = anOrder({ price: 199, updatedAt: 2 });
  const { desk, host } = deskOver({
    orders: async ({ fresh }) => (fresh ? { orders: [], unmapped: [] } : listed.promise),
  });
  await desk.reconcile();
  host().onOrder(begun);
  const first = desk.orders({ status: "open" }, {});
  // The clock of a machine may be coarse.
  const before = performance.now();
  await vi.waitUntil(() => performance.now() > before);
  host().onOrder({ ...begun, price: 200 });
  host().onOrder(anOrder({ orderId: "2" }));
  await vi.waitUntil(() => desk.remembered("2") !== undefined);
  const lists = [first, desk.orders({ status: "open" }, {}), desk.orders({ status: "all" }, {})];
  listed.resolve({ orders: [begun], unmapped: [] });
  for (const { orders } of await Promise.all(lists)) {
    expect(orders).toMatchObject([
      { orderId: "1", price: 200 },
      { orderId: "2", source: "journal" },
    ]);
  }
  await desk.close();
});

test("a list tells of an order what a push told while the journal was asked about another", async () => {
  const inner = memoryJournal();
  const asked = deferred<undefined>();
  const journal: Journal = { ...inner, order: async (_, orderId) => (orderId === "2" ? asked.promise : undefined) };
  const { desk, host } = deskOver(
    { orders: async ({ fresh }) => ({ orders: fresh ? [] : [anOrder(), anOrder({ orderId: "2" })], unmapped: [] }) },
    { journal },
  );
  await desk.reconcile();
  const lists = [desk.orders({ status: "open" }, {}), desk.orders({ status: "all" }, {})];
  await vi.waitUntil(() => desk.remembered("1") !== undefined);
  host().onOrder(anOrder({ status: "FILLED", filledQty: 12, avgPrice: 200, updatedAt: 2 }));
  asked.resolve(undefined);
  const [open, all] = (await Promise.all(lists)).map(({ orders }) =>
    orders.map((each) => `${each.orderId} ${each.status}`),
  );
  expect([open, all]).toEqual([["2 OPEN"], ["1 FILLED", "2 OPEN"]]);
  await desk.close();
});
