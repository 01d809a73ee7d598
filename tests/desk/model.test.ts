import fc from "fast-check";
import { expect, test } from "vitest";
import type { Desk } from "../../src/desk/types.ts";
import { isFailure } from "../../src/domain/failure.ts";
import { isTerminal } from "../../src/domain/order.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { DIGEST, LIMIT_BUY } from "./desk-broker.ts";
import { createVenue, deskAt, type Fate, type Venue } from "./venue.ts";

/** What should be true, kept as simply as can be: what each key was answered with. */
interface Model {
  readonly answers: Map<string, string>;
  /** Orders that have ended as far as the desk told. */
  readonly ended: Set<string>;
}

/** What is tested: a venue that lives on, a journal that survives, and the desk of the moment. */
interface Real {
  readonly venue: Venue;
  readonly journal: Journal;
  desk: Desk;
  /** Ends the desk's process: from then on it writes nothing. */
  kill(): void;
}

/** Starts a desk, as a process that can be killed. */
function process(venue: Venue, journal: Journal): Pick<Real, "desk" | "kill"> {
  let alive = true;
  const mortal: Journal = {
    ...journal,
    append: (lines, durability) => {
      if (!alive) throw new Error("this process is dead");
      return journal.append(lines, durability);
    },
  };
  const { desk } = deskAt(venue, { journal: mortal, deadlineMs: 30 });
  return {
    desk,
    kill: () => {
      alive = false;
    },
  };
}

type Command = fc.AsyncCommand<Model, Real>;

const KEYS = ["a", "b", "c", "d"];
const FATES: Fate[] = [
  "accept",
  "accept",
  "reject",
  "not-sent",
  "drop-before",
  "drop-after",
  "hang-before",
  "hang-after",
];

/** Tags are the same for the same key in every run, since instance and principal are. */
const tags = new Map<string, string>();

/** Places under a key; tells whether the key has its final answer. */
async function place(key: string, model: Model, real: Real): Promise<boolean> {
  try {
    const { orderId, tag } = await real.desk.place(LIMIT_BUY, { principal: "default", idempotencyKey: key });
    tags.set(key, tag);
    // Once a key is answered with an order, it is that order for good.
    expect(model.answers.get(key) ?? orderId).toBe(orderId);
    model.answers.set(key, orderId);
    return true;
  } catch (error) {
    if (!isFailure(error)) throw error;
    if (error.tag !== undefined) tags.set(key, error.tag);
    return error.outcome === "rejected";
  }
}

/** Places under a key, once or more than once at the same instant. */
class Place implements Command {
  readonly key: string;
  readonly fate: Fate;
  readonly twins: number;
  constructor(key: string, fate: Fate, twins: number) {
    this.key = key;
    this.fate = fate;
    this.twins = twins;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    real.venue.next(this.fate);
    await Promise.all(Array.from({ length: this.twins }, () => place(this.key, model, real)));
    real.venue.clearFates();
    await consistent(model, real);
  }
  toString = () => `place ${this.key} ${this.twins} times, ${this.fate}`;
}

/** Something that happens and needs no answer to be remembered. */
class Happens implements Command {
  readonly name: string;
  readonly happen: (real: Real) => unknown;
  constructor(name: string, happen: (real: Real) => unknown) {
    this.name = name;
    this.happen = happen;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    await this.happen(real);
    await consistent(model, real);
  }
  toString = () => this.name;
}

/** The venue's settle time: short, so that the model's world gets past it. */
const SETTLE_MS = 2;

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
}

function openOrderId({ venue }: Real): string | undefined {
  return [...venue.ledger.values()].find(({ status }) => !isTerminal(status))?.orderId;
}

async function onOpenOrder(real: Real, work: (orderId: string) => unknown): Promise<void> {
  const orderId = openOrderId(real);
  if (orderId === undefined) return;
  try {
    await work(orderId);
  } catch (error) {
    if (!isFailure(error)) throw error;
  }
}

async function restart(real: Real, between?: (real: Real) => Promise<void>): Promise<void> {
  real.kill();
  real.venue.dropHosts();
  await between?.(real);
  Object.assign(real, process(real.venue, real.journal));
  await real.desk.start();
  await settle();
}

const BY = { principal: "default" };

