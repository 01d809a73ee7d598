import { once } from "node:events";
import { chmodSync, linkSync, mkdirSync, readdirSync, readlinkSync, statSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { readJournal, type SqliteJournal, sqliteJournal } from "../../src/journal/sqlite.ts";
import { storedLine } from "../../src/journal/sqlite-lines.ts";
import { openWriter } from "../../src/journal/sqlite-writer.ts";
import { anomaly, INSTANCE, intent, newFile, newFolder, progress } from "./lines.ts";
import { RUNTIMES, startProgram } from "./processes.ts";

const REFUSED = { code: "JournalUnavailable", message: expect.stringContaining("is being written already") };

async function opened(file: string): Promise<SqliteJournal> {
  const journal = sqliteJournal(file);
  onTestFinished(() => journal.close());
  await journal.open();
  return journal;
}

test("refuses a second writer by whatever path it comes, until the first has closed", async () => {
  const folder = newFolder();
  mkdirSync(join(folder, "real"));
  symlinkSync(join(folder, "real"), join(folder, "linked"));
  const file = join(folder, "real", "journal.db");
  symlinkSync(file, join(folder, "link.db"));
  const first = await opened(join(folder, "linked", "journal.db"));
  const paths = [file, relative(process.cwd(), file), join(folder, "link.db"), join(folder, "linked", "journal.db")];
  for (const path of paths) {
    await expect(sqliteJournal(path).open(), path).rejects.toMatchObject(REFUSED);
  }
  await first.close();
  const second = await opened(join(folder, "link.db"));
  expect(await second.append([anomaly("mine")], "process")).toBe(1);
  expect(readdirSync(folder).sort()).toEqual(["link.db", "linked", "real"]);
});

test.runIf(process.platform === "linux")("whoever is refused leaves no file of the journal open", async () => {
  const file = newFile();
  const first = await opened(file);
  for (let turn = 0; turn < 3; turn += 1) await expect(sqliteJournal(file).open()).rejects.toMatchObject(REFUSED);
  await first.close();
  const isOfJournal = (fd: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(file);
    } catch {
      // It was closed meanwhile, as that of the list itself.
      return false;
    }
  };
  expect(readdirSync("/proc/self/fd").filter(isOfJournal)).toEqual([]);
});

test.each(RUNTIMES)(
  "refuses a process beside one of %s, lets it read, and is free when that is killed",
  async (runtime) => {
    const file = newFile();
    const holder = startProgram(runtime, "append-forever.ts", file, "1");
    onTestFinished(() => void holder.kill("SIGKILL"));
    const { value: first = "" } = await holder.lines()[Symbol.asyncIterator]().next();
    expect(first).toMatch(/^1 intent /);
    await expect(sqliteJournal(file).open()).rejects.toMatchObject(REFUSED);
    const reader = await readJournal(file);
    const { sequence } = reader.head();
    expect(reader.lines(0, sequence)).toHaveLength(sequence);
    reader.close();
    holder.kill("SIGKILL");
    await once(holder, "exit");
    const journal = await opened(file);
    expect((await journal.open()).sequence).toBeGreaterThanOrEqual(sequence);
  },
);

test("a journal and what belongs to it are for their owner's eyes only", async () => {
  const file = newFile();
  const journal = await opened(file);
  await journal.append([anomaly("secret")], "power-loss");
  const modes = ["", "-wal", "-shm", "-lock"].map((ending) => statSync(file + ending).mode & 0o777);
  expect(modes).toEqual([0o600, 0o600, 0o600, 0o600]);
});

test("refuses what cannot be a journal's place, and says why", async () => {
  const folder = newFolder();
  const file = join(folder, "journal.db");
  await (await opened(file)).close();
  linkSync(file, join(folder, "second.db"));
  symlinkSync(join(folder, "nothing.db"), join(folder, "dangling.db"));
  const places = [
    [join(folder, "second.db"), "has a second name"],
    [join(folder, "dangling.db"), "a link to nothing"],
    [join(folder, "missing", "journal.db"), "make its folder, and let this user write there (Error: ENOENT"],
    [folder, "is not a plain file"],
    ["", "names no file"],
    [":memory:", "names no file"],
  ] as const;
  for (const [place, why] of places) {
    const expected = { code: "JournalUnavailable", message: expect.stringContaining(why) };
    await expect(sqliteJournal(place).open(), place).rejects.toMatchObject(expected);
  }
  const none = { code: "JournalUnavailable", message: expect.stringContaining("there is no journal at") };
  await expect(readJournal(join(folder, "never.db"))).rejects.toMatchObject(none);
});

test("does not say of a journal in a folder that it may not look into that there is none", async () => {
  const file = newFile();
  await (await opened(file)).close();
  chmodSync(dirname(file), 0);
  // The superuser may look everywhere.
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.(65_534);
  const reading = await readJournal(file).catch((error: unknown) => error);
  if (user === 0) process.seteuid?.(0);
  chmodSync(dirname(file), 0o700);
  expect(reading).toMatchObject({ code: "JournalUnavailable", message: expect.stringContaining("cannot be reached") });
});

test("says which file it is when the one beside the journal cannot be opened", async () => {
  const file = newFile();
  // As one that somebody else's copy left there: this user may not open it.
  mkdirSync(`${file}-lock`);
  const expected = { code: "JournalUnavailable", message: expect.stringContaining(`${file}-lock cannot be opened`) };
  await expect(sqliteJournal(file).open()).rejects.toMatchObject(expected);
});

