import { orderFlags } from "../domain/order.ts";
import { begun, isSettled, progressed } from "./intent-record.ts";
import type {
  EventLine,
  GuardRecord,
  IntentRecord,
  Journal,
  JournalLine,
  NumberedEvent,
  OrderRecord,
} from "./journal.ts";

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
  const unsettled = new Map<string, IntentRecord>();
  const settled = new Map<string, IntentRecord>();
  const oldestSettled = settled.keys();
  const openOrders = new Map<string, KeptOrder>();
  const completedOrders = new Map<string, KeptOrder>();
  const oldestCompleted = completedOrders.keys();
  const guards: (GuardRecord & { readonly instance: string })[] = [];
  let events: NumberedEvent[] = [];
  let sequence = 0;
  let prunedUpTo = 0;

  function keepIntent(record: IntentRecord): void {
    const key = keyOf(record.instance, record.id);
    settled.delete(key);
    if (!isSettled(record)) {
      // Keeps its place among the unsettled, which stand in the order in which they began.
      unsettled.set(key, record);
      return;
    }
    unsettled.delete(key);
    settled.set(key, record);
    if (settled.size > kept) dropNext(settled, oldestSettled);
  }

  function keepOrder(order: KeptOrder): void {
    const key = keyOf(order.instance, order.record.orderId);
    openOrders.delete(key);
    completedOrders.delete(key);
    if (!orderFlags(order.record).isCompleted) {
      openOrders.set(key, order);
      return;
    }
    completedOrders.set(key, order);
    if (completedOrders.size > kept) dropNext(completedOrders, oldestCompleted);
  }

  function keepEvent(line: EventLine): void {
    events.push({ ...line, sequence });
    // Cut seldom, so that a line costs the same whether the memory is full or not.
    if (events.length >= kept * 2) dropEvents(events.length - kept);
  }

  function dropEvents(count: number): void {
    const last = events[count - 1];
    if (last === undefined) return;
    prunedUpTo = last.sequence;
    events = events.slice(count);
  }

  function write(line: JournalLine): void {
    sequence += 1;
    if (line.kind === "intent") {
      unsettled.delete(keyOf(line.instance, line.id));
      keepIntent(begun(line));
    } else if (line.kind === "progress") {
      const key = keyOf(line.instance, line.id);
      keepIntent(progressed(unsettled.get(key) ?? settled.get(key), line));
    } else {
      if (line.kind === "order" || line.kind === "correction") {
        keepOrder({ instance: line.instance, record: line.order, at: line.at });
      }
      if (line.kind === "guard") guards.push(line);
      keepEvent(line);
    }
  }

  return {
    place: { name: "memory", lasting: false },
    open: () => ({ epoch, sequence }),
    append(lines) {
      const begins = new Set<string>();
      for (const line of lines) {
        if (line.kind !== "intent" && line.kind !== "progress") continue;
        const key = keyOf(line.instance, line.id);
        if (line.kind === "intent") begins.add(key);
        else if (!begins.has(key) && !unsettled.has(key) && !settled.has(key)) {
          throw new Error(`intent ${line.id} is not in the journal`);
        }
      }
      lines.forEach(write);
      return sequence;
    },
    intent(instance, id) {
      const key = keyOf(instance, id);
      return unsettled.get(key) ?? settled.get(key);
    },
    unsettled: (instance) => [...unsettled.values()].filter((record) => record.instance === instance),
    intentsSince: (instance, at) =>
      [...unsettled.values(), ...settled.values()]
        .filter((record) => record.instance === instance && record.at >= at)
        .sort((a, b) => a.at - b.at),
    order(instance, orderId) {
      const key = keyOf(instance, orderId);
      return (openOrders.get(key) ?? completedOrders.get(key))?.record;
    },
    openOrders: (instance) =>
      [...openOrders.values()].filter((order) => order.instance === instance).map(({ record }) => record),
    events(instance, after, limit) {
      const found = events.filter((event) => event.sequence > after && event.instance === instance);
      return { events: found.slice(0, limit), complete: after >= prunedUpTo };
    },
    guards: (instance) =>
      guards
        .filter((guard) => guard.instance === instance)
        .map(({ state, all, principal, reason, at }) => ({ state, all, principal, reason, at })),
    prune(before) {
      for (const [key, record] of settled) if (record.updatedAt < before) settled.delete(key);
      for (const [key, order] of completedOrders) if (order.at < before) completedOrders.delete(key);
      const first = events.findIndex((event) => event.at >= before);
      dropEvents(first < 0 ? events.length : first);
    },
  };
}

interface KeptOrder {
  readonly instance: string;
  readonly record: OrderRecord;
  readonly at: number;
}

/**
 * Drops the oldest key that is left. The iterator is the map's only one: begun anew each time, it would pass by all that
 * was dropped before, which costs more than everything else that is done for an order.
 */
function dropNext(map: Map<string, unknown>, keys: Iterator<string, undefined>): void {
  const oldest = keys.next();
  if (!oldest.done) map.delete(oldest.value);
}

function keyOf(instance: string, id: string): string {
  return `${instance} ${id}`;
}
