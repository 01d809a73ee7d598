/**
 * Serving on edge workers (Cloudflare Workers and what is compatible), and the brokers that need no raw sockets.
 *
 * A worker gets its secrets with each request, so the gateway is made at the first one, out of the environment:
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { paper, worker } from "httptrading/worker";
 *
 * export default worker((env: { INSTANCE_ID: string; TOKEN: string }) =>
 *   createHttpTrading({ brokers: [paper({ instanceId: env.INSTANCE_ID, tokens: [env.TOKEN] })] }),
 * );
 * ```
 *
 * A worker lives as long as its host likes, and may run several times at once: what is kept in memory, such as the
 * account of the paper broker, lives no longer and is not shared. Nor are keys, limits and the kill switch: a write that
 * is repeated may come to a run that knows nothing of it, and is sent again there. **A gateway through which orders go to
 * a vendor stands in a Durable Object instead**, of which there is one in the world (`examples/tiger-worker.ts`). There
 * one request may also use what another one opened, as a broker that keeps connections must
 * (`examples/longport-worker.ts`). Its host ends that as well: the journal that outlives it is `durableObjectJournal` of
 * `httptrading/journal/durable-object`.
 *
 * @module
 */
import type { HttpTrading } from "../create-http-trading.ts";

export { type LongportOptions, longport } from "../brokers/longport/index.ts";
export { type PaperOptions, paper } from "../brokers/paper/index.ts";
export { type TigerOptions, tiger } from "../brokers/tiger/index.ts";

/** What a worker module exports as its default; a callable one is refused by the host. */
export interface Worker<Env> {
  fetch(request: Request, env: Env, context?: WorkerContext): Response | Promise<Response>;
}

/** What the host hands over with a request, as far as it is used. */
export interface WorkerContext {
  /** Keeps what the request has begun alive until the promise settles, or for as long as the host allows. */
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * What a request begins ends with its answer, unless the host is asked for longer. Others may wait for it: the comparison
 * of a broker's orders with ours, before which nothing is written. So long that it is done or given up by then.
 */
const LINGER_MS = 15_000;

/**
 * Makes the default export of a worker.
 *
 * @param create Called once, with the environment of the first request, and gives the gateway at once, not a promise of it.
 *   When it throws, for options that are wrong, the request fails with that error and the next one tries again.
 */
export function worker<Env>(create: (env: Env) => Pick<HttpTrading, "fetch">): Worker<Env> {
  if (typeof create !== "function" || "fetch" in create) {
    throw wrong();
  }
  let trading: Pick<HttpTrading, "fetch"> | undefined;
  return {
    fetch(request, env, context) {
      context?.waitUntil(new Promise((resolve) => setTimeout(resolve, LINGER_MS)));
      trading ??= gatewayOf(create(env));
      return trading.fetch(request);
    },
  };
}

function gatewayOf<Made extends Pick<HttpTrading, "fetch">>(made: Made): Made {
  if (typeof Object(made).fetch === "function") return made;
  throw wrong();
}

function wrong(): TypeError {
  return new TypeError(
    "worker needs a function that gives, at once, what createHttpTrading gives: one that is not async",
  );
}
