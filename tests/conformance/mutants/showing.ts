/** Right while an order to buy rests, and wrong about what comes after that: its fills, its end, sales, what is held. */
import { add } from "../../../src/domain/money.ts";
import { isTerminal, type Order } from "../../../src/domain/order.ts";
import type { Position } from "../../../src/domain/position.ts";
import type { OrderListing } from "../../../src/spec/broker.ts";
import { altering, listing, type Mutant, type Mutate, pushing, showing } from "./mutant.ts";

const DAY_MS = 86_400_000;

function withoutFillsAtItsEnd(order: Order): Order {
  return order.status === "CANCELED" || order.status === "EXPIRED" ? { ...order, filledQty: 0, avgPrice: 0 } : order;
}

export const showingMutants: readonly Mutant[] = [
  {
    fault: "lists no fills",
    mutate: listing((orders) => orders.map((one) => ({ ...one, filledQty: 0, avgPrice: 0 }))),
    red: [
      "lists the fills of an order, and one that is filled under its tag",
      "keeps the fills of an order that the venue ended",
      "keeps the fills of an order that is canceled",
      "tells what is filled behind a cancel that the venue has only taken",
      "tells what is filled before a change that the venue has only taken",
      "calls an order filled that is filled before its change, and then not changed",
      "shows no quantity that the venue has only taken as the one that works",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "lists orders to who asks past the caches alone",
    mutate: altering(({ orders }) => ({
      orders: async (query, call) => {
        const right = await orders(query, call);
        return query.fresh ? right : { orders: [], unmapped: [] };
      },
    })),
    red: [
      "lists an order in US as it reads it",
      "lists an order in HK as it reads it",
      "lists an order in CN as it reads it",
      "lists an order in WW as it reads it",
    ],
  },
  {
    fault: "lists no fills of what has ended unfilled",
    mutate: listing((orders) => orders.map(withoutFillsAtItsEnd)),
    red: [
      "keeps the fills of an order that the venue ended",
      "keeps the fills of an order that is canceled",
      "tells what is filled behind a cancel that the venue has only taken",
    ],
  },
  {
    fault: "pushes no fills of what has ended unfilled",
    mutate: pushing((order) => [withoutFillsAtItsEnd(order)]),
    red: [
      "tells what is filled behind a cancel that the venue has only taken",
      "pushes that an order was canceled",
      "pushes that the venue ended an order",
    ],
  },
  {
    fault: "shows everything that is held in dollars of America",
    mutate: altering(({ positions }) => ({
      positions: async (call) => {
        const right = await positions(call);
        return { ...right, positions: right.positions.map((one) => ({ ...one, currency: "USD" })) };
      },
    })),
    red: ["shows what was bought as a position, in HK", "shows what was bought as a position, in CN"],
  },
  {
    fault: "tells what is filled of an order in lots",
    mutate: showing((order) =>
      order.contract.region === "HK" ? { ...order, filledQty: order.filledQty / 100 } : order,
    ),
    red: ["shows what was bought as a position, in HK"],
  },
  {
    fault: "shows no tag of an order while a part of it is filled",
    mutate: showing((order) => (order.status === "PARTIALLY_FILLED" ? { ...order, tag: null } : order)),
    red: ["lists the fills of an order, and one that is filled under its tag"],
  },
  {
    fault: "lists what is left of an order for what was filled",
    mutate: listing((orders) =>
      orders.map((one) => (one.filledQty > 0 ? { ...one, filledQty: add(one.qty, -one.filledQty) } : one)),
    ),
    red: [
      "lists the fills of an order, and one that is filled under its tag",
      "tells what is filled behind a cancel that the venue has only taken",
      "calls an order filled that is filled before its change, and then not changed",
      "shows no quantity that the venue has only taken as the one that works",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "leaves part filled orders out of the open ones",
    mutate: listing((orders, status) =>
      status === "open" ? orders.filter((one) => one.status !== "PARTIALLY_FILLED") : orders,
    ),
    red: [
      "lists the fills of an order, and one that is filled under its tag",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "leaves filled orders out of all",
    mutate: listing((orders) => orders.filter(({ status }) => status !== "FILLED")),
    red: [
      "lists the fills of an order, and one that is filled under its tag",
      "fills a market order at the market's price",
      "tells what is filled behind a cancel that the venue has only taken",
      "calls an order filled that is filled before its change, and then not changed",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "leaves rejected orders out of all",
    mutate: listing((orders) => orders.filter(({ status }) => status !== "REJECTED")),
    red: ["shows that the venue rejected an order, and why"],
  },
  {
    fault: "lists the open orders of the day alone",
    mutate: listing((orders, status, venue) => {
      const day = (at: number | null) => Math.floor((at ?? 0) / DAY_MS);
      return orders.filter(({ createdAt }) => status === "all" || day(createdAt) === day(venue.now()));
    }),
    red: ["keeps an order that is good till canceled over night"],
  },
  {
    fault: "remembers a listing for longer than it says",
    mutate: altering(({ orders }) => {
      const remembered = new Map<string, { at: number; listing: OrderListing }>();
      return {
        orders: async (query, call) => {
          const last = remembered.get(query.status);
          if (last !== undefined && performance.now() - last.at < 300) return last.listing;
          const right = await orders(query, call);
          remembered.set(query.status, { at: performance.now(), listing: right });
          return right;
        },
      };
    }),
    red: ["lists an accepted order, once and under its tag, to who asks past the caches"],
  },
  {
    fault: "lists a sale as a purchase",
    mutate: listing((orders) => orders.map((one) => ({ ...one, direction: "BUY" }))),
    red: ["fills a market order at the market's price", "sells what is held"],
  },
  {
    fault: "pushes a sale as a purchase",
    mutate: pushing((order) => [{ ...order, direction: "BUY" }]),
    red: ["sells what is held"],
  },
  {
    fault: "loses the tag of a sale",
    mutate: showing((order) => (order.direction === "SELL" ? { ...order, tag: null } : order)),
    red: ["fills a market order at the market's price", "sells what is held"],
  },
  {
    fault: "counts what was sold below zero",
    mutate: showing((order) =>
      order.direction === "SELL" && order.filledQty > 0 ? { ...order, filledQty: -order.filledQty } : order,
    ),
    red: ["fills a market order at the market's price", "sells what is held"],
  },
  {
    fault: "buys at the market where it should sell there",
    mutate: altering(({ placeOrder, order, orders }) => {
      const sales = new Set<string>();
      const asAsked = (one: Order): Order => (sales.has(one.orderId) ? { ...one, direction: "SELL" } : one);
      return {
        placeOrder: async (asked, call) => {
          if (asked.orderType !== "Market" || asked.direction !== "SELL") return placeOrder(asked, call);
          const placed = await placeOrder({ ...asked, direction: "BUY" }, call);
          sales.add(placed.orderId);
          return placed;
        },
        order: async (orderId, call) => asAsked(await order(orderId, call)),
        orders: async (query, call) => {
          const right = await orders(query, call);
          return { ...right, orders: right.orders.map(asAsked) };
        },
      };
    }),
    red: ["fills a market order at the market's price"],
  },
  {
    fault: "loses the tag of a market order",
    mutate: showing((order) => (order.orderType === "Market" ? { ...order, tag: null } : order)),
    red: ["fills a market order at the market's price"],
  },
  {
    fault: "loses the tag of an order that is filled",
    mutate: showing((order) => (order.status === "FILLED" ? { ...order, tag: null } : order)),
    red: [
      "lists the fills of an order, and one that is filled under its tag",
      "fills a market order at the market's price",
    ],
  },
  {
    fault: "shows the price of the fills as the limit of an order",
    mutate: pushing((order) => [order.filledQty > 0 ? { ...order, price: order.avgPrice } : order]),
    red: ["pushes a partial fill and the last one"],
  },
  {
    fault: "forgets the fills of an order that expires",
    mutate: showing((order) => (order.status === "EXPIRED" ? { ...order, filledQty: 0, avgPrice: 0 } : order)),
    red: ["keeps the fills of an order that the venue ended", "pushes that the venue ended an order"],
  },
  {
    fault: "takes an order that expires with a part filled for a filled one",
    mutate: showing((order) =>
      order.status === "EXPIRED" && order.filledQty > 0 ? { ...order, filledQty: order.qty, status: "FILLED" } : order,
    ),
    red: ["keeps the fills of an order that the venue ended", "pushes that the venue ended an order"],
  },
  {
    fault: "does not push that an order expired",
    mutate: pushing((order) => (order.status === "EXPIRED" ? [] : [order])),
    red: ["pushes that the venue ended an order"],
  },
  {
    fault: "does not push the fills of orders placed elsewhere",
    mutate: pushing((order) => (order.tag === null && order.filledQty > 0 ? [] : [order])),
    red: ["pushes an order that was placed elsewhere"],
  },
  {
    fault: "forgets open orders when it has connected again",
    mutate: altering(({ orders, start }) => {
      let wasLost = false;
      return {
        start: (host) =>
          start({
            ...host,
            onConnection: (state) => {
              wasLost ||= !state.connected;
              host.onConnection(state);
            },
          }),
        orders: async (query, call) => {
          const right = await orders(query, call);
          const left = right.orders.filter(({ status }) => isTerminal(status));
          return wasLost && query.status === "all" ? { ...right, orders: left } : right;
        },
      };
    }),
    red: ["queues nothing while the venue is away, and trades again when it is back"],
  },
  {
    fault: "shows positions without their sign",
    mutate: holding((qty) => [Math.abs(qty)]),
    red: ["shows what was sold and is not held as a position below zero, unless it cannot be sold"],
  },
  {
    fault: "shows only what is held, not what is owed",
    mutate: holding((qty) => (qty > 0 ? [qty] : [])),
    red: ["shows what was sold and is not held as a position below zero, unless it cannot be sold"],
  },
  {
    fault: "shows a position in two rows",
    mutate: holding((qty) => [qty, qty]),
    red: [
      "shows what was bought as a position, in US",
      "shows what was bought as a position, in HK",
      "shows what was bought as a position, in CN",
      "shows what was bought as a position, in WW",
      "sells what is held",
      "shows what was sold and is not held as a position below zero, unless it cannot be sold",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "goes on showing a position that was sold",
    mutate: altering(({ positions }) => {
      const shown = new Map<string, Position>();
      return {
        positions: async (call) => {
          const right = await positions(call);
          for (const one of right.positions) shown.set(one.contract.symbol, one);
          return { ...right, positions: [...shown.values()] };
        },
      };
    }),
    red: ["sells what is held"],
  },
  {
    fault: "remembers a quote for ever",
    mutate: altering(({ quote }) => {
      const remembered = new Map<string, Awaited<ReturnType<typeof quote>>>();
      return {
        quote: async (contract, call) => {
          const known = remembered.get(contract.symbol) ?? (await quote(contract, call));
          remembered.set(contract.symbol, known);
          return known;
        },
      };
    }),
    red: [
      "quotes the last price without float dust, in US",
      "quotes the last price without float dust, in HK",
      "quotes the last price without float dust, in CN",
      "quotes the last price without float dust, in WW",
    ],
  },
  {
    fault: "sends what is left for the total when the price is replaced",
    mutate: altering(({ replaceOrder }, venue) => ({
      replaceOrder: (orderId, change, call) => {
        const known = venue.orders().find((one) => one.orderId === orderId);
        const left = known === undefined ? 0 : add(known.qty, -known.filledQty);
        const isPart = known !== undefined && known.filledQty > 0 && left > 0;
        return replaceOrder(orderId, isPart && change.qty === undefined ? { ...change, qty: left } : change, call);
      },
    })),
    red: ["keeps the total and the fills of an order whose price is replaced"],
  },
  {
    fault: "cuts the price of a replace",
    mutate: altering(({ replaceOrder }) => ({
      replaceOrder: (orderId, { price, ...change }, call) =>
        replaceOrder(orderId, price === undefined ? change : { ...change, price: Math.round(price * 100) / 100 }, call),
    })),
    red: ["never cuts the price of a replace"],
  },
  {
    fault: "replaces a canceled order without a word",
    mutate: altering(({ replaceOrder, order }) => ({
      replaceOrder: async (orderId, change, call) => {
        const known = await order(orderId, call).catch(() => undefined);
        return known?.status === "CANCELED" ? { orderId } : replaceOrder(orderId, change, call);
      },
    })),
    red: ["refuses to replace an order that has ended"],
  },
  {
    fault: "replaces a sale by a purchase",
    mutate: altering(({ replaceOrder }, venue) => ({
      replaceOrder: async (orderId, change, call) => {
        const known = venue.orders().find((one) => one.orderId === orderId);
        const placed = await replaceOrder(orderId, change, call);
        if (known?.direction !== "SELL") return placed;
        venue.cancel(orderId);
        const { contract, qty, price } = { ...known, ...change };
        const kind = { orderType: "Limit", timeInForce: "DAY", lifecycle: "RTH" } as const;
        return venue.place({ contract, direction: "BUY", ...kind, qty, price: price ?? 0 }, known.tag);
      },
    })),
    red: ["keeps the side of an order that is replaced"],
  },
  {
    fault: "sends an order again, later, whose answer was lost",
    mutate: altering(({ placeOrder }, venue) => ({
      placeOrder: async (asked, call) => {
        try {
          return await placeOrder(asked, call);
        } catch (error) {
          if (venue.orders().some(({ tag }) => tag === asked.tag)) setTimeout(() => venue.place(asked, asked.tag), 50);
          throw error;
        }
      },
    })),
    red: [
      "says unknown when the answer to a place is lost, and lists the order once",
      "says unknown when a proxy answers a place with an error, and lists the order once",
      "places no order again that was answered with 429 by a proxy",
    ],
  },
];

/** Shows what `rows` makes of the quantity of each position. */
function holding(rows: (qty: number) => readonly number[]): Mutate {
  return altering(({ positions }) => ({
    positions: async (call) => {
      const right = await positions(call);
      return { ...right, positions: right.positions.flatMap((one) => rows(one.qty).map((qty) => ({ ...one, qty }))) };
    },
  }));
}
