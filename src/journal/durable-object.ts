/**
 * The journal in the storage of the Durable Object in which the gateway stands: it outlives the object, whose host ends it
 * seconds or minutes after the last request and with each new version.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { durableObjectJournal } from "httptrading/journal/durable-object";
 *
 * export class Gateway {
 *   constructor(ctx, env) {
 *     const trading = createHttpTrading({ brokers: [myBroker(env)], journal: durableObjectJournal(ctx.storage) });
 *     this.fetch = (request) => trading.fetch(request);
 *   }
 * }
 * ```
 *
 * The class has to keep SQLite: `"migrations": [{ "tag": "v1", "new_sqlite_classes": ["Gateway"] }]` in wrangler's
 * configuration. The tables of the journal stand beside what else the object keeps.
 *
 * @module
 */
import type { Failure } from "../domain/failure.ts";
import { demandBytes, demandOptions } from "./demand-options.ts";
import type { Durability, Journal, JournalHead, JournalLine, JournalPlace } from "./journal.ts";
import {
  demandStorage,
  migrateStorage,
  noRoom,
  notConfirmed,
  PLACE,
  type SqliteObjectStorage,
  statementsOf,
  storageFailure,
} from "./object-storage.ts";
import { journalUnavailable } from "./sqlite-errors.ts";
import { type Lines, prepareLines, readsOver, type SqliteReads, storedLine } from "./sqlite-lines.ts";

export type { SqliteObjectStorage, SqliteReads };

/** How much a journal may make of an object's storage. */
export interface DurableObjectJournalOptions {
  /**
   * Largest size of the storage in bytes, with all else that the object keeps. What comes beyond it is refused until
   * pruning has made room, and cancels go on. Default 9e9: at the host's own limit, 10 GB and less in some of its plans, a
   * write may end the object with all that is under way in it. Source:
   * https://developers.cloudflare.com/durable-objects/platform/limits/
   */
  readonly maxBytes?: number;
}

/** A journal in the storage of a Durable Object. What it reads it answers at once. */
export interface DurableObjectJournal extends Omit<Journal, keyof SqliteReads>, SqliteReads {
  readonly place: JournalPlace;
  open(): JournalHead;
  append(lines: readonly JournalLine[], durability: Durability): Promise<number>;
  prune(before: number): Promise<void>;
  /** Lets the storage go to another journal in the same object. It may be opened again. */
  close(): void;
}

/** What an open journal works with. */
interface Opened {
  readonly lines: Lines;
  readonly epoch: string;
  /** Number of the last line. */
  sequence: number;
}

/** Storages that are being written: two gateways on one would each know one half of what is sent. */
const writers = new WeakSet<SqliteObjectStorage>();

/**
 * A journal in the storage of a Durable Object, `ctx.storage`, which gets its tables when it has none. It may be made in
 * the constructor of the object.
 *
 * Lines are written in a transaction each call, and answered once the host has confirmed that they are on disk
 * (`storage.sync()`), whatever `durability` asks for: until then it holds every answer and every request of the object back
 * anyway. Nothing is told or sent that is not written, numbers of events are never given twice, and the epoch stays the same
 * for as long as the storage does.
 *
 * Every method throws `Failure` with code `JournalUnavailable` when the storage cannot be used: it is full, it has another
 * writer in this object, its tables are of a newer version or of another program. Nothing of an `append` that throws has
 * been written. When the host cannot confirm what was written it ends the object and lets nothing out that followed, so
 * that nothing was sent either; in the meantime every call fails, and the next request finds a new object with what was
 * confirmed. Sources: https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/ (`sync`, `transactionSync`,
 * `allowUnconfirmed`).
 *
 * Throws `TypeError` for what is no storage with SQLite, and says what to write in wrangler's configuration, or no option,
 * and `RangeError` for a wrong `maxBytes`.
 */
export function durableObjectJournal(
  storage: SqliteObjectStorage,
  options: DurableObjectJournalOptions = {},
): DurableObjectJournal {
  demandStorage(storage);
  demandOptions("durableObjectJournal", options, "maxBytes", "5e9");
  const { maxBytes = 9e9 } = options;
  demandBytes(maxBytes);
  let current: Opened | undefined;
  /** Set once the host could not confirm what was written: from then on nobody knows what stands there. */
  let fault: Failure | undefined;

  function used<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageFailure(error);
    }
  }

  function openStorage(): Opened {
    if (writers.has(storage)) {
      throw journalUnavailable(
        `the journal ${PLACE} is being written already, by another gateway in this object: close that first`,
      );
    }
    const made = used(() => {
      migrateStorage(storage);
      const lines = prepareLines(statementsOf(storage));
      return { lines, ...lines.head() };
    });
    writers.add(storage);
    return made;
  }

  function opened(): Opened {
    if (fault !== undefined) throw fault;
    if (current !== undefined) return current;
    throw journalUnavailable(`the journal ${PLACE} is not open: call open() before anything else`);
  }

  function read<T>(work: (lines: Lines) => T): T {
    const { lines } = opened();
    return used(() => work(lines));
  }

  /** Waits until the host has confirmed what was written so far. */
  async function confirmed(sequence: number): Promise<number> {
    try {
      await storage.sync();
      return sequence;
    } catch (error) {
      fault ??= notConfirmed(error);
      throw fault;
    }
  }

  return {
    place: { name: "the Durable Object's storage", lasting: true },
    open() {
      current ??= openStorage();
      const { epoch, sequence } = opened();
      return { epoch, sequence };
    },
    async append(lines) {
      const journal = opened();
      const stored = lines.map(storedLine);
      const refusal = used(() => journal.lines.refusal(stored));
      if (refusal !== undefined) throw refusal;
      const { sequence } = journal;
      used(() => {
        if (storage.sql.databaseSize >= maxBytes) throw noRoom(maxBytes);
        storage.transactionSync(() => {
          for (const [index, line] of stored.entries()) journal.lines.write(line, sequence + index + 1);
        });
      });
      journal.sequence += stored.length;
      return confirmed(journal.sequence);
    },
    ...readsOver(read),
    async prune(before) {
      const journal = opened();
      let after: number | undefined = 0;
      while (after !== undefined && current === journal) {
        const from: number = after;
        after = read((lines) => storage.transactionSync(() => lines.prune(from, before)));
        // What came in meanwhile has its turn, and the host its time to confirm.
        await new Promise((resolve) => setTimeout(resolve));
      }
    },
    close() {
      if (current === undefined) return;
      current = undefined;
      writers.delete(storage);
    },
  };
}
