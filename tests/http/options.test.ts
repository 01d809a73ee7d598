/** Options: what is wrong is told at once, all of it, and without a secret. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import * as z3 from "zod/v3";
import {
  type Api,
  type Broker,
  createHttpTrading,
  defineApi,
  defineBroker,
  type HttpTradingOptions,
  type InstanceOptions,
  memoryJournal,
  type RiskOptions,
  type TokenAllowance,
  type TokenLimits,
  type TokenOptions,
} from "../../mod.ts";
import { ask, exampleBroker, INSTANCE, instance, TOKEN } from "./gateway.ts";

/** The faults that these options are refused with. */
function faults(options: unknown): string[] {
  try {
    createHttpTrading(options as HttpTradingOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    const { message } = error as TypeError;
    for (const secret of [INSTANCE, TOKEN, "bad id with spaces", "short"]) expect(message).not.toContain(secret);
    return message
      .split("\n")
      .slice(1)
      .map((line) => line.replace(/^- /, ""));
  }
  return [];
}

function brokerOf(own: Partial<Record<keyof InstanceOptions, unknown>>): Broker {
  return exampleBroker({}, [], { ...instance, ...own } as InstanceOptions);
}

const BOT = { token: "strategyToken0001", name: "bot", scopes: ["read"] };

const api = (own: Partial<Record<keyof Api, unknown>>) =>
  ({ name: "hello", method: "GET", path: "hello/world", handler: () => new Response(), ...own }) as Api;

/** The standard APIs, in one of which something is changed. */
const changing = (name: string, change: (api: Api) => Partial<Record<keyof Api, unknown>>) => (std: readonly Api[]) =>
  std.map((each) => (each.name === name ? { ...each, ...change(each) } : each));

test("good options begin at once, without any I/O", () => {
  let started = 0;
  const broker = exampleBroker({
    start: async () => {
      started += 1;
    },
  });
  const trading = createHttpTrading({ brokers: [broker] });
  expect([typeof trading, trading instanceof Promise, started]).toEqual(["function", false, 0]);
  expect(faults({ brokers: [] })).toEqual([]);
  const symbols = ["HK 00700", "US BRK.B", "CN 600519", "Cryptocurrencies US btc", "JP 7203"];
  expect(faults({ brokers: [brokerOf({ risk: { allow: { symbols } } })] })).toEqual([]);
});

test("every option of a token, of an operator's token and of limits is taken, to its edges", () => {
  const contracts = { regions: ["US"], symbols: ["US AAPL"] };
  const allow = {
    ...contracts,
    directions: ["BUY"],
    orderTypes: ["Limit"],
    lifecycles: ["RTH"],
  } satisfies Required<TokenAllowance>;
  const limits = {
    maxOrderValue: 0.5,
    maxOrderQty: 0.5,
    maxDailyValue: 0.5,
    ordersPerMinute: 0,
  } satisfies Required<TokenLimits>;
  const token = { ...BOT, scopes: ["read"], expiresAt: new Date(), allow, limits } satisfies Required<
    Omit<TokenOptions, "sha256">
  >;
  const risk = {
    currency: "HKD",
    rates: { USD: 7.8, HKD: 1 },
    maxOrderValue: 0.5,
    maxOrderQty: 0.5,
    maxDailyValue: 0.5,
    maxOpenOrders: 0,
    priceCollar: 1,
    quotes: { maxAgeMs: 1, missing: "refuse" },
    duplicateWindowMs: 1,
    allow: contracts,
    allowShort: false,
  } satisfies Required<RiskOptions>;
  const operator = { name: "ops", expiresAt: "2026-12-31T23:59:59+08:00", sha256: "0".repeat(64) };
  expect(faults({ brokers: [brokerOf({ tokens: [token], risk })], adminTokens: [operator] })).toEqual([]);
});

test.each([
  [Number.NaN, "NaN"],
  [10n, "10"],
  ["30", '"30"'],
  [[], "a list"],
])("a value of another type is told as what it is, whatever it is: %o", (value: unknown, told) => {
  const options = { brokers: [brokerOf({ deadlineMs: value })], extendApis: [api({ method: value })] };
  const origins = { brokers: [], tokenHeader: [value], errorStatus: value, idempotencyDays: value };
  expect(faults(options).every((fault) => fault.endsWith(`, not ${told}`))).toBe(true);
  expect(faults(options)).toHaveLength(2);
  expect(faults(origins).slice(1)).toEqual([
    `errorStatus must be "http" or 200, not ${told}`,
    `idempotencyDays must be a whole number from 1 to 36525, not ${told}`,
  ]);
});

describe("defineBroker", () => {
  test("makes a broker that may stand behind a proxy, and be bound anew", async () => {
    const broker = exampleBroker();
    const asked: PropertyKey[] = [];
    const wrapped = new Proxy(broker, {
      get(target, name) {
        asked.push(name);
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await using trading = createHttpTrading({ brokers: [wrapped] });
    expect((await ask(trading, "ping/state")).json).toMatchObject({ pong: true });
    expect(asked).toContain("ping");
    const renamed = defineBroker({ ...instance, name: "another" }, broker);
    expect(createHttpTrading({ brokers: [renamed] }).instances).toMatchObject([{ name: "another" }]);
  });

  test("says what it cannot bind", () => {
    const define = (options: unknown, broker: unknown) => () =>
      defineBroker(options as typeof instance, broker as Broker);
    const needs = /^defineBroker needs an object that an instance can be bound to, neither frozen nor sealed/;
    for (const broker of [Object.freeze({}), Object.seal({}), undefined, null, "futu"]) {
      expect(define(instance, broker)).toThrow(needs);
    }
    expect(define(undefined, {})).toThrow(/^defineBroker needs the options of an instance/);
  });
});

test.each([
  ["nothing", () => undefined],
  ["half of it", () => ({})],
  [
    "an error",
    () => {
      throw new Error("no capabilities");
    },
  ],
])(
  "an instance whose broker says %s of its capabilities counts as real money, and is no fault of the others",
  (_, say) => {
    const broker = exampleBroker({ capabilities: say as () => never });
    const { instances } = createHttpTrading({ brokers: [broker] });
    expect(instances.map(({ environment, account }) => ({ environment, account }))).toEqual([
      { environment: "REAL", account: null },
    ]);
  },
);

describe("one fault each", () => {
  test.for<[string, unknown, RegExp]>([
    ["brokers missing", {}, /^brokers must be a list/],
    [
      "an unknown key",
      { brokers: [], hostname: "0.0.0.0" },
      /^"hostname" is not an option; there are brokers, stdApis/,
    ],
    ["no broker", { brokers: [{ kind: "futu" }] }, /^brokers\[0\] is not a broker/],
    ["null for a broker", { brokers: [null] }, /^brokers\[0\] is not a broker/],
    ["a broker that was not defined", { brokers: [{ ...exampleBroker() }] }, /^brokers\[0\] is not a broker/],
    [
      "a broker without a kind",
      { brokers: [defineBroker(instance, {} as Broker)] },
      /^brokers\[0\] is not a broker, with kind, display and capabilities; make one/,
    ],
    [
      "an id that is too short",
      { brokers: [brokerOf({ instanceId: "short" })] },
      /^brokers\[0\] \(futu\): instanceId must be 16 to 32 .*5 characters/,
    ],
    [
      "an id that is too long",
      { brokers: [brokerOf({ instanceId: "x".repeat(33) })] },
      /instanceId must be.*33 characters/,
    ],
    ["an id of other characters", { brokers: [brokerOf({ instanceId: "bad id with spaces" })] }, /instanceId must be/],
    ["an id that is no text", { brokers: [brokerOf({ instanceId: 1 })] }, /instanceId must be.*number/],
    ["no tokens", { brokers: [brokerOf({ tokens: [] })] }, /tokens must be a list of at least one/],
    ["tokens as text", { brokers: [brokerOf({ tokens: TOKEN })] }, /tokens must be a list/],
    [
      "a token that is too short",
      { brokers: [brokerOf({ tokens: [TOKEN, "short"] })] },
      /tokens\[1\] must be 16 to 64.*5 characters/,
    ],
    ["a token that is too long", { brokers: [brokerOf({ tokens: ["x".repeat(65)] })] }, /tokens\[0\].*65 characters/],
    ["a token with a space", { brokers: [brokerOf({ tokens: ["bad id with spaces"] })] }, /tokens\[0\] must be/],
    ["a token of other letters", { brokers: [brokerOf({ tokens: ["ü".repeat(16)] })] }, /tokens\[0\] must be/],
    ["a token that is no text", { brokers: [brokerOf({ tokens: [1] })] }, /tokens\[0\] must be .*it is number/],
    [
      "the same token twice",
      { brokers: [brokerOf({ tokens: [TOKEN, { ...BOT, token: TOKEN }] })] },
      /tokens\[1\] is the same token as tokens\[0\]/,
    ],
    [
      "the same token once by its digest",
      {
        brokers: [
          brokerOf({
            tokens: [{ ...BOT, token: undefined, sha256: createHash("sha256").update(TOKEN).digest("hex") }, TOKEN],
          }),
        ],
      },
      /tokens\[1\] is the same token as tokens\[0\]/,
    ],
    [
      "a token without a name",
      { brokers: [brokerOf({ tokens: [{ ...BOT, name: undefined }] })] },
      /tokens\[0\]\.name must be 1 to 64/,
    ],
    [
      "a token for its own name",
      { brokers: [brokerOf({ tokens: [{ ...BOT, name: BOT.token }] })] },
      /tokens\[0\]\.name is shown to operators and must not be the token/,
    ],
    [
      "a token that is known by its digest for its own name",
      {
        brokers: [],
        adminTokens: [{ name: TOKEN, sha256: createHash("sha256").update(TOKEN).digest("hex") }],
      },
      /^adminTokens\[0\]\.name is shown to operators and must not be the token/,
    ],
    [
      "an instance's id for a token's name",
      { brokers: [brokerOf({ tokens: [{ ...BOT, name: INSTANCE }] })] },
      /^brokers\[0\]\.tokens\[0\]\.name is shown to operators and must not be an instance's id or a token/,
    ],
    [
      "another instance's token for a name",
      { brokers: [brokerOf({}), brokerOf({ instanceId: "anotherInstance01", tokens: [BOT], name: TOKEN })] },
      /^brokers\[1\]\.name is shown to operators/,
    ],
    [
      "an instance's id for an operator's name",
      { brokers: [brokerOf({})], adminTokens: [{ name: INSTANCE, token: BOT.token }] },
      /^adminTokens\[0\]\.name is shown to operators/,
    ],
    [
      "an instance's token for an operator's",
      {
        brokers: [brokerOf({})],
        adminTokens: [{ name: "ops", sha256: createHash("sha256").update(TOKEN).digest("hex") }],
      },
      /^adminTokens\[0\] is a token of an instance too/,
    ],
    [
      "a token with no scope in the list",
      { brokers: [brokerOf({ tokens: [{ ...BOT, scopes: [] }] })] },
      /tokens\[0\]\.scopes must have one or more of read, trade, cancel, admin$/,
    ],
    [
      "a token without scopes",
      { brokers: [brokerOf({ tokens: [{ ...BOT, scopes: undefined }] })] },
      /tokens\[0\]\.scopes must have one or more of read, trade, cancel, admin$/,
    ],
    [
      "an unknown scope",
      { brokers: [brokerOf({ tokens: [{ ...BOT, scopes: ["write"] }] })] },
      /scopes\.0 must be one of read, trade/,
    ],
    [
      "a token that is too short, in an object",
      { brokers: [brokerOf({ tokens: [{ ...BOT, token: "short" }] })] },
      /tokens\[0\]\.token must be 16/,
    ],
    [
      "neither token nor hash",
      { brokers: [brokerOf({ tokens: [{ ...BOT, token: undefined }] })] },
      /tokens\[0\] needs either token or sha256/,
    ],
    [
      "both token and hash",
      { brokers: [brokerOf({ tokens: [{ ...BOT, sha256: "0".repeat(64) }] })] },
      /needs either token or sha256/,
    ],
    [
      "a hash of other digits",
      { brokers: [brokerOf({ tokens: [{ ...BOT, token: undefined, sha256: "x" }] })] },
      /sha256 must be 64/,
    ],
    [
      "an end without a time zone",
      { brokers: [brokerOf({ tokens: [{ ...BOT, expiresAt: "2026-12-31" }] })] },
      /expiresAt must be/,
    ],
    [
      "an end that is no date",
      { brokers: [brokerOf({ tokens: [{ ...BOT, expiresAt: new Date(Number.NaN) }] })] },
      /expiresAt must be/,
    ],
    [
      "an unknown option of a token",
      { brokers: [brokerOf({ tokens: [{ ...BOT, scope: "read" }] })] },
      /tokens\[0\]\.scope is not an option/,
    ],
    [
      "a symbol without its region",
      { brokers: [brokerOf({ tokens: [{ ...BOT, allow: { symbols: ["AAPL"] } }] })] },
      /allow\.symbols\.0 must be a region and a symbol/,
    ],
    ...(
      [
        ["HK 700", "HK 00700"],
        ["US brk.b", "US BRK.B"],
        ["Securities US AAPL", "US AAPL"],
      ] as const
    ).flatMap(([given, written]) => [
      [
        `a symbol of a token in another form than orders have: ${given}`,
        { brokers: [brokerOf({ tokens: [{ ...BOT, allow: { symbols: ["US AAPL", given] } }] })] },
        new RegExp(`allow\\.symbols\\.1 must be written as .*"${written}"$`),
      ] as [string, unknown, RegExp],
      [
        `a symbol of an account in another form than orders have: ${given}`,
        { brokers: [brokerOf({ risk: { allow: { symbols: [given] } } })] },
        new RegExp(`allow\\.symbols\\.0 must be written as .*"${written}"$`),
      ] as [string, unknown, RegExp],
    ]),
    [
      "a limit of 0",
      { brokers: [brokerOf({ tokens: [{ ...BOT, limits: { maxOrderQty: 0 } }] })] },
      /limits\.maxOrderQty must be a number above 0/,
    ],
    ["risk as text", { brokers: [brokerOf({ risk: "none" })] }, /risk must be an object/],
    [
      "a collar in percent",
      { brokers: [brokerOf({ risk: { priceCollar: 5 } })] },
      /risk\.priceCollar must be at most 1: 0\.05 is 5 percent$/,
    ],
    ["an unknown limit", { brokers: [brokerOf({ risk: { maxOrders: 1 } })] }, /risk\.maxOrders is not an option/],
    [
      "a negative limit",
      { brokers: [brokerOf({ risk: { maxOrderValue: -1 } })] },
      /risk\.maxOrderValue must be a number above 0/,
    ],
    [
      "a rate of no currency",
      { brokers: [brokerOf({ risk: { rates: { hkd: 1 } } })] },
      /risk\.rates\.hkd must be named by/,
    ],
    [
      "a rate of 0",
      { brokers: [brokerOf({ risk: { rates: { HKD: 0 } } })] },
      /risk\.rates\.HKD must be a number above 0/,
    ],
    [
      "rates of another currency than that of the limits",
      { brokers: [brokerOf({ risk: { currency: "HKD", rates: { HKD: 0.128, CNY: 0.14 } } })] },
      /risk\.rates\.HKD must be 1, since limits are in HKD, not 0\.128/,
    ],
    [
      "a rate of the yuan for limits in yuan",
      { brokers: [brokerOf({ risk: { currency: "CNH", rates: { CNY: 0.14 } } })] },
      /risk\.rates\.CNY must be 1, since limits are in CNH, not 0\.14/,
    ],
    [
      "two rates of the yuan",
      { brokers: [brokerOf({ risk: { rates: { CNY: 0.14, CNH: 0.15 } } })] },
      /risk\.rates\.CNH and risk\.rates\.CNY are of one currency here: give one/,
    ],
    [
      "half a millisecond",
      { brokers: [brokerOf({ risk: { duplicateWindowMs: 0.5 } })] },
      /duplicateWindowMs must be a whole/,
    ],
    [
      "another way with quotes",
      { brokers: [brokerOf({ risk: { quotes: { missing: "guess" } } })] },
      /risk\.quotes\.missing must be one of/,
    ],
    ["no operators", { brokers: [], adminTokens: [] }, /^adminTokens must be a list of at least one/],
    ["an operator with scopes", { brokers: [], adminTokens: [BOT] }, /^adminTokens\[0\]\.scopes is not an option/],
    ["an empty name", { brokers: [brokerOf({ name: " " })] }, /name must be a text/],
    ["the id as a name", { brokers: [brokerOf({ name: INSTANCE })] }, /name is shown to operators/],
    ["a token as a name", { brokers: [brokerOf({ name: TOKEN })] }, /name is shown to operators/],
    ["a deadline of 0", { brokers: [brokerOf({ deadlineMs: 0 })] }, /deadlineMs must be a whole number.*not 0/],
    ["a deadline in text", { brokers: [brokerOf({ deadlineMs: "10" })] }, /deadlineMs must be.*not "10"/],
    ["a deadline that no timer takes", { brokers: [brokerOf({ deadlineMs: 2 ** 31 })] }, /deadlineMs must be/],
    ["an empty header", { brokers: [], tokenHeader: "" }, /^tokenHeader must be/],
    [
      "a header that says something else",
      { brokers: [], tokenHeader: "Idempotency-Key" },
      /^tokenHeader must be a header of its own/,
    ],
    ["a header of HTTP itself", { brokers: [], tokenHeader: "host" }, /^tokenHeader must be a header of its own/],
    ["a header with a space", { brokers: [], tokenHeader: "HT TOKEN" }, /^tokenHeader must be/],
    ["another status", { brokers: [], errorStatus: 500 }, /^errorStatus must be "http" or 200, not 500/],
    ["a journal's path", { brokers: [], journal: "file.db" }, /^journal must be/],
    [
      "a journal that lacks a part",
      { brokers: [], journal: { ...memoryJournal(), guards: undefined } },
      /^journal must be.*this one lacks guards$/,
    ],
    [
      "a method that is none",
      { brokers: [exampleBroker({ orderNumber: null as never })] },
      /^brokers\[0\] \(futu\): orderNumber must be a function, or be left out$/,
    ],
    ["a key that is perhaps required", { brokers: [], requireIdempotencyKey: "yes" }, /^requireIdempotencyKey must be/],
    ["no days", { brokers: [], idempotencyDays: 0 }, /^idempotencyDays must be a whole number from 1 to .*, not 0/],
    ["half a day", { brokers: [], idempotencyDays: 0.5 }, /^idempotencyDays must be.*not 0.5/],
    ["onError as text", { brokers: [], onError: "log" }, /^onError must be a function/],
    ["stdApis as a list", { brokers: [], stdApis: [] }, /^stdApis must be a function/],
    ["stdApis that give nothing", { brokers: [], stdApis: () => undefined }, /^stdApis must give back a list/],
    ["extendApis as a function", { brokers: [], extendApis: () => [] }, /^extendApis must be a list/],
    [
      "something that is no API",
      { brokers: [], stdApis: () => [undefined] },
      /^\[0\] of what stdApis gives back is no API/,
    ],
    [
      "something that is no API, among those of one's own",
      { brokers: [], extendApis: [api({}), function handler() {}] },
      /^extendApis\[1\] is no API/,
    ],
    [
      "an API without a name",
      { brokers: [], stdApis: () => [api({ name: "" })] },
      /^\[0\] of what stdApis gives back is no API/,
    ],
    [
      "a name of other letters",
      { brokers: [], stdApis: () => [api({ name: "hello world" })] },
      /^\[0\] of what stdApis gives back is no API/,
    ],
    [
      "an unknown method",
      { brokers: [], extendApis: [api({ method: "get" })] },
      /^API "hello": method must be one of GET/,
    ],
    ["a path with a slash first", { brokers: [], extendApis: [api({ path: "/hello" })] }, /^API "hello": path must be/],
    ["a path with a slash last", { brokers: [], extendApis: [api({ path: "hello/" })] }, /path must be/],
    ["a path with a parameter", { brokers: [], extendApis: [api({ path: "hello/:name" })] }, /path must be/],
    ["a path with a star", { brokers: [], extendApis: [api({ path: "*" })] }, /path must be/],
    ["a path that climbs", { brokers: [], extendApis: [api({ path: "hello/../x" })] }, /path must be/],
    ["no path", { brokers: [], extendApis: [api({ path: undefined })] }, /path must be/],
    ["no handler", { brokers: [], extendApis: [api({ handler: undefined })] }, /handler must be a function/],
    [
      "a schema without a summary",
      { brokers: [], extendApis: [api({ schema: {} })] },
      /schema must be an object with a summary/,
    ],
    [
      "a schema with a part that is misspelt, of which nothing would be checked",
      { brokers: [], extendApis: [api({ schema: { summary: "x", bdy: {} } as object })] },
      /^API "hello": schema: "bdy" is not an option; there are summary, description, query, body,/,
    ],
    [
      "a schema of another kind",
      { brokers: [], extendApis: [api({ schema: { summary: "x", query: {} } })] },
      /schema.query must be a zod object/,
    ],
    [
      "a part of a standard schema replaced by one of another kind",
      { brokers: [], stdApis: changing("orderPlace", (place) => ({ schema: { ...place.schema, body: {} } })) },
      /^API "orderPlace": schema.body must be a zod object/,
    ],
    [
      "a schema of the zod before",
      { brokers: [], extendApis: [api({ schema: { summary: "x", query: z3.object({}) } })] },
      /^API "hello": schema.query must be a zod object/,
    ],
    [
      "a scope under a name that is none",
      { brokers: [], extendApis: [api({ scopes: ["admin"] } as object)] },
      /^API "hello": "scopes" is not an option; there are name, method, path, scope, schema, handler$/,
    ],
    [
      "a body for a GET",
      { brokers: [], stdApis: changing("orderPlace", () => ({ method: "GET" })) },
      /^API "orderPlace": a GET has no body/,
    ],
    [
      "a name twice",
      { brokers: [], extendApis: [api({}), api({ path: "other" })] },
      /^API "hello": there are two of that name/,
    ],
    [
      "a route twice",
      { brokers: [], extendApis: [api({}), api({ name: "other" })] },
      /^API "other": GET hello\/world is taken by "hello"/,
    ],
    [
      "a standard name again",
      { brokers: [], extendApis: [api({ name: "orderPlace" })] },
      /^API "orderPlace": there are two/,
    ],
    [
      "a standard route again",
      { brokers: [], extendApis: [api({ method: "POST", path: "order/place" })] },
      /POST order\/place is taken by "orderPlace"/,
    ],
  ])("%s", ([, options, expected]) => {
    const found = faults(options);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  test("no options at all", () => {
    expect(() => createHttpTrading(undefined as never)).toThrow(/needs an object of options/);
  });
});

test("two brokers with one id, told by their places", () => {
  expect(faults({ brokers: [exampleBroker(), brokerOf({ name: "second" })] })).toEqual([
    "brokers[1] (futu): instanceId is the same as that of brokers[0] (futu)",
  ]);
});

test("all of them in one error", () => {
  const found = faults({
    brokers: [brokerOf({ instanceId: "short", tokens: ["short"], deadlineMs: -1 }), {}],
    tokenHeader: "",
    errorStatus: 404,
    extendApis: [defineApi({ name: "a", method: "GET", path: "/a", handler: ({ respond }) => respond() })],
    port: 8080,
  });
  expect(found).toHaveLength(8);
});

test("all of what is wrong with an API, also of one without a name", () => {
  const wrong = {
    name: 1,
    method: "get",
    path: "/a",
    handler: undefined,
    schema: { query: {}, bdy: {} },
    one: 1,
    two: 2,
  };
  const found = faults({ brokers: [], extendApis: [api(wrong)] });
  expect(found).toHaveLength(9);
  for (const fault of found) expect(fault).toMatch(/^extendApis\[0\](?:: | is no API with a name)/);
});
