/** What the journal has of one instance, read while or after the gateway writes it. */
import { begun, progressed } from "../../src/journal/intent-record.ts";
import type { IntentRecord, OrderRecord } from "../../src/journal/journal.ts";
import { readJournal } from "../../src/journal/sqlite.ts";

export interface InstanceRecords {
  readonly intents: readonly IntentRecord[];
  /** The last record of each order. */
  readonly orders: readonly OrderRecord[];
}

/** Lines that are read at once. */
const PAGE = 5000;

/** @param instance the digest of the instance's id */
export async function recordsOf(file: string, instance: string): Promise<InstanceRecords> {
  const reader = await readJournal(file);
  const intents = new Map<string, IntentRecord>();
  const orders = new Map<string, OrderRecord>();
  try {
    for (let page = reader.lines(0, PAGE); page.length > 0; page = reader.lines(page.at(-1)?.sequence ?? 0, PAGE)) {
      for (const { line } of page) {
        if (line.instance !== instance) continue;
        if (line.kind === "intent") intents.set(line.id, begun(line));
        else if (line.kind === "progress") intents.set(line.id, progressed(intents.get(line.id), line));
        else if (line.kind === "order" || line.kind === "correction") orders.set(line.order.orderId, line.order);
      }
    }
  } finally {
    reader.close();
  }
  return { intents: [...intents.values()], orders: [...orders.values()] };
}
