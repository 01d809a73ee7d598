/** The broker: each method converts in, calls Longport, converts out. */
import { isTerminal, type Lifecycle, type Order } from "../../domain/order.ts";
import { Remembered } from "../../domain/remembered.ts";
import type { BrokerHost, Call, Placed } from "../../spec/broker.ts";
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import { beforeSending } from "../shared/before-sending.ts";
import { historySince } from "../shared/history-since.ts";
import { createInOrder } from "../shared/in-order.ts";
import type { Adapter } from "../shared/loaded-at-start.ts";
import { type PacingClass, paceOf } from "../shared/pacing.ts";
import { isRegion } from "../shared/regions.ts";
import { demandWholeChange } from "../shared/whole-change.ts";
import { checkNumbers, checkOrder, toCapabilities } from "./capabilities.ts";
import { createChangedTerms } from "./changed-terms.ts";
import {
  PLAIN_ORDER_TYPES,
  WORD_OF_DIRECTION,
  WORD_OF_LIFECYCLE,
  WORD_OF_ORDER_TYPE,
  WORD_OF_TIME_IN_FORCE,
} from "./codes.ts";
import type { LongportConfig } from "./config.ts";
import {
  fromPush,
  toCash,
  toCashCurrency,
  toDecimalText,
  toOrder,
  toOrderListing,
  toPositions,
  toQuote,
  toSecurity,
} from "./convert.ts";
import { createHistory, HISTORY_DAYS } from "./history.ts";
import { createMarkets } from "./markets.ts";
import { type PushedOrder, parseReply, REPLIES, type VendorOrder } from "./messages.ts";
import { DoubtfulRefusal } from "./refusals.ts";
import { createTermsBook } from "./terms.ts";
import { MS } from "./timing.ts";
import type { Transport } from "./transport.ts";
import { createWire } from "./wire.ts";

/** So much of what is attached to orders is remembered, the latest. */
const REMEMBERED = 10_000;

