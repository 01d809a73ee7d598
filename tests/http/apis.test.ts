/** APIs of one's own, and the standard ones as one wants them. */
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { helloGet, helloPost, helloPrice } from "../../examples/extend-apis.ts";
import { byName, myPing, readOnly, withMyPing, withOpeningHours } from "../../examples/std-apis.ts";
import { type Api, type ApiContext, defineApi, Failure } from "../../mod.ts";
import { ask, type Calls, exampleBroker, gatewayOf, INSTANCE, ORDER, request, TOKEN, writes } from "./gateway.ts";

const STD_NAMES = [
  "pingState",
  "marketQuote",
  "marketState",
  "cashState",
  "positionState",
  "orderPlace",
  "orderReplace",
  "orderCancel",
  "orderState",
  "orderList",
  "orderEvents",
  "orderIntents",
  "orderResolve",
  "orderEnd",
  "capabilities",
  "guardState",
  "guardChange",
];

/** The standard APIs as a factory sees them. */
function std(): readonly Api[] {
  let seen: readonly Api[] = [];
  gatewayOf(exampleBroker(), {
    stdApis: (apis) => {
      seen = apis;
      return apis;
    },
  });
  return seen;
}

test.each([
  ["a standard read that is wrapped", "cash/state"],
  ["a read of one's own", "order/by-link"],
])("%s may write, and has the key of its request", async (_what, path) => {
  const keys: (string | undefined)[] = [];
  const byLink = defineApi({
    name: "orderByLink",
    method: "GET",
    path: "order/by-link",
    handler: ({ idempotencyKey, respond }) => {
      keys.push(idempotencyKey);
      return respond();
    },
  });
  const trading = gatewayOf(exampleBroker(), {
    stdApis: (apis) =>
      apis.map((api) => ({
        ...api,
        handler: (context) => {
          keys.push(context.idempotencyKey);
          return api.handler(context);
        },
      })),
    extendApis: [byLink],
  });
  expect((await ask(trading, path, { headers: { "idempotency-key": "k1" } })).status).toBe(200);
  expect(keys).toEqual(["k1"]);
});

