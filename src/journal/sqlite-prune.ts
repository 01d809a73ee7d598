import { numberOf } from "./sqlite-rows.ts";
import type { Statements } from "./sqlite-statements.ts";

/** So many lines are looked at in one transaction. */
const BATCH = 500;

/**
 * Prepares pruning, a batch a call: looks at the next lines after a number and answers where to go on, `undefined` when
 * there are no more old ones. What stays is an unsettled intent, one that went on later, an open order's last line, and
 * every turn of the kill switch.
 */
export function preparePruning(db: Statements): (after: number, before: number) => number | undefined {
  const next = db.prepare(
    "SELECT sequence, instance, at, kind, intent, order_id FROM line WHERE sequence > ? ORDER BY sequence LIMIT ?",
  );
  const isUnsettled = db.prepare("SELECT 1 FROM unsettled WHERE instance = ? AND intent = ?");
  const lastOfIntent = db.prepare(
    "SELECT sequence, at FROM line WHERE instance = ? AND intent = ? ORDER BY sequence DESC LIMIT 1",
  );
  const forgetIntent = db.prepare("DELETE FROM line WHERE instance = ? AND intent = ?");
  const isOpenOrder = db.prepare("SELECT 1 FROM open_order WHERE instance = ? AND order_id = ? AND sequence = ?");
  const forgetEvent = db.prepare("DELETE FROM line WHERE sequence = ?");
  const mark = db.prepare("UPDATE meta SET pruned_events = max(pruned_events, ?), pruned_lines = max(pruned_lines, ?)");

  /** All lines of an intent go together; answers the highest number among them, 0 if it stays. */
  function pruneIntent(instance: string, intent: string, before: number): number {
    const last = lastOfIntent.get(instance, intent);
    // None is left when an earlier line of the batch took the intent along.
    if (last === undefined || numberOf(last, "at") >= before) return 0;
    if (isUnsettled.get(instance, intent) !== undefined) return 0;
    forgetIntent.run(instance, intent);
    return numberOf(last, "sequence");
  }

  return (after, before) => {
    const found = next.all(after, BATCH);
    // What stands before an old line is old too, even if the clock was ahead when it was written.
    const old = found.slice(0, found.findLastIndex((row) => numberOf(row, "at") < before) + 1);
    let prunedEvents = 0;
    let prunedLines = 0;
    for (const { sequence, instance, kind, intent, order_id: orderId } of old) {
      if (typeof sequence !== "number" || typeof instance !== "string") continue;
      if (typeof intent === "string") {
        prunedLines = Math.max(prunedLines, pruneIntent(instance, intent, before));
        continue;
      }
      prunedEvents = sequence;
      if (kind === "guard") continue;
      if (typeof orderId === "string" && isOpenOrder.get(instance, orderId, sequence) !== undefined) continue;
      forgetEvent.run(sequence);
      prunedLines = Math.max(prunedLines, sequence);
    }
    if (prunedEvents > 0 || prunedLines > 0) mark.run(prunedEvents, prunedLines);
    const last = found.at(-1);
    if (last === undefined || found.length < BATCH) return undefined;
    // Behind lines of a clock that was ahead old ones may stand still.
    return old.length === BATCH || numberOf(last, "at") > Date.now() ? numberOf(last, "sequence") : undefined;
  };
}
