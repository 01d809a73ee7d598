/** Browsers: pages of other origins may do nothing, unless named; and learn nothing of what is there. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type CorsOptions, createHttpTrading, defineApi } from "../../mod.ts";
import { exampleBroker, gatewayOf, INSTANCE, request } from "./gateway.ts";

const ORIGIN = "https://desk.example.org";
const question = (path: string, origin = ORIGIN, instanceId = INSTANCE) =>
  request(path, {
    instanceId,
    method: "OPTIONS",
    headers: { Origin: origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "ht-token" },
  });

async function seen(response: Response): Promise<unknown> {
  return { status: response.status, headers: [...response.headers].sort(), body: await response.text() };
}

const ofCors = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"));

test("without the option no answer has a word of it", async () => {
  const trading = gatewayOf(exampleBroker());
  for (const asked of [request("ping/state", { headers: { Origin: ORIGIN } }), question("ping/state")]) {
    expect(ofCors(await trading.fetch(asked))).toEqual({});
  }
});

describe("for a named origin", () => {
  const trading = gatewayOf(exampleBroker(), { cors: { origins: [ORIGIN, "http://localhost:5173"] } });

  test("the question is answered alike for what is there and what is not", async () => {
    const answers = await Promise.all(
      [
        question("order/place"),
        question("order/place", ORIGIN, "unknownInstance01"),
        question("nothing/here"),
        new Request("http://127.0.0.1/", { method: "OPTIONS", headers: question("x").headers }),
      ].map(async (asked) => seen(await trading.fetch(asked))),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toEqual({
      status: 204,
      headers: [
        [
          "access-control-allow-headers",
          "ht-token, content-type, idempotency-key, last-event-id, x-request-id, traceparent, tracestate",
        ],
        ["access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE"],
        ["access-control-allow-origin", ORIGIN],
        ["access-control-expose-headers", "x-request-id, retry-after, idempotent-replayed"],
        ["access-control-max-age", "600"],
        ["vary", "Origin"],
      ],
      body: "",
    });
  });

  test.for([
    request("ping/state", { headers: { Origin: ORIGIN } }),
    request("ping/state", { headers: { Origin: ORIGIN }, token: "wrongToken0123456" }),
    request("order/events", { headers: { Origin: ORIGIN } }),
    new Request("http://127.0.0.1/httptrading/health", { headers: { Origin: ORIGIN } }),
  ])("answers may be read", async (asked) => {
    const answer = await trading.fetch(asked);
    expect(ofCors(answer)).toEqual({
      "access-control-allow-origin": ORIGIN,
      "access-control-expose-headers": "x-request-id, retry-after, idempotent-replayed",
      vary: "Origin",
    });
    await answer.body?.cancel();
  });

  test.for([
    "https://desk.example.org.evil.example",
    "http://desk.example.org",
    "https://desk.example.org:8443",
    "https://DESK.example.org",
    "null",
    "*",
  ])("but not by %s", async (origin) => {
    const answer = await trading.fetch(request("ping/state", { headers: { Origin: origin } }));
    expect([answer.status, ofCors(answer)]).toEqual([200, { vary: "Origin" }]);
    const asked = await trading.fetch(question("ping/state", origin));
    expect([asked.status, ofCors(asked)]).toEqual([404, { vary: "Origin" }]);
  });

  test("OPTIONS that is no question is the miss that it is everywhere", async () => {
    expect(
      (await trading.fetch(request("ping/state", { method: "OPTIONS", headers: { Origin: ORIGIN } }))).status,
    ).toBe(404);
  });
});

test("an answer that an API of one's own has fetched has the words too", async () => {
  const far = createServer((_request, response) => {
    response.setHeader("x-content-type-options", "nosniff");
    response.end("far");
  });
  await once(far.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void far.close());
  const { port } = far.address() as AddressInfo;
  const handler = () => fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  const api = defineApi({ name: "far", method: "GET", path: "far", handler });
  const trading = gatewayOf(exampleBroker(), { cors: { origins: [ORIGIN] }, extendApis: [api] });
  const answer = await trading.fetch(request("far", { headers: { origin: ORIGIN } }));
  expect([answer.status, await answer.text()]).toEqual([200, "far"]);
  expect(ofCors(answer)).toMatchObject({ "access-control-allow-origin": ORIGIN });
});

test("any origin, when that is what was asked for", async () => {
  const trading = gatewayOf(exampleBroker(), { cors: { anyOrigin: true, maxAgeSeconds: 5 }, tokenHeader: "X-Mine" });
  const answer = await trading.fetch(question("ping/state", "https://anybody.example"));
  expect(ofCors(answer)).toMatchObject({ "access-control-allow-origin": "*", "access-control-max-age": "5" });
  expect(answer.headers.get("access-control-allow-headers")).toMatch(/^x-mine, /);
  expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
});

test.for<[unknown, RegExp]>([
  [true, /cors must be an object/],
  [{}, /cors\.origins must be a list of origins/],
  [{ origins: [] }, /cors\.origins must be a list of origins/],
  [{ origins: ["*"] }, /cors\.origins\[0\] would let every page of the web use a token.*anyOrigin: true/],
  [{ origins: [ORIGIN, `${ORIGIN}/`] }, /cors\.origins\[1\] must be an exact origin/],
  [{ origins: [`${ORIGIN}/path`] }, /must be an exact origin/],
  [{ origins: ["https://*.example.org"] }, /must be an exact origin/],
  [{ origins: ["desk.example.org"] }, /must be an exact origin/],
  [{ origins: ["https://DESK.example.org"] }, /must be an exact origin/],
  [{ origins: ["null"] }, /must be an exact origin/],
  [{ origins: [ORIGIN], anyOrigin: true }, /either origins or anyOrigin/],
  [{ anyOrigin: "yes" }, /cors\.anyOrigin must be true or false/],
  [{ origins: [ORIGIN], maxAgeSeconds: -1 }, /cors\.maxAgeSeconds must be a whole number/],
  [{ origins: [ORIGIN], credentials: true }, /cors\.credentials is not an option/],
])("%j is refused", ([cors, message]) => {
  expect(() => createHttpTrading({ brokers: [], cors: cors as CorsOptions })).toThrow(message);
});
