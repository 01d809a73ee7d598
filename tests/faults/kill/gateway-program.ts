/**
 * A gateway as a process of its own, to be killed. Takes a {@link GatewaySetup} as JSON, prints its URL when it serves, and
 * ends with its standard input, so that it outlives no test.
 */
import process from "node:process";
import { createHttpTrading } from "../../../mod.ts";
import { DEFAULT_ACCOUNT, DEFAULT_TIGER_ID } from "../../../simulators/tiger/accounts.ts";
import { CLIENT_PRIVATE_KEY, PUSH_TLS, VENDOR_PUBLIC_KEY } from "../../../simulators/tiger/keys.ts";
import { futu } from "../../../src/brokers/futu/index.ts";
import { interactiveBrokers } from "../../../src/brokers/interactive-brokers/index.ts";
import { longport } from "../../../src/brokers/longport/index.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import { tiger } from "../../../src/brokers/tiger/index.ts";
import { sqliteJournal } from "../../../src/journal/sqlite.ts";
import { LONGPORT_KEY, LONGPORT_SECRET, LONGPORT_TOKEN } from "../../conformance/stages/longport-credentials.ts";

/** Which gateway to run. */
export interface GatewaySetup {
  readonly instanceId: string;
  readonly tokens: readonly string[];
  /** File of the journal. */
  readonly journal: string;
  readonly broker:
    | { readonly kind: "futu"; readonly port: number }
    | { readonly kind: "interactiveBrokers"; readonly port: number }
    | { readonly kind: "longport"; readonly port: number; readonly transport: "native" | "web" }
    | { readonly kind: "tiger"; readonly port: number; readonly pushPort: number }
    /** `clockOffset` is what its clock is ahead of this machine's, in milliseconds. */
    | { readonly kind: "paper"; readonly stateFile: string; readonly clockOffset: number };
}

function brokerOf({ instanceId, tokens, broker }: GatewaySetup) {
  const instance = { instanceId, tokens, deadlineMs: 4000 };
  if (broker.kind === "futu") return futu({ ...instance, port: broker.port, tradeEnv: "SIMULATE" });
  if (broker.kind === "interactiveBrokers") return interactiveBrokers({ ...instance, port: broker.port, clientId: 7 });
  if (broker.kind === "longport") {
    const at = `127.0.0.1:${broker.port}`;
    return longport({
      ...instance,
      appKey: LONGPORT_KEY,
      appSecret: LONGPORT_SECRET,
      accessToken: LONGPORT_TOKEN,
      httpUrl: `http://${at}`,
      quoteWsUrl: `ws://${at}/quote/v2`,
      tradeWsUrl: `ws://${at}/trade/v2`,
      transport: broker.transport,
    });
  }
  if (broker.kind === "tiger") {
    return tiger({
      ...instance,
      tigerId: DEFAULT_TIGER_ID,
      account: DEFAULT_ACCOUNT,
      privateKey: CLIENT_PRIVATE_KEY,
      tigerPublicKey: VENDOR_PUBLIC_KEY,
      serverUrl: `http://127.0.0.1:${broker.port}/gateway`,
      pushUrl: `tls://127.0.0.1:${broker.pushPort}`,
      pushTls: { ca: PUSH_TLS.cert },
    });
  }
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
