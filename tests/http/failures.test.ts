/** How things fail: every code, its status, what it says about an order, and whether a client may try again. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import {
  type Api,
  BROKER_ERROR_CODES,
  BrokerError,
  defineApi,
  FAILURE_CODES,
  Failure,
  type FailureCode,
  type FailureOptions,
} from "../../mod.ts";
import { aFewTurns, unheardRejections } from "../unheard.ts";
import { ask, type Calls, exampleBroker, gatewayOf, instance, moment, ORDER, openOrder, request } from "./gateway.ts";

/** The table of `orders.md`, written out once more by hand: code, status, retryable. */
const TABLE: readonly (readonly [FailureCode, number, boolean])[] = [
  ["InvalidRequest", 400, false],
  ["Forbidden", 403, false],
  ["OrderNotFound", 404, false],
  ["UnknownContract", 404, false],
  ["IdempotencyConflict", 409, true],
  ["OrderNotOpen", 409, false],
  ["OrderRejected", 422, false],
  ["InsufficientFunds", 422, false],
  ["LimitExceeded", 422, false],
  ["Halted", 422, false],
  ["IdempotencyMismatch", 422, false],
  ["RateLimited", 429, true],
  ["NotSupported", 501, false],
  ["BrokerFault", 502, false],
  ["AuthenticationFailed", 502, false],
  ["NotConnected", 503, true],
  ["NotReconciled", 503, true],
  ["JournalUnavailable", 503, true],
  ["Timeout", 504, true],
  ["OutcomeUnknown", 504, false],
];

test("the table has every code", () => {
  expect(TABLE.map(([code]) => code).sort()).toEqual([...FAILURE_CODES].sort());
});

/** An API that fails as it is told. */
function failing(method: "GET" | "POST", error: unknown): Api {
  return defineApi({
    name: "failing",
    method,
    path: "failing",
    handler() {
      throw error;
    },
  });
}

/** The same error, of which a member throws when it is read. */
function throwing(error: Error, member: string): Error {
  const get = () => {
    throw new Error("look away");
  };
  return Object.defineProperty(error, member, { get });
}

async function answerTo(error: unknown, errorStatus: "http" | 200 = "http", method: "GET" | "POST" = "GET") {
  const gateway = gatewayOf(exampleBroker(), { extendApis: [failing(method, error)], errorStatus, onError() {} });
  return ask(gateway, "failing", { method });
}

describe.for(TABLE)("%s", ([code, status, retryable]) => {
  test(`is answered ${status}, retryable ${retryable}`, async () => {
    const answer = await answerTo(new Failure(code, "what happened"));
    expect(answer.status).toBe(status);
    const { time, ...envelope } = answer.json;
    moment(time);
    expect(envelope).toEqual({
      type: "apiResponse",
      instanceId: "ggUqPZbSKuQ7Ewsk",
      broker: "futu",
      brokerDisplay: "富途证券",
      ex: "what happened",
      error: {
        code,
        message: "what happened",
        retryable,
        ...(code === "OutcomeUnknown" ? { outcome: "unknown" } : {}),
      },
    });
    expect(answer.headers.get("retry-after")).toBe([429, 503].includes(status) ? "1" : null);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
  });

  test("is answered 200 where the Python project's way is asked for", async () => {
    const answer = await answerTo(new Failure(code, "what happened"), 200);
    expect([answer.status, answer.json.ex, answer.json.error.code]).toEqual([200, "what happened", code]);
    expect(answer.headers.get("retry-after")).toBe([429, 503].includes(status) ? "1" : null);
  });

  test("never has an empty ex", async () => {
    expect((await answerTo(new Failure(code, ""))).json.ex).toBe(code);
  });

  test("with an unknown outcome is never anything that a client repeats by itself", async () => {
    const lost = new Failure(code, "lost", { outcome: "unknown", tag: "htx", retryAfterMs: 5000 });
    const answer = await answerTo(lost, "http", "POST");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([504, null]);
    expect(answer.json.error).toEqual({
      code: "OutcomeUnknown",
      message: "lost",
      outcome: "unknown",
      retryable: false,
      tag: "htx",
    });
  });
});

