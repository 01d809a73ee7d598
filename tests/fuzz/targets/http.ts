/** Every route of a gateway, asked through `fetch`. */
import fc from "fast-check";
import type { Bytes } from "../bytes.ts";
import { type Answer, type Good, readAnswer, routeOf } from "../http/answers.ts";
import { type Gateway, openGateway } from "../http/gateway.ts";
import { type RawAsk, raw } from "../http/raw.ts";
import { type Ask, structured } from "../http/structured.ts";
import { must } from "../oracles.ts";
import { defineTarget } from "../target.ts";

const ORIGIN = "http://127.0.0.1";

interface Harm {
  /** Orders that came into the ledger. */
  readonly orders: number;
  /** Intents that were written down. */
  readonly intents: number;
  readonly changed: boolean;
}

/** Asks, and looks at what that did to the account. */
async function ask(gateway: Gateway, request: Request, path: string): Promise<{ answer: Answer; harm: Harm }> {
  const { trading, exchange, intents, unforeseen } = gateway;
  const before = { orders: exchange.orders(), intents: intents(), unforeseen: unforeseen.length };
  const { method } = request;
  const sent = request.clone().text();
  const response = await trading.fetch(request);
  const replayed = response.headers.get("idempotent-replayed") === "true";
  const answer = await readAnswer(method, path, response);
  const after = exchange.orders();
  must(unforeseen.length === before.unforeseen, "an exception that nobody foresaw", String(unforeseen.at(-1)));
  const harm = {
    orders: after.length - before.orders.length,
    intents: intents() - before.intents,
    changed: JSON.stringify(after) !== JSON.stringify(before.orders),
  };
  if (answer.kind !== "good") must(!harm.changed, "an order from a request that was refused", answer);
  if (answer.kind === "good" && replayed) must(harm.intents === 0 && !harm.changed, "a repetition that acted", answer);
  if (answer.kind === "good" && !replayed && routeOf(path).endsWith("/order/place")) {
    must(harm.orders === 1 && harm.intents === 1, "not exactly one order from a good request", harm);
    isWhatWasAsked(answer, gateway, JSON.parse(await sent));
  } else {
    must(harm.orders === 0, "an order that nobody placed", answer);
  }
  return { answer, harm };
}

/** The order in the ledger is the one that the answer tells of, and the one that was asked for, to the last digit. */
function isWhatWasAsked({ json }: Good, { exchange }: Gateway, body: Readonly<Record<string, unknown>>): void {
  const order = exchange.order(String(json["orderId"]));
  must(order !== undefined && order.tag === json["tag"], "the answer's order is not in the ledger", json);
  must(order.qty === Number(body["qty"]) && order.direction === body["direction"], "another order was placed", order);
  const isLimit = body["orderType"] === "Limit";
  must(order.price === (isLimit ? Number(body["price"]) : null), "an order at another price", order);
  const { qty, price } = Object(json["args"]);
  must(qty === order.qty && (!isLimit || price === order.price), "an answer that tells of another order", json);
}

/** A request, unless the platform itself refuses to make one of these parts. */
function requestOf(path: string, init: RequestInit): Request | undefined {
  try {
    return new Request(`${ORIGIN}${path}`, init);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A request of an input. */
type Part = Omit<Ask, "body" | "spoilt" | "api"> & { readonly body: string | Bytes | null; readonly spoilt?: boolean };

async function tryOne(gateway: Gateway, { method, path, headers, body, spoilt = false }: Part): Promise<void> {
  const withoutBody = ["GET", "HEAD"].includes(method.toUpperCase());
  const init = { method, headers: headers.map(([name, value]): [string, string] => [name, value]) };
  const request = requestOf(path, withoutBody ? init : { ...init, body });
  if (request === undefined) return;
  const { answer, harm } = await ask(gateway, request, new URL(request.url).pathname);
  if (!spoilt || answer.kind === "miss") return;
  must(answer.kind === "failure" && answer.outcome === "not_sent", "a spoilt request was taken", answer);
  // Its key may have been that of another request, which is looked at before the market's own rules are.
  must(
    [400, 501].includes(answer.status) || answer.code === "IdempotencyMismatch",
    "a spoilt request as something else",
    answer,
  );
  must(harm.intents === 0, "an invalid request was written down as an intent", harm);
}

/** Requests to a gateway of their own, one after the other: what comes of one may depend on those before. */
async function tryAll(parts: readonly Part[]): Promise<void> {
  const gateway = await openGateway();
  try {
    for (const part of parts) await tryOne(gateway, part);
  } finally {
    await gateway.trading.close();
  }
}

export const httpStructured = defineTarget<Ask[]>("http-structured", 1_500, () => ({
  inputs: fc.array(structured, { minLength: 1, maxLength: 4 }),
  check: tryAll,
}));

export const httpRaw = defineTarget<RawAsk[]>("http-raw", 1_000, () => ({
  inputs: fc.array(raw, { minLength: 1, maxLength: 3 }),
  check: tryAll,
}));
