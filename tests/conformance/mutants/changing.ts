/** Wrong about what it lists, changes, refuses and pushes. */
import { add, multiply } from "../../../src/domain/money.ts";
import { isTerminal, type Order } from "../../../src/domain/order.ts";
import type { OrderListing } from "../../../src/spec/broker.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { altering, listing, type Mutant, pushing, showing } from "./mutant.ts";

const patient = () => ({ signal: new AbortController().signal });

export const changingMutants: readonly Mutant[] = [
  {
    fault: "reads tags, but does not list them",
    mutate: listing((orders) => orders.map((order) => ({ ...order, tag: null }))),
    red: [
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
      "keeps the tag of an order that is replaced",
      "says unknown when the answer to a place is lost, and lists the order once",
      "says unknown when the answer to a replace or a cancel is lost, and sends neither again",
      "says unknown when a proxy answers a place with an error, and lists the order once",
    ],
  },
  {
    fault: "takes orders placed elsewhere for its own",
    mutate: showing((order) => ({ ...order, tag: order.tag ?? "htaaaaaaaaaaaaaaaaaaaaaaaa" })),
    red: [
      "shows an order that was placed elsewhere, without a tag of ours",
      "pushes an order that was placed elsewhere",
    ],
  },
  {
    fault: "leaves out what there is none of in orders placed elsewhere",
    mutate: showing((order) => {
      const { warning: _warning, errorReason: _errorReason, ...rest } = order;
      return order.tag === null ? (rest as Order) : order;
    }),
    red: [
      "shows an order that was placed elsewhere, without a tag of ours",
      "pushes an order that was placed elsewhere",
    ],
  },
  {
    fault: "lists only its own orders",
    mutate: listing((orders) => orders.filter(({ tag }) => tag !== null)),
    red: [
      "shows an order that was placed elsewhere, without a tag of ours",
      "cancels an order that was placed elsewhere, unless it says that it cannot",
    ],
  },
  {
    fault: "says that it cancels, and cannot cancel what was placed elsewhere",
    mutate: altering(({ cancelOrder, order }) => ({
      cancelOrder: async (orderId, call) => {
        if (orderId !== "T0" && !call.signal.aborted && (await order(orderId, patient())).tag === null) return;
        await cancelOrder(orderId, call);
      },
    })),
    red: ["cancels an order that was placed elsewhere, unless it says that it cannot"],
  },
  {
    fault: "leaves out of a listing what has no name here",
    mutate: altering(({ orders }) => ({
      orders: async (query, call) => {
        const { unmapped: _, ...listed } = await orders(query, call);
        return listed as OrderListing;
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
    fault: "lists orders since no moment",
    mutate: altering(({ orders }) => ({
      orders: async (query, call) => ({ ...(await orders(query, call)), since: Number.NaN }),
    })),
    red: [
      "lists an order in US as it reads it",
      "lists an order in HK as it reads it",
      "lists an order in CN as it reads it",
      "lists an order in WW as it reads it",
    ],
  },
  {
    fault: "lists one page only",
    mutate: listing((orders) => orders.slice(0, 2)),
    red: [
      "lists an accepted order, once and under its tag, to who asks past the caches",
      "says unknown when a proxy answers a place with an error, and lists the order once",
    ],
  },
  {
    fault: "lists an order twice",
    mutate: listing((orders) => [...orders, ...orders.slice(0, 1)]),
    red: [
      "lists an accepted order, once and under its tag, to who asks past the caches",
      "keeps the tag of an order that is replaced",
    ],
  },
  {
    fault: "lists what has ended among the open orders",
    mutate: listing((_orders, _status, venue) => venue.orders()),
    red: [
      "lists what has ended among all orders, not among the open ones",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "lists only open orders",
    mutate: listing((orders) => orders.filter(({ status }) => !isTerminal(status))),
    red: [
      "lists the fills of an order, and one that is filled under its tag",
      "fills a market order at the market's price",
      "shows that the venue rejected an order, and why",
      "shows that an order expired, and why",
      "shows that the venue canceled an order",
      "keeps the fills of an order that the venue ended",
      "lists what has ended among all orders, not among the open ones",
      "keeps the fills of an order that is canceled",
      "tells what is filled behind a cancel that the venue has only taken",
      "calls an order filled that is filled before its change, and then not changed",
      "tells what was filled and what has ended while the venue was away, each once",
    ],
  },
  {
    fault: "sends an order twice to be sure",
    mutate: altering(({ placeOrder }, venue) => ({
      placeOrder: async (order, call) => {
        const placed = await placeOrder(order, call);
        if (order.contract.region === "CN") await placeOrder(order, call);
        else venue.place({ ...order, ...placed.effective }, null);
        return placed;
      },
    })),
    red: [
      "takes Limit DAY RTH in CN",
      "takes Limit DAY ETH in CN",
      "takes Limit GTC RTH in CN",
      "takes Limit GTC ETH in CN",
      "replaces the price of an order in CN",
      "cancels an order in CN",
    ],
  },
  {
    fault: "mixes up orders that are placed at the same time",
    mutate: altering(({ placeOrder }) => {
      let last: ReturnType<typeof placeOrder> | undefined;
      return {
        placeOrder: (order, call) => {
          const [before, mine] = [last, placeOrder(order, call)];
          last = mine;
          void mine.catch(() => undefined).then(() => (last = undefined));
          return before === undefined ? mine : mine.then(() => before);
        },
      };
    }),
    red: ["takes orders that are placed at the same time, each once"],
  },
  {
    fault: "replaces the quantity alone",
    mutate: altering(({ replaceOrder }) => ({
      replaceOrder: async (orderId, { price, ...change }, call) =>
        change.qty === undefined && price !== undefined
          ? replaceOrder(orderId, { ...change, price }, call)
          : replaceOrder(orderId, change, call),
    })),
    red: ["replaces price and quantity of an order at once"],
  },
  {
    fault: "replaces the price alone",
    mutate: altering(({ replaceOrder }) => ({
      replaceOrder: (orderId, { qty, ...change }, call) =>
        replaceOrder(orderId, { ...change, ...(change.price === undefined && qty !== undefined ? { qty } : {}) }, call),
    })),
    red: ["replaces price and quantity of an order at once"],
  },
  {
    fault: "takes the quantity of a replace for what is left",
    mutate: altering(({ replaceOrder, order }) => ({
      replaceOrder: async (orderId, change, call) => {
        if (call.signal.aborted || change.qty === undefined) return replaceOrder(orderId, change, call);
        const { filledQty } = await order(orderId, patient());
        return replaceOrder(orderId, { ...change, qty: add(change.qty, filledQty) }, call);
      },
    })),
    red: [
      "takes the quantity of a replace as the new total, with what is filled",
      "changes no order to less than what is filled, or ends it with that",
    ],
  },
  {
    fault: "replaces by placing anew, and leaves the old order",
    mutate: altering(({ replaceOrder }, venue) => ({
      replaceOrder: async (orderId, change, call) => {
        const known = venue.orders().find((one) => one.orderId === orderId);
        if (known === undefined || known.qty !== 2 || known.filledQty > 0) return replaceOrder(orderId, change, call);
        const { contract, direction } = known;
        const kind = { orderType: "Limit", timeInForce: "DAY", lifecycle: "RTH" } as const;
        const [qty, price] = [change.qty ?? known.qty, change.price ?? known.price ?? 0];
        return { orderId: venue.place({ contract, direction, ...kind, qty, price }, known.tag).orderId };
      },
    })),
    red: [
      "replaces the price of an order in US",
      "replaces the quantity of an order",
      "replaces price and quantity of an order at once",
    ],
  },
  {
    fault: "loses the tag of an order that is replaced",
    mutate: altering(({ replaceOrder, orders }) => {
      const replaced = new Set<string>();
      return {
        replaceOrder: async (orderId, change, call) => {
          const placed = await replaceOrder(orderId, change, call);
          replaced.add(orderId);
          return placed;
        },
        orders: async (query, call) => {
          const right = await orders(query, call);
          return {
            ...right,
            orders: right.orders.map((one) => (replaced.has(one.orderId) ? { ...one, tag: null } : one)),
          };
        },
      };
    }),
    red: ["keeps the tag of an order that is replaced"],
  },
  {
    fault: "replaces what it calls not replaceable",
    mutate: altering(({ replaceOrder }, venue) => ({
      replaceOrder: (orderId, change, call) =>
        replaceOrder(orderId, change, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || error.code !== "NotSupported") throw error;
          return venue.replace(orderId, { price: change.price ?? 0 });
        }),
    })),
    red: ["refuses to replace what its capabilities call not replaceable, and leaves it as it was"],
  },
  {
    fault: "replaces a filled order without a word",
    mutate: altering(({ replaceOrder }) => ({
      replaceOrder: (orderId, change, call) =>
        replaceOrder(orderId, change, call).catch((error: unknown) => {
          if (error instanceof BrokerError && error.code === "OrderNotOpen") return { orderId };
          throw error;
        }),
    })),
    red: ["refuses to replace an order that has ended"],
  },
  {
    fault: "cancels a filled order without a word",
    mutate: altering(({ cancelOrder }) => ({
      cancelOrder: (orderId, call) =>
        cancelOrder(orderId, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || error.code !== "OrderNotOpen") throw error;
        }),
    })),
    red: ["refuses to cancel a filled order"],
  },
  {
    fault: "cancels nothing",
    mutate: altering(({ cancelOrder }) => ({
      cancelOrder: async (orderId, call) => {
        if (orderId === "T0" || call.signal.aborted) await cancelOrder(orderId, call);
      },
    })),
    red: [
      "cancels an order that was placed elsewhere, unless it says that it cannot",
      "lists what has ended among all orders, not among the open ones",
      "refuses to replace an order that has ended",
      "cancels an order in US",
      "cancels an order in HK",
      "cancels an order in CN",
      "cancels an order in WW",
      "keeps the fills of an order that is canceled",
      "refuses to cancel a filled order",
      "takes a second cancel, or says that the order is not open",
      "calls an order canceled once it is, not when the venue has only taken the cancel",
      "tells what is filled behind a cancel that the venue has only taken",
      "pushes that an order was canceled",
      "ends a replace and a cancel that nobody answers when their call is aborted",
      "says unknown when the answer to a replace or a cancel is lost, and sends neither again",
      "says that it was too fast when the venue says so, and that nothing was sent",
      "sends nothing after it was closed",
      "says unknown when a proxy answers a replace or a cancel with an error",
    ],
  },
  {
    fault: "forgets the fills of an order that is canceled",
    mutate: showing((order) => (order.status === "CANCELED" ? { ...order, filledQty: 0 } : order)),
    red: [
      "keeps the fills of an order that the venue ended",
      "keeps the fills of an order that is canceled",
      "tells what is filled behind a cancel that the venue has only taken",
      "pushes that an order was canceled",
      "pushes that the venue ended an order",
    ],
  },
  {
    fault: "has a word of its own for the second cancel",
    mutate: altering(({ cancelOrder }) => ({
      cancelOrder: (orderId, call) =>
        cancelOrder(orderId, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || error.code !== "OrderNotOpen") throw error;
          if (error.message.includes("FILLED")) throw error;
          throw new BrokerError("BrokerFault", error.message, { outcome: "rejected" });
        }),
    })),
    red: ["takes a second cancel, or says that the order is not open"],
  },
  {
    fault: "says that an unknown order is its own fault",
    mutate: altering(({ order, cancelOrder, replaceOrder }) => {
      const fault = (error: unknown): never => {
        if (!(error instanceof BrokerError) || error.code !== "OrderNotFound") throw error;
        throw new BrokerError("BrokerFault", error.message, { outcome: "rejected" });
      };
      return {
        order: (orderId, call) => order(orderId, call).catch(fault),
        cancelOrder: (orderId, call) => cancelOrder(orderId, call).catch(fault),
        replaceOrder: (orderId, change, call) => replaceOrder(orderId, change, call).catch(fault),
      };
    }),
    red: [
      "refuses to replace an order that it does not know",
      "refuses to cancel an order that it does not know",
      "does not know an order that does not exist",
      "takes an id with odd characters for one that it does not know",
    ],
  },
  {
    fault: "throws an error of the language for an order that it does not know",
    mutate: altering(({ order }) => ({
      order: (orderId, call) =>
        order(orderId, call).catch((error: unknown) => {
          if (error instanceof BrokerError && error.code === "OrderNotFound") throw new TypeError("undefined");
          throw error;
        }),
    })),
    red: [
      "does not know an order that does not exist",
      "takes an id with odd characters for one that it does not know",
      "puts no secret into an error",
    ],
  },
  {
    fault: "has no word for an unknown symbol",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || error.code !== "UnknownContract") throw error;
          throw new BrokerError("OrderRejected", error.message, { outcome: "rejected" });
        }),
    })),
    red: ["refuses an order for a symbol that does not exist"],
  },
  {
    fault: "is not sure whether a refusal was one",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || error.code !== "InsufficientFunds") throw error;
          throw new BrokerError("InsufficientFunds", error.message, { outcome: "unknown" });
        }),
    })),
    red: ["shows that the account cannot pay, by a refusal or a rejected order"],
  },
  {
    fault: "rounds a quantity to whole lots",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) => {
        const lot = order.contract.region === "HK" ? 100 : 1;
        return placeOrder({ ...order, qty: multiply(Math.max(1, Math.floor(order.qty / lot)), lot) }, call);
      },
    })),
    red: ["refuses a quantity that is no whole lot", "refuses a quantity that is no multiple of the market's step"],
  },
  {
    fault: "does not push that an order is open",
    mutate: pushing((order) => (order.status === "OPEN" && order.price === 190.09 ? [] : [order])),
    red: [
      "pushes that an order is open, as it reads it",
      "pushes an order that was placed elsewhere",
      "says that the connection went and came, and pushes again afterwards",
    ],
  },
  {
    fault: "does not push partial fills",
    mutate: pushing((order) => (order.status === "PARTIALLY_FILLED" ? [] : [order])),
    red: ["pushes a partial fill and the last one"],
  },
  {
    fault: "pushes an old state after the end",
    mutate: pushing((order) => (order.status === "FILLED" ? [order, { ...order, status: "OPEN" }] : [order])),
    red: ["pushes a partial fill and the last one"],
  },
  {
    fault: "does not push that an order was canceled",
    mutate: pushing((order) => (order.status === "CANCELED" ? [] : [order])),
    red: [
      "tells what is filled behind a cancel that the venue has only taken",
      "pushes that an order was canceled",
      "pushes that the venue ended an order",
    ],
  },
  {
    fault: "does not push what a replace changed",
    mutate: pushing((order) =>
      order.direction === "BUY" && order.status === "OPEN" && order.price !== 190.09 ? [] : [order],
    ),
    red: ["pushes what a replace changed"],
  },
  {
    fault: "does not push that the venue rejected an order",
    mutate: pushing((order) => (order.status === "REJECTED" ? [] : [order])),
    red: ["pushes that the venue ended an order"],
  },
  {
    fault: "does not push orders placed elsewhere",
    mutate: pushing((order) => (order.tag === null ? [] : [order])),
    red: ["pushes an order that was placed elsewhere"],
  },
  {
    fault: "pushes orders without their tag",
    mutate: pushing((order) => [{ ...order, tag: null }]),
    red: [
      "pushes that an order is open, as it reads it",
      "pushes that an order was canceled",
      "pushes what a replace changed",
    ],
  },
];
