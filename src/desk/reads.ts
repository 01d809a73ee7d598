import { Failure, isFailure } from "../domain/failure.ts";
import type { Order } from "../domain/order.ts";
import type { OrderRecord } from "../journal/journal.ts";
import type { Broker, Call } from "../spec/broker.ts";
import type { Operation } from "../spec/capabilities.ts";
import type { NewDeadline } from "./deadline.ts";
import { elapsedMs } from "./elapsed.ts";
import { checkContract, notSupported } from "./guards.ts";
import type { InstanceJournal } from "./instance-journal.ts";
import { isClosed, type OrderBook } from "./order-book.ts";
import { messageOf, readFailure, readListing } from "./report.ts";
import type { Seat } from "./seat.ts";
import type { Tracker } from "./tracker.ts";
import type { Desk, OrderView, ReadContext } from "./types.ts";
import { besideOf, fromCapabilities } from "./write-outcome.ts";

/** The reading half of a desk. */
export type Reads = Pick<Desk, "ping" | "cash" | "positions" | "quote" | "marketStatus" | "order" | "orders">;

/** What the reads stand on. */
export interface ReadOptions {
  readonly seat: Seat;
  readonly book: OrderBook;
  readonly tracker: Tracker;
  /** Whether what happened while the connection was away is known. */
  readonly isReconciled: () => boolean;
  readonly deadlineMs: number;
  readonly newDeadline: NewDeadline;
}