test.each(["NotFound", "constructor", ""])(
  "a failure of the code %j, which is none, is the broker's fault",
  async (code) => {
    // An untyped broker can give anything.
    const { status, json } = await answerTo(new Failure(code as FailureCode, "no such order"));
    expect([status, json.error]).toEqual([502, { code: "BrokerFault", message: "no such order", retryable: false }]);
  },
);

test("429 and 503 say that nothing was sent, even of what the vendor turned away", async () => {
  for (const code of ["RateLimited", "NotConnected", "NotReconciled", "JournalUnavailable"] as const) {
    const { json } = await answerTo(new Failure(code, "no", { outcome: "rejected" }));
    expect(json.error.outcome).toBe("not_sent");
  }
});

test.for<[number, string]>([
  [0, "1"],
  [1, "1"],
  [1000, "1"],
  [1001, "2"],
  [30_000, "30"],
  [Number.NaN, "1"],
  [-5, "1"],
  [Number.POSITIVE_INFINITY, "1"],
  [1e30, "2147483647"],
])("a wait of %d ms is Retry-After %s", async ([retryAfterMs, header]) => {
  const { headers } = await answerTo(new Failure("RateLimited", "later", { retryAfterMs }));
  expect(headers.get("retry-after")).toBe(header);
});

test("a conflict of keys says when to come again", async () => {
  const { headers } = await answerTo(new Failure("IdempotencyConflict", "in flight", { retryAfterMs: 2000 }));
  expect(headers.get("retry-after")).toBe("2");
});

test("a rejection under a key is told again as it was, and says so", async () => {
  let asked = 0;
  const broker = exampleBroker({
    placeOrder: async () => {
      asked += 1;
      throw new BrokerError("InsufficientFunds", "too little", { outcome: "rejected" });
    },
  });
  const gateway = gatewayOf(broker);
  const how = { body: ORDER, headers: { "Idempotency-Key": "k1" } };
  const [first, again] = [await ask(gateway, "order/place", how), await ask(gateway, "order/place", how)];
  expect(again.status).toBe(first.status);
  expect(again.json).toEqual(first.json);
  moment(again.json.time);
  expect([first, again].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true"]);
  expect(asked).toBe(1);
});

describe("details", () => {
  test("are handed on", async () => {
    const details = { supported: [{ orderType: "Limit" }] };
    expect((await answerTo(new Failure("NotSupported", "no", { details }))).json.error.details).toEqual(details);
  });

  test("that JSON cannot hold are left out, and the failure is told all the same", async () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const details of [circle, { big: 1n }]) {
      const { status, json } = await answerTo(new Failure("BrokerFault", "odd", { details }));
      expect([status, json.ex, "details" in json.error]).toEqual([502, "odd", false]);
    }
  });
});

