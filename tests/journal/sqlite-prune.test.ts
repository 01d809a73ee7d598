import { statSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { type SqliteJournal, sqliteJournal } from "../../src/journal/sqlite.ts";
import { anomaly, INSTANCE, intent, newFile, progress } from "./lines.ts";

async function opened(file: string): Promise<SqliteJournal> {
  const journal = sqliteJournal(file);
  onTestFinished(() => journal.close());
  await journal.open();
  return journal;
}

test("a journal that is pruned does not grow", async () => {
  const file = newFile();
  const sizes: number[] = [];
  for (let day = 1; day <= 12; day += 1) {
    const journal = await opened(file);
    const ids = Array.from({ length: 700 }, (_, index) => `${day}-${index}`);
    await Promise.all(
      ids.map((id) => journal.append([intent(id, { at: day }), progress(id, "accepted", { at: day })], "process")),
    );
    await journal.append(
      ids.map((id) => anomaly(id, day)),
      "process",
    );
    await journal.prune(day - 1);
    await journal.close();
    sizes.push(statSync(file).size);
  }
  expect(sizes.at(-1)).toBeLessThanOrEqual((sizes[3] ?? 0) * 1.1);
  const journal = await opened(file);
  expect(await journal.open()).toMatchObject({ sequence: 12 * 2100 });
  expect(journal.events(INSTANCE, 11 * 2100, 5000)).toMatchObject({ complete: true, events: { length: 700 } });
});

test("pruning of very much lets the event loop turn between its parts", async () => {
  const journal = await opened(newFile());
  await journal.append(
    Array.from({ length: 5000 }, () => anomaly("old", 1)),
    "process",
  );
  let turns = 0;
  const count = () => {
    turns += 1;
    turning = setImmediate(count);
  };
  let turning = setImmediate(count);
  await journal.prune(10);
  clearImmediate(turning);
  expect(turns).toBeGreaterThanOrEqual(10);
});

test("a clock that was ahead for a while does not keep what is old, nor an intent for less than its time", async () => {
  const journal = await opened(newFile());
  await journal.append([anomaly("old", 1), anomaly("ahead", 9000), anomaly("right again", 2)], "process");
  await journal.append([intent("a", { at: 3 }), progress("a", "accepted", { at: 9000 }), anomaly("old", 4)], "process");
  await journal.append([anomaly("young", 50)], "process");
  await journal.prune(10);
  expect(journal.events(INSTANCE, 0, 10)).toMatchObject({ complete: false, events: [{ message: "young" }] });
  expect(journal.intent(INSTANCE, "a")?.state).toBe("accepted");
});

test("a clock that was ahead for thousands of lines keeps nothing that is old behind them", async () => {
  const journal = await opened(newFile());
  const ahead = Date.now() + 365 * 86_400_000;
  await journal.append(
    Array.from({ length: 1200 }, () => anomaly("ahead", ahead)),
    "process",
  );
  await journal.append([intent("a"), progress("a", "accepted"), anomaly("old"), anomaly("young", 50)], "process");
  await journal.prune(10);
  expect(journal.intent(INSTANCE, "a")).toBeUndefined();
  expect(journal.events(INSTANCE, 0, 5000)).toMatchObject({ complete: false, events: [{ message: "young" }] });
});

test("refuses options that are none, and what is no path", () => {
  const made = (file: unknown, options?: unknown) => () => sqliteJournal(file as string, options as object);
  const misspelt = '"maxbytes" is not an option of sqliteJournal; there is maxBytes';
  expect(made("journal.db", { maxbytes: 1e9 })).toThrow(new TypeError(misspelt));
  for (const options of [null, 1e9, "1e9"]) {
    const message = "the options of sqliteJournal must be an object, such as { maxBytes: 1e9 }";
    expect(made("journal.db", options)).toThrow(new TypeError(message));
  }
  for (const file of [undefined, null, 7, {}]) {
    const message =
      /^sqliteJournal needs the path of a file, such as "httptrading\.db", not (?:undefined|null|7|an object)$/;
    expect(made(file)).toThrow(message);
  }
});

test("refuses a size that is none", () => {
  for (const maxBytes of [0, -1, 1.5, Number.NaN]) {
    expect(() => sqliteJournal("journal.db", { maxBytes })).toThrow(RangeError);
  }
});
