/** What the service says no with: the codes, and whose they are. */
import type { ExchangeRefusal } from "../../src/exchange/types.ts";

/**
 * Codes of the HTTP envelope. Published by the vendor (docs/error-codes): 401003, 403201 to 403203, 429002, 500000. Seen in
 * the vendor's issues and in programs that live with it: 401004, 601011 to 601013, 602001, 602013, 602023, 602035, 603001, 603301.
 * For the rest the vendor publishes nothing; 403204, 404000, 602037 and 603302 are this simulator's.
 */
export const CODE = {
  tokenExpired: 401003,
  tokenInvalid: 401004,
  signatureInvalid: 403201,
  duplicateRequest: 403202,
  apiKeyIllegal: 403203,
  noPaperAccount: 403204,
  notFound: 404000,
  apiLimited: 429002,
  internal: 500000,
  alreadyCancelled: 601011,
  alreadyFilled: 601012,
  alreadyRejected: 601013,
  badParameter: 602001,
  noAmendment: 602013,
  noDetail: 602023,
  badPrice: 602035,
  unknownSymbol: 602037,
  unknownOrder: 603001,
  noShortSelling: 603301,
  noBuyingPower: 603302,
} as const;

/** HTTP status that goes with a code. */
const STATUS_OF_FAMILY: Readonly<Record<number, number>> = { 401: 401, 403: 403, 404: 404, 429: 429, 500: 500 };

/** Thrown by whatever the HTTP service refuses; becomes the envelope `{ code, message, data: null }`. */
export class Refusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "Refusal";
    this.code = code;
  }

  /** The HTTP status of the answer: that of the code's first three digits, 400 for everything about orders. */
  get status(): number {
    return STATUS_OF_FAMILY[Math.floor(this.code / 1000)] ?? 400;
  }
}

/** A parameter the service does not take. */
export function badParameter(message: string): Refusal {
  return new Refusal(CODE.badParameter, message);
}

/** The refusals of the exchange in the vendor's codes and words. */
export const EXCHANGE_REFUSALS = {
  "unknown-contract": { code: CODE.unknownSymbol, text: "Symbol not found" },
  "unknown-order": { code: CODE.unknownOrder, text: "Order not found" },
  "order-not-open": { code: CODE.noAmendment, text: "Order status does not allow amendment" },
  "insufficient-funds": { code: CODE.noBuyingPower, text: "Insufficient buying power" },
  "short-sale": { code: CODE.noShortSelling, text: "This security does not support short selling" },
  "bad-quantity": {
    code: CODE.badParameter,
    text: "The submitted quantity does not comply with the required multiple of the lot size",
  },
  "bad-price": { code: CODE.badPrice, text: "Wrong bid size, please change the price" },
  "unsupported-session": { code: CODE.badParameter, text: "outside_rth not support" },
  "market-closed": { code: CODE.badParameter, text: "Market closed" },
} as const satisfies Record<ExchangeRefusal, { readonly code: number; readonly text: string }>;

/** Status byte of a WebSocket answer that is an error. Source: the vendor's page on the handshake of the long link. */
export const SOCKET_STATUS = { badRequest: 3, unauthenticated: 5, forbidden: 6, failed: 7 } as const;

/** Codes inside such an answer. Source: the error tables of the quote pages; 401, 403 and 500 are those of the link itself. */
export const SOCKET_CODE = {
  unauthenticated: 401,
  forbidden: 403,
  internal: 500,
  badRequest: 301600,
  serverError: 301602,
  noQuotes: 301603,
  limited: 301606,
  tooMany: 301607,
} as const;

/** Thrown by whatever a WebSocket refuses; becomes an answer with this status and an `Error` body. */
export class SocketRefusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.name = "SocketRefusal";
    this.status = status;
    this.code = code;
  }
}
