/** What an author provides so that the journal conformance suite can run against a journal. */
import type { Journal } from "../../journal/journal.ts";

/** A journal, and what can be done to it. */
export interface JournalStage {
  /** Who is on stage, for reports: `memory`, `sqlite`. */
  readonly name: string;
  /** Makes a new, empty journal that has not been opened. Called once or more a check. */
  open(): Promise<OpenedJournalStage>;
  /** How long a call may take, in milliseconds. Default 10000. No check measures time. */
  readonly patienceMs?: number;
}

/** One opening of a {@link JournalStage}. */
export interface OpenedJournalStage {
  readonly journal: Journal;
  /** Another journal over the same store, not opened, after the one before was closed. Absent where nothing outlives the journal. */
  reopen?(): Promise<Journal>;
  /**
   * Another journal over the store as the death of the process would leave it at this moment: the one before is not
   * closed and may do nothing more for it. Absent where nothing outlives the process.
   */
  crash?(): Promise<Journal>;
  /** Takes the store away. The journal has been closed by then. */
  close?(): Promise<void>;
}

/** The name of something that can be done to a journal. */
export type JournalPower = "reopen" | "crash";
