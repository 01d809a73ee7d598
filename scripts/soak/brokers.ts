/** The instances of the soak's gateway: one a broker, each in front of its simulator, with a token for every client. */
import { createHash } from "node:crypto";
import type { Broker } from "../../mod.ts";
import { DEFAULT_ACCESS_TOKEN, DEFAULT_APP_KEY, DEFAULT_APP_SECRET } from "../../simulators/longport/server.ts";
import { DEFAULT_ACCOUNT, DEFAULT_TIGER_ID } from "../../simulators/tiger/accounts.ts";
import { CLIENT_PRIVATE_KEY, PUSH_TLS, VENDOR_PUBLIC_KEY } from "../../simulators/tiger/keys.ts";
import { futu } from "../../src/brokers/futu/index.ts";
import { interactiveBrokers } from "../../src/brokers/interactive-brokers/index.ts";
import { longport } from "../../src/brokers/longport/index.ts";
import { tiger } from "../../src/brokers/tiger/index.ts";

export const BROKERS = ["futu", "interactiveBrokers", "longport", "tiger"] as const;

export type BrokerName = (typeof BROKERS)[number];

/** One instance of the gateway, as it is told to the gateway's process. */
export interface InstanceSetup {
  readonly broker: BrokerName;
  /** The simulator's ports, by what its first line calls them. */
  readonly ports: Readonly<Record<string, number>>;
  readonly clients: readonly string[];
  /** Longport's way to its vendor. */
  readonly transport: "web" | "native";
}

/** Milliseconds that a call may take: short, so that many lost answers fit into a run. */
const DEADLINE_MS = 5000;

export function instanceIdOf(broker: BrokerName): string {
  return `soak${broker}`.padEnd(24, "0");
}

/** What the journal calls an instance. */
export function digestOf(broker: BrokerName): string {
  return createHash("sha256").update(instanceIdOf(broker)).digest("hex").slice(0, 16);
}

export function tokenOf(client: string): string {
  return `soakToken-${client}`.padEnd(40, "-");
}

/** The broker of an instance. Every client is a principal of its own. */
export function brokerOf({ broker, ports, clients, transport }: InstanceSetup): Broker {
  const tokens = clients.map((name) => ({
    name,
    token: tokenOf(name),
    scopes: ["read", "trade", "cancel"] as const,
  }));
  const instance = { instanceId: instanceIdOf(broker), tokens, deadlineMs: DEADLINE_MS };
  const port = (what: string): number => ports[what] ?? 0;
  switch (broker) {
    case "futu":
      return futu({ ...instance, port: port("ws"), tradeEnv: "SIMULATE" });
    case "interactiveBrokers":
      return interactiveBrokers({ ...instance, port: port("API"), clientId: 7 });
    case "longport":
      return longport({
        ...instance,
        appKey: DEFAULT_APP_KEY,
        appSecret: DEFAULT_APP_SECRET,
        accessToken: DEFAULT_ACCESS_TOKEN,
        httpUrl: `http://127.0.0.1:${port("http")}`,
        quoteWsUrl: `ws://127.0.0.1:${port("http")}/quote/v2`,
        tradeWsUrl: `ws://127.0.0.1:${port("http")}/trade/v2`,
        transport,
      });
    case "tiger":
      return tiger({
        ...instance,
        tigerId: DEFAULT_TIGER_ID,
        account: DEFAULT_ACCOUNT,
        privateKey: CLIENT_PRIVATE_KEY,
        tigerPublicKey: VENDOR_PUBLIC_KEY,
        serverUrl: `http://127.0.0.1:${port("http")}/gateway`,
        pushUrl: `tls://127.0.0.1:${port("push")}`,
        pushTls: { ca: PUSH_TLS.cert },
      });
  }
}
