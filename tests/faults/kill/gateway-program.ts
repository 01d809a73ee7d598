/**
 * A gateway as a process of its own, to be killed. Takes a {@link GatewaySetup} as JSON, prints its URL when it serves, and
 * ends with its standard input, so that it outlives no test.
 */
import process from "node:process";
import { createHttpTrading } from "../../../mod.ts";
import { sqliteJournal } from "../../../src/journal/sqlite.ts";
import { brokerOf, type GatewaySetup } from "./gateway-setup.ts";

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
