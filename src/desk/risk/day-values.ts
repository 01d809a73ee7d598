/** What the orders of a UTC day are worth in all and by whom, kept over a restart by the journal. */
import { Sum } from "../../domain/money.ts";
import type { IntentRecord, OrderRecord } from "../../journal/journal.ts";
import type { InstanceJournal } from "../instance-journal.ts";
import { isClosed, type OrderBook } from "../order-book.ts";
import { createRecovery, type Recovery } from "../recovery.ts";

const DAY_MS = 86_400_000;

export interface DayValues {
  /** False until the journal was asked of this day. */
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
  /** Says that this change of an order was taken: it is a part of what that counts, and comes back with it alone. */
  join(id: string, orderId: string): void;
  /** Told of every order: one that was rejected in the end counts no more. */
  seen(order: OrderRecord): void;
}

interface Counted {
  readonly principal: string;
  readonly value: number;
}

interface Day {
  /** Since the epoch. */
  readonly day: number;
  readonly sum: Sum;
  /** By principal. */
  readonly sums: Map<string, Sum>;
  /** Those that may still be taken back; of an order with what its changes have added. */
  readonly counted: Map<string, Counted[]>;
  /** Of what an earlier process has sent: the clock may have been wrong when this one began. */
  readonly recovery: Recovery;
}

export function createDayValues(journal: InstanceJournal, book: OrderBook, now: () => number = Date.now): DayValues {
  let today = emptyDay(Math.floor(now() / DAY_MS));
  /** Kept for a clock that is put back over midnight: the limit of neither day must begin anew. */
  let other = today;
  /** Given back while the journal is read, which may tell of them as they were before. */
  const released = new Set<string>();

  function emptyDay(day: number): Day {
    return { day, sum: new Sum(), sums: new Map(), counted: new Map(), recovery: createRecovery(read) };
  }

  function turnDay(): void {
    const day = Math.floor(now() / DAY_MS);
    if (day === today.day) return;
    [today, other] = [day === other.day ? other : emptyDay(day), today];
  }

  function isOfToday({ at }: IntentRecord): boolean {
    return Math.floor(at / DAY_MS) === today.day;
  }

  function reserve(id: string, principal: string, value: number): void {
    turnDay();
    const { sum, sums, counted } = today;
    const its = sums.get(principal) ?? new Sum();
    sum.add(value);
    its.add(value);
    sums.set(principal, its);
    counted.set(id, [{ principal, value }]);
  }

  function release(id: string): void {
    turnDay();
    const { sum, sums, counted, recovery } = today;
    if (recovery.hasBegun && !recovery.isDone) released.add(id);
    for (const { principal, value } of counted.get(id) ?? []) {
      sum.subtract(value);
      sums.get(principal)?.subtract(value);
    }
    counted.delete(id);
  }

  function joinTag(id: string, tag: string | null): void {
    const { counted } = today;
    const its = counted.get(id);
    counted.delete(id);
    // Also of an order of the day before, which is not counted today.
    if (tag !== null && its) counted.set(tag, [...(counted.get(tag) ?? []), ...its]);
  }

  async function read(): Promise<void> {
    const its = today;
    const intents = await journal.intentsSince(its.day * DAY_MS);
    const ended = await remembered(intents);
    turnDay();
    // Midnight has passed meanwhile.
    if (its !== today) return;
    const counting = intents.filter((each) => isOfToday(each) && counts(each) && !released.has(each.id));
    /** By ids of orders. */
    const tags = new Map<string, string>();
    // Orders first: a change that began in the same moment may have been settled before its own.
    const isChange = ({ action }: IntentRecord) => Number(action.kind !== "place");
    for (const intent of counting.toSorted((a, b) => isChange(a) - isChange(b))) {
      const { id, principal, action, placed, value } = intent;
      if (value === undefined || today.counted.has(id)) continue;
      reserve(id, principal, value);
      if (placed === null) continue;
      const tag = action.kind === "place" ? id : (tags.get(action.orderId) ?? book.get(action.orderId)?.tag);
      if (tag) tags.set(placed.orderId, tag);
      if (tag !== id) joinTag(id, tag ?? null);
    }
    const first = new Map(counting.map(({ id, placed }) => [id, placed?.orderId]));
    for (const id of [...today.counted.keys()]) {
      const order = book.byTag(id) ?? ended.get(id);
      if (order === undefined || !isClosed(order)) continue;
      // Where a change has put another order in its place, it was worked on itself.
      if ((first.get(id) ?? order.orderId) === order.orderId) forget(order);
      else today.counted.delete(id);
    }
  }

  /** By their tags, the orders that the book does not have: it is given the open ones only, and a vendor may list no others. */
  async function remembered(intents: readonly IntentRecord[]): Promise<Map<string, OrderRecord>> {
    const orders = new Map<string, OrderRecord>();
    for (const { id, action, value, placed } of intents) {
      if (action.kind !== "place" || value === undefined || placed === null || book.byTag(id) !== undefined) continue;
      const order = await journal.order(placed.orderId);
      if (order?.tag === id) orders.set(id, order);
    }
    return orders;
  }

  /** What has ended can change no more, unless it was never worked on. */
  function forget(order: OrderRecord): void {
    if (order.tag === null) return;
    if (wasNeverWorkedOn(order)) release(order.tag);
    else today.counted.delete(order.tag);
  }

  return {
    get isRecovered() {
      turnDay();
      return today.recovery.isDone;
    },
    recover() {
      turnDay();
      return today.recovery.run();
    },
    total(principal) {
      turnDay();
      return (principal === undefined ? today.sum : today.sums.get(principal))?.value ?? 0;
    },
    reserve,
    adopt(intent) {
      turnDay();
      const { id, principal, value } = intent;
      // What has not been read yet is read as it is by then.
      if (!today.recovery.hasBegun || value === undefined || !isOfToday(intent) || today.counted.has(id)) return;
      reserve(id, principal, value);
    },
    release,
    join(id, orderId) {
      const order = book.get(orderId);
      // That an order was changed may be found out after it was rejected.
      if (order !== undefined && wasNeverWorkedOn(order)) release(id);
      else joinTag(id, order?.tag ?? null);
    },
    seen(order) {
      if (today.counted.size > 0 && isClosed(order)) forget(order);
    },
  };
}

function wasNeverWorkedOn({ status, filledQty }: OrderRecord): boolean {
  return status === "REJECTED" && filledQty === 0;
}

/** False for what is known not to have come about. */
export function counts({ state, failure }: IntentRecord): boolean {
  return state !== "not_sent" && state !== "rejected" && !(state === "resolved" && failure !== null);
}
