/** A client under load: it reads, places, replaces and cancels, and remembers what it was told. */
import type { Random } from "./random.ts";
import { rest } from "./rest.ts";
import { type ClientSetup, type Settled, settleWrite } from "./writes.ts";

/** What a client believes of one key under which it placed. */
export interface Belief {
  readonly client: string;
  readonly key: string;
  readonly outcome: Settled["outcome"];
  /** `undefined` unless it was accepted. */
  readonly orderId: string | undefined;
  /** With every accepted replace. */
  readonly qty: number;
  readonly price: number;
  /** A cancel of it was accepted. */
  readonly canceled: boolean;
  /** A write was refused because it had ended. */
  readonly ended: boolean;
}

export interface TradingClient {
  /** Works until it is told to stop, and then until every write of it is settled. */
  readonly done: Promise<readonly Belief[]>;
}

/** An order of one's own. */
interface OwnOrder {
  readonly orderId: string;
  qty: number;
  price: number;
  canceled: boolean;
  ended: boolean;
}

const MIX = { read: 50, place: 28, replace: 10, cancel: 12 } as const;
/** Between two pieces of work, in milliseconds. */
const THINK_MS = { least: 500, most: 5000 } as const;
/** How often two requests under one key go out at once. */
const TWINS = 0.1;

const US = "tradeType=Securities&region=US";
const READS = [
  "ping/state",
  "cash/state",
  "position/state",
  "market/state",
  "capabilities",
  "order/list",
  "order/list?status=all",
  "order/intents",
  `market/quote?${US}&symbol=AAPL`,
  `market/quote?${US}&symbol=QQQ`,
] as const;

/** Prices about which the simulators' begin. */
const PRICES = { AAPL: 201.5, QQQ: 520.25 } as const;

/** Begins to work. */
export function startClient(setup: ClientSetup): TradingClient {
  const { broker, name, url, token, http, random, counters, stopping } = setup;
  const beliefs: (Pick<Belief, "key" | "outcome"> & { order: Omit<OwnOrder, "orderId"> & { orderId?: string } })[] = [];
  let keys = 0;

  const live = (): OwnOrder | undefined => {
    const orders = beliefs.flatMap(({ order }) => (hasId(order) && !order.canceled && !order.ended ? order : []));
    // Old orders are left to rest, so that a client always works on a few.
    return orders.length === 0 ? undefined : orders[random.int(Math.max(0, orders.length - 5), orders.length - 1)];
  };

  async function place(): Promise<void> {
    keys += 1;
    const key = `${keys}`;
    const request = orderOf(random);
    const write = () => settleWrite(setup, "order/place", key, request);
    const answers = await Promise.all(random.chance(TWINS) ? [write(), write()] : [write()]);
    const settled = answers.find(({ outcome }) => outcome === "accepted") ?? answers[0];
    if (settled === undefined) return;
    const ids = new Set(answers.flatMap((answer) => (answer.outcome === "accepted" ? [answer.orderId] : [])));
    if (ids.size > 1) counters.broken(`${broker}: one key of ${name} was answered with orders ${[...ids].join(", ")}`);
    const { qty, price } = request;
    const orderId = settled.outcome === "accepted" ? settled.orderId : undefined;
    const order = { qty, price, canceled: false, ended: false, ...(orderId === undefined ? {} : { orderId }) };
    beliefs.push({ key, outcome: settled.outcome, order });
  }

  async function replace(order: OwnOrder): Promise<void> {
    keys += 1;
    const price = near(order.price, random);
    const qty = order.qty + random.int(0, 2);
    const settled = await settleWrite(setup, "order/replace", `${keys}`, { orderId: order.orderId, price, qty });
    if (settled.outcome === "accepted") Object.assign(order, { price, qty });
    else if (settled.code === "OrderNotOpen") order.ended = true;
  }

  async function cancel(order: OwnOrder): Promise<void> {
    keys += 1;
    const settled = await settleWrite(setup, "order/cancel", `${keys}`, { orderId: order.orderId });
    if (settled.outcome === "accepted") order.canceled = true;
    else if (settled.code === "OrderNotOpen") order.ended = true;
  }

  async function read(): Promise<void> {
    const order = live();
    const isOwn = order !== undefined && random.chance(0.3);
    const path = isOwn ? `order/state?orderId=${order.orderId}` : random.pick(READS);
    counters.count("requests", path.replace(/[?].*/, ""));
    try {
      const { status, retryAfterMs, body } = await http.ask(`${url}/${path}`, { headers: { "HT-TOKEN": token } });
      counters.count("answers", status === 200 ? "200" : `${status} ${body?.error?.code}`);
      if (status === 429 || status === 503) return await rest(retryAfterMs ?? 0, stopping);
      // A vendor's answer without its data names no contract.
      if (status === 404 && body?.error?.code === "UnknownContract" && path.startsWith("market/quote")) return;
      // 502: the vendor refused, by a fault; 504: it was silent.
      if (![200, 502, 504].includes(status)) {
        counters.broken(`${broker} ${isOwn ? "order/state of an own order" : path} answered ${status} ${body?.ex}`);
      }
    } catch {
      counters.count("answers lost", "reads");
    }
  }

  async function work(): Promise<readonly Belief[]> {
    while (!stopping.aborted) {
      const order = live();
      const task = random.weighted(MIX);
      if (task === "place") await place();
      else if (task === "replace" && order !== undefined) await replace(order);
      else if (task === "cancel" && order !== undefined) await cancel(order);
      else await read();
      await rest(random.int(THINK_MS.least, THINK_MS.most), stopping);
    }
    return beliefs.map(({ key, outcome, order: { orderId, ...order } }) => ({
      client: name,
      key,
      outcome,
      orderId,
      ...order,
    }));
  }

  return { done: work() };
}

function hasId(order: { orderId?: string }): order is OwnOrder {
  return order.orderId !== undefined;
}

/** Mostly orders that rest near the market, so that prices that move fill some of them. */
function orderOf(random: Random) {
  const symbol = random.pick(["AAPL", "QQQ"]);
  const direction = symbol === "QQQ" && random.chance(0.7) ? "SELL" : "BUY";
  const offset = random.chance(0.2) ? 0.02 : -random.next() * 0.04;
  const price = cents(PRICES[symbol] * (direction === "BUY" ? 1 + offset : 1 - offset));
  return {
    tradeType: "Securities",
    region: "US",
    symbol,
    direction,
    price,
    qty: random.int(1, 5),
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
  } as const;
}

/** Another price, not far away. */
function near(price: number, random: Random): number {
  const moved = cents(price * (1 + (random.next() - 0.5) * 0.02));
  return moved === price ? cents(price + 0.01) : moved;
}

function cents(price: number): number {
  return Math.round(price * 100) / 100;
}
