/** The kill switch and the limits over HTTP: who may turn it, and what a refusal looks like. */
import { describe, expect, test } from "vitest";
import { createHttpTrading, type HttpTrading, type RiskOptions } from "../../mod.ts";
import { ask, exampleBroker, INSTANCE, ORDER, request, TOKEN } from "./gateway.ts";

const ADMIN = "adminOfInstance01";
const ROOT = "operatorOfGateway";
const OTHER = "otherInstance0001";

function gateway(risk?: RiskOptions): HttpTrading {
  const tokens = [TOKEN, { token: ADMIN, name: "ops", scopes: ["admin"] as const }];
  const limits = risk === undefined ? {} : { risk };
  return createHttpTrading({
    brokers: [
      exampleBroker({}, [], { instanceId: INSTANCE, tokens, ...limits }),
      exampleBroker({}, [], { instanceId: OTHER, tokens: ["otherToken0123456"], name: "other" }),
    ],
    adminTokens: [ROOT],
  });
}

const HALT = { state: "HALTED", reason: "drawdown" };

test("the document's pattern of a reason is one for every kind of regular expression", async () => {
  const trading = gateway();
  const document = await (await trading.fetch(new Request("http://127.0.0.1/httptrading/openapi.json"))).json();
  const { pattern } = document.components.schemas.TurnGuard.properties.reason;
  for (const flags of ["", "u"]) expect("Cap {p} reached").toMatch(new RegExp(pattern, flags));
});

// Of the example's two orders one has no name here: no `cancelAll` of it is complete.
describe("the switch of an instance", () => {
  test("is turned and read with an admin's token", async () => {
    const trading = gateway();
    const turned = await ask(trading, "guard/state", { token: ADMIN, body: { ...HALT, cancelAll: true } });
    expect(turned).toMatchObject({
      status: 200,
      json: {
        ex: null,
        guard: {
          type: "guard",
          state: "HALTED",
          known: true,
          instance: { state: "HALTED", principal: "ops", reason: "drawdown", at: expect.stringMatching(/\+00:00$/) },
          gateway: { state: "ACTIVE", principal: null, reason: null, at: null },
        },
        written: true,
        canceled: { orderIds: ["6278888"], failed: [], complete: false },
      },
    });
    const { json } = await ask(trading, "guard/state", { token: ADMIN });
    expect(json.guard).toEqual(turned.json.guard);
    const placed = await ask(trading, "order/place", { body: ORDER });
    expect([placed.status, placed.json.error]).toMatchObject([
      422,
      { code: "Halted", outcome: "not_sent", retryable: false },
    ]);
    expect((await ask(trading, "order/cancel", { body: { orderId: "6278888" } })).status).toBe(200);
    expect(
      (await ask(trading, "order/place", { body: ORDER, instanceId: OTHER, token: "otherToken0123456" })).status,
    ).toBe(200);
  });

  test.for<[string, object, string]>([
    ["no reason", { state: "HALTED" }, "reason"],
    ["an empty reason", { ...HALT, reason: "" }, "reason"],
    ["a reason over lines", { ...HALT, reason: "a\nb" }, "reason"],
    ["a reason over lines, by the separator of Unicode", { ...HALT, reason: "a\u2028b" }, "reason"],
    ["an unknown state", { ...HALT, state: "halted" }, "state"],
    ["cancelAll while orders are let through", { state: "ACTIVE", reason: "over", cancelAll: true }, "cancelAll"],
    ["an unknown key", { ...HALT, all: true }, "all"],
  ])("changes nothing for %s", async ([, body, path]) => {
    const trading = gateway();
    const answer = await ask(trading, "guard/state", { token: ADMIN, body });
    expect([answer.status, answer.json.error.details[0].path]).toEqual([400, path]);
    expect((await ask(trading, "guard/state", { token: ADMIN })).json.guard.state).toBe("ACTIVE");
  });

  test("is not for a plain token", async () => {
    const trading = gateway();
    for (const how of [{}, { body: HALT }]) expect((await ask(trading, "guard/state", how)).status).toBe(403);
    expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(200);
  });
});

