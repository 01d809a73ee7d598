import { readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { readJournal, sqliteJournal } from "../../src/journal/sqlite.ts";
import { migrate } from "../../src/journal/sqlite-schema.ts";
import { MIGRATIONS } from "../../src/journal/sqlite-tables.ts";
import { anomaly, INSTANCE, intent, newFile, progress } from "./lines.ts";

function database(file: string, sql = ""): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(sql);
  return db;
}

function unavailable(why: string) {
  return { code: "JournalUnavailable", message: expect.stringContaining(why) };
}

function versionOf(db: DatabaseSync): unknown {
  return db.prepare("PRAGMA user_version").get()?.["user_version"];
}

/** The first version's file as it was released, with one unsettled intent and one event. Never to be changed. */
const FIRST_VERSION = `
  CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL,
    pruned_events INTEGER NOT NULL DEFAULT 0, pruned_lines INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE line (
    sequence INTEGER PRIMARY KEY, instance TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,
    intent TEXT, order_id TEXT, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX line_of_intent ON line (instance, intent, sequence) WHERE intent IS NOT NULL;
  CREATE INDEX line_of_order ON line (instance, order_id, sequence) WHERE order_id IS NOT NULL;
  CREATE INDEX event ON line (instance, sequence) WHERE intent IS NULL;
  CREATE TABLE unsettled (
    instance TEXT NOT NULL, intent TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (instance, intent)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE open_order (
    instance TEXT NOT NULL, order_id TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (instance, order_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO meta (one, epoch) VALUES (1, '0badcafe42');
  INSERT INTO line VALUES (1, '${INSTANCE}', 1, 'intent', 'a', NULL, '${JSON.stringify(intent("a"))}');
  INSERT INTO unsettled VALUES ('${INSTANCE}', 'a', 1);
  INSERT INTO line VALUES (2, '${INSTANCE}', 3, 'anomaly', NULL, NULL, '${JSON.stringify(anomaly("old"))}');
  PRAGMA application_id = 0x68746a6c;
  PRAGMA user_version = 1;`;

test("goes on with a file of the first version", async () => {
  const file = newFile();
  database(file, FIRST_VERSION).close();
  const journal = sqliteJournal(file);
  onTestFinished(() => journal.close());
  // Nobody knows whether the machine was started anew since.
  expect(await journal.open()).toEqual({ epoch: expect.not.stringMatching("0badcafe42"), sequence: 2 });
  expect(journal.unsettled(INSTANCE).map(({ id }) => id)).toEqual(["a"]);
  expect(journal.events(INSTANCE, 0, 10).events).toEqual([{ ...anomaly("old"), sequence: 2 }]);
  expect(await journal.append([progress("a", "accepted")], "process")).toBe(3);
});

test("brings an older file forward one version after the other, and loses nothing", () => {
  const db = database(newFile(), FIRST_VERSION);
  onTestFinished(() => db.close());
  const later = [
    ...MIGRATIONS.slice(0, 1),
    "ALTER TABLE line ADD COLUMN second TEXT",
    "UPDATE line SET second = 'third'; CREATE INDEX added ON line (second)",
  ];
  migrate(db, "journal.db", later);
  expect(versionOf(db)).toBe(3);
  expect(db.prepare("SELECT sequence, second FROM line").all()).toMatchObject([
    { sequence: 1, second: "third" },
    { sequence: 2, second: "third" },
  ]);
  migrate(db, "journal.db", later);
  expect(versionOf(db)).toBe(3);
});

test("a step forward that fails leaves the file at the version before it", () => {
  const db = database(newFile(), FIRST_VERSION);
  onTestFinished(() => db.close());
  const steps = [
    ...MIGRATIONS.slice(0, 1),
    "ALTER TABLE line ADD COLUMN good TEXT",
    "DELETE FROM line; SELECT * FROM none",
  ];
  expect(() => migrate(db, "journal.db", steps)).toThrow("no such table");
  expect(versionOf(db)).toBe(2);
  expect(db.prepare("SELECT count(good) AS good, count(*) AS lines FROM line").get()).toEqual({ good: 0, lines: 2 });
});

test("refuses a file of a newer version, to write and to read", async () => {
  const file = newFile();
  database(file, `${FIRST_VERSION} PRAGMA user_version = ${MIGRATIONS.length + 1};`).close();
  const newer = unavailable(`newer version of httptrading (schema ${MIGRATIONS.length + 1}`);
  await expect(sqliteJournal(file).open()).rejects.toMatchObject(newer);
  await expect(readJournal(file)).rejects.toMatchObject(newer);
});

test("refuses another program's file, and leaves it as it was", async () => {
  const another = newFile();
  database(another, "CREATE TABLE notes (text); PRAGMA user_version = 1").close();
  const marked = newFile();
  database(marked, "PRAGMA application_id = 42").close();
  const text = newFile();
  writeFileSync(text, "no database at all\n".repeat(100));
  for (const [file, why] of [
    [another, "the database of another program"],
    [marked, "the database of another program"],
    [text, "is not a journal"],
  ] as const) {
    const before = readFileSync(file);
    await expect(sqliteJournal(file).open()).rejects.toMatchObject(unavailable(why));
    await expect(readJournal(file)).rejects.toMatchObject(unavailable(why));
    expect(readFileSync(file).equals(before)).toBe(true);
  }
});

test("takes an empty file as a new journal, but not to read", async () => {
  const file = newFile();
  writeFileSync(file, "");
  await expect(readJournal(file)).rejects.toMatchObject(unavailable("is empty"));
  const journal = sqliteJournal(file);
  onTestFinished(() => journal.close());
  expect((await journal.open()).sequence).toBe(0);
});
