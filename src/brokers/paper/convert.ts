/** Between the exchange's language and the contract's. */
import * as v from "valibot";
import type { CashBalance } from "../../domain/cash.ts";
import { type Contract, TRADE_TYPES, type Unmapped } from "../../domain/contract.ts";
import type { Outcome } from "../../domain/failure.ts";
import {
  DIRECTIONS,
  LIFECYCLES,
  type Lifecycle,
  ORDER_STATUSES,
  ORDER_TYPES,
  TIMES_IN_FORCE,
} from "../../domain/order.ts";
import type { Position } from "../../domain/position.ts";
import { isExchangeError } from "../../exchange/exchange-error.ts";
import { isTradable } from "../../exchange/markets.ts";
import type { Exchange, ExchangeRefusal, ExchangeState } from "../../exchange/types.ts";
import { BrokerError, type BrokerErrorCode, isBrokerError } from "../../spec/broker-error.ts";

/** What each refusal of the exchange means. */
export const REFUSALS = {
  "unknown-contract": { code: "UnknownContract", outcome: "rejected" },
  "unknown-order": { code: "OrderNotFound", outcome: "rejected" },
  "order-not-open": { code: "OrderNotOpen", outcome: "rejected" },
  "insufficient-funds": { code: "InsufficientFunds", outcome: "rejected" },
  "short-sale": { code: "OrderRejected", outcome: "rejected" },
  // Of what fits the market: lot and step of the one contract are known to the exchange, as they are at every vendor.
  "bad-quantity": { code: "OrderRejected", outcome: "rejected" },
  "bad-price": { code: "OrderRejected", outcome: "rejected" },
  "unsupported-session": { code: "NotSupported", outcome: "not_sent" },
  "market-closed": { code: "OrderRejected", outcome: "rejected" },
} as const satisfies Record<ExchangeRefusal, { code: BrokerErrorCode; outcome: Outcome }>;

/** What a write ended with, as the contract wants it told. What the exchange did not refuse may have happened. */
export function writeError(error: unknown): BrokerError {
  if (isBrokerError(error)) return error;
  if (isExchangeError(error)) {
    const { code, outcome } = REFUSALS[error.refusal];
    return new BrokerError(code, error.message, { outcome });
  }
  return new BrokerError("OutcomeUnknown", messageOf(error), { outcome: "unknown", cause: error });
}

/** What a read ended with, as the contract wants it told. */
export function readError(error: unknown): BrokerError {
  return isBrokerError(error) ? error : new BrokerError("BrokerFault", messageOf(error), { cause: error });
}

/** Codes with which nothing can have been sent, whoever says them. */
const HARMLESS: ReadonlySet<BrokerErrorCode> = new Set([
  "InvalidRequest",
  "UnknownContract",
  "RateLimited",
  "NotSupported",
]);

/** Why an order was not placed for want of a price. */
export function unpricedError(error: unknown): BrokerError {
  const code = isBrokerError(error) && HARMLESS.has(error.code) ? error.code : "NotConnected";
  const wait = isBrokerError(error) && error.retryAfterMs !== undefined ? { retryAfterMs: error.retryAfterMs } : {};
  return new BrokerError(code, `no price for the order: ${messageOf(error)}`, {
    outcome: "not_sent",
    cause: error,
    ...wait,
  });
}

/** The session in which an order of a region really trades. */
export function effectiveLifecycle(region: string, lifecycle: Lifecycle): Lifecycle {
  return region !== "US" && lifecycle === "ETH" ? "RTH" : lifecycle;
}

/** Positions in our words; what lies outside the venues is shown under its own name. */
export function toPositions(held: ReturnType<Exchange["positions"]>): { positions: Position[]; unmapped: Unmapped[] } {
  const known = held.filter(({ contract }) => isTradable(contract));
  const others = held.filter(({ contract }) => !isTradable(contract));
  return {
    positions: known.map(({ contract, currency, qty }) => ({ contract, unit: "Share", currency, qty })),
    unmapped: others.map(({ contract, qty }) => ({ originSymbol: originSymbol(contract), qty })),
  };
}

/** How the exchange writes a contract that has no name in our language. */
function originSymbol({ region, symbol }: Contract): string {
  return `${region}.${symbol}`;
}

/** Yuan in cash is written `CNH`. */
export function cashWord(currency: string): string {
  return currency === "CNY" ? "CNH" : currency;
}

/** The ledger's lines. */
export function toBalances(balances: ReturnType<Exchange["balances"]>): CashBalance[] {
  return balances.map((line) => ({ ...line, currency: cashWord(line.currency) }));
}

const CONTRACT = v.object({ tradeType: v.picklist(TRADE_TYPES), region: v.string(), symbol: v.string() });
const FINITE = v.pipe(v.number(), v.finite());

/** Says what the text is, to a person and to {@link readState}. */
const ACCOUNT = "httptrading paper";

const STATE = v.object({
  account: v.literal(ACCOUNT),
  exchange: v.object({
    version: v.literal(1),
    nextOrderNumber: v.pipe(v.number(), v.safeInteger()),
    orders: v.array(
      v.object({
        orderId: v.string(),
        contract: CONTRACT,
        currency: v.string(),
        direction: v.picklist(DIRECTIONS),
        orderType: v.picklist(ORDER_TYPES),
        price: v.nullable(FINITE),
        timeInForce: v.picklist(TIMES_IN_FORCE),
        lifecycle: v.picklist(LIFECYCLES),
        qty: FINITE,
        filledQty: FINITE,
        avgPrice: FINITE,
        status: v.picklist(ORDER_STATUSES),
        originStatus: v.string(),
        errorReason: v.string(),
        warning: v.nullable(v.string()),
        tag: v.nullable(v.string()),
        createdAt: FINITE,
        updatedAt: FINITE,
      }),
    ),
    fills: v.array(
      v.object({
        fillId: v.string(),
        orderId: v.string(),
        contract: CONTRACT,
        direction: v.picklist(DIRECTIONS),
        qty: FINITE,
        price: FINITE,
        at: FINITE,
      }),
    ),
    cash: v.record(v.string(), FINITE),
    positions: v.array(v.object({ contract: CONTRACT, qty: FINITE, avgCost: FINITE })),
    prices: v.array(
      v.object({
        contract: CONTRACT,
        price: FINITE,
        preClose: FINITE,
        openPrice: v.exactOptional(FINITE),
        highPrice: v.exactOptional(FINITE),
        lowPrice: v.exactOptional(FINITE),
        tradingDay: v.exactOptional(v.string()),
      }),
    ),
    priority: v.exactOptional(v.array(v.string())),
    countedAt: v.exactOptional(v.record(v.string(), FINITE)),
  }),
});

/** The text in which an account is kept. */
export function writeState(exchange: ExchangeState): string {
  return JSON.stringify({ account: ACCOUNT, exchange });
}

/** Reads it back. Throws a `BrokerError` that says what is wrong with it; an account is never begun afresh in its place. */
export function readState(text: string): ExchangeState {
  const result = v.safeParse(STATE, parsed(text));
  if (result.success) return result.output.exchange;
  const [issue] = result.issues;
  throw new BrokerError(
    "BrokerFault",
    `the saved state is not one of a paper account (${v.getDotPath(issue) ?? "whole"}: ${issue.message}); restore it from a copy, or remove it to begin afresh`,
    { outcome: "not_sent" },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
