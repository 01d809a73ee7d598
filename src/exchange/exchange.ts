/**
 * The matching engine, put together.
 *
 * The market is synthetic: it trades any quantity at the last price. A market order fills at the last price. A limit
 * order fills when the last price is at its limit or better, and then at the last price. Each fills whole; parts are
 * filled by hand with `fill`. When a price crosses several orders, sells come before buys, each side by limit and then
 * by time. The account's own orders never trade with each other: they would both have met the market first.
 *
 * An order outside its session rests, and is matched at the last price when the session opens, or, where prices are
 * `quoted`, at the first that is traded and set then. Market orders are matched in regular hours only. A DAY order ends with the
 * trading day of its kind, however often it is replaced.
 */
import { type Contract, contractKey, normalizeContract } from "../domain/contract.ts";
import { add, isPositiveDecimal, subtract } from "../domain/money.ts";
import { isTerminal, type OrderChange } from "../domain/order.ts";
import { byPriority, createBook, type Resting, unfilled } from "./book.ts";
import { createBuyingPower } from "./buying-power.ts";
import { createEvents } from "./events.ts";
import { RefusedByExchange } from "./exchange-error.ts";
import { createLedger, currencyOf } from "./ledger.ts";
import { createListings } from "./listings.ts";
import { createRecords, STATUS_WORDS, withStatus } from "./records.ts";
import { createTimetable } from "./timetable.ts";
import { checkContract, checkLimit, checkQuantity, checkSession } from "./trading-rules.ts";
import type {
  Exchange,
  ExchangeEnding,
  ExchangeOptions,
  ExchangeOrder,
  ExchangeRequest,
  ExchangeState,
} from "./types.ts";

const DEFAULT_CASH = { USD: 1_000_000 };

/**
 * Opens an exchange with one account.
 *
 * Throws a `RangeError` for options that make no sense (a price that is not above zero, a currency without a rate, a
 * state of another version).
 */
