/**
 * A broker for accounts at Interactive Brokers (盈透证券), over TWS or IB Gateway and the library `@stoqey/ib`.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { interactiveBrokers } from "httptrading/interactive-brokers";
 *
 * const broker = interactiveBrokers({
 *   instanceId: "WyLqtMhDvAnBb6a3",
 *   tokens: ["Vt5UCW2sLBvgPXjR"],
 *   port: 4002,
 *   clientId: 17,
 * });
 * export default { fetch: createHttpTrading({ brokers: [broker] }).fetch };
 * ```
 *
 * Install the library beside it: `npm install @stoqey/ib`. The gateway must have "Enable ActiveX and Socket Clients" on and
 * "Read-Only API" off. Which login the gateway has decides whether it is real money: there is no option for it, the account
 * tells (paper accounts begin with D), and the start banner and the capabilities say which it is.
 *
 * @module
 */
export { interactiveBrokers } from "./broker.ts";
export type { InteractiveBrokersOptions } from "./config.ts";
