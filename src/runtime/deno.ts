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
  ): {
    readonly addr: { readonly port: number };
    readonly finished: Promise<void>;
    shutdown(): Promise<void>;
    unref(): void;
  };
};

/** Milliseconds before the port is opened again. */
const REOPEN_MS = 1000;

async function listen(fetch: Servable["fetch"], { hostname, port, tls, warn }: ListenOptions): Promise<Listener> {
  // The banner says it all: Deno's own line stays out.
  const onListen = () => {};
  const open = (at: number) => Deno.serve({ hostname, port: at, ...tls, onListen }, fetch);
  let server = open(port);
  const taken = server.addr.port;
  let closing = false;
  let earlier: Promise<unknown> | undefined;

  /** Deno gives a port up when one connection cannot be taken, as when there are too many, and would end the process. */
  async function reopen(error: unknown): Promise<void> {
    warn(`Warning: a connection could not be taken, and no more are for a moment: ${error}`);
    earlier = Promise.allSettled([earlier, server.shutdown()]);
    server.unref();
    for (let isOpen = false; !isOpen; ) {
      await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
      if (closing) return;
      try {
        server = open(taken);
        isOpen = true;
      } catch {
        // Not even for the port itself is there room.
      }
    }
    server.finished.catch(reopen);
  }

  server.finished.catch(reopen);
  return {
    port: taken,
    async drain() {
      closing = true;
      await Promise.all([earlier, server.shutdown()]);
    },
    // Deno cannot cut a connection once it shuts down (an abort throws BadResource): let it hold nothing up at least.
    cut: () => server.unref(),
  };
}
