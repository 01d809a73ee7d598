/** The Tiger broker over HTTP and the push service's TLS, in front of a simulator of both on real sockets. */
import { DEFAULT_ACCOUNT, DEFAULT_PAPER_ACCOUNT, DEFAULT_TIGER_ID } from "../../../simulators/tiger/accounts.ts";
import { CLIENT_PRIVATE_KEY, PUSH_TLS, VENDOR_PUBLIC_KEY } from "../../../simulators/tiger/keys.ts";
import { tiger } from "../../../src/brokers/tiger/index.ts";
import type { Stage } from "../../../src/testing/index.ts";
import { demoInstruments, demoUnknownContract } from "./demo-instruments.ts";
import { hostedSimulator } from "./hosted-simulator.ts";

const ACCOUNTS = {
  live: { environment: "REAL", account: DEFAULT_ACCOUNT, book: "LIVE" },
  paper: { environment: "SIMULATE", account: DEFAULT_PAPER_ACCOUNT, book: "PAPER" },
} as const;

/** The key without its armour and line ends, as it would show if it leaked in another form. */
const BARE_KEY = CLIENT_PRIVATE_KEY.replace(/-----[^-]+-----|\s/g, "");

/** The stage with one kind of account; simulators come from the host at the URL. */
export function tigerStage(kind: keyof typeof ACCOUNTS, hostUrl: string): Stage {
  const { environment, account, book } = ACCOUNTS[kind];
  return {
    name: `tiger ${environment}`,
    async open() {
      const simulator = await hostedSimulator(hostUrl, "tiger", book);
      const { port, pushPort } = simulator.ports;
      return {
        broker: tiger({
          instanceId: "tigerConformance0001",
          tokens: ["tigerConformanceToken"],
          tigerId: DEFAULT_TIGER_ID,
          account,
          privateKey: CLIENT_PRIVATE_KEY,
          tigerPublicKey: VENDOR_PUBLIC_KEY,
          serverUrl: `http://127.0.0.1:${port}/gateway`,
          pushUrl: `tls://127.0.0.1:${pushPort}`,
          pushTls: { ca: PUSH_TLS.cert },
        }),
        venue: {
          ...simulator.venue,
          proxyError: simulator.proxyError,
          holdReplaces: simulator.holdReplaces,
          holdUnmappable: async () => ({ originSymbol: "D05", qty: 200 }),
        },
        close: simulator.close,
      };
    },
    instruments: demoInstruments,
    unknownContract: demoUnknownContract,
    unknownOrderId: "40130857465156608",
    secrets: [CLIENT_PRIVATE_KEY, BARE_KEY],
  };
}
