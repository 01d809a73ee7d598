/** The OpenAPI document, made from the same schemas that requests are checked with. */
import * as z from "zod";
import type { Api } from "../api.ts";
import type { ErrorStatus } from "../failures.ts";
import { type DescribedApi, described } from "./described.ts";
import { LAST_EVENT_ID, streamsEvents } from "./event-stream.ts";
import { GATEWAY, gatewayPaths } from "./gateway-operations.ts";
import { IDEMPOTENCY_KEY, takesKey } from "./idempotency.ts";
import { type ReplyStore, replyStore } from "./replies.ts";
import { sampleOf } from "./sample.ts";
import { type SchemaStore, schemaStore } from "./schema-store.ts";
import type { HttpMethod, OpenApiDocument, Operation, Parameter, PathItem, Tag } from "./types.ts";

/** What the document needs to know besides the APIs. */
export interface OpenApiOptions {
  /** The header that carries the token. */
  readonly tokenHeader: string;
  /** Whether failures come with their own status (`http`, the default) or all with 200. */
  readonly errorStatus?: ErrorStatus;
  /** Whether a write without an `Idempotency-Key` is refused. Default false. */
  readonly requireIdempotencyKey?: boolean;
  /** Default `httptrading`. */
  readonly title?: string;
  /** Version of what is served. Default `1`. */
  readonly version?: string;
}

const API_PREFIX = "/httptrading/api/{instanceId}/";

/** What the groups of the standard APIs are; a custom API's group is the first segment of its path. */
const TAG_TEXTS: ReadonlyMap<string, string> = new Map([
  ["ping", "Whether the broker can be reached."],
  ["market", "Quotes and market states."],
  ["cash", "Money of the account."],
  ["position", "Holdings of the account."],
  ["order", "Orders: place, change, cancel, look up, follow."],
  ["capabilities", "What this broker can do with this account."],
  ["guard", "The kill switch."],
  [GATEWAY, "The gateway itself."],
]);

/**
 * Describes the given APIs and the routes outside the instances in OpenAPI 3.1. An API without a schema is left out. No instance id or
 * token is in it.
 *
 * Rejects when the schema of an API cannot be written as JSON Schema; the message names the API.
 */
export async function openApiDocument(apis: readonly Api[], options: OpenApiOptions): Promise<OpenApiDocument> {
  const { tokenHeader, errorStatus = "http", title = "httptrading", version = "1" } = options;
  const { requireIdempotencyKey = false } = options;
  const schemas = schemaStore();
  const replies = replyStore(schemas, errorStatus);
  const paths: Record<string, PathItem> = {};
  const tags: Tag[] = [];
  for (const each of apis) {
    const api = await described(each);
    if (api === undefined) continue;
    const path = API_PREFIX + api.path;
    const method = METHODS[api.method];
    const name = tagOf(api);
    paths[path] = {
      parameters: [{ $ref: "#/components/parameters/instanceId" }],
      ...paths[path],
      [method]: paths[path]?.[method] ?? operationOf(api, name, { schemas, replies, requireIdempotencyKey }),
    };
    if (!tags.some((tag) => tag.name === name)) {
      tags.push({ name, description: tagText(name) });
    }
  }
  Object.assign(paths, gatewayPaths(schemas, replies, errorStatus));
  if (!tags.some((tag) => tag.name === GATEWAY)) tags.push({ name: GATEWAY, description: tagText(GATEWAY) });
  const { responses, examples, headers } = replies;
  return {
    openapi: "3.1.0",
    info: {
      title,
      version,
      summary: "One HTTP API over several brokers' accounts.",
      description: overview(tokenHeader, errorStatus),
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    tags,
    paths,
    components: {
      securitySchemes: {
        token: { type: "apiKey", in: "header", name: tokenHeader, description: "One of the tokens of the instance." },
      },
      parameters: { instanceId: INSTANCE_ID },
      headers,
      responses,
      examples,
      schemas: schemas.schemas,
    },
  };
}

const METHODS = {
  GET: "get",
  POST: "post",
  PUT: "put",
  PATCH: "patch",
  DELETE: "delete",
} as const satisfies Record<Api["method"], HttpMethod>;

const INSTANCE_ID: Parameter = {
  name: "instanceId",
  in: "path",
  required: true,
  description: "Names one account at one broker. It is a secret, like a token.",
  schema: { type: "string", pattern: "^[A-Za-z0-9_]{16,32}$" },
};

function tagOf(api: Api): string {
  return api.path.split("/")[0] || GATEWAY;
}

function tagText(name: string): string {
  return TAG_TEXTS.get(name) ?? `APIs under \`${name}\`.`;
}

/** What operations are written with. */
interface Writing {
  readonly schemas: SchemaStore;
  readonly replies: ReplyStore;
  readonly requireIdempotencyKey: boolean;
}

function operationOf(api: DescribedApi, tag: string, { schemas, replies, requireIdempotencyKey }: Writing): Operation {
  const { summary = api.name, description, body, bodyExample } = api.schema;
  try {
    const key = { ...IDEMPOTENCY_KEY, required: requireIdempotencyKey };
    const headers = [...(takesKey(api) ? [key] : []), ...(streamsEvents(api) ? [LAST_EVENT_ID] : [])];
    const parameters = [...queryParameters(api, schemas), ...headers];
    const schema = body && schemas.inline(body, "input", `${api.name}Body`);
    const example = bodyExample ?? (schema && sampleOf(schema, schemas.schemas));
    const media = example === undefined ? {} : { example };
    return {
      operationId: api.name,
      summary,
      ...(description === undefined ? {} : { description }),
      tags: [tag],
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(schema && { requestBody: { required: true, content: { "application/json": { schema, ...media } } } }),
      responses: replies.repliesOf(api),
    };
  } catch (cause) {
    throw new Error(
      `the schema of API "${api.name}" cannot be written as JSON Schema: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function queryParameters(api: DescribedApi, schemas: SchemaStore): Parameter[] {
  const { query, queryExample = {} } = api.schema;
  if (query === undefined) return [];
  // Rebuilt from its fields, since the object as a whole is no component: its fields are parameters, one by one.
  const { properties = {}, required = [] } = schemas.inline(z.object(query.shape), "input", `${api.name}Query`);
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = typeof property === "boolean" ? {} : property;
    return {
      name,
      in: "query",
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
      ...(Object.hasOwn(queryExample, name) ? { example: queryExample[name] } : {}),
    };
  });
}

function overview(tokenHeader: string, errorStatus: ErrorStatus): string {
  const statuses =
    errorStatus === 200
      ? "This gateway answers failures with status 200: look at `ex`."
      : "Each failure has an HTTP status of its own.";
  return [
    `Every request names an instance, one account at one broker, in its path, and carries one of the instance's tokens in the header \`${tokenHeader}\`. Instance ids are secrets too.`,
    "Every answer is an envelope. `ex` is `null` when all is well; else it says what went wrong, and `error` says it for programs. " +
      statuses,
    "`error.outcome` says what became of a write. `not_sent`: nothing left the gateway, it is safe to try again. `rejected`: the broker said no. `unknown`: the order may have been placed; never send it again before you have looked for its `tag` in `order/list`.",
    "A request may be named in the header `X-Request-Id` (1 to 64 letters, digits, `.`, `_` or `-`); the name comes back with the answer and stands in the operator's logs. A failure always comes with a name.",
    'Prices and quantities are JSON numbers; in a request they may also be plain decimal text, such as `"200.10"`. Times are in UTC.',
  ].join("\n\n");
}
