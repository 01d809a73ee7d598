/** The life of an intent: which state may follow which. */
import type { IntentState } from "../journal/journal.ts";

/** What can happen to an intent. */
export type IntentEvent = "hand-over" | "accept" | "reject" | "withdraw" | "lose" | "settle";

/**
 * Every transition there is.
 *
 * An intent is `received` when it is in the journal, `sending` from the moment the broker is asked. `withdraw` is the
 * proof that nothing left; `lose` means that the answer did not come. Only an unknown outcome can be settled later.
 */
export const INTENT_TRANSITIONS = {
  received: { "hand-over": "sending", withdraw: "not_sent" },
  sending: { accept: "accepted", reject: "rejected", withdraw: "not_sent", lose: "unknown" },
  unknown: { settle: "resolved" },
  accepted: {},
  rejected: {},
  not_sent: {},
  resolved: {},
} as const satisfies Record<IntentState, Partial<Record<IntentEvent, IntentState>>>;

type StateAfter<E extends IntentEvent> = E extends "hand-over"
  ? "sending"
  : Exclude<IntentState, "received" | "sending">;

/** The state after an event; throws for an event that cannot happen there. */
export function nextIntentState<E extends IntentEvent>(state: IntentState, event: E): StateAfter<E> {
  const transitions: Partial<Record<IntentEvent, IntentState>> = INTENT_TRANSITIONS[state];
  const next = transitions[event];
  if (next === undefined) throw new Error(`an intent that is ${state} cannot ${event}`);
  return next as StateAfter<E>;
}
