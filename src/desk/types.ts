/** The order desk as the rest of the house sees it: every use of a broker goes through one. */
import type { Cash } from "../domain/cash.ts";
import type { Contract } from "../domain/contract.ts";
import type { FailureCode } from "../domain/failure.ts";
import type { MarketStatusMap } from "../domain/market-status.ts";
import type { OrderChange, OrderRequest } from "../domain/order.ts";
import type { Quote } from "../domain/quote.ts";
import type { Ending, Resolution } from "../journal/by-hand.ts";
import type { IntentRecord, OrderRecord } from "../journal/journal.ts";
import type { CashQuery, OrderListing, OrdersQuery, Placed, PositionListing, QueueLoad } from "../spec/broker.ts";
import type { Capabilities, Operation } from "../spec/capabilities.ts";
import type { Mandate, TradingState } from "../spec/policy.ts";
import type { Alarm } from "./alarm.ts";
import type { EventCursor } from "./follow.ts";
import type { SwitchPosition, Turning } from "./kill-switch.ts";

/**
 * One broker behind its guards, deadline and journal.
 *
 * Every method throws only `Failure`. What the broker lacks is `NotSupported`; a read that does not end in time is
 * `Timeout`; a write that may have left and was not answered in time is `OutcomeUnknown`.
 */
export interface Desk {
  /** The broker's word on the wire. */
  readonly kind: string;
  /** The broker's name for people. */
  readonly display: string;
  /** What operators call this instance; never its id. */
  readonly name: string;

  capabilities(): DeskCapabilities;

  /** Starts the broker once; later calls wait for the same start. */
  start(): Promise<void>;
  close(): Promise<void>;

  ping(context: ReadContext): Promise<boolean>;
  cash(query: CashQuery, context: ReadContext): Promise<Cash>;
  positions(context: ReadContext): Promise<PositionListing>;
  quote(contract: Contract, context: ReadContext): Promise<Quote>;
  marketStatus(context: ReadContext): Promise<MarketStatusMap>;
  order(orderId: string, context: ReadContext): Promise<OrderView>;
  orders(query: OrdersQuery, context: ReadContext): Promise<OrderViewListing>;

  /** Checks, journals and sends one order. */
  place(request: OrderRequest, context: WriteContext): Promise<PlaceAnswer>;
  replace(orderId: string, change: OrderChange, context: WriteContext): Promise<ReplaceAnswer>;
  /** Resolves when the broker took the request, and also when the order is canceled already. */
  cancel(orderId: string, context: WriteContext): Promise<WriteAnswer>;

  /** How the kill switches stand. */
  tradingState(): Promise<TradingStateView>;
  /**
   * Turns the kill switch of this instance. To a stricter state at once; to a milder one only if that can be written
   * down, else `JournalUnavailable`. Resolves with whether it is written down.
   */
  turn(turning: Turning): Promise<boolean>;
  /**
   * Cancels every open order, those placed elsewhere too, in the name of this principal. `cancel` is who does that for
   * each; default this desk's own.
   */
  cancelAll(principal: string, cancel?: Desk["cancel"]): Promise<CancelAllResult>;

  /** The writes of which nobody knows yet what became of them, oldest first. */
  unknownIntents(): Promise<readonly IntentRecord[]>;
  /**
   * Settles one of them by an operator's word. Rejects with `OrderNotFound` for a tag of which there is none, `OrderNotOpen`
   * for one that is settled or still being sent, `InvalidRequest` where orders that are known say otherwise, and
   * `JournalUnavailable` when it could not be written down in time.
   */
  resolveIntent(resolution: Resolution): Promise<void>;
  /**
   * Ends an open order that its broker knows no more, in the same way. `OrderNotOpen` is also one that the broker knows
   * again.
   */
  endOrder(ending: Ending): Promise<OrderView>;
  /** Follows the events after the one of this id, or from a snapshot of the open orders. */
  follow(lastEventId: string | undefined): Promise<EventCursor>;
  /**
   * Calls back with the open orders that the journal remembers, then with every order that changes, once that is written.
   * Does not start the broker: who watches before the start misses nothing. What the listener throws or rejects with goes
   * no further. Of the orders that `believed` names, which the listener takes for open, those that have ended are told too.
   * Returns the function that stops it.
   */
  watch(listener: (orders: readonly OrderRecord[]) => void, believed?: () => Promise<readonly string[]>): () => void;
  /**
   * Compares the broker's orders with ours unless that is done, as every place and replace does before it is sent.
   * Rejects with `NotReconciled` when it cannot be done in time.
   */
  reconcile(): Promise<void>;
  /** Where the desk stands, from memory alone. */
  state(): DeskState;
  /** What is known of an order, from memory alone; `undefined` for one that was not heard of since the start. */
  remembered(orderId: string): OrderRecord | undefined;
  /**
   * Uses what a server has that outlives a request, from now on. Without it followers are woken at once and every wait has
   * a timer of its own, as it must be where all that a request began ends with its answer.
   */
  serveWith(server: LastingServer): void;
  /** Ends all following, for good, while everything else goes on: a server that closes waits for nothing endless. */
  endFollowing(): void;
}

