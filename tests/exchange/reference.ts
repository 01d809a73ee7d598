/** The exchange once more, in the plainest way: every order is looked at in every minute, and money is counted in whole units. */
import { type Contract, contractKey } from "../../src/domain/contract.ts";
import type { Direction, Lifecycle, OrderStatus } from "../../src/domain/order.ts";
import type { ExchangeEnding, ExchangeRefusal, ExchangeRequest } from "../../src/exchange/types.ts";
import { HOURS, MINUTE, wall } from "./reference-hours.ts";

/** Units in one: of money, prices and quantities alike. */
const SCALE = 100_000_000n;
const RATES: Record<string, bigint> = { USD: 1000n, HKD: 128n, CNY: 140n };

/** A decimal in units. */
export function units(value: number): bigint {
  const [whole = "0", part = ""] = plain(value).split(".");
  const sign = whole.startsWith("-") ? -1n : 1n;
  return BigInt(whole) * SCALE + sign * BigInt(part.padEnd(8, "0").slice(0, 8));
}

function plain(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : value.toFixed(8);
}

function divided(a: bigint, b: bigint): bigint {
  const sign = a < 0n === b < 0n ? 1n : -1n;
  const [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  return sign * ((2n * x + y) / (2n * y));
}

const times = (a: bigint, b: bigint): bigint => (a * b) / SCALE;

export interface ModelOrder {
  readonly id: string;
  readonly contract: Contract;
  readonly direction: Direction;
  readonly market: boolean;
  readonly day: boolean;
  readonly lifecycle: Lifecycle;
  readonly createdAt: number;
  qty: bigint;
  price: bigint | null;
  counted: bigint;
  filled: bigint;
  value: bigint;
  rank: number;
  status: OrderStatus;
  updatedAt: number;
  /** True from the moment on at which its session is open and it has been looked at. */
  awake: boolean;
}

export interface ModelOptions {
  readonly now: number;
  readonly cash: Record<string, number>;
  readonly positions: readonly { contract: Contract; qty: number; avgCost: number }[];
  readonly prices: readonly { contract: Contract; price: number; lotSize?: number }[];
  readonly holidays: Record<string, readonly string[]>;
  readonly allowShort: boolean;
  readonly quoted: boolean;
}

export class Refused extends Error {
  readonly refusal: ExchangeRefusal;
  constructor(refusal: ExchangeRefusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

const isOpenStatus = (order: ModelOrder) => order.status === "OPEN" || order.status === "PARTIALLY_FILLED";

export class Model {
  now: number;
  readonly cash = new Map<string, bigint>();
  readonly held = new Map<string, { qty: bigint; cost: bigint }>();
  readonly last = new Map<string, bigint>();
  /** When each last price was traded; of the first ones nobody knows. */
  readonly pricedAt = new Map<string, number>();
  readonly orders: ModelOrder[] = [];
  readonly #options: ModelOptions;
  readonly #lots = new Map<string, bigint>();
  #rank = 0;
  #id: number;

  constructor(options: ModelOptions, firstId: number) {
    this.#options = options;
    this.now = options.now;
    this.#id = firstId;
    for (const [currency, amount] of Object.entries(options.cash)) this.cash.set(currency, units(amount));
    for (const { contract, qty, avgCost } of options.positions)
      this.held.set(contractKey(contract), { qty: units(qty), cost: units(avgCost) });
    for (const { contract, price, lotSize } of options.prices) {
      this.last.set(contractKey(contract), units(price));
      this.#lots.set(contractKey(contract), units(lotSize ?? (contract.region === "US" ? 1 : 100)));
    }
  }

  currency({ region, symbol }: Contract): string {
    if (region === "HK" && symbol.startsWith("8")) return "CNY";
    if (region === "HK" && symbol.startsWith("09")) return "USD";
    return { US: "USD", HK: "HKD", CN: "CNY" }[region] ?? "USD";
  }

  #isTradingDay(region: string, day: number): boolean {
    const name = new Date(day * 86_400_000).getUTCDay();
    const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
    return name !== 0 && name !== 6 && !(this.#options.holidays[region] ?? []).includes(date);
  }

  isOpen(region: string, kind: Lifecycle, at: number): boolean {
    const hours = HOURS[region];
    if (hours === undefined) return false;
    const minute = wall(hours.zone, at);
    const today = Math.floor(minute / 1440);
    return [today, today + 1].some(
      (day) =>
        this.#isTradingDay(region, day) &&
        hours.open[kind].some(([from, to]) => day * 1440 + from <= minute && minute < day * 1440 + to),
    );
  }

  #endsNow(order: ModelOrder, at: number): boolean {
    const hours = HOURS[order.contract.region];
    const end = hours?.ends[order.lifecycle];
    if (!order.day || hours === undefined || end === undefined || at <= order.createdAt) return false;
    const minute = wall(hours.zone, at);
    return minute % 1440 === end && this.#isTradingDay(order.contract.region, Math.floor(minute / 1440));
  }

  #sessionOpen(order: ModelOrder, at: number): boolean {
    return this.isOpen(order.contract.region, order.market ? "RTH" : order.lifecycle, at);
  }

  #crosses(order: ModelOrder): boolean {
    const last = this.last.get(contractKey(order.contract)) ?? 0n;
    return order.price === null || (order.direction === "BUY" ? last <= order.price : last >= order.price);
  }

  #sorted(orders: readonly ModelOrder[]): ModelOrder[] {
    const ask = ({ price, direction }: ModelOrder) =>
      price === null ? -(10n ** 40n) : direction === "BUY" ? -price : price;
    return orders.toSorted((a, b) => {
      if (a.direction !== b.direction) return a.direction === "SELL" ? -1 : 1;
      if (ask(a) !== ask(b)) return ask(a) < ask(b) ? -1 : 1;
      return a.rank - b.rank;
    });
  }

  /** The clock at another time; minute by minute when it goes on. */
  wait(to: number): void {
    if (to < this.now) {
      this.now = to;
      const open = this.orders.filter(isOpenStatus);
      for (const order of open) order.awake = false;
      this.#wake(to);
      return;
    }
    for (let at = (Math.floor(this.now / MINUTE) + 1) * MINUTE; at <= to; at += MINUTE) {
      this.now = at;
      for (const order of this.orders.filter(isOpenStatus))
        if (this.#endsNow(order, at)) this.#become(order, "EXPIRED");
      this.#wake(at);
    }
    this.now = to;
  }

  /** An order's time never goes back. */
  #become(order: ModelOrder, status: OrderStatus): void {
    order.status = status;
    order.updatedAt = Math.max(order.updatedAt, this.now);
  }

  #wake(at: number): void {
    const open = this.orders.filter(isOpenStatus);
    const woken = open.filter((order) => !order.awake && this.#sessionOpen(order, at));
    for (const order of open) order.awake = this.#sessionOpen(order, at);
    if (this.#options.quoted) return;
    for (const order of this.#sorted(woken)) if (this.#crosses(order)) this.#match(order);
  }

  /** Where prices are another market's, one fills only if the session was open then and in every minute since. */
  #meets({ contract, market, lifecycle }: ModelOrder): boolean {
    const from = Math.min(this.pricedAt.get(contractKey(contract)) ?? 0, this.now);
    for (let at = Math.floor(this.now / MINUTE); at >= Math.floor(from / MINUTE); at--)
      if (!this.isOpen(contract.region, market ? "RTH" : lifecycle, at * MINUTE)) return false;
    return true;
  }

  #match(order: ModelOrder): void {
    if (this.#options.quoted && !this.#meets(order)) return;
    const last = this.last.get(contractKey(order.contract)) ?? 0n;
    if (order.market && order.counted !== last && !this.#affords(order, order.qty, last)) {
      this.#become(order, "REJECTED");
      return;
    }
    this.#execute(order, order.qty - order.filled, last);
  }

  #execute(order: ModelOrder, qty: bigint, price: bigint): void {
    const value = times(qty, price);
    order.filled += qty;
    order.value += value;
    this.#become(order, order.filled === order.qty ? "FILLED" : "PARTIALLY_FILLED");
    const currency = this.currency(order.contract);
    const signed = order.direction === "BUY" ? qty : -qty;
    this.cash.set(currency, (this.cash.get(currency) ?? 0n) - (order.direction === "BUY" ? value : -value));
    const key = contractKey(order.contract);
    const { qty: had, cost } = this.held.get(key) ?? { qty: 0n, cost: 0n };
    const has = had + signed;
    const grows = had === 0n || had < 0n === signed < 0n;
    const turned = !grows && has !== 0n && has < 0n !== had < 0n;
    const average = grows ? divided(had * cost + signed * price, has) : turned ? price : cost;
    if (has === 0n) this.held.delete(key);
    else this.held.set(key, { qty: has, cost: average });
  }

  #ofSide(contract: Contract, direction: Direction, without?: ModelOrder): ModelOrder[] {
    return this.orders.filter(
      (order) =>
        isOpenStatus(order) &&
        order !== without &&
        order.direction === direction &&
        contractKey(order.contract) === contractKey(contract),
    );
  }

  #bind(contract: Contract, buyValue: bigint, sellQty: bigint): bigint {
    const key = contractKey(contract);
    const held = this.held.get(key)?.qty ?? 0n;
    const last = this.last.get(key) ?? 0n;
    const long = held > 0n ? held : 0n;
    const margin = held < 0n ? (times(-held, last) * 3n) / 2n : 0n;
    const uncovered = sellQty > long ? sellQty - long : 0n;
    return (buyValue > margin ? buyValue : margin) + times(uncovered, last) / 2n;
  }

  #buyValue(contract: Contract, without?: ModelOrder): bigint {
    return this.#ofSide(contract, "BUY", without).reduce((sum, o) => sum + times(o.qty - o.filled, o.counted), 0n);
  }

  #sellQty(contract: Contract, without?: ModelOrder): bigint {
    return this.#ofSide(contract, "SELL", without).reduce((sum, o) => sum + o.qty - o.filled, 0n);
  }

  bound(): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    for (const { contract } of this.#options.prices) {
      const bound = this.#bind(contract, this.#buyValue(contract), this.#sellQty(contract));
      const currency = this.currency(contract);
      sums.set(currency, (sums.get(currency) ?? 0n) + bound);
    }
    return sums;
  }

  #usd(amount: bigint, currency: string): bigint {
    if (currency === "USD") return amount;
    return divided(amount * (RATES[currency] ?? 0n), 1000n * 10_000n) * 10_000n;
  }

  #affords(order: ModelOrder, qty: bigint, counted: bigint): boolean {
    const { contract, direction, filled } = order;
    const known = this.orders.includes(order) ? order : undefined;
    const before = this.#bind(contract, this.#buyValue(contract), this.#sellQty(contract));
    const buying = this.#buyValue(contract, known) + (direction === "BUY" ? times(qty - filled, counted) : 0n);
    const selling = this.#sellQty(contract, known) + (direction === "SELL" ? qty - filled : 0n);
    const more = this.#bind(contract, buying, selling) - before;
    if (more <= 0n) return true;
    const bound = this.bound();
    let free = 0n;
    for (const currency of new Set([...this.cash.keys(), ...bound.keys()]))
      free += this.#usd((this.cash.get(currency) ?? 0n) - (bound.get(currency) ?? 0n), currency);
    return this.#usd(more, this.currency(contract)) <= free;
  }

  #checkLimit(contract: Contract, price: number): void {
    if (!(price > 0) || price >= 1e21) throw new Refused("bad-price");
    const step = this.#step(contract, price);
    if (Math.abs(price * 1e8 - Math.round(price * 1e8)) > 0.01 || units(price) % units(step) !== 0n)
      throw new Refused("bad-price");
  }

  #step({ region, symbol }: Contract, price: number): number {
    if (region === "US") return price < 1 ? 0.0001 : 0.01;
    if (region === "CN") return symbol.startsWith("5") || symbol.startsWith("1") ? 0.001 : 0.01;
    const steps = [
      [5000, 5],
      [2000, 2],
      [1000, 1],
      [500, 0.5],
      [200, 0.2],
      [100, 0.1],
      [50, 0.05],
      [20, 0.02],
      [10, 0.01],
      [0.25, 0.005],
    ] as const;
    return steps.find(([from]) => price >= from)?.[1] ?? 0.001;
  }

  #checkQty(contract: Contract, direction: Direction, qty: number, sellable: bigint): void {
    if (!(qty > 0) || qty >= 1e21) throw new Refused("bad-quantity");
    const lot = this.#lots.get(contractKey(contract)) ?? SCALE;
    if (units(qty) % lot === 0n) return;
    if (direction === "SELL" && units(qty) <= sellable && (sellable - units(qty)) % lot === 0n) return;
    throw new Refused("bad-quantity");
  }

  #checkShort(order: ModelOrder, qty: bigint): void {
    if (this.#options.allowShort || order.direction === "BUY") return;
    const known = this.orders.includes(order) ? order : undefined;
    const before = this.#sellQty(order.contract);
    const then = this.#sellQty(order.contract, known) + qty - order.filled;
    const held = this.held.get(contractKey(order.contract))?.qty ?? 0n;
    if (then > before && then > (held > 0n ? held : 0n)) throw new Refused("short-sale");
  }

  place(request: ExchangeRequest): ModelOrder {
    const { contract, direction, orderType, timeInForce, lifecycle, qty } = request;
    if (!this.last.has(contractKey(contract))) throw new Refused("unknown-contract");
    if (lifecycle === "OVERNIGHT" && (contract.region !== "US" || orderType === "Market"))
      throw new Refused("unsupported-session");
    if (orderType === "Limit") this.#checkLimit(contract, request.price ?? 0);
    const sellable = (this.held.get(contractKey(contract))?.qty ?? 0n) - this.#sellQty(contract);
    this.#checkQty(contract, direction, qty, sellable);
    const price = orderType === "Limit" ? units(request.price ?? 0) : null;
    const order: ModelOrder = {
      id: String(this.#id),
      contract,
      direction,
      market: price === null,
      day: timeInForce === "DAY",
      lifecycle,
      createdAt: this.now,
      qty: units(qty),
      price,
      counted: price ?? this.last.get(contractKey(contract)) ?? 0n,
      filled: 0n,
      value: 0n,
      rank: 0,
      status: "OPEN",
      updatedAt: this.now,
      awake: false,
    };
    this.#checkShort(order, order.qty);
    if (!this.#affords(order, order.qty, order.counted)) throw new Refused("insufficient-funds");
    this.#id += 1;
    order.rank = ++this.#rank;
    this.orders.push(order);
    this.#look(order);
    return order;
  }

  #look(order: ModelOrder): void {
    order.awake = this.#sessionOpen(order, this.now);
    if (order.awake && this.#crosses(order)) this.#match(order);
  }

  #open(id: string): ModelOrder {
    const order = this.orders.find((one) => one.id === id);
    if (order === undefined) throw new Refused("unknown-order");
    if (!isOpenStatus(order)) throw new Refused("order-not-open");
    return order;
  }

  replace(id: string, change: { qty?: number; price?: number }): void {
    const order = this.#open(id);
    if (change.price !== undefined) {
      if (order.price === null) throw new Refused("bad-price");
      this.#checkLimit(order.contract, change.price);
    }
    if (change.qty !== undefined && units(change.qty) < order.filled) throw new Refused("bad-quantity");
    const qty = change.qty === undefined ? order.qty : units(change.qty);
    const price = change.price === undefined ? order.price : units(change.price);
    const done = order.filled > 0n && qty === order.filled;
    if (change.qty !== undefined && qty !== order.qty && !done) {
      const others = this.#sellQty(order.contract, order);
      const held = this.held.get(contractKey(order.contract))?.qty ?? 0n;
      this.#checkQty(order.contract, order.direction, change.qty, held - others + order.filled);
    }
    if (qty === order.qty && price === order.price) return;
    if (done) {
      order.qty = qty;
      order.price = price;
      this.#become(order, "FILLED");
      return;
    }
    const counted = price ?? this.last.get(contractKey(order.contract)) ?? 0n;
    this.#checkShort(order, qty);
    if (!this.#affords(order, qty, counted)) throw new Refused("insufficient-funds");
    if (price !== order.price || qty > order.qty) order.rank = ++this.#rank;
    order.qty = qty;
    order.price = price;
    order.counted = counted;
    this.#become(order, order.status);
    this.#look(order);
  }

  cancel(id: string): void {
    this.#become(this.#open(id), "CANCELED");
  }

  end(id: string, status: ExchangeEnding): void {
    this.#become(this.#open(id), status);
  }

  fill(id: string, qty: number, price: number): void {
    const order = this.#open(id);
    if (!(qty > 0 && units(qty) <= order.qty - order.filled)) throw new Refused("bad-quantity");
    if (!(price > 0)) throw new Refused("bad-price");
    this.#execute(order, units(qty), units(price));
  }

  setPrice(contract: Contract, price: number, at: number): void {
    this.last.set(contractKey(contract), units(price));
    this.pricedAt.set(contractKey(contract), at);
    const open = this.orders.filter(
      (order) => isOpenStatus(order) && contractKey(order.contract) === contractKey(contract),
    );
    for (const order of this.#sorted(open))
      if (this.#sessionOpen(order, this.now) && this.#crosses(order)) this.#match(order);
  }
}
