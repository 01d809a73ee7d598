/** How a failure is answered: the one table of codes and statuses. */
import type { OrderView } from "../desk/types.ts";
import { Failure, type FailureCode, type Outcome } from "../domain/failure.ts";
import { wireOrder } from "./wire.ts";

/** Failures are answered with their own HTTP status, or all with 200 as the Python project does. */
export type ErrorStatus = "http" | 200;

/** Every code with its HTTP status. 429 and 503 are kept for what was never sent: clients repeat those by themselves. */
export const FAILURE_STATUS: Readonly<Record<FailureCode, number>> = {
  InvalidRequest: 400,
  Forbidden: 403,
  OrderNotFound: 404,
  UnknownContract: 404,
  IdempotencyConflict: 409,
  OrderNotOpen: 409,
  OrderRejected: 422,
  InsufficientFunds: 422,
  LimitExceeded: 422,
  Halted: 422,
  IdempotencyMismatch: 422,
  RateLimited: 429,
  NotSupported: 501,
  BrokerFault: 502,
  AuthenticationFailed: 502,
  NotConnected: 503,
  NotReconciled: 503,
  JournalUnavailable: 503,
  Timeout: 504,
  OutcomeUnknown: 504,
};

/**
 * Where repeating the identical request may help and cannot make a second order: nothing was sent, or it was a read, or
 * the request finds the answer of the first one under its key.
 */
const RETRYABLE: ReadonlySet<FailureCode> = new Set([
  "RateLimited",
  "NotConnected",
  "NotReconciled",
  "JournalUnavailable",
  "Timeout",
  "IdempotencyConflict",
]);

/** The body of the one answer to every miss, in the words of the Python project's server. */
export const NOT_FOUND_TEXT = "404: Not Found";

/** The `error` object of an answer. */
export interface WireError {
  readonly code: FailureCode;
  readonly message: string;
  readonly outcome?: Outcome;
  readonly retryable: boolean;
  readonly tag?: string;
  readonly details?: unknown;
}

/** A failure, ready to be put into an envelope. */
export interface FailureAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly error: WireError;
  /** When it was answered first, for a repetition under its key; else absent. Milliseconds since the epoch. */
  readonly at?: number;
}

/** Says that an answer was given before, to the same request under the same `Idempotency-Key`. */
export const REPLAYED = { "idempotent-replayed": "true" } as const;

const DEFAULT_RETRY_MS = 1000;

/** Writes a failure in the form of the wire. */
export function failureAnswer(failure: Failure, errorStatus: ErrorStatus): FailureAnswer {
  // An unknown outcome, and so a word that is none, outweighs whatever went wrong besides: under another code a client
  // might send the order again.
  const known = Object.hasOwn(FAILURE_STATUS, failure.code) ? failure.code : "BrokerFault";
  const isCertain = failure.outcome === undefined || failure.outcome === "not_sent" || failure.outcome === "rejected";
  const code = isCertain ? known : "OutcomeUnknown";
  const status = FAILURE_STATUS[code];
  const repeated = status === 429 || status === 503;
  const outcome = code === "OutcomeUnknown" ? "unknown" : repeated && failure.outcome ? "not_sent" : failure.outcome;
  const { tag, answeredAt, replayed } = failure;
  const details = wireDetails(failure.details);
  const given = failure.retryAfterMs;
  const waitMs = Number.isFinite(given) ? given : repeated ? DEFAULT_RETRY_MS : undefined;
  // Who is told when to come again comes again.
  const retryAfterMs = outcome === "unknown" ? undefined : waitMs;
  return {
    status: errorStatus === 200 ? 200 : status,
    headers: {
      ...(retryAfterMs === undefined ? {} : { "retry-after": secondsOf(retryAfterMs) }),
      ...(replayed ? REPLAYED : {}),
    },
    error: {
      code,
      message: failure.message || code,
      ...(outcome === undefined ? {} : { outcome }),
      retryable: RETRYABLE.has(code),
      ...(tag === undefined ? {} : { tag }),
      ...(details === undefined ? {} : { details }),
    },
    ...(answeredAt === undefined ? {} : { at: answeredAt }),
  };
}

/** Whole seconds in plain digits, and no more of them than every client can read (RFC 9111, section 1.2.2). */
function secondsOf(milliseconds: number): string {
  return String(Math.min(Math.max(1, Math.ceil(milliseconds / 1000)), 2_147_483_647));
}

/**
 * What an exception that nobody foresaw is answered with. It tells nothing of the inside; and since it may have come
 * after an order had left, it is no plain fault for anything but a read, once the API's handler has `begun`.
 */
export function internalFailure(isRead: boolean, begun: boolean, cause: unknown): Failure {
  if (!begun && !isRead) return new Failure("BrokerFault", "internal error", { cause, outcome: "not_sent" });
  return isRead
    ? new Failure("BrokerFault", "internal error", { cause })
    : new Failure("OutcomeUnknown", "internal error; an order may have been sent, look at order/list first", {
        cause,
        outcome: "unknown",
      });
}

/** Details as plain JSON; an order among them in its form of the wire. What JSON cannot hold is left out. */
function wireDetails(details: unknown): unknown {
  if (typeof details !== "object" || details === null) return details;
  try {
    const { order } = details as { order?: unknown };
    return JSON.parse(JSON.stringify(isOrderView(order) ? { ...details, order: wireOrder(order) } : details));
  } catch {
    return undefined;
  }
}

function isOrderView(value: unknown): value is OrderView {
  return typeof value === "object" && value !== null && "orderId" in value && "asOf" in value && "contract" in value;
}
