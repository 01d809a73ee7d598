import type { Cash } from "../../domain/cash.ts";
import { type Contract, contractKey } from "../../domain/contract.ts";
import { isTerminal, type OrderRequest } from "../../domain/order.ts";
import type { Quote } from "../../domain/quote.ts";
import { createExchange } from "../../exchange/exchange.ts";
import { MARKET_REGIONS } from "../../exchange/markets.ts";
import { createRandomWalk, type RandomWalk, WALK_STEP_MS } from "../../exchange/random-walk.ts";
import type { Exchange, ExchangeEvent, ExchangeOrder } from "../../exchange/types.ts";
import type { Broker, BrokerHost, Call, Placed } from "../../spec/broker.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import type { Adapter } from "../shared/loaded-at-start.ts";
import { ORDERS, toCapabilities } from "./capabilities.ts";
import type { PaperConfig } from "./config.ts";
import {
  cashWord,
  effectiveLifecycle,
  readError,
  readState,
  toBalances,
  toPositions,
  unpricedError,
  writeError,
  writeState,
} from "./convert.ts";
import { createQuoteFeed, type QuoteFeed } from "./quotes.ts";
import { createSaver, type Saver } from "./store.ts";

/** Orders that have ended: at least so many are remembered, and at most twice as many, which is no more than a desk keeps. */
const KEPT_ORDERS = 5000;

const SILENT_HOST: BrokerHost = { onOrder: () => undefined, onConnection: () => undefined };

/** An exchange and what keeps it, the same for every session: two savers would write at the same time. */
interface Account {
  readonly exchange: Exchange;
  readonly saver: Saver | undefined;
}

/** The account between `start` and `close`. */
interface Session extends Account {
  readonly walk: RandomWalk | undefined;
  /** Another broker's quotes, where those rule. */
  readonly feed: QuoteFeed | undefined;
  end(): void;
}