/** The adapter of an account; `index.ts` says what it does. */
export function createLongportBroker(config: LongportConfig, deadlineMs: number): Adapter {
  const terms = createTermsBook();
  const changedTerms = createChangedTerms();
  /** Ids of what is attached to orders: the vendor has to be told that they are. */
  const attached = new Remembered<string, true>(REMEMBERED);
  let host: BrokerHost | undefined;
  let account: string | null = null;
  const tellInOrder = createInOrder();

  const wire = createWire(config, deadlineMs, {
    onOrder: receive,
    onConnection(connected, reason) {
      host?.onConnection(reason === undefined ? { connected } : { connected, reason });
    },
    onToken() {
      // Pushes alone tell whose the token is.
      account = null;
      history.clear();
    },
  });
  const markets = createMarkets(wire);
  const history = createHistory(wire);

  function receive(pushed: PushedOrder): void {
    const { order_id: orderId, account_no: number } = pushed;
    if (number !== "") account = `****${number.slice(-4)}`;
    const isKnown = terms.find(orderId, pushed.remark) !== undefined;
    const told = changedTerms.read(pushed);
    tellInOrder(orderId, isKnown ? undefined : () => lookUpTerms(orderId), () => report(told));
  }

  async function lookUpTerms(orderId: string): Promise<void> {
    await detail(orderId, { signal: AbortSignal.timeout(MS.read) }).catch(() => {});
  }

  function report(pushed: PushedOrder): void {
    const known = terms.find(pushed.order_id, pushed.remark) ?? { time_in_force: "", outside_rth: "" };
    const order = toOrder(fromPush(pushed, known));
    if (order !== undefined) host?.onOrder(order);
  }

  /**
   * @param fresh for what follows from a write or goes into one: a read that began before may say what was before.
   * @param kind for what goes into a write, which reads must not keep waiting.
   * @throws BrokerError `OrderNotFound`
   */
  async function detail(
    orderId: string,
    call: Call,
    fresh = false,
    kind: PacingClass = paceOf(call),
  ): Promise<VendorOrder> {
    // Longport's ids are numbers; of others it knows nothing.
    if (!/^\d{1,20}$/.test(orderId)) throw notFound(orderId);
    const asked = {
      what: "order",
      ...(fresh ? {} : { key: orderId }),
      limit: "trade",
      kind,
      act: (on: Transport, signal: AbortSignal) => on.order(orderId, signal),
    } as const;
    const vendor = await found(orderId, () => wire.read(asked, call), call, kind);
    if (vendor?.order_id !== orderId) throw notFound(orderId);
    terms.seen(vendor);
    return vendor;
  }

  /** The order by its detail, by the list where it has none, or none yet, and by what it is attached to. */
  async function found(
    orderId: string,
    read: () => Promise<VendorOrder>,
    call: Call,
    kind: PacingClass,
  ): Promise<VendorOrder | undefined> {
    if (attached.get(orderId)) {
      const vendor = await unlessUnknown(listed(orderId, true, call, kind));
      if (vendor !== undefined) return vendor;
      // It may be an order of its own by now.
      attached.delete(orderId);
    }
    try {
      return await read();
    } catch (error) {
      const isDoubtful = error instanceof DoubtfulRefusal;
      if (!isDoubtful && !isNotFound(error)) throw error;
      const own = isDoubtful ? await listed(orderId, false, call, kind) : undefined;
      if (own !== undefined) return own;
    }
    // That it is attached to none either may be said by a refusal.
    const vendor = await unlessUnknown(listed(orderId, true, call, kind));
    if (vendor !== undefined) attached.set(orderId, true);
    return vendor;
  }

  /** The order as the list has it that is asked for it alone, and told whether it is attached to another. */
  async function listed(
    orderId: string,
    isAttached: boolean,
    call: Call,
    kind: PacingClass,
  ): Promise<VendorOrder | undefined> {
    const act = (on: Transport, signal: AbortSignal) => on.todayOrders(signal, orderId, isAttached);
    const orders = await wire.read({ what: "order by its id", limit: "trade", kind, act }, call);
    return orders.find(({ order_id }) => order_id === orderId);
  }

  /** The vendor says no to a change in words of its own; what the order is now says why. */
  async function explain(error: unknown, orderId: string, call: Call, kind: PacingClass): Promise<unknown> {
    if (!isRejected(error)) return named(error, orderId);
    try {
      const order = toOrder(await detail(orderId, call, true, kind));
      return order !== undefined && isTerminal(order.status) ? notOpen(order, error.message, "rejected") : error;
    } catch (lookup) {
      return isNotFound(lookup) ? lookup : error;
    }
  }

  /** What the vendor made of the session; nothing where it cannot be read in time. */
  async function changedSession(orderId: string, asked: Lifecycle, { signal }: Call): Promise<Lifecycle | undefined> {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(MS.readBack)]);
    const order = await detail(orderId, { signal: inTime }).then(toOrder, () => undefined);
    const { lifecycle } = order ?? {};
    return lifecycle && lifecycle !== asked ? lifecycle : undefined;
  }

  return {
    capabilities: () => toCapabilities(account, config.tradeEnv),
    queues: wire.queues,

    start(given) {
      host = given;
      return wire.start();
    },

    async close() {
      markets.clear();
      history.clear();
      await wire.close();
    },

    async ping(call) {
      return wire.probe(call).catch(() => false);
    },

    async cash({ currency }, call) {
      const word = toCashCurrency(currency);
      const act = { what: "cash", key: word, limit: "trade" } as const;
      return toCash(await wire.read({ ...act, act: (on, signal) => on.balances(word, signal) }, call), currency);
    },

    async positions(call) {
      const act = { what: "positions", key: "", limit: "trade" } as const;
      return toPositions(await wire.read({ ...act, act: (on, signal) => on.positions(signal) }, call));
    },

    async quote(contract, call) {
      const { symbol } = toSecurity(contract);
      const act = { what: `quote of ${symbol}`, key: "", limit: "quote" } as const;
      const quotes = await wire.read({ ...act, act: (on, signal) => on.quotes([symbol], signal) }, call);
      const found = quotes.find((quote) => quote.symbol === symbol);
      if (found === undefined) throw new BrokerError("UnknownContract", `Longport has no quote of ${symbol}`);
      return toQuote(contract, found);
    },

    marketStatus: (call) => markets.status(call),

    async placeOrder(order, call): Promise<Placed> {
      const { region, symbol } = toSecurity(order.contract);
      const { effective } = checkOrder(order, region, config.tradeEnv);
      const { tag, lifecycle } = order;
      const time_in_force = WORD_OF_TIME_IN_FORCE[order.timeInForce];
      const session = region === "US" ? { outside_rth: WORD_OF_LIFECYCLE[lifecycle] } : {};
      terms.placing(tag, { time_in_force, outside_rth: "", ...session });
      const body = {
        symbol,
        order_type: WORD_OF_ORDER_TYPE[order.orderType],
        side: WORD_OF_DIRECTION[order.direction],
        submitted_quantity: toDecimalText(order.qty),
        time_in_force,
        ...(order.orderType === "Limit" && order.price !== undefined
          ? { submitted_price: toDecimalText(order.price) }
          : {}),
        expire_date: null,
        ...session,
        remark: tag,
        client_request_id: tag,
      };
      const data = await wire.write(
        { what: "place", purpose: "place", kind: "write", method: "POST", request: { body } },
        call,
      );
      const orderId = orderIdIn(data);
      if (effective !== undefined) return { orderId, effective };
      if (region !== "US" || lifecycle === "RTH") return { orderId };
      const changed = await changedSession(orderId, lifecycle, call);
      return changed === undefined ? { orderId } : { orderId, effective: { lifecycle: changed } };
    },

    async replaceOrder(orderId, change, call): Promise<Placed> {
      const vendor = await beforeSending(detail(orderId, call, true, "write"));
      const order = toOrder(vendor);
      const region = order?.contract.region ?? "";
      if (order === undefined || !isRegion(region)) {
        throw new BrokerError("NotSupported", `order ${orderId} is not one of the securities traded here`, {
          outcome: "not_sent",
        });
      }
      if (attached.get(orderId) || !PLAIN_ORDER_TYPES.includes(vendor.order_type)) {
        const message = `order ${orderId} is of a kind that cannot be replaced here: ${vendor.order_type}`;
        throw new BrokerError("NotSupported", message, { outcome: "not_sent" });
      }
      if (region === "CN") {
        const message = "orders through Stock Connect cannot be replaced; cancel and place again";
        throw new BrokerError("NotSupported", message, { outcome: "not_sent" });
      }
      if (isTerminal(order.status)) throw notOpen(order, `order ${orderId} has ended`, "not_sent");
      demandWholeChange(order, change);
      const price = order.orderType === "Market" ? undefined : (change.price ?? order.price ?? undefined);
      checkNumbers(change.price === undefined ? { qty: change.qty ?? order.qty } : { ...change }, region);
      if (change.qty !== undefined && change.qty < order.filledQty) {
        throw new BrokerError("InvalidRequest", `qty ${change.qty} is below the ${order.filledQty} already filled`, {
          outcome: "not_sent",
        });
      }
      const remark = change.tag ?? vendor.remark;
      const qty = change.qty ?? order.qty;
      const body = {
        order_id: orderId,
        quantity: toDecimalText(qty),
        ...(price === undefined ? {} : { price: toDecimalText(price) }),
        ...(remark === "" ? {} : { remark }),
      };
      changedTerms.changing(orderId, price === undefined ? { qty } : { qty, price });
      await wire
        .write({ what: "replace", purpose: "modify", kind: "write", method: "PUT", request: { body } }, call)
        .catch(async (error) => {
          changedTerms.failed(orderId);
          throw await explain(error, orderId, call, "write");
        });
      return { orderId };
    },

    async cancelOrder(orderId, call) {
      if (!/^\d{1,20}$/.test(orderId)) throw notFound(orderId);
      const cancel = (isAttached: boolean) => {
        const request = { query: { order_id: orderId, is_attached: isAttached ? "true" : undefined } };
        return wire.write({ what: "cancel", purpose: "modify", kind: "cancel", method: "DELETE", request }, call);
      };
      const isAttached = attached.get(orderId) === true;
      try {
        await cancel(isAttached).catch(async (error: unknown) => {
          if (!isNotFound(error)) throw error;
          // It may be of the other kind: attached to another and not listed yet, or an order of its own by now.
          await cancel(!isAttached).catch((other: unknown) => Promise.reject(isRejected(other) ? error : other));
          attached.delete(orderId);
          if (!isAttached) attached.set(orderId, true);
        });
      } catch (error) {
        throw await explain(error, orderId, call, "cancel");
      }
    },

    async order(orderId, call) {
      const vendor = await detail(orderId, call);
      const order = toOrder(vendor);
      if (order !== undefined) return order;
      throw new BrokerError(
        "NotSupported",
        `order ${orderId} is not one of the securities traded here: ${vendor.symbol}`,
      );
    },

    async orders({ status, fresh = false }, call) {
      const kind = paceOf(call);
      const [today, past] = await Promise.all([
        wire.read(
          {
            what: "today's orders",
            ...(fresh ? {} : { key: "" }),
            limit: "trade",
            kind,
            act: (on, signal) => on.todayOrders(signal),
          },
          call,
        ),
        history.orders(status, { fresh, kind }, call),
      ]);
      const current = new Set(today.map(({ order_id }) => order_id));
      const listed = [...today, ...past.orders.filter(({ order_id }) => !current.has(order_id))];
      // The newest last, since what was seen first is forgotten first.
      for (const vendor of listed.toReversed()) {
        terms.seen(vendor);
        for (const { order_id } of vendor.attached_orders) attached.set(order_id, true);
      }
      // An order of its own is known by its id alone.
      for (const { order_id } of listed) attached.delete(order_id);
      const isCut = past.isWhole ? {} : { isWhole: false };
      return { ...toOrderListing(listed, status), ...isCut, since: historySince(HISTORY_DAYS) };
    },
  };
}

