/** Right while all goes well, and wrong about what the venue does not take, does not answer, or breaks off. */
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { TOY_VENDOR_KEY } from "../toy/toy-broker.ts";
import { altering, type Mutant } from "./mutant.ts";

/** Within the patience of the toy's stage, and past half of it. */
const OWN_MS = 300;

const isTooFast = (error: unknown): boolean => error instanceof BrokerError && error.code === "RateLimited";

export const pressedMutants: readonly Mutant[] = [
  {
    fault: "takes it for an empty list when the venue says that it was too fast",
    mutate: altering(({ orders }) => ({
      orders: (query, call) =>
        orders(query, call).catch((error: unknown) => {
          if (!isTooFast(error)) throw error;
          return { orders: [], unmapped: [] };
        }),
    })),
    red: ["says that it was too fast when the venue says so, and that nothing was sent"],
  },
  {
    fault: "sends a place again that was not answered in a time of its own",
    mutate: altering(({ placeOrder }, venue) => ({
      placeOrder: async ({ tag, ...request }, call) => {
        const send = (signal: AbortSignal) => {
          if (venue.faults.silent.has("place")) venue.place(request, tag);
          return placeOrder({ ...request, tag }, { ...call, signal });
        };
        const own = AbortSignal.timeout(OWN_MS);
        return send(AbortSignal.any([call.signal, own])).catch((error: unknown) => {
          if (!own.aborted || call.signal.aborted) throw error;
          return send(call.signal);
        });
      },
    })),
    red: ["ends a place that nobody answers when its call is aborted, and says what is certain"],
  },
  {
    fault: "tells the vendor's key when the answer to a place is lost",
    mutate: altering(({ placeOrder }) => ({
      placeOrder: (order, call) =>
        placeOrder(order, call).catch((error: unknown) => {
          if (!(error instanceof BrokerError) || error.code !== "OutcomeUnknown") throw error;
          throw new BrokerError(error.code, `${error.message}, with ${TOY_VENDOR_KEY}`);
        }),
    })),
    red: ["puts no secret into an error"],
  },
  {
    fault: "tells the vendor's key when it loses the connection",
    mutate: altering(({ start }) => ({
      start: (host) =>
        start({
          ...host,
          onConnection: (state) =>
            host.onConnection(state.connected ? state : { ...state, reason: `lost: wss://toy/?key=${TOY_VENDOR_KEY}` }),
        }),
    })),
    red: ["puts no secret into an error"],
  },
];