describe("extendApis", () => {
  const trading = gatewayOf(exampleBroker(), { extendApis: [helloGet, helloPost, helloPrice] });

  test("hello/world by GET and by POST", async () => {
    const { json } = await ask(trading, "hello/world");
    expect(Object.keys(json)).toEqual([
      "type",
      "instanceId",
      "broker",
      "brokerDisplay",
      "time",
      "ex",
      "method",
      "hello",
    ]);
    expect(json).toMatchObject({ instanceId: INSTANCE, broker: "futu", ex: null, method: "GET", hello: "world" });
    const posted = await ask(trading, "hello/world", { body: { any: ["thing", 1] } });
    expect(posted.json).toMatchObject({ ex: null, method: "POST", hello: "world", body: { any: ["thing", 1] } });
  });

  test("behind the same authentication", async () => {
    const stranger = request("hello/world", { headers: { "HT-TOKEN": TOKEN.toLowerCase() } });
    expect((await trading.fetch(stranger)).status).toBe(404);
  });

  test("a body through json() is held to the same rules", async () => {
    const notJson = await ask(trading, "hello/world", { body: "{", headers: { "content-type": "text/plain" } });
    expect([notJson.status, notJson.json.error.details[0].path]).toEqual([400, "content-type"]);
    const tooLarge = await ask(trading, "hello/world", { body: `"${"x".repeat(65_536)}"` });
    expect([tooLarge.status, tooLarge.json.error.details[0].path]).toEqual([400, "body"]);
  });

  test("a declared schema is enforced before the handler, which gets what it made", async () => {
    const { status, json } = await ask(trading, "hello/price?symbol=aapl&x=1");
    expect([status, json.error.details.length]).toEqual([400, 2]);
    expect((await ask(trading, "hello/price?symbol=AAPL")).json).toMatchObject({ symbol: "AAPL", latest: 11.53 });
  });

  test("the context holds what a handler needs", async () => {
    let seen: ApiContext<unknown, unknown> | undefined;
    const spy = defineApi({
      name: "spy",
      method: "POST",
      path: "spy.v1/now",
      schema: {
        summary: "See",
        query: z.object({ limit: z.coerce.number().default(5) }),
        body: z.strictObject({ when: z.iso.date() }),
      },
      handler(context) {
        seen = context;
        return context.respond({ twice: context.query.limit * 2 }, { status: 201, headers: { "X-Own": "1" } });
      },
    });
    const gateway = gatewayOf(exampleBroker(), { extendApis: [spy] });
    const sent = request("spy.v1/now?limit=7", { body: { when: "2025-05-28" }, headers: { "Idempotency-Key": "k1" } });
    const response = await gateway.fetch(sent);
    expect([response.status, response.headers.get("x-own"), await response.json()]).toEqual([
      201,
      "1",
      expect.objectContaining({ twice: 14 }),
    ]);
    expect(seen).toMatchObject({
      principal: "default",
      idempotencyKey: "k1",
      query: { limit: 7 },
      body: { when: "2025-05-28" },
    });
    expect(seen?.request).toBe(sent);
    expect(seen?.broker.kind).toBe("futu");
    expect(await seen?.json()).toEqual({ when: "2025-05-28" });
    // A dot in a path is a dot.
    expect((await gateway.fetch(request("spyxv1/now", { body: {} }))).status).toBe(404);
  });

  test("faults of query and body are told together", async () => {
    const both = defineApi({
      name: "both",
      method: "POST",
      path: "both",
      schema: { summary: "Both", query: z.strictObject({ a: z.string() }), body: z.strictObject({ b: z.string() }) },
      handler: ({ respond }) => respond(),
    });
    const { json } = await ask(gatewayOf(exampleBroker(), { extendApis: [both] }), "both", { body: { b: 1 } });
    expect(json.error.details.map(({ path }: { path: string }) => path)).toEqual(["a", "b"]);
  });

  test("a plain answer of the handler goes out as it is", async () => {
    const plain = defineApi({
      name: "plain",
      method: "GET",
      path: "plain",
      handler: ({ query }) => new Response(`${query["a"]} ${query["b"]}`, { status: 202 }),
    });
    const response = await gatewayOf(exampleBroker(), { extendApis: [plain] }).fetch(request("plain?a=1&a=2"));
    expect([response.status, await response.text()]).toEqual([202, "1 undefined"]);
  });

  test("a plain answer is kept by nobody on the way, whatever headers it has of its own", async () => {
    const headers = { "x-content-type-options": "nosniff", "last-modified": "Wed, 28 May 2025 05:20:07 GMT" };
    const api = defineApi({
      name: "own",
      method: "GET",
      path: "own",
      handler: () => new Response("mine", { headers }),
    });
    const own = defineApi({
      name: "kept",
      method: "GET",
      path: "kept",
      handler: () => new Response("mine", { headers: { ...headers, "cache-control": "private" } }),
    });
    const trading = gatewayOf(exampleBroker(), { extendApis: [api, own] });
    expect((await trading.fetch(request("own"))).headers.get("cache-control")).toBe("no-store");
    expect((await trading.fetch(request("kept"))).headers.get("cache-control")).toBe("private");
  });

  test("the body of an answer to a HEAD, which nobody reads, is let go", async () => {
    const cancel = vi.fn();
    const api = defineApi({
      name: "stream",
      method: "GET",
      path: "stream",
      handler: () => new Response(new ReadableStream({ cancel }), { status: 202 }),
    });
    const trading = gatewayOf(exampleBroker(), { extendApis: [api] });
    const response = await trading.fetch(request("stream", { method: "HEAD" }));
    expect([response.status, response.body]).toEqual([202, null]);
    expect(cancel).toHaveBeenCalledOnce();
  });

  test("an order of a custom API goes through the desk: it is checked, tagged and sent once", async () => {
    const calls: Calls = [];
    const buy = defineApi({
      name: "buyOne",
      method: "POST",
      path: "buy/one",
      schema: { summary: "Buy one share at the market", body: z.strictObject({ symbol: z.string() }) },
      async handler(context) {
        const contract = { tradeType: "Securities", region: "US", symbol: context.body.symbol } as const;
        const how = { orderType: "Market", timeInForce: "DAY", lifecycle: "RTH", direction: "BUY" } as const;
        const { orderId, tag } = await context.broker.place({ contract, ...how, qty: 1 }, context);
        return context.respond({ orderId, tag });
      },
    });
    const gateway = gatewayOf(exampleBroker({}, calls), { extendApis: [buy] });
    const { json } = await ask(gateway, "buy/one", { body: { symbol: "AAPL" } });
    expect(writes(calls)).toMatchObject([{ method: "placeOrder", args: [{ qty: 1, tag: json.tag }, {}] }]);
    expect((await ask(gateway, "buy/one", { body: { symbol: "1234" } })).status).toBe(400);
    expect(writes(calls)).toHaveLength(1);
  });
});

