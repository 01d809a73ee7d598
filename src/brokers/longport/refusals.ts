/**
 * What went wrong, in our words: from refusals of the vendor and faults of the way there to a `BrokerError`.
 *
 * A file of its own beside `wire.ts`, since the two together would be too long. Source of the codes: the vendor's page
 * "Error Codes" and the tables at its quote calls; for orders it publishes few, so the text counts as well.
 */
import { BrokerError, type BrokerErrorCode, isBrokerError } from "../../spec/broker-error.ts";
import { isFaultBehind, isLate } from "../shared/doubtful-texts.ts";
import { Unreadable } from "./messages.ts";

/** What the failed request was for. */
export type Purpose = "read" | "place" | "modify";

/** The service answered no. */
export class VendorRefusal extends Error {
  override readonly name = "VendorRefusal";
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

/** What the vendor also says of an order that it does not know, and of one that it has only just taken: its list tells which. */
export class DoubtfulRefusal extends BrokerError {}

/** An answer in the place of the service's: of its front, of a proxy. */
export class HttpFault extends Error {
  override readonly name = "HttpFault";
  readonly status: number;

  constructor(status: number) {
    super(`HTTP status ${status}`);
    this.status = status;
  }
}

/** No answer came. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  /** False when nothing can have arrived. */
  readonly sent: boolean;
  /** True when the answer was waited for in vain, false when the connection ended. */
  readonly late: boolean;

  constructor(message: string, { sent = true, late = false }: { sent?: boolean; late?: boolean } = {}) {
    super(message);
    this.sent = sent;
    this.late = late;
  }
}

interface Rule {
  readonly codes?: readonly number[];
  readonly text?: RegExp;
  readonly code: BrokerErrorCode;
}

const RULES: readonly Rule[] = [
  { codes: [601011, 601012, 601013], code: "OrderNotOpen" },
  { codes: [603001, 603054], text: /\border (?:is )?(?:not found|not exist|does not exist)/i, code: "OrderNotFound" },
  {
    codes: [301603],
    text: /\b(?:symbol|security|stock|ticker)\b.{0,20}(?:not found|not exist|does not exist|invalid)|(?:invalid|unknown) (?:symbol|security|stock|ticker)/i,
    code: "UnknownContract",
  },
  {
    text: /buying power|insufficient (?:fund|balance|cash)|not enough (?:fund|cash|money)/i,
    code: "InsufficientFunds",
  },
];

/** Something on the way sent the request a second time, and what became of the first stands in another answer. */
const REPEATED = 403202;
/** Parameters that were refused, and an internal error. */
const DOUBTFUL: readonly number[] = [602001, 602023];
/** Quote calls over the limit. */
const QUOTE_LIMITED = 301606;
const RETRY_AFTER_MS = 2_000;

/** Turns what a call threw into an error of ours. */
export function toBrokerError(error: unknown, what: string, purpose: Purpose): BrokerError {
  if (isBrokerError(error)) return error;
  if (error instanceof VendorRefusal) return fromRefusal(error, what, purpose);
  if (error instanceof HttpFault) {
    // 429 is how the vendor's front turns requests away, and its own client takes it as leave to post again.
    if (error.status === 429) return tooFast(what, error.message);
    if (purpose === "read")
      return new BrokerError("BrokerFault", `Longport could not answer ${what}: ${error.message}`);
    return unknown(`Longport answered ${what} with ${error.message}`);
  }
  if (error instanceof NoAnswer) {
    if (!error.sent) return notConnected(error.message);
    if (purpose !== "read") return unknown(`no answer to ${what}: ${error.message}`);
    return error.late ? new BrokerError("Timeout", `${what}: ${error.message}`) : notConnected(error.message);
  }
  const reason = error instanceof Unreadable ? error.message : reasonOf(error);
  if (purpose !== "read") return unknown(`Longport's answer to ${what} is unreadable: ${reason}`);
  return new BrokerError("BrokerFault", `Longport's answer to ${what} is unreadable: ${reason}`);
}

function fromRefusal({ code, message: text }: VendorRefusal, what: string, purpose: Purpose): BrokerError {
  const message = `Longport refused ${what}: ${text} (${code})`;
  const family = Math.floor(code / 1000);
  if (family === 429 || code === QUOTE_LIMITED) return tooFast(what, `${text} (${code})`);
  if (code === REPEATED || isServerFault(code)) {
    // An internal error may have come after the order, whatever it says.
    return purpose === "read" ? new BrokerError("BrokerFault", message) : unknown(message);
  }
  if (isTokenRefusal(code) || family === 403) {
    // Said at the door: once the key serves again the same request may be sent.
    return new BrokerError("AuthenticationFailed", message, { outcome: "not_sent" });
  }
  if (purpose !== "read" && (isLate(text) || isFaultBehind(text))) return unknown(message);
  const rule = RULES.find(({ codes, text: words }) => codes?.includes(code) || words?.test(text));
  if (rule !== undefined) return new BrokerError(rule.code, message, { outcome: "rejected" });
  if (purpose === "read") return new (DOUBTFUL.includes(code) ? DoubtfulRefusal : BrokerError)("BrokerFault", message);
  return new BrokerError("OrderRejected", message, { outcome: "rejected" });
}

/** True for the refusals of a token that is expired or was replaced. */
export function isTokenRefusal(code: number): boolean {
  return Math.floor(code / 1000) === 401;
}

/**
 * True for what is no word about the request: 500000 and the like of the service, 504 and the like of a front, 408 and 499 where
 * one of the two waited no longer, and what gRPC says of the services behind it, as 14 for one that is not there.
 */
function isServerFault(code: number): boolean {
  return /^(?:\d\d?|408|499|5\d\d(?:\d{3})?)$/.test(String(code));
}

function tooFast(what: string, said: string): BrokerError {
  return new BrokerError("RateLimited", `Longport has had too many requests, ${what} was turned away: ${said}`, {
    outcome: "not_sent",
    retryAfterMs: RETRY_AFTER_MS,
  });
}

function unknown(message: string): BrokerError {
  return new BrokerError("OutcomeUnknown", message, { outcome: "unknown" });
}

/** Nothing was sent, for want of a connection. */
export function notConnected(reason: string): BrokerError {
  return new BrokerError("NotConnected", `not connected to Longport: ${reason}`, {
    outcome: "not_sent",
    retryAfterMs: 1000,
  });
}

/** The words of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
