/** One answer to every miss: nobody learns from it which part was wrong. */
import { describe, expect, test } from "vitest";
import { createHttpTrading } from "../../mod.ts";
import { type Calls, exampleBroker, gatewayOf, INSTANCE, instance, request, TOKEN } from "./gateway.ts";

const OTHER = { instanceId: "otherInstance0001", tokens: ["otherToken0123456", "otherToken6543210"] };
const calls: Calls = [];
let started = 0;
const start = async () => {
  started += 1;
};
const trading = createHttpTrading({
  brokers: [exampleBroker({ start }, calls), exampleBroker({ start }, calls, OTHER)],
});

const body = { method: "POST", headers: { "content-type": "application/json" }, body: '{"qty":' };
const url = (path: string) => `http://127.0.0.1${path}`;
const at = (path: string, id = INSTANCE) => url(`/httptrading/api/${id}/${path}`);
const token = (value: string) => ({ headers: { "HT-TOKEN": value } });

const MISSES: Readonly<Record<string, Request>> = {
  "no token": new Request(at("ping/state")),
  "an empty token": new Request(at("ping/state"), token("")),
  "a wrong token": new Request(at("ping/state"), token("0123456789abcdef")),
  "a token with one character more": new Request(at("ping/state"), token(`${TOKEN}x`)),
  "a token in another case": new Request(at("ping/state"), token(TOKEN.toLowerCase())),
  "the token of another instance": new Request(at("ping/state"), token(OTHER.tokens[0] ?? "")),
  "two tokens in one header": new Request(at("ping/state"), token(`${TOKEN}, ${TOKEN}`)),
  "an endless token": new Request(at("ping/state"), token("x".repeat(8000))),
  "a token of other letters": new Request(at("ping/state"), token("ÿ".repeat(16))),
  "the token in the query": new Request(at(`ping/state?HT-TOKEN=${TOKEN}&token=${TOKEN}`)),
  "the token as a bearer": new Request(at("ping/state"), { headers: { authorization: `Bearer ${TOKEN}` } }),
  "an unknown instance": request("ping/state", { instanceId: "unknownInstance01" }),
  "an unknown instance without a token": new Request(at("ping/state", "unknownInstance01")),
  "an instance that is no id": request("ping/state", { instanceId: "short" }),
  "the instance in another case": request("ping/state", { instanceId: INSTANCE.toLowerCase() }),
  "an unknown route": request("ping/status"),
  "an unknown route without a token": new Request(at("ping/status")),
  "a trailing slash": request("ping/state/"),
  "a doubled slash": request("ping//state"),
  "no route": request(""),
  "a wrong method": request("ping/state", { method: "POST", body: {} }),
  "a wrong method without a token": new Request(at("ping/state"), { method: "POST" }),
  "GET on an order": request("order/place"),
  OPTIONS: request("ping/state", { method: "OPTIONS" }),
  DELETE: request("order/cancel", { method: "DELETE" }),
  "a bad body without a token": new Request(at("order/place"), body),
  "a bad query without a token": new Request(at("market/quote?x=1&x=2")),
  "the root": new Request(url("/")),
  "the root of the API": new Request(url("/httptrading/api")),
  "a path beside": new Request(url("/httptrading/healthy")),
  "metrics without a token": new Request(url("/httptrading/metrics")),
  "metrics with the token of an instance": new Request(url("/httptrading/metrics"), token(TOKEN)),
  "readiness with the token of an instance": new Request(url("/httptrading/health/ready"), token(TOKEN)),
  "a name for the request": request("ping/status", { headers: { "X-Request-Id": "mine-1" } }),
  "an endless URL": request(`ping/state?x=${"x".repeat(9000)}`),
  "a browser's question": request("ping/state", {
    method: "OPTIONS",
    headers: { Origin: "https://desk.example.org", "Access-Control-Request-Method": "GET" },
  }),
  "a prototype's name": request("ping/state", { instanceId: "__proto__" }),
  "a method of the documents": new Request(url("/httptrading/health"), { method: "POST" }),
};

async function seen(response: Response): Promise<unknown> {
  return { status: response.status, headers: [...response.headers].sort(), body: await response.text() };
}

test.for(Object.entries(MISSES))("%s", async ([, miss]) => {
  expect(await seen(await trading.fetch(miss))).toEqual({
    status: 404,
    headers: [
      ["cache-control", "no-store"],
      ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
      ["content-type", "text/plain; charset=utf-8"],
      ["cross-origin-resource-policy", "same-origin"],
      ["x-content-type-options", "nosniff"],
      ["x-frame-options", "DENY"],
    ],
    body: "404: Not Found",
  });
});

test("none of them reached a broker, or even started one", () => {
  expect(calls.filter(({ method }) => method !== "start")).toEqual([]);
  expect(started).toBe(0);
});

test("the body of a miss is not read", async () => {
  let pulled = 0;
  const stream = new ReadableStream({
    pull() {
      pulled += 1;
    },
  });
  const opened = pulled;
  const miss = new Request(at("order/place"), { ...body, body: stream, duplex: "half" } as RequestInit);
  expect((await trading.fetch(miss)).status).toBe(404);
  expect([miss.bodyUsed, pulled - opened <= 1]).toEqual([false, true]);
});

describe("tokens that open", () => {
  test("each of several, at once and again", async () => {
    for (const value of [...OTHER.tokens, ...OTHER.tokens]) {
      expect((await trading.fetch(new Request(at("ping/state", OTHER.instanceId), token(value)))).status).toBe(200);
    }
    expect(
      (await trading.fetch(new Request(at("ping/state", OTHER.instanceId), token("0123456789abcdef")))).status,
    ).toBe(404);
  });

  test("in a header of another name", async () => {
    const renamed = gatewayOf(exampleBroker(), { tokenHeader: "X-My-Token" });
    const withHeader = (name: string) => new Request(at("ping/state"), { headers: { [name]: TOKEN } });
    expect((await renamed.fetch(withHeader("x-my-token"))).status).toBe(200);
    expect((await renamed.fetch(withHeader("HT-TOKEN"))).status).toBe(404);
  });

  test("HEAD answers as GET does, without a body", async () => {
    const response = await trading.fetch(request("ping/state", { method: "HEAD" }));
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });
});

test("ids and tokens stand nowhere on the gateway or the broker", () => {
  const broker = exampleBroker();
  const gateway = gatewayOf(broker);
  const shown = [broker, gateway, gateway.instances, instanceText(gateway)].map((value) => JSON.stringify(value) ?? "");
  for (const secret of [INSTANCE, TOKEN]) {
    for (const text of shown) expect(text).not.toContain(secret);
  }
  expect(instance.tokens).toEqual([TOKEN]);
});

function instanceText(value: object): string {
  return Object.getOwnPropertyNames(value)
    .map((name) => String(Reflect.get(value, name)))
    .join(" ");
}
