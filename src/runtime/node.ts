/**
 * Serving on Node 22.13 and later, and the brokers that work there.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { paper, serve } from "httptrading/node";
 *
 * await serve(createHttpTrading({
 *   brokers: [paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] })],
 * }));
 * ```
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import process from "node:process";
import { getRequestListener, type Http2Bindings, type HttpBindings } from "@hono/node-server";
import { cutWhereBroken } from "./broken-bodies.ts";
import { answerClientErrors } from "./client-errors.ts";
import { type Listen, type Listener, type ListenOptions, serveWith } from "./lifecycle.ts";
import { lightResponse } from "./light-response.ts";
import type { RunningServer, Servable, ServeOptions, Tls } from "./serve-options.ts";

export { type FutuOptions, futu } from "../brokers/futu/index.ts";
export { type InteractiveBrokersOptions, interactiveBrokers } from "../brokers/interactive-brokers/index.ts";
export { type LongportOptions, longport } from "../brokers/longport/index.ts";
export { type PaperOptions, paper } from "../brokers/paper/index.ts";
export { type TigerOptions, tiger } from "../brokers/tiger/index.ts";
export type { LogFormat, LogLevel, RunningServer, Servable, ServeOptions, Tls } from "./serve-options.ts";

/**
 * Serves over HTTP, or HTTPS with `tls`, until SIGINT, SIGTERM or `close()`.
 *
 * @throws Error when the port is taken or a broker can never start, TypeError for wrong options.
 */
export function serve(trading: Servable, options: ServeOptions = {}): Promise<RunningServer> {
  outliveOutput();
  const Light = lightResponse();
  const listenOn: Listen = (fetch, on) => listen(fetch, on, Light);
  return serveWith(listenOn, trading, options, { respond: (body, init) => new Light(body, init) });
}

/**
 * Node ends a process whose output nobody reads any more, or has no space on its disk, with whatever orders are under way.
 * What is written after the server has closed is no less harmless, so that this stays.
 */
function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners("error").includes(ignore)) stream.on("error", ignore);
  }
}

function ignore(): void {}

const LIMITS = {
  // Longer than HTTP clients keep a connection, Go's for 90 s and Caddy for 120 s: none must write an order to one that just
  // closed.
  keepAliveTimeout: 180_000,
  // A client that sends slowly on purpose holds a connection for no longer than this.
  headersTimeout: 10_000,
  handshakeTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
} as const;

/** Node takes the key of another certificate when it is of another kind, and then no client gets through. */
function matching(tls: Tls): Tls {
  if (new X509Certificate(tls.cert).checkPrivateKey(createPrivateKey(tls.key))) return tls;
  throw new Error("the key is not that of the certificate");
}

/** Milliseconds between two looks for connections that have become idle while the server closes. */
const IDLE_CHECK_MS = 20;

async function listen(
  fetch: Servable["fetch"],
  { hostname, port, tls, maxConnections }: ListenOptions,
  Light: typeof Response,
): Promise<Listener> {
  /** What stands before the path in the last URL that was one: with that before it, every path makes one. */
  let known: string | undefined;
  // The adapter lets hosts through that no URL has, such as 999.0.0.1, and falls over them when the body is read.
  const addressed = (request: Request, exchange: HttpBindings | Http2Bindings) => {
    const { url } = request;
    if (known === undefined || !url.startsWith(known)) {
      if (!URL.canParse(url)) return new Response(null, { status: 400 });
      known = url.slice(0, url.indexOf("/", url.indexOf("://") + 3) + 1);
    }
    const answer = fetch(request);
    return answer instanceof Promise ? answer.then((given) => whole(given, exchange)) : whole(answer, exchange);
  };
  // What is light is written in one piece: to ask for its body would cost more than all the rest.
  const whole = (answer: Response, exchange: HttpBindings | Http2Bindings) =>
    answer instanceof Light ? answer : cutWhereBroken(answer, exchange as HttpBindings);
  const listener = getRequestListener(addressed, { hostname, overrideGlobalObjects: false });
  const server =
    tls === undefined ? createServer(LIMITS, listener) : createSecureServer({ ...LIMITS, ...matching(tls) }, listener);
  server.maxConnections = maxConnections;
  const isBusy = answerClientErrors(server);
  const sockets = openSockets(server);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      resolve({
        port: (server.address() as AddressInfo).port,
        drain: () =>
          new Promise((drained) => {
            lastOfEachConnection(server);
            const endIdle = idleEnder(sockets, isBusy);
            // Node would end those once, when closing begins, also where an answer is not written to its end.
            server.closeIdleConnections = endIdle;
            const idle = setInterval(endIdle, IDLE_CHECK_MS);
            server.close(() => {
              clearInterval(idle);
              drained();
            });
          }),
        cut: () => server.closeAllConnections(),
      });
    });
  });
}

/** Those that are open, by where they come from: where they speak TLS, in place of the bare ones under them. */
function openSockets(server: Server): ReadonlyMap<string, Socket> {
  const sockets = new Map<string, Socket>();
  const keep = (socket: Socket): void => {
    const from = `${socket.remoteAddress} ${socket.remotePort}`;
    sockets.set(from, socket);
    socket.once("close", () => {
      if (sockets.get(from) === socket) sockets.delete(from);
    });
  };
  server.on("connection", keep).on("secureConnection", keep);
  return sockets;
}

/**
 * Ends connections with no request under way and nothing new since the last look: also those that never asked, that have not
 * agreed on TLS, or that sent half a head, whose time nobody looks at any more once the server closes.
 */
function idleEnder(sockets: ReadonlyMap<string, Socket>, isBusy: (socket: Socket) => boolean): () => void {
  const read = new WeakMap<Socket, number>();
  return () => {
    for (const socket of sockets.values()) {
      if (!isBusy(socket) && read.get(socket) === socket.bytesRead) socket.destroy();
      read.set(socket, socket.bytesRead);
    }
  };
}

/**
 * Lets every connection end with the answer to what it asks from now on: a client that asks again as soon as it is answered
 * is hardly ever idle, and would send orders until the grace is over. What came together is still answered to the last.
 */
function lastOfEachConnection(server: Server): void {
  const lasts = new WeakMap<Socket, ServerResponse>();
  server.prependListener("request", (request, response) => {
    const earlier = lasts.get(request.socket);
    if (earlier?.headersSent === false) earlier.shouldKeepAlive = true;
    lasts.set(request.socket, response);
    response.shouldKeepAlive = false;
  });
}
