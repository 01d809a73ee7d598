/** A journal's file after something else was at it: rows with other text in them, and other bytes altogether. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { FAILURE_CODES, isFailure } from "../../../src/domain/failure.ts";
import type { IntentRecord, JournalLine, OrderRecord } from "../../../src/journal/journal.ts";
import { sqliteJournal } from "../../../src/journal/sqlite.ts";
import type { NumberedLine } from "../../../src/journal/sqlite-reader.ts";
import { readJournal } from "../../../src/journal/sqlite-reader.ts";
import { anOrder } from "../../an-order.ts";
import { type Bytes, mutated } from "../bytes.ts";
import { declared, must } from "../oracles.ts";
import { defineTarget } from "../target.ts";
import { mutatedJson } from "../texts.ts";

const INSTANCE = "0f3a9c5d7b1e2468";

type Input = { readonly row: number; readonly body: string } | { readonly file: Bytes };

const base = { instance: INSTANCE, at: 1_748_442_600_000 } as const;
const order: OrderRecord = { ...anOrder(), external: false, asOf: base.at, staleSince: null };
const intent = { ...base, kind: "intent", principal: "default", fingerprint: "f" } as const;
const progress = { ...base, kind: "progress" } as const;
const request = {
  contract: { tradeType: "Securities", region: "US", symbol: "AAPL" },
  direction: "BUY",
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  qty: 1,
  price: 100,
} as const;

const LINES: readonly JournalLine[] = [
  { ...intent, id: "a", action: { kind: "place", request } },
  { ...progress, id: "a", state: "accepted", placed: { orderId: order.orderId } },
  { ...intent, id: "b", action: { kind: "replace", orderId: order.orderId, change: { qty: 2 } } },
  { ...progress, id: "b", state: "unknown", failure: { code: "OutcomeUnknown", message: "m", outcome: "unknown" } },
  { ...intent, id: "c", action: { kind: "cancel", orderId: order.orderId } },
  { ...base, kind: "order", order },
  { ...base, kind: "anomaly", message: "m", orderId: null, tag: null },
  { ...base, kind: "connection", connected: false, reason: "r" },
];

const MORE: readonly JournalLine[] = [{ ...base, kind: "anomaly", message: "more", orderId: null, tag: null }];

const isUnavailable = (error: unknown) => isFailure(error) && error.code === "JournalUnavailable";

export const journal = defineTarget<Input>("journal", 300, async () => {
  const folder = mkdtempSync(join(tmpdir(), "httptrading-fuzz-"));
  const sound = join(folder, "sound.db");
  const writer = sqliteJournal(sound);
  await writer.open();
  await writer.append(LINES, "process");
  await writer.close();
  const path = join(folder, "journal.db");
  const bodies = LINES.map((line) => JSON.stringify(line));
  return {
    inputs: fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .nat(LINES.length - 1)
          .chain((row) => fc.record({ row: fc.constant(row), body: mutatedJson([bodies[row] ?? "", ...bodies]) })),
      },
      { weight: 1, arbitrary: mutated([readFileSync(sound)]).map((file) => ({ file })) },
    ),
    async check(input) {
      for (const end of ["", "-wal", "-shm", ".lock"]) rmSync(path + end, { force: true });
      if ("file" in input) writeFileSync(path, input.file);
      else {
        copyFileSync(sound, path);
        const db = new DatabaseSync(path);
        db.prepare("UPDATE line SET body = ? WHERE sequence = ?").run(input.body, input.row + 1);
        db.close();
      }
      await readAll(path);
      await declared(isUnavailable, () => writeAll(path));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
});

/** As `httptrading journal` does. */
async function readAll(path: string): Promise<void> {
  const reader = await declared(isUnavailable, () => readJournal(path));
  if (reader === undefined) return;
  try {
    for (const read of [
      () => reader.lines(0, 100).forEach(isNumbered),
      () => reader.unsettled().forEach(isIntent),
      () => reader.intents("a").forEach(isIntent),
    ]) {
      await declared(isUnavailable, read);
    }
  } finally {
    reader.close();
  }
}

/** As a gateway does at its start. */
async function writeAll(path: string): Promise<void> {
  const writer = sqliteJournal(path);
  try {
    const { sequence } = await writer.open();
    must(Number.isSafeInteger(sequence), "a head that is no number", sequence);
    for (const read of [
      async () => (await writer.unsettled(INSTANCE)).forEach(isIntent),
      async () => (await writer.openOrders(INSTANCE)).forEach(isRecord),
      async () => (await writer.events(INSTANCE, 0, 100)).events.forEach(isLine),
      async () => isRecord((await writer.order(INSTANCE, order.orderId)) ?? order),
      async () => void (await writer.append(MORE, "process")),
      async () => writer.prune(base.at + 1),
    ]) {
      await declared(isUnavailable, read);
    }
  } finally {
    await writer.close();
  }
}

function isNumbered({ line }: NumberedLine): void {
  isLine(line);
}

function isLine(line: JournalLine): void {
  must(typeof line.instance === "string" && typeof line.at === "number", "a line of nobody", line);
  if (line.kind === "order" || line.kind === "correction") isRecord(line.order);
  if (line.kind === "intent") must(typeof line.id === "string" && "kind" in line.action, "an intent of nothing", line);
}

function isIntent({ id, action, state, failure }: IntentRecord): void {
  must(typeof id === "string" && typeof state === "string", "an intent without its mark", id);
  if (action.kind === "place") must(typeof action.request.contract.symbol === "string", "a place of nothing", action);
  else must(typeof action.orderId === "string", "a change of no order", action);
  must(failure === null || FAILURE_CODES.includes(failure.code), "a failure without a code", failure);
}

function isRecord({ orderId, status, contract, filledQty }: OrderRecord): void {
  must(typeof orderId === "string" && typeof status === "string", "an order without an id", orderId);
  must(typeof contract.symbol === "string", "an order of nothing", contract);
  must(filledQty === null || typeof filledQty === "number", "a quantity that is none", filledQty);
}
