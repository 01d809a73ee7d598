/** How a journal's file gets its tables, and how older ones become the present ones. */
import type { DatabaseSync } from "node:sqlite";
import { journalUnavailable } from "./sqlite-errors.ts";
import { MIGRATIONS, newerVersion } from "./sqlite-tables.ts";

/** `PRAGMA application_id` of every journal: "htjl". */
const APPLICATION_ID = 0x68746a6c;

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
  throw newerVersion(path, version, newest, "give this one a file of its own");
}
