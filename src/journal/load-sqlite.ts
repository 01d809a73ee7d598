import { journalUnavailable } from "./sqlite-errors.ts";

/** Loads the runtime's SQLite, so that importing the journal costs nothing and fails on nothing. */
export async function loadSqlite(): Promise<typeof import("node:sqlite")> {
  try {
    return await import("node:sqlite");
  } catch (error) {
    throw journalUnavailable(
      "this runtime has no node:sqlite: run on Node 22.13, Bun 1.4 or Deno 2.9 or newer, or use the journal in memory",
      error,
    );
  }
}
