/** One API of the gateway as an object: what it is called, where it stands, what it takes and what it does. */
import type * as z from "zod";
import type { Desk, ReadContext, WriteContext } from "../desk/types.ts";
import type { FailureCode } from "../domain/failure.ts";
import type { Scope } from "../spec/policy.ts";

/** Methods an API may have. */
export type ApiMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A plain query as text, when the API declares no schema for it. The first value of a repeated name counts. */
export type PlainQuery = Readonly<Record<string, string>>;

/** Fields of an answer, beside those of the envelope, which they cannot replace. */
export type AnswerFields = Readonly<Record<string, unknown>>;

/**
 * What a handler gets, after authentication and after the query and body have passed the declared schemas.
 * It is itself the context that every method of the desk takes: `context.broker.cash({ currency }, context)`.
 */
export interface ApiContext<Query = unknown, Body = unknown> extends ReadContext, WriteContext {
  /** The addressed broker behind its desk: guards, deadline and journal hold here as for the standard APIs. */
  readonly broker: Desk;
  /** The request as it came. Its body has been read already when the API declares a schema for the body. */
  readonly request: Request;
  /** The query: what `schema.query` made of it, or plain text without one. */
  readonly query: Query;
  /** What `schema.body` made of the body; `undefined` without one, see {@link ApiContext.json}. */
  readonly body: Body;
  /**
   * Reads the body as JSON, held to `application/json` and 64 KiB like every body here.
   * Rejects with a `Failure` (`InvalidRequest`) that says what was wrong with it.
   */
  json(): Promise<unknown>;
  /** An answer in the envelope. `init` changes status (default 200) and adds headers. */
  respond(fields?: AnswerFields, init?: RespondInit): Response;
}

/** What {@link ApiContext.respond} takes besides the fields. */
export interface RespondInit {
  readonly status?: number;
  /** `time` of the envelope, in milliseconds since the epoch. Default: now. */
  readonly at?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an API takes and gives. Everything here appears in the OpenAPI document; `query` and `body` are enforced too. */
export interface ApiSchema<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodObject = z.ZodObject> {
  /** A few words, such as `Place an order`. */
  readonly summary: string;
  readonly description?: string;
  /** Query parameters; every value arrives as text. Use `z.strictObject` to refuse unknown ones. */
  readonly query?: Query;
  /** The JSON body. Use `z.strictObject` to refuse unknown keys. */
  readonly body?: Body;
  /**
   * The fields of the answer besides the envelope, or what loads them once the document is asked for. Describes; is not
   * run. Default: none.
   */
  readonly answer?: z.ZodObject | (() => z.ZodObject | Promise<z.ZodObject>);
  /** Failures that this API may answer, besides those that every API may. */
  readonly failures?: readonly FailureCode[];
  /** A body that works, for the document. */
  readonly bodyExample?: AnswerFields;
  /** Query values that work, by parameter. */
  readonly queryExample?: PlainQuery;
  /** The fields of an answer, besides the envelope. Default: the first of the `examples` that `answer` has as metadata. */
  readonly answerExample?: AnswerFields;
  /** For an API that answers with server-sent events instead of the envelope: what some of them look like. */
  readonly eventStreamExample?: string;
}

/**
 * One API. Standard ones and those made by {@link defineApi} are alike, so that any can be dropped, replaced or wrapped:
 * `{ ...api, handler: async (context) => { …; return api.handler(context); } }`. A standard one refuses parameters that it
 * has no use for; `schema: { ...api.schema, query: z.strictObject({ … }) }` gives it others.
 */
export interface Api {
  /** Unique name, such as `orderPlace`. */
  readonly name: string;
  readonly method: ApiMethod;
  /** Where it stands under `/httptrading/api/{instanceId}/`: `order/place`. Segments of `[A-Za-z0-9._-]`. */
  readonly path: string;
  /** What a token needs to use it. Default: `read` for a GET, `trade` for everything else. */
  readonly scope?: Scope;
  readonly schema?: ApiSchema;
  /**
   * Answers. A thrown `Failure` becomes the answer of its code, unless that would say that nothing was sent, say nothing
   * of its outcome, or have a client repeat it, after `place` or `replace` has sent an order: then it is `OutcomeUnknown`.
   * Anything else thrown becomes an internal error; for all methods but GET, and for a GET that has sent an order, it is
   * answered as `OutcomeUnknown`, because an order may have left.
   */
  handler(context: ApiContext): Response | Promise<Response>;
}

/** {@link Api.scope}, or its default. */
export function scopeOf({ scope, method }: Pick<Api, "scope" | "method">): Scope {
  return scope ?? (method === "GET" ? "read" : "trade");
}

/** An API as it is written: the handler knows the types that its schemas make. */
export interface ApiDefinition<Query extends z.ZodObject, Body extends z.ZodObject> {
  readonly name: string;
  readonly method: ApiMethod;
  readonly path: string;
  readonly scope?: Scope;
  readonly schema?: ApiSchema<Query, Body>;
  handler(context: ApiContext<z.output<Query>, z.output<Body>>): Response | Promise<Response>;
}

/** An API without schemas: plain query, body through `json()`. */
export interface PlainApiDefinition {
  readonly name: string;
  readonly method: ApiMethod;
  readonly path: string;
  readonly scope?: Scope;
  readonly schema?: never;
  handler(context: ApiContext<PlainQuery, undefined>): Response | Promise<Response>;
}

/**
 * Makes an API of your own, for `extendApis` or `stdApis`. It is served behind the same authentication and envelope as
 * the standard ones; with a schema it is validated and appears in the OpenAPI document.
 */
export function defineApi(definition: PlainApiDefinition): Api;
export function defineApi<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodObject = z.ZodObject>(
  definition: ApiDefinition<Query, Body>,
): Api;
export function defineApi(definition: Api): Api {
  return definition;
}
