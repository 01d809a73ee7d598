/** The statements of the one writer of a journal's tables. Transactions are its caller's. */
import { orderFlags } from "../domain/order.ts";
import { isSettled } from "./intent-record.ts";
import type { EventPage, GuardRecord, IntentRecord, JournalLine, NumberedEvent, OrderRecord } from "./journal.ts";
import { preparePruning } from "./sqlite-prune.ts";
import { lineOf, numberOf, oneRow, orderOf, prepareRows, type Rows, textOf } from "./sqlite-rows.ts";
import type { Statements } from "./sqlite-statements.ts";

/** A line as it is stored: a copy, so that what its owner does with the original later changes nothing. */
export interface StoredLine {
  readonly instance: string;
  readonly at: number;
  readonly kind: JournalLine["kind"];
  /** Of an intent or progress line. */
  readonly intent: string | null;
  /** Of an order or correction line. */
  readonly orderId: string | null;
  /** True when nothing is open any more about its intent or order. */
  readonly ended: boolean;
  readonly body: string;
}

/** What a journal in SQLite answers at once; `Journal` says what each is. */
export interface SqliteReads {
  intent(instance: string, id: string): IntentRecord | undefined;
  unsettled(instance: string): readonly IntentRecord[];
  intentsSince(instance: string, at: number): readonly IntentRecord[];
  order(instance: string, orderId: string): OrderRecord | undefined;
  openOrders(instance: string): readonly OrderRecord[];
  events(instance: string, after: number, limit: number): EventPage;
  guards(instance: string): readonly GuardRecord[];
}

/** The reads of a journal, each through what finds its lines, or says why there are none. */
export function readsOver(read: <T>(work: (lines: SqliteReads) => T) => T): SqliteReads {
  return {
    intent: (instance, id) => read((lines) => lines.intent(instance, id)),
    unsettled: (instance) => read((lines) => lines.unsettled(instance)),
    intentsSince: (instance, at) => read((lines) => lines.intentsSince(instance, at)),
    order: (instance, orderId) => read((lines) => lines.order(instance, orderId)),
    openOrders: (instance) => read((lines) => lines.openOrders(instance)),
    events: (instance, after, limit) => read((lines) => lines.events(instance, after, limit)),
    guards: (instance) => read((lines) => lines.guards(instance)),
  };
}

/** What the writer's connection can do. */
export interface Lines extends Rows, SqliteReads {
  /** Why these lines cannot follow on what is written; `undefined` if they can. */
  refusal(lines: readonly StoredLine[]): Error | undefined;
  write(line: StoredLine, sequence: number): void;
  /** Prunes among the next lines after a number; answers where to go on, `undefined` at the end. */
  prune(after: number, before: number): number | undefined;
}

/** Makes a line into what is stored. Throws for what JSON cannot hold. */
export function storedLine(line: JournalLine): StoredLine {
  const { instance, at, kind } = line;
  if (!Number.isFinite(at)) throw new Error(`a line of the journal needs the time of its writing, not ${at}`);
  const base = { instance, at, kind, intent: null, orderId: null, ended: true, body: JSON.stringify(line) };
  if (line.kind === "intent") return { ...base, intent: line.id, ended: false };
  if (line.kind === "progress") return { ...base, intent: line.id, ended: isSettled(line) };
  if (line.kind !== "order" && line.kind !== "correction") return base;
  return { ...base, orderId: line.order.orderId, ended: orderFlags(line.order).isCompleted };
}

