/** Wrong about what happened while the venue was away. */
import type { Order } from "../../../src/domain/order.ts";
import { altering, type Mutant, type Mutate } from "./mutant.ts";

const ABSENCE = "tells what was filled and what has ended while the venue was away, each once";

/** An order as it was when the connection went, and when it came back. */
interface Seen {
  readonly before: Order;
  readonly back: Order;
}

/** Shows orders that were there when the connection went otherwise than they are: read and listed, or pushed. */
function afterwards(where: "shown" | "pushed", change: (order: Order, seen: Seen) => Order): Mutate {
  return altering(({ order, orders, start }, venue) => {
    const before = new Map<string, Order>();
    const back = new Map<string, Order>();
    const keep = (to: Map<string, Order>) => {
      for (const each of venue.orders()) to.set(each.orderId, each);
    };
    const changed = (right: Order): Order => {
      const [was, is] = [before.get(right.orderId), back.get(right.orderId)];
      return was === undefined || is === undefined ? right : change(right, { before: was, back: is });
    };
    const shown = where === "shown" ? changed : (right: Order) => right;
    return {
      order: async (orderId, call) => shown(await order(orderId, call)),
      orders: async (query, call) => {
        const right = await orders(query, call);
        return { ...right, orders: right.orders.map(shown) };
      },
      start: (host) =>
        start({
          onOrder: (right) => host.onOrder(where === "pushed" ? changed(right) : right),
          onConnection: (state) => {
            keep(state.connected ? back : before);
            host.onConnection(state);
          },
        }),
    };
  });
}

export const absentMutants: readonly Mutant[] = [
  {
    fault: "tells orders as they were before the venue was away",
    mutate: afterwards("shown", (_right, { before }) => before),
    red: [ABSENCE],
  },
  {
    fault: "loses what is filled while the venue is away",
    mutate: afterwards("shown", (right, { before, back }) => ({
      ...right,
      filledQty: right.filledQty - back.filledQty + before.filledQty,
    })),
    red: [ABSENCE],
  },
  {
    fault: "counts fills again that are told again once the venue is back",
    mutate: afterwards("shown", (right, { back }) => ({ ...right, filledQty: right.filledQty + back.filledQty })),
    red: [ABSENCE],
  },
  {
    fault: "pushes fills again as new ones once the venue is back",
    mutate: afterwards("pushed", (right, { back }) => ({ ...right, filledQty: right.filledQty + back.filledQty })),
    red: [ABSENCE],
  },
  {
    fault: "takes an order for open that ended while the venue was away",
    mutate: afterwards("shown", (right, { before }) => ({
      ...right,
      status: right.status === "CANCELED" ? before.status : right.status,
    })),
    red: [ABSENCE],
  },
];
