/** What stands around every answer. */
import type { AnswerFields, RespondInit } from "./api.ts";
import { type FailureAnswer, NOT_FOUND_TEXT } from "./failures.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";
import type { Server } from "./server.ts";
import { wireTime } from "./time.ts";

/**
 * Headers of every answer: what is told here is of this moment and of one account, and no web page may show it in a
 * frame, load it as something else, or take it for a page with contents of its own.
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

/** Writes the answers of one instance. */
export interface Envelope {
  answer(asked: Asked, fields?: AnswerFields, init?: RespondInit): Response;
  fail(answer: FailureAnswer): Response;
}

/** What an answer is to. */
export interface Asked {
  readonly server: Server;
  /** What the request is called. */
  readonly requestId: string;
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
    return `${head}${wireTime(at)}","ex":${ex}${rest === "{}" ? "}" : `,${rest.slice(1)}`}`;
  }

  return {
    answer({ server, requestId }, fields = {}, init = {}) {
      for (const name of RESERVED) {
        if (Object.hasOwn(fields, name)) throw new TypeError(`an answer cannot set "${name}": the envelope has it`);
      }
      const more = init.headers === undefined ? {} : lowerCased(init.headers);
      const headers = { ...JSON_HEADERS, ...more, [REQUEST_ID_HEADER]: requestId };
      return server.respond(write("null", fields, init.at), { status: init.status ?? 200, headers });
    },
    fail({ status, headers, error, at }) {
      return new Response(write(JSON.stringify(error.message), { error }, at), {
        status,
        headers: { ...JSON_HEADERS, ...headers },
      });
    },
  };
}

/** The one answer to every miss: route, instance, method or token. */
export function notFound(): Response {
  return new Response(NOT_FOUND_TEXT, { status: 404, headers: TEXT_HEADERS });
}

/** Two spellings of one header would otherwise be sent as two values. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
