import fc from "fast-check";
import { expect, test } from "vitest";
import type { Desk } from "../../src/desk/types.ts";
import { isCompleted, ORDER_STATUSES, type Order } from "../../src/domain/order.ts";
import type { Journal, NumberedEvent, OrderRecord } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { anOrder, DIGEST, deskOver, LIMIT_BUY } from "./desk-broker.ts";

const HAPPENINGS = ["push", "read", "list", "place", "restart", "reconnect", "resume", "lose or find", "slow or quick"];

/** Something that happens, and what a source may say of an order then, right or wrong. */
const STEP = fc.record({
  what: fc.oneof({ weight: 3, arbitrary: fc.constantFrom("push", "read", "list") }, fc.constantFrom(...HAPPENINGS)),
  orderId: fc.constantFrom("1", "2"),
  isTagged: fc.boolean(),
  waits: fc.boolean(),
  /** From which of the events that were heard somebody resumes, as a part of them. */
  from: fc.double({ min: 0, max: 0.99, noNaN: true }),
  report: fc.record({
    status: fc.constantFrom(...ORDER_STATUSES),
    qty: fc.constantFrom(12, 12, 12, 8, 15),
    filledQty: fc.constantFrom(0, 0, 4, 8, 12),
    price: fc.constantFrom(200, 201),
    updatedAt: fc.constantFrom(null, 1, 2, 3, 4, 5),
    busted: fc.boolean(),
    warning: fc.constantFrom(null, "mind"),
  }),
});

async function drain(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What a client is shown of an order, but for when that was so, and for a remark, which ends with the next report. */
function shown(order: Order | undefined) {
  return { ...order, asOf: undefined, updatedAt: undefined, busted: undefined, source: undefined, warning: undefined };
}

/** A client that follows events and comes back after every restart. */
function createFollower(from?: string) {
  const heard: NumberedEvent[] = [];
  const orders = new Map<string, OrderRecord>();
  let lastId = from;
  return {
    heard,
    orders,
    from,
    async follow(desk: Desk): Promise<void> {
      const cursor = await desk.follow(lastId);
      void (async () => {
        for (let events = await cursor.next(); events !== undefined; events = await cursor.next()) {
          for (const event of events) {
            if (event.kind === "reset") throw new Error(`nobody may be reset: ${event.reason}`);
            lastId = `${cursor.epoch}-${event.sequence}`;
            const told = event.kind === "snapshot" ? event.orders : "order" in event ? [event.order] : [];
            for (const order of told) orders.set(order.orderId, order);
            if (event.kind !== "snapshot") heard.push(event);
          }
        }
      })();
    },
  };
}

/** The journal as a process sees it: it may answer late, and takes nothing from a process that has ended. */
function journalOf(inner: Journal, isSlow: () => boolean, isDead: () => boolean): Journal {
  return new Proxy(inner, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        if (isDead()) throw new Error("this process is dead");
        const answer = member.apply(target, given);
        return isSlow() ? new Promise((resolve) => setImmediate(() => resolve(answer))) : answer;
      };
    },
  });
}

/** What was told is taken back by corrections alone, and never whose an order is. */
function checkEvents(events: readonly NumberedEvent[]): Map<string, OrderRecord> {
  const last = new Map<string, OrderRecord>();
  for (const event of events) {
    if (!("order" in event)) continue;
    const { order, kind } = event;
    const known = last.get(order.orderId);
    last.set(order.orderId, order);
    if (known === undefined) continue;
    const change = JSON.stringify([known, order]);
    if (order.filledQty < known.filledQty) expect(order.busted, change).toBe(true);
    if (isCompleted(known) && !isCompleted(order)) expect(kind, change).toBe("correction");
    if (!known.external) expect(order.external, change).toBe(false);
    if (known.tag !== null) expect(order.tag, change).toBe(known.tag);
  }
  return last;
}

