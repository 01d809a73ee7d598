/** Listening as plainly as each runtime can, for the servers that the gateway is held against. */

type Fetch = (request: Request) => Response | Promise<Response>;

declare const Bun: { serve(options: object): { readonly port: number } } | undefined;
declare const Deno: { serve(options: object, fetch: Fetch): { readonly addr: { readonly port: number } } } | undefined;

const hostname = "127.0.0.1";

/** Listens on a free port of loopback, and gives it. */
export async function listen(fetch: Fetch): Promise<number> {
  // As long as with the gateway: an idle follower is not cut off.
  if (typeof Bun !== "undefined") return Bun.serve({ fetch, hostname, port: 0, idleTimeout: 255 }).port;
  if (typeof Deno !== "undefined") return Deno.serve({ hostname, port: 0, onListen() {} }, fetch).addr.port;
  const { serve } = await import("@hono/node-server");
  return new Promise((resolve) => {
    serve({ fetch, hostname, port: 0 }, ({ port }) => resolve(port));
  });
}
