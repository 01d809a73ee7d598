/** The switches that an operator may turn, each on its own: what the order of every client then has to pass. */
import type { HttpTradingOptions, InstanceOptions, TokenLimits, TokenOptions } from "../mod.ts";
import type { ServeOptions } from "../src/runtime/node.ts";
import { NUMBER } from "./load/load.ts";

/** A gateway with one instance and one client, and one switch turned on. Bounds are such that every order passes. */
export interface Guard {
  /** Options of the instance. */
  readonly instance?: Partial<InstanceOptions>;
  /** Options of the gateway. */
  readonly gateway?: Partial<HttpTradingOptions>;
  readonly serve?: Pick<ServeOptions, "logs" | "logLevel">;
  readonly sent?: Sent;
}

/** What clients send beside what all send, or in its place. */
export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields of the order. */
  readonly order?: Readonly<Record<string, unknown>>;
}

/** Who asks a gateway with one client. */
export const CALLER = { instanceId: "instance_00000000", token: "token_0_000000000000" } as const;

/** More than any order here, or all of them, come to. */
const PLENTY = 1e14;

const PAGE = "https://desk.example.org";

function bounded(bounds: Partial<TokenOptions>): Guard {
  const { token } = CALLER;
  return { instance: { tokens: [{ token, name: "strategy", scopes: ["read", "trade", "cancel"], ...bounds }] } };
}

const limited = (limits: TokenLimits): Guard => bounded({ limits });

/** By what they are, for people. Not here: the kill switch, which no gateway is without. */
export const GUARDS = {
  "token: name, scopes, end": bounded({ expiresAt: "2999-12-31T23:59:59Z" }),
  "token: list of orders": bounded({
    allow: {
      regions: ["US"],
      symbols: ["US AAPL"],
      directions: ["BUY"],
      orderTypes: ["Limit"],
      lifecycles: ["RTH"],
    },
  }),
  "token: orders a minute": limited({ ordersPerMinute: 1e9 }),
  "token: quantity, value, day": limited({ maxOrderQty: PLENTY, maxOrderValue: PLENTY, maxDailyValue: PLENTY }),
  "account: list of contracts": { instance: { risk: { allow: { regions: ["US"], symbols: ["US AAPL"] } } } },
  "account: quantity, value, day, open orders": {
    instance: {
      risk: { maxOrderQty: PLENTY, maxOrderValue: PLENTY, maxDailyValue: PLENTY, maxOpenOrders: 10_000 },
    },
  },
  "account: price collar, reads a quote": { instance: { risk: { priceCollar: 0.5 } } },
  "account: no short sales, a sale reads positions": {
    instance: { risk: { allowShort: false } },
    sent: { order: { direction: "SELL" } },
  },
  "account: duplicate window, no two orders alike": {
    instance: { risk: { duplicateWindowMs: 1000 } },
    sent: { order: { price: NUMBER } },
  },
  "Idempotency-Key required and sent": {
    gateway: { requireIdempotencyKey: true },
    sent: { headers: { "Idempotency-Key": NUMBER } },
  },
  "metrics counted": { gateway: { adminTokens: ["token_of_operator"] } },
  "an observer of requests and writes": {
    gateway: {
      observers: [
        {
          request: async (_request, work) => void (await work()),
          write: async (_write, work) => void (await work()),
          event: () => undefined,
        },
      ],
    },
  },
  "logs: a line of JSON a write, to /dev/null": { serve: { logs: "json", logLevel: "info" } },
  "logs: the same, and a line a request": { serve: { logs: "json", logLevel: "debug" } },
  "CORS, asked by a program": { gateway: { cors: { origins: [PAGE] } } },
  "CORS, asked from a page": { gateway: { cors: { origins: [PAGE] } }, sent: { headers: { Origin: PAGE } } },
} as const satisfies Record<string, Guard>;

export type GuardName = keyof typeof GUARDS;
