/** What a mutant is, and ways to make one from a broker that does everything right. */
import type { Order } from "../../../src/domain/order.ts";
import type { Broker, BrokerHost } from "../../../src/spec/broker.ts";
import type { Capabilities } from "../../../src/spec/capabilities.ts";
import type { ToyBroker } from "../toy/toy-broker.ts";
import type { ToyVenue } from "../toy/toy-venue.ts";

export type Mutate = (broker: ToyBroker, venue: ToyVenue) => Broker;

/** A broker that is wrong in one way. */
export interface Mutant {
  /** What is wrong with it. */
  readonly fault: string;
  readonly mutate: Mutate;
  /** Names of the checks that must notice. Every other check must not. */
  readonly red: readonly string[];
}

/** The same broker with some members replaced; `right` are the ones that were there. */
export function altering(members: (right: ToyBroker, venue: ToyVenue) => Partial<Broker>): Mutate {
  return (broker, venue) => Object.assign(broker, members({ ...broker }, venue));
}

/** The same broker without a method. */
export function lacking(method: keyof Broker): Mutate {
  return (broker) => {
    Reflect.deleteProperty(broker, method);
    return broker;
  };
}

/** Claims something else about itself. */
export function claiming(change: (right: Capabilities) => Capabilities): Mutate {
  return altering(({ capabilities }) => ({ capabilities: () => change(capabilities()) }));
}

/** Shows orders otherwise than they are, wherever it shows one. */
export function showing(change: (order: Order) => Order): Mutate {
  return altering(({ order, orders, start }) => ({
    order: async (orderId, call) => change(await order(orderId, call)),
    orders: async (query, call) => {
      const listing = await orders(query, call);
      return { ...listing, orders: listing.orders.map(change) };
    },
    start: (host) => start({ ...host, onOrder: (pushed) => host.onOrder(change(pushed)) }),
  }));
}

/** Lists other orders than there are. */
export function listing(
  change: (orders: readonly Order[], status: "open" | "all", venue: ToyVenue) => readonly Order[],
): Mutate {
  return altering(({ orders }, venue) => ({
    orders: async (query, call) => {
      const right = await orders(query, call);
      return { ...right, orders: change(right.orders, query.status, venue) };
    },
  }));
}

/** Pushes what `through` makes of a push: none, one or several. */
export function pushing(through: (order: Order) => readonly Order[]): Mutate {
  return altering(({ start }) => ({
    start: (host: BrokerHost) =>
      start({
        ...host,
        onOrder: (order) => {
          for (const pushed of through(order)) host.onOrder(pushed);
        },
      }),
  }));
}
