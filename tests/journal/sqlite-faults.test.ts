import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { readJournal, type SqliteJournal, type SqliteJournalOptions, sqliteJournal } from "../../src/journal/sqlite.ts";
import { storedLine } from "../../src/journal/sqlite-lines.ts";
import { openWriter } from "../../src/journal/sqlite-writer.ts";
import { orderLine, orderRecord } from "../../src/testing/journal/lines.ts";
import { anomaly, INSTANCE, intent, newFile, newFolder, progress } from "./lines.ts";
import { RUNTIMES, runProgram, runProgramWithin } from "./processes.ts";

function orderOf(status: "OPEN" | "CANCELED") {
  return orderLine(orderRecord("1", { status }), { instance: INSTANCE, at: 10 });
}

function unavailable(why: string) {
  return { code: "JournalUnavailable", outcome: "not_sent", message: expect.stringContaining(why) };
}

async function opened(file: string, options: SqliteJournalOptions = {}): Promise<SqliteJournal> {
  const journal = sqliteJournal(file, options);
  onTestFinished(() => journal.close());
  await journal.open();
  return journal;
}

/** Appends until that fails; gives the number of the last line that was written, and the error. */
async function fill(journal: SqliteJournal): Promise<{ last: number; error: unknown }> {
  for (let last = 0; ; ) {
    try {
      last = await journal.append([anomaly("x".repeat(2000), 10)], "process");
    } catch (error) {
      return { last, error };
    }
  }
}

test("a full journal refuses whole groups, still answers, and goes on when there is room", async () => {
  const journal = await opened(newFile(), { maxBytes: 200_000 });
  await journal.append([intent("a")], "power-loss");
  const { last, error } = await fill(journal);
  expect(error).toMatchObject(unavailable("has no room"));
  const big = anomaly("x".repeat(10_000));
  const group = await Promise.allSettled([
    journal.append([intent("b")], "power-loss"),
    journal.append([intent("c"), big, big, big, big], "power-loss"),
  ]);
  expect(group).toMatchObject([
    { status: "rejected", reason: unavailable("has no room") },
    { status: "rejected", reason: unavailable("has no room") },
  ]);
  expect(journal.unsettled(INSTANCE).map(({ id }) => id)).toEqual(["a"]);
  expect((await journal.open()).sequence).toBe(last);

  await journal.prune(20);
  await expect(journal.append([progress("c", "accepted")], "process")).rejects.toThrow(
    "intent c is not in the journal",
  );
  expect(await journal.append([intent("b"), progress("a", "accepted")], "power-loss")).toBe(last + 2);
  expect(journal.unsettled(INSTANCE).map(({ id }) => id)).toEqual(["b"]);
});

test("an order whose end did not fit in is open until it does", async () => {
  const journal = await opened(newFile(), { maxBytes: 200_000 });
  await journal.append([orderOf("OPEN")], "process");
  await fill(journal);
  const big = anomaly("x".repeat(10_000));
  await expect(journal.append([orderOf("CANCELED"), big, big, big, big], "process")).rejects.toMatchObject(
    unavailable("has no room"),
  );
  const open = () => journal.openOrders(INSTANCE).map(({ orderId }) => orderId);
  expect(open()).toEqual(["1"]);
  await journal.prune(20);
  await journal.append([orderOf("CANCELED")], "process");
  expect(open()).toEqual([]);
});

test("a journal whose file is moved away refuses to write, still answers, and goes on when it is back", async () => {
  const file = newFile();
  const journal = await opened(file);
  await journal.append([intent("a")], "power-loss");
  for (const ending of ["", "-wal", "-lock"]) {
    renameSync(file + ending, `${file}.away`);
    for (const durability of ["power-loss", "process"] as const) {
      const writing = journal.append([progress("a", "accepted")], durability);
      await expect(writing).rejects.toMatchObject(unavailable(`${file}${ending} was deleted or moved`));
    }
    await expect(journal.prune(1000)).rejects.toMatchObject(unavailable("was deleted or moved"));
    expect(journal.intent(INSTANCE, "a")?.state).toBe("sending");
    renameSync(`${file}.away`, file + ending);
  }
  expect(await journal.append([progress("a", "accepted")], "process")).toBe(2);
});

