import { createDesk } from "../../src/desk/create-desk.ts";
import type { Contract } from "../../src/domain/contract.ts";
import type { Order } from "../../src/domain/order.ts";
import type { Position } from "../../src/domain/position.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import type { Broker, BrokerHost, PositionListing, TaggedOrder } from "../../src/spec/broker.ts";
import { BrokerError } from "../../src/spec/broker-error.ts";
import { defineBroker } from "../../src/spec/define-broker.ts";
import type { RiskOptions } from "../../src/spec/policy.ts";
import { anOrder, CAPABILITIES } from "./desk-broker.ts";

/** What happens to the next write: whether the venue takes it, and what the desk hears of it. */
export type Fate =
  | "accept"
  | "reject"
  | "not-sent"
  | "drop-before"
  | "drop-after"
  | "hang-before"
  | "hang-after"
  | "hang-late";

/** A venue with a ledger of its own, that outlives desks, and whose answers can be lost in every way. */
export function createVenue({ complete = true, settleMs = 0 } = {}) {
  const ledger = new Map<string, Order>();
  const fates: Fate[] = [];
  const hosts = new Set<BrokerHost>();
  const hanging: (() => void)[] = [];
  const hidden = new Set<string>();
  const held = new Map<string, Position>();
  let beforeAsking: (() => void) | undefined;
  let lastPrice: { readonly price: number; readonly at: number } | undefined;
  let listingFails = false;
  let positionsFail = false;
  let duringPositions: (() => void) | undefined;
  let heldBack: Promise<PositionListing> | undefined;
  let silent = false;
  let clock = 1;

  function report(order: Order): void {
    if (!silent) for (const host of hosts) host.onOrder(order);
  }

  function set(orderId: string, fields: Partial<Order>): Order {
    const order = { ...get(orderId), ...fields, updatedAt: ++clock };
    ledger.set(orderId, order);
    report(order);
    return order;
  }

  function get(orderId: string): Order {
    const order = ledger.get(orderId);
    if (order === undefined || hidden.has(orderId)) throw new BrokerError("OrderNotFound", `no order ${orderId}`);
    return order;
  }

  function accept(request: Partial<TaggedOrder>): Order {
    const orderId = String(ledger.size + 1);
    const { price, tag, ...rest } = request;
    const order = anOrder({
      ...rest,
      price: price ?? null,
      tag: tag ?? null,
      orderId,
      createdAt: ++clock,
      updatedAt: clock,
    });
    ledger.set(orderId, order);
    report(order);
    return order;
  }

  /** Lets fate decide over one write. */
  function decide<T>(apply: () => T): Promise<T> {
    const fate = fates.shift() ?? "accept";
    if (fate === "reject") throw new BrokerError("OrderRejected", "the venue says no", { outcome: "rejected" });
    if (fate === "not-sent") throw new BrokerError("NotConnected", "no connection", { outcome: "not_sent" });
    const result = fate === "accept" || fate.endsWith("after") ? apply() : undefined;
    if (fate.startsWith("drop")) throw new BrokerError("BrokerFault", "the socket dropped", { outcome: "unknown" });
    if (!fate.startsWith("hang")) return Promise.resolve(result as T);
    return new Promise((resolve, reject) => {
      hanging.push(() => {
        const answer = fate === "hang-late" ? apply() : result;
        if (answer === undefined) reject(new BrokerError("BrokerFault", "the socket dropped", { outcome: "unknown" }));
        else resolve(answer);
      });
    });
  }

  function broker(instance: { instanceId: string; tokens: string[] }): Broker {
    let own: BrokerHost | undefined;
    return defineBroker(instance, {
      kind: "venue",
      display: "Venue",
      capabilities: () => ({ ...CAPABILITIES, listing: { complete, settleMs } }),
      start: async (host) => {
        own = host;
        hosts.add(host);
        host.onConnection({ connected: true });
      },
      close: async () => {
        if (own !== undefined) hosts.delete(own);
      },
      quote: async (contract) => {
        if (lastPrice === undefined) throw new BrokerError("NotConnected", "no quotes now");
        const { price, at } = lastPrice;
        const prices = { latest: price, preClose: price, highPrice: price, lowPrice: price, openPrice: price };
        return { contract, currency: "USD", isTradable: true, ...prices, timestamp: at };
      },
      positions: async () => {
        if (positionsFail) throw new BrokerError("NotConnected", "no connection");
        const positions = [...held.values()];
        duringPositions?.();
        // Whoever asks while an answer is held back shares it, as the vendors' adapters let him.
        return heldBack ?? { positions, unmapped: [] };
      },
      placeOrder: async (order) => decide(() => ({ orderId: accept(order).orderId })),
      replaceOrder: async (orderId, { tag: _, ...change }) => decide(() => ({ orderId: set(orderId, change).orderId })),
      cancelOrder: async (orderId) => {
        if (get(orderId).status !== "OPEN")
          throw new BrokerError("OrderNotOpen", "it has ended", { outcome: "rejected" });
        await decide(() => set(orderId, { status: "CANCELED" }));
      },
      order: async (orderId) => {
        beforeAsking?.();
        return get(orderId);
      },
      orders: async ({ status }) => {
        if (listingFails) throw new BrokerError("NotConnected", "no connection");
        const shown = [...ledger.values()].filter(({ orderId }) => !hidden.has(orderId));
        return { orders: status === "all" ? shown : shown.filter((order) => order.status === "OPEN"), unmapped: [] };
      },
    });
  }

  return {
    ledger,
    /** Sets what the account holds of a contract. */
    hold: (contract: Contract, qty: number) =>
      void held.set(contract.symbol, { contract, unit: "Share", currency: "USD", qty }),
    /** Sets the last price of everything; without one there are no quotes. */
    quote: (price: number | undefined, at = Date.now()) => {
      lastPrice = price === undefined ? undefined : { price, at };
    },
    /** Decides over the next writes, in order; after them, everything is accepted. */
    next: (...decisions: Fate[]) => void fates.push(...decisions),
    clearFates: () => void fates.splice(0),
    /** Pushes a report that does not change the ledger. */
    push: report,
    /** Forgets the desks that listened: their processes are gone, and what hung on their connections with them. */
    dropHosts: () => {
      hosts.clear();
      hanging.splice(0);
    },
    broker,
    accept,
    set,
    /** How many calls hang. */
    hanging: () => hanging.length,
    /** Ends the calls that hang. */
    release: () => {
      for (const end of hanging.splice(0)) end();
    },
    /** Takes an order out of every answer, or puts it back. */
    hide: (orderId: string, isHidden = true) => void (isHidden ? hidden.add(orderId) : hidden.delete(orderId)),
    /** Is called before an order is answered by its id, and may throw. */
    onOrderAsked: (listener: (() => void) | undefined) => {
      beforeAsking = listener;
    },
    /** Is called when positions have been read and before they are answered. */
    duringPositions: (listener: (() => void) | undefined) => {
      duringPositions = listener;
    },
    /** Holds back the answer with what is held now; the returned function lets it go. */
    holdPositionsBack: () => {
      const answer = { positions: [...held.values()], unmapped: [] };
      const { promise, resolve } = Promise.withResolvers<PositionListing>();
      heldBack = promise;
      return () => {
        heldBack = undefined;
        resolve(answer);
      };
    },
    failPositions: (fails: boolean) => {
      positionsFail = fails;
    },
    failListings: (fails: boolean) => {
      listingFails = fails;
    },
    silence: (isSilent: boolean) => {
      silent = isSilent;
    },
    reconnect: () => {
      for (const host of hosts) host.onConnection({ connected: false, reason: "gone" });
      for (const host of hosts) host.onConnection({ connected: true });
    },
  };
}

export type Venue = ReturnType<typeof createVenue>;

/** A desk at a venue; with the journal of an earlier one it is that one's successor. */
export function deskAt(
  venue: Venue,
  { journal = memoryJournal(), deadlineMs = 5000, requireIdempotencyKey = false, risk }: Partial<DeskAtOptions> = {},
) {
  const limits = risk === undefined ? {} : { risk };
  const instance = { instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"], deadlineMs, ...limits };
  const desk = createDesk({ broker: venue.broker(instance), instance, journal, requireIdempotencyKey });
  return { desk, journal };
}

interface DeskAtOptions {
  readonly journal: Journal;
  readonly deadlineMs: number;
  readonly requireIdempotencyKey: boolean;
  readonly risk: RiskOptions;
}
