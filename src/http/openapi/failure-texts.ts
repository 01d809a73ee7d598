/** What each failure means to a client, and how one looks. */
import type { FailureCode, Outcome } from "../../domain/failure.ts";

export interface FailureText {
  /** When it happens and what to do. */
  readonly meaning: string;
  /** `ex` and `error.message` of the example. */
  readonly message: string;
  /** What became of a write; absent where only reads can fail so. */
  readonly outcome?: Outcome;
  /** `error.tag` of the example. */
  readonly tag?: string;
  /** `error.details` of the example. */
  readonly details?: unknown;
}

export const FAILURE_TEXTS: Readonly<Record<FailureCode, FailureText>> = {
  InvalidRequest: {
    meaning: "The request is wrong; `details` lists every fault. Nothing was sent.",
    message: "orderType: must be one of Limit, Market",
    outcome: "not_sent",
    details: [{ path: "orderType", message: "must be one of Limit, Market", value: "Stop" }],
  },
  Forbidden: {
    meaning: "The token does not allow this; `details` says what is missing. Nothing was sent.",
    message: "this needs a token with the scope trade; dashboard has read",
    outcome: "not_sent",
    details: { missing: "trade", scopes: ["read"] },
  },
  OrderNotFound: {
    meaning: "The broker does not know this order, or the gateway no such write.",
    message: "no order 69788888 at this broker",
    outcome: "not_sent",
  },
  UnknownContract: {
    meaning: "The broker does not know this instrument.",
    message: "no instrument US AAPLX at this broker",
    outcome: "rejected",
  },
  IdempotencyConflict: {
    meaning: "A request with the same key is under way. Ask again with the same key.",
    message: "a request with this Idempotency-Key is still under way",
    outcome: "not_sent",
  },
  OrderNotOpen: {
    meaning:
      "The order has ended, so it can be neither changed nor canceled; or there is nothing, or not yet, that an operator could settle.",
    message: "order 69788888 is FILLED",
    outcome: "not_sent",
  },
  OrderRejected: {
    meaning: "The broker or the exchange refused the order.",
    message: "the exchange refused the order: price is too far from the last one",
    outcome: "rejected",
  },
  InsufficientFunds: {
    meaning: "The account cannot pay for the order.",
    message: "buying power is 1200 USD, the order needs 2400 USD",
    outcome: "rejected",
  },
  LimitExceeded: {
    meaning: "The order goes beyond a limit that was set in this gateway.",
    message: "the order is worth 2400000 USD, the limit is 100000 USD",
    outcome: "not_sent",
  },
  Halted: {
    meaning: "Trading through this gateway is switched off.",
    message: "trading is switched off for this instance",
    outcome: "not_sent",
  },
  IdempotencyMismatch: {
    meaning: "The key was used before for a different request. Use a new key for a new order.",
    message: "this Idempotency-Key belongs to a different request",
    outcome: "not_sent",
  },
  RateLimited: {
    meaning: "The vendor's frequency limit would be passed. Nothing was sent; wait as `Retry-After` says.",
    message: "the vendor takes 15 orders in 30 s, all are used",
    outcome: "not_sent",
  },
  NotSupported: {
    meaning: "This broker cannot do this; `capabilities` says what it can.",
    message: "OVERNIGHT is not supported for HK",
    outcome: "not_sent",
  },
  BrokerFault: {
    meaning: "The broker answered with a fault of its own.",
    message: "the broker answered with an internal error",
    outcome: "rejected",
  },
  AuthenticationFailed: {
    meaning: "The broker refused the gateway's own login. Somebody has to look at its settings.",
    message: "the broker refused the login",
    outcome: "not_sent",
  },
  NotConnected: {
    meaning: "There is no connection to the broker. Nothing was sent.",
    message: "not connected to the broker",
    outcome: "not_sent",
  },
  NotReconciled: {
    meaning: "The gateway does not yet know the account's open orders. Nothing was sent.",
    message: "orders are being reconciled with the broker",
    outcome: "not_sent",
  },
  JournalUnavailable: {
    meaning: "The order could not be written down before sending, so it was not sent.",
    message: "the journal cannot be written",
    outcome: "not_sent",
  },
  Timeout: { meaning: "The broker did not answer a read in time.", message: "the broker did not answer within 10 s" },
  OutcomeUnknown: {
    meaning:
      "The request may have reached the broker, or not. Do not send it again: look for the order by its `tag`, in `order/list`, first.",
    message: "the broker did not answer in time; the order may have been placed",
    outcome: "unknown",
    tag: "htabcdefghijklmnopqrstuvwx",
  },
};
