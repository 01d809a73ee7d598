/** What SQLite's faults mean to whoever runs the gateway. */
import { Failure, isFailure } from "../domain/failure.ts";

/** The primary result codes that are told apart. */
type SqliteCode = "BUSY" | "READONLY" | "IOERR" | "CORRUPT" | "FULL" | "CANTOPEN" | "CONSTRAINT" | "NOTADB" | "PERM";

/** Numbers and texts of https://www.sqlite.org/rescode.html; Deno gives only the text for some faults. */
const CODES: Readonly<Record<SqliteCode, { readonly code: number; readonly text: RegExp }>> = {
  PERM: { code: 3, text: /access permission denied/ },
  BUSY: { code: 5, text: /database is locked/ },
  READONLY: { code: 8, text: /attempt to write a readonly database/ },
  IOERR: { code: 10, text: /disk I\/O error/ },
  CORRUPT: { code: 11, text: /database disk image is malformed/ },
  FULL: { code: 13, text: /database or disk is full/ },
  CANTOPEN: { code: 14, text: /unable to open database file/ },
  CONSTRAINT: { code: 19, text: /constraint failed/ },
  NOTADB: { code: 26, text: /file is not a database/ },
};

const ADVICE: Readonly<Record<SqliteCode, string>> = {
  PERM: "cannot be accessed: let this user read and write it",
  BUSY: "is being written by something else: end what has it open besides the gateway",
  READONLY: "cannot be written: let this user write the file and its folder",
  IOERR:
    "cannot be read or written, its disk answered with an error: free space if it is full, else look into the system's log",
  CORRUPT: "is damaged: stop, keep a copy of it with its -wal file, and restore a backup",
  FULL: "has no room: free space on its disk, or raise maxBytes if that is set",
  CANTOPEN: "cannot be opened: let this user read and write the file and its folder",
  CONSTRAINT: "has been written by something else: end that, and start the gateway again",
  NOTADB: "is not a journal, nor any SQLite database: give the journal a file of its own",
};

/** The code of a fault of SQLite, `undefined` for every other error. */
export function sqliteCode(error: unknown): SqliteCode | undefined {
  if (!(error instanceof Error)) return undefined;
  const number = "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
  const names = Object.keys(CODES) as SqliteCode[];
  return names.find((name) =>
    number === undefined ? CODES[name].text.test(error.message) : CODES[name].code === number,
  );
}

/** A journal that cannot be used, in words that say which file and what to do. */
export function journalUnavailable(message: string, cause?: unknown): Failure {
  return new Failure("JournalUnavailable", message, {
    outcome: "not_sent",
    retryAfterMs: 5000,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Any error of working with a journal's file as {@link journalUnavailable}. */
export function fileFailure(file: string, error: unknown): Failure {
  if (isFailure(error)) return error;
  const code = sqliteCode(error);
  const message = error instanceof Error ? error.message : String(error);
  const advice = code === undefined ? "cannot be used" : ADVICE[code];
  return journalUnavailable(`the journal ${file} ${advice} (${message})`, error);
}