describe("an API of one's own that fails once an order has left", () => {
  const contract = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
  const order = {
    contract,
    orderType: "Market",
    timeInForce: "DAY",
    lifecycle: "RTH",
    direction: "BUY",
    qty: 1,
  } as const;

  /** Buys, then looks at the account. */
  const buyAndLook = (method: "GET" | "POST"): Api =>
    defineApi({
      name: "buyAndLook",
      method,
      path: "buy/look",
      async handler(context) {
        const { orderId } = await context.broker.place(order, context);
        const { balances } = await context.broker.cash({ currency: "USD" }, context);
        return context.respond({ orderId, balances });
      },
    });

  test.each([
    ["NotConnected", "POST", { outcome: "not_sent" }],
    ["NotConnected", "POST", {}],
    ["RateLimited", "POST", { outcome: "not_sent", retryAfterMs: 5000 }],
    ["Timeout", "GET", {}],
    ["InvalidRequest", "POST", { outcome: "not_sent" }],
    // Of a read, which says nothing of the order: of a write these codes would mean that there is none.
    ["BrokerFault", "POST", {}],
    ["NotSupported", "POST", {}],
    ["AuthenticationFailed", "GET", {}],
  ] as const)("with %s by %s is never answered as if nothing had been sent", async (code, method, options) => {
    const calls: Calls = [];
    const cash = async () => {
      throw new Failure(code, "the vendor is away", options);
    };
    const trading = gatewayOf(exampleBroker({ cash }, calls), { extendApis: [buyAndLook(method)] });
    const { status, headers, json } = await ask(trading, "buy/look", { method });
    expect(writes(calls)).toHaveLength(1);
    expect([status, headers.get("retry-after")]).toEqual([504, null]);
    expect(json.error).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown", retryable: false });
    expect(json.ex).toContain("the vendor is away");
  });

  test("also when it is a standard one that is wrapped, or a second order that is refused", async () => {
    const positions = async () => {
      throw new Failure("NotConnected", "the vendor is away", { outcome: "not_sent" });
    };
    const wrapped = gatewayOf(exampleBroker({ positions }), {
      stdApis: (apis) =>
        apis.map((api) => ({
          ...api,
          async handler(context) {
            const answer = await api.handler(context);
            await context.broker.positions(context);
            return answer;
          },
        })),
    });
    expect((await ask(wrapped, "order/place", { body: ORDER })).json.error.code).toBe("OutcomeUnknown");
    const two = defineApi({
      name: "two",
      method: "POST",
      path: "two",
      async handler(context) {
        await context.broker.place(order, context);
        await context.broker.place({ ...order, lifecycle: "OVERNIGHT" }, context);
        return context.respond();
      },
    });
    const atOnce = defineApi({
      name: "atOnce",
      method: "POST",
      path: "at-once",
      async handler(context) {
        const orders = [order, { ...order, lifecycle: "OVERNIGHT" } as const];
        await Promise.all(orders.map((each) => context.broker.place(each, context)));
        return context.respond();
      },
    });
    const trading = gatewayOf(exampleBroker(), { extendApis: [two, atOnce] });
    expect((await ask(trading, "two", { method: "POST" })).json.error.code).toBe("OutcomeUnknown");
    expect((await ask(trading, "at-once", { method: "POST" })).json.error.code).toBe("OutcomeUnknown");
  });

  test("by reading the answer of the standard one that it wraps, which cannot be sent any more", async () => {
    const errors: unknown[] = [];
    const audited: string[] = [];
    const trading = gatewayOf(exampleBroker(), {
      stdApis: (apis) =>
        apis.map((api) => ({
          ...api,
          async handler(context) {
            const answer = await api.handler(context);
            audited.push(await answer.text());
            return answer;
          },
        })),
      onError: (error) => errors.push(error),
    });
    const { status, json } = await ask(trading, "order/place", { body: ORDER });
    expect([status, json.error.code]).toEqual([504, "OutcomeUnknown"]);
    expect(audited).toEqual([expect.stringContaining('"orderId":"69788888"')]);
    expect(errors).toEqual([new TypeError("the handler of orderPlace answered no Response that can be sent")]);
  });

  test("by an exception, is unknown whatever its method", async () => {
    const thrown = defineApi({
      ...buyAndLook("GET"),
      async handler(context) {
        await context.broker.place(order, context);
        throw new TypeError("oops");
      },
    });
    const trading = gatewayOf(exampleBroker(), { extendApis: [thrown], onError: () => {} });
    const { status, json } = await ask(trading, "buy/look");
    expect([status, json.error.code]).toEqual([504, "OutcomeUnknown"]);
  });

  test("what it says of the order itself stands, and so does what it says when none has left", async () => {
    const killed = defineApi({
      name: "fillOrKill",
      method: "POST",
      path: "fill-or-kill",
      async handler(context) {
        const { orderId } = await context.broker.place(order, context);
        await context.broker.cancel(orderId, context);
        throw new Failure("OrderRejected", "not filled at once", { outcome: "rejected" });
      },
    });
    const trading = gatewayOf(exampleBroker(), { extendApis: [killed] });
    const { status, json } = await ask(trading, "fill-or-kill", { method: "POST" });
    expect([status, json.error.code, json.error.outcome]).toEqual([422, "OrderRejected", "rejected"]);
    const placeOrder = async () => {
      throw new Failure("NotConnected", "the vendor is away", { outcome: "not_sent" });
    };
    const away = gatewayOf(exampleBroker({ placeOrder }), { extendApis: [buyAndLook("POST")] });
    const refused = await ask(away, "buy/look", { method: "POST" });
    expect([refused.status, refused.json.error.outcome]).toEqual([503, "not_sent"]);
  });
});

