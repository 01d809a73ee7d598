import type { JournalCheck, JournalResult } from "./check.ts";
import { eventChecks } from "./event-checks.ts";
import { intentChecks } from "./intent-checks.ts";
import { keepingChecks } from "./keeping-checks.ts";
import { lineChecks } from "./line-checks.ts";
import type { JournalStage } from "./stage.ts";

/** Every promise of the journal's contract. */
export const journalConformance: readonly JournalCheck[] = [
  ...lineChecks,
  ...intentChecks,
  ...eventChecks,
  ...keepingChecks,
];

/**
 * Runs the checks one after the other, each on a fresh opening of the stage, and says what came of each. Never rejects
 * for a fault of the journal.
 */
export async function runJournalConformance(
  stage: JournalStage,
  checks: readonly JournalCheck[] = journalConformance,
): Promise<JournalResult[]> {
  const results: JournalResult[] = [];
  for (const check of checks) {
    const { name, needs } = check;
    try {
      const missing = await missingPower(stage, check);
      if (missing !== undefined) {
        results.push({ name, needs, status: "not applicable", reason: `the stage has no power ${missing}` });
        continue;
      }
      await check.run(stage);
      results.push({ name, needs, status: "passed" });
    } catch (error) {
      const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      results.push({ name, needs, status: "failed", error: text });
    }
  }
  return results;
}

/** The first power that a check needs and the stage has not. */
async function missingPower(stage: JournalStage, { needs }: JournalCheck): Promise<string | undefined> {
  if (needs.length === 0) return undefined;
  const opened = await stage.open();
  await opened.close?.();
  return needs.find((power) => opened[power] === undefined);
}
