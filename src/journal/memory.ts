import { orderFlags } from "../domain/order.ts";
import { begun, isSettled, progressed } from "./intent-record.ts";
import type { EventLine, IntentRecord, Journal, JournalLine, NumberedEvent, OrderRecord } from "./journal.ts";

/** How much a journal in memory remembers. */
export interface MemoryJournalOptions {
  /** Settled intents, with their keys, and events each: so many of the newest. Default 10000. */
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
  const orders = new Map<string, { instance: string; record: OrderRecord }>();
  let events: NumberedEvent[] = [];
  let sequence = 0;
  let prunedUpTo = 0;

  function keepIntent(record: IntentRecord): void {
    const key = keyOf(record.instance, record.id);
    unsettled.delete(key);
    settled.delete(key);
    if (!isSettled(record)) {
      unsettled.set(key, record);
      return;
    }
    settled.set(key, record);
    const oldest = settled.keys().next();
    if (settled.size > kept && !oldest.done) settled.delete(oldest.value);
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
      keepIntent(begun(line));
    } else if (line.kind === "progress") {
      const key = keyOf(line.instance, line.id);
      keepIntent(progressed(unsettled.get(key) ?? settled.get(key), line));
    } else {
      if (line.kind === "order" || line.kind === "correction") {
        const key = keyOf(line.instance, line.order.orderId);
        if (orderFlags(line.order).isCompleted) orders.delete(key);
        else orders.set(key, { instance: line.instance, record: line.order });
      }
      keepEvent(line);
    }
  }

  return {
    open: () => ({ epoch, sequence }),
    append(lines) {
      for (const line of lines) {
        if (line.kind !== "progress") continue;
        const key = keyOf(line.instance, line.id);
        const begun = lines.some((other) => other.kind === "intent" && other.id === line.id);
        if (!begun && !unsettled.has(key) && !settled.has(key)) {
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
    openOrders: (instance) =>
      [...orders.values()].filter((order) => order.instance === instance).map(({ record }) => record),
    events(instance, after, limit) {
      const found = events.filter((event) => event.sequence > after && event.instance === instance);
      return { events: found.slice(0, limit), complete: after >= prunedUpTo };
    },
    prune(before) {
      for (const [key, record] of settled) if (record.updatedAt < before) settled.delete(key);
      const first = events.findIndex((event) => event.at >= before);
      dropEvents(first < 0 ? events.length : first);
    },
  };
}

function keyOf(instance: string, id: string): string {
  return `${instance} ${id}`;
}
