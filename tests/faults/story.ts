/** What a journal tells about orders, replayed from its first line. */
import type { IntentRecord, OrderRecord } from "../../src/journal/journal.ts";
import { readJournal } from "../../src/journal/sqlite.ts";

export interface Story {
  /** Every number, in the order of the lines. */
  readonly sequences: readonly number[];
  /** Each order as it was told last. */
  readonly orders: ReadonlyMap<string, OrderRecord>;
  readonly anomalies: readonly string[];
  /** Orders that were ever told to be somebody else's. */
  readonly external: readonly string[];
  readonly unsettled: readonly IntentRecord[];
}

export async function readStory(file: string): Promise<Story> {
  const reader = await readJournal(file);
  try {
    const lines = reader.lines(0, Number.MAX_SAFE_INTEGER);
    const orders = new Map<string, OrderRecord>();
    const anomalies: string[] = [];
    const external = new Set<string>();
    for (const { line } of lines) {
      if (line.kind === "anomaly") anomalies.push(line.message);
      if (line.kind !== "order" && line.kind !== "correction") continue;
      orders.set(line.order.orderId, line.order);
      if (line.order.external) external.add(line.order.orderId);
    }
    const sequences = lines.map(({ sequence }) => sequence);
    return { sequences, orders, anomalies, external: [...external], unsettled: reader.unsettled() };
  } finally {
    reader.close();
  }
}
