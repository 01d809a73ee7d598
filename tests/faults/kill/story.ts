/** What a gateway tells about orders from its first line on: by its events, and in its journal. */
import { instanceDigest } from "../../../src/desk/instance-journal.ts";
import type { IntentRecord } from "../../../src/journal/journal.ts";
import { readJournal } from "../../../src/journal/sqlite.ts";
import { eventReader } from "../../http/suite/event-reader.ts";
import type { Client } from "./gateway.ts";

/** Where an order stands, as far as every ledger can tell. */
export interface Standing {
  readonly orderId: string;
  readonly status: string;
  readonly filledQty: number;
}

/** What the events told. */
export interface Replay {
  /** Numbers of the events, as they came. */
  readonly numbers: readonly number[];
  /** Each order as it was told last. */
  readonly orders: readonly Standing[];
  /** Orders that were ever told to be somebody else's. */
  readonly external: readonly string[];
}

/** Follows the events from the very first one, until every order stands where `expected` says. */
export async function replayUntil(
  { url, instanceId, token }: Client,
  journalEpoch: string,
  expected: readonly Standing[],
): Promise<Replay> {
  const epoch = journalEpoch + instanceDigest(instanceId).slice(0, 6);
  const response = await fetch(`${url()}/httptrading/api/${instanceId}/order/events?after=${epoch}-0`, {
    headers: { "HT-TOKEN": token },
    signal: AbortSignal.timeout(30_000),
  });
  const reader = eventReader(response);
  const orders = new Map<string, Standing>();
  const external = new Set<string>();
  const numbers: number[] = [];
  await reader.until(({ kind, lastEventId, data }) => {
    numbers.push(Number(lastEventId.slice(epoch.length + 1)));
    if (kind !== "order" && kind !== "correction") return false;
    const { orderId, status, filledQty } = data.order;
    orders.set(orderId, { orderId, status, filledQty });
    if (data.order.external) external.add(orderId);
    return expected.every((order) => {
      const told = orders.get(order.orderId);
      return told?.status === order.status && told.filledQty === order.filledQty;
    });
  });
  await reader.cancel();
  return { numbers, orders: [...orders.values()], external: [...external] };
}

/** What stands in a journal. */
export interface Records {
  readonly epoch: string;
  /** Numbers of all lines. */
  readonly lines: readonly number[];
  /** Numbers of those that clients may follow. */
  readonly events: readonly number[];
  readonly anomalies: readonly string[];
  readonly unsettled: readonly IntentRecord[];
}

export async function readRecords(file: string): Promise<Records> {
  const reader = await readJournal(file);
  try {
    const lines = reader.lines(0, Number.MAX_SAFE_INTEGER);
    return {
      epoch: reader.head().epoch,
      lines: lines.map(({ sequence }) => sequence),
      events: lines.flatMap(({ sequence, line: { kind } }) => (/intent|progress/.test(kind) ? [] : [sequence])),
      anomalies: lines.flatMap(({ line }) => (line.kind === "anomaly" ? [line.message] : [])),
      unsettled: reader.unsettled(),
    };
  } finally {
    reader.close();
  }
}
