import { onTestFinished } from "vitest";

/** Collects the rejections that nobody handles until the test ends: one of them would end a process. */
export function unheardRejections(): readonly unknown[] {
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => void unheard.push(reason);
  process.on("unhandledRejection", hear);
  onTestFinished(() => void process.off("unhandledRejection", hear));
  return unheard;
}

/** Lets everything happen that is ready to: the runtime tells of unhandled rejections after a turn of its loop. */
export async function aFewTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}
