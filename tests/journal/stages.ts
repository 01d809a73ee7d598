/** The journals of this package on the stage of the conformance suite. Runs on every runtime. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryJournal } from "../../src/journal/memory.ts";
import { type SqliteJournal, sqliteJournal } from "../../src/journal/sqlite.ts";
import type { JournalStage } from "../../src/testing/index.ts";

export const memoryStage: JournalStage = {
  name: "memory",
  open: async () => ({ journal: memoryJournal() }),
};

export const sqliteStage: JournalStage = {
  name: "sqlite",
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "httptrading-journal-"));
    let file = join(folder, "journal.db");
    const journals: SqliteJournal[] = [];
    function journal(): SqliteJournal {
      const made = sqliteJournal(file);
      journals.push(made);
      return made;
    }
    return {
      journal: journal(),
      reopen: async () => journal(),
      // What a dead process leaves is its files as they are; the index of the log (-shm) is made anew from them.
      async crash() {
        const copy = join(folder, "crashed.db");
        for (const ending of ["", "-wal"]) if (existsSync(file + ending)) copyFileSync(file + ending, copy + ending);
        file = copy;
        return journal();
      },
      async close() {
        for (const one of journals) await one.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
};
