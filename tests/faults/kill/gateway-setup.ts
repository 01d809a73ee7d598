/** A gateway to any broker, as data that one process can tell another. */
import { DEFAULT_ACCOUNT, DEFAULT_TIGER_ID } from "../../../simulators/tiger/accounts.ts";
import { CLIENT_PRIVATE_KEY, PUSH_TLS, VENDOR_PUBLIC_KEY } from "../../../simulators/tiger/keys.ts";
import { futu } from "../../../src/brokers/futu/index.ts";
import { interactiveBrokers } from "../../../src/brokers/interactive-brokers/index.ts";
import { longport } from "../../../src/brokers/longport/index.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import { tiger } from "../../../src/brokers/tiger/index.ts";
import type { Broker } from "../../../src/spec/broker.ts";
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

/** The broker of a gateway, in front of its simulator. */
export function brokerOf({ instanceId, tokens, broker }: Omit<GatewaySetup, "journal">): Broker {
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