async function tell(steps: (typeof STEP extends fc.Arbitrary<infer Step> ? Step : never)[]): Promise<void> {
  const inner = memoryJournal();
  const { epoch } = await inner.open();
  /** What the broker lists. */
  const listed = new Map<string, Order>();
  const lost = new Set<string>();
  let answer: Order | undefined;
  let tag: string | null = null;
  let isSlow = false;

  function begin() {
    let isDead = false;
    const journal = journalOf(
      inner,
      () => isSlow,
      () => isDead,
    );
    const members = {
      placeOrder: async (request: { readonly tag: string }) => {
        tag = request.tag;
        listed.set("1", anOrder({ tag }));
        return { orderId: "1" };
      },
      order: async (orderId: string) => {
        const order = answer?.orderId === orderId ? answer : listed.get(orderId);
        if (order === undefined || lost.has(orderId)) throw new BrokerError("OrderNotFound", `no order ${orderId}`);
        return order;
      },
      orders: async () => ({ orders: [...listed.values()].filter(({ orderId }) => !lost.has(orderId)), unmapped: [] }),
    };
    const kill = () => {
      isDead = true;
    };
    return { ...deskOver(members, { journal }), kill };
  }

  const watched = new Map<string, OrderRecord>();
  const first = createFollower();
  const followers = [first];
  let life = begin();

  async function start(): Promise<void> {
    life.desk.watch((orders) => {
      for (const order of orders) watched.set(order.orderId, order);
    });
    await life.desk.start();
    for (const follower of followers) await follower.follow(life.desk);
  }

  function reconnect(): void {
    life.host().onConnection({ connected: false });
    life.host().onConnection({ connected: true });
  }

  await start();
  try {
    for (const { what, orderId, isTagged, waits, from, report: fields } of steps) {
      const avgPrice = fields.filledQty > 0 ? 200 : 0;
      const report = anOrder({ ...fields, orderId, avgPrice, tag: orderId === "1" && isTagged ? tag : null });
      if (what === "push") {
        listed.set(orderId, report);
        life.host().onOrder(report);
      } else if (what === "read") {
        await drain();
        answer = report;
        const read = await life.desk.order(orderId, {}).catch(() => undefined);
        answer = undefined;
        // What had ended before this process began, and the broker does not know any more, the journal alone remembers.
        const known = life.desk.remembered(orderId) ?? (await inner.order(DIGEST, orderId));
        if (read !== undefined) expect(shown(known)).toEqual(shown(read));
      } else if (what === "list") {
        listed.set(orderId, report);
        const { orders } = await life.desk.orders({ status: "all" }, {});
        for (const order of orders) expect(shown(life.desk.remembered(order.orderId))).toEqual(shown(order));
      } else if (what === "place") {
        const isNew = tag === null && !listed.has("1") && !first.orders.has("1");
        if (isNew) await life.desk.place(LIMIT_BUY, { principal: "default" }).catch(() => undefined);
      } else if (what === "restart") {
        await drain();
        life.kill();
        life = begin();
        await start();
      } else if (what === "reconnect") reconnect();
      else if (what === "resume") {
        const event = first.heard[Math.floor(first.heard.length * from)];
        if (event === undefined || followers.length > 5) continue;
        const follower = createFollower(`${epoch}${DIGEST.slice(0, 6)}-${event.sequence}`);
        followers.push(follower);
        await follower.follow(life.desk);
      } else if (what === "lose or find") {
        if (!lost.delete(orderId)) lost.add(orderId);
      } else isSlow = !isSlow;
      if (waits) await drain();
    }
    isSlow = false;
    lost.clear();
    await drain();
    reconnect();
    await life.desk.reconcile();
    const { orders } = await life.desk.orders({ status: "all" }, {});
    await drain();
    const { events } = await inner.events(DIGEST, 0, 100_000);
    for (const { heard, from } of followers) {
      const after = from === undefined ? (heard[0]?.sequence ?? 0) - 1 : Number(from.split("-")[1]);
      const expected = events.map(({ sequence }) => sequence).filter((sequence) => sequence > after);
      if (heard.length > 0) expect(heard.map(({ sequence }) => sequence)).toEqual(expected);
    }
    for (const [orderId, order] of checkEvents(events)) {
      const views = [
        life.desk.remembered(orderId) ?? order,
        orders.find((each) => each.orderId === orderId) ?? order,
        await inner.order(DIGEST, orderId),
        watched.get(orderId),
        first.orders.get(orderId),
      ];
      expect(views.map(shown), orderId).toEqual(views.map(() => shown(order)));
    }
  } finally {
    await life.desk.close();
  }
}

test("whatever is said of an order, by whom and however late, every view of it tells the same story", async () => {
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 3, maxLength: 30 }), tell), {
    numRuns: Number(process.env["VIEWS"] ?? 200),
    interruptAfterTimeLimit: 60_000,
  });
}, 120_000);
