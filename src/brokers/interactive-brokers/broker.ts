/** The broker: each method converts in, calls TWS, converts out. */
import type { Contract } from "../../domain/contract.ts";
import { isTerminal, type Order } from "../../domain/order.ts";
import { Remembered } from "../../domain/remembered.ts";
import type { BrokerHost, Call, OrderListing, Placed } from "../../spec/broker.ts";
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import type { Adapter } from "../shared/loaded-at-start.ts";
import { ownTag } from "../shared/own-tag.ts";
import { demandWholeChange } from "../shared/whole-change.ts";
import { checkNumbers, checkOrder, toCapabilities } from "./capabilities.ts";
import type { InteractiveBrokersConfig } from "./config.ts";
import { OVERNIGHT_EXCHANGE, toSearch } from "./contracts.ts";
import {
  changedTerms,
  isOwn,
  originSymbol,
  toCash,
  toOrder,
  toPositions,
  toQuote,
  toTicket,
  toTime,
} from "./convert.ts";
import { createDirectory } from "./directory.ts";
import { clockAhead, dayBegan } from "./hours.ts";
import type { KnownOrder } from "./known-order.ts";
import type { OrderTicket } from "./link.ts";
import { createListings } from "./listings.ts";
import type { VendorContract } from "./messages.ts";
import { createOrderStore, KEPT_ORDERS, type VendorDays } from "./order-store.ts";
import { accountValues, openOrders, positions, ticks } from "./read-calls.ts";
import { orderNotFound } from "./refusals.ts";
import { MS } from "./timing.ts";
import { createWire } from "./wire.ts";
import { cancel, submit, type Writing } from "./write-calls.ts";

/** For what is looked up for a push, which nobody waits for. */
const LOOK_UP_MS = 10_000;