test("many waiting appends share few commits, and wait for the disk only if one of them asks for it", async () => {
  const journal = await opened(newFile());
  const many = (durability: "power-loss" | "process") =>
    Promise.all(Array.from({ length: 200 }, (_, index) => journal.append([anomaly(`${index}`)], durability)));
  await many("process");
  expect(journal.stats()).toEqual({ appends: 200, lines: 200, groups: 1, synced: 0 });
  await Promise.all([many("process"), journal.append([intent("a")], "power-loss")]);
  expect(journal.stats()).toEqual({ appends: 401, lines: 401, groups: 2, synced: 1 });
});

test("asks for the strongest sync where a line must outlive a loss of power, and for that of every copy of the log", async () => {
  const connections: DatabaseSync[] = [];
  class Watched extends DatabaseSync {
    constructor(...args: ConstructorParameters<typeof DatabaseSync>) {
      super(...args);
      connections.push(this);
    }
  }
  const writer = openWriter(newFile(), { maxBytes: undefined, machineStart: "now" }, Watched);
  onTestFinished(() => writer.close());
  const told = (pragma: string) => Object.values(connections.at(-1)?.prepare(`PRAGMA ${pragma}`).get() ?? {});
  expect([told("fullfsync"), told("checkpoint_fullfsync"), told("journal_mode")]).toEqual([[1], [1], ["wal"]]);
  await writer.append([storedLine(anomaly("a"))], "power-loss");
  expect(told("synchronous")).toEqual([2]);
  await writer.append([storedLine(anomaly("b"))], "process");
  expect(told("synchronous")).toEqual([1]);
});

test("a flood of appends lets the event loop turn between its groups", async () => {
  const journal = await opened(newFile());
  let turns = 0;
  let flooded = true;
  const count = () => {
    turns += 1;
    if (flooded) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(Array.from({ length: 5000 }, (_, index) => journal.append([anomaly(`${index}`)], "process")));
  flooded = false;
  const { groups } = journal.stats();
  expect(groups).toBeGreaterThan(10);
  expect(turns).toBeGreaterThanOrEqual(groups);
});

test("stores what it was given, whatever its owner does with it afterwards", async () => {
  const journal = await opened(newFile());
  const line = { ...anomaly("as it was") };
  const writing = journal.append([line], "process");
  line.message = "as it is";
  await writing;
  expect(journal.events(INSTANCE, 0, 1).events[0]).toMatchObject({ message: "as it was" });
});

test("refuses a line that cannot be stored, and only that", async () => {
  const journal = await opened(newFile());
  const failure = { code: "BrokerFault", message: "no", outcome: "rejected", details: 1n } as const;
  const outcomes = await Promise.allSettled([
    journal.append([intent("a")], "power-loss"),
    journal.append([progress("a", "rejected", { failure })], "process"),
    journal.append([anomaly("never", Number.NaN)], "process"),
    journal.append([progress("a", "rejected")], "process"),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
  expect((await journal.open()).sequence).toBe(2);
});

test("writes what waits when it is closed, and nothing before it is open or after", async () => {
  const journal = sqliteJournal(newFile());
  const closed = { code: "JournalUnavailable", message: expect.stringContaining("is not open") };
  await expect(journal.append([anomaly("early")], "process")).rejects.toMatchObject(closed);
  const { epoch } = await journal.open();
  const writing = [journal.append([anomaly("1")], "process"), journal.append([anomaly("2")], "power-loss")];
  await journal.close();
  expect(await Promise.all(writing)).toEqual([1, 2]);
  await expect(journal.append([anomaly("late")], "process")).rejects.toMatchObject(closed);
  expect(() => journal.unsettled(INSTANCE)).toThrow(expect.objectContaining(closed));
  expect(await journal.open()).toEqual({ epoch, sequence: 2 });
  await journal.close();
  await journal.close();
});

test("a reader sees what is written, all instances, while it is written", async () => {
  const file = newFile();
  const journal = await opened(file);
  const elsewhere = { instance: "8642e1b7d5c9a3f0" };
  await journal.append([intent("a"), intent("b", elsewhere), anomaly("c")], "process");
  const reader = await readJournal(file);
  onTestFinished(() => reader.close());
  expect(reader.unsettled().map(({ id }) => id)).toEqual(["a", "b"]);
  await journal.append([progress("a", "unknown"), progress("b", "accepted", elsewhere)], "process");
  expect(reader.head()).toEqual(await journal.open());
  expect(reader.unsettled().map(({ id, state }) => [id, state])).toEqual([["a", "unknown"]]);
  expect(reader.intents("b")).toEqual([journal.intent(elsewhere.instance, "b")]);
  expect(reader.intents("never")).toEqual([]);
  expect(reader.lines(1, 2).map(({ sequence, line }) => [sequence, line.kind])).toEqual([
    [2, "intent"],
    [3, "anomaly"],
  ]);
});

test("a reader lists nothing that is settled while it looks", async () => {
  const file = newFile();
  const journal = await opened(file);
  await journal.append([intent("a"), intent("b")], "power-loss");
  const reader = await readJournal(file);
  const writer = new DatabaseSync(file);
  onTestFinished(() => {
    reader.close();
    writer.close();
  });
  // The gateway writes between two statements of the reader: here, when the first row is looked at.
  const body = JSON.stringify(progress("b", "accepted"));
  const parse = vi.spyOn(JSON, "parse").mockImplementationOnce(() => {
    writer.exec(`
      INSERT INTO line VALUES (3, '${INSTANCE}', 2, 'progress', 'b', NULL, '${body}');
      DELETE FROM unsettled WHERE intent = 'b'`);
    return intent("a");
  });
  onTestFinished(() => parse.mockRestore());
  expect(reader.unsettled().map(({ id }) => id)).toEqual(["a"]);
});
