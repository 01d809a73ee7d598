/** A journal in a SQLite file that dies with its process: what was not committed is lost, and the next one finds the file. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Journal } from "../../../src/journal/journal.ts";
import { sqliteJournal } from "../../../src/journal/sqlite.ts";

/** A journal of a history, of which processes may die. */
export interface MortalJournal extends Journal {
  /** The process that wrote it has died. */
  die?(): Promise<void>;
  /** The history is over. */
  remove?(): Promise<void>;
}

export function fileJournal(): MortalJournal {
  const folder = mkdtempSync(join(tmpdir(), "model-"));
  const pathOf = (life: number) => join(folder, `${life}.db`);
  let lives = 0;
  let journal = sqliteJournal(pathOf(0));
  const old: (typeof journal)[] = [];
  const own = {
    async die() {
      old.push(journal);
      for (const end of ["", "-wal"]) {
        const from = `${pathOf(lives)}${end}`;
        if (existsSync(from)) copyFileSync(from, `${pathOf(lives + 1)}${end}`);
      }
      lives += 1;
      journal = sqliteJournal(pathOf(lives));
      await journal.open();
    },
    async remove() {
      for (const each of [...old, journal]) await each.close();
      rmSync(folder, { recursive: true });
    },
  };
  return new Proxy(own as MortalJournal, {
    get: (_, name) => Reflect.get(own, name) ?? Reflect.get(journal, name),
  });
}