test("a journal whose file is replaced does not write into the one that is gone", async () => {
  const file = newFile();
  const journal = await opened(file);
  await journal.append([intent("a")], "power-loss");
  copyFileSync(file, `${file}.copy`);
  rmSync(file);
  await expect(journal.append([intent("b")], "power-loss")).rejects.toMatchObject(unavailable("was deleted or moved"));
  renameSync(`${file}.copy`, file);
  await expect(journal.append([intent("b")], "power-loss")).rejects.toMatchObject(unavailable("was replaced"));
});

test("somebody else's transaction on the file makes append throw at once, and no longer than it lasts", async () => {
  const file = newFile();
  const journal = await opened(file);
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  other.exec("BEGIN IMMEDIATE");
  await expect(journal.append([intent("a")], "power-loss")).rejects.toMatchObject(unavailable("by something else"));
  other.exec("ROLLBACK");
  expect(await journal.append([intent("a")], "power-loss")).toBe(1);
});

test("a number that somebody else has used is never used again", async () => {
  const file = newFile();
  const journal = await opened(file);
  await journal.append([intent("a")], "power-loss");
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  other.exec("INSERT INTO line (sequence, instance, at, kind, body) VALUES (2, 'other', 1, 'anomaly', '{}')");
  for (const id of ["b", "c"]) {
    await expect(journal.append([intent(id)], "power-loss")).rejects.toMatchObject(unavailable("by something else"));
  }
  expect(journal.unsettled(INSTANCE).map(({ id }) => id)).toEqual(["a"]);
  other.exec("DELETE FROM line WHERE sequence = 2");
  expect(await journal.append([intent("b")], "power-loss")).toBe(2);
});

/** A database as Node 22.13 has it: it does not tell whether a transaction is open, and knows no parameters with numbers. */
class OldDatabase {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
  }

  prepare(sql: string) {
    if (/\?\d/.test(sql)) throw new Error("column index out of range");
    return this.#database.prepare(sql);
  }

  exec(sql: string) {
    this.#database.exec(sql);
  }

  close() {
    this.#database.close();
  }
}

test("on the oldest Node that is served on a fault within a transaction leaves none open", async () => {
  const file = newFile();
  const writer = openWriter(
    file,
    { maxBytes: undefined, machineStart: undefined },
    OldDatabase as unknown as typeof DatabaseSync,
  );
  onTestFinished(() => writer.close());
  const append = (id: string) => writer.append([storedLine(intent(id))], "power-loss");
  await append("a");
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  other.exec("INSERT INTO line (sequence, instance, at, kind, body) VALUES (2, 'other', 1, 'anomaly', '{}')");
  await expect(append("b")).rejects.toMatchObject(unavailable("by something else"));
  other.exec("DELETE FROM line WHERE sequence = 2");
  expect(await append("c")).toBe(2);
  expect(writer.lines.intent(INSTANCE, "c")).toMatchObject({ state: "sending" });
});

