import { isSettled } from "./intent-record.ts";
import type { IntentRecord, JournalHead, JournalLine, OrderRecord } from "./journal.ts";
import { pathOf } from "./journal-path.ts";
import { loadSqlite } from "./load-sqlite.ts";
import { fileFailure } from "./sqlite-errors.ts";
import { lineOf, numberOf, orderOf, prepareRows, textOf } from "./sqlite-rows.ts";
import { checkReadable } from "./sqlite-schema.ts";

/** A line and its number. */
export interface NumberedLine {
  readonly sequence: number;
  readonly line: JournalLine;
}

/** An order and whose it is. */
export interface InstanceOrder {
  readonly instance: string;
  readonly order: OrderRecord;
}

/** A look into a journal's file, also while a gateway writes it. Every call sees what is written by then. */
export interface JournalReader {
  head(): JournalHead;
  /** Lines of every kind and instance with a number above `after`, at most `limit`, in order. */
  lines(after: number, limit: number): readonly NumberedLine[];
  /** Every intent of any instance that is `sending` or `unknown`, oldest first. */
  unsettled(): readonly IntentRecord[];
  /** The intents of this tag: one, unless several instances use the same. */
  intents(id: string): readonly IntentRecord[];
  /** The last record of every order of any instance that was not completed in it, the one told of longest ago first. */
  openOrders(): readonly InstanceOrder[];
  /** The last record of any order with this tag, also of one that has ended. Looks through all events. */
  orderOf(instance: string, tag: string): OrderRecord | undefined;
  close(): void;
}

/** Milliseconds that a reader waits while the file is being repaired after a crash. */
const BUSY_MS = 5000;

/** Opens a journal's file for reading. Throws `Failure` with code `JournalUnavailable` if there is none to be read. */
export async function readJournal(file: string): Promise<JournalReader> {
  const { DatabaseSync } = await loadSqlite();
  const path = pathOf(file);
  let db: InstanceType<typeof DatabaseSync> | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
    checkReadable(db, path);
    return createReader(db, path);
  } catch (error) {
    db?.close();
    throw fileFailure(path, error);
  }
}

function createReader(db: import("node:sqlite").DatabaseSync, path: string): JournalReader {
  const rows = prepareRows(db);
  const lines = db.prepare("SELECT sequence, body FROM line WHERE sequence > ? ORDER BY sequence LIMIT ?");
  const unsettled = db.prepare("SELECT instance, intent FROM unsettled ORDER BY sequence");
  const openOrders = db.prepare("SELECT body FROM open_order JOIN line USING (sequence) ORDER BY sequence");
  const tagged = db.prepare(
    `SELECT body FROM line WHERE instance = ? AND intent IS NULL AND kind IN ('order', 'correction')
      AND json_extract(body, '$.order.tag') = ? ORDER BY sequence DESC LIMIT 1`,
  );
  const instances = db.prepare("SELECT DISTINCT instance FROM line WHERE intent = ?");

  function read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw fileFailure(path, error);
    }
  }

  function unsettledNow(): readonly IntentRecord[] {
    const found = unsettled.all().flatMap((row) => rows.intent(textOf(row, "instance"), textOf(row, "intent")) ?? []);
    // The gateway may have settled one since its name was read.
    return found.filter((intent) => !isSettled(intent));
  }

  return {
    head: () => read(rows.head),
    lines: (after, limit) =>
      read(() => lines.all(after, limit).map((row) => ({ sequence: numberOf(row, "sequence"), line: lineOf(row) }))),
    unsettled: () => read(unsettledNow),
    intents: (id) => read(() => instances.all(id).flatMap((row) => rows.intent(textOf(row, "instance"), id) ?? [])),
    openOrders: () =>
      read(() =>
        openOrders.all().map((row) => {
          const line = lineOf(row);
          return { instance: line.instance, order: orderOf(line) };
        }),
      ),
    orderOf: (instance, tag) =>
      read(() => {
        const row = tagged.get(instance, tag);
        return row && orderOf(lineOf(row));
      }),
    close: () => db.close(),
  };
}
