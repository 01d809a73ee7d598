/** Answers of Node's server whose body breaks off. */
import type { HttpBindings } from "@hono/node-server";
import { withBreak } from "../create-http-trading.ts";

/** Milliseconds between two looks whether the answers before one that broke off have been given. */
const TURN_CHECK_MS = 20;

/**
 * Lets the connection end where the body of an answer breaks off, as on the other runtimes: that leaves open what became of
 * the request. The adapter would take back the answer for a 500, though an order may have left with it.
 */
export function cutWhereBroken(answer: Response, { incoming, outgoing }: HttpBindings): Response {
  // What tells of events closes, and never breaks off; it is not slowed down.
  if (answer.headers.get("content-type") === "text/event-stream") return answer;
  return withBreak(answer, async (error) => {
    // Others that came together with it, and may be of orders, are answered first: then it is given the connection.
    while (outgoing.socket === null && !incoming.socket.destroyed) {
      await new Promise((resolve) => setTimeout(resolve, TURN_CHECK_MS));
    }
    // That the adapter still writes is no news to anybody.
    outgoing.on("error", () => undefined).destroy();
    throw error;
  });
}
