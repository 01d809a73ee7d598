/**
 * Serving on Bun, and the brokers that work there.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { paper, serve } from "httptrading/bun";
 *
 * await serve(createHttpTrading({
 *   brokers: [paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] })],
 * }));
 * ```
 *
 * @module
 */
import type { AnswerInit } from "../create-http-trading.ts";
import { localUrl } from "./banner.ts";
import { type Listener, type ListenOptions, serveWith } from "./lifecycle.ts";
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
  return serveWith(listen, trading, options, { respond });
}

/** Headers that many answers share, as Bun's own object: it takes them from there in half the time. */
const shared = new WeakMap<AnswerInit["headers"], Headers>();

function respond(body: string, { status, headers }: AnswerInit): Response {
  return new Response(body, { status, headers: Object.isFrozen(headers) ? sharedHeaders(headers) : headers });
}

function sharedHeaders(headers: AnswerInit["headers"]): Headers {
  const known = shared.get(headers);
  if (known !== undefined) return known;
  const made = new Headers(headers);
  shared.set(headers, made);
  return made;
}

/** The part of Bun's global that is used here; its own types would reach everybody who imports this module. */
declare const Bun: {
  serve(options: {
    fetch: Servable["fetch"];
    hostname: string;
    port: number;
    tls?: Tls;
    idleTimeout: number;
    development: boolean;
    reusePort: boolean;
    maxRequestBodySize: number;
  }): { readonly port: number; readonly pendingRequests: number; stop(closeActiveConnections: boolean): Promise<void> };
};

// Bun cuts a connection that is silent for 10 s, which a slow broker can be. 255 s is the most it takes.
const IDLE_SECONDS = 255;

// An API of one's own may take more than the 64 KiB of the standard ones; Bun's own bound is 128 MiB.
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Milliseconds between two looks whether anything is under way while the server closes. */
const IDLE_CHECK_MS = 20;

async function listen(fetch: Servable["fetch"], { hostname, port, tls }: ListenOptions): Promise<Listener> {
  // Bun gives a request that names no host, as those of HTTP/1.0 may, a path in place of a URL.
  const addressed = (request: Request) => {
    if (!request.url.startsWith("/")) return fetch(request);
    return fetch(new Request(localUrl(hostname, server.port, tls !== undefined) + request.url, request));
  };
  const server = Bun.serve({
    fetch: addressed,
    hostname,
    port,
    ...(tls === undefined ? {} : { tls }),
    idleTimeout: IDLE_SECONDS,
    development: false,
    // Without development Bun shares the port by default: two gateways would take turns at one address, unnoticed.
    reusePort: false,
    maxRequestBodySize: MAX_BODY_BYTES,
  });
  return {
    port: server.port,
    async drain() {
      const stopped = server.stop(false);
      // Bun waits for encrypted connections on which nothing was ever asked.
      const idle = setInterval(() => {
        if (server.pendingRequests === 0) void server.stop(true);
      }, IDLE_CHECK_MS);
      await stopped.finally(() => clearInterval(idle));
    },
    cut: () => void server.stop(true),
  };
}