/** @throws BrokerError `OutcomeUnknown`: the order was taken, and its id is not known. */
function orderIdIn(data: unknown): string {
  try {
    return parseReply(REPLIES.submitted, data).order_id;
  } catch {
    throw new BrokerError("OutcomeUnknown", "Longport took the order and gave no id for it", { outcome: "unknown" });
  }
}

/** The vendor says that it does not know an order, and not which. */
function named(error: unknown, orderId: string): unknown {
  return isNotFound(error) ? notFound(orderId) : error;
}

/** What was read, or nothing where the vendor says that it does not know the order, or what it also says of one. */
function unlessUnknown<T>(read: Promise<T>): Promise<T | undefined> {
  return read.catch((error: unknown) => {
    if (error instanceof DoubtfulRefusal || isNotFound(error)) return undefined;
    throw error;
  });
}

function isRejected(error: unknown): error is BrokerError {
  return isBrokerError(error) && error.code === "OrderRejected";
}

function isNotFound(error: unknown): boolean {
  return isBrokerError(error) && error.code === "OrderNotFound";
}

function notFound(orderId: string): BrokerError {
  return new BrokerError("OrderNotFound", `Longport knows no order ${orderId}`, { outcome: "rejected" });
}

function notOpen(order: Order, message: string, outcome: "not_sent" | "rejected"): BrokerError {
  return new BrokerError("OrderNotOpen", `${message} (it is ${order.originStatus})`, { outcome });
}
