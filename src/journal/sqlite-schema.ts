/** The tables of a journal's file, and how older ones become the present ones. */
import type { DatabaseSync } from "node:sqlite";
import { journalUnavailable } from "./sqlite-errors.ts";

/** `PRAGMA application_id` of every journal: "htjl". */
export const APPLICATION_ID = 0x68746a6c;

/**
 * One step a schema version, oldest first: step n makes version n of version n - 1. A step that has been released is
 * never changed; a new version is a new step.
 *
 * `line` holds what was written down; the other tables only say which lines still count, and follow from it.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    -- Highest numbers that pruning has passed: of the events, and of any line.
    pruned_events INTEGER NOT NULL DEFAULT 0,
    pruned_lines INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO meta (one, epoch) VALUES (1, lower(hex(randomblob(5))));

  CREATE TABLE line (
    sequence INTEGER PRIMARY KEY,
    instance TEXT NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    -- The intent of an intent or progress line; NULL for events.
    intent TEXT,
    order_id TEXT,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX line_of_intent ON line (instance, intent, sequence) WHERE intent IS NOT NULL;
  CREATE INDEX line_of_order ON line (instance, order_id, sequence) WHERE order_id IS NOT NULL;
  CREATE INDEX event ON line (instance, sequence) WHERE intent IS NULL;

  CREATE TABLE unsettled (
    instance TEXT NOT NULL,
    intent TEXT NOT NULL,
    -- Its intent line.
    sequence INTEGER NOT NULL,
    PRIMARY KEY (instance, intent)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE open_order (
    instance TEXT NOT NULL,
    order_id TEXT NOT NULL,
    -- Its last line.
    sequence INTEGER NOT NULL,
    PRIMARY KEY (instance, order_id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE INDEX intent_of_day ON line (instance, at) WHERE kind = 'intent';
  CREATE INDEX guard ON line (instance, sequence) WHERE kind = 'guard';
  `,
  `
  -- The start of the machine that the epoch was made in; NULL makes a new one.
  ALTER TABLE meta ADD COLUMN machine_start TEXT;
  `,
];

/** Brings a file to the present version; throws `JournalUnavailable`, and changes nothing, if it cannot be one. */
export function migrate(db: DatabaseSync, path: string, migrations: readonly string[] = MIGRATIONS): void {
  const version = versionOf(db, path, migrations.length);
  for (const [index, step] of migrations.entries()) {
    if (index < version) continue;
    db.exec("BEGIN IMMEDIATE");
    try {
      db.exec(step);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}; COMMIT`);
    } catch (error) {
      rollBack(db);
      throw error;
    }
  }
}

/** Ends a transaction that may be open. */
export function rollBack(db: DatabaseSync): void {
  try {
    db.exec("ROLLBACK");
  } catch {
    // There is none: SQLite has rolled back by itself after some faults. One that stays is ended with the next attempt.
  }
}

/** Throws `JournalUnavailable` unless this version of the package can read the file as it is. */
export function checkReadable(db: DatabaseSync, path: string): void {
  const version = versionOf(db, path, MIGRATIONS.length);
  if (version === MIGRATIONS.length) return;
  if (version === 0) throw journalUnavailable(`${path} is empty: it becomes a journal when a gateway starts with it`);
  throw journalUnavailable(
    `the journal ${path} is of an older version: start the gateway with it once, which renews it`,
  );
}

/** The schema version of a journal, 0 for an empty file. */
function versionOf(db: DatabaseSync, path: string, newest: number): number {
  const application = Number(db.prepare("PRAGMA application_id").get()?.["application_id"]);
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (application !== APPLICATION_ID) {
    const objects = Number(db.prepare("SELECT count(*) AS objects FROM sqlite_schema").get()?.["objects"]);
    if (application === 0 && version === 0 && objects === 0) return 0;
    throw journalUnavailable(`${path} is the database of another program: give the journal a file of its own`);
  }
  if (version <= newest) return version;
  throw journalUnavailable(
    `the journal ${path} was written by a newer version of httptrading (schema ${version}, this one knows ${newest}): install that version again, or give this one a file of its own`,
  );
}
