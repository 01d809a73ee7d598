import type { NumberedEvent } from "../journal/journal.ts";
import type { InstanceJournal, UnstampedEvent } from "./instance-journal.ts";

/** Milliseconds until a journal that could not be written is tried again. */
const RETRY_MS = 1000;

/** Events of one instance: written in order, and told to whoever listens under the number they were written with. */
export interface EventLog {
  /** Writes an event. Does not wait: while the journal cannot be written, events wait for it in order. */
  record(event: UnstampedEvent): void;
  /**
   * Writes an event, safe against loss of power, after all that were recorded before it. Rejects when the journal cannot
   * be written, and has then left nothing behind.
   */
  write(event: UnstampedEvent): Promise<void>;
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
}

/** Opens the log of one instance. */
export function createEventLog(journal: InstanceJournal, instance: string): EventLog {
  const listeners = new Set<(events: readonly NumberedEvent[]) => void>();
  let waiting: Entry[] = [];
  let writing: Promise<void> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  async function write(): Promise<void> {
    try {
      while (waiting.length > 0 && !closed) await writeBatch();
    } catch {
      retry = setTimeout(start, RETRY_MS);
    } finally {
      // In the same step as the last look at what waits: what is recorded later has to begin anew.
      writing = undefined;
    }
  }

  /** Writes what waits; puts back what can wait, and rejects, when the journal cannot be written. */
  async function writeBatch(): Promise<void> {
    const batch = waiting;
    waiting = [];
    const durability = batch.some(({ written }) => written !== undefined) ? "power-loss" : "process";
    const lines = batch.map(({ event }) => event);
    const last = await journal.append(lines, durability).catch((error: unknown) => {
      waiting = [...batch.filter(({ written }) => written === undefined), ...waiting];
      for (const { written } of batch) written?.reject(error);
      throw error;
    });
    const first = last.sequence - batch.length + 1;
    const events = lines.map((event, index) => ({ ...event, instance, at: last.at, sequence: first + index }));
    for (const listener of listeners) listener(events);
    for (const { written } of batch) written?.resolve();
  }

  function start(): void {
    writing ??= write();
  }

  return {
    record(event) {
      waiting.push({ event });
      if (waiting.length === 1) start();
    },
    write(event) {
      const written = Promise.withResolvers<void>();
      waiting.push({ event, written });
      clearTimeout(retry);
      start();
      return written.promise;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    settled() {
      // What waits for the next try is tried now: who closes may not come back to it.
      if (waiting.length > 0) start();
      return writing ?? Promise.resolve();
    },
    close() {
      closed = true;
      clearTimeout(retry);
    },
  };
}
