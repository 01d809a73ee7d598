import { isCompleted } from "../domain/order.ts";
import { shown } from "../domain/shown.ts";
import { demandOptions } from "./demand-options.ts";
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
import { Kept, PARTS } from "./kept.ts";

/** How much a journal in memory remembers. */
export interface MemoryJournalOptions {
  /**
   * Settled intents with their keys and completed orders, of each instance, and events: at least so many of the newest,
   * and about twice as many at most. Default 10000.
   */
  readonly kept?: number;
}

/**
 * A journal in memory: fast, and gone with the process. After a restart idempotency keys, unknown outcomes and events
 * are forgotten, and orders placed before it are shown as external. Throws `RangeError` for a wrong `kept`, and
 * `TypeError` for what is no option.
 */
export function memoryJournal(options: MemoryJournalOptions = {}): Journal {
  demandOptions("memoryJournal", options, "kept", "10000");
  const { kept = 10_000 } = options;
  // With a number that is none nothing would ever be forgotten.
  if (typeof kept !== "number" || !(kept >= 0)) {
    throw new RangeError(`kept is a number of things, 0 or more, not ${shown(kept)}`);
  }
  const epoch = crypto.randomUUID().slice(0, 8);
  const instances = new Map<string, Instance>();
  const guards: (GuardRecord & { readonly instance: string })[] = [];
  /** In parts, the newest last, of which the oldest is forgotten as a whole. */
  let events: NumberedEvent[][] = [[]];
  let sequence = 0;
  let prunedUpTo = 0;

  function of(instance: string): Instance {
    const known = instances.get(instance);
    if (known !== undefined) return known;
    const made = { intents: new Kept<IntentRecord>(kept), orders: new Kept<OrderEvent>(kept) };
    instances.set(instance, made);
    return made;
  }

  function begin(line: Stamped<IntentLine>): void {
    const { intents } = of(line.instance);
    // They stand in the order in which they began. Without a key nothing stands under an id yet.
    if (line.fingerprint !== null) intents.delete(line.id);
    intents.add(line.id, begun(line), true);
  }

  function progress(line: Stamped<ProgressLine>): void {
    const { intents } = of(line.instance);
    const record = progressed(intents.get(line.id), line);
    intents.replace(line.id, record, !isSettled(record));
  }

  function keepOrder(event: OrderEvent): void {
    of(event.instance).orders.replace(event.order.orderId, event, !isCompleted(event.order));
  }

  function keepEvent(event: NumberedEvent): void {
    let newest = events.at(-1);
    if (newest === undefined || newest.length >= kept / PARTS) {
      newest = [];
      const old = events.slice(0, -PARTS);
      prunedUpTo = old.at(-1)?.at(-1)?.sequence ?? prunedUpTo;
      events = [...events.slice(-PARTS), newest];
    }
    newest.push(event);
    if (event.kind === "guard") guards.push(event);
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
    if (line.kind !== "progress" || of(line.instance).intents.get(line.id) !== undefined) return;
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
    unsettled: (instance) => [...of(instance).intents.open()],
    intentsSince(instance, at) {
      const { intents } = of(instance);
      return [...intents.ended(), ...intents.open()].filter((record) => record.at >= at).sort((a, b) => a.at - b.at);
    },
    order: (instance, orderId) => of(instance).orders.get(orderId)?.order,
    openOrders: (instance) => [...of(instance).orders.open()].map(({ order }) => order),
    events(instance, after, limit) {
      const found = events.flat().filter((event) => event.sequence > after && event.instance === instance);
      return { events: found.slice(0, limit), complete: after >= prunedUpTo };
    },
    guards: (instance) =>
      guards
        .filter((guard) => guard.instance === instance)
        .map(({ state, all, principal, reason, at }) => ({ state, all, principal, reason, at })),
    prune(before) {
      for (const { intents, orders } of instances.values()) {
        intents.forget(({ updatedAt }) => updatedAt < before);
        orders.forget(({ at }) => at < before);
      }
      const all = events.flat();
      const first = all.findIndex((event) => event.at >= before);
      const left = first < 0 ? [] : all.slice(first);
      prunedUpTo = all[all.length - left.length - 1]?.sequence ?? prunedUpTo;
      events = [left];
    },
  };
}

/** What is kept of one instance. */
interface Instance {
  /** Open until they are settled. */
  readonly intents: Kept<IntentRecord>;
  /** The last event of each order. */
  readonly orders: Kept<OrderEvent>;
}

type Stamped<Line> = Extract<JournalLine, Line>;

type OrderEvent = Extract<NumberedEvent, OrderLine>;
