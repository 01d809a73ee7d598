/** The clients' side of HTTP: connections that are kept, and can all be ended at once. */
import { Agent, type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  /** Milliseconds after which the server asks to be asked again; `undefined` where it says nothing. */
  readonly retryAfterMs: number | undefined;
  readonly replayed: boolean;
  /** The parsed body; `undefined` for one that is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: answers have every shape
  readonly body: any;
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  /** Posted as JSON; without, it is a GET. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Asks over connections of its own. */
export interface HttpClient {
  /** @throws when the connection breaks before the answer is complete. */
  ask(url: string, options?: Ask): Promise<Answer>;
  /** The answer as it comes. */
  open(url: string, options?: Ask): Promise<Response>;
  /** Ends every connection. */
  close(): void;
}

/** No answer takes so long: a gateway ends every call of its own by then, in milliseconds. */
const PATIENCE_MS = 60_000;

/** @param keepAlive false for a server that ends idle connections soon, perhaps just when the next request is under way */
export function createHttpClient({ keepAlive = true } = {}): HttpClient {
  const agent = new Agent({ keepAlive });

  function send(url: string, { headers = {}, body, signal }: Ask): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const json = body === undefined ? undefined : JSON.stringify(body);
      const outgoing = request(url, {
        agent,
        method: json === undefined ? "GET" : "POST",
        headers: json === undefined ? headers : { "content-type": "application/json", ...headers },
        ...(signal === undefined ? {} : { signal }),
      });
      outgoing.once("response", resolve);
      // Stays for what breaks after the answer began, which the reader of the body is told.
      outgoing.on("error", reject);
      outgoing.end(json);
    });
  }

  return {
    async ask(url, options = {}) {
      const signals = [AbortSignal.timeout(PATIENCE_MS), options.signal ?? []].flat();
      const message = await send(url, { ...options, signal: AbortSignal.any(signals) });
      const seconds = message.headers["retry-after"];
      return {
        status: message.statusCode ?? 0,
        retryAfterMs: seconds === undefined ? undefined : 1000 * Number(seconds),
        replayed: message.headers["idempotent-replayed"] === "true",
        body: parsed(await text(message)),
      };
    },
    async open(url, options = {}) {
      const message = await send(url, options);
      const status = message.statusCode ?? 500;
      return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, { status });
    },
    close: () => agent.destroy(),
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
