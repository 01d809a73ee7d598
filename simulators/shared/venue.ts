/**
 * The exchange behind a simulator. A simulator has one book an account (or a group of accounts that share their money);
 * all books see the same prices and live by the same clock.
 */
import { type Contract, contractKey } from "../../src/domain/contract.ts";
import type { MarketStatus } from "../../src/domain/market-status.ts";
import { isTerminal, type OrderChange } from "../../src/domain/order.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { demoAccount } from "../../src/exchange/demo-account.ts";
import { createExchange } from "../../src/exchange/exchange.ts";
import { isExchangeError } from "../../src/exchange/exchange-error.ts";
import type {
  Exchange,
  ExchangeEnding,
  ExchangeFill,
  ExchangeOptions,
  ExchangeOrder,
  ExchangeRequest,
} from "../../src/exchange/types.ts";
import { lastUsMidMorning } from "./market-time.ts";

/** An order and where it is. */
export interface VenueOrder {
  readonly book: string;
  /** The order's id as the simulator's own protocol writes it. */
  readonly wireId: string;
  readonly order: ExchangeOrder;
}

/** Writes that a venue can take and not carry out yet. */
export type HeldKind = "cancel" | "replace";

/** A change on one of the books. */
export interface VenueEvent extends VenueOrder {
  readonly fill: ExchangeFill | null;
}

/** What a book begins with, and the holidays it keeps. */
export type BookOptions = Pick<ExchangeOptions, "cash" | "positions" | "holidays">;

/** How a venue is set up. */
export interface VenueOptions {
  /** The books by name, with the cash and the positions each begins with. */
  readonly books: Readonly<Record<string, BookOptions>>;
  /** How the protocol writes an order's id. Default: as the exchange does. */
  readonly wireId?: (orderId: string, book: string) => string;
  /** Number of a book's first order. Default 1. */
  readonly firstOrder?: number;
  /** Where the clock begins, in milliseconds since the epoch. Default {@link lastUsMidMorning}. */
  readonly now?: number;
  /** Days without trading by region, `YYYY-MM-DD` on the market's own calendar. Default: none. */
  readonly holidays?: NonNullable<ExchangeOptions["holidays"]>;
}

/** The books of one simulator. */
export interface Venue {
  /** Names of the books. */
  readonly books: readonly string[];
  /** @throws when there is no such book. */
  book(name: string): Exchange;
  /** Milliseconds since the epoch; the clock runs on by itself. */
  now(): number;
  /** Sets the clock, forwards or backwards; day orders expire and sessions open as far as it went. */
  setNow(at: number): void;
  /** @throws the exchange's refusal, and then nothing was accepted. */
  place(book: string, request: ExchangeRequest): VenueOrder;
  /** Every order ever accepted, in the order of acceptance. */
  orders(): readonly VenueOrder[];
  find(wireId: string): VenueOrder | undefined;
  fill(wireId: string, qty: number, price: number): VenueOrder;
  end(wireId: string, status: ExchangeEnding, reason: string): VenueOrder;
  /** @throws the exchange's refusal, and then nothing has changed. While cancels are held the order waits for it. */
  cancel(order: VenueOrder): void;
  /** @throws the exchange's refusal, and then nothing has changed. While changes are held the order waits for it. */
  replace(order: VenueOrder, change: OrderChange): void;
  /**
   * Holds what comes from now on, or no more and carries out what was held and still can be. An order that waits is shown
   * as `PENDING_CANCEL` or `PENDING_REPLACE`, as it was before, and can be filled.
   */
  hold(kind: HeldKind, held: boolean): void;
  quote(contract: Contract): Quote | undefined;
  /** Shares in a lot of a listed contract. */
  lotSize(contract: Contract): number;
  /** Sets the last price on every book; what crosses is filled. */
  setPrice(contract: Contract, price: number): void;
  /** Halts a contract's quotes or lets them go on. */
  suspend(contract: Contract, suspended: boolean): void;
  isSuspended(contract: Contract): boolean;
  marketStatus(region: string): MarketStatus;
  subscribe(listener: (event: VenueEvent) => void): () => void;
  /** Stops the clock's own ticking. */
  close(): void;
}

/** Thrown for an order that is on no book. */
export class UnknownVenueOrder extends Error {}

/** Order numbers of the books lie so far apart that an id names one order of the whole venue. */
const NUMBERS_PER_BOOK = 10_000_000_000_000;

