/**
 * A gateway as a process of its own, to be killed. Takes a {@link GatewaySetup} as JSON, prints its URL when it serves, and
 * ends with its standard input, so that it outlives no test.
 */
import process from "node:process";
import { createHttpTrading } from "../../../mod.ts";
import { futu } from "../../../src/brokers/futu/index.ts";
import { interactiveBrokers } from "../../../src/brokers/interactive-brokers/index.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import { sqliteJournal } from "../../../src/journal/sqlite.ts";

/** Which gateway to run. */
export interface GatewaySetup {
  readonly instanceId: string;
  readonly tokens: readonly string[];
  /** File of the journal. */
  readonly journal: string;
  readonly broker:
    | { readonly kind: "futu"; readonly port: number }
    | { readonly kind: "interactiveBrokers"; readonly port: number }
    /** `clockOffset` is what its clock is ahead of this machine's, in milliseconds. */
    | { readonly kind: "paper"; readonly stateFile: string; readonly clockOffset: number };
}

function brokerOf({ instanceId, tokens, broker }: GatewaySetup) {
  const instance = { instanceId, tokens, deadlineMs: 4000 };
  if (broker.kind === "futu") return futu({ ...instance, port: broker.port, tradeEnv: "SIMULATE" });
  if (broker.kind === "interactiveBrokers") return interactiveBrokers({ ...instance, port: broker.port, clientId: 7 });
  const { stateFile, clockOffset } = broker;
  return paper({ ...instance, stateFile, quotes: "fixed", clock: () => Date.now() + clockOffset });
}

function runtime() {
  if ("Bun" in globalThis) return import("../../../src/runtime/bun.ts");
  if ("Deno" in globalThis) return import("../../../src/runtime/deno.ts");
  return import("../../../src/runtime/node.ts");
}

process.stdin.resume().once("end", () => process.exit(1));
const setup: GatewaySetup = JSON.parse(process.argv[2] ?? "");
const trading = createHttpTrading({ brokers: [brokerOf(setup)], journal: sqliteJournal(setup.journal) });
const { serve } = await runtime();
const { url } = await serve(trading, { port: 0, print: () => {} });
process.stdout.write(`${url}\n`);
