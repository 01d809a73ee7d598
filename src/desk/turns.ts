/** One write per order at a time: turns are taken in order of arrival, but a cancel goes before a waiting replace. */

/** A turn to write; `done` hands it to the next. */
export interface Turn {
  done(): void;
}

interface Waiting {
  readonly urgent: boolean;
  start(): void;
}

/** Turns by order id. Nothing is kept of an order on which nobody writes. */
export class Turns {
  readonly #lines = new Map<string, Waiting[]>();

  /** True while somebody writes on this order. */
  isTaken(orderId: string): boolean {
    return this.#lines.has(orderId);
  }

  /** Resolves when it is this caller's turn; `undefined` when `signal` aborted before that. */
  take(orderId: string, urgent: boolean, signal: AbortSignal): Promise<Turn | undefined> {
    const line = this.#lines.get(orderId);
    if (line === undefined) {
      this.#lines.set(orderId, []);
      return Promise.resolve(this.#turn(orderId));
    }
    return new Promise((resolve) => {
      const leave = () => {
        line.splice(line.indexOf(waiting), 1);
        resolve(undefined);
      };
      const waiting: Waiting = {
        urgent,
        start: () => {
          signal.removeEventListener("abort", leave);
          resolve(this.#turn(orderId));
        },
      };
      if (signal.aborted) return resolve(undefined);
      signal.addEventListener("abort", leave, { once: true });
      const ahead = urgent ? line.findIndex((other) => !other.urgent) : -1;
      line.splice(ahead < 0 ? line.length : ahead, 0, waiting);
    });
  }

  #turn(orderId: string): Turn {
    let held = true;
    return {
      done: () => {
        if (!held) return;
        held = false;
        const next = this.#lines.get(orderId)?.shift();
        if (next === undefined) this.#lines.delete(orderId);
        else next.start();
      },
    };
  }
}
