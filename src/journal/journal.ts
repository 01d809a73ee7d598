/**
 * The journal: what the desk wrote down before and after it spoke to a broker, and what happened to orders.
 *
 * It is one list of lines that only grows, numbered from 1 without gaps; where an intent or an order stands now is
 * derived from its lines. One process writes it.
 */
import type { FailureCode, Outcome } from "../domain/failure.ts";
import type { Order, OrderChange, OrderRequest } from "../domain/order.ts";
import type { Placed } from "../spec/broker.ts";
import type { TradingState } from "../spec/policy.ts";

/**
 * Where an intent stands. `received` is before it is written down; `sending` until the broker's answer; `unknown` when
 * no answer came; `resolved` when it was found out later what became of an unknown one.
 */
export type IntentState = "received" | "sending" | "accepted" | "rejected" | "not_sent" | "unknown" | "resolved";

/** What a client asked for. */
export type IntentAction =
  | { readonly kind: "place"; readonly request: OrderRequest }
  | { readonly kind: "replace"; readonly orderId: string; readonly change: OrderChange }
  | { readonly kind: "cancel"; readonly orderId: string };

/** Why a write was refused or is unknown, as it was answered to the client. */
export interface IntentFailure {
  readonly code: FailureCode;
  readonly message: string;
  readonly outcome: Outcome;
  readonly details?: unknown;
}

/** Written down, and safe against loss of power, before anything is handed to the broker. */
export interface IntentLine {
  readonly kind: "intent";
  /** The tag of the order for a place; for a replace or cancel a mark of the same form. A free one may come again. */
  readonly id: string;
  /** Who asked: a token's name, never the token. */
  readonly principal: string;
  readonly action: IntentAction;
  /** Digest of the action, to tell a repetition from another request under the same key; `null` without a key. */
  readonly fingerprint: string | null;
  /** The vendor's number that the order is sent with, from a broker that takes one beforehand. */
  readonly number?: string | undefined;
  /** What it counts against the limits of its day, in the currency of the account's limits; absent where none count. */
  readonly value?: number | undefined;
  /** The account that it is sent to, masked as its broker shows it; absent where it does not say. */
  readonly account?: string | undefined;
}

/** How an intent went on. */
export interface ProgressLine {
  readonly kind: "progress";
  readonly id: string;
  readonly state: Exclude<IntentState, "received" | "sending">;
  /** What the broker answered to an accepted place or replace; the order's id for a cancel. */
  readonly placed?: Placed;
  readonly failure?: IntentFailure;
  /**
   * How it was found out, for a resolved intent: by the late answer, by reconciliation, or an operator's reason. For one
   * that was not sent, that its number is that of an attempt that was found nowhere.
   */
  readonly reason?: string;
}

/** An order as it stood after a change. `correction` is a change of an order that had ended. */
export interface OrderLine {
  readonly kind: "order" | "correction";
  readonly order: OrderRecord;
}

/** Something that should not happen and that somebody should look at. */
export interface AnomalyLine {
  readonly kind: "anomaly";
  readonly message: string;
  readonly orderId: string | null;
  readonly tag: string | null;
}

/** The broker's connection came or went. */
export interface ConnectionLine {
  readonly kind: "connection";
  readonly connected: boolean;
  readonly reason: string | null;
}

/** Somebody turned the kill switch. Never pruned. */
export interface GuardLine {
  readonly kind: "guard";
  readonly state: TradingState;
  /** True when it was turned for all instances of the gateway at once. */
  readonly all: boolean;
  /** Who turned it: a token's name. */
  readonly principal: string;
  readonly reason: string;
}

/** One line as the desk hands it over. */
export type JournalLine = (IntentLine | ProgressLine | OrderLine | AnomalyLine | ConnectionLine | GuardLine) & {
  /** Which instance: a digest of its id, never the id. */
  readonly instance: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
};

/** The lines that clients may follow. */
export type EventLine = Extract<JournalLine, { kind: "order" | "correction" | "anomaly" | "connection" | "guard" }>;

