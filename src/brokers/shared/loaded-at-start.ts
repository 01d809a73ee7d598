/**
 * A broker whose adapter is loaded when it starts. The entrypoints of the runtimes have the brokers of all vendors, of which
 * most gateways use one: what the others are made of is not read for them.
 */
import type { Broker } from "../../spec/broker.ts";

/** What can be told of a broker before its adapter is there. */
export type Outline = Pick<Broker, "kind" | "display" | "capabilities">;

/** What every adapter here has. */
export type Adapter = Required<Omit<Broker, "kind" | "display" | "queues" | "orderNumber">> & Pick<Broker, "queues">;

/**
 * Makes one. A call loads the adapter as `start` does, so that one that comes too early is refused by the adapter itself.
 *
 * @param load Imports and makes the adapter. Is called once, and again only after it has failed.
 * @param more What this adapter has besides.
 */
export function loadedAtStart<Made extends Adapter>(
  outline: Outline,
  load: () => Promise<Made>,
  more: (loaded: () => Promise<Made>) => Pick<Broker, "orderNumber"> = () => ({}),
): Broker {
  let adapter: Made | undefined;
  let loading: Promise<Made> | undefined;

  function loaded(): Promise<Made> {
    loading ??= load().then(
      (made) => {
        adapter = made;
        return made;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  }

  return {
    kind: outline.kind,
    display: outline.display,
    capabilities: () => (adapter ?? outline).capabilities(),
    queues: () => adapter?.queues?.() ?? [],
    start: async (host) => (await loaded()).start(host),
    async close() {
      // Behind a `start` that waits for the same promise, and that would else begin after this.
      const made = await loading?.catch(() => undefined);
      await made?.close();
    },
    ping: async (call) => (await loaded()).ping(call),
    cash: async (query, call) => (await loaded()).cash(query, call),
    positions: async (call) => (await loaded()).positions(call),
    quote: async (contract, call) => (await loaded()).quote(contract, call),
    marketStatus: async (call) => (await loaded()).marketStatus(call),
    placeOrder: async (order, call) => (await loaded()).placeOrder(order, call),
    replaceOrder: async (orderId, change, call) => (await loaded()).replaceOrder(orderId, change, call),
    cancelOrder: async (orderId, call) => (await loaded()).cancelOrder(orderId, call),
    order: async (orderId, call) => (await loaded()).order(orderId, call),
    orders: async (query, call) => (await loaded()).orders(query, call),
    ...more(loaded),
  };
}
