import type { ExchangeEvent } from "./types.ts";

export interface Events {
  /** Remembers a change; listeners hear of it when the running operation has ended. */
  record(event: ExchangeEvent): void;
  /** Runs an operation and then tells what it recorded, also when it throws. */
  during<T>(operation: () => T): T;
  subscribe(listener: (event: ExchangeEvent) => void): () => void;
}

/**
 * Tells listeners of changes in the order in which they happened, and only between operations: a listener may call the
 * exchange, and finds its books settled. What such a call changes is told after what is being told.
 */
export function createEvents(): Events {
  const listeners = new Set<(event: ExchangeEvent) => void>();
  const waiting: ExchangeEvent[] = [];
  let busy = false;

  const tell = (event: ExchangeEvent): void => {
    for (const listener of [...listeners]) {
      try {
        listener(event);
      } catch (error) {
        // A listener's fault is its owner's to see, and must not look like a refusal of the order.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };

  const deliver = (): void => {
    if (busy) return;
    busy = true;
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) tell(event);
    busy = false;
  };

  return {
    record: (event) => waiting.push(event),
    during: (operation) => {
      try {
        return operation();
      } finally {
        deliver();
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