const HAPPENINGS: Command[] = [
  new Happens("push a fill", (real) =>
    onOpenOrder(real, (orderId) => real.venue.set(orderId, { status: "FILLED", filledQty: 12, avgPrice: 200 })),
  ),
  new Happens("late pushes of open orders", ({ venue }) => {
    for (const order of venue.ledger.values()) venue.push({ ...order, status: "OPEN", filledQty: 0, updatedAt: 1 });
  }),
  new Happens("pushes are lost", ({ venue }) => venue.silence(true)),
  new Happens("pushes come again", ({ venue }) => venue.silence(false)),
  new Happens("replace", (real) => onOpenOrder(real, (orderId) => real.desk.replace(orderId, { price: 201 }, BY))),
  new Happens("replace, answer lost", (real) =>
    onOpenOrder(real, async (orderId) => {
      real.venue.next("drop-after");
      await real.desk.replace(orderId, { price: 202 }, BY).finally(() => real.venue.clearFates());
    }),
  ),
  new Happens("cancel", (real) => onOpenOrder(real, (orderId) => real.desk.cancel(orderId, BY))),
  new Happens("cancel, answer lost", (real) =>
    onOpenOrder(real, async (orderId) => {
      real.venue.next("drop-after");
      await real.desk.cancel(orderId, BY).finally(() => real.venue.clearFates());
    }),
  ),
  new Happens("reconnect, and reconcile twice", async ({ venue }) => {
    for (let round = 0; round < 2; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      venue.reconnect();
    }
    await settle();
  }),
  new Happens("the late answers come", async ({ venue }) => {
    venue.release();
    await settle();
  }),
  new Happens("crash and restart", restart),
  new Happens("crash, an operator resolves, and restart", (real) => restart(real, resolveByHand)),
];

/** An operator looks at the venue, with the gateway stopped, and writes down what is so. */
async function resolveByHand({ venue, journal }: Real): Promise<void> {
  for (const { id, action } of await journal.unsettled(DIGEST)) {
    const order = [...venue.ledger.values()].find(({ tag, orderId }) =>
      action.kind === "place" ? tag === id : orderId === action.orderId,
    );
    const failure = { code: "BrokerFault", outcome: "not_sent", message: "not there" } as const;
    const found = order === undefined ? { failure } : { placed: { orderId: order.orderId } };
    const at = Date.now();
    await journal.append(
      [{ kind: "progress", id, state: "resolved", ...found, reason: "looked", instance: DIGEST, at }],
      "process",
    );
  }
}

async function consistent(model: Model, real: Real): Promise<void> {
  await settle();
  const orders = [...real.venue.ledger.values()];
  // Never two accepted orders for one key.
  for (const key of KEYS) {
    const tag = tags.get(key);
    const placed = orders.filter((order) => order.tag === tag && tag !== undefined);
    expect(placed.length, `orders of key ${key}`).toBeLessThanOrEqual(1);
    const answered = model.answers.get(key);
    if (answered !== undefined) expect(placed.map(({ orderId }) => orderId)).toEqual([answered]);
  }
  // Never an accepted order without a record in the journal.
  for (const { tag } of orders) {
    if (tag !== null) expect(await real.journal.intent(DIGEST, tag), `intent of ${tag}`).toBeDefined();
  }
  // Never an order that ended although the venue has it open.
  for (const order of orders) {
    const known = await real.journal.order(DIGEST, order.orderId);
    if (known !== undefined && !isTerminal(order.status)) expect(isTerminal(known.status)).toBe(false);
    // Nor one that ended and is open again.
    if (model.ended.has(order.orderId)) expect(known).toMatchObject({ status: order.status });
    if (known !== undefined && isTerminal(known.status)) model.ended.add(order.orderId);
  }
}

test("whatever happens in whatever order, a key makes at most one order and none is lost", async () => {
  const commands = [
    fc
      .tuple(fc.constantFrom(...KEYS), fc.constantFrom(...FATES), fc.constantFrom(1, 1, 2))
      .map(([key, fate, twins]) => new Place(key, fate, twins)),
    fc.constantFrom(...HAPPENINGS),
  ];
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 25 }), async (sequence) => {
      const venue = createVenue({ settleMs: SETTLE_MS });
      const journal = memoryJournal();
      const real: Real = { venue, journal, ...process(venue, journal) };
      const model: Model = { answers: new Map(), ended: new Set() };
      try {
        await fc.asyncModelRun(() => ({ model, real }), sequence);
        // At the end, when everything answers again, every key gets its one order.
        venue.silence(false);
        venue.release();
        for (const key of KEYS) {
          await expect.poll(() => place(key, model, real), { timeout: 5000 }).toBe(true);
        }
        await consistent(model, real);
      } finally {
        await real.desk.close();
      }
    }),
    { numRuns: 60 },
  );
}, 120_000);
