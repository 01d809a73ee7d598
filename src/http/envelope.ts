/** What stands around every answer. */
import type { AnswerFields, ApiMethod, RespondInit } from "./api.ts";
import { type FailureAnswer, NOT_FOUND_TEXT } from "./failures.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";
import type { Server } from "./server.ts";
import { wireTime } from "./time.ts";

/**
 * Headers of every answer that a browser can be brought to open: no web page may show it in a frame, load it as something
 * else, or take it for a page with contents of its own.
 */
export const COMMON_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

export const JSON_HEADERS = { "content-type": "application/json; charset=utf-8", ...COMMON_HEADERS } as const;

export const TEXT_HEADERS = { "content-type": "text/plain; charset=utf-8", ...COMMON_HEADERS } as const;

/**
 * Headers of an answer in the envelope to a GET: what is told there is of this moment, and nobody on the way may keep it.
 * The rest would do nothing: only a program that sends the token in a header gets such an answer, which no frame, image or
 * link can.
 */
const READ_HEADERS = Object.freeze({
  "content-type": JSON_HEADERS["content-type"],
  "cache-control": COMMON_HEADERS["cache-control"],
} as const);

/** Of any other: nobody keeps such an answer that is not told to (RFC 9111, section 3). */
const WRITE_HEADERS = Object.freeze({ "content-type": JSON_HEADERS["content-type"] } as const);

/** Writes the answers of one instance. */
export interface Envelope {
  answer(asked: Asked, fields?: AnswerFields, init?: RespondInit): Response;
  fail(asked: Asked, failure: FailureAnswer): Response;
}

/** What an answer is to. */
export interface Asked {
  readonly method: ApiMethod;
  readonly server: Server;
  /** What the request is called, where it has a name. */
  readonly requestId: string | undefined;
}

/** Who answers. */
export interface EnvelopeOwner {
  readonly instanceId: string;
  readonly kind: string;
  readonly display: string;
}

const RESERVED = ["type", "instanceId", "broker", "brokerDisplay", "time", "ex"] as const;

/** Makes the envelope of an instance; what never changes is written once. */
export function createEnvelope({ instanceId, kind, display }: EnvelopeOwner): Envelope {
  const fixed = JSON.stringify({ type: "apiResponse", instanceId, broker: kind, brokerDisplay: display });
  const head = `${fixed.slice(0, -1)},"time":"`;

  function write(ex: string, fields: AnswerFields, at = Date.now()): string {
    const rest = JSON.stringify(fields);
    if (!rest.startsWith("{")) throw new TypeError("the fields of an answer must be an object");
    return `${head}${wireTime(at)}","ex":${ex}${rest === "{}" ? "}" : `,${rest.slice(1)}`}`;
  }

  return {
    answer(asked, fields = {}, init = {}) {
      for (const name of RESERVED) {
        if (Object.hasOwn(fields, name)) throw new TypeError(`an answer cannot set "${name}": the envelope has it`);
      }
      const { status, at, headers } = init;
      const body = write("null", fields, at);
      const made = { status: status ?? 200, headers: headersOf(asked, headers) };
      // The runtime's own class refuses at once what no answer can have; Node's server would only when it is written.
      return status === undefined && headers === undefined
        ? asked.server.respond(body, made)
        : new Response(body, made);
    },
    fail(asked, { status, headers, error, at }) {
      const body = write(JSON.stringify(error.message), { error }, at);
      return asked.server.respond(body, { status, headers: headersOf(asked, headers) });
    },
  };
}

/** The one answer to every miss: route, instance, method or token. */
export function notFound(): Response {
  return new Response(NOT_FOUND_TEXT, { status: 404, headers: TEXT_HEADERS });
}

function headersOf(
  { method, requestId }: Asked,
  more: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const headers = method === "GET" ? READ_HEADERS : WRITE_HEADERS;
  if (requestId === undefined && more === undefined) return headers;
  const name = requestId === undefined ? {} : { [REQUEST_ID_HEADER]: requestId };
  return { ...headers, ...(more && lowerCased(more)), ...name };
}

/** Two spellings of one header would otherwise be sent as two values. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
