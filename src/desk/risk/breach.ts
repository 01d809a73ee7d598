/** A limit that an order goes beyond, and how that is answered. */
import { Failure } from "../../domain/failure.ts";

export interface Breach {
  /** The option that says so: `risk.maxOrderValue`, `token.limits.maxOrderQty`. */
  readonly rule: string;
  /** What the order has or would lead to. */
  readonly value: unknown;
  /** What is allowed at the most, or all that is allowed. */
  readonly limit: unknown;
  /** In words. */
  readonly message: string;
}

export const NONE: readonly Breach[] = [];

/** Nothing for a value within its limit, or without one. */
export function beyond(
  rule: string,
  value: number,
  limit: number | undefined,
  message: (limit: number) => string,
): readonly Breach[] {
  return limit === undefined || value <= limit ? NONE : [{ rule, value, limit, message: message(limit) }];
}

/** The refusal of an order that goes beyond limits: every one, and what it would take. */
export function limitExceeded(breaches: readonly Breach[]): Failure {
  return refusal("LimitExceeded", breaches);
}

/** The refusal of an order that its token may not send. */
export function forbiddenOrder(breaches: readonly Breach[]): Failure {
  return refusal("Forbidden", breaches);
}

function refusal(code: "LimitExceeded" | "Forbidden", breaches: readonly Breach[]): Failure {
  const message = breaches.map((breach) => `${breach.message} (${breach.rule})`).join("; ");
  const [{ rule, value, limit } = { rule: "", value: null, limit: null }] = breaches;
  return new Failure(code, message, { outcome: "not_sent", details: { rule, value, limit, breaches } });
}
