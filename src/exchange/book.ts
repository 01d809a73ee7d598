/** The account's open orders: who comes first, what they bind, and when time itself will do something to them. */
import { type Contract, contractKey } from "../domain/contract.ts";
import { add, multiply, subtract } from "../domain/money.ts";
import type { ExchangeOrder } from "./types.ts";

/** An order on the book. */
export interface Resting {
  readonly order: ExchangeOrder;
  /** Position in time priority; lower came first. */
  readonly rank: number;
  /** Price at which the rest is counted when funds are reserved: the limit, or the last price for a market order. */
  readonly countedAt: number;
  /** When it expires, milliseconds since the epoch; infinite for one that does not. */
  readonly endsAt: number;
  /** When time will next do something to it: open its session or end it. */
  readonly wakesAt: number;
}

/** What the open orders of one contract bind. */
export interface Exposure {
  readonly contract: Contract;
  /** Value of the unfilled rest of all buy orders. */
  readonly buyValue: number;
  /** Quantity of the unfilled rest of all sell orders. */
  readonly sellQty: number;
}

export interface Book {
  get(orderId: string): Resting | undefined;
  /** Puts an order on the book or in the place of the one with the same id. */
  put(resting: Resting): void;
  remove(orderId: string): void;
  /** Every open order in time priority. */
  all(): Resting[];
  /** The orders of a contract in the order in which they are matched: sells, then buys, each by price and then time. */
  matchingOrder(contract: Contract): Resting[];
  exposure(contract: Contract): Exposure;
  exposures(): Iterable<Exposure>;
  /** The orders to which time has something to do by `now`; cheap to ask when there are none. */
  due(now: number): Resting[];
}

interface Side {
  readonly contract: Contract;
  readonly orders: Map<string, Resting>;
  buyValue: number;
  sellQty: number;
}

/** Quantity that is not filled yet. */
export function unfilled(order: ExchangeOrder): number {
  return subtract(order.qty, order.filledQty);
}

export function createBook(): Book {
  const byId = new Map<string, Resting>();
  const byContract = new Map<string, Side>();
  // May be earlier than the truth, never later: an order that has left costs one look at most.
  let earliest = Number.POSITIVE_INFINITY;

  const count = (side: Side, { order, countedAt }: Resting, apply: typeof add): void => {
    const rest = unfilled(order);
    if (order.direction === "BUY") side.buyValue = apply(side.buyValue, multiply(rest, countedAt));
    else side.sellQty = apply(side.sellQty, rest);
  };

  const remove = (orderId: string): void => {
    const resting = byId.get(orderId);
    if (resting === undefined) return;
    byId.delete(orderId);
    const key = contractKey(resting.order.contract);
    const side = byContract.get(key);
    if (side === undefined) return;
    side.orders.delete(orderId);
    if (side.orders.size === 0) byContract.delete(key);
    else count(side, resting, subtract);
  };

  return {
    get: (orderId) => byId.get(orderId),
    put: (resting) => {
      remove(resting.order.orderId);
      byId.set(resting.order.orderId, resting);
      const { contract } = resting.order;
      const key = contractKey(contract);
      const side = byContract.get(key) ?? { contract, orders: new Map(), buyValue: 0, sellQty: 0 };
      byContract.set(key, side);
      side.orders.set(resting.order.orderId, resting);
      count(side, resting, add);
      earliest = Math.min(earliest, resting.wakesAt);
    },
    remove,
    all: () => [...byId.values()].sort((a, b) => a.rank - b.rank),
    matchingOrder: (contract) => [...(byContract.get(contractKey(contract))?.orders.values() ?? [])].sort(byPriority),
    exposure: (contract) => byContract.get(contractKey(contract)) ?? { contract, buyValue: 0, sellQty: 0 },
    exposures: () => byContract.values(),
    due: (now) => {
      if (now < earliest) return [];
      const all = [...byId.values()];
      const later = all.filter((resting) => resting.wakesAt > now);
      earliest = later.reduce((least, resting) => Math.min(least, resting.wakesAt), Number.POSITIVE_INFINITY);
      return all.filter((resting) => resting.wakesAt <= now);
    },
  };
}

/** Sells before buys, each by price and then time. */
export function byPriority(a: Resting, b: Resting): number {
  if (a.order.direction !== b.order.direction) return a.order.direction === "SELL" ? -1 : 1;
  const [first, second] = [eagerness(a.order), eagerness(b.order)];
  if (first !== second) return first > second ? -1 : 1;
  return a.rank - b.rank;
}

/** Higher for an order that asks less of the market: a market order asks nothing. */
function eagerness({ direction, price }: ExchangeOrder): number {
  if (price === null) return Number.POSITIVE_INFINITY;
  return direction === "BUY" ? price : -price;
}
