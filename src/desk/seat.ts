import { Failure, isFailure } from "../domain/failure.ts";
import type { Broker, BrokerHost } from "../spec/broker.ts";
import type { Operation } from "../spec/capabilities.ts";
import { notSupported } from "./guards.ts";
import { createOrderBook, type OrderBook } from "./order-book.ts";

/** A broker at its desk: started at most once at a time, listened to, and closed. */
export interface Seat {
  readonly broker: Broker;
  readonly book: OrderBook;
  /** True while the broker says that it is connected and its pushes arrive. */
  isLive(): boolean;
  /** Starts the broker if it is not started; rejects with what it rejects with, and asks again the next time. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** The broker's method of that name, bound; throws `NotSupported` where there is none. */
  method<O extends Operation>(operation: O): NonNullable<Broker[O]>;
}

/** Seats a broker. */
export function createSeat(broker: Broker): Seat {
  const book = createOrderBook();
  let starting: Promise<void> | undefined;
  let closed = false;
  let live = false;

  const host: BrokerHost = {
    onOrder: (order) => void book.apply(order, "broker", Date.now()),
    onConnection: ({ connected }) => {
      live = connected;
    },
  };

  async function start(): Promise<void> {
    await broker.start?.(host);
  }

  return {
    broker,
    book,
    isLive: () => live && !closed,
    start() {
      if (closed) return Promise.reject(closedFailure());
      starting ??= start().catch((error: unknown) => {
        starting = undefined;
        throw isFailure(error)
          ? error
          : new Failure("BrokerFault", `the broker did not start: ${String(error)}`, { cause: error });
      });
      return starting;
    },
    async close() {
      closed = true;
      live = false;
      await broker.close?.();
    },
    method(operation) {
      const method = broker[operation];
      if (method === undefined) throw notSupported(`${broker.kind} has no ${operation}`);
      return method.bind(broker) as NonNullable<Broker[typeof operation]>;
    },
  };
}

function closedFailure(): Failure {
  return new Failure("NotConnected", "the gateway is closed", { outcome: "not_sent" });
}
