/**
 * Starts simulators on request, in this process. A stage that runs in another process, under another runtime, gets a fresh
 * simulator for every check from here and moves it over its control port.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { UNUSUAL_POSITIONS as UNUSUAL_AT_LONGPORT } from "../../../simulators/longport/positions.ts";
import { startLongport } from "../../../simulators/longport/server.ts";
import { UNUSUAL_POSITIONS as UNUSUAL_AT_FUTU } from "../../../simulators/opend/accounts.ts";
import { startOpenD } from "../../../simulators/opend/server.ts";
import { UNUSUAL_POSITIONS as UNUSUAL_AT_TIGER } from "../../../simulators/tiger/accounts.ts";
import { startTiger } from "../../../simulators/tiger/server.ts";
import { UNUSUAL_POSITIONS as UNUSUAL_AT_IB } from "../../../simulators/tws/accounts.ts";
import { startTws } from "../../../simulators/tws/server.ts";
import { LONGPORT_KEY, LONGPORT_SECRET, LONGPORT_TOKEN } from "./longport-credentials.ts";
import { OPEND_KEY, OPEND_PIN } from "./opend-credentials.ts";

/** The ports of a simulator, as the host announces them. */
export interface SimulatorPorts {
  readonly port: number;
  readonly controlPort: number;
  /** Of a push service that has a port of its own. */
  readonly pushPort?: number;
}

interface Simulator extends SimulatorPorts {
  close(): Promise<void>;
}

/** Every simulator that a stage may ask for. */
const SIMULATORS = {
  longport: () =>
    startLongport({
      appKey: LONGPORT_KEY,
      appSecret: LONGPORT_SECRET,
      accessToken: LONGPORT_TOKEN,
      extraPositions: UNUSUAL_AT_LONGPORT,
    }),
  opend: () => startOpenD({ key: OPEND_KEY, unlockPin: OPEND_PIN, extraPositions: UNUSUAL_AT_FUTU }),
  tiger: () => startTiger({ extraPositions: UNUSUAL_AT_TIGER }),
  tws: () => startTws({ extraPositions: UNUSUAL_AT_IB }),
} as const satisfies Readonly<Record<string, () => Promise<Simulator>>>;

export type SimulatorName = keyof typeof SIMULATORS;

/** `POST /{name}` starts a simulator and answers its {@link SimulatorPorts}, `DELETE /{controlPort}` ends it. */
export interface SimulatorHost {
  readonly url: string;
  close(): Promise<void>;
}

export async function startSimulatorHost(): Promise<SimulatorHost> {
  const running = new Map<string, Simulator>();

  const answer = async ({ method, url = "/" }: IncomingMessage): Promise<SimulatorPorts | null> => {
    const name = url.slice(1);
    if (method === "POST" && isSimulator(name)) {
      const simulator: Simulator = await SIMULATORS[name]();
      const { port, controlPort, pushPort } = simulator;
      running.set(String(controlPort), simulator);
      return pushPort === undefined ? { port, controlPort } : { port, controlPort, pushPort };
    }
    const simulator = running.get(name);
    if (method !== "DELETE" || simulator === undefined) throw new Error(`no ${method} ${url}`);
    running.delete(name);
    await simulator.close();
    return null;
  };

  const server = createServer((request, response) => {
    answer(request).then(
      (body) => response.end(JSON.stringify(body)),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await Promise.all([...running.values()].map((simulator) => simulator.close()));
    },
  };
}

function isSimulator(name: string): name is SimulatorName {
  return Object.hasOwn(SIMULATORS, name);
}
