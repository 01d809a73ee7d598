import type { Journal } from "../journal/journal.ts";
import { unrefTimer } from "./unref-timer.ts";

const DAY_MS = 86_400_000;

/** Keeps a journal from growing without end. */
export interface Pruning {
  /** Prunes now, and from then on from time to time. Later calls do nothing. */
  start(): void;
  close(): void;
}

/** What is pruned, and when. */
export interface PruningOptions {
  readonly journal: Journal;
  /** Days for which settled intents with their keys, completed orders and events are kept. */
  readonly days: number;
  /** Milliseconds between two rounds. Default one hour. */
  readonly intervalMs?: number;
}

/** Prepares pruning in the background. It keeps no process alive. */
export function createPruning({ journal, days, intervalMs = 3_600_000 }: PruningOptions): Pruning {
  let timer: ReturnType<typeof setInterval> | undefined;
  let running = false;
  let closed = false;

  async function prune(): Promise<void> {
    // A large journal may take longer than the interval.
    if (running) return;
    running = true;
    try {
      await journal.open();
      if (!closed) await journal.prune(Date.now() - days * DAY_MS);
    } catch {
      // A journal that cannot be written says so to the next order; what is old can wait.
    } finally {
      running = false;
    }
  }

  return {
    start() {
      if (timer !== undefined || closed) return;
      timer = setInterval(prune, intervalMs);
      unrefTimer(timer);
      void prune();
    },
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}
