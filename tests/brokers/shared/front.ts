/** What stands between a broker and its vendor's gateway in a test, and sees and changes what passes. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request that has come, and its answer that is to be given. */
export interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
}

export interface Front {
  readonly port: number;
  /** Ends every connection and takes none from now on. */
  cut(): void;
  /** Takes connections again after that, at the same port. */
  reopen(): Promise<void>;
}

/** Opens one until the test is over. What fails when nobody waits for it any more, as then, is no failure. */
export async function openFront(answer: (passing: Passing) => Promise<void>): Promise<Front> {
  let isOver = false;
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = Buffer.concat(await request.toArray()).toString("utf8");
      await answer({ request, response, body });
    } catch (error) {
      const isAwaited = !isOver && !response.destroyed;
      response.destroy();
      if (isAwaited) throw error;
    }
  }
  const server = createServer(serve);
  const cut = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(() => {
    isOver = true;
    cut();
  });
  const listen = async (port: number) => void (await once(server.listen(port, "127.0.0.1"), "listening"));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return { port, cut, reopen: () => listen(port) };
}
