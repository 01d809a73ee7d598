/** What a conformance check is, what it wants, and what came of it. */
import type { Operation, OrderCapability } from "../spec/capabilities.ts";
import type { Power, Stage } from "./stage.ts";

/** One thing that must be there for a check to say anything. All needs of a check must be met. */
export type Need =
  /** The broker has this method. */
  | { readonly operation: Operation | "orderNumber" | "start" | "close" }
  /** The capabilities have at least one row with these fields. */
  | { readonly row: Partial<OrderCapability> }
  /** The capabilities have a limit order of this region that can be replaced. */
  | { readonly replaceable: string }
  /** The capabilities say that changes of orders are reported. */
  | { readonly capability: "push" | "complete listing" }
  /** The capabilities list quotes of this region. */
  | { readonly quotes: string }
  /** The stage has this power over the venue. */
  | { readonly power: Power }
  /** The stage names a contract of this region. */
  | { readonly instrument: string }
  /** The stage gives this: a lot above one, an unknown contract or order id, or the trading hours of every contract. */
  | { readonly data: "lot" | "unknownContract" | "unknownOrderId" | "tradingAt" };

/** One promise of the broker contract, and how to see whether a broker keeps it. */
export interface ConformanceCheck {
  /** A sentence about the broker, unique in the suite. */
  readonly name: string;
  readonly needs: readonly Need[];
  /** Opens the stage, looks, closes it. Rejects with what was expected and what was seen. */
  run(stage: Stage): Promise<void>;
}

/** What came of one check. Plain JSON. */
export type ConformanceResult = {
  readonly name: string;
  readonly needs: readonly Need[];
} & (
  | { readonly status: "passed" }
  /** `error` says what was expected and what was seen. */
  | { readonly status: "failed"; readonly error: string }
  /** `missing` says whose gap it is: `broker` does not offer it, or `stage` gives no means to look. */
  | { readonly status: "not applicable"; readonly missing: "broker" | "stage"; readonly reason: string }
);