describe("failures of a broker's write", () => {
  const settings: readonly (readonly [string, FailureOptions])[] = [
    ["not_sent", { outcome: "not_sent" }],
    ["rejected", { outcome: "rejected" }],
    ["unknown", { outcome: "unknown" }],
    ["no outcome", {}],
  ];

  test.for(BROKER_ERROR_CODES.flatMap((code) => settings.map((setting) => [code, ...setting] as const)))(
    "%s with %s is told honestly",
    async ([code, , options]) => {
      const calls: Calls = [];
      const broker = exampleBroker(
        {
          placeOrder: async () => {
            throw new BrokerError(code, "the vendor said so", options);
          },
        },
        calls,
      );
      const { status, json } = await ask(gatewayOf(broker), "order/place", { body: ORDER });
      expect(["not_sent", "rejected", "unknown"]).toContain(json.error.outcome);
      if ([429, 503].includes(status)) expect(json.error.outcome).toBe("not_sent");
      if (json.error.outcome === "unknown") {
        expect([status, json.error.code, json.error.retryable]).toEqual([504, "OutcomeUnknown", false]);
        expect(json.error.tag).toMatch(/^ht[a-z2-7]{24}$/);
      }
      if (options.outcome === "unknown") expect(json.error.outcome).toBe("unknown");
      if (json.error.retryable) expect(json.error.outcome).toBe("not_sent");
      expect(json.ex).not.toBe("");
      expect(calls.filter(({ method }) => method === "placeOrder")).toHaveLength(1);
    },
  );

  test("an API of one's own that fails with a word that is no outcome is answered the same", async () => {
    const failure = new Failure("OrderRejected", "no", { outcome: "failed" } as unknown as FailureOptions);
    const { status, json } = await answerTo(failure, "http", "POST");
    expect([status, json.error.code, json.error.outcome]).toEqual([504, "OutcomeUnknown", "unknown"]);
  });

  test("a bare exception may have come after the order had left", async () => {
    const broker = exampleBroker({
      placeOrder: async () => {
        throw new TypeError("cannot read properties of undefined");
      },
    });
    const { status, json } = await ask(gatewayOf(broker), "order/place", { body: ORDER });
    expect([status, json.error.outcome]).toEqual([504, "unknown"]);
  });

  test("a write on what has ended comes with the order, in its form of the wire", async () => {
    const filled = { ...openOrder, status: "FILLED", filledQty: 12, avgPrice: 199.5 } as const;
    const broker = exampleBroker({
      order: async () => filled,
      orders: async () => ({ orders: [filled], unmapped: [] }),
      cancelOrder: async () => {
        throw new BrokerError("OrderNotOpen", "filled");
      },
    });
    const { status, json } = await ask(gatewayOf(broker), "order/cancel", { body: { orderId: "6278888" } });
    expect(status).toBe(409);
    expect(json.error.details.order).toMatchObject({
      type: "order",
      isFilled: true,
      isCompleted: true,
      isCancelable: false,
    });
    moment(json.error.details.order.asOf);
  });

  test("to cancel what is canceled is no failure", async () => {
    const canceled = { ...openOrder, status: "CANCELED" } as const;
    const broker = exampleBroker({
      order: async () => canceled,
      orders: async () => ({ orders: [canceled], unmapped: [] }),
      cancelOrder: async () => {
        throw new BrokerError("OrderNotOpen", "gone");
      },
    });
    const { status, json } = await ask(gatewayOf(broker), "order/cancel", { body: { orderId: "6278888" } });
    expect([status, json.canceled, json.ex]).toEqual([200, true, null]);
  });
});

