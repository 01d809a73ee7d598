/** A gateway over a broker that answers what the test says and writes down what reached it. */
import { expect } from "vitest";
import {
  type Broker,
  createHttpTrading,
  defineBroker,
  type HttpTrading,
  type HttpTradingOptions,
  type InstanceOptions,
  type Order,
  orderRows,
} from "../../mod.ts";

export const INSTANCE = "ggUqPZbSKuQ7Ewsk";
export const TOKEN = "Vt5UCW2sLBvgPXjR";

/** An instance as it goes into `defineBroker`. */
export const instance: InstanceOptions = { instanceId: INSTANCE, tokens: [TOKEN] };

/** The example body of the Python project's description. */
export const ORDER = {
  tradeType: "Securities",
  symbol: "AAPL",
  region: "US",
  price: 200.0,
  qty: 12,
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "ETH",
  direction: "BUY",
};

/** An open order at the broker. */
export const openOrder: Order = {
  orderId: "6278888",
  contract: { tradeType: "Securities", region: "US", symbol: "AAPL" },
  currency: "USD",
  direction: "BUY",
  orderType: "Limit",
  price: 200,
  timeInForce: "DAY",
  lifecycle: "ETH",
  qty: 12,
  filledQty: 0,
  avgPrice: 0,
  status: "OPEN",
  originStatus: "SUBMITTED",
  errorReason: "",
  warning: null,
  tag: null,
  createdAt: Date.UTC(2025, 4, 28, 5, 59, 29),
  updatedAt: null,
};

/** What reached the broker, by method. */
export type Calls = { readonly method: string; readonly args: readonly unknown[] }[];

/** A broker of the Python project's example; `own` replaces methods, `undefined` takes one away. */
export function exampleBroker(
  own: { [Name in keyof Broker]?: Broker[Name] | undefined } = {},
  calls: Calls = [],
  options: InstanceOptions = instance,
): Broker {
  const us = { tradeType: "Securities", unit: "Share", qtyStep: 1, priceSteps: [{ from: 0, step: 0.01 }] } as const;
  const broker: Broker = {
    kind: "futu",
    display: "富途证券",
    capabilities: () => ({
      environment: "SIMULATE",
      account: "****5678",
      markets: [
        { ...us, region: "US", currency: "USD", symbolPattern: "[A-Z]{1,5}(\\.[A-Z])?" },
        { ...us, region: "HK", currency: "HKD", symbolPattern: "\\d{5}" },
        { ...us, region: "CN", currency: "CNY", symbolPattern: "\\d{6}" },
      ],
      orders: [
        ...orderRows({
          regions: ["US"],
          orderTypes: ["Limit", "Market"],
          timesInForce: ["DAY", "GTC"],
          lifecycles: ["RTH", "ETH"],
        }),
        ...orderRows({
          regions: ["HK"],
          orderTypes: ["Limit"],
          timesInForce: ["DAY"],
          lifecycles: ["ETH"],
          effective: { lifecycle: "RTH" },
        }),
      ],
      quotes: ["US", "HK", "CN"],
      push: "none",
      listing: { complete: true, settleMs: 0 },
    }),
    ping: async () => true,
    cash: async () => ({
      currency: "USD",
      amount: 30877.499,
      balances: [{ currency: "HKD", amount: 0.1 + 0.2, available: null }],
    }),
    positions: async () => ({
      positions: [
        {
          contract: { tradeType: "Securities", region: "US", symbol: "QQQ" },
          unit: "Share",
          currency: "USD",
          qty: 2400,
        },
      ],
      unmapped: [{ originSymbol: "US.TSLA250620C300000", qty: -1 }],
    }),
    quote: async (contract) => ({
      contract,
      currency: "CNY",
      isTradable: true,
      latest: 11.53,
      preClose: 11.49,
      highPrice: 11.549999999999999,
      lowPrice: 11.44,
      openPrice: 11.5,
      timestamp: 1748409918000,
    }),
    marketStatus: async () => ({
      Securities: {
        US: { region: "US", originStatus: "AFTER_HOURS_END", unifiedStatus: "CLOSED" },
        CN: { region: "CN", originStatus: "AFTERNOON", unifiedStatus: "RTH" },
        HK: { region: "HK", originStatus: "AFTERNOON", unifiedStatus: "RTH" },
      },
    }),
    placeOrder: async () => ({ orderId: "69788888" }),
    replaceOrder: async () => ({ orderId: "69788889" }),
    cancelOrder: async () => undefined,
    order: async (orderId) => ({ ...openOrder, orderId }),
    orders: async () => ({ orders: [openOrder], unmapped: [{ originSymbol: "HK.12345", qty: 100 }] }),
  };
  return defineBroker(options, recording({ ...broker, ...own }, calls));
}

/** The same broker, with every call of a method written down; absent methods stay absent. */
function recording(broker: { [Name in keyof Broker]?: Broker[Name] | undefined }, calls: Calls): Broker {
  const entries = Object.entries(broker)
    .filter(([, value]) => value !== undefined)
    .map(([method, value]) => {
      if (typeof value !== "function" || method === "capabilities") return [method, value];
      const recorded = (...args: unknown[]) => {
        calls.push({ method, args });
        return Reflect.apply(value, broker, args);
      };
      return [method, recorded];
    });
  return Object.fromEntries(entries);
}

/** A gateway over one example broker. */
export function gatewayOf(broker: Broker, options: Omit<HttpTradingOptions, "brokers"> = {}): HttpTrading {
  return createHttpTrading({ brokers: [broker], ...options });
}

/** How a request of a test differs from a good one. */
export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; text is sent as it is. */
  readonly body?: unknown;
  readonly instanceId?: string;
  readonly token?: string;
}

/** A request to the example instance with its token. */
export function request(
  path: string,
  { method, headers = {}, body, instanceId = INSTANCE, token = TOKEN }: Ask = {},
): Request {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return new Request(`http://127.0.0.1/httptrading/api/${instanceId}/${path}`, {
    method: method ?? (text === undefined ? "GET" : "POST"),
    headers: { "HT-TOKEN": token, ...(text === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
}

/** An answer, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

/** Asks and reads the JSON answer. */
export async function ask(trading: HttpTrading, path: string, how: Ask = {}): Promise<Answer> {
  const response = await trading.fetch(request(path, how));
  return { status: response.status, headers: response.headers, json: await response.json() };
}

/** The writes among the calls. */
export function writes(calls: Calls): Calls {
  return calls.filter(({ method }) => ["placeOrder", "replaceOrder", "cancelOrder"].includes(method));
}

/** Checks the form of a moment and gives it back in milliseconds. */
export function moment(text: unknown): number {
  expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  return Date.parse(String(text));
}
