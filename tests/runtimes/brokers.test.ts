/** The HTTP suite against every broker's example, in front of its vendor's simulator, under each runtime. */
import { describe, expect, test } from "vitest";
import { DEMO } from "../../examples/serve.ts";
import {
  DEFAULT_ACCESS_TOKEN,
  DEFAULT_APP_KEY,
  DEFAULT_APP_SECRET,
  startLongport,
} from "../../simulators/longport/server.ts";
import { startOpenD } from "../../simulators/opend/server.ts";
import { DEFAULT_ACCOUNT } from "../../simulators/tiger/accounts.ts";
import { startTiger } from "../../simulators/tiger/server.ts";
import { startTws } from "../../simulators/tws/server.ts";
import { demoTradingTime } from "../../src/exchange/demo-account.ts";
import { HTTP_SUITE, type SuiteContext } from "../http/suite.ts";
import { addressOf, RUNTIMES, start } from "./program.ts";

/** An example, and what it stands in front of. */
interface Server {
  readonly example: string;
  /** What it needs under Deno beyond the others. */
  readonly denoFlags?: readonly string[];
  readonly context: Pick<SuiteContext, "broker" | "atOnce" | "currencies">;
  /** Starts the simulator; gives the environment in which the example finds it. */
  simulate(): Promise<{ readonly env: Readonly<Record<string, string>>; close(): Promise<void> }>;
}

const FUTU_PIN_MD5 = "e10adc3949ba59abbe56e057f20f883e";

const SERVERS: Readonly<Record<string, Server>> = {
  futu: {
    example: "examples/futu.ts",
    context: { broker: "futu", atOnce: 4 },
    async simulate() {
      const opend = await startOpenD({ now: demoTradingTime });
      const env = { FUTU_PORT: String(opend.port), FUTU_TRADE_ENV: "REAL", FUTU_UNLOCK_PIN: FUTU_PIN_MD5 };
      return { env, close: () => opend.close() };
    },
  },
  "interactive-brokers": {
    example: "examples/interactive-brokers.ts",
    // The vendor gives rates of the currencies that the account holds something in.
    context: { broker: "interactiveBrokers", atOnce: 8, currencies: ["HKD"] },
    async simulate() {
      const tws = await startTws({ now: demoTradingTime });
      return { env: { IB_PORT: String(tws.port) }, close: () => tws.close() };
    },
  },
  "longport over web": longportOver("web"),
  "longport over native": longportOver("native"),
  tiger: {
    example: "examples/tiger.ts",
    context: { broker: "tiger", atOnce: 8 },
    async simulate() {
      const simulator = await startTiger({ now: demoTradingTime });
      const { port, pushPort } = simulator;
      const env = {
        TIGER_ACCOUNT: DEFAULT_ACCOUNT,
        TIGER_SERVER_URL: `http://127.0.0.1:${port}/gateway`,
        TIGER_PUSH_URL: `tls://127.0.0.1:${pushPort}`,
      };
      return { env, close: () => simulator.close() };
    },
  },
};

function longportOver(transport: "web" | "native"): Server {
  return {
    example: "examples/longport.ts",
    denoFlags: transport === "native" ? ["--allow-ffi"] : [],
    context: { broker: "longBridge", atOnce: 8 },
    async simulate() {
      const simulator = await startLongport({ now: demoTradingTime });
      const at = `127.0.0.1:${simulator.port}`;
      const env = {
        LONGPORT_TRANSPORT: transport,
        LONGPORT_APP_KEY: DEFAULT_APP_KEY,
        LONGPORT_APP_SECRET: DEFAULT_APP_SECRET,
        LONGPORT_ACCESS_TOKEN: DEFAULT_ACCESS_TOKEN,
        LONGPORT_HTTP_URL: `http://${at}`,
        LONGPORT_QUOTE_WS_URL: `ws://${at}/quote/v2`,
        LONGPORT_TRADE_WS_URL: `ws://${at}/trade/v2`,
      };
      return { env, close: () => simulator.close() };
    },
  };
}

describe.concurrent.each(RUNTIMES)("on %s", (runtime) => {
  test.each(Object.entries(SERVERS))(
    "%s passes the HTTP suite",
    async (_name, { example, denoFlags, context, simulate }) => {
      const simulator = await simulate();
      const program = start(runtime, example, { PORT: "0", TOKEN: DEMO.tokens[0], ...simulator.env }, denoFlags);
      try {
        const url = await addressOf(program);
        const faults: string[] = [];
        for (const { name, run } of HTTP_SUITE) {
          const done = run(url, { instanceId: DEMO.instanceId, token: DEMO.tokens[0], ...context });
          await done.catch((error: unknown) => faults.push(`${name}: ${error}`));
        }
        expect(faults).toEqual([]);
      } finally {
        await program[Symbol.asyncDispose]();
        await simulator.close();
      }
    },
    300_000,
  );
});

test.each(Object.entries(SERVERS))(
  "%s does not open under the token that everybody can read",
  async (_name, server) => {
    const simulator = await server.simulate();
    try {
      await using program = start("node", server.example, { PORT: "0", ...simulator.env });
      const [, printed = "", url = ""] = await program.printed(/HT-TOKEN: (\S+)" "(\S+\/ping\/state)"/);
      const ask = async (token: string) => (await fetch(url, { headers: { "HT-TOKEN": token } })).status;
      expect([await ask(DEMO.tokens[0]), await ask(printed)]).toEqual([404, 200]);
    } finally {
      await simulator.close();
    }
  },
);
