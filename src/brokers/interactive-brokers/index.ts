/**
 * A broker for accounts at Interactive Brokers (盈透证券), over TWS or IB Gateway and the library `@stoqey/ib`.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { interactiveBrokers } from "httptrading/interactive-brokers";
 * import { serve } from "httptrading/node";
 *
 * const broker = interactiveBrokers({
 *   instanceId: "WyLqtMhDvAnBb6a3",
 *   tokens: ["Vt5UCW2sLBvgPXjR"],
 *   port: 4002,
 *   clientId: 17,
 * });
 * await serve(createHttpTrading({ brokers: [broker] }));
 * ```
 *
 * Install the library beside it: `npm install @stoqey/ib`. The gateway must have "Enable ActiveX and Socket Clients" on and
 * "Read-Only API" off, and should have "Bypass Order Precautions for API Orders" on, since TWS tells nobody of an order
 * that it asks a person about, and for the night "Bypass Redirect Order warning for Stock API orders"; "Maintain and
 * resubmit orders when connection is restored" should be off, since an order that comes as TWS loses its link then goes out
 * when that is back, maybe hours later; in another language than English also "Show API error messages in English" on,
 * since some reasons, as that the account cannot pay, are told by their words alone. Which login the gateway has decides
 * whether it is real money: there is no option for it, the account tells (paper accounts begin with D), and the start
 * banner and the capabilities say which it is.
 *
 * @module
 */
import type { Broker } from "../../spec/broker.ts";
import { DEFAULT_DEADLINE_MS, defineBroker } from "../../spec/define-broker.ts";
import { loadedAtStart } from "../shared/loaded-at-start.ts";
import { toCapabilities } from "./capabilities.ts";
import { type InteractiveBrokersOptions, parseInteractiveBrokersOptions } from "./config.ts";

export type { InteractiveBrokersOptions } from "./config.ts";

/**
 * Connects to an account at Interactive Brokers through TWS or IB Gateway.
 *
 * - The id of an order is its `permId`, which is the account's own; the tag is its `orderRef`.
 * - Orders of other client ids are shown, and cannot be changed or canceled from here.
 * - Whether it is real money follows from the gateway's login: paper accounts begin with D.
 * - TWS before version 177 of its protocol is not traded with: the library misreads what it says of completed orders.
 *
 * @throws TypeError that lists every wrong option.
 */
export function interactiveBrokers(options: InteractiveBrokersOptions): Broker {
  const config = parseInteractiveBrokersOptions(options);
  const { deadlineMs = DEFAULT_DEADLINE_MS } = options;
  const outline = {
    kind: "interactiveBrokers",
    display: "盈透证券",
    capabilities: () => toCapabilities(undefined, config.accountId),
  };
  const broker = loadedAtStart(outline, async () => {
    const { createInteractiveBrokersBroker } = await import("./broker.ts");
    return createInteractiveBrokersBroker(config, deadlineMs);
  });
  return defineBroker(options, broker);
}
