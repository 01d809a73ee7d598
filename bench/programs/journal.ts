/**
 * A journal without a gateway. An order is what the desk writes for it: the intent, safe against loss of power, then its
 * outcome and the order's first record, safe against the end of the process.
 */
import type { Journal, JournalLine, OrderRecord } from "../../mod.ts";
import type { SqliteJournal } from "../../src/journal/sqlite.ts";
import { loadHouse, loadSqliteJournal } from "./house.ts";
import { serveSideChannel, setupOf } from "./side-channel.ts";

/** What this program is to be. */
export interface JournalSetup {
  /** File of a SQLite journal. Default: a journal in memory. */
  readonly file?: string;
}

/** What came of placing. */
export interface JournalAnswer {
  readonly seconds: number;
  /** Microseconds until each intent might be handed over. */
  readonly waits: readonly number[];
  /** Calls of `append` that one wait for the disk served; `null` in memory. */
  readonly appendsASync: number | null;
}

const INSTANCE = "0f3a9c5d7b1e2468";
const REQUEST = {
  contract: { tradeType: "Securities", region: "US", symbol: "AAPL" },
  direction: "BUY",
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  qty: 12,
  price: 201.5,
} as const;

const { file } = setupOf<JournalSetup>();
const sqlite: SqliteJournal | undefined =
  file === undefined ? undefined : (await loadSqliteJournal()).sqliteJournal(file);
const journal: Journal = sqlite ?? (await loadHouse()).memoryJournal();
await journal.open();
let last = 0;

serveSideChannel({}, { place });

/** Places so many, by so many clients at once. */
async function place({ clients, orders }: { clients: number; orders: number }): Promise<JournalAnswer> {
  const waits: number[] = [];
  const before = sqlite?.stats();
  const end = last + orders;
  async function client(): Promise<void> {
    while (last < end) {
      last += 1;
      waits.push(await placeOne(`order-${last}`));
    }
  }
  const began = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - began) / 1000;
  const after = sqlite?.stats();
  const appendsASync =
    before === undefined || after === undefined
      ? null
      : (after.appends - before.appends) / (after.synced - before.synced);
  return { seconds, waits, appendsASync };
}

/** Gives the microseconds until its intent may be handed over. */
async function placeOne(id: string): Promise<number> {
  const asked = performance.now();
  await journal.append([intentOf(id)], "power-loss");
  const waited = (performance.now() - asked) * 1000;
  await journal.append(outcomeOf(id), "process");
  return waited;
}

function intentOf(id: string): JournalLine {
  const action = { kind: "place", request: REQUEST } as const;
  return { kind: "intent", id, principal: "default", action, fingerprint: null, instance: INSTANCE, at: Date.now() };
}

function outcomeOf(id: string): JournalLine[] {
  const at = Date.now();
  const order: OrderRecord = {
    ...REQUEST,
    orderId: id,
    currency: "USD",
    filledQty: 12,
    avgPrice: 201.5,
    status: "FILLED",
    originStatus: "Filled",
    errorReason: "",
    warning: null,
    tag: id,
    createdAt: at,
    updatedAt: at,
    external: false,
    asOf: at,
    staleSince: null,
  };
  return [
    { kind: "progress", id, state: "accepted", placed: { orderId: id }, instance: INSTANCE, at },
    { kind: "order", order, instance: INSTANCE, at },
  ];
}