/** An event and its number. */
export type NumberedEvent = EventLine & { readonly sequence: number };

/** An order as the journal keeps it. */
export interface OrderRecord extends Order {
  readonly external: boolean;
  /** Milliseconds since the epoch at which this was true. */
  readonly asOf: number;
  /** Since when the broker has not known this open order any more; `null` while it does. */
  readonly staleSince: number | null;
}

/** An intent with the sum of its lines. */
export interface IntentRecord extends Omit<IntentLine, "kind"> {
  readonly instance: string;
  /** Of the intent's own line. */
  readonly at: number;
  readonly state: Exclude<IntentState, "received">;
  /** Of the last line. */
  readonly updatedAt: number;
  readonly placed: Placed | null;
  readonly failure: IntentFailure | null;
  readonly reason: string | null;
}

/** How safe a line must be when `append` answers: against loss of power, or against the end of the process only. */
export type Durability = "power-loss" | "process";

/** Where a journal stands. */
export interface JournalHead {
  /**
   * The first half of every event's id: a word of letters and digits, made when the journal was created, and another one
   * from then on when lines that `append` has answered for may be lost, so that no id stands for two events.
   */
  readonly epoch: string;
  /** Number of the last line, 0 for none. */
  readonly sequence: number;
}

/** A turn of the kill switch, and when. */
export type GuardRecord = Omit<GuardLine, "kind"> & { readonly at: number };

/** A part of the events, in order. */
export interface EventPage {
  readonly events: readonly NumberedEvent[];
  /** False when events after the asked number have been pruned already, so that the page has a gap before it. */
  readonly complete: boolean;
}

/** What operators are told about a journal. */
export interface JournalPlace {
  /** A file's path, or whatever names it. */
  readonly name: string;
  /** False when everything is forgotten with the process. */
  readonly lasting: boolean;
}

type Awaitable<T> = T | Promise<T>;

/**
 * Where lines are kept. A method may answer at once or with a promise. One that throws, or has not answered in a quarter of
 * an instance's `deadlineMs`, is away: the desk then sends nothing but cancels. An `append` that throws has written nothing
 * of its lines. One that is only late may still write them, and the desk goes on waiting for it: an order of which it then
 * says that it stands there has not been sent, and is written down as that.
 */
export interface Journal {
  /** Where it keeps its lines. Default: somewhere lasting. */
  readonly place?: JournalPlace;
  /** Opens it, before any other call. Called by every desk; the second call answers the same. */
  open(): Awaitable<JournalHead>;
  /** Adds lines in order, all or none; answers the number of the last when they are as safe as asked. */
  append(lines: readonly JournalLine[], durability: Durability): Awaitable<number>;
  /** One intent; `undefined` if this journal has not seen it, or has pruned it. */
  intent(instance: string, id: string): Awaitable<IntentRecord | undefined>;
  /** Every intent that is `sending` or `unknown`, oldest first. */
  unsettled(instance: string): Awaitable<readonly IntentRecord[]>;
  /** Every intent that began at this time or later, milliseconds since the epoch, in the order in which they began. */
  intentsSince(instance: string, at: number): Awaitable<readonly IntentRecord[]>;
  /** The last record of one order; `undefined` if there is none, or it is pruned. */
  order(instance: string, orderId: string): Awaitable<OrderRecord | undefined>;
  /** The last record of every order that was not completed in it. */
  openOrders(instance: string): Awaitable<readonly OrderRecord[]>;
  /** Events with a number above `after`, at most `limit`, in order. */
  events(instance: string, after: number, limit: number): Awaitable<EventPage>;
  /** Every turn of the kill switch, oldest first. */
  guards(instance: string): Awaitable<readonly GuardRecord[]>;
  /** Forgets settled intents, completed orders and events older than this; never an unsettled intent or an open order. */
  prune(before: number): Awaitable<void>;
  close?(): Awaitable<void>;
}
