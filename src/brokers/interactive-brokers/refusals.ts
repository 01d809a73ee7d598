/**
 * What went wrong, in our words: from the gateway's numbers and texts to a `BrokerError`.
 *
 * A file of its own beside `wire.ts`, since the two together would be too long. Source of the numbers: the TWS API
 * documentation, "Message Codes".
 */
import { BrokerError, type BrokerErrorCode, isBrokerError } from "../../spec/broker-error.ts";
import { ORDER_CANCELED } from "./codes.ts";
import type { Notice } from "./messages.ts";

/** The connection ended before the answer came. */
export class LinkLost extends Error {}

/** None or more than one account fits the options: a person has to choose. */
export class NoSuchAccount extends BrokerError {
  constructor(message: string) {
    super("BrokerFault", message, { outcome: "not_sent" });
  }
}

/** Another program has the client id: a person has to give one of them another. */
export class ClientIdInUse extends BrokerError {
  constructor(clientId: number, text: string) {
    super(
      "NotConnected",
      `another program is connected to TWS with the client id ${clientId}; give each its own clientId (${text})`,
      { outcome: "not_sent", retryAfterMs: 1000 },
    );
  }
}

/** Nothing was sent, for want of a connection. */
export function notConnected(reason: string): BrokerError {
  return new BrokerError("NotConnected", `not connected to Interactive Brokers: ${reason}`, {
    outcome: "not_sent",
    retryAfterMs: 1000,
  });
}

export function unknownOutcome(message: string): BrokerError {
  return new BrokerError("OutcomeUnknown", message, { outcome: "unknown" });
}

export function orderNotFound(orderId: string): BrokerError {
  return new BrokerError("OrderNotFound", `Interactive Brokers knows no order ${orderId} of this account`, {
    outcome: "rejected",
  });
}

/** TWS was asked, and said nothing. */
export function isTimeout(error: unknown): boolean {
  return isBrokerError(error) && error.code === "Timeout";
}

/** A list of orders has one that cannot be shown. */
export function notWhole(reason: string): BrokerError {
  return new BrokerError("BrokerFault", `${reason}: the list of orders is not whole`);
}

/** "Max rate of messages per second has been exceeded": the message was thrown away. */
const TOO_FAST = 100;

function tooFast({ text }: Notice, what: string): BrokerError {
  return new BrokerError("RateLimited", `TWS refused ${what}: ${text}`, { outcome: "not_sent", retryAfterMs: 1000 });
}

interface Rule {
  readonly codes?: ReadonlySet<number>;
  readonly text?: RegExp;
  /** Default: both. */
  readonly of?: "the order" | "the change";
  readonly means: BrokerErrorCode;
}

/** Refusals of a new or changed order; the first that fits. */
const ORDER_RULES: readonly Rule[] = [
  { codes: new Set([200]), means: "UnknownContract" },
  { codes: new Set([104, ORDER_CANCELED]), of: "the change", means: "OrderNotOpen" },
  {
    text: /insufficient|exceeds? .*(?:funds|buying power)|must exceed .*margin|available funds|not enough|minimum of .*(?:equity|required)|cash (?:available|needed)|margin requirement/i,
    means: "InsufficientFunds",
  },
];

/** The vendor's refusal of a new or changed order, with its text. */
export function toOrderRefusal(notice: Notice, what: "the order" | "the change"): BrokerError {
  if (notice.code === TOO_FAST) return tooFast(notice, what);
  const rule = ORDER_RULES.find(
    ({ codes, text, of = what }) =>
      of === what && ((codes?.has(notice.code) ?? false) || (text?.test(notice.text) ?? false)),
  );
  const message = `Interactive Brokers refused ${what}: ${plain(notice.text)} (${notice.code})`;
  return new BrokerError(rule?.means ?? "OrderRejected", message, { outcome: "rejected" });
}

export function isTooFast({ code }: Notice): boolean {
  return code === TOO_FAST;
}

const UNKNOWN_ORDER: ReadonlySet<number> = new Set([135, 10147]);
/** "Cannot modify a filled order." */
const FILLED = 104;
const NOT_CANCELABLE: ReadonlySet<number> = new Set([FILLED, 136, 161, 10148]);

/** True for the refusal of a cancel of an order that takes none in its state. */
export function isNotCancelable({ code }: Notice): boolean {
  return NOT_CANCELABLE.has(code);
}

/** "Not in a cancellable state": it does not say in which, and may come before the end of an order that is being canceled. */
const IN_SOME_STATE = 161;

/** True for the refusal of a cancel after which nothing of it is open. */
export function isFinal(notice: Notice): boolean {
  return isNotCancelable(notice) && notice.code !== IN_SOME_STATE;
}

/** True for a refusal that says in what state the order is, and nothing against it. */
export function isOfState(notice: Notice): boolean {
  return UNKNOWN_ORDER.has(notice.code) || isNotCancelable(notice);
}

/**
 * True for what TWS says of nothing but a cancel: no word on a change of the same order that is under way, though it may be why
 * the cancel was refused.
 */
export function isOfCancel(notice: Notice): boolean {
  return isOfState(notice) && notice.code !== FILLED;
}

/** The vendor's refusal of a cancel. */
export function toCancelRefusal(notice: Notice, orderId: string): BrokerError {
  if (notice.code === TOO_FAST) return tooFast(notice, "the cancel");
  if (UNKNOWN_ORDER.has(notice.code)) return orderNotFound(orderId);
  const code = NOT_CANCELABLE.has(notice.code) ? "OrderNotOpen" : "OrderRejected";
  return new BrokerError(code, `Interactive Brokers refused the cancel: ${plain(notice.text)} (${notice.code})`, {
    outcome: "rejected",
  });
}

const NO_SECURITY: ReadonlySet<number> = new Set([200]);
const NO_SUBSCRIPTION: ReadonlySet<number> = new Set([354, 10089, 10168, 10186]);
const TOO_MANY: ReadonlySet<number> = new Set([100, 101, 322]);
/** Another session of the same login takes the quotes. */
const COMPETING = 10_197;

/** The vendor's refusal of a read. */
export function toReadRefusal({ code, text }: Notice, what: string): BrokerError {
  const message = `Interactive Brokers refused ${what}: ${plain(text)} (${code})`;
  if (NO_SECURITY.has(code)) return new BrokerError("UnknownContract", message);
  if (NO_SUBSCRIPTION.has(code)) {
    return new BrokerError(
      "NotSupported",
      `${message}; the account subscribes to no such quotes (the option delayedQuotes takes delayed ones)`,
    );
  }
  if (TOO_MANY.has(code)) return new BrokerError("RateLimited", message, { retryAfterMs: 1000 });
  if (code === COMPETING) {
    return new BrokerError("BrokerFault", `${message}; another session of this login receives the quotes now`);
  }
  return new BrokerError("BrokerFault", message);
}

/** The words of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The vendor writes line breaks into its texts as tags. */
function plain(text: string): string {
  return text.replaceAll(/\s*<br\s*\/?>\s*/gi, " ").trim();
}
