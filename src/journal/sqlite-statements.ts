/** What a journal's statements stand on: the part of `node:sqlite` that they use, which any SQLite can be given. */

/** A connection; `DatabaseSync` is one. */
export interface Statements {
  prepare(sql: string): Statement;
}

/** A statement that can be run again and again. */
export interface Statement {
  run(...values: SqlValue[]): unknown;
  /** The first row. */
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): readonly Row[];
}

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** What is written into a column. */
export type SqlValue = string | number | null;
