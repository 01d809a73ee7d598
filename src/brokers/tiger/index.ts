/**
 * A broker for accounts at Tiger Brokers (老虎证券), over the vendor's open API.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { tiger } from "httptrading/tiger";
 *
 * const broker = tiger({
 *   instanceId: "WyLqtMhDvAnBb6a3",
 *   tokens: ["Vt5UCW2sLBvgPXjR"],
 *   tigerId: "20150001",
 *   account: "20191106192858300",
 *   privateKeyPath: "rsa_private_key.pem",
 * });
 * export default { fetch: createHttpTrading({ brokers: [broker] }).fetch };
 * ```
 *
 * Nothing has to be installed beside it, and all but the push service is `fetch` and WebCrypto: it runs in a worker too,
 * where changes of orders are polled.
 *
 * @module
 */
export { tiger } from "./broker.ts";
export type { TigerOptions, TigerPushTls } from "./config.ts";
