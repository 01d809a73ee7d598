/** Gateways of the matrix: in this process, or in one of their own that can be killed and whose clock can be stepped. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHttpTrading } from "../../../mod.ts";
import { sqliteJournal } from "../../../src/journal/sqlite.ts";
import { serve } from "../../../src/runtime/node.ts";
import type { Broker } from "../../../src/spec/broker.ts";
import { anomaly } from "../../journal/lines.ts";
import { ROOT } from "../../runtimes/program.ts";
import type { GatewaySetup } from "../kill/gateway-setup.ts";

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

export interface GatewayHere extends Gateway {
  /** Lets no more into the journal, as a disk without room does. */
  fillDisk(): Promise<void>;
  freeDisk(): Promise<void>;
}

export interface GatewayProcess extends Gateway {
  /** Steps the clock that the whole program sees to so many milliseconds ahead of this machine's. */
  stepClock(aheadMs: number): void;
  /** Ends it at once, from within any callback; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Enough for everything that a cell writes, and soon full. */
const MAX_BYTES = 400_000;
/** The lines that fill a journal are from before this moment, milliseconds since the epoch. */
const LONG_AGO = 1000;

export async function startHere(broker: Broker, file: string): Promise<GatewayHere> {
  const journal = sqliteJournal(file, { maxBytes: MAX_BYTES });
  const trading = createHttpTrading({ brokers: [broker], journal });
  const server = await serve(trading, { port: 0, signals: false, graceMs: 1000, print: () => {} });
  return {
    url: server.url,
    close: () => server.close(),
    async fillDisk() {
      for (const size of [10_000, 1000, 100, 1]) {
        for (let full = false; !full; ) {
          await journal.append([anomaly("x".repeat(size), LONG_AGO - 1)], "process").catch(() => {
            full = true;
          });
        }
      }
    },
    async freeDisk() {
      await journal.prune(LONG_AGO);
    },
  };
}

const PROGRAM = fileURLToPath(new URL("stepped-gateway-program.ts", import.meta.url));

export async function startProcess(setup: GatewaySetup): Promise<GatewayProcess> {
  const child = spawn(join(ROOT, "node_modules/.bin/node"), [PROGRAM, JSON.stringify(setup)], {
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const url = await Promise.race([
    once(child.stdout, "data").then(([chunk]) => String(chunk).trim()),
    exit.then(([code]) => Promise.reject(new Error(`the gateway ended before it served, with exit code ${code}`))),
  ]);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await exit;
  };
  return {
    url,
    stepClock: (aheadMs) => void child.stdin.write(`${aheadMs}\n`),
    kill: () => end("SIGKILL"),
    close: () => end("SIGTERM"),
  };
}
