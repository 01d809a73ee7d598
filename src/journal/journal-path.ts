import { closeSync, lstatSync, openSync, realpathSync, statSync } from "node:fs";
import { journalUnavailable } from "./sqlite-errors.ts";

/** Only the user who runs the gateway may see what it trades. SQLite gives the files beside a database the same mode. */
const MODE = 0o600;

/**
 * The one absolute path of a journal's file, whatever relative form or symbolic link named it; the file is created,
 * empty, when it does not exist.
 */
export function ensureFile(file: string): string {
  createEmpty(file);
  return pathOf(file);
}

/** The one absolute path of a file that exists. Throws `JournalUnavailable` for what cannot be a journal's file. */
export function pathOf(file: string): string {
  let path: string;
  try {
    path = realpathSync.native(file);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) {
      throw journalUnavailable(
        `the journal ${file} cannot be reached: let this user into its folder (${error})`,
        error,
      );
    }
    throw journalUnavailable(
      `there is no journal at ${file}${isLink(file) ? ", which is a link to nothing" : ""}`,
      error,
    );
  }
  const stats = statSync(path);
  if (!stats.isFile())
    throw journalUnavailable(`the journal ${path} is not a plain file: give the journal a file of its own`);
  if (stats.nlink > 1) {
    // Under a second name SQLite would neither see the other's write-ahead log nor we its lock.
    throw journalUnavailable(`the journal ${path} has a second name (a hard link): remove one of the two`);
  }
  return path;
}

/**
 * Creates a file unless it exists. Never opens one that does: closing it would release the locks that SQLite, in this
 * same process, holds on it.
 */
export function createEmpty(file: string): void {
  if (file === "" || file === ":memory:") {
    throw journalUnavailable(`"${file}" names no file: give a path, or use the journal in memory`);
  }
  try {
    closeSync(openSync(file, "wx", MODE));
  } catch (error) {
    if (hasCode(error, "EEXIST")) return;
    throw journalUnavailable(
      `the journal ${file} cannot be created: make its folder, and let this user write there (${error})`,
      error,
    );
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Remembers which files stand at these paths; the function given back throws once one is gone or another. */
export function watchFiles(paths: readonly string[]): () => void {
  const known = paths.map((path) => ({ path, ...identityOf(path) }));
  return () => {
    for (const { path, ino, dev } of known) {
      const now = identityOf(path);
      if (now.ino === ino && now.dev === dev) continue;
      const what = now.ino === undefined ? "deleted or moved" : "replaced";
      throw journalUnavailable(
        `${path} was ${what} while the journal was open, so nothing is written any more: put it back, or start the gateway again`,
      );
    }
  };
}

function identityOf(path: string): { ino: number | undefined; dev: number | undefined } {
  const stats = statSync(path, { throwIfNoEntry: false });
  return { ino: stats?.ino, dev: stats?.dev };
}
