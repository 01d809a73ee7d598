import { isBrokerError } from "../spec/broker-error.ts";
import type { ConformanceCheck, ConformanceResult } from "./check.ts";
import { checkStage } from "./check-stage.ts";
import { findGap, type Gap } from "./needs.ts";
import { openScene } from "./scene.ts";
import type { Stage } from "./stage.ts";
import { conformanceFor } from "./suite.ts";

/**
 * Runs the checks one after the other, each on a fresh opening of the stage, and says what came of each.
 *
 * Without `checks` it is all of `brokerConformance`, and those of a region also for every further one of the stage.
 *
 * Never rejects for a fault of the broker: a stage that cannot even be opened gives one failed result a check. Rejects with a
 * TypeError for a stage that is none.
 */
export async function runConformance(stage: Stage, checks?: readonly ConformanceCheck[]): Promise<ConformanceResult[]> {
  checkStage(stage);
  const gapOf = await takeInventory(stage);
  const results: ConformanceResult[] = [];
  for (const check of checks ?? conformanceFor(stage)) {
    const { name, needs } = check;
    try {
      const gap = gapOf(check);
      if (gap !== undefined) {
        results.push({ name, needs, status: "not applicable", ...gap });
        continue;
      }
      await check.run(stage);
      results.push({ name, needs, status: "passed" });
    } catch (error) {
      results.push({ name, needs, status: "failed", error: messageOf(error) });
    }
  }
  return results;
}

/** Opens the stage once to see what it has. If that fails nothing is known, and every check is left to fail by itself. */
async function takeInventory(stage: Stage): Promise<(check: ConformanceCheck) => Gap | undefined> {
  try {
    const scene = await openScene(stage);
    const { broker, venue } = scene;
    try {
      const capabilities = broker.capabilities();
      return (check) => findGap(check.needs, { stage, broker, venue, capabilities });
    } finally {
      await scene.close();
    }
  } catch {
    return () => undefined;
  }
}

function messageOf(error: unknown): string {
  if (isBrokerError(error))
    return `BrokerError: ${error.code}, outcome ${error.outcome ?? "not said"}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