/** Prepares them for the writer's connection. */
export function prepareLines(db: Statements): Lines {
  const rows = prepareRows(db);
  const insert = db.prepare(
    "INSERT INTO line (sequence, instance, at, kind, intent, order_id, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const known = db.prepare("SELECT 1 FROM line WHERE instance = ? AND intent = ? LIMIT 1");
  const begin = db.prepare("INSERT OR REPLACE INTO unsettled (instance, intent, sequence) VALUES (?, ?, ?)");
  const reopen = db.prepare(`
    INSERT OR IGNORE INTO unsettled (instance, intent, sequence)
    SELECT instance, intent, max(sequence) FROM line WHERE instance = ? AND intent = ? AND kind = 'intent'`);
  const settle = db.prepare("DELETE FROM unsettled WHERE instance = ? AND intent = ?");
  const unsettled = db.prepare("SELECT intent FROM unsettled WHERE instance = ? ORDER BY sequence");
  const openOrder = db.prepare("INSERT OR REPLACE INTO open_order (instance, order_id, sequence) VALUES (?, ?, ?)");
  const endOrder = db.prepare("DELETE FROM open_order WHERE instance = ? AND order_id = ?");
  const lastOfOrder = db.prepare(
    "SELECT body FROM line WHERE instance = ? AND order_id = ? ORDER BY sequence DESC LIMIT 1",
  );
  const openOrders = db.prepare(
    "SELECT body FROM open_order JOIN line USING (sequence) WHERE open_order.instance = ? ORDER BY sequence",
  );
  const events = db.prepare(
    "SELECT sequence, body FROM line WHERE instance = ? AND intent IS NULL AND sequence > ? ORDER BY sequence LIMIT ?",
  );
  const begunSince = db.prepare(
    "SELECT intent FROM line WHERE instance = ? AND kind = 'intent' AND at >= ? GROUP BY intent ORDER BY max(sequence)",
  );
  const guards = db.prepare("SELECT body FROM line WHERE instance = ? AND kind = 'guard' ORDER BY sequence");
  const mark = db.prepare("SELECT pruned_events FROM meta");

  return {
    ...rows,
    refusal(lines) {
      const begun = new Set<string>();
      for (const { kind, instance, intent } of lines) {
        if (intent === null) continue;
        const key = `${instance} ${intent}`;
        if (kind === "intent") begun.add(key);
        else if (!begun.has(key) && known.get(instance, intent) === undefined) {
          return new Error(`intent ${intent} is not in the journal`);
        }
      }
      return undefined;
    },
    write({ instance, at, kind, intent, orderId, ended, body }, sequence) {
      insert.run(sequence, instance, at, kind, intent, orderId, body);
      if (intent !== null) {
        if (kind === "intent") begin.run(instance, intent, sequence);
        else if (ended) settle.run(instance, intent);
        else reopen.run(instance, intent);
      } else if (orderId !== null) {
        if (ended) endOrder.run(instance, orderId);
        else openOrder.run(instance, orderId, sequence);
      }
    },
    unsettled: (instance) =>
      unsettled.all(instance).flatMap((row) => rows.intent(instance, textOf(row, "intent")) ?? []),
    intentsSince: (instance, at) =>
      begunSince.all(instance, at).flatMap((row) => rows.intent(instance, textOf(row, "intent")) ?? []),
    order(instance, orderId) {
      const row = lastOfOrder.get(instance, orderId);
      return row === undefined ? undefined : orderOf(lineOf(row));
    },
    openOrders: (instance) => openOrders.all(instance).map((row) => orderOf(lineOf(row))),
    events(instance, after, limit) {
      const pruned = numberOf(oneRow(mark), "pruned_events");
      // Below the mark stand only the last lines of open orders: records, not events any more.
      const found = events.all(instance, Math.max(after, pruned), limit);
      return {
        events: found.map((row) => eventOf(lineOf(row), numberOf(row, "sequence"))),
        complete: after >= pruned,
      };
    },
    guards: (instance) => guards.all(instance).map((row) => guardOf(lineOf(row))),
    prune: preparePruning(db),
  };
}

function guardOf(line: JournalLine): GuardRecord {
  if (line.kind !== "guard") throw new Error(`a line of kind ${line.kind} stands where the kill switch belongs`);
  const { state, all, principal, reason, at } = line;
  return { state, all, principal, reason, at };
}

function eventOf(line: JournalLine, sequence: number): NumberedEvent {
  if (line.kind === "intent" || line.kind === "progress") {
    throw new Error(`a line of kind ${line.kind} stands where an event belongs`);
  }
  return { ...line, sequence };
}
