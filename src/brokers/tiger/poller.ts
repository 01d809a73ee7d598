/**
 * Changes of orders by looking again and again: the latest orders and those that are open, held against what was seen
 * before. Where the push service cannot be had, and while it is away.
 */
import { isTerminal, type Order } from "../../domain/order.ts";
import { pause } from "../shared/retry.ts";

/** A look that takes longer has ended without saying so. */
const LONGEST_LOOK_MS = 30_000;

export interface PollerOptions {
  /** Between the end of one look and the next. */
  readonly pollMs: number;
  /** The latest orders, ended ones too, and every open one. */
  look(signal: AbortSignal): Promise<readonly Order[]>;
  /** One order; `undefined` for one that is none here, rejects when it cannot be had now. */
  order(orderId: string, signal: AbortSignal): Promise<Order | undefined>;
  onOrder(order: Order): void;
  /** A look after the first one failed. The next one makes up for it, if it does not fail as well. */
  onFault(error: unknown): void;
}

export interface Poller {
  /** Looks for the first time and goes on by itself; resolves with why the first look failed, if it did. */
  start(): Promise<unknown>;
  stop(): void;
  /** Goes on looking where that has ended in silence: in a worker it does with the request that began it. */
  wake(): void;
  /** An order to look at now and from now on, since it was placed or changed here. */
  follow(orderId: string): void;
}

export function createPoller({ pollMs, look, order: read, onOrder, onFault }: PollerOptions): Poller {
  let running: AbortController | undefined;
  /** What was told last of each order, and by which question: what was asked before that one may be older. */
  const told = new Map<string, { readonly text: string; readonly asked: number }>();
  const open = new Set<string>();
  let questions = 0;
  /** The last question before the last stop: from then on others tell of orders, and may have told more. */
  let stoppedAt = 0;
  let lastStep = 0;

  function tell(order: Order, asked: number): void {
    const before = told.get(order.orderId);
    if (asked <= stoppedAt || (before !== undefined && before.asked > asked)) return;
    const text = JSON.stringify(order);
    if (isTerminal(order.status)) open.delete(order.orderId);
    else open.add(order.orderId);
    told.set(order.orderId, { text, asked });
    if (before?.text !== text) onOrder(order);
  }

  function ask(): number {
    questions += 1;
    return questions;
  }

  function hear(orderId: string, order: Order | undefined, asked: number): void {
    if (order === undefined) open.delete(orderId);
    else tell(order, asked);
  }

  async function once(signal: AbortSignal): Promise<void> {
    const before = [...open];
    const asked = ask();
    const seen = await look(signal);
    const ids = new Set(seen.map(({ orderId }) => orderId));
    for (const order of seen) tell(order, asked);
    // What was open and is listed no more has ended, or is so new that the list lacks it.
    for (const orderId of before) {
      if (ids.has(orderId)) continue;
      lastStep = performance.now();
      // Next time behind the others: one that cannot be read must not keep them waiting for ever.
      open.delete(orderId);
      open.add(orderId);
      const askedNow = ask();
      hear(orderId, await read(orderId, signal), askedNow);
    }
    for (const orderId of told.keys()) if (!ids.has(orderId) && !open.has(orderId)) told.delete(orderId);
  }

  async function goOn(signal: AbortSignal): Promise<void> {
    // Whoever was taken for ended and was not ends here, behind the one that took over.
    while (running?.signal === signal) {
      lastStep = performance.now();
      await pause(pollMs, signal);
      lastStep = performance.now();
      if (running?.signal !== signal) continue;
      await once(signal).catch((error: unknown) => {
        if (running?.signal === signal) onFault(error);
      });
    }
  }

  return {
    async start() {
      if (running !== undefined) return undefined;
      running = new AbortController();
      const { signal } = running;
      lastStep = performance.now();
      const fault = await once(signal).then(
        () => undefined,
        (error: unknown) => error,
      );
      void goOn(signal);
      return fault;
    },
    stop() {
      running?.abort();
      running = undefined;
      stoppedAt = questions;
    },
    wake() {
      if (running === undefined || performance.now() - lastStep < pollMs + LONGEST_LOOK_MS) return;
      running = new AbortController();
      void goOn(running.signal);
    },
    follow(orderId) {
      if (running === undefined) return;
      open.add(orderId);
      const { signal } = new AbortController();
      const asked = ask();
      // What cannot be read now is seen by the next look.
      read(orderId, signal).then(
        (order) => hear(orderId, order, asked),
        () => {},
      );
    },
  };
}
