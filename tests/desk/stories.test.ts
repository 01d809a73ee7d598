import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { DeskEvent } from "../../src/desk/follow.ts";
import type { Desk } from "../../src/desk/types.ts";
import { isFailure } from "../../src/domain/failure.ts";
import { isCompleted, type Order } from "../../src/domain/order.ts";
import type { Journal, NumberedEvent } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";
import { newFile } from "../journal/lines.ts";
import { DIGEST, LIMIT_BUY } from "./desk-broker.ts";
import { dice } from "./dice.ts";
import { createWorld, HELD, type JournalMode } from "./story-world.ts";

const SEED = Number(process.env["STORY_SEED"] ?? 1);
const STORIES = Number(process.env["STORIES"] ?? 25);
const ACTIONS = 60;
const KEYS = ["a", "b", "c"];
const BY = { principal: "default" };
const NOT_SENT_ONLY = new Set(["NotConnected", "NotReconciled", "JournalUnavailable", "RateLimited"]);

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
    now: new Date("2026-01-05T12:00:00Z"),
  });
});
afterEach(() => void vi.useRealTimers());

/** Lets everything happen that waits for nothing, a group of lines to be written among it. */
async function drain(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  await drain();
}

interface Asked {
  readonly what: string;
  readonly life: number;
  pending: boolean;
}

