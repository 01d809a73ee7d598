/** Every table, in the order in which they are measured and shown. */
import type { MeasureTable } from "../bench.ts";
import { events } from "./events.ts";
import { journalOfMany, journalOfOne } from "./journal.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";
import { start } from "./start.ts";
import { durable, guards, peer, place, read, scale } from "./throughput.ts";

/** A table that can be measured on a runtime. */
export interface Measuring {
  readonly measure: MeasureTable;
  /** Part of the short form too. */
  readonly short?: boolean;
  /** Measured only when this is given. */
  readonly needs?: "peer";
}

export const TABLES: Readonly<Record<string, Measuring>> = {
  read: { measure: read, short: true },
  place: { measure: place, short: true },
  durable: { measure: durable, short: true },
  latency: { measure: latency },
  events: { measure: events, short: true },
  scale: { measure: scale },
  guards: { measure: guards },
  memory: { measure: memory },
  start: { measure: start, short: true },
  "journal-1": { measure: journalOfOne },
  "journal-32": { measure: journalOfMany },
  peer: { measure: peer, needs: "peer" },
};
