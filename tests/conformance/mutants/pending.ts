/** Wrong about what the venue has taken and not carried out yet. */
import type { Order } from "../../../src/domain/order.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { altering, listing, type Mutant, pushing, showing } from "./mutant.ts";

const ENDS = "calls an order canceled once it is, not when the venue has only taken the cancel";
const FILLS = "tells what is filled behind a cancel that the venue has only taken";

export const pendingMutants: readonly Mutant[] = [
  {
    fault: "calls an order canceled as soon as its cancel was taken",
    mutate: showing((order) => (order.status === "PENDING_CANCEL" ? { ...order, status: "CANCELED" } : order)),
    red: [ENDS, FILLS],
  },
  {
    fault: "pushes that an order was canceled as soon as its cancel was taken",
    mutate: pushing((order) => [order.status === "PENDING_CANCEL" ? { ...order, status: "CANCELED" } : order]),
    red: [ENDS, FILLS],
  },
  {
    fault: "lists an order no more whose cancel was taken",
    mutate: listing((orders, status) => orders.filter((one) => status === "all" || one.status !== "PENDING_CANCEL")),
    red: [ENDS, FILLS],
  },
  {
    fault: "says that a cancel was refused that the venue took and has not carried out",
    mutate: altering(({ cancelOrder }, venue) => ({
      cancelOrder: async (orderId, call) => {
        await cancelOrder(orderId, call);
        if (venue.order(orderId).status === "CANCELED") return;
        throw new BrokerError("OrderRejected", "the order was not canceled", { outcome: "rejected" });
      },
    })),
    red: [ENDS, FILLS],
  },
  {
    fault: "loses what is filled behind a cancel",
    mutate: altering(({ order, orders, cancelOrder }) => {
      const before = new Map<string, number>();
      const shown = (one: Order): Order => {
        const filledQty = before.get(one.orderId);
        return filledQty === undefined || one.status === "FILLED" ? one : { ...one, filledQty };
      };
      return {
        cancelOrder: async (orderId, call) => {
          await cancelOrder(orderId, call);
          before.set(orderId, (await order(orderId, { signal: new AbortController().signal })).filledQty);
        },
        order: async (orderId, call) => shown(await order(orderId, call)),
        orders: async (query, call) => {
          const right = await orders(query, call);
          return { ...right, orders: right.orders.map(shown) };
        },
      };
    }),
    red: [FILLS],
  },
  {
    fault: "calls an order canceled that was filled before its cancel",
    mutate: altering(({ order, cancelOrder }) => {
      const asked = new Set<string>();
      return {
        cancelOrder: async (orderId, call) => {
          await cancelOrder(orderId, call);
          asked.add(orderId);
        },
        order: async (orderId, call) => {
          const right = await order(orderId, call);
          return asked.has(orderId) && right.status === "FILLED" ? { ...right, status: "CANCELED" } : right;
        },
      };
    }),
    red: [FILLS],
  },
];
