/** What an operation answers: the good answer and every failure, by status. */
import * as z from "zod";
import { FAILURE_CODES, Failure, type FailureCode } from "../../domain/failure.ts";
import { envelopeSchema, failureSchema } from "../answers/envelope.ts";
import { type ErrorStatus, FAILURE_STATUS, failureAnswer, NOT_FOUND_TEXT } from "../failures.ts";
import type { DescribedApi } from "./described.ts";
import { eventStreamContent, streamsEvents } from "./event-stream.ts";
import { FAILURE_TEXTS } from "./failure-texts.ts";
import { IDEMPOTENT_REPLAYED, takesKey } from "./idempotency.ts";
import { sampleOf } from "./sample.ts";
import type { SchemaStore } from "./schema-store.ts";
import type { Content, Example, Header, JsonSchema, MediaType, Reference, Reply } from "./types.ts";

const DONE = "Done.";
const MISS =
  "In plain text: nothing is here. An unknown path, method or instance and a missing or wrong token are all answered alike.";
const MISS_CONTENT: Content = {
  "text/plain": { schema: { type: "string", const: NOT_FOUND_TEXT }, example: NOT_FOUND_TEXT },
};

const ENVELOPE_EXAMPLE = {
  type: "apiResponse",
  instanceId: "ggUqPZbSKuQ7Ewsk",
  broker: "futu",
  brokerDisplay: "富途证券",
  time: "2025-05-28T05:20:07.062298+00:00",
};

/** What any API may answer, whatever else it declares. */
const COMMON_FAILURES: readonly FailureCode[] = [
  "InvalidRequest",
  "Forbidden",
  "RateLimited",
  "BrokerFault",
  "AuthenticationFailed",
  "NotConnected",
];

/** Failures whose answer says how long to wait. */
const WAITS: ReadonlySet<FailureCode> = new Set([
  "RateLimited",
  "NotConnected",
  "NotReconciled",
  "JournalUnavailable",
  "IdempotencyConflict",
]);

/** The first of the examples that a schema has as metadata. */
function exampleIn(schema: z.ZodType | undefined): unknown {
  const examples = schema?.meta()?.["examples"];
  return Array.isArray(examples) ? examples[0] : undefined;
}

/** Collects replies and what they share while the document is built. */
export interface ReplyStore {
  readonly responses: Record<string, Reply>;
  readonly examples: Record<string, Example>;
  readonly headers: Record<string, Header>;
  /** Every status that an API answers. */
  repliesOf(api: DescribedApi): Record<string, Reply | Reference>;
  /** The uniform 404, alone. */
  notFound(): Reference;
  /** What an answer with one of these failures says besides its content. */
  headersOf(codes: readonly FailureCode[]): Pick<Reply, "headers">;
}

