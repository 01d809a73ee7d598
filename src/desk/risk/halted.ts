/** What the kill switch lets through. */
import { Failure } from "../../domain/failure.ts";
import type { TradingState } from "../../spec/policy.ts";

/** `isShrinking`: whether the order is known to shrink a position. */
export function maySend(state: TradingState, isShrinking: boolean): boolean {
  return state === "ACTIVE" || (state === "REDUCING" && isShrinking);
}

/** Throws `Halted` for what may not be sent. `isShrinking` is true also for what is still to be held against positions. */
export function refuseUnless(state: TradingState, isShrinking: boolean): void {
  if (!maySend(state, isShrinking)) throw halted(state);
}

/** What is answered for an order that this state does not let through. */
export function halted(state: TradingState): Failure {
  const message =
    state === "HALTED"
      ? "trading is halted: no orders are sent, only cancels"
      : "only orders that shrink a position are sent now, and this one has not been looked at for that; send it again";
  return new Failure("Halted", message, { outcome: "not_sent", details: { state } });
}
