/** Wrong about what the venue has taken and not carried out yet. */
import { add } from "../../../src/domain/money.ts";
import type { Order, OrderChange } from "../../../src/domain/order.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { altering, listing, type Mutant, type Mutate, pushing, showing } from "./mutant.ts";

const ENDS = "calls an order canceled once it is, not when the venue has only taken the cancel";
const FILLS = "tells what is filled behind a cancel that the venue has only taken";

const CHANGES = "tells what is filled before a change that the venue has only taken";
const QUANTITY = "shows no quantity that the venue has only taken as the one that works";
const BELOW = "changes no order to less than what is filled, or ends it with that";

/** Goes on telling what was filled of an order before it was written to, until it is filled. */
function losing(write: "cancelOrder" | "replaceOrder"): Mutate {
  return altering((right) => {
    const before = new Map<string, number>();
    const shown = (one: Order): Order => {
      const filledQty = before.get(one.orderId);
      return filledQty === undefined || one.status === "FILLED" ? one : { ...one, filledQty };
    };
    const remember = async (orderId: string) => {
      before.set(orderId, (await right.order(orderId, { signal: new AbortController().signal })).filledQty);
    };
    return {
      order: async (orderId, call) => shown(await right.order(orderId, call)),
      orders: async (query, call) => {
        const listed = await right.orders(query, call);
        return { ...listed, orders: listed.orders.map(shown) };
      },
      ...(write === "cancelOrder" && {
        cancelOrder: async (orderId, call) => {
          await right.cancelOrder(orderId, call);
          await remember(orderId);
        },
      }),
      ...(write === "replaceOrder" && {
        replaceOrder: async (orderId, change, call) => {
          const placed = await right.replaceOrder(orderId, change, call);
          await remember(orderId);
          return placed;
        },
      }),
    };
  });
}

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
    mutate: losing("cancelOrder"),
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
  {
    fault: "calls an order canceled that waits for its change",
    mutate: showing((order) => (order.status === "PENDING_REPLACE" ? { ...order, status: "CANCELED" } : order)),
    red: [CHANGES, QUANTITY],
  },
  {
    fault: "lists an order no more whose change was taken",
    mutate: listing((orders, status) => orders.filter((one) => status === "all" || one.status !== "PENDING_REPLACE")),
    red: [CHANGES, QUANTITY],
  },
  {
    fault: "says that a change was refused that the venue took and has not made",
    mutate: altering(({ replaceOrder }, venue) => ({
      replaceOrder: async (orderId, change, call) => {
        const placed = await replaceOrder(orderId, change, call);
        if (venue.order(orderId).status !== "PENDING_REPLACE") return placed;
        throw new BrokerError("OrderRejected", "the order was not changed", { outcome: "rejected" });
      },
    })),
    red: [
      "tells what is filled before a change that the venue has only taken",
      "calls an order filled that is filled before its change, and then not changed",
      "shows no quantity that the venue has only taken as the one that works",
    ],
  },
  {
    fault: "loses what is filled before a change",
    mutate: losing("replaceOrder"),
    red: [CHANGES, QUANTITY],
  },
  {
    fault: "shows an order as it was asked to be, whatever becomes of that",
    mutate: altering(({ replaceOrder, order, orders }) => {
      const asked = new Map<string, OrderChange>();
      const shown = (one: Order): Order => {
        const wished = { ...one, ...asked.get(one.orderId) };
        return wished.filledQty >= wished.qty && one.filledQty > 0 ? { ...wished, status: "FILLED" } : wished;
      };
      return {
        replaceOrder: async (orderId, change, call) => {
          const placed = await replaceOrder(orderId, change, call);
          const { tag: _tag, ...terms } = change;
          asked.set(orderId, { ...asked.get(orderId), ...terms });
          return placed;
        },
        order: async (orderId, call) => shown(await order(orderId, call)),
        orders: async (query, call) => {
          const right = await orders(query, call);
          return { ...right, orders: right.orders.map(shown) };
        },
      };
    }),
    red: [
      "calls an order filled that is filled before its change, and then not changed",
      "shows no quantity that the venue has only taken as the one that works",
    ],
  },
  {
    fault: "says that it has changed an order to less than is filled, which the venue refused",
    mutate: altering(({ replaceOrder }) => ({
      replaceOrder: (orderId, change, call) =>
        replaceOrder(orderId, change, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || !error.message.includes("below what is filled")) throw error;
          return { orderId };
        }),
    })),
    red: [BELOW],
  },
  {
    fault: "takes a quantity below what is filled for what is left",
    mutate: altering(({ replaceOrder, order }) => ({
      replaceOrder: async (orderId, change, call) =>
        replaceOrder(orderId, change, call).catch(async (error: unknown) => {
          if (!(error instanceof BrokerError) || !error.message.includes("below what is filled")) throw error;
          const { filledQty } = await order(orderId, call);
          return replaceOrder(orderId, { ...change, qty: add(change.qty ?? 0, filledQty) }, call);
        }),
    })),
    red: [BELOW],
  },
];