/** Opens the books. */
export function createVenue(options: VenueOptions): Venue {
  let offset = (options.now ?? lastUsMidMorning(Date.now())) - Date.now();
  const now = (): number => Date.now() + offset;
  const names = Object.keys(options.books);
  const wireIdOf = options.wireId ?? ((orderId: string) => orderId);
  const accepted: { readonly book: string; readonly orderId: string }[] = [];
  const byWireId = new Map<string, { readonly book: string; readonly orderId: string }>();
  const listeners = new Set<(event: VenueEvent) => void>();
  const suspended = new Set<string>();
  const holding = new Set<HeldKind>();
  const waiting = new Map<string, { readonly kind: HeldKind; readonly at: number; readonly act: () => void }>();

  const exchanges = new Map(
    names.map((name, index): [string, Exchange] => [
      name,
      createExchange({
        ...options.books[name],
        clock: now,
        prices: demoAccount.prices,
        ...(options.holidays === undefined ? {} : { holidays: options.holidays }),
        firstOrderNumber: (options.firstOrder ?? 1) + (index + 1) * NUMBERS_PER_BOOK,
      }),
    ]),
  );
  const book = (name: string): Exchange => {
    const exchange = exchanges.get(name);
    if (exchange === undefined) throw new Error(`there is no book "${name}"; there are ${names.join(", ")}`);
    return exchange;
  };
  const anyBook = book(names[0] ?? "");

  const register = (name: string, orderId: string): string => {
    const wireId = wireIdOf(orderId, name);
    if (!byWireId.has(wireId)) {
      const entry = { book: name, orderId };
      byWireId.set(wireId, entry);
      accepted.push(entry);
    }
    return wireId;
  };
  const located = (entry: { readonly book: string; readonly orderId: string }): VenueOrder => {
    const order = book(entry.book).order(entry.orderId);
    if (order === undefined) throw new UnknownVenueOrder(`the book has lost order ${entry.orderId}`);
    const wireId = wireIdOf(entry.orderId, entry.book);
    return { book: entry.book, wireId, order: shown(wireId, order) };
  };
  /** The order as it is shown while something waits for it. */
  const shown = (wireId: string, order: ExchangeOrder): ExchangeOrder => {
    const write = waiting.get(wireId);
    if (write === undefined || isTerminal(order.status)) return order;
    const status = write.kind === "cancel" ? "PENDING_CANCEL" : "PENDING_REPLACE";
    return { ...order, status, updatedAt: Math.max(order.updatedAt, write.at) };
  };
  const tell = (event: VenueEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const carryOut = (kind: HeldKind, { book: name, wireId, order }: VenueOrder, act: () => void): void => {
    if (!holding.has(kind)) {
      act();
      return;
    }
    waiting.set(wireId, { kind, at: now(), act });
    tell({ ...located({ book: name, orderId: order.orderId }), fill: null });
  };
  const letThrough = (kind: HeldKind): void => {
    for (const [wireId, write] of waiting) {
      if (write.kind !== kind) continue;
      waiting.delete(wireId);
      try {
        write.act();
      } catch (error) {
        // What can no longer be done is heard of by nobody.
        if (!isExchangeError(error)) throw error;
      }
    }
  };
  const entryOf = (wireId: string) => {
    const entry = byWireId.get(wireId);
    if (entry === undefined) throw new UnknownVenueOrder(`there is no order ${wireId}`);
    return entry;
  };
  const tick = (): void => {
    for (const exchange of exchanges.values()) exchange.tick();
  };

  for (const [name, exchange] of exchanges) {
    exchange.subscribe(({ order, fill }) => {
      const wireId = register(name, order.orderId);
      tell({ book: name, wireId, order: shown(wireId, order), fill });
    });
  }
  const ticking = setInterval(tick, 1000);
  ticking.unref();

  return {
    books: names,
    book,
    now,
    setNow(at) {
      offset = at - Date.now();
      tick();
    },
    place(name, request) {
      const order = book(name).place(request);
      return { book: name, wireId: register(name, order.orderId), order };
    },
    orders: () => accepted.map(located),
    find: (wireId) => {
      const entry = byWireId.get(wireId);
      return entry === undefined ? undefined : located(entry);
    },
    fill(wireId, qty, price) {
      const entry = entryOf(wireId);
      book(entry.book).fill(entry.orderId, qty, price);
      return located(entry);
    },
    end(wireId, status, reason) {
      const entry = entryOf(wireId);
      book(entry.book).end(entry.orderId, status, reason);
      return located(entry);
    },
    cancel(entry) {
      carryOut("cancel", entry, () => void book(entry.book).cancel(entry.order.orderId));
    },
    replace(entry, change) {
      carryOut("replace", entry, () => void book(entry.book).replace(entry.order.orderId, change));
    },
    hold(kind, held) {
      if (held) holding.add(kind);
      else if (holding.delete(kind)) letThrough(kind);
    },
    quote: (contract) => anyBook.quote(contract),
    lotSize: (contract) => anyBook.lotSize(contract),
    setPrice(contract, price) {
      for (const exchange of exchanges.values()) exchange.setPrice(contract, price);
    },
    suspend(contract, halt) {
      if (halt) suspended.add(contractKey(contract));
      else suspended.delete(contractKey(contract));
    },
    isSuspended: (contract) => suspended.has(contractKey(contract)),
    marketStatus: (region) => anyBook.marketStatus(region),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => clearInterval(ticking),
  };
}
