/** How things fail: one list of codes for brokers, desk and HTTP, and one error that carries them. */

/** Every failure has one of these codes; `http/failures.ts` gives each its HTTP status. */
export const FAILURE_CODES = [
  "InvalidRequest",
  "Forbidden",
  "OrderNotFound",
  "UnknownContract",
  "IdempotencyConflict",
  "OrderNotOpen",
  "OrderRejected",
  "InsufficientFunds",
  "LimitExceeded",
  "Halted",
  "IdempotencyMismatch",
  "RateLimited",
  "NotSupported",
  "BrokerFault",
  "AuthenticationFailed",
  "NotConnected",
  "NotReconciled",
  "JournalUnavailable",
  "Timeout",
  "OutcomeUnknown",
] as const;

/** What went wrong. */
export type FailureCode = (typeof FAILURE_CODES)[number];

/**
 * What became of a write: it never left (`not_sent`), the broker said no (`rejected`), or it may have been sent
 * (`unknown`), which is never treated as a failure.
 */
export type Outcome = "not_sent" | "rejected" | "unknown";

/** What a failure carries besides its message. */
export interface FailureOptions {
  readonly outcome?: Outcome;
  /** Earliest useful moment to try again, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** Machine-readable particulars. Never put a secret here: it is sent to the client. */
  readonly details?: unknown;
  /** The mark of the order intent that failed, by which it can be found at the broker. */
  readonly tag?: string;
  /** When this became the answer, for a write that is answered the same again under its key. Milliseconds since the epoch. */
  readonly answeredAt?: number;
  /** True when it is such an answer given again. */
  readonly replayed?: boolean;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("httptrading.failure");

/** The error that every room throws. Recognised by a brand, so that two copies of the package understand each other. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly outcome: Outcome | undefined;
  readonly retryAfterMs: number | undefined;
  readonly details: unknown;
  readonly tag: string | undefined;
  readonly answeredAt: number | undefined;
  readonly replayed: boolean;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message || code, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Failure";
    this.code = code;
    this.outcome = options.outcome;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
    this.tag = options.tag;
    this.answeredAt = options.answeredAt;
    this.replayed = options.replayed ?? false;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True for a {@link Failure} of this or of another copy of the package. */
export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
}
