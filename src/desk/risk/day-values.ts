/** What the orders of a UTC day are worth in all and by whom, kept over a restart by the journal. */
import { add, subtract } from "../../domain/money.ts";
import type { IntentRecord, OrderRecord } from "../../journal/journal.ts";
import type { InstanceJournal } from "../instance-journal.ts";
import { isClosed, type OrderBook } from "../order-book.ts";
import { createRecovery } from "../recovery.ts";

const DAY_MS = 86_400_000;

export interface DayValues {
  /** False until the journal was asked. */
  readonly isRecovered: boolean;
  /**
   * Resolves once the day's orders are counted that the journal remembers; rejects while it cannot be read. To be asked
   * before any value is counted here, which would be counted twice else.
   */
  recover(): Promise<void>;
  /** What has been counted today. */
  total(principal?: string): number;
  /** Counts the value of an intent that is about to be sent. */
  reserve(id: string, principal: string, value: number): void;
  /** Counts again what had been taken back: its order is there all the same. */
  adopt(intent: IntentRecord): void;
  /** Takes it back: it was not sent, or was rejected. */
  release(id: string): void;
  /** Says that it will not be taken back any more. */
  keep(id: string): void;
  /** Told of every order: one that was rejected in the end counts no more. */
  seen(order: OrderRecord): void;
}

interface Counted {
  readonly principal: string;
  readonly value: number;
}

export function createDayValues(journal: InstanceJournal, book: OrderBook, now: () => number = Date.now): DayValues {
  let day = Math.floor(now() / DAY_MS);
  let sums = new Map<string, number>();
  let sum = 0;
  /** Those of this day that may still be taken back. */
  const counted = new Map<string, Counted>();
  const recovery = createRecovery(read);

  function turnDay(): void {
    const today = Math.floor(now() / DAY_MS);
    if (today === day) return;
    day = today;
    sum = 0;
    sums = new Map();
    counted.clear();
  }

  function isOfToday({ at }: IntentRecord): boolean {
    return Math.floor(at / DAY_MS) === day;
  }

  function reserve(id: string, principal: string, value: number): void {
    turnDay();
    sum = add(sum, value);
    sums.set(principal, add(sums.get(principal) ?? 0, value));
    counted.set(id, { principal, value });
  }

  function release(id: string): void {
    turnDay();
    const entry = counted.get(id);
    counted.delete(id);
    if (entry === undefined) return;
    sum = subtract(sum, entry.value);
    sums.set(entry.principal, subtract(sums.get(entry.principal) ?? 0, entry.value));
  }

  async function read(): Promise<void> {
    turnDay();
    const intents = await journal.intentsSince(day * DAY_MS);
    // Midnight may have passed meanwhile.
    turnDay();
    for (const intent of intents) {
      if (!isOfToday(intent) || intent.value === undefined || !counts(intent) || counted.has(intent.id)) continue;
      reserve(intent.id, intent.principal, intent.value);
      const order = book.byTag(intent.id);
      if (order !== undefined && isClosed(order)) forget(order);
    }
  }

  /** What has ended can change no more, unless it was never worked on. */
  function forget(order: OrderRecord): void {
    if (order.tag === null) return;
    if (order.status === "REJECTED" && order.filledQty === 0) release(order.tag);
    else counted.delete(order.tag);
  }

  return {
    get isRecovered() {
      return recovery.isDone;
    },
    recover: recovery.run,
    total(principal) {
      turnDay();
      return principal === undefined ? sum : (sums.get(principal) ?? 0);
    },
    reserve,
    adopt(intent) {
      turnDay();
      const { id, principal, value } = intent;
      // What has not been read yet is read as it is by then.
      if (!recovery.hasBegun || value === undefined || !isOfToday(intent) || counted.has(id)) return;
      reserve(id, principal, value);
    },
    release,
    keep: (id) => void counted.delete(id),
    seen(order) {
      if (counted.size > 0 && isClosed(order)) forget(order);
    },
  };
}

/** False for what is known not to have come about. */
export function counts({ state, failure }: IntentRecord): boolean {
  return state !== "not_sent" && state !== "rejected" && !(state === "resolved" && failure !== null);
}
