/** What may go wrong with a journal in the storage of a Durable Object, each in an object of its own, and what is told of it. */
import { isFailure } from "../../src/domain/failure.ts";
import {
  type DurableObjectJournal,
  durableObjectJournal,
  type SqliteObjectStorage,
} from "../../src/journal/durable-object.ts";
import { migrateStorage } from "../../src/journal/object-storage.ts";
import { MIGRATIONS } from "../../src/journal/sqlite-tables.ts";
import { anomalyLine, INSTANCE, intentLine, progressLine } from "../../src/testing/journal/lines.ts";

/** What came of it, or what it was refused with. */
async function told(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return isFailure(error) ? `${error.code}: ${error.message}` : String(error);
  }
}

function namesIn({ sql }: SqliteObjectStorage): readonly unknown[] {
  return sql
    .exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name")
    .toArray()
    .map(({ name }) => name);
}

/** What is in a journal, and the number of the next line. */
async function standingOf(journal: DurableObjectJournal) {
  return {
    unsettled: journal.unsettled(INSTANCE).map(({ id }) => id),
    events: journal.events(INSTANCE, 0, 10).events,
    next: await journal.append([intentLine("next")], "power-loss"),
  };
}

/** The storage, with something about it that is otherwise. */
function changed(storage: SqliteObjectStorage, change: Partial<SqliteObjectStorage>): SqliteObjectStorage {
  return {
    sql: storage.sql,
    transactionSync: (work) => storage.transactionSync(work),
    sync: () => storage.sync(),
    ...change,
  };
}

export const FAULTS: Readonly<Record<string, (storage: SqliteObjectStorage) => unknown>> = {
  async "not open"(storage) {
    const journal = durableObjectJournal(storage);
    return {
      append: await told(() => journal.append([intentLine("a")], "process")),
      read: await told(() => journal.unsettled(INSTANCE)),
    };
  },
  async "another program's tables"(storage) {
    storage.sql.exec("CREATE TABLE guard (text)");
    const opened = await told(() => durableObjectJournal(storage).open());
    return { opened, names: namesIn(storage) };
  },
  async "a newer version"(storage) {
    migrateStorage(storage, [...MIGRATIONS, "ALTER TABLE line ADD COLUMN later TEXT"]);
    const before = namesIn(storage);
    const opened = await told(() => durableObjectJournal(storage).open());
    return { opened, isAsBefore: JSON.stringify(namesIn(storage)) === JSON.stringify(before) };
  },
  async "an older version"(storage) {
    migrateStorage(storage, MIGRATIONS.slice(0, 1));
    const { sql } = storage;
    sql.exec(
      "INSERT INTO line VALUES (1, ?, 1, 'intent', 'a', NULL, ?)",
      INSTANCE,
      JSON.stringify(intentLine("a", { at: 1 })),
    );
    sql.exec("INSERT INTO unsettled VALUES (?, 'a', 1)", INSTANCE);
    const [{ epoch } = {}] = sql.exec("SELECT epoch FROM meta").toArray();
    const failing = await told(() => migrateStorage(storage, [...MIGRATIONS, "DELETE FROM line; SELECT * FROM none"]));
    const journal = durableObjectJournal(storage);
    const head = journal.open();
    return {
      failing,
      isSameEpoch: head.epoch === epoch,
      unsettled: journal.unsettled(INSTANCE).map(({ id }) => id),
      next: await journal.append([progressLine("a", "accepted")], "power-loss"),
    };
  },
  async "a second gateway"(storage) {
    const first = durableObjectJournal(storage);
    const second = durableObjectJournal(storage);
    first.open();
    await first.append([intentLine("a")], "power-loss");
    const beside = await told(() => second.open());
    first.close();
    return {
      beside,
      behind: await told(() => second.open().sequence),
      closed: await told(() => first.append([intentLine("b")], "process")),
    };
  },
  async "another's line"(storage) {
    const journal = durableObjectJournal(storage);
    journal.open();
    await journal.append([intentLine("a")], "power-loss");
    storage.sql.exec("INSERT INTO line (sequence, instance, at, kind, body) VALUES (2, 'other', 1, 'anomaly', '{}')");
    const refused = await told(() => journal.append([intentLine("b")], "power-loss"));
    storage.sql.exec("DELETE FROM line WHERE sequence = 2");
    return { refused, next: await told(() => journal.append([intentLine("c")], "power-loss")) };
  },
  async "a line that is too large"(storage) {
    const journal = durableObjectJournal(storage);
    journal.open();
    await journal.append([intentLine("a")], "power-loss");
    const lines = [intentLine("b"), progressLine("a", "accepted"), anomalyLine("x".repeat(3_000_000))];
    const refused = await told(() => journal.append(lines, "power-loss"));
    return { refused, ...(await standingOf(journal)) };
  },
  async "no room"(storage) {
    const journal = durableObjectJournal(storage, { maxBytes: 500_000 });
    journal.open();
    await journal.append([intentLine("a")], "power-loss");
    const filled = await told(async () => {
      while (await journal.append([anomalyLine("x".repeat(2000))], "process"));
    });
    const refused = await told(() => journal.append([intentLine("b")], "power-loss"));
    const { sequence } = journal.open();
    await journal.prune(5000);
    const { next, ...standing } = await standingOf(journal);
    return { filled, refused, hasRoom: next === sequence + 1, ...standing };
  },
  async "a write that fails in the middle"(storage) {
    let isFailing = false;
    const exec: SqliteObjectStorage["sql"]["exec"] = (query, ...values) => {
      if (isFailing && query.includes("INTO unsettled")) throw new Error("disk I/O error: SQLITE_IOERR");
      return storage.sql.exec(query, ...values);
    };
    const journal = durableObjectJournal(changed(storage, { sql: { exec, databaseSize: 0 } }));
    journal.open();
    await journal.append([intentLine("a")], "power-loss");
    isFailing = true;
    const refused = await told(() => journal.append([anomalyLine("x"), intentLine("b")], "power-loss"));
    isFailing = false;
    return { refused, ...(await standingOf(journal)) };
  },
  async "what the host cannot confirm"(storage) {
    let isLost = false;
    const sync = () => (isLost ? Promise.reject(new Error("the storage was lost")) : storage.sync());
    const journal = durableObjectJournal(changed(storage, { sync }));
    journal.open();
    await journal.append([intentLine("a")], "power-loss");
    isLost = true;
    const refused = await told(() => journal.append([intentLine("b")], "power-loss"));
    isLost = false;
    return {
      refused,
      append: await told(() => journal.append([intentLine("c")], "power-loss")),
      read: await told(() => journal.unsettled(INSTANCE)),
      prune: await told(() => journal.prune(1)),
      open: await told(() => journal.open()),
    };
  },
  async "what is no storage"(storage) {
    const made = (given: unknown) => told(() => durableObjectJournal(given as SqliteObjectStorage));
    return {
      nothing: await made(undefined),
      text: await made("journal.db"),
      ctx: await made({ storage }),
      half: await made({ sql: storage.sql }),
      options: await told(() => durableObjectJournal(storage, { maxbytes: 1 } as object)),
      size: await told(() => durableObjectJournal(storage, { maxBytes: 0 })),
    };
  },
  "a class without SQLite": (storage) => told(() => durableObjectJournal(storage)),
};
