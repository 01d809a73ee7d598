/**
 * A broker for accounts at Tiger Brokers (老虎证券), over the vendor's open API.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { tiger } from "httptrading/tiger";
 * import { serve } from "httptrading/node";
 *
 * const broker = tiger({
 *   instanceId: "WyLqtMhDvAnBb6a3",
 *   tokens: ["Vt5UCW2sLBvgPXjR"],
 *   tigerId: "20150001",
 *   account: "20191106192858300",
 *   privateKeyPath: "rsa_private_key.pem",
 * });
 * await serve(createHttpTrading({ brokers: [broker] }));
 * ```
 *
 * Nothing has to be installed beside it, and all but the push service is `fetch` and WebCrypto: it runs in a worker too,
 * where changes of orders are polled.
 *
 * @module
 */
import type { Broker } from "../../spec/broker.ts";
import { DEFAULT_DEADLINE_MS, defineBroker } from "../../spec/define-broker.ts";
import { loadedAtStart } from "../shared/loaded-at-start.ts";
import { pushOf, toCapabilities } from "./capabilities.ts";
import { parseTigerOptions, type TigerOptions } from "./config.ts";

export type { TigerOptions, TigerPushTls } from "./config.ts";

/**
 * Connects to an account at Tiger Brokers. The number of the account says whether it is a paper account or one with real
 * money.
 *
 * - The tag of an order is its `user_mark`. A number is taken from Tiger first (`order_no`), written down with the intent
 *   and sent as `order_id`: Tiger refuses a number that it has seen, so that nothing between here and there can make two
 *   orders of one, and an order is found by its number where its mark got lost.
 * - Changes of orders come from Tiger's push service where the runtime has TCP sockets, and are polled elsewhere and for as
 *   long as the push service is away.
 *
 * @throws TypeError that lists every wrong option.
 */
export function tiger(options: TigerOptions): Broker {
  const config = parseTigerOptions(options);
  const { deadlineMs = DEFAULT_DEADLINE_MS } = options;
  const outline = {
    kind: "tiger",
    display: "老虎证券",
    capabilities: () => toCapabilities(config.account, pushOf(config)),
  };
  const load = async () => {
    const { createTigerBroker } = await import("./broker.ts");
    return createTigerBroker(config, deadlineMs);
  };
  const broker = loadedAtStart(outline, load, (loaded) => ({
    orderNumber: async (call) => (await loaded()).orderNumber(call),
  }));
  return defineBroker(options, broker);
}
