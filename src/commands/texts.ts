/** What operators read of orders and times. */
import type { OrderRecord } from "../journal/journal.ts";

type Terms = Pick<OrderRecord, "direction" | "qty" | "contract" | "orderType" | "timeInForce" | "lifecycle"> & {
  readonly price?: number | null | undefined;
};

/** An order in one line, as it was asked for or as its broker told of it; `?` for what the broker did not say. */
export function orderText({ direction, qty, contract, orderType, price, timeInForce, lifecycle }: Terms): string {
  const limit = price == null ? "" : ` ${price}`;
  return `${direction} ${qty} ${contract.region} ${contract.symbol} ${orderType ?? "?"}${limit} ${timeInForce ?? "?"} ${lifecycle ?? "?"}`;
}

export function timeText(at: number): string {
  return new Date(at).toISOString();
}
