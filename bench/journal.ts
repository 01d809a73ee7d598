/**
 * `node bench/journal.ts [FOLDER]`: what durability costs. Orders a second, and how long one waits for the journal, in
 * memory and in a file side by side, for one client and for many at once.
 *
 * An order is what the desk writes for it: the intent, safe against loss of power, then its outcome and the order's
 * first record, safe against the end of the process. The file is made in FOLDER, by default the present one: put it on
 * the disk that is meant, since a folder in memory (often the one for temporary files) makes every sync free.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Journal, JournalLine, OrderRecord } from "../src/journal/journal.ts";
import { memoryJournal } from "../src/journal/memory.ts";
import { type SqliteJournal, sqliteJournal } from "../src/journal/sqlite.ts";

/** Orders a round, after a tenth as many to warm up. */
const ORDERS = 3200;
/** Rounds of each kind by turns, so that a busy moment of the machine strikes both; the best counts. */
const ROUNDS = 3;
const CLIENTS = [1, 32] as const;

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

interface Figures {
  readonly ordersPerSecond: number;
  /** Milliseconds until the intent may be handed over. */
  readonly p50: number;
  readonly p99: number;
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
    filledQty: 0,
    avgPrice: 0,
    status: "OPEN",
    originStatus: "Submitted",
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

async function place(journal: Journal, id: string): Promise<number> {
  const asked = performance.now();
  await journal.append([intentOf(id)], "power-loss");
  const waited = performance.now() - asked;
  await journal.append(outcomeOf(id), "process");
  return waited;
}

async function run(journal: Journal, clients: number, orders: number, name: string): Promise<Figures> {
  const waits: number[] = [];
  let next = 0;
  async function client(): Promise<void> {
    while (next < orders) {
      next += 1;
      waits.push(await place(journal, `${name}-${next}`));
    }
  }
  const began = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - began) / 1000;
  waits.sort((a, b) => a - b);
  const at = (part: number) => waits[Math.floor((waits.length - 1) * part)] ?? 0;
  return { ordersPerSecond: orders / seconds, p50: at(0.5), p99: at(0.99) };
}

function better(a: Figures | undefined, b: Figures): Figures {
  return a !== undefined && a.ordersPerSecond > b.ordersPerSecond ? a : b;
}

function row(...cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell, index) => (index === 0 ? cell.padEnd(20) : cell.padStart(14))).join("")}\n`);
}

function report(name: string, figures: Figures, base: Figures): void {
  const { ordersPerSecond, p50, p99 } = figures;
  const ratio = figures === base ? "1" : (ordersPerSecond / base.ordersPerSecond).toPrecision(2);
  row(
    name,
    ordersPerSecond.toFixed(0),
    ratio,
    `${p50.toFixed(3)} ms`,
    `${p99.toFixed(3)} ms`,
    `+${(p50 - base.p50).toFixed(3)} ms`,
  );
}

async function compare(clients: number, journals: { memory: Journal; sqlite: SqliteJournal }): Promise<void> {
  const best: Partial<Record<keyof typeof journals, Figures>> = {};
  const before = journals.sqlite.stats();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of ["memory", "sqlite"] as const) {
      await run(journals[name], clients, ORDERS / 10, `warm-${clients}-${round}`);
      best[name] = better(best[name], await run(journals[name], clients, ORDERS, `order-${clients}-${round}`));
    }
  }
  const { memory, sqlite } = best;
  if (memory === undefined || sqlite === undefined) return;
  const { appends, synced } = journals.sqlite.stats();
  row(`${clients} client${clients === 1 ? "" : "s"}`, "orders/s", "of memory", "p50", "p99", "added p50");
  report("  memory", memory, memory);
  report("  sqlite", sqlite, memory);
  row("", `${((appends - before.appends) / (synced - before.synced)).toFixed(1)} appends a sync`);
}

const folder = mkdtempSync(join(resolve(process.argv[2] ?? "."), "journal-bench-"));
const sqlite = sqliteJournal(join(folder, "journal.db"));
try {
  const memory = memoryJournal();
  await memory.open();
  await sqlite.open();
  for (const clients of CLIENTS) await compare(clients, { memory, sqlite });
} finally {
  await sqlite.close();
  rmSync(folder, { recursive: true });
}
