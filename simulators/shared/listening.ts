/** Listening sockets that can be closed and opened again on the same port. */
import type { Server } from "node:net";

/** A server that listens. */
export interface Listening {
  /** The port it really has; what 0 became. */
  readonly port: number;
  /** Stops listening, so that a connection is refused. Open connections are their owner's. */
  close(): Promise<void>;
}

/**
 * Makes a server listen.
 * @throws when the port is taken or not permitted.
 */
export async function listen(server: Server, port: number, host: string): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
