/** The journal: what the desk wrote down before and after it spoke to a broker. */
import type { FailureCode } from "../domain/failure.ts";
import type { OrderChange, OrderRequest } from "../domain/order.ts";

/** Where an intent stands. `received` and `sending` are before the broker's answer, the rest after it. */
export type IntentState = "received" | "sending" | "accepted" | "rejected" | "not_sent" | "unknown" | "resolved";

/** What a client wanted, written down before anything is sent. */
export interface Intent {
  /** The tag of the order for a place; an own random mark for a replace or cancel. */
  readonly id: string;
  /** Which instance: a digest of its id, never the id. */
  readonly instance: string;
  /** Who asked: a token's name, never the token. */
  readonly principal: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly action: IntentAction;
}

export type IntentAction =
  | { readonly kind: "place"; readonly request: OrderRequest }
  | { readonly kind: "replace"; readonly orderId: string; readonly change: OrderChange }
  | { readonly kind: "cancel"; readonly orderId: string };

/** A later line about an intent. */
export interface IntentProgress {
  readonly id: string;
  readonly at: number;
  readonly state: IntentState;
  /** The broker's order id, once known. */
  readonly orderId?: string;
  /** Why it was refused, or why the outcome is unknown. */
  readonly failure?: { readonly code: FailureCode; readonly message: string };
}

/** An intent and how it ended so far. */
export interface IntentRecord extends Intent {
  readonly state: IntentState;
  readonly orderId: string | null;
  readonly failure: { readonly code: FailureCode; readonly message: string } | null;
}

/**
 * Where intents are kept. A method may answer at once or with a promise; when it has answered, the line is as durable
 * as the journal makes it. A journal that cannot write throws, and the desk then sends nothing but cancels.
 */
export interface Journal {
  /** Writes down an intent, in state `received`. */
  begin(intent: Intent): void | Promise<void>;
  /** Adds a line to an intent. */
  progress(line: IntentProgress): void | Promise<void>;
  /** Looks an intent up by its id; `undefined` if this journal has not seen it, or has pruned it. */
  find(id: string): IntentRecord | undefined | Promise<IntentRecord | undefined>;
  close?(): void | Promise<void>;
}
