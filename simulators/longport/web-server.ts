/** The service's port: HTTP, and the two long links by their paths. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Listening, listen } from "../shared/listening.ts";
import type { Gateway } from "./gateway.ts";
import { readRequest } from "./packets.ts";
import type { LinkKind } from "./sessions.ts";
import type { HttpWire } from "./wires.ts";

const LINKS: Readonly<Record<string, LinkKind>> = { "/quote/v2": "quote", "/trade/v2": "trade" };
const LONGEST_BODY = 1024 * 1024;
const UNSUPPORTED_DATA = 1003;
const GOING_AWAY = 1001;

/** Opens the port. @param now the exchange's clock, which every answer is dated by */
export async function listenWeb(gateway: Gateway, port: number, host: string, now: () => number): Promise<Listening> {
  const frozen = new WeakSet<Duplex>();
  // Longer than clients keep a connection, so that none is closed while a request is on its way to it.
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    serveHttp(gateway, frozen, now, request, response).catch(() => request.socket.destroy());
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    // A client that goes away in the middle of it is no fault, and nobody else hears of it.
    socket.on("error", () => undefined);
    const target = URL.parse(request.url ?? "/", "http://service");
    if (target === null) return refuseUpgrade(socket, "400 Bad Request");
    const { pathname, searchParams } = target;
    const kind = Object.hasOwn(LINKS, pathname) ? LINKS[pathname] : undefined;
    if (kind === undefined) return refuseUpgrade(socket, "404 Not Found");
    const known = searchParams.get("version") === "1" && searchParams.get("codec") === "1";
    if (!known || !/^\d+$/.test(searchParams.get("platform") ?? "")) return refuseUpgrade(socket, "400 Bad Request");
    sockets.handleUpgrade(request, socket, head, (link) => serveLink(gateway, kind, link));
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

async function serveHttp(
  gateway: Gateway,
  frozen: WeakSet<Duplex>,
  now: () => number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { socket, method = "GET", url: target = "/", headers } = request;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > LONGEST_BODY) return void socket.destroy();
    chunks.push(chunk);
  }
  if (frozen.has(socket)) return;
  const wire: HttpWire = {
    send(status, contentType, text) {
      if (response.destroyed || frozen.has(socket)) return;
      response.writeHead(status, {
        "content-type": contentType,
        date: new Date(now()).toUTCString(),
        "x-trace-id": randomBytes(16).toString("hex"),
      });
      response.end(text);
    },
    destroy: () => socket.destroy(),
    freeze() {
      frozen.add(socket);
      socket.pause();
    },
  };
  gateway.request({ method, target, headers, body: Buffer.concat(chunks) }, wire);
}

function serveLink(gateway: Gateway, kind: LinkKind, socket: WebSocket): void {
  const connection = gateway.connect(kind, {
    send: (bytes) => socket.send(bytes),
    ping: () => socket.ping(),
    close: () => socket.close(GOING_AWAY),
    terminate: () => socket.terminate(),
    freeze: () => socket.pause(),
  });
  // A socket's error is always followed by its close, which is where the link ends.
  socket.on("error", () => undefined);
  socket.on("close", () => connection.closed());
  socket.on("message", (data, isBinary) => {
    if (!isBinary || !Buffer.isBuffer(data)) return socket.close(UNSUPPORTED_DATA);
    const packet = readRequest(data);
    if (packet === undefined) connection.unreadable();
    else connection.receive(packet);
  });
}

function refuseUpgrade(socket: Duplex, status: string): void {
  const answer = `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
  // A client that leaves its half open would keep the port from closing.
  socket.end(answer, () => socket.destroy());
}
