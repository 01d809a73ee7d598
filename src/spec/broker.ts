/** The contract between the gateway and a broker, on one screen. */
import type { Cash } from "../domain/cash.ts";
import type { Contract, Unmapped } from "../domain/contract.ts";
import type { MarketStatusMap } from "../domain/market-status.ts";
import type { Order, OrderChange, OrderRequest } from "../domain/order.ts";
import type { Position } from "../domain/position.ts";
import type { Quote } from "../domain/quote.ts";
import type { Capabilities } from "./capabilities.ts";

/**
 * A connection to one account at one vendor.
 *
 * Methods are optional: what is absent is answered `NotSupported`. Every method ends, whatever the network does, and
 * throws only `BrokerError`. When `call.signal` aborts, a read ends; a write that has not left yet ends with outcome
 * `not_sent`; a write that may have left ends as `unknown` or goes on until the vendor answers, and is never sent again.
 * The `fetch` of Bun and Deno sends some again by itself unless it is kept from it, see the README.
 */
export interface Broker {
  /** Word on the wire, in camel case: `futu`. */
  readonly kind: string;
  /** Name for people: `富途证券`. */
  readonly display: string;

  /** What can be done now. Cheap and synchronous; may grow once the account is known. */
  capabilities(): Capabilities;
  /** How calls wait for the vendor's frequency limits, for metrics. Cheap and synchronous. */
  queues?(): readonly QueueLoad[];

  /**
   * Connects. Resolves when the first attempt has ended, well or badly, and goes on trying by itself after that.
   * Rejects only for what trying again cannot heal, such as a missing SDK; the gateway then asks again on the next call.
   */
  start?(host: BrokerHost): Promise<void>;
  /** Ends every connection, timer and pending call. May be called twice, and before `start`. */
  close?(): Promise<void>;

  /** A real round trip to the vendor's servers: false when they, or the login behind a local gateway, are not there. */
  ping?(call: Call): Promise<boolean>;
  /** Total cash in `currency` (default USD), and the ledger's lines. */
  cash?(query: CashQuery, call: Call): Promise<Cash>;
  positions?(call: Call): Promise<PositionListing>;
  quote?(contract: Contract, call: Call): Promise<Quote>;
  marketStatus?(call: Call): Promise<MarketStatusMap>;

  /**
   * Takes the number for one order from a vendor that refuses a second order with the same one. The gateway writes it
   * down with the intent before `placeOrder` is called with it, and gives the same number again when an order under the
   * same key is sent once more after the first attempt was found nowhere: only one of the two can ever be taken.
   */
  orderNumber?(call: Call): Promise<string>;
  /** Sends one order, once, with `tag` written into the vendor's free text. Resolves when the vendor took it. */
  placeOrder?(order: TaggedOrder, call: Call): Promise<Placed>;
  /**
   * Changes an open order and writes `tag` again. Resolves with the new id where the vendor gives one, which the capabilities
   * say as `newIds`: the old order is then CANCELED, and by the tag that both have it is known what is in its place.
   */
  replaceOrder?(orderId: string, change: TaggedChange, call: Call): Promise<Placed>;
  /** Asks for the cancellation. Resolves when the vendor took the request; the order may end later. */
  cancelOrder?(orderId: string, call: Call): Promise<void>;
  /** One order, today's or an old one. `OrderNotFound` when the vendor does not know it. */
  order?(orderId: string, call: Call): Promise<Order>;
  orders?(query: OrdersQuery, call: Call): Promise<OrderListing>;
}

/** What a broker is given when it starts. */
export interface BrokerHost {
  /**
   * To be called with every change of an order that the vendor reports, of whatever origin. It never throws: what lacks a
   * field of an order, or has another type there, is told to operators and clients as an `anomaly`.
   */
  onOrder(order: Order): void;
  /** To be called when the connection comes and goes. */
  onConnection(state: ConnectionState): void;
}

/** Whether the vendor can be reached. */
export interface ConnectionState {
  /** True once orders can be sent and pushes are subscribed (again). */
  readonly connected: boolean;
  /** Why, in words without secrets; of one that stands, what is about to end it. */
  readonly reason?: string;
}

/** How calls have waited for one frequency limit, since the broker was made. */
export interface QueueLoad {
  /** What is limited, the same for as long as the broker lives: `place order`. */
  readonly name: string;
  /** Calls that wait now. */
  readonly waiting: number;
  /** Calls that had their turn. */
  readonly taken: number;
  /** Milliseconds that those waited, all together. */
  readonly waitedMs: number;
  /** Calls that were refused, since their turn would have come too late. */
  readonly refused: number;
}

/** What every call carries. To be passed on as it is: the signal is made when it is first asked for, and a copy has none. */
export interface Call {
  /**
   * Aborts at the deadline, when the gateway closes, for reads when the client goes away, for places and replaces when the
   * kill switch is turned against them, and for a replace that a cancel of its order waits for.
   */
  readonly signal: AbortSignal;
  /**
   * The moment at which the deadline is over, counted like `performance.now()`: what waits for limits on frequency waits no
   * longer than that for all of them together. Default: not known before `signal` aborts.
   */
  readonly deadline?: number | undefined;
  /**
   * True for a read that a write waits for, as for what its limits rest on, or for the list without which none is sent:
   * clients' reads must not keep it waiting.
   */
  readonly forWrite?: boolean;
}

/** An order as a broker is asked for it. */
export interface TaggedOrder extends OrderRequest {
  /** 26 characters of `[a-z0-9]`, unique to this intent. */
  readonly tag: string;
  /** What `orderNumber` gave for it. */
  readonly number?: string;
}

/** A change as a broker is asked for it. */
export interface TaggedChange extends OrderChange {
  /** The tag the order was placed with; absent for an order placed elsewhere. */
  readonly tag?: string;
}

/** What a broker says of an order or change that it has taken. */
export interface Placed {
  /** The order's id as `order` and `orders` give it. */
  readonly orderId: string;
  /** What the vendor changed in silence, in our words. */
  readonly effective?: Partial<Pick<OrderRequest, "lifecycle" | "timeInForce" | "price">>;
}

/** What cash is asked for. */
export interface CashQuery {
  /** In which currency the total is wanted: `USD`. */
  readonly currency: string;
}

/** What the account holds. */
export interface PositionListing {
  readonly positions: readonly Position[];
  readonly unmapped: readonly Unmapped[];
}

/** Which orders are asked for. */
export interface OrdersQuery {
  /** Those that may still change by themselves, or those that have ended too, for as long as the vendor lists them. */
  readonly status: "open" | "all";
  /** True when the answer decides about money: the vendor's caches must be passed by. */
  readonly fresh?: boolean;
}

/** An order that has no name here. */
export interface UnmappedOrder extends Unmapped {
  /** The tag that a gateway has placed it with: absent from `orders`, it exists all the same. */
  readonly tag?: string;
}

/** The orders of the account, whoever placed them. */
export interface OrderListing {
  readonly orders: readonly Order[];
  readonly unmapped: readonly UnmappedOrder[];
  /**
   * Milliseconds since the epoch: of orders that ended before it, some may be missing. An order that was sent before it is
   * not proven absent. Default: none is missing.
   */
  readonly since?: number;
  /** False for one that was cut short: it proves no order absent. Default: whole, where the capabilities say so. */
  readonly isWhole?: boolean;
}
