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
 * A worker lives as long as its host likes, and may run several times at once: what a broker keeps in memory, such as
 * the account of the paper broker, lives no longer and is not shared.
 *
 * @module
 */
import type { HttpTrading } from "../create-http-trading.ts";

export { type LongportOptions, longport } from "../brokers/longport/index.ts";
export { type PaperOptions, paper } from "../brokers/paper/index.ts";
export { type TigerOptions, tiger } from "../brokers/tiger/index.ts";

/** What a worker module exports as its default; a callable one is refused by the host. */
export interface Worker<Env> {
  fetch(request: Request, env: Env): Response | Promise<Response>;
}

/**
 * Makes the default export of a worker.
 *
 * @param create Called once, with the environment of the first request. When it throws, for options that are wrong, the
 *   request fails with that error and the next one tries again.
 */
export function worker<Env>(create: (env: Env) => Pick<HttpTrading, "fetch">): Worker<Env> {
  let trading: Pick<HttpTrading, "fetch"> | undefined;
  return {
    fetch(request, env) {
      trading ??= create(env);
      return trading.fetch(request);
    },
  };
}