describe("what nobody foresaw", () => {
  const secret = new Error("connect to db-7.internal with password hunter2 failed");

  test("tells nothing of the inside, and is reported", async () => {
    const reports: unknown[] = [];
    const gateway = gatewayOf(exampleBroker(), {
      extendApis: [failing("GET", secret)],
      onError: (...report) => void reports.push(report),
    });
    const { status, json } = await ask(gateway, "failing");
    expect([status, json.ex, json.error.code]).toEqual([502, "internal error", "BrokerFault"]);
    expect(JSON.stringify(json)).not.toContain("hunter2");
    expect(reports).toEqual([[secret, { api: "failing", instance: "futu", requestId: expect.any(String) }]]);
  });

  test("in anything but a read leaves open whether an order was sent", async () => {
    const { status, json } = await answerTo(secret, "http", "POST");
    expect([status, json.error.code, json.error.outcome, json.error.retryable]).toEqual([
      504,
      "OutcomeUnknown",
      "unknown",
      false,
    ]);
    expect(JSON.stringify(json)).not.toContain("hunter2");
  });

  test("before an API has begun leaves open nothing: nothing was sent", async () => {
    const body = z.strictObject({ count: z.string().transform((text) => BigInt(text)) });
    const api = defineApi({
      name: "counted",
      method: "POST",
      path: "counted",
      schema: { summary: "Take a number that its schema throws at", body },
      handler: ({ respond }) => respond(),
    });
    const gateway = gatewayOf(exampleBroker(), { extendApis: [api], onError() {} });
    const { status, json } = await ask(gateway, "counted", { body: { count: "twelve" } });
    expect([status, json.error]).toEqual([
      502,
      { code: "BrokerFault", message: "internal error", outcome: "not_sent", retryable: false },
    ]);
  });

  test.for<[string, () => unknown]>([
    ["a failure with a tag that JSON cannot hold", () => Object.assign(new Failure("BrokerFault", "x"), { tag: 1n })],
    ["a failure whose message throws", () => throwing(new Failure("BrokerFault", "x"), "message")],
    ["an error whose message throws", () => throwing(new Error("x"), "message")],
    ["an error whose cause throws", () => throwing(new Error("x"), "cause")],
    [
      "what throws at every look",
      () =>
        new Proxy(
          {},
          {
            get() {
              throw new Error("look away");
            },
            getPrototypeOf() {
              throw new Error("look away");
            },
          },
        ),
    ],
  ])("is answered in the envelope whatever was thrown: %s", async ([, make]) => {
    for (const method of ["GET", "POST"] as const) {
      const reports: unknown[] = [];
      const options = { extendApis: [failing(method, make())], onError: (error: unknown) => void reports.push(error) };
      const { status, json } = await ask(gatewayOf(exampleBroker(), options), "failing", { method });
      expect([status, json.error.code]).toEqual(method === "GET" ? [502, "BrokerFault"] : [504, "OutcomeUnknown"]);
      expect(reports).toHaveLength(1);
    }
  });

  test("in a body that breaks off tells nothing of the inside, and is reported", async () => {
    const parts = ["part", secret];
    const api = defineApi({
      name: "broken",
      method: "GET",
      path: "broken",
      handler() {
        const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
          const part = parts.shift();
          if (typeof part === "string") controller.enqueue(new TextEncoder().encode(part));
          else throw part;
        };
        return new Response(new ReadableStream({ pull }), { status: 203, headers: { "x-own": "1" } });
      },
    });
    const reports: unknown[] = [];
    const gateway = gatewayOf(exampleBroker(), {
      extendApis: [api],
      onError: (error, { api: name }) => void reports.push([error, name]),
    });
    const response = await gateway.fetch(request("broken"));
    expect([response.status, response.headers.get("x-own")]).toEqual([203, "1"]);
    await expect(response.text()).rejects.toThrow(/^internal error$/);
    expect(reports).toEqual([[secret, "broken"]]);
  });

  test("is none where the client goes away from a body that it asked for", async () => {
    const { promise: gone, resolve: notice } = Promise.withResolvers<unknown>();
    const api = defineApi({
      name: "endless",
      method: "GET",
      path: "endless",
      handler: ({ request: { signal } }) =>
        new Response(
          new ReadableStream({
            start: (controller) => signal.addEventListener("abort", () => controller.error(new Error("gone"))),
            cancel: notice,
          }),
        ),
    });
    const reports: unknown[] = [];
    const gateway = gatewayOf(exampleBroker(), { extendApis: [api], onError: (error) => void reports.push(error) });
    const client = new AbortController();
    const reading = (await gateway.fetch(new Request(request("endless"), { signal: client.signal }))).text();
    client.abort();
    await expect(reading).rejects.toThrow();
    const left = (await gateway.fetch(request("endless"))).body;
    await left?.cancel("bored");
    expect(await gone).toBe("bored");
    expect(reports).toEqual([]);
  });

  test("tells no log of the token that came with the request, though the gateway knows its digest alone", async () => {
    const told: unknown[] = [];
    const token = "onlyItsDigest0001";
    const digest = createHash("sha256").update(token).digest("hex");
    const quoting = defineApi({
      name: "quoting",
      method: "GET",
      path: "quoting",
      handler({ request }) {
        throw new Error(`fetch failed: ${JSON.stringify([...request.headers])}`);
      },
    });
    const tokens = [{ name: "digested", sha256: digest, scopes: ["read"] }] as const;
    const gateway = gatewayOf(exampleBroker({}, [], { ...instance, tokens }), {
      extendApis: [quoting],
      observers: [{ event: (event) => told.push(event) }],
      onError() {},
    });
    expect((await ask(gateway, "quoting", { token })).status).toBe(502);
    expect(told).toMatchObject([{ kind: "error", error: expect.stringContaining("[secret]") }]);
    expect(JSON.stringify(told)).not.toContain(token);
  });

  test("survives a report that fails itself", async () => {
    const onError = () => {
      throw new Error("the log is full");
    };
    const gateway = gatewayOf(exampleBroker(), { extendApis: [failing("GET", secret)], onError });
    expect((await ask(gateway, "failing")).status).toBe(502);
  });

  test("survives a report that is given up later", async () => {
    const unheard = unheardRejections();
    const onError = () => Promise.reject(new Error("the log is away"));
    const gateway = gatewayOf(exampleBroker(), { extendApis: [failing("GET", secret)], onError });
    expect((await ask(gateway, "failing")).status).toBe(502);
    await aFewTurns();
    expect(unheard).toEqual([]);
  });

  test("a handler that answers nothing, or answers the envelope's own fields, is at fault", async () => {
    const silent = { name: "silent", method: "GET", path: "silent", handler: () => undefined };
    const forging = defineApi({
      name: "forging",
      method: "GET",
      path: "forging",
      handler: ({ respond }) => respond({ ex: "no" }),
    });
    const plain = { name: "plain", method: "GET", path: "plain", handler: () => ({ hello: "world" }) };
    const gateway = gatewayOf(exampleBroker(), {
      // @ts-expect-error a handler must answer
      extendApis: [silent, forging, plain],
      onError() {},
    });
    expect((await ask(gateway, "plain")).json.ex).toBe("internal error");
    expect((await ask(gateway, "silent")).json.ex).toBe("internal error");
    expect((await ask(gateway, "forging")).json.ex).toBe("internal error");
  });

  test.each<[string, () => unknown]>([
    ["a list", () => ["hello"]],
    ["what is written as text", () => new Date()],
    ["what is written as nothing", () => ({ toJSON: () => undefined })],
  ])("fields that are %s are at fault, since no envelope holds them", async (_what, make) => {
    const api = defineApi({
      name: "odd",
      method: "GET",
      path: "odd",
      // An untyped handler can give anything.
      handler: ({ respond }) => respond(make() as Readonly<Record<string, unknown>>),
    });
    const { status, json } = await ask(gatewayOf(exampleBroker(), { extendApis: [api], onError() {} }), "odd");
    expect([status, json.ex]).toEqual([502, "internal error"]);
  });

  test("a handler that answers what can be sent no more, or is another library's response, is at fault", async () => {
    const kept = new Response("kept");
    const theirs: unknown = { status: 200, headers: {}, data: "hello" };
    const apis = [
      defineApi({ name: "kept", method: "POST", path: "kept", handler: () => kept }),
      defineApi({ name: "failed", method: "POST", path: "failed", handler: () => Response.error() }),
      defineApi({ name: "theirs", method: "POST", path: "theirs", handler: () => theirs as Response }),
    ];
    const gateway = gatewayOf(exampleBroker(), { extendApis: apis, onError() {} });
    expect(await (await gateway.fetch(request("kept", { method: "POST" }))).text()).toBe("kept");
    for (const path of ["kept", "failed", "theirs"]) {
      const { status, json } = await ask(gateway, path, { method: "POST" });
      expect([path, status, json.error.outcome]).toEqual([path, 504, "unknown"]);
    }
  });
});
