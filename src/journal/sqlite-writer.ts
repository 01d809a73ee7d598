/** The one connection that writes a journal's file. */
import type { DatabaseSync } from "node:sqlite";
import { createGroupCommit, type Waiting } from "./group-commit.ts";
import type { Durability, JournalHead } from "./journal.ts";
import { ensureFile, watchFiles } from "./journal-path.ts";
import { isSameStart } from "./machine-start.ts";
import { fileFailure, journalUnavailable, sqliteCode } from "./sqlite-errors.ts";
import { type Lines, prepareLines, type StoredLine } from "./sqlite-lines.ts";
import { oneRow } from "./sqlite-rows.ts";
import { migrate, rollBack } from "./sqlite-schema.ts";
import type { JournalStats } from "./sqlite-stats.ts";
import { MIGRATIONS } from "./sqlite-tables.ts";
import { lockWriter } from "./writer-lock.ts";

/** An open journal's file. */
export interface SqliteWriter {
  readonly path: string;
  readonly head: JournalHead;
  readonly lines: Lines;
  append(lines: readonly StoredLine[], durability: Durability): Promise<number>;
  /** Runs one bounded piece of work in a transaction of its own. */
  transact<T>(work: () => T): T;
  stats(): JournalStats;
  close(): void;
}

/** What a writer is set up with. */
export interface SqliteWriterOptions {
  /** Largest size of the file in bytes; `undefined` for as much as the disk holds. */
  readonly maxBytes: number | undefined;
  /** Which start of the machine this is; `undefined` where it cannot be told. */
  readonly machineStart: string | undefined;
}

interface Entry {
  readonly lines: readonly StoredLine[];
  readonly durability: Durability;
}

/** A group is closed with so many lines: some milliseconds of work. */
const GROUP_LINES = 256;
/** Milliseconds that opening waits for a reader that is just repairing the file after a crash. */
const BUSY_MS = 1000;
/** The write-ahead log is copied into the file when it has this size, and after a burst cut to it again. */
const LOG_BYTES = 16 * 1024 * 1024;

/** Opens the file for writing; throws `JournalUnavailable` when that cannot be. */
export function openWriter(file: string, options: SqliteWriterOptions, Database: typeof DatabaseSync): SqliteWriter {
  const path = ensureFile(file);
  const lock = lockWriter(path, Database);
  let db: DatabaseSync | undefined;
  try {
    db = new Database(path, { timeout: BUSY_MS });
    connect(db, path, options);
    return createWriter(db, path, options, lock);
  } catch (error) {
    db?.close();
    lock.release();
    throw fileFailure(path, error);
  }
}

