/** What was sent a short while ago: the same order again, and how many a token has sent. */
import { contractKey } from "../../domain/contract.ts";
import { elapsedMs } from "../elapsed.ts";
import type { InstanceJournal } from "../instance-journal.ts";
import { createRecovery } from "../recovery.ts";
import { counts } from "./day-values.ts";
import { type Draft, draftOfPlace } from "./draft.ts";

const MINUTE_MS = 60_000;

/** Orders for so long as a repetition without a key would look like a mistake. Times are of {@link elapsedMs}. */
export interface Duplicates {
  /** When the same order was placed last, with a key or without one, if that was within the window. */
  find(draft: Draft, now: number): number | undefined;
  add(draft: Draft, now: number): void;
  /** Forgets one that was not sent or was rejected: to place it again is no repetition. */
  remove(id: string): void;
}

function createDuplicates(windowMs: number): Duplicates {
  /** Those that are the same, oldest first: with keys there may be several within the window. */
  const placed = new Map<string, { readonly id: string; readonly at: number }[]>();
  const isOld = (order: { readonly at: number } | undefined, now: number) =>
    order === undefined || now - order.at >= windowMs;

  function forgetOld(now: number): void {
    for (const [key, same] of placed) {
      // In the order in which they were added last.
      if (!isOld(same.at(-1), now)) return;
      placed.delete(key);
    }
  }

  return {
    find(draft, now) {
      forgetOld(now);
      const last = placed.get(keyOf(draft))?.at(-1);
      return isOld(last, now) ? undefined : last?.at;
    },
    add(draft, now) {
      forgetOld(now);
      const key = keyOf(draft);
      const same = placed.get(key) ?? [];
      while (same.length > 0 && isOld(same[0], now)) same.shift();
      same.push({ id: draft.id, at: now });
      placed.delete(key);
      placed.set(key, same);
    },
    remove(id) {
      for (const same of placed.values()) {
        const place = same.findIndex((order) => order.id === id);
        if (place >= 0) same.splice(place, 1);
      }
    },
  };
}

/** Orders of each principal in the last minute. Times are of {@link elapsedMs}. */
export interface OrderRates {
  /** Milliseconds until one more is within so many a minute; 0 when it is now. */
  wait(principal: string, perMinute: number, now: number): number;
  add(principal: string, now: number): void;
}

/** When one principal sent its orders; those before `from` are a minute ago or more. */
interface Minute {
  times: number[];
  from: number;
}

export function createOrderRates(): OrderRates {
  const sent = new Map<string, Minute>();

  function lastMinute(principal: string, now: number): Minute {
    const minute = sent.get(principal) ?? { times: [], from: 0 };
    sent.set(principal, minute);
    const { times } = minute;
    while (minute.from < times.length && now - (times[minute.from] ?? 0) >= MINUTE_MS) minute.from += 1;
    // By half at a time: an order must not cost more for every one that was sent before it.
    if (minute.from > times.length / 2) {
      minute.times = times.slice(minute.from);
      minute.from = 0;
    }
    return minute;
  }

  return {
    wait(principal, perMinute, now) {
      const { times, from } = lastMinute(principal, now);
      if (times.length - from < perMinute) return 0;
      const first = times[times.length - perMinute];
      return first === undefined ? MINUTE_MS : first + MINUTE_MS - now;
    },
    add: (principal, now) => void lastMinute(principal, now).times.push(now),
  };
}

/** What was sent a short while ago, also by the process before this one. */
export interface Recent {
  /** Absent where there is no window. */
  readonly duplicates: Duplicates | undefined;
  readonly rates: OrderRates;
  /** False until the journal was asked. */
  readonly isRecovered: boolean;
  /** Resolves once what the journal remembers is known here; rejects while it cannot be read. To be asked before any is added. */
  recover(): Promise<void>;
}

export function createRecent(journal: InstanceJournal, windowMs: number | undefined): Recent {
  const duplicates = windowMs === undefined ? undefined : createDuplicates(windowMs);
  const rates = createOrderRates();
  const recovery = createRecovery(async () => {
    const intents = await journal.intentsSince(Date.now() - Math.max(MINUTE_MS, windowMs ?? 0));
    const before = intents.map((intent) => ({ intent, at: elapsedMs() - Math.max(0, Date.now() - intent.at) }));
    // By a clock that was put back meanwhile they may stand in another order.
    before.sort((a, b) => a.at - b.at);
    for (const { intent, at } of before) {
      const { id, action, principal } = intent;
      if (action.kind !== "cancel") rates.add(principal, at);
      if (action.kind === "place" && counts(intent)) duplicates?.add(draftOfPlace(id, action.request), at);
    }
  });

  return {
    duplicates,
    rates,
    get isRecovered() {
      return recovery.isDone;
    },
    recover: recovery.run,
  };
}

function keyOf({ contract, direction, orderType, qty, price }: Draft): string {
  return JSON.stringify([contractKey(contract), direction, orderType, qty, price]);
}
