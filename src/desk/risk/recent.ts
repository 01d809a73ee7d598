/** What was sent a short while ago: the same order again, and how many a token has sent. */
import { contractKey } from "../../domain/contract.ts";
import type { Draft } from "./draft.ts";

const MINUTE_MS = 60_000;

/** Orders that were placed without a key, for so long as a repetition would look like a mistake. */
export interface Duplicates {
  /** When the same order was placed last, if that was within the window. */
  find(draft: Draft, now: number): number | undefined;
  add(draft: Draft, now: number): void;
  /** Forgets one that was not sent or was rejected: to place it again is no repetition. */
  remove(draft: Draft): void;
}

export function createDuplicates(windowMs: number): Duplicates {
  const placed = new Map<string, { readonly id: string; readonly at: number }>();

  function forgetOld(now: number): void {
    for (const [key, { at }] of placed) {
      // In the order in which they were added.
      if (now - at < windowMs) return;
      placed.delete(key);
    }
  }

  return {
    find(draft, now) {
      forgetOld(now);
      return placed.get(keyOf(draft))?.at;
    },
    add(draft, now) {
      const key = keyOf(draft);
      placed.delete(key);
      placed.set(key, { id: draft.id, at: now });
    },
    remove(draft) {
      const key = keyOf(draft);
      if (placed.get(key)?.id === draft.id) placed.delete(key);
    },
  };
}

/** Orders of each principal in the last minute. */
export interface OrderRates {
  /** Milliseconds until one more is within so many a minute; 0 when it is now. */
  wait(principal: string, perMinute: number, now: number): number;
  add(principal: string, now: number): void;
}

export function createOrderRates(): OrderRates {
  const sent = new Map<string, number[]>();
  return {
    wait(principal, perMinute, now) {
      const times = (sent.get(principal) ?? []).filter((at) => now - at < MINUTE_MS);
      sent.set(principal, times);
      if (times.length < perMinute) return 0;
      const first = times[times.length - perMinute];
      return first === undefined ? MINUTE_MS : first + MINUTE_MS - now;
    },
    add(principal, now) {
      const times = sent.get(principal);
      if (times === undefined) sent.set(principal, [now]);
      else times.push(now);
    },
  };
}

function keyOf({ contract, direction, orderType, qty, price }: Draft): string {
  return JSON.stringify([contractKey(contract), direction, orderType, qty, price]);
}
