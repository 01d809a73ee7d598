/** The way between the toy broker and its venue: it can be silent, lose connections and lose answers. */
import { setImmediate } from "node:timers";

import type { BrokerHost, Call } from "../../../src/spec/broker.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import type { Traffic } from "../../../src/testing/index.ts";
import { ToyRefusal, type ToyVenue } from "./toy-venue.ts";

const CODES = {
  "unknown-order": "OrderNotFound",
  "unknown-contract": "UnknownContract",
  "not-open": "OrderNotOpen",
  funds: "InsufficientFunds",
  quantity: "OrderRejected",
  price: "OrderRejected",
} as const satisfies Record<ToyRefusal["kind"], string>;

export interface ToyWire {
  open(host: BrokerHost): void;
  close(): void;
  send<T>(traffic: Traffic, call: Call, act: () => T): Promise<T>;
}

export function createToyWire(venue: ToyVenue): ToyWire {
  const closing = new AbortController();
  let host: BrokerHost | undefined;
  let unsubscribe: () => void = () => undefined;
  let isUp = true;

  const broken = (traffic: Traffic, why: string): BrokerError =>
    traffic === "read"
      ? new BrokerError("NotConnected", why)
      : new BrokerError("OutcomeUnknown", why, { outcome: "unknown" });

  /** The answer that never comes: ends with the call or with the wire. */
  const silence = (traffic: Traffic, { signal }: Call): Promise<never> =>
    new Promise((_resolve, reject) => {
      const end = () => reject(broken(traffic, "the venue did not answer"));
      if (signal.aborted || closing.signal.aborted) end();
      signal.addEventListener("abort", end, { once: true });
      closing.signal.addEventListener("abort", end, { once: true });
    });

  const reconnect = (): void => {
    unsubscribe();
    host?.onConnection({ connected: false, reason: "the venue closed the connection" });
    unsubscribe = venue.subscribe((order) => host?.onOrder(order));
    host?.onConnection({ connected: true });
  };

  return {
    open(given) {
      host = given;
      unsubscribe = venue.subscribe((order) => given.onOrder(order));
      given.onConnection({ connected: true });
      venue.watch((up) => {
        isUp = up;
        given.onConnection({ connected: up });
      });
    },
    close() {
      unsubscribe();
      closing.abort();
    },
    async send(traffic, call, act) {
      if (closing.signal.aborted)
        throw new BrokerError("NotConnected", "the broker is closed", { outcome: "not_sent" });
      if (call.signal.aborted) throw new BrokerError("Timeout", "the deadline had passed", { outcome: "not_sent" });
      if (!isUp) throw new BrokerError("NotConnected", "the venue is away", { outcome: "not_sent" });
      await turn();
      if (venue.faults.limited.delete(traffic)) {
        throw new BrokerError("RateLimited", "too many calls", { outcome: "not_sent" });
      }
      if (venue.faults.silent.has(traffic)) return silence(traffic, call);
      if (venue.faults.dropping.delete(traffic)) {
        reconnect();
        throw broken(traffic, "the connection was lost");
      }
      const answer = carryOut(act);
      if (venue.faults.losing.delete(traffic)) {
        reconnect();
        throw broken(traffic, "the answer was lost");
      }
      const status = venue.faults.proxied.get(traffic);
      if (!venue.faults.proxied.delete(traffic)) return answer;
      throw broken(traffic, `HTTP ${status} and a page of HTML`);
    },
  };
}

/** Leaves the turn to timers and to other calls, as a real wire does. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function carryOut<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof ToyRefusal) throw new BrokerError(CODES[error.kind], error.message, { outcome: "rejected" });
    throw error;
  }
}
