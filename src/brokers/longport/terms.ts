/**
 * What pushes leave out: time in force and session of an order, remembered from where they were seen.
 *
 * A push may be here before the answer to the order it is about, so what is being placed is found by its tag.
 */
import { Remembered } from "../../domain/remembered.ts";
import { isTag } from "../shared/own-tag.ts";
import type { Terms } from "./convert.ts";
import type { VendorOrder } from "./messages.ts";

export interface TermsBook {
  /** An order with this tag is about to be placed. */
  placing(tag: string, terms: Terms): void;
  /** An order was seen in full. */
  seen(order: VendorOrder): void;
  find(orderId: string, remark: string): Terms | undefined;
}

/** The latest so many are remembered. */
const REMEMBERED = 10_000;

export function createTermsBook(): TermsBook {
  const known = new Remembered<string, Terms>(REMEMBERED);

  function remember(key: string, { time_in_force, outside_rth }: Terms): void {
    known.set(key, { time_in_force, outside_rth });
  }

  return {
    placing: (tag, terms) => remember(`tag ${tag}`, terms),
    seen: (order) => remember(order.order_id, order),
    find(orderId, remark) {
      return known.get(orderId) ?? (isTag(remark) ? known.get(`tag ${remark}`) : undefined);
    },
  };
}
