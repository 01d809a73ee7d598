/** The command `httptrading journal` in a process of its own, and journals for it. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { JournalLine } from "../../src/journal/journal.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";
import { newFile } from "../journal/lines.ts";

const MAIN = fileURLToPath(new URL("../../src/commands/main.ts", import.meta.url));

/** An instance beside the one of `lines.ts`. */
export const OTHER_INSTANCE = "8642e1b7d5c9a3f0";

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command with these arguments. */
export function run(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ["--no-warnings", MAIN, "journal", ...args], (_error, out, err) =>
      resolve({ status: child.exitCode ?? -1, out, err }),
    );
  });
}

/** A journal with these lines that nobody has open. */
export async function journalWith(...lines: readonly JournalLine[]): Promise<string> {
  const file = newFile();
  const journal = sqliteJournal(file);
  await journal.open();
  await journal.append(lines, "process");
  await journal.close();
  return file;
}

/** A journal as a gateway has it open, until the test ends. */
export async function opened(file: string) {
  const journal = sqliteJournal(file);
  onTestFinished(() => journal.close());
  await journal.open();
  return journal;
}
