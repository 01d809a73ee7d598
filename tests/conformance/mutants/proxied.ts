/** Wrong about what something on the way answers in the place of the venue. */
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { altering, type Mutant, type Mutate } from "./mutant.ts";

const PLACE = "says unknown when a proxy answers a place with an error, and lists the order once";
const CHANGE = "says unknown when a proxy answers a replace or a cancel with an error";

/** Throws the error on unless it is a proxy's answer with this status. */
function demandProxied(error: unknown, status: number): void {
  if (!(error instanceof BrokerError) || !error.message.includes(`HTTP ${status} `)) throw error;
}

/** Places an order again that a proxy answered with this status. */
function placingAgain(status: number): Mutate {
  return altering(({ placeOrder }) => ({
    placeOrder: (order, call) =>
      placeOrder(order, call).catch((error: unknown) => {
        demandProxied(error, status);
        return placeOrder(order, call);
      }),
  }));
}

export const proxiedMutants: readonly Mutant[] = [
  {
    fault: "takes a proxy's 503 for the venue's refusal of an order",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order, call).catch((error: unknown) => {
          demandProxied(error, 503);
          throw new BrokerError("BrokerFault", "the venue is out of service", { outcome: "rejected" });
        }),
    })),
    red: [PLACE],
  },
  {
    fault: "takes an order for not sent that a proxy answered with 504",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order, call).catch((error: unknown) => {
          demandProxied(error, 504);
          throw new BrokerError("NotConnected", "the venue cannot be reached", { outcome: "not_sent" });
        }),
    })),
    red: [PLACE],
  },
  {
    fault: "places an order again that a proxy answered with 502",
    mutate: placingAgain(502),
    red: [PLACE],
  },
  {
    fault: "places an order again that a proxy answered with 429",
    mutate: placingAgain(429),
    red: ["places no order again that was answered with 429 by a proxy"],
  },
  {
    fault: "takes a proxy's 503 for the venue's refusal of a replace",
    mutate: altering(({ replaceOrder }) => ({
      replaceOrder: (orderId, change, call) =>
        replaceOrder(orderId, change, call).catch((error: unknown) => {
          demandProxied(error, 503);
          throw new BrokerError("OrderRejected", "the venue did not take the change", { outcome: "rejected" });
        }),
    })),
    red: [CHANGE],
  },
  {
    fault: "takes a proxy's 502 for the venue's word that it canceled an order",
    mutate: altering(({ cancelOrder }) => ({
      cancelOrder: (orderId, call) => cancelOrder(orderId, call).catch((error: unknown) => demandProxied(error, 502)),
    })),
    red: [CHANGE],
  },
  {
    fault: "takes a proxy's page for an empty list",
    mutate: altering(({ orders }) => ({
      orders: (query, call) =>
        orders(query, call).catch((error: unknown) => {
          demandProxied(error, 502);
          return { orders: [], unmapped: [] };
        }),
    })),
    red: ["takes a proxy's page for no answer to a read"],
  },
];
