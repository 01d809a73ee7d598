import type { DatabaseSync } from "node:sqlite";
import { createEmpty } from "./journal-path.ts";
import { fileFailure, journalUnavailable, sqliteCode } from "./sqlite-errors.ts";

/** The right to write one journal. */
export interface WriterLock {
  /** The file that is locked. It stays when the lock is released: to delete it would let two writers in. */
  readonly path: string;
  release(): void;
}

/**
 * Takes the right to write a journal, or throws `JournalUnavailable` when somebody has it.
 *
 * A write-ahead log lets several processes write by turns, which would mix up two gateways' numbers. So an empty
 * database beside the journal is locked as long as the journal is open: the system releases that lock when the process
 * ends, however it ends, and it never hinders readers.
 */
export function lockWriter(path: string, Database: typeof DatabaseSync): WriterLock {
  const lockPath = `${path}-lock`;
  createEmpty(lockPath);
  let lock: DatabaseSync | undefined;
  try {
    lock = new Database(lockPath);
    // Nothing is ever written to it, so it needs no journal file of its own either.
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    if (sqliteCode(error) !== "BUSY") throw fileFailure(lockPath, error);
    throw journalUnavailable(
      `the journal ${path} is being written already, by a gateway that runs or by another journal in this process: stop that first, or use a file of its own`,
      error,
    );
  }
  return { path: lockPath, release: () => lock.close() };
}
