/** The words of the matrix: who is struck, by what, while doing what, and what may come of it. */
import type { FailureCode } from "../../../src/domain/failure.ts";

/** Every broker, and every way to it that fails in its own way. */
export const BROKERS = ["paper", "futu", "interactive-brokers", "longport web", "longport native", "tiger"] as const;
export type BrokerName = (typeof BROKERS)[number];

export const FAULTS = [
  "drop",
  "half-open",
  "stall",
  "delay",
  "refuse",
  "rate-limit",
  "lose-answer",
  "duplicate-push",
  "late-push",
  "restart",
  "broker-login",
  "full-disk",
  "clock-step",
  "sigkill",
] as const;
export type FaultName = (typeof FAULTS)[number];

export const OPERATIONS = ["read", "place", "replace", "cancel", "push"] as const;
export type Operation = (typeof OPERATIONS)[number];

/** One broker that is struck by one fault during one operation. */
export interface Cell {
  readonly broker: BrokerName;
  readonly fault: FaultName;
  readonly operation: Operation;
}

/** The cash as it is, or why they could not be read. */
export type ReadOutcome = "value" | FailureCode | "no answer, then value";

/** What the client was answered; for an answer that leaves it open, also what was found out in the end. */
export type WriteOutcome =
  | "accepted"
  | `${FailureCode}, not sent`
  | `${FailureCode}, rejected`
  | `${"unknown" | "no answer"}, then ${"accepted" | "not sent" | "rejected"}`;

/** Whoever follows the orders heard of the fill, once. */
export type PushOutcome = "told";

/** What may come of each operation. */
export interface Outcomes {
  readonly read: ReadOutcome;
  readonly place: WriteOutcome;
  readonly replace: WriteOutcome;
  readonly cancel: WriteOutcome;
  readonly push: PushOutcome;
}

export type Outcome = Outcomes[Operation];
