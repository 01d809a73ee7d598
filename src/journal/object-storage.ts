/** A journal's tables in the storage of a Durable Object. */
import { type Failure, isFailure } from "../domain/failure.ts";
import { shown } from "../domain/shown.ts";
import { journalUnavailable, sqliteCode } from "./sqlite-errors.ts";
import type { Row, Statement, Statements } from "./sqlite-statements.ts";
import { MIGRATIONS, newerVersion } from "./sqlite-tables.ts";

/**
 * The storage of a Durable Object whose class keeps SQLite, `ctx.storage`, as far as it is used. Source:
 * https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/
 */
export interface SqliteObjectStorage {
  readonly sql: {
    /** Runs one or more statements; the values and the rows are of the last. */
    exec(query: string, ...values: (string | number | null)[]): { toArray(): Record<string, unknown>[] };
    /** In bytes. */
    readonly databaseSize: number;
  };
  /** Runs a function in a transaction, which is rolled back when it throws. */
  transactionSync<T>(work: () => T): T;
  /** Resolves when everything written so far is confirmed to be on disk. */
  sync(): Promise<void>;
}

/** What a failure calls the place. */
export const PLACE = "in the Durable Object's storage";

/** Throws `TypeError` for what is no storage with SQLite, and says what to change. */
export function demandStorage(storage: SqliteObjectStorage): void {
  if (typeof storage !== "object" || storage === null) throw noStorage(`not ${shown(storage)}`);
  if ("storage" in storage) throw noStorage("not ctx itself");
  if (typeof storage.transactionSync !== "function" || typeof storage.sync !== "function") {
    throw noStorage("not an object without transactionSync and sync");
  }
  try {
    // A class without SQLite has this too, and answers with an error.
    storage.sql.exec("SELECT 1");
  } catch (cause) {
    const message =
      'which this class does not: name it in "new_sqlite_classes", not in "new_classes", of the migrations in wrangler\'s ' +
      'configuration, or with "storage": "sqlite" in its exports. One that is deployed without needs a new name';
    throw noStorage(message, cause);
  }
}

function noStorage(message: string, cause?: unknown): TypeError {
  return new TypeError(
    `durableObjectJournal needs ctx.storage of a Durable Object whose class keeps SQLite, ${message}`,
    cause === undefined ? {} : { cause },
  );
}

/** The statements of a storage. It keeps those that it has compiled by their text, so that none is prepared here. */
export function statementsOf({ sql }: SqliteObjectStorage): Statements {
  return {
    prepare(query): Statement {
      const all = (...values: (string | number | null)[]): readonly Row[] => sql.exec(query, ...values).toArray();
      return { run: all, get: (...values) => all(...values)[0], all };
    },
  };
}

/**
 * Brings a storage to the present version; throws, and changes nothing, if it cannot be. The version stands in a table of
 * its own: `PRAGMA user_version` is not to be had there.
 */
export function migrateStorage(storage: SqliteObjectStorage, migrations: readonly string[] = MIGRATIONS): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    sql.exec("CREATE TABLE IF NOT EXISTS httptrading_journal (version INTEGER PRIMARY KEY) STRICT");
    const [row] = sql.exec("SELECT max(version) AS version FROM httptrading_journal").toArray();
    const version = Number(row?.["version"] ?? 0);
    if (version > migrations.length) {
      throw newerVersion(PLACE, version, migrations.length, "give this one an object of its own");
    }
    for (const [index, step] of migrations.entries()) {
      if (index < version) continue;
      sql.exec(step);
      sql.exec("INSERT INTO httptrading_journal (version) VALUES (?)", index + 1);
    }
  });
}

/** Any error of working with a storage as {@link journalUnavailable}. */
export function storageFailure(error: unknown): Failure {
  if (isFailure(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return journalUnavailable(`the journal ${PLACE} ${adviceOn(error, message)} (${message})`, error);
}

/** The failure of everything that follows on what the host could not write: what of it stands there nobody knows. */
export function notConfirmed(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  return journalUnavailable(
    `the journal ${PLACE} was not confirmed by its host, which ends the object (${message})`,
    error,
  );
}

/** The failure of what would make the storage larger than it may be. */
export function noRoom(maxBytes: number): Failure {
  return journalUnavailable(
    `the journal ${PLACE} has no room: it holds maxBytes, ${maxBytes}, or more. Let idempotencyDays be fewer or raise maxBytes`,
  );
}

function adviceOn(error: unknown, message: string): string {
  if (/already/.test(message)) {
    return "finds tables of another program under the names of its own: give the gateway an object of its own";
  }
  if (sqliteCode(error) === "CONSTRAINT") {
    return "has been written by something else: leave its tables to the gateway, and start that again";
  }
  return "cannot be used";
}