/** Makes an empty store; shapes go to `schemas`. */
export function replyStore(schemas: SchemaStore, errorStatus: ErrorStatus): ReplyStore {
  const responses: Record<string, Reply> = {};
  const examples: Record<string, Example> = {};
  const headers: Record<string, Header> = {};

  const exampleOf = (code: FailureCode, isWrite: boolean): Reference => {
    const { meaning, message, outcome, tag, details } = FAILURE_TEXTS[code];
    const isTold = outcome === "not_sent" || (isWrite && outcome !== undefined);
    const name = isTold || outcome === undefined ? code : `${code}Read`;
    const options = {
      ...(isTold ? { outcome } : {}),
      ...(tag === undefined ? {} : { tag }),
      ...(details === undefined ? {} : { details }),
    };
    const { error } = failureAnswer(new Failure(code, message, options), errorStatus);
    examples[name] = { summary: meaning, value: { ...ENVELOPE_EXAMPLE, ex: error.message, error } };
    return { $ref: `#/components/examples/${name}` };
  };

  const examplesOf = (codes: readonly FailureCode[], isWrite: boolean): Record<string, Reference> =>
    Object.fromEntries(codes.map((code) => [code, exampleOf(code, isWrite)]));

  const failure = (): JsonSchema => schemas.inline(failureSchema(), "output", "Failure");

  const waiting = (codes: readonly FailureCode[]): Record<string, Reference> => {
    if (!codes.some((code) => WAITS.has(code))) return {};
    headers["RetryAfter"] = {
      description: "Seconds after which it is worth trying again.",
      schema: { type: "integer", minimum: 1 },
    };
    return { "Retry-After": { $ref: "#/components/headers/RetryAfter" } };
  };

  const replayed = (api: DescribedApi): Record<string, Reference> => {
    if (!takesKey(api)) return {};
    headers["IdempotentReplayed"] = IDEMPOTENT_REPLAYED;
    return { "Idempotent-Replayed": { $ref: "#/components/headers/IdempotentReplayed" } };
  };

  const named = (base: string, reply: Reply): Reference => {
    const text = JSON.stringify(reply);
    for (let count = 1; ; count++) {
      const name = count === 1 ? base : `${base}-${count}`;
      const taken = responses[name];
      if (taken !== undefined && JSON.stringify(taken) !== text) continue;
      responses[name] = reply;
      return { $ref: `#/components/responses/${name}` };
    }
  };

  const notFound = (): Reference => named("NotFound", { description: MISS, content: MISS_CONTENT });

  const failureReply = (status: number, codes: readonly FailureCode[], isWrite: boolean): Reference => {
    const meanings = codes.map((code) => `\`${code}\`: ${FAILURE_TEXTS[code].meaning}`);
    const content = { "application/json": { schema: failure(), examples: examplesOf(codes, isWrite) } };
    return status === 404
      ? named("Status404", { description: [...meanings, MISS].join("\n\n"), content: { ...content, ...MISS_CONTENT } })
      : named(`Status${status}`, {
          description: meanings.join("\n\n"),
          ...withHeaders(waiting(codes)),
          content,
        });
  };

  const goodMedia = (api: DescribedApi): MediaType => {
    const { answer, answerExample = exampleIn(answer) } = api.schema;
    const shape = { ...envelopeSchema().shape, ...answer?.shape, ...envelopeSchema().shape };
    const name = `${api.name.charAt(0).toUpperCase()}${api.name.slice(1)}Answer`;
    const schema = schemas.inline(z.object(shape), "output", name);
    const value = answerExample ?? sampleOf(schema, schemas.schemas);
    const example = { example: { ...ENVELOPE_EXAMPLE, ex: null, ...Object(value), ...ENVELOPE_EXAMPLE } };
    return { schema: schemas.put(name, schema), ...(value === undefined ? {} : example) };
  };

  const goodContent = (api: DescribedApi): Content =>
    streamsEvents(api) ? eventStreamContent(api) : { "application/json": goodMedia(api) };

  const repliesByStatus = (api: DescribedApi): Record<string, Reply | Reference> => {
    const isWrite = api.method !== "GET";
    const replies: Record<string, Reply | Reference> = {
      "200": { description: DONE, ...withHeaders(replayed(api)), content: goodContent(api) },
      "404": notFound(),
    };
    for (const [status, codes] of Map.groupBy(failuresOf(api), (code) => FAILURE_STATUS[code])) {
      replies[status] = failureReply(status, codes, isWrite);
    }
    return replies;
  };

  const goodOrFailed = (api: DescribedApi, failures: Record<string, Reference>): MediaType => {
    const { schema, example } = goodMedia(api);
    const good = example === undefined ? {} : { Done: { summary: DONE, value: example } };
    return { schema: { anyOf: [schema, failure()] }, examples: { ...good, ...failures } };
  };

  const repliesInOne = (api: DescribedApi): Record<string, Reply | Reference> => {
    const codes = failuresOf(api);
    const meanings = codes.map((code) => `\`${code}\`: ${FAILURE_TEXTS[code].meaning}`);
    const failures = examplesOf(codes, api.method !== "GET");
    const content = streamsEvents(api)
      ? { ...eventStreamContent(api), "application/json": { schema: failure(), examples: failures } }
      : { "application/json": goodOrFailed(api, failures) };
    const description = [`${DONE} Or, with \`ex\` and \`error\` set, a failure.`, ...meanings].join("\n\n");
    const told = withHeaders({ ...replayed(api), ...waiting(codes) });
    return { "200": { description, ...told, content }, "404": notFound() };
  };

  return {
    responses,
    examples,
    headers,
    repliesOf: errorStatus === 200 ? repliesInOne : repliesByStatus,
    notFound,
    headersOf: (codes) => withHeaders(waiting(codes)),
  };
}

function withHeaders(headers: Readonly<Record<string, Reference>>): Pick<Reply, "headers"> {
  return Object.keys(headers).length === 0 ? {} : { headers };
}

/** All codes of an API, in the order of the table of failures. */
function failuresOf(api: DescribedApi): FailureCode[] {
  const slow = api.method === "GET" ? "Timeout" : "OutcomeUnknown";
  const wanted = new Set([...COMMON_FAILURES, slow, ...(api.schema?.failures ?? [])]);
  return FAILURE_CODES.filter((code) => wanted.has(code));
}
