/** How an intent's record follows from its lines; the same for every journal. */
import type { IntentLine, IntentRecord, ProgressLine } from "./journal.ts";

/** The record of an intent that was just written down. */
export function begun(line: IntentLine & { instance: string; at: number }): IntentRecord {
  const { id, instance, principal, at, action, fingerprint, number, value, account } = line;
  return {
    id,
    instance,
    principal,
    at,
    action,
    fingerprint,
    number,
    value,
    account,
    state: "sending",
    updatedAt: at,
    placed: null,
    failure: null,
    reason: null,
  };
}

/** How the words begin in which is written down what an operator has said. */
export const OPERATOR = "an operator";

/** True when nothing is left to find out about an intent. */
export function isSettled({ state }: Pick<IntentRecord, "state">): boolean {
  return state !== "sending" && state !== "unknown";
}

/** An intent after one more line. */
export function progressed(record: IntentRecord | undefined, line: ProgressLine & { at: number }): IntentRecord {
  if (record === undefined) throw new Error(`intent ${line.id} is not in the journal`);
  return {
    ...record,
    state: line.state,
    updatedAt: line.at,
    placed: line.placed ?? null,
    failure: line.failure ?? null,
    reason: line.reason ?? null,
  };
}