describe("the switch of the gateway", () => {
  const asked = (token: string, body?: unknown, query = "") =>
    new Request(`http://127.0.0.1/httptrading/guard/state${query}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "HT-TOKEN": token, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  test("is turned with an operator's token and holds for every instance", async () => {
    const trading = gateway();
    const turned = await trading.fetch(asked(ROOT, { ...HALT, cancelAll: true }));
    expect([turned.status, await turned.json()]).toMatchObject([
      200,
      {
        ex: null,
        gateway: { state: "HALTED", principal: "admin", reason: "drawdown" },
        known: true,
        instances: [
          { name: "futu", broker: "futu", state: "HALTED" },
          { name: "other", broker: "futu", state: "HALTED" },
        ],
        written: true,
        canceled: [
          { name: "futu", orderIds: ["6278888"], failed: [], complete: false },
          { name: "other", orderIds: ["6278888"], failed: [], complete: false },
        ],
      },
    ]);
    for (const how of [{}, { instanceId: OTHER, token: "otherToken0123456" }]) {
      expect((await ask(trading, "order/place", { body: ORDER, ...how })).json.error.code).toBe("Halted");
    }
    await trading.fetch(asked(ROOT, { state: "ACTIVE", reason: "over" }));
    expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(200);
    expect(await (await trading.fetch(asked(ROOT))).json()).toMatchObject({
      gateway: { state: "ACTIVE", reason: "over" },
    });
  });

  test("is answered for after the gateway has closed too", async () => {
    const trading = gateway();
    await trading.close();
    const halted = await trading.fetch(asked(ROOT, HALT));
    expect([halted.status, await halted.json()]).toMatchObject([200, { written: false }]);
    const active = await trading.fetch(asked(ROOT, { state: "ACTIVE", reason: "over" }));
    expect([active.status, await active.json()]).toMatchObject([503, { error: { code: "NotConnected" } }]);
  });

  test.for([
    ["of an instance", (body: unknown) => request("guard/state?cancelAll=true", { token: ADMIN, body })],
    ["of all", (body: unknown) => asked(ROOT, body, "?cancelAll=true")],
  ] as const)(
    "%s is not turned where cancelAll stands in the URL, in which it would cancel nothing",
    async ([, turn]) => {
      const trading = gateway();
      const answer = await trading.fetch(turn(HALT));
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { error: { code: "InvalidRequest", details: [{ path: "cancelAll" }] } },
      ]);
      expect((await ask(trading, "guard/state", { token: ADMIN })).json.guard.state).toBe("ACTIVE");
    },
  );

  test("tells what is wrong with a request", async () => {
    const answer = await gateway().fetch(asked(ROOT, { state: "HALTED" }));
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "InvalidRequest" } }]);
  });

  test("is shown to the admin of one instance with that instance, and not turned by it", async () => {
    const trading = gateway();
    expect(await (await trading.fetch(asked(ADMIN))).json()).toMatchObject({ instances: [{ name: "futu" }] });
    const refused = await trading.fetch(asked(ADMIN, HALT));
    expect([refused.status, await refused.json()]).toMatchObject([403, { error: { code: "Forbidden" } }]);
    expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(200);
  });

  test.for([
    ["a plain token", TOKEN],
    ["nobody", ""],
  ] as const)("is not there for %s", async ([, token]) => {
    const trading = gateway();
    const miss = await trading.fetch(new Request("http://127.0.0.1/httptrading/nothing"));
    for (const body of [undefined, HALT]) {
      const answer = await trading.fetch(asked(token, body));
      expect([answer.status, [...answer.headers]]).toEqual([404, [...miss.headers]]);
    }
    expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(200);
  });

  test("does not open the instances", async () => {
    expect((await gateway().fetch(request("ping/state", { token: ROOT }))).status).toBe(404);
  });

  test("is the same 404 for everybody without operators", async () => {
    const trading = createHttpTrading({ brokers: [exampleBroker()] });
    expect((await trading.fetch(asked(ROOT))).status).toBe(404);
  });
});

test("what is beyond a limit is told with the rule, the value and the limit", async () => {
  const trading = gateway({ maxOrderQty: 10 });
  const { status, json } = await ask(trading, "order/place", { body: ORDER, headers: { "idempotency-key": "k" } });
  expect([status, json.error]).toEqual([
    422,
    {
      code: "LimitExceeded",
      message: "the quantity is 12, at most 10 (risk.maxOrderQty)",
      outcome: "not_sent",
      retryable: false,
      details: {
        rule: "risk.maxOrderQty",
        value: 12,
        limit: 10,
        breaches: [{ rule: "risk.maxOrderQty", value: 12, limit: 10, message: "the quantity is 12, at most 10" }],
      },
    },
  ]);
  // The refusal is not stored: the key is free for an order within the limit.
  const smaller = await ask(trading, "order/place", {
    body: { ...ORDER, qty: 10 },
    headers: { "idempotency-key": "k" },
  });
  expect(smaller.status).toBe(200);
});

test("limits and tokens are not on the broker that logs would show", () => {
  const tokens = [{ token: ADMIN, name: "ops", scopes: ["admin"] as const }];
  const broker = exampleBroker({}, [], { instanceId: INSTANCE, tokens, risk: { maxOrderQty: 7 } });
  expect(JSON.stringify(broker) + Object.keys(broker).join()).not.toMatch(/adminOf|ggUqP|maxOrderQty/);
});
