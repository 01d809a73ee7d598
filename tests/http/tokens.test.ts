/** Tokens with a name and bounds: what each opens, for how long, and what the gateway calls who holds it. */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Api, createHttpTrading, type Scope, type TokenOptions } from "../../mod.ts";
import { createTokenTable } from "../../src/http/auth.ts";
import { STD_APIS } from "../../src/http/std-apis.ts";
import { ask, type Calls, exampleBroker, INSTANCE, ORDER, request, TOKEN } from "./gateway.ts";

const SECRET = "strategyToken0001";
const sha256 = createHash("sha256").update(SECRET).digest("hex");

afterEach(() => {
  vi.useRealTimers();
});

function gatewayFor(tokens: readonly (string | TokenOptions)[], calls: Calls = []) {
  return createHttpTrading({ brokers: [exampleBroker({}, calls, { instanceId: INSTANCE, tokens })] });
}

const BODIES: Readonly<Record<string, object>> = {
  orderPlace: ORDER,
  orderReplace: { orderId: "6278888", qty: 20 },
  orderCancel: { orderId: "6278888" },
  orderResolve: { tag: "htabcdefghijklmnopqrstuvwx", outcome: "not_sent", reason: "a test" },
  orderEnd: { orderId: "6278888", status: "CANCELED", reason: "a test" },
};

async function statusOf(api: Api, scopes: readonly Scope[]): Promise<number> {
  const trading = gatewayFor([{ token: SECRET, name: "bot", scopes }]);
  const query = new URLSearchParams(api.schema?.queryExample ?? {}).toString();
  const body = BODIES[api.name];
  const path = query === "" ? api.path : `${api.path}?${query}`;
  const answer = await trading.fetch(
    request(path, { token: SECRET, method: api.method, ...(body === undefined ? {} : { body }) }),
  );
  await answer.body?.cancel();
  await trading.close();
  return answer.status;
}

describe("a scope opens its own APIs and no others", () => {
  const NEEDED: Readonly<Record<string, Scope>> = {
    orderPlace: "trade",
    orderReplace: "trade",
    orderCancel: "cancel",
    orderResolve: "admin",
    orderEnd: "admin",
    guardState: "admin",
    guardChange: "admin",
  };
  test.for(STD_APIS.filter(({ name }) => !name.startsWith("guard")).map((api) => [api.name, api] as const))(
    "%s",
    async ([name, api]) => {
      const needed = NEEDED[name] ?? "read";
      const all: readonly Scope[] = ["read", "trade", "cancel", "admin"];
      expect(
        await statusOf(
          api,
          all.filter((scope) => scope !== needed),
        ),
      ).toBe(403);
      expect(await statusOf(api, [needed])).not.toBe(403);
    },
  );
});

test("what is missing is told before anything is read, and nothing is done", async () => {
  const calls: Calls = [];
  const trading = gatewayFor([{ token: SECRET, name: "dashboard", scopes: ["read"] }], calls);
  const answer = await ask(trading, "order/place", { token: SECRET, body: { nonsense: 1 } });
  expect(answer).toMatchObject({
    status: 403,
    json: {
      ex: "this needs a token with the scope trade; dashboard has read",
      error: {
        code: "Forbidden",
        outcome: "not_sent",
        retryable: false,
        details: { missing: "trade", scopes: ["read"] },
      },
    },
  });
  expect(calls).toEqual([]);
});

test("an API of one's own needs read for a GET, trade for the rest, or what it says", async () => {
  const handler: Api["handler"] = ({ respond }) => respond();
  const trading = createHttpTrading({
    brokers: [
      exampleBroker({}, [], { instanceId: INSTANCE, tokens: [{ token: SECRET, name: "bot", scopes: ["read"] }] }),
    ],
    extendApis: [
      { name: "look", method: "GET", path: "own/look", handler },
      { name: "act", method: "POST", path: "own/act", handler },
      { name: "harmless", method: "POST", path: "own/harmless", scope: "read", handler },
    ],
  });
  const statuses = [
    request("own/look", { token: SECRET }),
    request("own/act", { token: SECRET, method: "POST", body: {} }),
    request("own/harmless", { token: SECRET, method: "POST", body: {} }),
  ].map(async (asked) => (await trading.fetch(asked)).status);
  expect(await Promise.all(statuses)).toEqual([200, 403, 200]);
});

