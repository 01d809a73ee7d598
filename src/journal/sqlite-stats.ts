// By itself, so that the entrypoint's types lead to none of `node:sqlite`, which not every project has.

/** What has been done since the journal was opened. */
export interface JournalStats {
  /** Calls of `append` that were answered with a number. */
  readonly appends: number;
  readonly lines: number;
  /** Transactions that carried them. */
  readonly groups: number;
  /** Those of them that waited for the disk. */
  readonly synced: number;
}
