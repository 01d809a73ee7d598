/**
 * What the author of a broker needs: the contract, the trading language it is written in, and `defineBroker`.
 *
 * ```ts
 * import { type Broker, BrokerError, defineBroker, type InstanceOptions } from "httptrading/spec";
 *
 * export function myBroker(options: InstanceOptions): Broker {
 *   return defineBroker(options, {
 *     kind: "myBroker",
 *     display: "My Broker",
 *     capabilities: () => CAPABILITIES,
 *     quote: async (contract) => {
 *       throw new BrokerError("UnknownContract", `My Broker does not know ${contract.symbol}`);
 *     },
 *   });
 * }
 * ```
 *
 * What can be left out, and what a missing method means, stands at {@link Broker}. Put the result through
 * `httptrading/testing` before it sees money.
 *
 * @module
 */
export type * from "../domain/cash.ts";
export * from "../domain/contract.ts";
export * from "../domain/failure.ts";
export * from "../domain/market-status.ts";
export * from "../domain/order.ts";
export type * from "../domain/position.ts";
export type * from "../domain/quote.ts";
export type * from "./broker.ts";
export * from "./broker-error.ts";
export * from "./capabilities.ts";
export { DEFAULT_DEADLINE_MS, defineBroker, type InstanceOptions } from "./define-broker.ts";
export * from "./policy.ts";
