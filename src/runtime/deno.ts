/**
 * Serving on Deno, and the brokers that work there.
 *
 * ```ts
 * import { createHttpTrading } from "@httptrading/httptrading";
 * import { paper, serve } from "@httptrading/httptrading/deno";
 *
 * await serve(createHttpTrading({
 *   brokers: [paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] })],
 * }));
 * ```
 *
 * @module
 */
import type { AnswerInit } from "../create-http-trading.ts";
import { type Listener, type ListenOptions, serveWith } from "./lifecycle.ts";
import type { RunningServer, Servable, ServeOptions } from "./serve-options.ts";

export { type FutuOptions, futu } from "../brokers/futu/index.ts";
export { type InteractiveBrokersOptions, interactiveBrokers } from "../brokers/interactive-brokers/index.ts";
export { type LongportOptions, longport } from "../brokers/longport/index.ts";
export { type PaperOptions, paper } from "../brokers/paper/index.ts";
export { type TigerOptions, tiger } from "../brokers/tiger/index.ts";
export type { LogFormat, LogLevel, RunningServer, Servable, ServeOptions, Tls } from "./serve-options.ts";

/**
 * Serves over HTTP, or HTTPS with `tls`, until SIGINT, SIGTERM or `close()`. Needs `--allow-net`.
 *
 * @throws Error when the port is taken or a broker can never start, TypeError for wrong options.
 */
export function serve(trading: Servable, options: ServeOptions = {}): Promise<RunningServer> {
  return serveWith(listen, trading, options, { respond });
}

/**
 * Deno makes an answer whose only header is its content type in a fraction of the time of any other: what else it has is
 * added afterwards.
 */
function respond(body: string, { status, headers }: AnswerInit): Response {
  const { "content-type": type, ...others } = headers;
  const response = new Response(body, { status, headers: type === undefined ? {} : { "content-type": type } });
  for (const [name, value] of Object.entries(others)) response.headers.set(name, value);
  return response;
}

/** The part of Deno's global that is used here, so that this module is also checked where its types are not known. */
declare const Deno: {
  serve(
    options: {
      hostname: string;
      port: number;
      cert?: string;
      key?: string;
      onListen: () => void;
    },
    handler: Servable["fetch"],
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void>; unref(): void };
};

async function listen(fetch: Servable["fetch"], { hostname, port, tls }: ListenOptions): Promise<Listener> {
  // The banner says it all: Deno's own line stays out.
  const onListen = () => {};
  const server = Deno.serve({ hostname, port, ...tls, onListen }, fetch);
  return {
    port: server.addr.port,
    drain: () => server.shutdown(),
    // Deno cannot cut a connection once it shuts down (an abort throws BadResource): let it hold nothing up at least.
    cut: () => server.unref(),
  };
}