describe("stdApis", () => {
  test("gets the standard APIs by name", () => {
    expect(std().map(({ name }) => name)).toEqual(STD_NAMES);
  });

  test("drops", async () => {
    const calls: Calls = [];
    const trading = gatewayOf(exampleBroker({}, calls), { stdApis: readOnly });
    const dropped = await trading.fetch(request("order/place", { body: ORDER }));
    expect([dropped.status, await dropped.text()]).toEqual([404, "404: Not Found"]);
    expect((await ask(trading, "order/list")).status).toBe(200);
    expect(writes(calls)).toEqual([]);
  });

  test("wraps", async () => {
    const calls: Calls = [];
    let open = false;
    const trading = gatewayOf(exampleBroker({}, calls), { stdApis: withOpeningHours(() => open) });
    const early = await ask(trading, "order/place", { body: ORDER });
    expect([early.status, early.json.error.code, early.json.ex]).toEqual([422, "Halted", "no new orders at this hour"]);
    expect(writes(calls)).toEqual([]);
    open = true;
    expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(200);
    expect((await ask(trading, "order/place", { body: { ...ORDER, qty: -1 } })).status).toBe(400);
  });

  test("gives a standard API parameters that it has none of", async () => {
    const asked: unknown[] = [];
    const dry = (api: Api): Api => ({
      ...api,
      schema: { summary: "", ...api.schema, query: z.strictObject({ dryRun: z.literal("true").optional() }) },
      handler(context) {
        asked.push(context.query);
        return api.handler(context);
      },
    });
    const trading = gatewayOf(exampleBroker(), { stdApis: (apis) => apis.map(dry) });
    expect((await ask(trading, "order/place?dryRun=true", { body: ORDER })).status).toBe(200);
    expect((await ask(trading, "order/place?dryrun=true", { body: ORDER })).status).toBe(400);
    expect(asked).toEqual([{ dryRun: "true" }]);
  });

  test("replaces", async () => {
    const trading = gatewayOf(exampleBroker(), { stdApis: withMyPing });
    expect((await ask(trading, "ping/state")).json).toMatchObject({ pong: true, milliseconds: expect.any(Number) });
  });

  test("replaces by a route of one's own in extendApis once the standard one is dropped", async () => {
    const trading = gatewayOf(exampleBroker(), {
      stdApis: (apis) => apis.filter(({ name }) => name !== "pingState"),
      extendApis: [myPing],
    });
    expect((await ask(trading, "ping/state")).json).toHaveProperty("milliseconds");
  });

  test("changes a part of a schema, and keeps the others as they are", async () => {
    const changed = (api: Api): Api =>
      api.name === "cashState" && api.schema ? { ...api, schema: { ...api.schema, summary: "Read my cash" } } : api;
    const [before, after] = [std(), std().map(changed)].map((apis) => apis.find(({ name }) => name === "cashState"));
    expect(after?.schema?.query).toBeInstanceOf(z.ZodObject);
    expect(after?.schema?.query).toBe(before?.schema?.query);
    expect(after?.schema?.answer).toBe(before?.schema?.answer);
    const trading = gatewayOf(exampleBroker(), { stdApis: (apis) => apis.map(changed) });
    expect((await ask(trading, "cash/state?currency=USD")).status).toBe(200);
    expect((await ask(trading, "cash/state?currency=dollars")).status).toBe(400);
  });

  test("reorders, which the document follows", async () => {
    const names = byName(std()).map(({ name }) => name);
    expect(names).toEqual(STD_NAMES.toSorted((a, b) => a.localeCompare(b, "en")));
    const trading = gatewayOf(exampleBroker(), { stdApis: byName, extendApis: [helloPrice] });
    const response = await trading.fetch(new Request("http://127.0.0.1/httptrading/openapi.json"));
    const { paths } = (await response.json()) as { paths: Record<string, unknown> };
    const documented = Object.keys(paths).filter((path) => path.includes("{instanceId}"));
    expect(documented[0]).toBe("/httptrading/api/{instanceId}/capabilities");
    expect(documented.at(-1)).toBe("/httptrading/api/{instanceId}/hello/price");
  });

  test("cannot change the standard APIs of another gateway", async () => {
    gatewayOf(exampleBroker(), {
      stdApis: (apis) => {
        if (Array.isArray(apis)) apis.length = 0;
        return [];
      },
    });
    expect(std().map(({ name }) => name)).toEqual(STD_NAMES);
  });
});