test.each([
  ["nobody reads the file", false],
  // As on a full disk, the log cannot be copied into the file then.
  ["it is being read", true],
])("what its disk failed to write is not there after the process has died, where %s", async (_, isRead) => {
  const file = newFile();
  let log: Uint8Array | undefined;
  /** Its commits can be in the log and not synced: SQLite knows nothing of them then. */
  class Database extends DatabaseSync {
    override exec(sql: string): void {
      super.exec(sql === "COMMIT" && log !== undefined ? "ROLLBACK" : sql);
      if (sql !== "COMMIT" || log === undefined) return;
      writeFileSync(`${file}-wal`, log, { flag: "r+" });
      log = undefined;
      throw Object.assign(new Error("disk I/O error"), { errcode: 10 });
    }
  }
  const start = { maxBytes: undefined, machineStart: "b1f0" };
  const writer = openWriter(file, start, Database);
  onTestFinished(() => writer.close());
  await writer.append([storedLine(intent("a"))], "power-loss");
  const copy = (to: string) => {
    for (const ending of ["", "-wal"]) copyFileSync(file + ending, to + ending);
    const opened = openWriter(to, start, DatabaseSync);
    onTestFinished(() => opened.close());
    return opened;
  };
  await copy(`${file}.twin`).append([storedLine(intent("b"))], "power-loss");
  log = readFileSync(`${file}.twin-wal`);
  const reader = new DatabaseSync(file, { readOnly: true });
  onTestFinished(() => reader.close());
  if (isRead) reader.exec("BEGIN; SELECT * FROM line");
  const failing = writer.append([storedLine(intent("b"))], "power-loss");
  await expect(failing).rejects.toMatchObject(unavailable("its disk answered with an error"));
  expect(
    copy(`${file}.left`)
      .lines.unsettled(INSTANCE)
      .map(({ id }) => id),
  ).toEqual(["a"]);
  if (isRead) {
    const append = writer.append([storedLine(intent("c"))], "power-loss");
    await expect(append).rejects.toMatchObject(unavailable("is being read: end its readers"));
    reader.exec("COMMIT");
  }
  expect(await writer.append([storedLine(intent("c"))], "power-loss")).toBe(2);
});

test("a disk that fails in the middle of a write costs nothing that was answered, and is recovered from", async () => {
  const file = newFile();
  // Writes beyond this size of any file fail, in the middle of the write-ahead log first and of the database at last.
  const report: { answered: number; faults: number; recoveries: number } = JSON.parse(
    await runProgramWithin({ kibibytes: 1024 }, "append-over-limit.ts", file),
  );
  expect(report.recoveries).toBeGreaterThan(0);
  const journal = await opened(file);
  const { sequence } = await journal.open();
  expect(sequence).toBeGreaterThanOrEqual(report.answered);
  const reader = await readJournal(file);
  onTestFinished(() => reader.close());
  const lines = reader.lines(0, sequence);
  expect(lines.map((line) => line.sequence)).toEqual(Array.from({ length: sequence }, (_, index) => index + 1));
  expect(await journal.append([anomaly("next")], "power-loss")).toBe(sequence + 1);
});

test("a disk that fails while a journal is created is told as that, and the next attempt makes one", async () => {
  const file = newFile();
  expect(await runProgramWithin({ kibibytes: 8 }, "open-once.ts", file)).toContain(
    "cannot be read or written, its disk answered with an error",
  );
  expect(await (await opened(file)).open()).toMatchObject({ sequence: 0 });
});

test("a journal that a full disk keeps from being opened says that space may be missing, and opens once there is some", async () => {
  const file = newFile();
  const journal = await opened(file);
  await journal.append([intent("a")], "power-loss");
  await journal.close();
  // Its index of the log has to be made first, which SQLite tells as an error of the disk also where that is full.
  expect(await runProgramWithin({ kibibytes: 16 }, "open-once.ts", file)).toContain(
    `the journal ${file} cannot be read or written, its disk answered with an error: free space if it is full`,
  );
  await journal.open();
  expect(journal.unsettled(INSTANCE).map(({ id }) => id)).toEqual(["a"]);
});

test.each(RUNTIMES)("says under %s what is wrong, with which file, and what to do", async (runtime) => {
  const told = JSON.parse(await runProgram(runtime, "faults-program.ts", newFolder()));
  const about = (text: string) => expect.stringMatching(`^JournalUnavailable: .*/?journal.db.*${text}`);
  expect(told).toEqual({
    "a second writer": about("is being written already.*: stop that first"),
    "a full file": about("has no room: free space"),
    "room again": "nothing",
    "a file that is gone": about("was deleted or moved.*: put it back"),
    "a file that is back": "nothing",
    "another's transaction": about("is being written by something else: end"),
    "another's line": about("has been written by something else: end"),
    "a closed journal": about("is not open: call open"),
    "a lock that cannot be opened": expect.stringMatching("^JournalUnavailable: .*locked.db-lock cannot be opened"),
    "a file that is no database": expect.stringContaining("text.db is not a journal"),
    "a file that is no database, to read": expect.stringContaining("text.db is not a journal"),
    "no file to read": expect.stringContaining("there is no journal at /none.db"),
  });
});
