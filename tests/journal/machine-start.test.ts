import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import type { JournalHead } from "../../src/journal/journal.ts";
import { isSameStart, machineStart } from "../../src/journal/machine-start.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";
import { storedLine } from "../../src/journal/sqlite-lines.ts";
import { openWriter } from "../../src/journal/sqlite-writer.ts";
import { anomaly, intent, newFile, newFolder } from "./lines.ts";
import { RUNTIMES, runProgram } from "./processes.ts";

/** Opens a journal in this start of the machine, adds one event, and tells where it stood when it was opened. */
async function written(file: string, machineStart: string | undefined): Promise<JournalHead> {
  const writer = openWriter(file, { maxBytes: undefined, machineStart }, DatabaseSync);
  try {
    const { head } = writer;
    await writer.append([storedLine(anomaly("told"))], "process");
    return head;
  } finally {
    writer.close();
  }
}

test("a journal has a new epoch after each start of the machine, which may have lost events, and goes on with its numbers", async () => {
  const file = newFile();
  const starts = ["b1f0", "b1f0", "c2e1", "c2e1", "1748400000000", "1748400001990", "1748400002010"];
  const heads: JournalHead[] = [];
  for (const start of starts) heads.push(await written(file, start));
  expect(heads.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  const [first, restarted, anew, , byTime, soonAfter, later] = heads.map(({ epoch }) => epoch);
  expect(restarted).toBe(first);
  expect(heads[3]?.epoch).toBe(anew);
  expect(soonAfter).toBe(byTime);
  expect(new Set([first, anew, byTime, later]).size).toBe(4);
});

test("a number that was told and lost with the power is given again under another epoch only", async () => {
  const file = newFile();
  const before = openWriter(file, { maxBytes: undefined, machineStart: "b1f0" }, DatabaseSync);
  onTestFinished(() => before.close());
  await before.append([storedLine(intent("a"))], "power-loss");
  expect(await before.append([storedLine(anomaly("told and lost"))], "process")).toBe(2);
  // What the disk has when the last page of the log did not reach it.
  const log = readFileSync(`${file}-wal`);
  copyFileSync(file, `${file}.left`);
  writeFileSync(`${file}.left-wal`, log.subarray(0, log.length - 1));
  const after = openWriter(`${file}.left`, { maxBytes: undefined, machineStart: "c2e1" }, DatabaseSync);
  onTestFinished(() => after.close());
  expect(after.head).toEqual({ epoch: expect.not.stringMatching(before.head.epoch), sequence: 1 });
  expect(await after.append([storedLine(anomaly("another"))], "process")).toBe(2);
});

test("takes a new epoch each time where the start of the machine cannot be told", async () => {
  const file = newFile();
  const epochs = [];
  for (const start of [undefined, undefined, "b1f0", undefined]) epochs.push((await written(file, start)).epoch);
  expect(new Set(epochs).size).toBe(4);
});

test("a file that takes nothing in a new start is opened all the same, and begins another epoch with each opening until it does", async () => {
  const file = newFile();
  const { epoch } = await written(file, "b1f0");
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  other.exec("BEGIN IMMEDIATE");
  const opened = () => openWriter(file, { maxBytes: undefined, machineStart: "c2e1" }, DatabaseSync);
  const epochs = [epoch];
  for (let opening = 0; opening < 2; opening += 1) {
    const writer = opened();
    epochs.push(writer.head.epoch);
    if (opening === 1) {
      other.exec("ROLLBACK");
      expect(await writer.append([storedLine(anomaly("room"))], "process")).toBe(2);
    }
    writer.close();
  }
  epochs.push((await written(file, "c2e1")).epoch);
  expect(new Set(epochs).size).toBe(4);
  expect((await written(file, "c2e1")).epoch).toBe(epochs.at(-1));
});

test("a start that is doubtful is another one", () => {
  const now = machineStart();
  expect(now).toMatch(/^[\w-]{8,}$/);
  expect(isSameStart(now ?? "", machineStart())).toBe(true);
  for (const known of ["0", "1748400000000", "561e750a-96b7-4f89-b379-e74ffa694783"]) {
    for (const other of [undefined, "561e750a-96b7-4f89-b379-e74ffa694784", "1748400005000"]) {
      if (known !== other) expect(isSameStart(known, other), `${known} and ${other}`).toBe(false);
    }
  }
});

test("every runtime knows one start of the machine by the same name", async () => {
  const file = newFile();
  const epochs = [];
  for (const runtime of [...RUNTIMES, ...RUNTIMES]) epochs.push(await runProgram(runtime, "epoch-of.ts", file));
  expect(new Set(epochs).size).toBe(1);
});

test("a backup that is made as the deployment page says has a new epoch once it is restored", async () => {
  const folder = newFolder();
  const journal = sqliteJournal(`${folder}/journal.db`);
  onTestFinished(() => journal.close());
  const { epoch } = await journal.open();
  await journal.append([intent("a"), anomaly("told")], "power-loss");
  const backup = `${folder}/backup.db`;
  const copying = new DatabaseSync(`${folder}/journal.db`);
  copying.exec(`VACUUM INTO '${backup}'; ATTACH '${backup}' AS backup; UPDATE backup.meta SET machine_start = NULL`);
  copying.close();
  const restored = sqliteJournal(backup);
  onTestFinished(() => restored.close());
  expect(await restored.open()).toEqual({ epoch: expect.not.stringMatching(epoch), sequence: 2 });
  expect(await journal.open()).toEqual({ epoch, sequence: 2 });
});
