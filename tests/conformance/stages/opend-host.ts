/**
 * Starts OpenD simulators on request, in this process. A stage that runs in another process, under another runtime,
 * gets a fresh simulator for every check from here and moves it over its control port.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { UNUSUAL_POSITIONS } from "../../../simulators/opend/accounts.ts";
import { type OpenD, startOpenD } from "../../../simulators/opend/server.ts";

/** Credentials of every simulator that the host starts. */
export const OPEND_KEY = "futuConformanceKey";
export const OPEND_PIN = "123456";

/** A simulator as the host announces it. */
export interface HostedOpenD {
  readonly port: number;
  readonly controlPort: number;
}

/** `POST /` starts a simulator, `DELETE /{controlPort}` ends it. */
export interface OpenDHost {
  readonly url: string;
  close(): Promise<void>;
}

export async function startOpenDHost(): Promise<OpenDHost> {
  const running = new Map<string, OpenD>();

  const answer = async ({ method, url = "/" }: IncomingMessage): Promise<HostedOpenD | null> => {
    const name = url.slice(1);
    if (method === "POST") {
      const opend = await startOpenD({ key: OPEND_KEY, unlockPin: OPEND_PIN, extraPositions: UNUSUAL_POSITIONS });
      running.set(String(opend.controlPort), opend);
      return { port: opend.port, controlPort: opend.controlPort };
    }
    const opend = running.get(name);
    if (method !== "DELETE" || opend === undefined) throw new Error(`no ${method} ${url}`);
    running.delete(name);
    await opend.close();
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
      await Promise.all([...running.values()].map((opend) => opend.close()));
    },
  };
}
