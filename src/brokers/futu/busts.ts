/**
 * Fills that were taken back of an order that lives on.
 *
 * OpenD has a status for an order all of whose fills were taken back, and none for one that lost a part of them or works
 * on: that one merely has less filled than before, at a later time of its own.
 */
import type { Order } from "../../domain/order.ts";
import { Remembered } from "../../domain/remembered.ts";

/** So many orders with fills are remembered, the latest ones. */
const REMEMBERED_ORDERS = 10_000;

/** What OpenD has said of an order's fills; times are the vendor's. */
interface Filled {
  readonly most: number;
  readonly mostAt: number;
  readonly latestAt: number;
}

/** Gives every report of an order back, marked where OpenD has taken fills back since an earlier one. */
export function createBusts(): (report: Order) => Order {
  const filled = new Remembered<string, Filled>(REMEMBERED_ORDERS);
  return (report) => {
    const { orderId, filledQty, updatedAt } = report;
    const before = filled.get(orderId);
    if (updatedAt === null || (before === undefined && filledQty === 0)) return report;
    const latestAt = Math.max(before?.latestAt ?? updatedAt, updatedAt);
    if (before === undefined || filledQty >= before.most) {
      filled.set(orderId, { most: filledQty, mostAt: updatedAt, latestAt });
      return report;
    }
    // A late report has less as well.
    if (updatedAt < latestAt || updatedAt <= before.mostAt) return report;
    filled.set(orderId, { ...before, latestAt });
    return { ...report, busted: true };
  };
}
