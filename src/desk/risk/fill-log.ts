/** What is filled while positions are being read: what is read may have it or not, and is taken not to have it. */
import { add, subtract } from "../../domain/money.ts";
import type { OrderRecord } from "../../journal/journal.ts";
import { isHistory } from "../order-book.ts";
import type { Draft } from "./draft.ts";
import { isAlike } from "./exposure.ts";

/**
 * How many of the draft's contract and direction were filled since a read began, or since the oldest one that was under way
 * then, whose answer it may share. Without those of the order that the draft changes.
 */
export type FilledMeanwhile = (draft: Draft) => number;

/** The fills since the oldest read of the positions began that is under way. */
export interface FillLog {
  /** Reads the positions. `read` may ask what was filled until it ends. */
  during<T>(read: (filled: FilledMeanwhile) => Promise<T>): Promise<T>;
  /** Told of every order that is reported, and of what was known of it before. */
  seen(order: OrderRecord, known: OrderRecord | undefined): void;
}

export function createFillLog(): FillLog {
  /** In their order. Places are counted from the first fill ever, so that they stay when old ones are forgotten. */
  let fills: { readonly order: OrderRecord; readonly qty: number }[] = [];
  let forgotten = 0;
  const underWay = new Set<{ start: number; readonly from: number }>();

  function begin() {
    const start = forgotten + fills.length;
    const from = Math.min(start, ...[...underWay].map((other) => other.start));
    const reading = { start, from };
    underWay.add(reading);
    return reading;
  }

  function forgetOld(): void {
    const needed = Math.min(forgotten + fills.length, ...[...underWay].map(({ start, from }) => Math.min(start, from)));
    fills = fills.slice(needed - forgotten);
    forgotten = needed;
  }

  return {
    async during(read) {
      const reading = begin();
      const filled: FilledMeanwhile = ({ contract, direction, replaced }) =>
        fills
          .slice(reading.from - forgotten)
          .filter(({ order }) => order.orderId !== replaced?.orderId && isAlike(order, contract, direction))
          .reduce((sum, { qty }) => add(sum, qty), 0);
      try {
        return await read(filled);
      } catch (error) {
        // Others may still wait for the answer to the read that was given up here.
        for (const other of underWay) other.start = Math.min(other.start, reading.start);
        throw error;
      } finally {
        underWay.delete(reading);
        forgetOld();
      }
    },
    seen(order, known) {
      if (underWay.size === 0 || (known === undefined && isHistory(order))) return;
      const qty = subtract(filledOf(order), filledOf(known));
      if (qty > 0) fills.push({ order, qty });
    },
  };
}

/** What a broker gives for it may be no number: then nothing is known to be filled. */
function filledOf(order: OrderRecord | undefined): number {
  return order !== undefined && Number.isFinite(order.filledQty) ? order.filledQty : 0;
}
