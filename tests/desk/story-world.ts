/** A world in which everything that can be late is: each arrival, answer, push and line waits until the story lets it go. */
import { createDesk } from "../../src/desk/create-desk.ts";
import type { Desk } from "../../src/desk/types.ts";
import { isCompleted, isTerminal, type Order } from "../../src/domain/order.ts";
import type { Journal } from "../../src/journal/journal.ts";
import type { Broker, BrokerHost, Call } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { defineBroker } from "../../src/spec/define-broker.ts";
import { AAPL, anOrder, CAPABILITIES } from "./desk-broker.ts";
import type { Dice } from "./dice.ts";

/** Something that waits to happen. */
interface Step {
  readonly what: string;
  /** Lines are written in the order in which they were handed over. */
  readonly isWrite: boolean;
  go(): void;
  /** What happens in its place when the process or its connection ends; default nothing. */
  cut?(how: "killed" | "disconnected"): void;
}

export type JournalMode = "quick" | "slow" | "away" | "mixed";

/** Milliseconds after which the venue shows what it has taken. */
export const SETTLE_MS = 2000;
export const DEADLINE_MS = 1000;

export const HELD = 100;
export const MOST_OPEN = 1000;

export function createWorld(roll: Dice, journal: Journal, told: (line: string) => void) {
  const ledger = new Map<string, Order>();
  /** The price that an order was placed at. */
  const placedAt = new Map<string, number>();
  const visibleFrom = new Map<string, number>();
  const violations: string[] = [];
  const handedOver: { readonly tag: string; readonly price: number }[] = [];
  let steps: Step[] = [];
  let pushes: Order[] = [];
  let clock = 0;
  const tick = () => {
    clock = Math.max(clock + 1, Date.now());
    return clock;
  };
  let halted = false;
  let connected = true;
  let mode: JournalMode = "quick";
  let honest = false;
  let host: BrokerHost | undefined;
  let generation = 0;
  let head = 0;

  function violated(what: string): void {
    told(`VIOLATED ${what}`);
    violations.push(what);
  }

  function step(what: string, go: () => void, cut?: Step["cut"], isWrite = false): Step {
    const made = { what, go, isWrite, ...(cut === undefined ? {} : { cut }) };
    steps.push(made);
    return made;
  }

  function set(orderId: string, fields: Partial<Order>): void {
    const known = ledger.get(orderId);
    if (known === undefined) throw new Error(`no order ${orderId}`);
    const order = { ...known, ...fields, updatedAt: tick() };
    ledger.set(orderId, order);
    if (connected) pushes.push(order);
    told(`  venue: order ${orderId} is ${order.status} ${order.filledQty}/${order.qty} at ${order.price}`);
  }

  function accept(fields: Partial<Order>): string {
    const orderId = String(ledger.size + 1);
    const order = anOrder({ ...fields, orderId, createdAt: tick(), updatedAt: clock });
    if (order.tag !== null && [...ledger.values()].some(({ tag }) => tag === order.tag)) {
      violated(`a second order with the tag ${order.tag}`);
    }
    ledger.set(orderId, order);
    placedAt.set(orderId, order.price ?? 0);
    visibleFrom.set(orderId, Date.now() + roll.below(SETTLE_MS - 200));
    if (connected) pushes.push(order);
    told(`  venue: takes order ${orderId} at ${order.price} tag ${order.tag}`);
    return orderId;
  }

  const lost = () => new BrokerError("BrokerFault", "the connection was lost", { outcome: "unknown" });
  const unsent = () => new BrokerError("NotConnected", "no connection", { outcome: "not_sent" });

  /** A write on its way to the venue and back, each of which may be lost. */
  function write<T>(what: string, { signal }: Call, apply: () => T): Promise<T> {
    if (!connected) return Promise.reject(unsent());
    return new Promise<T>((resolve, reject) => {
      const arrival = step(`${what} arrives`, arrive, (how) => {
        signal.removeEventListener("abort", withdraw);
        if (how === "disconnected" && roll.chance(0.3)) return reject(unsent());
        if (roll.chance(0.5)) attempt();
        if (how === "disconnected") reject(lost());
      });
      const withdraw = () => {
        if (!steps.includes(arrival) || roll.chance(0.2)) return;
        steps = steps.filter((other) => other !== arrival);
        told(`  ${what} is withdrawn`);
        reject(unsent());
      };
      signal.addEventListener("abort", withdraw);

      function attempt(): { value: T } | { error: unknown } {
        try {
          return { value: apply() };
        } catch (error) {
          return { error };
        }
      }

      function arrive(): unknown {
        signal.removeEventListener("abort", withdraw);
        const fate = honest ? 0 : roll.below(12);
        if (fate === 1) return reject(unsent());
        if (fate === 2) return reject(lost());
        if (fate === 3) return reject(new BrokerError("OrderRejected", "the venue says no"));
        if (fate === 4) {
          step(
            `${what} fails`,
            () => reject(lost()),
            (how) => how === "disconnected" && reject(lost()),
          );
          return undefined;
        }
        const result = attempt();
        if (fate === 5) return reject("error" in result ? result.error : lost());
        return step(
          `${what} is answered`,
          () => ("error" in result ? reject(result.error) : resolve(result.value)),
          (how) => how === "disconnected" && reject(lost()),
        );
      }
    });
  }

  /** A question and its answer, of which one waits. */
  function read<T>(what: string, answer: () => T): Promise<T> {
    if (!connected) return Promise.reject(unsent());
    if (honest || roll.chance(0.3)) return settled(answer);
    return new Promise<T>((resolve, reject) => {
      const early = roll.chance(0.5) ? settled(answer) : undefined;
      early?.catch(() => undefined);
      step(
        what,
        () => void (early ?? settled(answer)).then(resolve, reject),
        (how) => how === "disconnected" && reject(unsent()),
      );
    });
  }

  async function settled<T>(answer: () => T): Promise<T> {
    return answer();
  }

  function visible(): Order[] {
    return [...ledger.values()].filter(({ orderId }) => (visibleFrom.get(orderId) ?? 0) <= Date.now());
  }

  function changed(orderId: string, fields: Partial<Order>): string {
    const order = ledger.get(orderId);
    if (order === undefined) throw new BrokerError("OrderNotFound", `no order ${orderId}`);
    if (isCompleted(order)) throw new BrokerError("OrderNotOpen", "it has ended", { outcome: "rejected" });
    if (fields.qty !== undefined && fields.qty <= order.filledQty) {
      throw new BrokerError("OrderRejected", "that much is filled");
    }
    set(orderId, fields);
    return orderId;
  }

  function cancel(orderId: string): void {
    changed(orderId, { status: !honest && roll.chance(0.3) ? "PENDING_CANCEL" : "CANCELED" });
  }

  function brokerOf(instance: { instanceId: string; tokens: string[] }, mine: number): Broker {
    const alive = () => mine === generation;
    const never = new Promise<never>(() => undefined);
    const inFlight = new Set<string>();
    const whileAlive = <T>(work: () => Promise<T>) => (alive() ? work() : never);
    return defineBroker(instance, {
      kind: "venue",
      display: "Venue",
      capabilities: () => ({ ...CAPABILITIES, listing: { complete: true, settleMs: SETTLE_MS } }),
      start: async (given) => {
        if (!alive()) return;
        host = given;
        given.onConnection({ connected });
      },
      quote: () =>
        whileAlive(async () => {
          const prices = { latest: 100, preClose: 100, highPrice: 100, lowPrice: 100, openPrice: 100 };
          return { contract: AAPL, currency: "USD", isTradable: true, ...prices, timestamp: Date.now() };
        }),
      positions: () =>
        whileAlive(() =>
          read("positions", () => ({
            positions: [{ contract: AAPL, unit: "Share", currency: "USD", qty: HELD }],
            unmapped: [],
          })),
        ),
      placeOrder: ({ tag, number: _, ...request }, call) =>
        whileAlive(async () => {
          if (halted) violated(`an order was handed over while halted: ${tag}`);
          if (inFlight.has(tag)) violated(`an order was handed over twice: ${tag}`);
          inFlight.add(tag);
          handedOver.push({ tag, price: request.price ?? 0 });
          told(`  handed over: place at ${request.price} ${request.direction} ${request.qty} tag ${tag}`);
          const order = { ...request, price: request.price ?? null, tag };
          return write(`place ${tag}`, call, () => ({ orderId: accept(order) })).finally(() => inFlight.delete(tag));
        }),
      replaceOrder: (orderId, { tag: _, ...change }, call) =>
        whileAlive(async () => {
          if (halted) violated(`a change was handed over while halted: ${orderId}`);
          told(`  handed over: replace ${orderId} ${JSON.stringify(change)}`);
          return write(`replace ${orderId}`, call, () => ({ orderId: changed(orderId, change) }));
        }),
      cancelOrder: (orderId, call) =>
        whileAlive(() => {
          told(`  handed over: cancel ${orderId}`);
          return write(`cancel ${orderId}`, call, () => cancel(orderId));
        }),
      order: (orderId) =>
        whileAlive(() =>
          read(`order ${orderId}`, () => {
            const order = visible().find((other) => other.orderId === orderId);
            if (order === undefined) throw new BrokerError("OrderNotFound", `no order ${orderId}`);
            return order;
          }),
        ),
      orders: ({ status }) =>
        whileAlive(() =>
          read("orders", () => ({
            orders: status === "all" ? visible() : visible().filter((order) => !isTerminal(order.status)),
            unmapped: [],
          })),
        ),
    });
  }

  /** The journal as a process sees it: lines and answers may wait, or it may be away. */
  function journalOf(mine: number): Journal {
    const never = new Promise<never>(() => undefined);
    const now = (): Exclude<JournalMode, "mixed"> =>
      mode === "mixed" ? roll.pick(["quick", "quick", "slow", "away"] as const) : mode;
    function reading<T>(work: () => T): T | Promise<T> {
      if (mine !== generation) return never;
      const how = now();
      if (how === "away") throw new Error("the journal is away");
      if (how === "quick") return work();
      return new Promise<T>((resolve, reject) => {
        const early = roll.chance(0.5) ? settled(work) : undefined;
        early?.catch(() => undefined);
        step("a line is read", () => void (early ?? settled(work)).then(resolve, reject));
      });
    }
    return {
      open: () => journal.open(),
      append(lines, durability) {
        if (mine !== generation) return never;
        const how = now();
        const what = lines.map((line) => line.kind + ("state" in line ? ` ${line.state}` : "")).join(", ");
        const appended = () => {
          const sequence = journal.append(lines, durability);
          const written = (number: number) => {
            head = Math.max(head, number);
            return number;
          };
          return typeof sequence === "number" ? written(sequence) : sequence.then(written);
        };
        const isFree = !steps.some(({ isWrite }) => isWrite);
        if (how === "away" && isFree) throw new Error("the journal is away");
        if (how === "quick" && isFree) return appended();
        return new Promise<number>((resolve, reject) => {
          step(
            `written: ${what}`,
            () => {
              if (how === "away") return reject(new Error("the journal is away"));
              Promise.resolve(settled(appended)).then(
                (sequence) => void step(`known as written: ${what}`, () => resolve(sequence)),
                reject,
              );
            },
            () => void settled(appended),
            true,
          );
        });
      },
      intent: (instance, id) => reading(() => journal.intent(instance, id)) as never,
      unsettled: (instance) => reading(() => journal.unsettled(instance)) as never,
      intentsSince: (instance, at) => reading(() => journal.intentsSince(instance, at)) as never,
      order: (instance, orderId) => reading(() => journal.order(instance, orderId)) as never,
      openOrders: (instance) => reading(() => journal.openOrders(instance)) as never,
      events: (instance, after, limit) => reading(() => journal.events(instance, after, limit)) as never,
      guards: (instance) => reading(() => journal.guards(instance)) as never,
      prune: () => undefined,
    };
  }

  function cutAll(how: "killed" | "disconnected"): void {
    const cut = steps.filter((each) => each.cut !== undefined && (how === "killed" || !each.isWrite));
    steps = how === "killed" ? [] : steps.filter((each) => !cut.includes(each));
    // Of what was being written a part has been, and nothing behind what has not.
    let isWriting = roll.chance(0.7);
    for (const each of cut) {
      if (!each.isWrite || isWriting) each.cut?.(how);
      if (each.isWrite) isWriting &&= roll.chance(0.6);
    }
  }

  function begin(): Desk {
    const instance = {
      instanceId: "WyLqtMhDvAnBb6a3",
      tokens: ["Vt5UCW2sLBvgPXjR"],
      deadlineMs: DEADLINE_MS,
      risk: { maxDailyValue: 1e9, maxOpenOrders: MOST_OPEN },
    };
    return createDesk({ broker: brokerOf(instance, generation), instance, journal: journalOf(generation) });
  }

  return {
    ledger,
    placedAt,
    violations,
    violated,
    handedOver,
    begin,
    set,
    accept,
    halt(is: boolean) {
      halted = is;
    },
    journalIs(how: JournalMode) {
      mode = how;
    },
    /** From now on everything arrives. */
    heal() {
      honest = true;
      mode = "quick";
      halted = false;
      for (const { orderId, status } of ledger.values())
        if (status === "PENDING_CANCEL") set(orderId, { status: "CANCELED" });
    },
    /** Lets one thing happen; false if nothing waits. */
    go(): boolean {
      const written = steps.find(({ isWrite }) => isWrite);
      const free = steps.filter((each) => !each.isWrite || each === written);
      if (free.length === 0) return false;
      const next = roll.pick(free);
      steps = steps.filter((other) => other !== next);
      told(`- ${next.what}`);
      next.go();
      return true;
    },
    /** Tells of something that was to be told: late, twice, or never. */
    push(): boolean {
      if (pushes.length === 0 || host === undefined) return false;
      const at = honest || roll.chance(0.7) ? 0 : roll.below(pushes.length);
      const order = pushes[at] as Order;
      if (honest || !roll.chance(0.2)) pushes = pushes.filter((other) => other !== order);
      if (!connected || (!honest && roll.chance(0.15))) return true;
      told(`- push: order ${order.orderId} ${order.status} ${order.filledQty}/${order.qty} at ${order.price}`);
      host.onOrder(order);
      return true;
    },
    connect(is: boolean) {
      if (connected === is) return;
      connected = is;
      if (!is) {
        pushes = [];
        cutAll("disconnected");
      }
      host?.onConnection({ connected: is });
    },
    kill() {
      generation += 1;
      host = undefined;
      pushes = [];
      cutAll("killed");
    },
    head: () => head,
    waiting: () => steps.map(({ what }) => what),
  };
}

export type World = ReturnType<typeof createWorld>;