function connect(db: DatabaseSync, path: string, { maxBytes }: SqliteWriterOptions): void {
  // Before anything is changed: the file may be another program's.
  migrate(db, path);
  // Where fsync alone leaves data in the drive's cache (macOS), the stronger form is asked for.
  const mode = db.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"];
  if (mode !== "wal") {
    throw journalUnavailable(`the journal ${path} cannot have a write-ahead log there: put it on a local disk`);
  }
  const pageSize = Number(db.prepare("PRAGMA page_size").get()?.["page_size"]);
  db.exec(`
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA wal_autocheckpoint = ${Math.ceil(LOG_BYTES / pageSize)};
    PRAGMA journal_size_limit = ${LOG_BYTES}`);
  if (maxBytes !== undefined) {
    db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`);
  }
}

/**
 * Puts a commit that changes nothing where one that failed may stand in the log. The place is there already, so a full disk
 * has room for it; and whether this one fails or not, the other has no beginning any more.
 */
function displace(db: DatabaseSync): void {
  try {
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  } catch {
    // Nothing comes of that either.
  }
}

function createWriter(
  db: DatabaseSync,
  path: string,
  { machineStart }: SqliteWriterOptions,
  lock: ReturnType<typeof lockWriter>,
): SqliteWriter {
  const lines = prepareLines(db);
  const head = lines.head();
  // From here on nobody else may write, and waiting for one who does would hold up the event loop.
  db.exec("PRAGMA busy_timeout = 0");
  // The write-ahead log exists from the first read on.
  const checkFiles = watchFiles([path, `${path}-wal`, lock.path]);
  const groups = createGroupCommit<Entry>({ limit: GROUP_LINES, sizeOf: (entry) => entry.lines.length, commit });
  const stats = { appends: 0, lines: 0, groups: 0, synced: 0 };
  let { sequence } = head;
  let synchronous: Durability | undefined;
  let doubtful = false;

  function syncAs(durability: Durability): void {
    if (synchronous === durability) return;
    db.exec(`PRAGMA synchronous = ${durability === "power-loss" ? "FULL" : "NORMAL"}`);
    synchronous = durability;
  }

  /**
   * After a fault of the disk nobody knows which pages of the log reached it, and a later sync does not tell. Copying
   * the whole log into the file, with a sync of its own, settles that.
   */
  function dispelDoubt(): void {
    if (!doubtful) return;
    const busy = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"];
    if (busy !== 0)
      throw journalUnavailable(`the journal ${path} had a fault of its disk and is being read: end its readers`);
    doubtful = false;
  }

  /** Now if the disk lets us: a commit that failed may stand in the log, and would count once the process has died. */
  function doubt(): void {
    doubtful = true;
    try {
      dispelDoubt();
    } catch {
      // Before the next transaction then.
      displace(db);
    }
  }

  function transact<T>(durability: Durability, work: () => T): T {
    try {
      checkFiles();
      dispelDoubt();
      syncAs(durability);
      db.exec("BEGIN IMMEDIATE");
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      // Whether a transaction is open, not every Node that is served on can tell.
      rollBack(db);
      if (sqliteCode(error) === "IOERR") doubt();
      throw fileFailure(path, error);
    }
  }

  /** Another one once a start: numbers that were told before a loss of power may be given to other events now. */
  function epochOfStart(): string {
    const { machine_start: known } = oneRow(db.prepare("SELECT machine_start FROM meta"));
    if (typeof known === "string" && isSameStart(known, machineStart)) return head.epoch;
    const made = crypto.randomUUID().slice(0, 8);
    const renew = db.prepare("UPDATE meta SET epoch = ?, machine_start = ?");
    try {
      transact("process", () => renew.run(made, machineStart ?? null));
    } catch {
      // The first append tells why; what can be read is needed all the same, and the next opening takes another epoch.
    }
    return made;
  }

  /** Writes the entries that can follow on what is there; the others are told why not, and write nothing. */
  function writeGroup(group: readonly Waiting<Entry>[]): { written: [Waiting<Entry>, number][]; last: number } {
    const written: [Waiting<Entry>, number][] = [];
    let last = sequence;
    for (const waiting of group) {
      const refusal = lines.refusal(waiting.entry.lines);
      if (refusal !== undefined) {
        waiting.reject(refusal);
        continue;
      }
      for (const line of waiting.entry.lines) {
        last += 1;
        lines.write(line, last);
      }
      written.push([waiting, last]);
    }
    return { written, last };
  }

  function commit(group: readonly Waiting<Entry>[]): void {
    const durability = group.some(({ entry }) => entry.durability === "power-loss") ? "power-loss" : "process";
    try {
      const { written, last } = transact(durability, () => writeGroup(group));
      stats.appends += written.length;
      stats.lines += last - sequence;
      stats.groups += 1;
      stats.synced += durability === "power-loss" ? 1 : 0;
      sequence = last;
      for (const [waiting, number] of written) waiting.resolve(number);
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    }
  }

  const epoch = epochOfStart();

  return {
    path,
    get head() {
      return { epoch, sequence };
    },
    lines,
    append: (entry, durability) => groups.add({ lines: entry, durability }),
    transact: (work) => transact("process", work),
    stats: () => ({ ...stats }),
    close() {
      groups.drain();
      try {
        db.close();
      } finally {
        lock.release();
      }
    },
  };
}
