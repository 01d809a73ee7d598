/** The tables of a journal. */
import type { Failure } from "../domain/failure.ts";
import { journalUnavailable } from "./sqlite-errors.ts";

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

/** What a journal is answered with that a later version of this package has written. */
export function newerVersion(journal: string, version: number, newest: number, orElse: string): Failure {
  return journalUnavailable(
    `the journal ${journal} was written by a newer version of httptrading (schema ${version}, this one knows ${newest}): install that version again, or ${orElse}`,
  );
}