/** What a server has that outlives the requests it serves. */
export interface LastingServer {
  /** Runs something when the answers that are ready have been written. */
  readonly later: (work: () => void) => void;
  /** May be one timer for all. */
  readonly alarm: Alarm;
}

/** Where a desk stands, for metrics. */
export interface DeskState {
  /** What the broker last said of its connection; `undefined` while it has said nothing. */
  readonly connected: boolean | undefined;
  /** Why it is not, in the broker's words; of one that stands, what is about to end it. */
  readonly reason: string | null;
  /** Whether the broker's orders are known, so that orders can be sent. */
  readonly reconciled: boolean;
  readonly openOrders: number;
  /** Writes of which nobody knows yet what became of them. */
  readonly unknownIntents: number;
  /** Clients that follow the events. */
  readonly followers: number;
  /** How calls wait for the vendor's frequency limits. */
  readonly queues: readonly QueueLoad[];
  /** What the kill switch lets through. */
  readonly tradingState: TradingState;
}

/** Who reads. */
export interface ReadContext {
  /** Aborts when the client goes away; asked for only if the broker looks at its signal. */
  readonly clientSignal?: () => AbortSignal;
  /** True where a write waits for it. */
  readonly forWrite?: boolean;
}

/** Who writes. A client that goes away does not end a write. */
export interface WriteContext {
  /** The token's name; all plain tokens of an instance are one principal. */
  readonly principal: string;
  /** What the token may do. Without one, as for a program of the gateway's own, only the account's limits hold. */
  readonly mandate?: Mandate;
  /** What logs and traces call the request that it came with. */
  readonly requestId?: string | undefined;
  /** The client's word for this one write: a repetition under the same key gets the same answer. */
  readonly idempotencyKey?: string | undefined;
}

/** An order with what the desk knows about it. */
export interface OrderView extends OrderRecord {
  /** Where this state comes from: asked of the broker now, or remembered from its pushes. */
  readonly source: "broker" | "journal";
}

/** Orders as the desk knows them, and what has no name here. */
export interface OrderViewListing extends Omit<OrderListing, "orders"> {
  readonly orders: readonly OrderView[];
}

/** What every write is answered with. */
export interface WriteAnswer {
  /** When this became the answer; the same for every repetition. Milliseconds since the epoch. */
  readonly answeredAt: number;
  /** True when it is an earlier answer to the same request under the same key. */
  readonly replayed: boolean;
}

/** What a replace is answered with. `orderId` is another one where the broker changes it. */
export interface ReplaceAnswer extends Placed, WriteAnswer {}

/** What a place is answered with. */
export interface PlaceAnswer extends ReplaceAnswer {
  /** What the order carries at the broker: it is found by it also where its answer was lost. */
  readonly tag: string;
}

/** The broker's capabilities and the operations it has. */
export interface DeskCapabilities extends Capabilities {
  readonly operations: readonly Operation[];
}

/** How the switches stand. */
export interface TradingStateView {
  /** What holds: the stricter of the two. */
  readonly state: TradingState;
  readonly instance: SwitchPosition;
  readonly gateway: SwitchPosition;
  /** False while the journal, which knows how they were left, cannot be read: nothing but cancels is sent then. */
  readonly known: boolean;
}

/** What became of the open orders that were to be canceled. */
export interface CancelAllResult {
  /** Ids of the orders whose cancellation the broker took. */
  readonly canceled: readonly string[];
  readonly failed: readonly { readonly orderId: string; readonly code: FailureCode; readonly message: string }[];
  /**
   * False when an order may be open that is in neither list: the broker could not list them, one that it lists has
   * no name here, or the outcome of a write is unknown.
   */
  readonly complete: boolean;
}
