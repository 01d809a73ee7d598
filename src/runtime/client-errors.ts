/** Bytes that are no request, on a connection of Node's server. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** What Node says by itself, by the code of the fault; 400 to every other. */
const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Who sent an order has to know. */
const NOT_WHOLE = "The request did not arrive whole, so nothing was done of it.\n";

/**
 * Keeps Node from answering such bytes while a request before them is under way: its client would take the 400 for the
 * answer to that one, and a refusal for an order that was placed. It gets its own answer, then the connection ends.
 *
 * @returns Whether a request is under way on a connection, up to the last byte of its answer.
 */
export function answerClientErrors(server: Server): (socket: Duplex) => boolean {
  const exchanges = new WeakMap<Duplex, Exchange[]>();
  server.on("request", (request, response) => {
    const known = exchanges.get(request.socket) ?? [];
    if (known.length === 0) exchanges.set(request.socket, known);
    // Forgotten here, in the order in which they are answered: to be told of each end would cost more than all the rest.
    while (known[0] !== undefined && !isUnderWay(known[0])) known.shift();
    known.push({ request, response });
  });
  function end(error: Error & { readonly code?: string }, socket: Duplex): void {
    const last = exchanges.get(socket)?.findLast((exchange) => isUnderWay(exchange) && mayBeDone(exchange));
    if (last !== undefined) {
      last.response.once("close", () => socket.destroy());
      return;
    }
    if (socket.writable) socket.write(answerOf(STATUS[error.code ?? ""] ?? "400 Bad Request"));
    socket.destroy(error);
  }

  // A body may break in the same turn in which its head has come, and nobody has looked at it then.
  server.on("clientError", (error, socket) => void setImmediate(end, error, socket));
  return (socket) => exchanges.get(socket)?.some(isUnderWay) === true;
}

function answerOf(status: string): string {
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${NOT_WHOLE.length}\r\nConnection: close`;
  return `${head}\r\n\r\n${NOT_WHOLE}`;
}

/** A request and its answer. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Nothing is done before a body is whole, but by an API of one's own that does not look at it. */
function mayBeDone({ request }: Exchange): boolean {
  return request.complete || request.readableFlowing === null;
}

function isUnderWay({ response }: Exchange): boolean {
  return !response.writableFinished && !response.destroyed;
}
