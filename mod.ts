/**
 * One HTTP API over several brokers' accounts.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { paper, serve } from "httptrading/node";
 *
 * await serve(createHttpTrading({
 *   brokers: [paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] })],
 * }));
 * ```
 *
 * Brokers stand in entrypoints of their own (`httptrading/paper`, `httptrading/futu`, …), servers in those of their
 * runtime (`httptrading/bun`, `httptrading/deno`, `httptrading/node`, `httptrading/worker`).
 *
 * @module
 */
export { createHttpTrading, type HttpTrading, type InstanceInfo } from "./src/create-http-trading.ts";
export type { Asker, DeskEvent, EventCursor, ResetEvent, SnapshotEvent } from "./src/desk/follow.ts";
export type { SwitchPosition, Turning } from "./src/desk/kill-switch.ts";
export type {
  CancelAllResult,
  Desk,
  DeskCapabilities,
  DeskState,
  OrderView,
  OrderViewListing,
  PlaceAnswer,
  ReadContext,
  ReplaceAnswer,
  TradingStateView,
  WriteAnswer,
  WriteContext,
} from "./src/desk/types.ts";
export type { Cash, CashBalance } from "./src/domain/cash.ts";
export {
  type Contract,
  contractKey,
  normalizeContract,
  TRADE_TYPES,
  type TradeType,
  type Unit,
  type Unmapped,
} from "./src/domain/contract.ts";
export {
  FAILURE_CODES,
  Failure,
  type FailureCode,
  type FailureOptions,
  isFailure,
  type Outcome,
} from "./src/domain/failure.ts";
export {
  type MarketStatus,
  type MarketStatusMap,
  UNIFIED_STATUSES,
  type UnifiedStatus,
} from "./src/domain/market-status.ts";
export {
  DIRECTIONS,
  type Direction,
  LIFECYCLES,
  type Lifecycle,
  ORDER_STATUSES,
  ORDER_TYPES,
  type Order,
  type OrderChange,
  type OrderFlags,
  type OrderRequest,
  type OrderStatus,
  type OrderType,
  orderFlags,
  TIMES_IN_FORCE,
  type TimeInForce,
} from "./src/domain/order.ts";
export type { Position } from "./src/domain/position.ts";
export type { Quote } from "./src/domain/quote.ts";
export {
  type AnswerFields,
  type Api,
  type ApiContext,
  type ApiDefinition,
  type ApiMethod,
  type ApiSchema,
  defineApi,
  type PlainApiDefinition,
  type PlainQuery,
  type RespondInit,
} from "./src/http/api.ts";
export type { ErrorReport } from "./src/http/app.ts";
export type { HttpTradingOptions } from "./src/http/check-options.ts";
export type { CorsOptions } from "./src/http/cors.ts";
export type { ErrorStatus } from "./src/http/failures.ts";
export type { Ending, Resolution } from "./src/journal/by-hand.ts";
export type * from "./src/journal/journal.ts";
export { memoryJournal } from "./src/journal/memory.ts";
export type * from "./src/observe/observer.ts";
export type {
  Broker,
  BrokerHost,
  Call,
  CashQuery,
  ConnectionState,
  OrderListing,
  OrdersQuery,
  Placed,
  PositionListing,
  QueueLoad,
  TaggedChange,
  TaggedOrder,
  UnmappedOrder,
} from "./src/spec/broker.ts";
export {
  BROKER_ERROR_CODES,
  BrokerError,
  type BrokerErrorCode,
  isBrokerError,
} from "./src/spec/broker-error.ts";
export {
  type Capabilities,
  type Environment,
  type ListingCapability,
  type MarketCapability,
  OPERATIONS,
  type Operation,
  type OrderCapability,
  type OrderRows,
  orderRows,
  type PriceStep,
} from "./src/spec/capabilities.ts";
export { defineBroker, type InstanceOptions } from "./src/spec/define-broker.ts";
export {
  type AdminTokenOptions,
  type Mandate,
  type QuotePolicy,
  type RiskOptions,
  SCOPES,
  type Scope,
  type TokenAllowance,
  type TokenLimits,
  type TokenOptions,
  TRADING_STATES,
  type TradingState,
} from "./src/spec/policy.ts";
