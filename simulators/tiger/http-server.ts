/** The gateway's port. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Listening, listen } from "../shared/listening.ts";
import type { Gateway } from "./gateway.ts";

const LONGEST_BODY = 256 * 1024;

/** Opens the port; closing it ends every connection. */
export async function listenHttp(gateway: Gateway, port: number, host: string): Promise<Listening> {
  const frozen = new WeakSet<Socket>();
  const server = createServer((request, response) => {
    if (frozen.has(request.socket)) return;
    serve(gateway, request, response, frozen).catch((error: unknown) => {
      // A client that went away in the middle of its request is no fault; what is one must be seen.
      if (response.destroyed) return;
      response.writeHead(500, { "content-type": "text/plain" });
      response.end(error instanceof Error ? error.stack : String(error));
    });
  });
  const listening = await listen(server, port, host);
  return {
    port: listening.port,
    async close() {
      const closed = listening.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  frozen: WeakSet<Socket>,
): Promise<void> {
  if (request.method !== "POST" || request.url?.split("?", 1)[0] !== "/gateway") {
    response.writeHead(404, { "content-type": "text/html" });
    response.end("<html><body>404 Not Found</body></html>\n");
    return;
  }
  const body = await bodyOf(request);
  if (body === undefined) {
    response.writeHead(413);
    response.end();
    return;
  }
  gateway.receive({
    body,
    token: request.headers.authorization,
    answer({ status, contentType, text }) {
      if (response.destroyed) return;
      response.writeHead(status, { "content-type": contentType });
      response.end(text);
    },
    terminate: () => request.socket.destroy(),
    freeze() {
      frozen.add(request.socket);
      request.socket.pause();
    },
  });
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > LONGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
