/**
 * A paper account: orders are matched inside the process, against prices that move by themselves or that another broker
 * quotes. Needs no vendor, no network and no file, and runs wherever JavaScript runs.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { paper } from "httptrading/paper";
 *
 * const trading = createHttpTrading({
 *   brokers: [paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] })],
 * });
 * export default { fetch: trading.fetch };
 * ```
 *
 * @module
 */
import type { Broker } from "../../spec/broker.ts";
import { defineBroker } from "../../spec/define-broker.ts";
import { createPaperBroker } from "./broker.ts";
import { type PaperOptions, parsePaperOptions } from "./config.ts";

export type { PaperOptions } from "./config.ts";

/**
 * Opens a paper account.
 *
 * @throws TypeError that lists every option that is wrong.
 */
export function paper(options: PaperOptions): Broker {
  return defineBroker(options, createPaperBroker(parsePaperOptions(options)));
}
