import type { NumberedEvent } from "../journal/journal.ts";
import type { InstanceJournal, StampedLines, UnstampedEvent } from "./instance-journal.ts";
import { closedFailure } from "./seat.ts";

/** Milliseconds until a journal that could not be written is tried again. */
const RETRY_MS = 1000;

/** Events that are written at once: a journal may have been away for hours. */
const MOST_AT_ONCE = 1000;

/** Events of one instance: written in order, and told to whoever listens under the number they were written with. */
export interface EventLog {
  /** Writes an event. Does not wait: while the journal cannot be written, events wait for it in order. */
  record(event: UnstampedEvent): void;
  /**
   * Writes an event, safe against loss of power, after all that were recorded before it. Rejects when the journal cannot
   * be written, or the log is closed, and has then left nothing behind. `onWritten` is called before anybody hears of it.
   */
  write(event: UnstampedEvent, onWritten?: () => void): Promise<void>;
  /** Calls back with every event once it is written; returns the function that stops it. */
  subscribe(listener: (events: readonly NumberedEvent[]) => void): () => void;
  /** Resolves when everything recorded so far is written, or the journal has failed. */
  settled(): Promise<void>;
  close(): void;
}

interface Entry {
  readonly event: UnstampedEvent;
  /** Of one that is written now or never. */
  readonly written?: PromiseWithResolvers<void>;
  readonly onWritten?: (() => void) | undefined;
}

/** Opens the log of one instance. */
export function createEventLog(journal: InstanceJournal, instance: string): EventLog {
  const listeners = new Set<(events: readonly NumberedEvent[]) => void>();
  let waiting: Entry[] = [];
  let isWriting = false;
  let written = Promise.resolve();
  let retry: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  async function write(): Promise<void> {
    try {
      while (waiting.length > 0 && !closed) {
        const writing = writeBatch();
        // A journal that answers at once is not waited for: a step of the queue costs more than the line.
        if (writing !== undefined) await writing;
      }
    } catch {
      retry = setTimeout(start, RETRY_MS);
    } finally {
      // In the same step as the last look at what waits: what is recorded later has to begin anew.
      isWriting = false;
    }
  }

  /** Writes what waits; puts back what can wait, and fails, when the journal cannot be written. */
  function writeBatch(): Promise<void> | undefined {
    const batch = waiting.splice(0, MOST_AT_ONCE);
    // A turn of the kill switch must outlive everything, also one that is written later than it was made.
    const isSafe = batch.some(({ event, written }) => written !== undefined || event.kind === "guard");
    const durability = isSafe ? "power-loss" : "process";
    const lines = batch.map(({ event }) => event);
    const putBack = (error: unknown): never => {
      const all = [...batch, ...waiting];
      waiting = all.filter((entry) => entry.written === undefined);
      for (const entry of all) entry.written?.reject(error);
      throw error;
    };
    const tell = (last: StampedLines): undefined => {
      const first = last.sequence - batch.length + 1;
      const events = lines.map((event, index) => ({ ...event, instance, at: last.at, sequence: first + index }));
      for (const entry of batch) entry.onWritten?.();
      for (const listener of listeners) listener(events);
      for (const entry of batch) entry.written?.resolve();
    };
    const appended = journal.append(lines, durability);
    return appended instanceof Promise ? appended.then(tell, putBack) : tell(appended);
  }

  function start(): void {
    if (isWriting) return;
    isWriting = true;
    written = write();
  }

  return {
    record(event) {
      waiting.push({ event });
      if (waiting.length === 1) start();
    },
    write(event, onWritten) {
      if (closed) return Promise.reject(closedFailure());
      const safe = Promise.withResolvers<void>();
      waiting.push({ event, written: safe, onWritten });
      clearTimeout(retry);
      start();
      return safe.promise;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async settled() {
      await written;
      if (waiting.length === 0) return;
      // What waits for the next try is tried now: who closes may not come back to it.
      start();
      await written;
    },
    close() {
      closed = true;
      clearTimeout(retry);
      for (const entry of waiting) entry.written?.reject(closedFailure());
      waiting = [];
    },
  };
}