/** The adapter of an account; `index.ts` says what it does. */
export function createInteractiveBrokersBroker(config: InteractiveBrokersConfig, deadlineMs: number): Adapter {
  const { clientId } = config;
  /** What was last told of each order, so that nothing is told twice. */
  const pushed = new Remembered<number, string>(KEPT_ORDERS);
  /** Orders to be told of when all lists have been read. */
  const held = new Set<number>();
  let host: BrokerHost | undefined;
  let greeting = { time: "", at: 0 };
  /** Milliseconds that TWS's own clock is ahead of UTC. */
  let ahead: number | undefined;

  const wire = createWire(config, deadlineMs, {
    onMessage(message) {
      if (message.kind === "greeting") greeting = { time: message.time, at: performance.now() };
      const permId = store.hear(message);
      if (permId === undefined) return;
      // A completed order comes without the average of its fills, which the list of fills brings after it.
      if (message.kind === "completedOrder" || held.has(permId)) held.add(permId);
      else push(permId);
    },
    onConnection(connected, reason) {
      if (connected) listings.watch();
      guard(() => host?.onConnection(reason === undefined ? { connected } : { connected, reason }));
    },
    onSession(read) {
      directory.renew();
      ahead = clockAhead(greeting.time, (wire.now() ?? Date.now()) - (performance.now() - greeting.at));
      return listings.load(read);
    },
  });
  const days: VendorDays = { toTime: (text) => toTime(text, ahead), dayBegan: vendorDay };
  const store = createOrderStore({
    clientId,
    account: () => wire.account() ?? config.accountId,
    now: wire.now,
    ...days,
  });
  const directory = createDirectory(wire);
  const listings = createListings(wire, store, clientId, days, () => {
    const permIds = [...held];
    held.clear();
    for (const permId of permIds) push(permId);
  });

  /** Tells the host what an order is now, once. Where its contract has to be asked for first, a little later. */
  function push(permId: number): void {
    const known = store.get(permId);
    if (!known?.described) return;
    const contract = directory.known(known.contract);
    if (contract === undefined) {
      const call = { signal: AbortSignal.timeout(LOOK_UP_MS) };
      // Without an answer the next change of the order, or the next listing, tries again.
      directory.resolve(known.contract, call).then(
        () => push(permId),
        () => {},
      );
      return;
    }
    const order = contract === null ? undefined : shown(known, contract);
    if (order === undefined) return;
    const text = JSON.stringify({ ...order, updatedAt: null });
    if (pushed.get(permId) === text) return;
    pushed.set(permId, text);
    guard(() => host?.onOrder(order));
  }

  /** True while TWS may still send on what it was told before this session, so that what it shows proves nothing of that. */
  const isNew = () => wire.readyMs() < MS.sendingOn;

  function shown(known: KnownOrder, contract: Contract): Order | undefined {
    return toOrder(known, contract, clientId, isNew());
  }

  /** The account. Before it is known there is no connection, and every call says so. */
  function account(): string {
    const known = wire.account();
    if (known === undefined) throw wire.fault();
    return known;
  }

  async function orderOf(known: KnownOrder, call: Call): Promise<Order | undefined> {
    const contract = await directory.resolve(known.contract, call);
    return contract === null ? undefined : shown(known, contract);
  }

  /**
   * What is known of an order: our own by what is pushed, others by a listing.
   *
   * @param evenMissing Whether also of one that was open and is no more, and of which nobody has told how it ended.
   */
  async function find(orderId: string, call: Call, evenMissing = false): Promise<KnownOrder> {
    const permId = /^[1-9]\d{0,15}$/.test(orderId) ? Number(orderId) : 0;
    if (!Number.isSafeInteger(permId) || permId === 0) throw orderNotFound(orderId);
    const known = store.get(permId);
    const isKnown = known?.described === true && isOwn(known, clientId) && wire.ready();
    if (isKnown && (evenMissing || !store.isMissing(permId))) return known;
    const found = await listings.one(permId, call);
    if (found === undefined || (store.isMissing(permId) && !evenMissing)) throw orderNotFound(orderId);
    return found;
  }

  /** The order, if it can be changed from here. */
  async function changeable(orderId: string, what: "replaced" | "canceled", call: Call): Promise<KnownOrder> {
    // A cancel of one that is gone does nothing; a change would be a new order where TWS has forgotten the number.
    const known = await beforeSending(find(orderId, call, what === "canceled"));
    if (isTerminal(known.status)) {
      throw new BrokerError("OrderNotOpen", `order ${orderId} cannot be ${what}: it is ${known.originStatus}`, {
        outcome: "not_sent",
      });
    }
    if (isOwn(known, clientId)) return known;
    if (known.orderId <= 0 && (known.clientId === 0 || known.clientId === clientId)) {
      const message = `order ${orderId} was entered in TWS itself, or attached by it to another: it can be ${what} there alone`;
      throw new BrokerError("NotSupported", message, { outcome: "not_sent" });
    }
    const placer = known.clientId === undefined ? "elsewhere" : `by client id ${known.clientId}`;
    throw new BrokerError(
      "NotSupported",
      `order ${orderId} was placed ${placer}; at Interactive Brokers only the client id that placed an order can have it ${what} (this is ${clientId})`,
      { outcome: "not_sent" },
    );
  }

  /** When the day began of which TWS lists what has ended, by its own clock. */
  function vendorDay(): number {
    return dayBegan(wire.now() ?? Date.now(), ahead);
  }

  /** The same by the clock of this machine, or later: what was told before a session TWS may send on in it. */
  function listedSince(): number {
    const now = wire.now() ?? Date.now();
    const today = Date.now() - (now - dayBegan(now, ahead));
    return isNew() ? Math.max(today, Date.now() - wire.readyMs()) : today;
  }

  function writing(call: Call): Writing {
    return {
      store,
      clientId,
      ms: config.writeTimeout,
      signal: call.signal,
      ask: () => wire.beside((asking) => openOrders(asking, "own", clientId), "orders"),
    };
  }

  return {
    capabilities: () => toCapabilities(wire.account(), config.accountId),
    queues: wire.queues,

    start(given) {
      host = given;
      return wire.start();
    },

    async close() {
      listings.close();
      await wire.close();
    },

    async ping(call) {
      try {
        await wire.probe(call);
        return wire.ready();
      } catch {
        return false;
      }
    },

    async cash({ currency }, call) {
      const of = account();
      const values = await wire.read("cash", call, (read) => read((asking) => accountValues(asking, of)));
      return toCash(values, currency);
    },

    async positions(call) {
      const of = account();
      const all = await wire.read("positions", call, (read) => read(positions, "positions"));
      const held = all.filter((position) => position.account === of && position.qty !== 0);
      return toPositions(
        await Promise.all(
          held.map(async ({ contract: vendor, qty }) => ({
            contract: await directory.resolve(vendor, call),
            vendor,
            qty,
          })),
        ),
      );
    },

    async quote(contract, call) {
      const vendor = await directory.qualify(contract, call);
      const name = `${contract.region} ${contract.symbol}`;
      const told = await wire.read(`quote ${name}`, call, (read) =>
        read((asking) => ticks(asking, vendor, name, config.delayedQuotes)),
      );
      return toQuote(contract, vendor.currency, told, wire.now() ?? Date.now());
    },

    async marketStatus(call) {
      account();
      await wire.probe(call);
      return { Securities: await directory.markets(wire.now() ?? Date.now(), call) };
    },

    async placeOrder(order, call): Promise<Placed> {
      toSearch(order.contract);
      const row = checkOrder(order);
      const of = account();
      const session = wire.live();
      const vendor = await beforeSending(directory.qualify(order.contract, call, "write"));
      const exchange = order.lifecycle === "OVERNIGHT" ? OVERNIGHT_EXCHANGE : vendor.exchange;
      const ticket = toTicket(order, of, order.tag);
      const permId = await wire.writeNew(session, call, (number) =>
        submit(writing(call), number, wired(vendor, exchange), ticket),
      );
      const made = store.get(permId);
      const taken = made?.described ? shown(made, order.contract) : undefined;
      const effective = { ...row.effective, ...(taken && changedTerms(order, taken)) };
      return { orderId: String(permId), ...(Object.keys(effective).length > 0 ? { effective } : {}) };
    },

    async replaceOrder(orderId, change, call): Promise<Placed> {
      const session = wire.live();
      const known = await changeable(orderId, "replaced", call);
      const order = await beforeSending(orderOf(known, call));
      if (order === undefined || order.orderType === null || order.timeInForce === null) {
        throw new BrokerError(
          "NotSupported",
          `order ${orderId} is of a kind that cannot be replaced here: ${known.order.orderType} ${known.order.tif}`,
          { outcome: "not_sent" },
        );
      }
      if (known.order.bound) {
        const message = `order ${orderId} is bound by terms that a replace from here would take from it, as a parent, a group or a condition`;
        throw new BrokerError("NotSupported", message, { outcome: "not_sent" });
      }
      if (store.isShared(known.orderId)) {
        const message = `TWS has another order with the number of order ${orderId}, and would change either; cancel it and place a new one`;
        throw new BrokerError("NotSupported", message, { outcome: "not_sent" });
      }
      demandWholeChange(order, change);
      const price = order.orderType === "Market" ? undefined : change.price;
      checkNumbers(
        { ...(change.qty === undefined ? {} : { qty: change.qty }), ...(price === undefined ? {} : { price }) },
        order.contract.region,
      );
      if (change.qty !== undefined && change.qty < order.filledQty) {
        throw new BrokerError("InvalidRequest", `qty ${change.qty} is below the ${order.filledQty} already filled`, {
          outcome: "not_sent",
        });
      }
      const { action, orderType, tif, outsideRth, account: of, orderRef, lmtPrice, includeOvernight } = known.order;
      const limit = price ?? lmtPrice;
      const ticket: OrderTicket = {
        action,
        totalQuantity: change.qty ?? known.qty,
        orderType,
        ...(order.orderType === "Limit" && limit !== undefined ? { lmtPrice: limit } : {}),
        tif,
        outsideRth,
        account: of,
        orderRef: change.tag ?? orderRef,
        ...(includeOvernight ? { includeOvernight } : {}),
        transmit: true,
      };
      const contract = wired(known.contract, known.contract.exchange);
      try {
        await wire.write(session, "write", call, () =>
          submit(writing(call), known.orderId, contract, ticket, known.permId),
        );
      } finally {
        // Nothing may have been heard of it, and yet it is under way.
        if (!held.has(known.permId)) push(known.permId);
      }
      return { orderId };
    },

    async cancelOrder(orderId, call) {
      const session = wire.live();
      const known = await changeable(orderId, "canceled", call);
      await wire.write(session, "cancel", call, () => cancel(writing(call), known));
    },

    async order(orderId, call) {
      account();
      const known = await find(orderId, call);
      const order = await orderOf(known, call);
      if (order !== undefined) return order;
      throw new BrokerError(
        "NotSupported",
        `order ${orderId} is not one of the securities traded here: ${originSymbol(known.contract)}`,
      );
    },

    async orders({ status, fresh = false }, call): Promise<OrderListing> {
      account();
      const since = listedSince();
      const { orders: listed, isWhole } = await listings.read(status, call, fresh);
      const mapped = await Promise.all(listed.map(async (known) => ({ known, order: await orderOf(known, call) })));
      const nameless = mapped.flatMap(({ known, order }) => (order === undefined ? [known] : []));
      return {
        orders: mapped.flatMap(({ order }) => order ?? []),
        unmapped: nameless.map(({ contract, qty, order: { orderRef } }) => ({
          originSymbol: originSymbol(contract),
          qty,
          ...ownTag(orderRef),
        })),
        since: Math.max(since, listedSince()),
        isWhole,
      };
    },
  };
}

/** A contract as orders name it: its number, and where to send it. */
function wired({ conId, symbol, secType, currency, localSymbol, tradingClass }: VendorContract, exchange: string) {
  return { conId, symbol, secType, currency, localSymbol, tradingClass, exchange };
}

/** What the host throws is its own affair, and must not end the connection. */
function guard(tell: () => void): void {
  try {
    tell();
  } catch {
    // The desk reads the orders again by itself.
  }
}

/** A read that a write depends on: when it fails, nothing of the write has been sent. */
async function beforeSending<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    const code = error.code === "Timeout" || error.code === "BrokerFault" ? "NotConnected" : error.code;
    const { message, retryAfterMs, details } = error;
    throw new BrokerError(code, message, {
      outcome: "not_sent",
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(details === undefined ? {} : { details }),
      cause: error,
    });
  }
}
