import { Failure, type FailureOptions, isFailure } from "../domain/failure.ts";

/** The codes a broker may raise; the rest of `FailureCode` belongs to the desk and to HTTP. */
export const BROKER_ERROR_CODES = [
  "InvalidRequest",
  "OrderNotFound",
  "UnknownContract",
  "OrderNotOpen",
  "OrderRejected",
  "InsufficientFunds",
  "RateLimited",
  "NotSupported",
  "BrokerFault",
  "AuthenticationFailed",
  "NotConnected",
  "Timeout",
  "OutcomeUnknown",
] as const;

/** What went wrong at a broker. */
export type BrokerErrorCode = (typeof BROKER_ERROR_CODES)[number];

/**
 * The one error a broker throws.
 *
 * For a write, `outcome` decides about money: say `not_sent` only if nothing left, `rejected` only if the vendor said
 * no, and `unknown` for everything else. Without an outcome the code decides: `InvalidRequest`, `NotSupported`,
 * `NotConnected` and `RateLimited` are `not_sent`; `OrderRejected`, `InsufficientFunds`, `OrderNotFound`,
 * `UnknownContract`, `OrderNotOpen` and `AuthenticationFailed` are `rejected`; all others, and any other thrown value,
 * count as `unknown`.
 */
export class BrokerError extends Failure {
  declare readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, options?: FailureOptions) {
    super(code, message, options);
    this.name = "BrokerError";
  }
}

const CODES: ReadonlySet<string> = new Set(BROKER_ERROR_CODES);

/** True for a {@link BrokerError} of this or of another copy of the package. */
export function isBrokerError(value: unknown): value is BrokerError {
  return isFailure(value) && CODES.has(value.code);
}