test("a token may be given as its hash alone", async () => {
  const trading = gatewayFor([TOKEN, { sha256, name: "bot", scopes: ["read"] }]);
  expect((await ask(trading, "ping/state", { token: SECRET })).status).toBe(200);
  expect((await trading.fetch(request("ping/state", { token: sha256 }))).status).toBe(404);
});

test("the digest of no text is no token: it would open the gateway to everybody who sends none", async () => {
  const ofNothing = createHash("sha256").update("").digest("hex");
  const bot = { sha256: ofNothing, name: "bot", scopes: ["trade"] } as const;
  expect(() => gatewayFor([bot])).toThrow(/tokens\[0\]\.sha256 is the digest of no text/);
  const brokers = [exampleBroker()];
  expect(() => createHttpTrading({ brokers, adminTokens: [{ sha256: ofNothing, name: "ops" }] })).toThrow(
    /adminTokens\[0\]\.sha256 is the digest of no text/,
  );
  // Nor does a table match it by itself.
  const table = createTokenTable([bot], 1);
  expect([null, "", "no token"].map((header) => table.check(header))).toEqual([undefined, undefined, undefined]);
});

test("an expired token is answered like any other that is none, also when it was good before", async () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1), toFake: ["Date"] });
  const trading = gatewayFor([{ token: SECRET, name: "bot", scopes: ["read"], expiresAt: "2026-01-01T00:00:01Z" }]);
  const wrong = request("ping/state", { token: "0123456789abcdef" });
  expect((await ask(trading, "ping/state", { token: SECRET })).status).toBe(200);
  vi.setSystemTime(Date.UTC(2026, 0, 1, 0, 0, 1));
  const expired = await trading.fetch(request("ping/state", { token: SECRET }));
  const miss = await trading.fetch(wrong);
  expect([expired.status, await expired.text(), [...expired.headers]]).toEqual([
    404,
    await miss.text(),
    [...miss.headers],
  ]);
});

test("two tokens of one name are one principal: a key answers the same under either", async () => {
  const old = { token: SECRET, name: "bot", scopes: ["trade"] } as const;
  const trading = gatewayFor([
    old,
    { ...old, token: "strategyToken0002" },
    { ...old, token: "other-principal-01", name: "other" },
  ]);
  const place = (token: string) =>
    ask(trading, "order/place", { token, body: ORDER, headers: { "idempotency-key": "k" } });
  const first = await place(SECRET);
  const second = await place("strategyToken0002");
  const other = await place("other-principal-01");
  expect([second.json.tag, second.headers.get("idempotent-replayed")]).toEqual([first.json.tag, "true"]);
  expect(other.json.tag).not.toBe(first.json.tag);
});

test("a stream of events ends with the token that it was asked for with, before anything that came after", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 0, 1) });
  const expiring = { token: SECRET, name: "bot", scopes: ["read"], expiresAt: "2026-01-01T01:00:00Z" } as const;
  const trading = gatewayFor([TOKEN, expiring]);
  const reader = (await trading.fetch(request("order/events", { token: SECRET }))).body?.getReader();
  const next = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect(await next()).toContain("retry:");
  expect(await next()).toContain("event: snapshot");
  expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(200);
  expect(await next()).toContain("event: order");
  vi.setSystemTime(Date.UTC(2026, 0, 1, 1));
  expect((await ask(trading, "order/place", { body: ORDER })).status).toBe(200);
  expect(await reader?.read()).toEqual({ done: true, value: undefined });
  await trading.close();
});

test("a digest that differs in one bit, wherever that is, is none of the token's", () => {
  const tableOf = (digest: string) => createTokenTable([{ sha256: digest, name: "bot", scopes: ["read"] }], 1);
  expect(tableOf(sha256).check(SECRET)?.principal).toBe("bot");
  for (const [place, byte] of Buffer.from(sha256, "hex").entries()) {
    const other = Buffer.from(sha256, "hex");
    other[place] = byte ^ 1;
    expect(tableOf(other.toString("hex")).check(SECRET), `byte ${place}`).toBeUndefined();
  }
});
