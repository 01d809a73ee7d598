/** A Longport broker in front of a simulator of its own, both taken down after the test. */
import { onTestFinished, vi } from "vitest";
import {
  type LongportServer,
  type LongportOptions as ServerOptions,
  startLongport,
} from "../../../simulators/longport/server.ts";
import { type LongportOptions, longport } from "../../../src/brokers/longport/index.ts";
import type { Order } from "../../../src/domain/order.ts";
import type { Broker, Call, ConnectionState, TaggedOrder } from "../../../src/spec/broker.ts";
import { openFront as openSharedFront } from "../shared/front.ts";
import { optionsFor } from "./options.ts";

export const TRANSPORTS = ["web", "native"] as const;
export const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;

/** A broker with every method. */
export type LongportBroker = Required<Omit<Broker, "queues">> & Broker;

/** Everything a broker has told its host. */
export interface Host {
  readonly orders: Order[];
  readonly connections: ConnectionState[];
}

export async function openLongport(options: ServerOptions = {}): Promise<LongportServer> {
  const server = await startLongport(options);
  onTestFinished(() => server.close());
  return server;
}

/** A broker that has not been started. With a token file the token itself is left out. */
export function makeBroker(port: number, options: Partial<LongportOptions> = {}): LongportBroker {
  const { accessToken = "", ...rest } = optionsFor(port);
  const token = options.tokenFile === undefined ? { accessToken } : {};
  const broker = longport({ ...rest, ...token, ...options });
  onTestFinished(() => broker.close?.());
  if (!isWhole(broker)) throw new Error("the broker lacks a method");
  return broker;
}

export async function startBroker(
  port: number,
  options: Partial<LongportOptions> = {},
): Promise<{ broker: LongportBroker; host: Host }> {
  const broker = makeBroker(port, options);
  const host: Host = { orders: [], connections: [] };
  await broker.start({
    onOrder: (order) => host.orders.push(order),
    onConnection: (state) => host.connections.push(state),
  });
  return { broker, host };
}

function isWhole(broker: Broker): broker is LongportBroker {
  return ["start", "close", "ping", "cash", "positions", "quote", "marketStatus", "placeOrder", "replaceOrder"]
    .concat("cancelOrder", "order", "orders")
    .every((name) => typeof Reflect.get(broker, name) === "function");
}

export function call(ms = 20_000): Call {
  return { signal: AbortSignal.timeout(ms) };
}

let tags = 0;

/** A limit order for ten AAPL that rests below the market, with a tag of its own. */
export function restingOrder(changes: Partial<TaggedOrder> = {}): TaggedOrder {
  tags += 1;
  return {
    contract: AAPL,
    direction: "BUY",
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
    qty: 10,
    price: 190,
    tag: `ht${String(tags).padStart(24, "a")}`,
    ...changes,
  };
}

/** Rejects the test when the promise is fulfilled; gives back what it was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const done = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("value" in done) throw new Error(`expected a rejection, got ${JSON.stringify(done.value)}`);
  return done.error;
}

/** Waits for what must come about. */
export function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  return vi.waitFor(
    async () => {
      if (!(await holds())) throw new Error("not yet");
    },
    { timeout: 20_000, interval: 20 },
  );
}

/** What the vendor's front makes of an answer of the service. */
export type Front = (
  request: string,
  answer: { status: number; text: string },
) => Promise<{ status: number; text: string }>;

/** The address of a front that passes requests on to the service, and answers as it is told. */
export async function openFront(port: number, front: Front): Promise<string> {
  return (await openDoor(port, front)).httpUrl;
}

/** The same, of one that can be shut. Without a front it answers as the service does. */
export async function openDoor(port: number, front: Front = async (_request, answer) => answer) {
  const opened = await openSharedFront(async ({ request, response, body }) => {
    const { method = "GET", url = "/", headers } = request;
    const passed = ["x-api-key", "authorization", "x-timestamp", "x-api-signature", "content-type"];
    const answer = await fetch(`http://127.0.0.1:${port}${url}`, {
      method,
      headers: passed.map((name): [string, string] => [name, String(headers[name])]),
      ...(body === "" ? {} : { body }),
    });
    const { status, text } = await front(`${method} ${url}`, { status: answer.status, text: await answer.text() });
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  });
  return { ...opened, httpUrl: `http://127.0.0.1:${opened.port}` };
}