/** The broker of a paper account. */
export function createPaperBroker(config: PaperConfig): Adapter {
  const source = typeof config.quotes === "object" ? config.quotes : undefined;
  let opened: Promise<Account> | undefined;
  let starting: Promise<void> | undefined;
  /** Ends with the start that was begun last, also one that the account was closed over. */
  let begun: Promise<void> = Promise.resolve();
  let session: Session | undefined;
  let generation = 0;

  /** The account, the same for every session; a store that could not be read is asked again. */
  const open = (): Promise<Account> => {
    opened ??= openAccount(config).catch((error: unknown) => {
      opened = undefined;
      throw readError(error);
    });
    return opened;
  };

  const begin = async (host: BrokerHost, mine: number): Promise<void> => {
    const account = await open();
    if (mine !== generation) return;
    if (config.ownsQuotes) await source?.start?.(SILENT_HOST);
    if (mine !== generation) {
      if (config.ownsQuotes) await source?.close?.();
      return;
    }
    session = beginSession(config, account, host, source);
    host.onConnection({ connected: true });
  };

  const started = (): Session => {
    if (session !== undefined) return session;
    throw notOpen();
  };

  /** A read: what time has done comes first. */
  const read = async <T>(call: Call, act: (exchange: Exchange, session: Session) => T | Promise<T>): Promise<T> => {
    try {
      const now = started();
      if (call.signal.aborted) throw new BrokerError("Timeout", "the call was given up before it was looked at");
      advance(now);
      return await act(now.exchange, now);
    } catch (error) {
      throw readError(error);
    }
  };

  /** A write: carried out at once or not at all, and answered when the account is kept. */
  const write = async <T>(call: Call, act: (exchange: Exchange, session: Session) => T | Promise<T>): Promise<T> => {
    try {
      const now = started();
      refuseAborted(call);
      advance(now);
      const result = await act(now.exchange, now);
      await kept(now.saver);
      return result;
    } catch (error) {
      throw writeError(error);
    }
  };

  /** Brings another broker's price to the exchange before an order meets it. */
  const price = async (contract: Contract, call: Call, now: Session): Promise<void> => {
    if (source === undefined || now.feed === undefined) return;
    let quote: Quote;
    try {
      quote = await now.feed.take(contract, call.signal);
    } catch (error) {
      throw unpricedError(error);
    }
    if (session !== now) throw notOpen();
    refuseAborted(call);
    if (!quote.isTradable) {
      const reason = `trading in ${contractKey(contract)} is suspended`;
      throw new BrokerError("OrderRejected", reason, { outcome: "rejected" });
    }
    if (!(quote.latest > 0)) throw unpricedError(new Error(`${source.display} quotes ${quote.latest}`));
  };

  return {
    capabilities: () => toCapabilities(config),

    start: (host) => {
      if (session !== undefined) return Promise.resolve();
      if (starting !== undefined) return starting;
      const wanted = generation;
      // One that was closed over closes the other broker when it ends, which must not come after the next start of it.
      const mine = begun
        .then(() => begin(host, wanted))
        .finally(() => {
          if (starting === mine) starting = undefined;
        });
      starting = mine;
      begun = mine.catch(() => undefined);
      return mine;
    },

    close: async () => {
      const ended = session;
      session = undefined;
      starting = undefined;
      generation += 1;
      ended?.end();
      try {
        await ended?.saver?.save();
      } catch (error) {
        throw readError(error);
      } finally {
        if (config.ownsQuotes) await source?.close?.();
      }
    },

    ping: (call) => read(call, () => source?.ping?.(call) ?? true),

    cash: ({ currency }, call) =>
      read(call, async (exchange, now): Promise<Cash> => {
        const balances = toBalances(exchange.balances());
        const amount = totalCash(exchange, currency);
        await settled(now.saver);
        return { currency: cashWord(currency), amount, balances };
      }),

    positions: (call) =>
      read(call, async (exchange, now) => {
        const positions = toPositions(exchange.positions());
        await settled(now.saver);
        return positions;
      }),

    quote: (contract, call) =>
      read(call, async (exchange, now) => {
        if (now.feed !== undefined) return await now.feed.take(contract, call.signal);
        const quote = exchange.quote(contract);
        if (quote !== undefined) return quote;
        throw new BrokerError("UnknownContract", `${contractKey(contract)} is not listed in this paper account`);
      }),

    marketStatus: (call) =>
      read(call, (exchange) => ({
        Securities: Object.fromEntries(MARKET_REGIONS.map((region) => [region, exchange.marketStatus(region)])),
      })),

    placeOrder: (order, call) =>
      write(call, async (exchange, now): Promise<Placed> => {
        checkRow(order);
        await price(order.contract, call, now);
        const lifecycle = effectiveLifecycle(order.contract.region, order.lifecycle);
        const { orderId } = exchange.place({ ...order, lifecycle });
        return lifecycle === order.lifecycle ? { orderId } : { orderId, effective: { lifecycle } };
      }),

    replaceOrder: (orderId, { qty, price: limit }, call) =>
      write(call, async (exchange, now) => {
        const known = exchange.order(orderId);
        if (known !== undefined && !isTerminal(known.status)) await price(known.contract, call, now);
        const change = { ...(qty === undefined ? {} : { qty }), ...(limit === undefined ? {} : { price: limit }) };
        return { orderId: exchange.replace(orderId, change).orderId };
      }),

    cancelOrder: (orderId, call) =>
      write(call, (exchange) => {
        exchange.cancel(orderId);
      }),

    order: (orderId, call) =>
      read(call, async (exchange, now) => {
        const order = exchange.order(orderId);
        await settled(now.saver);
        if (order !== undefined) return order;
        throw new BrokerError("OrderNotFound", `there is no order ${orderId} in this paper account`);
      }),

    orders: ({ status }, call) =>
      read(call, async (exchange, now) => {
        const orders = exchange.orders();
        await settled(now.saver);
        return {
          orders: status === "all" ? orders : orders.filter((order) => !isTerminal(order.status)),
          unmapped: [],
        };
      }),
  };
}

async function openAccount(config: PaperConfig): Promise<Account> {
  const { store } = config;
  const exchange = await openExchange(config);
  const saver = store === undefined ? undefined : createSaver(store, () => writeState(exchange.snapshot()));
  return { exchange, saver };
}