/** Reads of one seat, each ended by its deadline. */
export function createReads(options: ReadOptions): Reads {
  const { seat, book, tracker, isReconciled, deadlineMs, newDeadline } = options;
  const tooLate = `the broker did not answer within ${deadlineMs} ms; reading again is safe`;

  /** Listings under way, the oldest first: a broker may answer all of them with what it said to the first. */
  const listings = new Set<{ askedAt: number; before: ReadonlySet<OrderRecord> }>();

  async function read<O extends Operation, T>(
    operation: O,
    { clientSignal, forWrite }: ReadContext,
    work: (method: NonNullable<Broker[O]>, call: Call) => Promise<T>,
  ): Promise<T> {
    const method = seat.method(operation);
    const deadline = newDeadline(clientSignal);
    if (forWrite) deadline.forWrite = true;
    const begin = () => work(method, deadline);
    try {
      return await deadline.limit(seat.isStarted ? begin() : seat.start().then(begin), tooLate);
    } catch (error) {
      return fail(error);
    }
  }

  async function keep(order: Order, askedAt: number): Promise<OrderView> {
    return { ...(await tracker.receive(order, askedAt)), source: "broker" };
  }

  /** Whether pushes tell of orders; a broker that cannot say is asked for each. */
  function isStream(): boolean {
    try {
      return seat.broker.capabilities().push === "stream";
    } catch {
      return false;
    }
  }

  /** What pushes have told of an open order, while they can be relied on. */
  function pushed(orderId: string): OrderView | undefined {
    const known = book.get(orderId);
    const reliable = seat.isLive() && isReconciled() && isStream() && !book.isDoubtful(orderId);
    // A pending order has been answered, but not yet pushed.
    const told = known !== undefined && known.status !== "PENDING" && known.staleSince === null && !isClosed(known);
    return reliable && told ? { ...known, source: "journal" } : undefined;
  }

  /**
   * Open orders that the broker does not list yet, since it has taken them just now, or lists no more. What it told of
   * before it was asked, and lists as open no more, has ended, though nobody may have been told yet, unless the list is not
   * whole.
   */
  function unlisted(
    listed: ReadonlySet<string>,
    before: ReadonlySet<OrderRecord>,
    askedAt: number,
    isWhole?: boolean,
  ): OrderView[] {
    const isUnheard = ({ status, originStatus }: Order) => status === "PENDING" && originStatus === "";
    return book.open().flatMap((order): OrderView[] => {
      const isNews = !before.has(order) && (book.heardAt(order.orderId) ?? 0) >= askedAt;
      const isMissing = isWhole === false || isNews || order.staleSince !== null || isUnheard(order);
      return isMissing && !listed.has(order.orderId) ? [{ ...order, source: "journal" }] : [];
    });
  }

  async function findByListing(orderId: string, context: ReadContext): Promise<Order> {
    const listing = await read("orders", context, (list, call) => list({ status: "all" }, call));
    const { orders } = readListing(listing, "orders");
    const order = orders.find((candidate) => candidate.orderId === orderId);
    if (order !== undefined) return order;
    throw new Failure("OrderNotFound", `the broker lists no order ${orderId}`);
  }

  return {
    async ping(context) {
      try {
        // Nothing but a plain yes: a broker may be written in JavaScript, and forget to give back what it found.
        return (await read("ping", context, (ping, call) => ping(call))) === true;
      } catch (error) {
        if (isFailure(error) && (error.code === "NotConnected" || error.code === "Timeout")) return false;
        throw error;
      }
    },
    cash: (query, context) => read("cash", context, (cash, call) => cash(query, call)),
    async positions(context) {
      return readListing(await read("positions", context, (positions, call) => positions(call)), "positions");
    },
    async quote(contract, context) {
      // What is not offered at all is told before what is wrong with the contract.
      seat.method("quote");
      fromCapabilities(() => {
        const capabilities = seat.broker.capabilities();
        checkContract(capabilities, contract);
        if (!capabilities.quotes.includes(contract.region)) {
          throw notSupported(`no quotes of region ${contract.region} here`, capabilities.quotes);
        }
      });
      return read("quote", context, (quote, call) => quote(contract, call));
    },
    marketStatus: (context) => read("marketStatus", context, (marketStatus, call) => marketStatus(call)),
    async order(orderId, context) {
      const known = pushed(orderId);
      if (known !== undefined) return known;
      const askedAt = elapsedMs();
      if (seat.broker.order === undefined) return keep(await findByListing(orderId, context), askedAt);
      return keep(await read("order", context, (order, call) => order(orderId, call)), askedAt);
    },
    async orders(query, context) {
      const mine = { askedAt: elapsedMs(), before: new Set(book.open()) };
      listings.add(mine);
      // In a worker one ends in silence with its request.
      for (const one of listings) if (one.askedAt < mine.askedAt - deadlineMs) listings.delete(one);
      const [{ askedAt, before } = mine] = listings;
      const listing = await read("orders", context, (list, call) => list(query, call)).finally(() =>
        listings.delete(mine),
      );
      const { orders, unmapped, isWhole } = readListing(listing, "orders");
      const received = await Promise.all(orders.map((order) => tracker.receive(order, askedAt)));
      // Pushes may have told more while the journal was asked about others, and before the broker's list was there.
      const kept = received.map((order): OrderView => ({ ...(book.get(order.orderId) ?? order), source: "broker" }));
      const shown = query.status === "open" ? kept.filter((order) => !isClosed(order)) : kept;
      const listed = new Set(orders.map(({ orderId }) => orderId));
      return { orders: [...shown, ...unlisted(listed, before, askedAt, isWhole)], unmapped };
    },
  };
}

/**
 * What a client is told of an order that could not be read. Absence ends none: one that is not known to the broker, be it
 * yet or any more, is as events tell of it. A write takes of it only that an order has ended.
 */
export async function orderNotRead(
  book: OrderBook,
  journal: InstanceJournal,
  orderId: string,
  error: unknown,
): Promise<OrderView> {
  const isAbsent = isFailure(error) && error.code === "OrderNotFound";
  const order = isAbsent ? (book.get(orderId) ?? (await journal.order(orderId))) : undefined;
  if (order === undefined) throw error;
  return { ...order, source: "journal" };
}

/** A read's failure says nothing about an order, whatever the broker put there. */
function fail(error: unknown): never {
  const failure = readFailure(error);
  if (failure === undefined) {
    throw new Failure("BrokerFault", messageOf(error) || "the broker failed without a word", { cause: error });
  }
  const { code, message, outcome } = failure;
  throw new Failure(code === "OutcomeUnknown" ? "Timeout" : code, message, {
    ...besideOf(failure),
    cause: error,
    ...(outcome === "not_sent" && code !== "OutcomeUnknown" ? { outcome } : {}),
  });
}
