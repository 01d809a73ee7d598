/**
 * The journal in a SQLite file: it outlives the process and, for what must, the loss of power.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { sqliteJournal } from "httptrading/journal/sqlite";
 *
 * const trading = createHttpTrading({ brokers: [myBroker], journal: sqliteJournal("httptrading.db") });
 * ```
 *
 * Beside the file stand `-wal` and `-shm` (parts of the database while it is open, and after a crash) and `-lock`. They
 * belong on a local disk, never on a network share: its locks and syncs do not hold what is promised here.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { shown } from "../domain/shown.ts";
import { demandBytes, demandOptions } from "./demand-options.ts";
import type { Durability, Journal, JournalHead, JournalLine, JournalPlace } from "./journal.ts";
import { loadSqlite } from "./load-sqlite.ts";
import { machineStart } from "./machine-start.ts";
import { fileFailure, journalUnavailable } from "./sqlite-errors.ts";
import { readsOver, type SqliteReads, storedLine } from "./sqlite-lines.ts";
import type { JournalStats } from "./sqlite-stats.ts";
import { openWriter, type SqliteWriter } from "./sqlite-writer.ts";

export { type InstanceOrder, type JournalReader, type NumberedLine, readJournal } from "./sqlite-reader.ts";
export type { JournalStats, SqliteReads };

/** How a journal's file is used. */
export interface SqliteJournalOptions {
  /**
   * Largest size of the file in bytes. What would make it larger is refused as on a full disk, until pruning has made
   * room. A file is never smaller than an empty journal, 40 KiB. Default: as much as the disk holds.
   */
  readonly maxBytes?: number;
}

/** A journal in a SQLite file. */
export interface SqliteJournal extends Omit<Journal, keyof SqliteReads>, SqliteReads {
  readonly place: JournalPlace;
  open(): Promise<JournalHead>;
  append(lines: readonly JournalLine[], durability: Durability): Promise<number>;
  prune(before: number): Promise<void>;
  /** Writes what still waits, and lets the file go. It may be opened again. */
  close(): Promise<void>;
  /** What has been done since it was opened. */
  stats(): JournalStats;
}

/**
 * A journal in one SQLite file, which is created when it does not exist, for its owner's eyes only.
 *
 * Every method throws `Failure` with code `JournalUnavailable` when the file cannot be used: it has another writer, its
 * disk is full, it was deleted or replaced, it is not a journal or one of a newer version. Nothing of an `append` that
 * throws has been written, and the next one works as soon as the cause is gone. Throws `RangeError` for a wrong `maxBytes`,
 * and `TypeError` for what is neither a path nor an option.
 */
export function sqliteJournal(file: string, options: SqliteJournalOptions = {}): SqliteJournal {
  if (typeof file !== "string") {
    throw new TypeError(`sqliteJournal needs the path of a file, such as "httptrading.db", not ${shown(file)}`);
  }
  demandOptions("sqliteJournal", options, "maxBytes", "1e9");
  const { maxBytes } = options;
  if (maxBytes !== undefined) demandBytes(maxBytes);
  let opening: Promise<SqliteWriter> | undefined;
  let writer: SqliteWriter | undefined;

  async function openFile(): Promise<SqliteWriter> {
    const { DatabaseSync } = await loadSqlite();
    return openWriter(file, { maxBytes, machineStart: machineStart() }, DatabaseSync);
  }

  function opened(): SqliteWriter {
    if (writer === undefined)
      throw journalUnavailable(`the journal ${file} is not open: call open() before anything else`);
    return writer;
  }

  function read<T>(work: (lines: SqliteReads) => T): T {
    const current = opened();
    try {
      return work(current.lines);
    } catch (error) {
      throw fileFailure(current.path, error);
    }
  }

  return {
    place: { name: file, lasting: true },
    async open() {
      opening ??= openFile().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      writer = await opening;
      return writer.head;
    },
    async append(lines, durability) {
      return opened().append(lines.map(storedLine), durability);
    },
    ...readsOver(read),
    async prune(before) {
      const current = opened();
      let after: number | undefined = 0;
      while (after !== undefined && writer === current) {
        const from: number = after;
        after = current.transact(() => current.lines.prune(from, before));
        await setImmediate();
      }
    },
    async close() {
      const closing = opening;
      opening = undefined;
      const current = await closing?.catch(() => undefined);
      writer = undefined;
      current?.close();
    },
    stats: () => opened().stats(),
  };
}
