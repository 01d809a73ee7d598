/** The class of answers that Node's server writes without making a global `Response` of each. */
import { getRequestListener } from "@hono/node-server";

/**
 * The adapter's own `Response`. The adapter gives it away in one way only, in place of the global one, which is
 * everybody's: so it is taken from there, and the global classes put back in the same step, before anybody can see it.
 */
export function lightResponse(): typeof Response {
  const globals = (["Request", "Response"] as const).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name) ?? {}] as const,
  );
  getRequestListener(() => new Response(), { overrideGlobalObjects: true });
  const light = Response;
  for (const [name, descriptor] of globals) Object.defineProperty(globalThis, name, descriptor);
  return light;
}