export function createExchange(options: ExchangeOptions = {}): Exchange {
  const clock = options.clock ?? Date.now;
  const quoted = options.quoted ?? false;
  const state = stateOf(options);
  const timetable = createTimetable(options.holidays);
  const tradingDay = (contract: Contract): string => timetable.tradingDay(contract, clock());
  const ledger = createLedger({
    cash: state?.cash ?? options.cash ?? DEFAULT_CASH,
    positions: state?.positions ?? options.positions ?? [],
    ratesToUsd: options.ratesToUsd,
  });
  const listings = createListings(options.prices ?? [], state?.prices ?? [], tradingDay);
  const book = createBook();
  const power = createBuyingPower(ledger, book, listings.last, options.allowShort ?? false);
  const events = createEvents();
  const records = createRecords({
    orders: state?.orders ?? [],
    fills: state?.fills ?? [],
    kept: options.keptOrders ?? Number.POSITIVE_INFINITY,
    tell: events.record,
  });
  let nextOrderNumber = state?.nextOrderNumber ?? options.firstOrderNumber ?? 1;
  let nextRank = 1;
  let ticked = clock();

  const { isOpen, isOpenSince, openingAfter } = timetable;
  const openingAt = (order: ExchangeOrder, at: number): number => (isOpen(order, at) ? at : openingAfter(order, at));

  const countedNow = (order: ExchangeOrder): number => order.price ?? listings.last(order.contract) ?? 0;

  const rest = (order: ExchangeOrder, rank: number, opensAt: number, countedAt: number): Resting => {
    const endsAt = timetable.endOf(order);
    const resting = { order, rank, countedAt, endsAt, wakesAt: Math.min(endsAt, opensAt) };
    book.put(resting);
    return resting;
  };

  const end = (resting: Resting, status: ExchangeEnding, reason: string, at: number): ExchangeOrder => {
    book.remove(resting.order.orderId);
    const errorReason = status === "CANCELED" ? "" : reason;
    return records.write({ ...withStatus(resting.order, status, at), errorReason });
  };

  const execute = (resting: Resting, qty: number, price: number, at: number): ExchangeOrder => {
    const { order, fill } = records.fill(resting.order, qty, price, at);
    ledger.settle(fill);
    if (order.status === "FILLED") book.remove(order.orderId);
    else book.put({ ...resting, order });
    return order;
  };

  /** The price at which the market takes the order now, sessions aside. */
  const crossingPrice = ({ contract, direction, price }: ExchangeOrder): number | undefined => {
    const last = listings.last(contract);
    if (last === undefined) return undefined;
    if (price === null) return last;
    return (direction === "BUY" ? last <= price : last >= price) ? last : undefined;
  };

  /** Fills the order if it crosses. A market order that has waited is checked again: the price may have run away. */
  const match = (resting: Resting, at: number): void => {
    const price = crossingPrice(resting.order);
    if (price === undefined) return;
    if (quoted && !isOpenSince(resting.order, Math.min(listings.pricedAt(resting.order.contract), at), at)) return;
    if (resting.order.price === null && price !== resting.countedAt) {
      try {
        power.check(resting.order, price, resting);
      } catch (error) {
        if (!(error instanceof RefusedByExchange)) throw error;
        end(resting, "REJECTED", error.message, at);
        return;
      }
    }
    execute(resting, unfilled(resting.order), price, at);
  };

  /** Looks at every order afresh when the clock was set back: sessions may open that had seemed past. */
  const rewind = (now: number): void => {
    for (const { order, rank, countedAt } of book.all()) rest(order, rank, openingAt(order, now), countedAt);
  };

  const tick = (): void => {
    const now = clock();
    if (now < ticked) rewind(now);
    ticked = now;
    const due = book.due(now).map((resting) => {
      const meets = !quoted && crossingPrice(resting.order) !== undefined;
      const opens = meets && resting.wakesAt < resting.endsAt;
      return { resting, opens, at: opens ? resting.wakesAt : resting.endsAt };
    });
    // The price has not moved since the last call, so an order that does not cross now crossed at no opening in between.
    due.sort((a, b) => a.at - b.at || Number(a.opens) - Number(b.opens) || byPriority(a.resting, b.resting));
    for (const { resting, opens, at } of due) {
      if (opens) match(resting, at);
      else if (at <= now) end(resting, "EXPIRED", "a day order ends with its trading day", at);
      else rest(resting.order, resting.rank, openingAfter(resting.order, now), resting.countedAt);
    }
  };

  /** A public operation: first what time has done, then the call, then the news of both. */
  const operation = <T>(call: (now: number) => T): T =>
    events.during(() => {
      tick();
      return call(ticked);
    });

  const openOrder = (orderId: string): Resting => {
    const resting = book.get(orderId);
    if (resting !== undefined) return resting;
    const order = records.order(orderId);
    if (order === undefined) throw new RefusedByExchange("unknown-order", `there is no order ${orderId}`);
    throw new RefusedByExchange("order-not-open", `order ${orderId} is ${order.status} and takes no more changes`);
  };

  const place = (request: ExchangeRequest, now: number): ExchangeOrder => {
    const contract = normalizeContract(request.contract);
    const { direction, orderType, timeInForce, lifecycle, qty, tag } = request;
    checkContract(contract);
    if (listings.last(contract) === undefined) {
      throw new RefusedByExchange("unknown-contract", `${contractKey(contract)} is not listed on this exchange`);
    }
    checkSession({ ...request, contract });
    if (orderType === "Limit") checkLimit(contract, request.price);
    const sellable = subtract(ledger.held(contract), book.exposure(contract).sellQty);
    checkQuantity(contract, direction, qty, listings.lotSize(contract), sellable);
    const order: ExchangeOrder = {
      orderId: String(nextOrderNumber),
      contract,
      currency: currencyOf(contract),
      direction,
      orderType,
      price: orderType === "Limit" ? (request.price ?? null) : null,
      timeInForce,
      lifecycle,
      qty,
      filledQty: 0,
      avgPrice: 0,
      status: "OPEN",
      originStatus: STATUS_WORDS.OPEN,
      errorReason: "",
      warning: null,
      tag,
      createdAt: now,
      updatedAt: now,
    };
    const countedAt = countedNow(order);
    power.check(order, countedAt);
    nextOrderNumber += 1;
    const resting = rest(order, nextRank++, openingAfter(order, now), countedAt);
    records.write(order);
    if (isOpen(order, now)) match(resting, now);
    return records.order(order.orderId) ?? order;
  };

  const replace = (orderId: string, change: OrderChange, now: number): ExchangeOrder => {
    const resting = openOrder(orderId);
    const { order } = resting;
    const { contract, direction } = order;
    const qty = change.qty ?? order.qty;
    const price = change.price ?? order.price;
    if (change.price !== undefined) {
      if (order.price === null) throw new RefusedByExchange("bad-price", "a market order has no price to change");
      checkLimit(contract, change.price);
    }
    if (qty < order.filledQty) {
      throw new RefusedByExchange("bad-quantity", `${qty} is below the ${order.filledQty} that are filled already`);
    }
    const done = order.filledQty > 0 && qty === order.filledQty;
    if (qty !== order.qty && !done) {
      const others = subtract(book.exposure(contract).sellQty, direction === "SELL" ? unfilled(order) : 0);
      const sellable = add(subtract(ledger.held(contract), others), order.filledQty);
      checkQuantity(contract, direction, qty, listings.lotSize(contract), sellable);
    }
    if (qty === order.qty && price === order.price) return order;
    const next: ExchangeOrder = { ...withStatus(order, done ? "FILLED" : order.status, now), qty, price };
    if (done) {
      book.remove(orderId);
      return records.write(next);
    }
    const countedAt = countedNow(next);
    power.check(next, countedAt, resting);
    const waits = price === order.price && qty <= order.qty;
    const rested = rest(next, waits ? resting.rank : nextRank++, openingAfter(next, now), countedAt);
    records.write(next);
    if (isOpen(next, now)) match(rested, now);
    return records.order(orderId) ?? next;
  };

  const setPrice = (given: Contract, price: number, at: number, now: number): void => {
    const contract = normalizeContract(given);
    listings.set(contract, price, at, tradingDay(contract));
    for (const resting of book.matchingOrder(contract)) if (isOpen(resting.order, now)) match(resting, now);
  };

  const fill = (orderId: string, qty: number, price: number, now: number): ExchangeOrder => {
    const resting = openOrder(orderId);
    const left = unfilled(resting.order);
    if (!(qty > 0 && qty <= left)) {
      throw new RefusedByExchange("bad-quantity", `order ${orderId} has ${left} left to fill, not ${qty}`);
    }
    if (!isPositiveDecimal(price))
      throw new RefusedByExchange("bad-price", `a fill needs a price above 0, not ${price}`);
    return execute(resting, qty, price, now);
  };

  for (const order of inPriority(state)) {
    rest(order, nextRank++, openingAt(order, ticked), state?.countedAt?.[order.orderId] ?? countedNow(order));
  }

  return {
    now: clock,
    place: (request) => operation((now) => place(request, now)),
    replace: (orderId, change) => operation((now) => replace(orderId, change, now)),
    cancel: (orderId) => operation((now) => end(openOrder(orderId), "CANCELED", "", now)),
    order: records.order,
    orders: records.orders,
    fills: records.fills,
    positions: () => ledger.holdings().map((holding) => ({ ...holding, currency: currencyOf(holding.contract) })),
    balances: () => {
      const bound = power.bound();
      const currencies = new Set([...ledger.cash().keys(), ...bound.keys()]);
      return [...currencies].map((currency) => {
        const amount = ledger.cash().get(currency) ?? 0;
        return { currency, amount, available: subtract(amount, bound.get(currency) ?? 0) };
      });
    },
    totalCash: (currency) =>
      // Begins with a conversion of nothing: no money at all is not yet nothing in a currency that has no rate.
      [...ledger.cash()].reduce(
        (sum, [from, amount]) => add(sum, ledger.convert(amount, from, currency)),
        ledger.convert(0, "USD", currency),
      ),
    quote: (given) => {
      const contract = normalizeContract(given);
      return listings.quote(contract, tradingDay(contract), clock());
    },
    setPrice: (contract, price, at) => operation((now) => setPrice(contract, price, at ?? now, now)),
    lotSize: (contract) => listings.lotSize(normalizeContract(contract)),
    marketStatus: (region) => timetable.status(region, clock()),
    fill: (orderId, qty, price) => operation((now) => fill(orderId, qty, price, now)),
    end: (orderId, status, reason) => operation((now) => end(openOrder(orderId), status, reason, now)),
    tick: () => events.during(tick),
    subscribe: events.subscribe,
    snapshot: () => ({
      version: 1,
      nextOrderNumber,
      orders: records.orders(),
      fills: records.fills(),
      cash: Object.fromEntries(ledger.cash()),
      positions: ledger.holdings(),
      prices: listings.snapshot(),
      priority: book.all().map(({ order }) => order.orderId),
      countedAt: Object.fromEntries(
        book.all().flatMap(({ order, countedAt }) => (order.price === null ? [[order.orderId, countedAt]] : [])),
      ),
    }),
  };
}

function stateOf({ state }: ExchangeOptions): ExchangeState | undefined {
  if (state !== undefined && state.version !== 1) {
    throw new RangeError(`a state of version ${state.version} cannot be read, only one of version 1`);
  }
  return state;
}

/** The open orders of a state, first come first. */
function inPriority(state: ExchangeState | undefined): readonly ExchangeOrder[] {
  const open = (state?.orders ?? []).filter(({ status }) => !isTerminal(status));
  const places = new Map(state?.priority?.map((orderId, place) => [orderId, place]));
  const placeOf = ({ orderId }: ExchangeOrder): number => places.get(orderId) ?? Number.POSITIVE_INFINITY;
  return open.toSorted((a, b) => (placeOf(a) === placeOf(b) ? 0 : placeOf(a) - placeOf(b)));
}
