/** What a broker's error means for a write: never more certain than the broker was. */
import { Failure, type FailureCode, type FailureOptions, isFailure, type Outcome } from "../domain/failure.ts";
import type { IntentFailure } from "../journal/journal.ts";
import { messageOf, readFailure } from "./report.ts";

/** What a code means for a write when the broker did not say. */
const DEFAULT_OUTCOMES: Partial<Record<FailureCode, Outcome>> = {
  InvalidRequest: "not_sent",
  NotSupported: "not_sent",
  NotConnected: "not_sent",
  RateLimited: "not_sent",
  OrderRejected: "rejected",
  InsufficientFunds: "rejected",
  OrderNotFound: "rejected",
  UnknownContract: "rejected",
  OrderNotOpen: "rejected",
  AuthenticationFailed: "rejected",
};

/** Clients repeat these by themselves, so they may only ever say that nothing was sent. */
const ONLY_NOT_SENT: ReadonlySet<FailureCode> = new Set(["NotConnected", "RateLimited"]);

/** The failure to answer with, with its outcome filled in. */
export type WriteFailure = Failure & { readonly outcome: Outcome };

/** Turns whatever a broker's write threw into a failure that says what became of the order. */
export function writeFailure(error: unknown, tag: string | undefined, answeredAt = Date.now()): WriteFailure {
  const marked = { answeredAt, ...(tag === undefined ? {} : { tag }) };
  const failure = readFailure(error);
  if (failure === undefined) {
    return outcomeUnknown(`the broker failed without saying what became of the order: ${messageOf(error)}`, tag, error);
  }
  const outcome = failure.outcome ?? DEFAULT_OUTCOMES[failure.code] ?? "unknown";
  if (outcome === "unknown") return outcomeUnknown(failure.message, tag, error);
  const options = { ...marked, ...besideOf(failure), cause: error };
  // A deadline that passed before the order left is a wait that was too long, not a timeout of the vendor.
  const code = failure.code === "Timeout" || failure.code === "OutcomeUnknown" ? "RateLimited" : failure.code;
  return withOutcome(
    new Failure(code, failure.message, { ...options, outcome: ONLY_NOT_SENT.has(code) ? "not_sent" : outcome }),
  );
}

/** The answer for a write that may have been sent. */
export function outcomeUnknown(message: string, tag: string | undefined, cause?: unknown): WriteFailure {
  const mark = tag === undefined ? "" : `; the order, if it exists, carries the tag ${tag}`;
  return withOutcome(
    new Failure("OutcomeUnknown", `${message}${mark}. It may have been sent: look before sending again`, {
      outcome: "unknown",
      ...(tag === undefined ? {} : { tag }),
      ...(cause === undefined ? {} : { cause }),
    }),
  );
}

/** A failure as it is written down. */
export function written({ code, message, outcome, details }: WriteFailure): IntentFailure {
  return { code, message, outcome, ...(details === undefined ? {} : { details }) };
}

/** Whatever fails before the hand-over has sent nothing. */
export function notSent(error: unknown): Failure {
  const failure = readFailure(error);
  if (failure === undefined) return new Failure("BrokerFault", messageOf(error), { cause: error, outcome: "not_sent" });
  const code = failure.code === "Timeout" || failure.code === "OutcomeUnknown" ? "NotConnected" : failure.code;
  return new Failure(code, failure.message, { ...besideOf(failure), cause: error, outcome: "not_sent" });
}

/** What a write is answered with that another one of its order has kept from being sent. */
export function heldUp(why: string): Failure {
  return new Failure("RateLimited", `${why}; nothing was sent`, { outcome: "not_sent", retryAfterMs: 1000 });
}

export function throwNotSent(error: unknown): never {
  throw notSent(error);
}

/** What a broker says that it can do may be anything; what fails for that has kept a write from being sent. */
export function fromCapabilities<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isFailure(error)) throw error.outcome === undefined ? notSent(error) : error;
    const message = `the broker's capabilities cannot be used: ${messageOf(error)}`;
    throw new Failure("BrokerFault", message, { outcome: "not_sent", cause: error });
  }
}

/** What a failure carries besides its message, where there is any. */
export function besideOf({ details, retryAfterMs }: Failure): Pick<FailureOptions, "details" | "retryAfterMs"> {
  return {
    ...(details === undefined ? {} : { details }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function withOutcome(failure: Failure): WriteFailure {
  if (failure.outcome === undefined) throw new TypeError("a write's failure has an outcome");
  return failure as WriteFailure;
}
