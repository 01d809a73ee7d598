import type { Contract } from "../../domain/contract.ts";
import { subtract } from "../../domain/money.ts";
import type { Direction, Lifecycle, OrderRequest, OrderType } from "../../domain/order.ts";
import type { OrderView } from "../types.ts";

/** The order that a write would result in, whether it is a new one or an old one changed. */
export interface Draft {
  /** Id of the intent: the tag of a new order. */
  readonly id: string;
  readonly contract: Contract;
  readonly direction: Direction;
  /** `null` for a changed order of a kind that has no name here. */
  readonly orderType: OrderType | null;
  readonly lifecycle: Lifecycle | null;
  /** Total quantity, what is filled included. */
  readonly qty: number;
  /** Limit price; `undefined` for an order at the market. */
  readonly price: number | undefined;
  /** What may still be filled. */
  readonly remaining: number;
  /** The order that is changed; `undefined` for a new one. */
  readonly replaced: OrderView | undefined;
}

/** The order that a place results in. */
export function draftOfPlace(id: string, request: OrderRequest): Draft {
  const { contract, direction, orderType, lifecycle, qty, price } = request;
  return { id, contract, direction, orderType, lifecycle, qty, price, remaining: qty, replaced: undefined };
}

/** The order that a replace results in; `made` is what it makes of it, in all. */
export function draftOfReplace(id: string, made: Pick<OrderView, "qty" | "price">, order: OrderView): Draft {
  const { contract, direction, orderType, lifecycle, filledQty } = order;
  const { qty, price } = made;
  return {
    id,
    contract,
    direction,
    orderType,
    lifecycle,
    qty,
    price: price ?? undefined,
    remaining: remainingOf({ qty, filledQty }),
    replaced: order,
  };
}

/** More than any order has. */
const WITHOUT_END = Number.MAX_SAFE_INTEGER;

/** What may still be filled of an order. A broker may give no number for either amount: then it is the most that can be. */
export function remainingOf({ qty, filledQty }: { readonly qty: number; readonly filledQty: number }): number {
  if (!Number.isFinite(qty)) return WITHOUT_END;
  return Number.isFinite(filledQty) ? Math.max(0, subtract(qty, filledQty)) : qty;
}
