/** What the gateway says no with. Codes and texts: the vendor's page on error codes. */
import type { ExchangeRefusal } from "../../src/exchange/types.ts";

export const CODE = {
  serverError: 1,
  networkTimeout: 2,
  forbidden: 4,
  rateLimit: 5,
  commonParameter: 1000,
  bizParameter: 1010,
  standardAccount: 1200,
  paperAccount: 1300,
  quote: 2100,
  userToken: 2400,
} as const;

/** Thrown by whatever the gateway refuses; becomes an answer with this code and text. */
export class Refusal extends Error {
  readonly code: number;
  /** HTTP status of the answer: 200 for all but the newer form of the rate limit. */
  readonly status: number;

  constructor(code: number, message: string, status = 200) {
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.status = status;
  }
}

/** A parameter beside `biz_content` is wrong. */
export function commonParameter(detail: string): Refusal {
  return new Refusal(CODE.commonParameter, `common param error(${detail})`);
}

/** A parameter inside `biz_content` is wrong. */
export function bizParameter(detail: string): Refusal {
  return new Refusal(CODE.bizParameter, `biz param error(${detail})`);
}

/** The account's trading system says no. */
export function tradeRefusal(isPaper: boolean, detail: string): Refusal {
  return isPaper
    ? new Refusal(CODE.paperAccount, `paper account response error(bad_request:${detail})`)
    : new Refusal(CODE.standardAccount, `standard account response error(bad_request:${detail})`);
}

/** The exchange's refusals in the vendor's manner of speaking. */
export const EXCHANGE_TEXTS = {
  "unknown-contract": "Contract not found, please check the symbol",
  "unknown-order": "Order does not exist",
  "order-not-open": "The order has ended and can not be modified or cancelled",
  "insufficient-funds": "Insufficient buying power, we can not place the order",
  "short-sale": "Insufficient position, this security can not be sold short",
  "bad-quantity": "The order quantity does not match the lot size",
  "bad-price": "The limit price does not match the tick size",
  "unsupported-session": "The trading session is not supported for this order",
  "market-closed": "The market is closed",
} as const satisfies Record<ExchangeRefusal, string>;