async function openExchange({ exchange, quotes, store }: PaperConfig): Promise<Exchange> {
  if ("place" in exchange) return exchange;
  const options = { ...exchange, keptOrders: KEPT_ORDERS, quoted: typeof quotes === "object" };
  const text = (await store?.load()) ?? null;
  // No number is given out again that a journal may remember: of an account that was here before, or of this one after
  // the moment of the copy that it was restored from.
  const unused = Date.now();
  if (text === null) return createExchange({ ...options, firstOrderNumber: unused });
  const state = readState(text);
  const nextOrderNumber = Math.max(state.nextOrderNumber, unused);
  return createExchange({ ...options, state: { ...state, nextOrderNumber } });
}

function beginSession(config: PaperConfig, account: Account, host: BrokerHost, source: Broker | undefined): Session {
  const { quotes, seed, quoteIntervalMs } = config;
  const { exchange, saver } = account;
  const contracts = exchange.snapshot().prices.map(({ contract }) => contract);
  const tell = (order: ExchangeOrder): void => host.onOrder(order);
  const unsubscribe = exchange.subscribe(saver === undefined ? ({ order }) => tell(order) : tellKept(saver, tell));
  const session: Session = {
    ...account,
    walk: quotes === "synthetic" ? createRandomWalk(exchange, contracts, seed) : undefined,
    feed: source === undefined ? undefined : createQuoteFeed(source, exchange),
    end: () => {
      session.feed?.end();
      unsubscribe();
      clearInterval(beat);
    },
  };
  const beat = setInterval(
    () => {
      advance(session);
      session.feed?.poll();
    },
    source === undefined ? WALK_STEP_MS : quoteIntervalMs,
  );
  letGo(beat);
  return session;
}

/**
 * Tells of an order when it is kept: what was told of before might be gone after a crash, and its number given to another.
 * What cannot be kept now is told with what can, later.
 */
function tellKept(saver: Saver, tell: (order: ExchangeOrder) => void): (event: ExchangeEvent) => void {
  let untold: readonly ExchangeEvent[] = [];
  return (event) => {
    untold = [...untold, event];
    const tellUpToThis = () => {
      const count = untold.indexOf(event) + 1;
      const kept = untold.slice(0, count);
      untold = untold.slice(count);
      for (const { order } of kept) tell(order);
    };
    // What fails here fails again, and aloud, with the next write: each saves the whole account.
    saver.save().then(tellUpToThis, () => undefined);
  };
}

/** Lets happen what time has brought. Every call does this, since workers run no timers between requests. */
function advance({ exchange, walk }: Session): void {
  exchange.tick();
  walk?.advance();
}

/** A process whose only work left is this clock may end. Workers' timers know no such thing. */
function letGo(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
    timer.unref();
}

async function kept(saver: Saver | undefined): Promise<void> {
  try {
    await saver?.save();
  } catch (error) {
    const reason = readError(error).message;
    throw new BrokerError("OutcomeUnknown", `carried out, but the account could not be saved: ${reason}`, {
      outcome: "unknown",
      cause: error,
    });
  }
}

function totalCash(exchange: Exchange, currency: string): number {
  try {
    return exchange.totalCash(currency);
  } catch (error) {
    throw new BrokerError("NotSupported", readError(error).message);
  }
}

/** What is not kept is not told: after a crash it would never have been. */
async function settled(saver: Saver | undefined): Promise<void> {
  try {
    await saver?.settled();
  } catch (error) {
    throw new BrokerError("BrokerFault", `the account could not be saved: ${readError(error).message}`, {
      cause: error,
    });
  }
}

function notOpen(): BrokerError {
  const reason = "the paper account is not open: it was closed or not started";
  return new BrokerError("NotConnected", reason, { outcome: "not_sent" });
}

function refuseAborted({ signal }: Call): void {
  if (!signal.aborted) return;
  throw new BrokerError("RateLimited", "the call was given up before the exchange had it", { outcome: "not_sent" });
}

function checkRow({ contract, orderType, timeInForce, lifecycle }: OrderRequest): void {
  const taken = ORDERS.some(
    (row) =>
      row.tradeType === contract.tradeType &&
      row.region === contract.region &&
      row.orderType === orderType &&
      row.timeInForce === timeInForce &&
      row.lifecycle === lifecycle,
  );
  if (taken) return;
  throw new BrokerError(
    "NotSupported",
    `${contract.region} orders of ${orderType}, ${timeInForce}, ${lifecycle} are not taken by a paper account`,
    { outcome: "not_sent" },
  );
}
