/** Many generated requests, good and bad: whatever comes back is what the gateway's own document says. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { createHttpTrading, SCOPES } from "../../mod.ts";
import { paper } from "../../src/brokers/paper/index.ts";
import { demoTradingTime } from "../../src/exchange/demo-account.ts";
import type { ErrorStatus } from "../../src/http/failures.ts";
import { HTTP_METHODS, type JsonSchema, type OpenApiDocument, type Operation } from "../../src/http/openapi/types.ts";
import { INSTANCE, TOKEN } from "../fuzz/http/gateway.ts";
import { type Ask, structured } from "../fuzz/http/structured.ts";
import { reply } from "./openapi-fixture.ts";

const ROOT = "generatedOperator0001";
const READER = "generatedReader000001";

type Asked = Pick<Ask, "method" | "path" | "headers" | "body">;

const withToken = (token: string, ask: Ask): Asked => ({
  ...ask,
  headers: ask.headers.map(([name, value]) => [name, name === "HT-TOKEN" ? token : value] as const),
});

const turn = fc.oneof(
  fc.constantFrom(
    '{"state":"HALTED","reason":"x","cancelAll":true}',
    '{"state":"ACTIVE","reason":"x"}',
    '{"state":"ACTIVE","reason":"x","cancelAll":true}',
    "{}",
    "",
  ),
  fc.json(),
);

/** Everything that the document has, and methods that it has not. */
const asks: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 6, arbitrary: structured },
  { weight: 1, arbitrary: structured.map((ask) => withToken(READER, ask)) },
  {
    weight: 1,
    arbitrary: fc.tuple(structured, fc.constantFrom("PUT", "PATCH", "DELETE", "OPTIONS")).map(([ask, method]) => ({
      ...ask,
      method,
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("health", "health/ready", "metrics", "guard/state"), fc.constantFrom(ROOT, TOKEN, READER))
      .map(
        ([path, token]): Asked => ({
          method: "GET",
          path: `/httptrading/${path}`,
          headers: [["HT-TOKEN", token]],
          body: null,
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(turn, fc.constantFrom(ROOT, TOKEN, READER)).map(
      ([body, token]): Asked => ({
        method: "POST",
        path: "/httptrading/guard/state",
        headers: [
          ["HT-TOKEN", token],
          ["content-type", "application/json"],
        ],
        body,
      }),
    ),
  },
);

function open(errorStatus: ErrorStatus, unforeseen: unknown[]) {
  return createHttpTrading({
    errorStatus,
    adminTokens: [ROOT],
    onError: (error) => void unforeseen.push(error),
    brokers: [
      paper({
        instanceId: INSTANCE,
        tokens: [
          { token: TOKEN, name: "all", scopes: [...SCOPES] },
          { token: READER, name: "reader", scopes: ["read"] },
        ],
        quotes: "fixed",
        clock: () => demoTradingTime,
      }),
    ],
  });
}

/** Checks values against the schemas of a document, each of which is made once. */
function checker(document: OpenApiDocument) {
  const made = new Map<string, z.ZodType>();
  const local = (schema: unknown) => JSON.stringify(schema).replaceAll('"#/components/schemas/', '"#/$defs/');
  return (schema: JsonSchema, value: unknown) => {
    const text = local({ ...schema, $defs: document.components.schemas });
    const known = made.get(text) ?? z.fromJSONSchema(JSON.parse(text));
    made.set(text, known);
    return known.safeParse(value);
  };
}

function operationOf(document: OpenApiDocument, { method, url }: Request): Operation | undefined {
  const path = new URL(url).pathname.replace(`/api/${INSTANCE}/`, "/api/{instanceId}/");
  const known = HTTP_METHODS.find((name) => name === method.toLowerCase());
  return known && document.paths[path]?.[known];
}

/** What is wrong with an answer by the document; empty when nothing is. */
async function faultsOf(
  document: OpenApiDocument,
  check: ReturnType<typeof checker>,
  { method, path, headers, body }: Asked,
  fetch: (request: Request) => Response | Promise<Response>,
): Promise<string[]> {
  const lines = headers.map(([name, value]): [string, string] => [name, value]);
  const init = { method, headers: lines, ...(method === "GET" ? {} : { body }) };
  let request: Request;
  try {
    request = new Request(`http://127.0.0.1${path}`, init);
  } catch {
    // The platform itself refuses to make it.
    return [];
  }
  const response = await fetch(request);
  const [type = ""] = (response.headers.get("content-type") ?? "").split(";", 1);
  if (type === "text/event-stream") await response.body?.cancel();
  const text = type === "text/event-stream" ? "" : await response.text();
  const operation = operationOf(document, request);
  if (operation === undefined) {
    return response.status === 404 && type === "text/plain" ? [] : [`${response.status} where nothing is described`];
  }
  const { content, headers: described = {} } = reply(document, operation, response.status);
  const faults = ["retry-after", "idempotent-replayed"]
    .filter((name) => response.headers.has(name))
    .filter((name) => !Object.keys(described).some((known) => known.toLowerCase() === name))
    .map((name) => `a header that is not described: ${name}`);
  const media = content[type];
  if (media === undefined) return [...faults, `a type that is not described: ${type}`];
  if (type !== "application/json") return faults;
  const answer: unknown = JSON.parse(text);
  const { error } = check(media.schema, answer);
  if (error !== undefined) faults.push(`an answer that is not as described: ${error.message}`);
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const isDone = z.object({ ex: z.null() }).safeParse(answer).success;
  if (schema !== undefined && isDone && !check(schema, JSON.parse(body ?? "null")).success) {
    faults.push("a body was taken that is none by the document");
  }
  return faults;
}

test.each<[ErrorStatus, boolean]>([
  ["http", false],
  ["http", true],
  [200, false],
])("failures with status %s, closed: %s", { timeout: 60_000 }, async (errorStatus, isClosed) => {
  const unforeseen: unknown[] = [];
  const published = await open(errorStatus, unforeseen).fetch(new Request("http://127.0.0.1/httptrading/openapi.json"));
  const document: OpenApiDocument = await published.json();
  const check = checker(document);
  await fc.assert(
    fc.asyncProperty(fc.array(asks, { minLength: 1, maxLength: 6 }), async (all) => {
      const trading = open(errorStatus, unforeseen);
      try {
        await trading.start();
        if (isClosed) await trading.close();
        for (const ask of all) expect(await faultsOf(document, check, ask, trading.fetch)).toEqual([]);
      } finally {
        await trading.close();
      }
    }),
    { numRuns: 150 },
  );
  expect(unforeseen).toEqual([]);
});

test("the check does look: a document that promises another field finds its gateway out", async () => {
  const trading = open("http", []);
  const published = await trading.fetch(new Request("http://127.0.0.1/httptrading/openapi.json"));
  const document: OpenApiDocument = await published.json();
  const cash = document.components.schemas["Cash"] ?? {};
  Object.assign(cash, { properties: { ...cash.properties, colour: { type: "string" } }, required: ["colour"] });
  const ask = {
    method: "GET",
    path: `/httptrading/api/${INSTANCE}/cash/state`,
    headers: [["HT-TOKEN", TOKEN] as const],
    body: null,
  };
  const [fault] = await faultsOf(document, checker(document), ask, trading.fetch);
  expect(fault).toMatch(/colour/);
  await trading.close();
});
