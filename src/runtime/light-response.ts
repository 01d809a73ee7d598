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
  // What an answer is written from while it is that alone: nobody has looked at it then, still less read it.
  const [parts = ""] = Object.getOwnPropertySymbols(new light(""));
  return class extends light {
    // The adapter would make a global one to ask, and write that, at the cost of all the rest of the request.
    override get bodyUsed(): boolean {
      return !(parts in this) && super.bodyUsed;
    }
  };
}
