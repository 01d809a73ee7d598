import type { Intent, IntentProgress, IntentRecord, Journal } from "./journal.ts";

/** Ended intents that are remembered before the oldest is forgotten. */
const DEFAULT_KEPT = 10_000;

/**
 * A journal in memory: fast, and gone with the process. After a restart nothing is known of earlier intents, so orders
 * placed before it are shown as external.
 *
 * Intents without an outcome are never forgotten; of the others the newest `kept` are (default 10000).
 */
export function memoryJournal(options: { readonly kept?: number } = {}): Journal {
  const kept = options.kept ?? DEFAULT_KEPT;
  const open = new Map<string, IntentRecord>();
  const ended = new Map<string, IntentRecord>();

  return {
    begin(intent: Intent): void {
      if (open.has(intent.id) || ended.has(intent.id)) throw new Error(`intent ${intent.id} is in the journal already`);
      open.set(intent.id, { ...intent, state: "received", orderId: null, failure: null });
    },
    progress(line: IntentProgress): void {
      const record = open.get(line.id) ?? ended.get(line.id);
      if (record === undefined) throw new Error(`intent ${line.id} is not in the journal`);
      const next: IntentRecord = {
        ...record,
        state: line.state,
        orderId: line.orderId ?? record.orderId,
        failure: line.failure ?? null,
      };
      open.delete(line.id);
      ended.delete(line.id);
      if (hasEnded(next)) {
        ended.set(line.id, next);
        const oldest = ended.keys().next();
        if (ended.size > kept && !oldest.done) ended.delete(oldest.value);
      } else {
        open.set(line.id, next);
      }
    },
    find: (id) => open.get(id) ?? ended.get(id),
  };
}

function hasEnded({ state }: IntentRecord): boolean {
  return state !== "received" && state !== "sending" && state !== "unknown";
}
