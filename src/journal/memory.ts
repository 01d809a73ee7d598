import { isCompleted } from "../domain/order.ts";
import { begun, isSettled, progressed } from "./intent-record.ts";
import type {
  GuardRecord,
  IntentLine,
  IntentRecord,
  Journal,
  JournalLine,
  NumberedEvent,
  OrderLine,
  ProgressLine,
} from "./journal.ts";
import { Newest } from "./newest.ts";

/** How much a journal in memory remembers. */
export interface MemoryJournalOptions {
  /** Settled intents with their keys, completed orders, and events: so many of the newest of each. Default 10000. */
  readonly kept?: number;
}

/**
 * A journal in memory: fast, and gone with the process. After a restart idempotency keys, unknown outcomes and events
 * are forgotten, and orders placed before it are shown as external.
 */
export function memoryJournal({ kept = 10_000 }: MemoryJournalOptions = {}): Journal {
  const epoch = crypto.randomUUID().slice(0, 8);
  const instances = new Map<string, Kept>();
  const settled = new Newest<IntentRecord>(kept);
  const completed = new Newest<OrderEvent>(kept);
  const guards: (GuardRecord & { readonly instance: string })[] = [];
  let events: NumberedEvent[] = [];
  let sequence = 0;
  let prunedUpTo = 0;

  function of(instance: string): Kept {
    const known = instances.get(instance);
    if (known !== undefined) return known;
    const made = { intents: new Map(), orders: new Map() };
    instances.set(instance, made);
    return made;
  }

  function begin(line: Stamped<IntentLine>): void {
    const { intents } = of(line.instance);
    const before = intents.get(line.id);
    if (before !== undefined) {
      // They stand in the order in which they began.
      intents.delete(line.id);
      if (isSettled(before)) settled.remove(before);
    }
    intents.set(line.id, begun(line));
  }

  function progress(line: Stamped<ProgressLine>): void {
    const { intents } = of(line.instance);
    const before = intents.get(line.id);
    const record = progressed(before, line);
    intents.set(line.id, record);
    if (before !== undefined && isSettled(before)) settled.remove(before);
    if (isSettled(record)) forgetIntent(settled.add(record));
  }

  function forgetIntent(record: IntentRecord | undefined): void {
    if (record !== undefined) of(record.instance).intents.delete(record.id);
  }

  function keepOrder(event: OrderEvent): void {
    const { orders } = of(event.instance);
    const { orderId } = event.order;
    const before = orders.get(orderId);
    orders.set(orderId, event);
    if (before !== undefined && isCompleted(before.order)) completed.remove(before);
    if (isCompleted(event.order)) forgetOrder(completed.add(event));
  }

  function forgetOrder(event: OrderEvent | undefined): void {
    if (event !== undefined) of(event.instance).orders.delete(event.order.orderId);
  }

  function keepEvent(event: NumberedEvent): void {
    events.push(event);
    // Cut seldom, so that a line costs the same whether the memory is full or not.
    if (events.length >= kept * 2) dropEvents(events.length - kept);
    if (event.kind === "guard") guards.push(event);
  }

  function dropEvents(count: number): void {
    const last = events[count - 1];
    if (last === undefined) return;
    prunedUpTo = last.sequence;
    events = events.slice(count);
  }

  function write(line: JournalLine): void {
    sequence += 1;
    if (line.kind === "intent") begin(line);
    else if (line.kind === "progress") progress(line);
    else if (line.kind === "order" || line.kind === "correction") {
      const { kind, order, instance, at } = line;
      const event = { kind, order, instance, at, sequence };
      keepEvent(event);
      keepOrder(event);
    } else keepEvent({ ...line, sequence });
  }

  /** Throws for a line that follows no other, be it in the journal or before it in the same call. */
  function check(line: JournalLine, index: number, lines: readonly JournalLine[]): void {
    if (line.kind !== "progress" || of(line.instance).intents.has(line.id)) return;
    const begins = (other: JournalLine) =>
      other.kind === "intent" && other.id === line.id && other.instance === line.instance;
    if (!lines.slice(0, index).some(begins)) throw new Error(`intent ${line.id} is not in the journal`);
  }

  return {
    place: { name: "memory", lasting: false },
    open: () => ({ epoch, sequence }),
    append(lines) {
      lines.forEach(check);
      lines.forEach(write);
      return sequence;
    },
    intent: (instance, id) => of(instance).intents.get(id),
    unsettled: (instance) => [...of(instance).intents.values()].filter((record) => !isSettled(record)),
    intentsSince: (instance, at) =>
      [...of(instance).intents.values()].filter((record) => record.at >= at).sort((a, b) => a.at - b.at),
    order: (instance, orderId) => of(instance).orders.get(orderId)?.order,
    openOrders: (instance) =>
      [...of(instance).orders.values()].map(({ order }) => order).filter((order) => !isCompleted(order)),
    events(instance, after, limit) {
      const found = events.filter((event) => event.sequence > after && event.instance === instance);
      return { events: found.slice(0, limit), complete: after >= prunedUpTo };
    },
    guards: (instance) =>
      guards
        .filter((guard) => guard.instance === instance)
        .map(({ state, all, principal, reason, at }) => ({ state, all, principal, reason, at })),
    prune(before) {
      settled.take(({ updatedAt }) => updatedAt < before).forEach(forgetIntent);
      completed.take(({ at }) => at < before).forEach(forgetOrder);
      const first = events.findIndex((event) => event.at >= before);
      dropEvents(first < 0 ? events.length : first);
    },
  };
}

/** What is kept of one instance. */
interface Kept {
  /** In the order in which they began. */
  readonly intents: Map<string, IntentRecord>;
  /** The last event of each order. */
  readonly orders: Map<string, OrderEvent>;
}

type Stamped<Line> = Extract<JournalLine, Line>;

type OrderEvent = Extract<NumberedEvent, OrderLine>;