/** One story, told from a seed alone. */
async function tell(seed: number, journal: Journal): Promise<{ violations: string[]; lines: string[] }> {
  const roll = dice(seed);
  const lines: string[] = [];
  const world = createWorld(roll, journal, (line) => void lines.push(line));
  const { violated } = world;
  const asked: Asked[] = [];
  const placed = new Map<string, string>();
  const rejected = new Map<string, string>();
  const refusedPrices = new Set<number>();
  const heard: NumberedEvent[] = [];
  let lastHeard: string | undefined;
  let life = 0;
  let desk = world.begin();
  let price = 100;
  let mustBeHalted = false;
  let turns = 0;
  /** Numbers of the last lines before a process that could not always read its journal. */
  const blindFrom = [0];

  function ask(what: string, work: () => Promise<unknown>): Promise<unknown> {
    const one: Asked = { what, life, pending: true };
    asked.push(one);
    lines.push(`* ${what}`);
    return work().then(
      (answer) => {
        if (one.life !== life) return;
        one.pending = false;
        lines.push(`  answer to ${what}: ${JSON.stringify(answer)}`);
      },
      (error: unknown) => {
        if (one.life !== life) return;
        one.pending = false;
        if (!isFailure(error)) return violated(`${what} failed with what is no failure: ${String(error)}`);
        lines.push(`  answer to ${what}: ${error.code} ${error.outcome} ${error.replayed} ${error.message}`);
        if (NOT_SENT_ONLY.has(error.code) && !what.startsWith("read") && error.outcome !== "not_sent") {
          violated(`${what}: ${error.code} with ${error.outcome}`);
        }
      },
    );
  }

  function ordersAt(at: number): Order[] {
    return [...world.ledger.values()].filter(({ orderId }) => world.placedAt.get(orderId) === at);
  }

  function place(key: string | undefined, direction: "BUY" | "SELL", qty: number, at: number): Promise<unknown> {
    const what = `place ${direction} ${qty} at ${at}${key === undefined ? "" : ` under ${key}`}`;
    const before = world.handedOver.filter((one) => one.price === at).length;
    const mine = life;
    return ask(what, async () => {
      try {
        const answer = await desk.place({ ...LIMIT_BUY, direction, qty, price: at }, { ...BY, idempotencyKey: key });
        if (mine !== life) return answer;
        const order = world.ledger.get(answer.orderId);
        if (order?.tag !== answer.tag)
          violated(`${what} was answered with order ${answer.orderId} of tag ${order?.tag}`);
        if (key !== undefined) {
          const known = placed.get(key);
          if (known !== undefined && known !== answer.orderId)
            violated(`${what}: once ${known}, now ${answer.orderId}`);
          if (rejected.has(key)) violated(`${what}: rejected once, and now ${answer.orderId}`);
          placed.set(key, answer.orderId);
        }
        return answer;
      } catch (error) {
        // What a process that has ended would have answered, nobody hears.
        if (!isFailure(error) || mine !== life) throw error;
        if (error.outcome === undefined) violated(`${what}: ${error.code} without an outcome`);
        if (error.outcome === "unknown" && error.tag === undefined) violated(`${what} is unknown without a tag`);
        if (key === undefined) {
          if (error.outcome !== "unknown") refusedPrices.add(at);
        } else if (error.outcome === "rejected") {
          if (placed.has(key)) violated(`${what}: ${placed.get(key)} once, and now rejected`);
          rejected.set(key, error.tag ?? "");
        } else if (error.outcome === "not_sent" && error.code !== "IdempotencyConflict") {
          const sent = world.handedOver.filter((one) => one.price === at).length > before;
          if (sent && ordersAt(at).length > 0) violated(`${what} is told as not sent and is there: ${error.message}`);
        }
        throw error;
      }
    });
  }

  function newPrice(): number {
    price += 0.01;
    return Math.round(price * 100) / 100;
  }

  function anyOrder(): string | undefined {
    const ids = [...world.ledger.keys()];
    return ids.length === 0 ? undefined : roll.pick(ids);
  }

  function follow(): void {
    const mine = life;
    const current = desk;
    void (async () => {
      const cursor = await current.follow(lastHeard);
      for (;;) {
        const events: readonly DeskEvent[] | undefined = await cursor.next();
        if (events === undefined || mine !== life) return;
        for (const event of events) {
          if (event.kind === "reset") violated(`followers were reset: ${event.reason}`);
          else if (event.kind !== "snapshot") heard.push(event);
          else if (lastHeard !== undefined) violated("a snapshot to one who resumed");
          lastHeard = `${cursor.epoch}-${event.sequence}`;
        }
      }
    })().catch((error: unknown) => {
      lines.push(`  following failed: ${String(error)}`);
      if (mine === life) setTimeout(() => mine === life && follow(), 100);
    });
  }

  async function restart(): Promise<void> {
    lines.push("* the process is killed and starts again");
    world.kill();
    // Nobody else writes a journal before what a process that ended had begun to write is there.
    await drain();
    // Of a refusal that could not be written down the next process knows no more than that no order is there.
    for (const [key, tag] of rejected) {
      if ((await journal.intent(DIGEST, tag))?.failure?.outcome !== "rejected") rejected.delete(key);
    }
    blindFrom.push(world.head());
    life += 1;
    world.halt(mustBeHalted);
    desk = world.begin();
    follow();
  }

  const actions: (() => unknown)[] = [
    () => void place(undefined, roll.chance(0.6) ? "BUY" : "SELL", 2 + roll.below(9), newPrice()),
    () => {
      const index = roll.below(KEYS.length);
      const key = KEYS[index] as string;
      for (let twins = roll.chance(0.3) ? 2 : 1; twins > 0; twins -= 1) void place(key, "BUY", 10, 50 + index);
    },
    () => {
      const orderId = anyOrder();
      if (orderId === undefined) return;
      const change = roll.pick([{ price: newPrice() }, { qty: 1 + roll.below(15) }, { qty: 12, price: newPrice() }]);
      void ask(`replace ${orderId} ${JSON.stringify(change)}`, () => desk.replace(orderId, change, BY)).catch(() => 0);
    },
    () => {
      const orderId = anyOrder();
      if (orderId === undefined) return;
      const idempotencyKey = roll.chance(0.5) ? `cancel-${orderId}` : undefined;
      const what = `cancel ${orderId} under ${idempotencyKey}`;
      void ask(what, async () => {
        return desk.cancel(orderId, { ...BY, idempotencyKey });
      });
    },
    () => {
      const orderId = anyOrder();
      if (orderId !== undefined) void ask(`read ${orderId}`, () => desk.order(orderId, {}));
    },
    () => void ask("read all", () => desk.orders({ status: "open" }, {})),
    () => roll.chance(0.3) && void ask("cancelAll", () => desk.cancelAll("default")),
    // What the market does.
    () => {
      const orderId = anyOrder();
      const order = orderId === undefined ? undefined : world.ledger.get(orderId);
      if (order === undefined || isCompleted(order)) return;
      const more = 1 + roll.below(order.qty - order.filledQty);
      const filledQty = roll.chance(0.3) ? order.qty : order.filledQty + more;
      const status = filledQty === order.qty ? "FILLED" : order.status === "OPEN" ? "PARTIALLY_FILLED" : order.status;
      world.set(order.orderId, { filledQty, avgPrice: order.price ?? 0, status });
    },
    () => {
      const orderId = anyOrder();
      const order = orderId === undefined ? undefined : world.ledger.get(orderId);
      if (order === undefined || isCompleted(order)) return;
      if (order.status === "PENDING_CANCEL" || roll.chance(0.1)) world.set(order.orderId, { status: "CANCELED" });
      else if (roll.chance(0.12)) world.set(order.orderId, { status: "EXPIRED", errorReason: "the day is over" });
      else if (roll.chance(0.2) && order.filledQty === 0)
        world.set(order.orderId, { status: "REJECTED", errorReason: "on second thought" });
    },
    () => roll.chance(0.2) && world.accept({ tag: null, price: newPrice(), qty: 5, direction: "SELL" }),
    // What goes wrong.
    () => {
      const how = roll.pick<JournalMode>(["quick", "quick", "slow", "away", "mixed"]);
      lines.push(`* the journal is ${how}`);
      world.journalIs(how);
    },
    () => {
      if (roll.chance(0.7)) return;
      lines.push("* disconnected");
      world.connect(false);
    },
    () => {
      lines.push("* connected");
      world.connect(true);
    },
    () => roll.chance(0.4) && restart(),
    async () => {
      if (roll.chance(0.5)) return;
      turns += 1;
      const mine = turns;
      if (roll.chance(0.5)) {
        world.halt(true);
        void ask("turn HALTED", async () => {
          const isWritten = await desk.turn({ state: "HALTED", principal: "operator", reason: "story" });
          if (isWritten && mine === turns) mustBeHalted = true;
          return isWritten;
        });
      } else {
        world.halt(false);
        mustBeHalted = false;
        void ask("turn ACTIVE", () => desk.turn({ state: "ACTIVE", principal: "operator", reason: "story" }));
      }
    },
    () => pass(roll.pick([1, 20, 100, 260, 1000, 3000, 20_000])),
  ];

  follow();
  for (let count = 0; count < ACTIONS; count += 1) {
    await roll.pick(actions)();
    if (roll.chance(0.8)) await drain();
    for (let steps = roll.below(5); steps > 0; steps -= 1) {
      world.go();
      if (roll.chance(0.8)) await drain();
      if (roll.chance(0.5)) world.push();
      if (roll.chance(0.8)) await drain();
    }
  }

  lines.push("* everything answers again");
  turns += 1;
  mustBeHalted = false;
  world.heal();
  world.connect(true);
  for (let round = 0; round < 30; round += 1) {
    for (let count = 0; world.go() && count < 1000; count += 1) await drain();
    while (world.push()) await drain();
    await pass(5000);
  }
  await finish(ask("turn ACTIVE", () => desk.turn({ state: "ACTIVE", principal: "operator", reason: "end" })));
  await pass(120_000);
  await finish(desk.reconcile());
  await pass(120_000);
  await finale();

  /** Waits for something while the world goes on. */
  async function finish<T>(work: Promise<T>): Promise<T> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    work.then(end, end);
    for (let round = 0; !ended && round < 200; round += 1) {
      while (world.go()) await drain();
      await pass(round < 20 ? 10 : 1000);
    }
    if (!ended) throw new Error(`never ended: ${lines.slice(-3).join("; ")}`);
    return work;
  }

  async function finale(): Promise<void> {
    for (const { what } of asked.filter((one) => one.pending && one.life === life)) violated(`never answered: ${what}`);
    for (const at of refusedPrices) {
      for (const { orderId } of ordersAt(at)) violated(`order ${orderId} at ${at} was told as refused`);
    }
    const open = [...world.ledger.values()].filter((order) => !isCompleted(order));
    const state = desk.state();
    if (!state.reconciled || state.unknownIntents > 0) violated(`the end is ${JSON.stringify(state)}`);
    if (state.openOrders !== open.length) violated(`${state.openOrders} orders are open, not ${open.length}`);
    const unknown = await desk.unknownIntents();
    if (unknown.length > 0) violated(`unknown at the end: ${JSON.stringify(unknown)}`);
    for (const order of world.ledger.values()) {
      const known = desk.remembered(order.orderId) ?? (await journal.order(DIGEST, order.orderId));
      const { status, filledQty, qty, price: at, tag } = order;
      const expected = { status, filledQty, qty, price: at, tag, external: tag === null };
      if (!holds(known, expected))
        violated(`order ${order.orderId} is ${JSON.stringify(expected)}, not ${JSON.stringify(known)}`);
      const last = await journal.order(DIGEST, order.orderId);
      if (!holds(last, expected))
        violated(`order ${order.orderId} was last told as ${JSON.stringify(last)}, is ${JSON.stringify(expected)}`);
      const intent = tag === null ? undefined : await journal.intent(DIGEST, tag);
      if (tag !== null && intent?.placed?.orderId !== order.orderId)
        violated(`the intent of ${order.orderId} says ${JSON.stringify(intent)}`);
    }
    checkEvents((await journal.events(DIGEST, 0, 100_000)).events, heard, blindFrom, violated);
    await checkRisk();
    for (const [index, key] of KEYS.entries()) await finish(place(key, "BUY", 10, 50 + index));
  }

  async function checkRisk(): Promise<void> {
    const own = [...world.ledger.values()].filter(
      ({ tag, status, filledQty }) => tag !== null && (status !== "REJECTED" || filledQty > 0),
    );
    let least = 0;
    for (const { tag } of own) least += (await journal.intent(DIGEST, tag ?? ""))?.value ?? 0;
    const selling = [...world.ledger.values()].filter((order) => order.direction === "SELL" && !isCompleted(order));
    const working = selling.reduce((sum, { qty, filledQty }) => sum + qty - filledQty, 0);
    const before = await finish(probe(desk));
    lines.push(`counted: ${JSON.stringify(before)}`);
    if (before.total < least - 0.001) violated(`the day counts ${before.total}, at least ${least}`);
    if (before.free !== Math.max(0, HELD - working))
      violated(`${before.free} may be sold, ${working} of ${HELD} being sold`);
    await restart();
    world.connect(true);
    await finish(desk.reconcile());
    await drain();
    const after = await finish(probe(desk));
    if (Math.abs(after.total - before.total) > 0.001)
      violated(`the day counts ${before.total}, after a restart ${after.total}`);
    if (after.free !== before.free) violated(`${before.free} may be sold, after a restart ${after.free}`);
  }

  return { violations: world.violations, lines };
}

