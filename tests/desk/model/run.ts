/** Lets a history happen, and finds the shortest part of one that breaks a rule. */
import { memoryJournal } from "../../../src/journal/memory.ts";
import { takeClock } from "./clock.ts";
import type { MortalJournal } from "./file-journal.ts";
import type { History } from "./history.ts";
import { createWorld } from "./world.ts";

/** How long the histories are that `npm test` lets happen. */
export const STEPS = 300;

/** When a UTC day ends, and histories have begun a while ago. */
const MIDNIGHT = Date.UTC(2026, 0, 6);

export interface Told {
  /** What happened, for people. */
  readonly lines: readonly string[];
  /** The first rule that was broken. */
  readonly violation: string | undefined;
}

/** @param journal makes the journal that all processes of the history write. */
export async function tell(history: History, journal: () => MortalJournal = memoryJournal): Promise<Told> {
  const clock = takeClock(MIDNIGHT - history.setting.untilMidnight);
  const kept = journal();
  const world = createWorld(history, clock, kept);
  const failed = (error: unknown) => world.violated(error instanceof Error ? `${error.stack}` : String(error));
  process.on("unhandledRejection", failed);
  try {
    await world.live();
  } catch (error) {
    failed(error);
  } finally {
    process.off("unhandledRejection", failed);
    world.end();
    clock.restore();
    await kept.remove?.();
  }
  return { lines: world.lines, violation: world.violation() };
}

/** Leaves out whatever can be left out: halves first, single steps in the end. */
async function shrink(history: History, journal?: () => MortalJournal): Promise<History> {
  let { steps } = history;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < steps.length; ) {
      const fewer = [...steps.slice(0, from), ...steps.slice(from + size)];
      const { violation } = await tell({ ...history, steps: fewer }, journal);
      if (violation === undefined) from += size;
      else steps = fewer;
    }
  }
  return { ...history, steps };
}

/** What a history breaks, told by its shortest part; `undefined` if every rule holds. */
export async function findFault(history: History, journal?: () => MortalJournal): Promise<string | undefined> {
  if ((await tell(history, journal)).violation === undefined) return undefined;
  const { violation, lines } = await tell(await shrink(history, journal), journal);
  return [`seed ${history.seed}: ${violation}`, ...lines].join("\n");
}
