/** Every table, in the order in which they are measured and shown. */
import type { MeasureTable } from "../bench.ts";
import { RUNTIMES, type Runtime } from "../runtimes.ts";
import { events } from "./events.ts";
import { journalOfMany, journalOfOne } from "./journal.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";
import { start } from "./start.ts";
import { desk, durable, guards, peer, place, read, scale } from "./throughput.ts";

/** A table that can be measured on a runtime. */
export interface Measuring {
  readonly measure: MeasureTable;
  /** Runtimes on which the short form measures it too. */
  readonly short?: readonly Runtime[];
  /** Measured only when this is given. */
  readonly needs?: "peer";
}

export const TABLES: Readonly<Record<string, Measuring>> = {
  read: { measure: read, short: RUNTIMES },
  place: { measure: place },
  desk: { measure: desk, short: RUNTIMES },
  durable: { measure: durable, short: ["node"] },
  latency: { measure: latency },
  events: { measure: events, short: ["node"] },
  scale: { measure: scale },
  guards: { measure: guards },
  memory: { measure: memory },
  start: { measure: start, short: RUNTIMES },
  "journal-1": { measure: journalOfOne },
  "journal-32": { measure: journalOfMany },
  peer: { measure: peer, needs: "peer" },
};
