import type { ExchangeError, ExchangeRefusal } from "./types.ts";

/** What `place`, `replace` and `cancel` throw when the exchange says no; nothing has changed on the books then. */
export class RefusedByExchange extends Error implements ExchangeError {
  readonly refusal: ExchangeRefusal;

  constructor(refusal: ExchangeRefusal, reason: string) {
    super(reason);
    this.name = "RefusedByExchange";
    this.refusal = refusal;
  }
}

/** True for a refusal of the exchange; every other thrown value is a defect or a wrong set-up. */
export function isExchangeError(value: unknown): value is ExchangeError {
  return value instanceof RefusedByExchange;
}
