/** Wrong about what it takes, what it sends and how it shows an order. */
import type { Order } from "../../../src/domain/order.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { altering, type Mutant, showing } from "./mutant.ts";

export const placingMutants: readonly Mutant[] = [
  {
    fault: "refuses a row of its capabilities",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: async (order, call) => {
        if (order.contract.region === "HK" && order.timeInForce === "GTC" && order.lifecycle === "ETH") {
          throw new BrokerError("NotSupported", "no");
        }
        return placeOrder(order, call);
      },
    })),
    red: ["takes Limit GTC ETH in HK"],
  },
  {
    fault: "refuses a row of a further market",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: async (order, call) => {
        if (order.contract.region === "WW") throw new BrokerError("NotSupported", "no");
        return placeOrder(order, call);
      },
    })),
    red: [
      "shows what was bought as a position, in WW",
      "pays from the cash of its currency what is bought in WW, and counts that in every total",
      "takes every row of further markets",
      "lists an order in WW as it reads it",
      "refuses to replace what its capabilities call not replaceable, and leaves it as it was",
      "cancels an order in WW",
    ],
  },
  {
    fault: "sends what has no row",
    mutate: altering(({ placeOrder }, venue) => ({
      placeOrder: ({ tag, ...request }, call) =>
        placeOrder({ ...request, tag }, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || error.code !== "NotSupported") throw error;
          return { orderId: venue.place(request, tag).orderId };
        }),
    })),
    red: [
      "refuses what has no row in US, before anything is sent",
      "refuses what has no row in HK, before anything is sent",
      "refuses what has no row in CN, before anything is sent",
      "refuses a region in which it has no row, before anything is sent",
      "puts no secret into an error",
    ],
  },
  {
    fault: "makes good till canceled a day order",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order.contract.region === "US" ? { ...order, timeInForce: "DAY" } : order, call),
    })),
    red: [
      "takes Limit GTC RTH in US",
      "takes Limit GTC ETH in US",
      "refuses what has no row in US, before anything is sent",
      "keeps an order that is good till canceled over night",
    ],
  },
  {
    fault: "does not say what became of the session",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: async (order, call) => ({ orderId: (await placeOrder(order, call)).orderId }),
    })),
    red: [
      "takes Limit DAY ETH in HK",
      "takes Limit GTC ETH in HK",
      "takes Limit DAY ETH in CN",
      "takes Limit GTC ETH in CN",
    ],
  },
  {
    fault: "shows the last price as the limit of a market order",
    mutate: showing((order) => (order.orderType === "Market" ? { ...order, price: 200.1 } : order)),
    red: ["takes Market DAY RTH in US", "fills a market order at the market's price"],
  },
  {
    fault: "sells where it should buy",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order.contract.region === "CN" ? { ...order, direction: "SELL" } : order, call),
    })),
    red: [
      "shows what was bought as a position, in CN",
      "takes Limit DAY RTH in CN",
      "takes Limit DAY ETH in CN",
      "takes Limit GTC RTH in CN",
      "takes Limit GTC ETH in CN",
      "lists an order in CN as it reads it",
      "replaces the price of an order in CN",
      "cancels an order in CN",
    ],
  },
  {
    fault: "buys where it should sell",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) => placeOrder({ ...order, direction: "BUY" }, call),
    })),
    red: [
      "fills a market order at the market's price",
      "sells what is held",
      "shows what was sold and is not held as a position below zero, unless it cannot be sold",
      "keeps the side of an order that is replaced",
    ],
  },
  {
    fault: "gives ids that no client can ask for",
    mutate: altering(({ order, orders, placeOrder, replaceOrder, cancelOrder, start }) => {
      const inside = (orderId: string) => orderId.replace(" CN", "");
      const shown = (one: Order) => (one.contract.region === "CN" ? { ...one, orderId: `${one.orderId} CN` } : one);
      return {
        order: async (orderId, call) => shown(await order(inside(orderId), call)),
        orders: async (query, call) => {
          const right = await orders(query, call);
          return { ...right, orders: right.orders.map(shown) };
        },
        placeOrder: async (asked, call) => {
          const placed = await placeOrder(asked, call);
          return asked.contract.region === "CN" ? { ...placed, orderId: `${placed.orderId} CN` } : placed;
        },
        replaceOrder: async (orderId, change, call) => {
          const placed = await replaceOrder(inside(orderId), change, call);
          return { orderId: orderId.replace(inside(orderId), placed.orderId) };
        },
        cancelOrder: (orderId, call) => cancelOrder(inside(orderId), call),
        start: (host) => start({ ...host, onOrder: (one) => host.onOrder(shown(one)) }),
      };
    }),
    red: [
      "shows what was bought as a position, in CN",
      "pays from the cash of its currency what is bought in CN, and counts that in every total",
      "takes Limit DAY RTH in CN",
      "takes Limit DAY ETH in CN",
      "takes Limit GTC RTH in CN",
      "takes Limit GTC ETH in CN",
      "lists an order in CN as it reads it",
      "replaces the price of an order in CN",
      "cancels an order in CN",
    ],
  },
  {
    fault: "gives ids as numbers",
    mutate: altering(({ order }) => ({
      order: async (orderId, call) => {
        const right = await order(orderId, call);
        return Object.assign({}, right, right.contract.region === "CN" ? { orderId: 7 } : {});
      },
    })),
    red: [
      "takes Limit DAY RTH in CN",
      "takes Limit DAY ETH in CN",
      "takes Limit GTC RTH in CN",
      "takes Limit GTC ETH in CN",
      "lists an order in CN as it reads it",
      "replaces the price of an order in CN",
      "cancels an order in CN",
    ],
  },
  {
    fault: "cuts prices to one decimal",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order.price === undefined ? order : { ...order, price: Math.floor(order.price * 10) / 10 }, call),
    })),
    red: [
      "takes Limit DAY RTH in US",
      "takes Limit DAY ETH in US",
      "takes Limit DAY OVERNIGHT in US",
      "takes Limit GTC RTH in US",
      "takes Limit GTC ETH in US",
      "takes Limit DAY RTH in CN",
      "takes Limit DAY ETH in CN",
      "takes Limit GTC RTH in CN",
      "takes Limit GTC ETH in CN",
      "lists an order in US as it reads it",
      "lists an order in CN as it reads it",
      "lists the fills of an order, and one that is filled under its tag",
      "fills a limit order when the market comes to it",
      "sells what is held",
      "replaces the quantity of an order",
      "cancels an order in US",
      "cancels an order in CN",
      "never cuts a price that is finer than its step",
      "pushes that an order is open, as it reads it",
      "pushes a partial fill and the last one",
    ],
  },
  {
    fault: "cuts only what is finer than the step",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(
          order.price === undefined || order.contract.region !== "US"
            ? order
            : { ...order, price: Number(order.price.toFixed(2)) },
          call,
        ),
    })),
    red: ["never cuts a price that is finer than its step"],
  },
  {
    fault: "gives the last fill's price as the average",
    mutate: showing((order) => (order.filledQty === 2 && order.qty === 3 ? { ...order, avgPrice: 190.07 } : order)),
    red: [
      "fills a part and then the rest",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "calls a part filled order open",
    mutate: showing((order) => (order.status === "PARTIALLY_FILLED" ? { ...order, status: "OPEN" } : order)),
    red: [
      "fills a part and then the rest",
      "lists the fills of an order, and one that is filled under its tag",
      "keeps the fills of an order that the venue ended",
      "takes the quantity of a replace as the new total, with what is filled",
      "keeps the total and the fills of an order whose price is replaced",
      "keeps the fills of an order that is canceled",
      "changes no order to less than what is filled, or ends it with that",
      "pushes a partial fill and the last one",
      "pushes that an order was canceled",
      "pushes that the venue ended an order",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "never sees that an order was filled by the market",
    mutate: altering((_right, venue) => {
      venue.powers.setPrice = async () => undefined;
      return {};
    }),
    red: [
      "quotes the last price without float dust, in US",
      "quotes the last price without float dust, in HK",
      "quotes the last price without float dust, in CN",
      "quotes the last price without float dust, in WW",
      "fills a limit order when the market comes to it",
    ],
  },
  {
    fault: "has a reason for a rejection, but keeps it to itself",
    mutate: showing((order) => ({ ...order, errorReason: "" })),
    red: [
      "shows that the venue rejected an order, and why",
      "shows that an order expired, and why",
      "pushes that the venue ended an order",
    ],
  },
  {
    fault: "calls a rejected order canceled",
    mutate: showing((order) => (order.status === "REJECTED" ? { ...order, status: "CANCELED" } : order)),
    red: ["shows that the venue rejected an order, and why", "pushes that the venue ended an order"],
  },
  {
    fault: "takes an expired order for an open one",
    mutate: showing((order) => (order.status === "EXPIRED" ? { ...order, status: "OPEN" } : order)),
    red: [
      "shows that an order expired, and why",
      "keeps the fills of an order that the venue ended",
      "ends an order for the day when the day is over",
      "pushes that the venue ended an order",
    ],
  },
  {
    fault: "forgets the currency of Hong Kong",
    mutate: showing((order) => ({ ...order, currency: "USD" })),
    red: [
      "takes Limit DAY RTH in HK",
      "takes Limit DAY ETH in HK",
      "takes Limit GTC RTH in HK",
      "takes Limit GTC ETH in HK",
      "takes Limit DAY RTH in CN",
      "takes Limit DAY ETH in CN",
      "takes Limit GTC RTH in CN",
      "takes Limit GTC ETH in CN",
      "lists an order in HK as it reads it",
      "lists an order in CN as it reads it",
      "replaces the price of an order in HK",
      "replaces the price of an order in CN",
      "cancels an order in HK",
      "cancels an order in CN",
    ],
  },
  {
    fault: "loses the tag of an order",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) => placeOrder({ ...order, tag: "" }, call),
    })),
    red: [
      "takes Limit DAY RTH in US",
      "takes Limit DAY ETH in US",
      "takes Limit DAY OVERNIGHT in US",
      "takes Limit GTC RTH in US",
      "takes Limit GTC ETH in US",
      "takes Market DAY RTH in US",
      "takes Limit DAY RTH in HK",
      "takes Limit DAY ETH in HK",
      "takes Limit GTC RTH in HK",
      "takes Limit GTC ETH in HK",
      "takes Limit DAY RTH in CN",
      "takes Limit DAY ETH in CN",
      "takes Limit GTC RTH in CN",
      "takes Limit GTC ETH in CN",
      "takes every row of further markets",
      "lists an order in US as it reads it",
      "lists an order in HK as it reads it",
      "lists an order in CN as it reads it",
      "lists an order in WW as it reads it",
      "lists the fills of an order, and one that is filled under its tag",
      "fills a market order at the market's price",
      "sells what is held",
      "shows that the venue rejected an order, and why",
      "shows that an order expired, and why",
      "shows that the venue canceled an order",
      "lists an accepted order, once and under its tag, to who asks past the caches",
      "takes orders that are placed at the same time, each once",
      "replaces the price of an order in US",
      "replaces the price of an order in HK",
      "replaces the price of an order in CN",
      "replaces the quantity of an order",
      "replaces price and quantity of an order at once",
      "keeps the tag of an order that is replaced",
      "keeps the total and the fills of an order whose price is replaced",
      "keeps the side of an order that is replaced",
      "never cuts the price of a replace",
      "cancels an order in US",
      "cancels an order in HK",
      "cancels an order in CN",
      "cancels an order in WW",
      "pushes that an order is open, as it reads it",
      "pushes that an order was canceled",
      "pushes what a replace changed",
      "says unknown when the answer to a place is lost, and lists the order once",
      "says unknown when the answer to a replace or a cancel is lost, and sends neither again",
      "queues nothing while the venue is away, and trades again when it is back",
      "says unknown when a proxy answers a place with an error, and lists the order once",
      "places no order again that was answered with 429 by a proxy",
      "says unknown when a proxy answers a replace or a cancel with an error",
    ],
  },
  {
    fault: "calls a canceled order rejected",
    mutate: showing((order) => (order.status === "CANCELED" ? { ...order, status: "REJECTED" } : order)),
    red: [
      "shows that the venue canceled an order",
      "keeps the fills of an order that the venue ended",
      "cancels an order that was placed elsewhere, unless it says that it cannot",
      "lists what has ended among all orders, not among the open ones",
      "refuses to replace an order that has ended",
      "cancels an order in US",
      "cancels an order in HK",
      "cancels an order in CN",
      "cancels an order in WW",
      "keeps the fills of an order that is canceled",
      "takes a second cancel, or says that the order is not open",
      "calls an order canceled once it is, not when the venue has only taken the cancel",
      "tells what is filled behind a cancel that the venue has only taken",
      "pushes that an order was canceled",
      "pushes that the venue ended an order",
      "tells what was filled and what has ended while the venue was away, each once",
      "says unknown when a proxy answers a replace or a cancel with an error",
    ],
  },
];
