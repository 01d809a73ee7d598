import { describe, expect, test } from "vitest";
import { z } from "zod";
import { envelopeSchema, failureSchema } from "../../src/http/answers/envelope.ts";
import { healthSchema } from "../../src/http/answers/gateway.ts";
import { defineApi } from "../../src/http/api.ts";
import { FAILURE_STATUS } from "../../src/http/failures.ts";
import { described as loaded } from "../../src/http/openapi/described.ts";
import { STD_APIS } from "../../src/http/std-apis.ts";
import { exampleBroker, gatewayOf } from "./gateway.ts";
import { documentOf, examplesOf, operation, operationsOf, reply } from "./openapi-fixture.ts";

const ADMIN = "adminToken0000000001";
const document = await documentOf();
const respond = defineApi({ name: "plain", method: "GET", path: "plain", handler: (context) => context.respond() });

describe.each(STD_APIS)("$name", (api) => {
  const described = operation(document, api.name);
  const { query, body, failures = [] } = api.schema ?? {};

  test("stands under its method and path", () => {
    const item = document.paths[`/httptrading/api/{instanceId}/${api.path}`];
    expect(item?.[api.method === "GET" ? "get" : "post"]).toBe(described);
    expect(item?.parameters).toEqual([{ $ref: "#/components/parameters/instanceId" }]);
  });

  test("the examples of its query and body pass the schemas that requests are checked with", () => {
    const parameters = (described.parameters ?? []).filter((parameter) => parameter.in === "query");
    expect(parameters.map(({ name }) => name)).toEqual(Object.keys(query?.shape ?? {}));
    const examples = parameters.filter(({ example }) => example !== undefined);
    const values = Object.fromEntries(examples.map(({ name, example }) => [name, example]));
    expect((query ?? z.strictObject({})).safeParse(values).error).toBeUndefined();
    const media = described.requestBody?.content["application/json"];
    expect(media === undefined).toBe(body === undefined);
    if (body !== undefined) expect(body.safeParse(media?.example).error).toBeUndefined();
  });

  test("its answer has an example, in the whole envelope and exact to the field", async () => {
    const answered = reply(document, described, 200);
    if (api.schema?.eventStreamExample !== undefined) {
      expect(Object.keys(answered.content)).toEqual(["text/event-stream"]);
      expect(answered.content["text/event-stream"]?.example).toMatch(/^id: \w+-\d+\nevent: order\ndata: \{.+\}\n\n/m);
      return;
    }
    const examples = examplesOf(document, answered);
    const answer = (await loaded(api))?.schema.answer;
    const whole = z.strictObject({ ...envelopeSchema().shape, ...answer?.shape });
    expect([...examples.keys()]).toEqual(["example"]);
    expect(whole.safeParse(examples.get("example")).error).toBeUndefined();
  });

  test("each failure is described under its status, with an example of the envelope", () => {
    const always = ["InvalidRequest", "RateLimited", "BrokerFault", "AuthenticationFailed", "NotConnected"] as const;
    const slow = api.method === "GET" ? "Timeout" : "OutcomeUnknown";
    for (const code of new Set([...always, slow, ...failures] as const)) {
      const answered = reply(document, described, FAILURE_STATUS[code]);
      expect(answered.description).toContain(code);
      const example = failureSchema().parse(examplesOf(document, answered).get(code));
      expect(example.error.code).toBe(code);
      expect(example.ex).toBe(example.error.message);
    }
  });

  test("the uniform 404 is described beside", () => {
    const { content, description } = reply(document, described, 404);
    expect(content["text/plain"]?.example).toBe("404: Not Found");
    expect(content["text/plain"]?.schema).toEqual({ type: "string", const: "404: Not Found" });
    expect(description).toContain("wrong token");
  });
});

test("what was never sent says when to try again, what may have been sent says its tag", () => {
  const place = operation(document, "orderPlace");
  expect(reply(document, place, 429).headers).toHaveProperty("Retry-After");
  expect(reply(document, place, 503).headers).toHaveProperty("Retry-After");
  expect(reply(document, place, 502).headers).toBeUndefined();
  const unknown = failureSchema().parse(examplesOf(document, reply(document, place, 504)).get("OutcomeUnknown"));
  expect(unknown.error).toMatchObject({ outcome: "unknown", retryable: false, tag: expect.any(String) });
});