/** What the desk counts, as its refusals tell it. */
async function probe(desk: Desk): Promise<{ total: number; free: number }> {
  const refusal = async (direction: "BUY" | "SELL", qty: number, price: number) => {
    try {
      await desk.place({ ...LIMIT_BUY, direction, qty, price }, BY);
    } catch (error) {
      if (isFailure(error) && error.code === "LimitExceeded") return error.details as { value: number; limit: number };
      throw error;
    }
    throw new Error("a probe was sent");
  };
  const value = await refusal("BUY", 1e7, 1000);
  const short = await refusal("SELL", 1e6, 100);
  return { total: value.value - 1e10, free: short.limit };
}

function holds(known: object | undefined, expected: Record<string, unknown>): boolean {
  return known !== undefined && Object.entries(expected).every(([name, value]) => Reflect.get(known, name) === value);
}

/** Numbers rise, each change is told once, an order that has ended stays so, and followers heard all of it. */
function checkEvents(
  events: readonly NumberedEvent[],
  heard: readonly NumberedEvent[],
  blindFrom: readonly number[],
  violated: (what: string) => void,
) {
  const last = new Map<string, Order>();
  const tolder = new Map<string, number>();
  for (const event of events) {
    if (!("order" in event)) continue;
    const { order } = event;
    const known = last.get(order.orderId);
    const before = tolder.get(order.orderId) ?? 0;
    last.set(order.orderId, order);
    tolder.set(order.orderId, event.sequence);
    if (known === undefined) continue;
    // A process that cannot read what was told before it tells it again.
    const isTold = blindFrom.some((head) => before <= head && head < event.sequence);
    const told = ({ updatedAt: _, asOf: __, ...rest }: Order & { asOf?: number }) =>
      JSON.stringify(Object.entries(rest).sort());
    if (!isTold && told(known) === told(order)) violated(`told twice: ${event.sequence} ${JSON.stringify(order)}`);
    if (order.filledQty < known.filledQty) violated(`fills went back: ${event.sequence}`);
    if (isCompleted(known) && !isCompleted(order))
      violated(`order ${order.orderId} is open again with ${event.sequence}`);
  }
  const numbers = heard.map(({ sequence }) => sequence);
  const first = numbers[0] ?? 0;
  const expected = events.map(({ sequence }) => sequence).filter((sequence) => sequence >= first);
  if (numbers.length > 0 && numbers.join() !== expected.join())
    violated(`a follower heard ${numbers}, not ${expected}`);
}

/** `STORIES=500 STORY_SEED=1000` tells other ones, and more of them. */
test.each([
  ["in memory", async () => memoryJournal()],
  [
    "in a file",
    async () => {
      const journal = sqliteJournal(newFile());
      onTestFinished(() => journal.close());
      await journal.open();
      return journal;
    },
  ],
])(
  "whatever happens at once, no order is sent twice and what is told is so, with a journal %s",
  async (_name, open) => {
    for (let seed = SEED; seed < SEED + STORIES; seed += 1) {
      vi.clearAllTimers();
      vi.setSystemTime(new Date("2026-01-05T12:00:00Z"));
      const { violations, lines } = await tell(seed, await open());
      expect(violations, [`story ${seed}`, ...lines].join("\n")).toEqual([]);
    }
  },
  600_000,
);
