/** Meets the faults of a journal's file on whatever runtime runs it; prints what each was told as. Argument: a folder. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isFailure } from "../../src/domain/failure.ts";
import { readJournal, sqliteJournal } from "../../src/journal/sqlite.ts";

const [folder = ""] = process.argv.slice(2);
const instance = "0f3a9c5d7b1e2468";
const seen: Record<string, string> = {};

async function told(what: string, work: () => unknown): Promise<void> {
  try {
    await work();
    seen[what] = "nothing";
  } catch (error) {
    seen[what] = isFailure(error) ? `${error.code}: ${error.message.replaceAll(folder, "")}` : String(error);
  }
}

function anomaly(size: number) {
  return { kind: "anomaly", message: "x".repeat(size), orderId: null, tag: null, instance, at: 1 } as const;
}

const file = join(folder, "journal.db");
const journal = sqliteJournal(file, { maxBytes: 100_000 });
await journal.open();
await told("a second writer", () => sqliteJournal(file).open());
await told("a full file", () => journal.append([anomaly(200_000)], "power-loss"));
await told("room again", () => journal.append([anomaly(1)], "power-loss"));
renameSync(file, `${file}.away`);
await told("a file that is gone", () => journal.append([anomaly(1)], "power-loss"));
renameSync(`${file}.away`, file);
await told("a file that is back", () => journal.append([anomaly(1)], "power-loss"));
const other = new DatabaseSync(file);
other.exec("BEGIN IMMEDIATE");
await told("another's transaction", () => journal.append([anomaly(1)], "power-loss"));
other.exec("ROLLBACK");
other.exec("INSERT INTO line (sequence, instance, at, kind, body) VALUES (3, 'other', 1, 'anomaly', '{}')");
await told("another's line", () => journal.append([anomaly(1)], "power-loss"));
other.close();
await journal.close();
await told("a closed journal", () => journal.append([anomaly(1)], "process"));

const locked = join(folder, "locked.db");
mkdirSync(`${locked}-lock`);
await told("a lock that cannot be opened", () => sqliteJournal(locked).open());

const text = join(folder, "text.db");
writeFileSync(text, "no database at all\n".repeat(100));
await told("a file that is no database", () => sqliteJournal(text).open());
await told("a file that is no database, to read", () => readJournal(text));
await told("no file to read", () => readJournal(join(folder, "none.db")));
process.stdout.write(JSON.stringify(seen));