test("the failure of a read claims no rejected order", () => {
  const read = reply(document, operation(document, "cashState"), 502);
  const write = reply(document, operation(document, "orderPlace"), 502);
  expect(failureSchema().parse(examplesOf(document, read).get("BrokerFault")).error.outcome).toBeUndefined();
  expect(failureSchema().parse(examplesOf(document, write).get("BrokerFault")).error.outcome).toBe("rejected");
});

test("writes at the desk take a key, and say whether it was known; nothing else does", () => {
  const keyed = [...operationsOf(document).values()].filter(({ parameters = [] }) =>
    parameters.some(({ name, in: place }) => name === "Idempotency-Key" && place === "header"),
  );
  expect(keyed.map(({ operationId }) => operationId)).toEqual(["orderPlace", "orderReplace", "orderCancel"]);
  for (const write of keyed) {
    expect(reply(document, write, 200).headers).toHaveProperty("Idempotent-Replayed");
    expect(reply(document, write, 409).headers).toHaveProperty("Retry-After");
  }
  expect(reply(document, operation(document, "cashState"), 200).headers).toBeUndefined();
});

test("where every write needs a key the document says so, and its commands have one", async () => {
  const trading = gatewayOf(exampleBroker(), { requireIdempotencyKey: true });
  const served = await trading.fetch(new Request("http://127.0.0.1/httptrading/openapi.json"));
  const strict = (await served.json()) as typeof document;
  const keysOf = (of: typeof document) =>
    [...operationsOf(of).values()].flatMap(({ parameters = [] }) =>
      parameters.filter(({ name }) => name === "Idempotency-Key").map(({ required }) => required),
    );
  expect(keysOf(strict)).toEqual([true, true, true]);
  expect(keysOf(document)).toEqual([false, false, false]);
  const page = await (await trading.fetch(new Request("http://127.0.0.1/httptrading/docs"))).text();
  expect(page.match(/-H &#39;Idempotency-Key: /g)).toHaveLength(3);
});

test("health needs no token and says ok or closed", () => {
  const health = operation(document, "health");
  expect(health.security).toEqual([]);
  const told = [200, 503].map((status) => examplesOf(document, reply(document, health, status)).get("example"));
  expect(told.map((example) => healthSchema().strict().parse(example).status)).toEqual(["ok", "closed"]);
});

test("the security scheme names the header in use", async () => {
  const { security, components } = await documentOf([], { tokenHeader: "X-My-Token" });
  expect(security).toEqual([{ token: [] }]);
  expect(components.securitySchemes["token"]).toMatchObject({ type: "apiKey", in: "header", name: "X-My-Token" });
});

test("the instance id is a pattern without a value", () => {
  const { schema, ...parameter } = document.components.parameters["instanceId"] ?? { schema: {} };
  expect(parameter).not.toHaveProperty("example");
  expect(schema.pattern).toBeDefined();
  expect("WyLqtMhDvAnBb6a3").toMatch(new RegExp(schema.pattern ?? "^$"));
  expect("WyLqtMhDvAnBb6a").not.toMatch(new RegExp(schema.pattern ?? ""));
});

test("with errorStatus 200 every failure is an example of that status", async () => {
  const all = await documentOf([], { errorStatus: 200 });
  const place = operation(all, "orderPlace");
  expect(Object.keys(place.responses)).toEqual(["200", "404"]);
  const examples = examplesOf(all, reply(all, place, 200));
  expect([...examples.keys()]).toEqual(expect.arrayContaining(["Done", "InvalidRequest", "OutcomeUnknown"]));
  expect(failureSchema().safeParse(examples.get("OutcomeUnknown")).success).toBe(true);
  expect(failureSchema().safeParse(examples.get("Done")).success).toBe(false);
});

test("with errorStatus 200 a turn of all that fails is told under that status too", async () => {
  const trading = gatewayOf(exampleBroker(), { errorStatus: 200, adminTokens: [ADMIN] });
  const asked = new Request("http://127.0.0.1/httptrading/guard/state", {
    method: "POST",
    headers: { "HT-TOKEN": ADMIN, "content-type": "application/json" },
    body: "{}",
  });
  const failed = await trading.fetch(asked);
  expect(failed.status).toBe(200);
  const all = await documentOf([], { errorStatus: 200 });
  const turn = operation(all, "gatewayGuardChange");
  expect(Object.keys(turn.responses)).toEqual(["200", "404"]);
  const examples = [...examplesOf(all, reply(all, turn, 200)).values()];
  const keys = Object.keys(await failed.json()).toSorted();
  expect(examples.map((example) => Object.keys(Object(example)).toSorted())).toContainEqual(keys);
  expect(reply(all, turn, 200).content["application/json"]?.schema.anyOf).toHaveLength(2);
});

/** Operations outside the instances. */
const OUTSIDE = ["gatewayGuardState", "gatewayGuardChange", "health", "healthReady", "metrics"];

describe("custom APIs", () => {
  test("appear with a schema and not without", async () => {
    const hello = { ...respond, name: "hello", path: "hello/world", schema: { summary: "Say hello" } };
    const operations = operationsOf(await documentOf([hello, respond]));
    expect(operations.get("hello")).toMatchObject({ summary: "Say hello", tags: ["hello"] });
    expect(operations.has("plain")).toBe(false);
  });

  test("a replaced or dropped standard API leaves no trace", async () => {
    const onlyPing = STD_APIS.filter(({ name }) => name === "pingState");
    const dropped = await documentOf([], { apis: onlyPing });
    expect([...operationsOf(dropped).keys()]).toEqual(["pingState", ...OUTSIDE]);
    expect(Object.keys(dropped.components.schemas)).not.toContain("Order");
    expect(dropped.tags.map(({ name }) => name)).toEqual(["ping", "gateway"]);
  });

  test("of two at one place the first is described, since the first answers", async () => {
    const twice = ["first", "second"].map((name) => ({ ...respond, name, schema: { summary: name } }));
    expect(operationsOf(await documentOf(twice)).has("first")).toBe(true);
    expect(operationsOf(await documentOf(twice)).has("second")).toBe(false);
  });

  test("a schema under a name that is taken gets a name of its own", async () => {
    const contract = z.object({ clause: z.string() }).meta({ id: "Contract" });
    const api = { ...respond, schema: { summary: "Sign", answer: z.object({ contract }) } };
    const { schemas } = (await documentOf([api])).components;
    expect(schemas["Contract"]).toEqual(document.components.schemas["Contract"]);
    expect(schemas["Contract2"]?.properties).toHaveProperty("clause");
    expect(schemas["PlainAnswer"]?.properties?.["contract"]).toEqual({ $ref: "#/components/schemas/Contract2" });
  });

  test("cannot replace fields of the envelope", async () => {
    const api = { ...respond, schema: { summary: "Lie", answer: z.object({ ex: z.number(), more: z.string() }) } };
    const answer = (await documentOf([api])).components.schemas["PlainAnswer"];
    expect(answer?.properties?.["ex"]).toEqual({ type: "null" });
    expect(answer?.properties).toHaveProperty("more");
  });

  test("an answer may be loaded for the document, and have its example as metadata", async () => {
    const answer = async () => z.object({ bid: z.number() }).meta({ examples: [{ bid: 199.98 }] });
    const told = await documentOf([{ ...respond, schema: { summary: "Bid", answer } }]);
    expect(told.components.schemas["PlainAnswer"]?.properties?.["bid"]).toEqual({ type: "number" });
    const examples = examplesOf(told, reply(told, operation(told, "plain"), 200));
    expect(examples.get("example")).toMatchObject({ ex: null, bid: 199.98 });
  });

  test("an answer that cannot be loaded is an error that names the API", async () => {
    const answer = () => Promise.reject(new Error("no such file"));
    const api = { ...respond, schema: { summary: "Lost", answer } };
    await expect(documentOf([api])).rejects.toThrow('the answer of API "plain" cannot be loaded: Error: no such file');
  });

  test("a schema that cannot be written down is an error that names the API", async () => {
    const one = z.object({ a: z.string() }).meta({ id: "Twice" });
    const two = z.object({ b: z.string() }).meta({ id: "Twice" });
    const api = { ...respond, name: "clash", schema: { summary: "Clash", answer: z.object({ one, two }) } };
    await expect(documentOf([api])).rejects.toThrow(/API "clash".*Twice/);
  });
});
