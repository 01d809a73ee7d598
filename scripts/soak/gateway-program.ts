/**
 * The gateway under load, as a process of its own that tells how it is. Takes a {@link GatewaySetup} as JSON, sends what
 * {@link Told} names to the process that started it, answers each {@link Order}, and ends with that process.
 *
 * Needs `--expose-gc`: only what is left after a collection tells of a leak.
 */
import { Server, Socket } from "node:net";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { queryObjects } from "node:v8";
import { createHttpTrading } from "../../mod.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";
import { serve } from "../../src/runtime/node.ts";
import { brokerOf, type InstanceSetup } from "./brokers.ts";
import type { Counts, Sample } from "./memory.ts";

/** Which gateway to run. */
export interface GatewaySetup {
  /** File of the journal. */
  readonly journal: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly instances: readonly InstanceSetup[];
}

/** What the gateway is asked to do: to tell how it is, to count what lives in it as well, or to close and count. */
export type Order = "sample" | "count" | "close";

/** What the gateway tells. */
export type Told =
  | { readonly kind: "serving"; readonly url: string }
  | { readonly kind: "sample"; readonly sample: Sample }
  | { readonly kind: "count"; readonly counts: Counts }
  | { readonly kind: "closed"; readonly before: Counts }
  | { readonly kind: "warning"; readonly text: string };

function tell(told: Told): void {
  process.send?.(told);
}

/** The runtime's own: of its pool of connections, which keeps them for who may ask again. */
const POOL_TIMERS = /\[Function: (?:onParserTimeout|onTick)\]/;

/** What keeps the process alive, and what is in its memory: a timer that keeps nothing alive is there too. */
function counted(): Counts {
  const timer = setTimeout(() => {}, 0);
  clearTimeout(timer);
  const timers = queryObjects(timer.constructor as new () => NodeJS.Timeout, { format: "summary" });
  const counts: Record<string, number> = {
    "running timers": timers.filter((one) => one.includes("_destroyed: false") && !POOL_TIMERS.test(one)).length,
    "sockets in memory": queryObjects(Socket, { format: "count" }),
    "servers in memory": queryObjects(Server, { format: "count" }),
    "signals in memory": queryObjects(AbortSignal, { format: "count" }),
  };
  for (const resource of process.getActiveResourcesInfo()) counts[resource] = (counts[resource] ?? 0) + 1;
  return counts;
}

/** Lets go of what only callbacks of the collector let go of. */
async function collected(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await pause(20);
  }
}

function sampled(): Sample {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { at: Date.now(), heapUsed, rss };
}

process.on("disconnect", () => process.exit(1));
process.on("warning", ({ name, message }) => {
  // That SQLite and the counting of objects are new to Node says nothing about the gateway.
  if (name !== "ExperimentalWarning") tell({ kind: "warning", text: `${name}: ${message}` });
});

const setup: GatewaySetup = JSON.parse(process.argv[2] ?? "");
const before = counted();
const trading = createHttpTrading({ brokers: setup.instances.map(brokerOf), journal: sqliteJournal(setup.journal) });
const server = await serve(trading, { port: setup.port, signals: false, print: () => {} });

process.on("message", async (order: Order) => {
  if (order === "sample") return tell({ kind: "sample", sample: sampled() });
  if (order === "count") {
    await collected();
    return tell({ kind: "count", counts: counted() });
  }
  await server.close();
  tell({ kind: "closed", before });
});
tell({ kind: "serving", url: server.url });
