/**
 * A broker for Futu (富途证券) and moomoo accounts, over the vendor's local gateway OpenD and its SDK `futu-api`.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { futu } from "httptrading/futu";
 *
 * const broker = futu({
 *   instanceId: "WyLqtMhDvAnBb6a3",
 *   tokens: ["Vt5UCW2sLBvgPXjR"],
 *   port: 33333,
 *   tradeEnv: "SIMULATE",
 * });
 * export default { fetch: createHttpTrading({ brokers: [broker] }).fetch };
 * ```
 *
 * Install the SDK beside it: `npm install futu-api`. OpenD must have its WebSocket interface on (`websocket_port`).
 *
 * @module
 */
export { futu } from "./broker.ts";
export type { FutuOptions } from "./config.ts";
