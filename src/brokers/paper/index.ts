/**
 * A paper account: orders are matched inside the process, against prices that move by themselves or that another broker
 * quotes. Needs no vendor, no network and no file, and runs wherever JavaScript runs.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { serve } from "httptrading/node";
 * import { paper } from "httptrading/paper";
 *
 * const trading = createHttpTrading({
 *   brokers: [paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] })],
 * });
 * await serve(trading); // 127.0.0.1:8080
 * ```
 *
 * @module
 */
import type { Broker } from "../../spec/broker.ts";
import { defineBroker } from "../../spec/define-broker.ts";
import { loadedAtStart } from "../shared/loaded-at-start.ts";
import { toCapabilities } from "./capabilities.ts";
import { type PaperOptions, parsePaperOptions } from "./config.ts";

export type { PaperOptions } from "./config.ts";

/**
 * Opens a paper account.
 *
 * @throws TypeError that lists every option that is wrong.
 */
export function paper(options: PaperOptions): Broker {
  const config = parsePaperOptions(options);
  const outline = {
    kind: "paper",
    display: "模拟交易",
    capabilities: () => toCapabilities(config),
  };
  const broker = loadedAtStart(outline, async () => {
    const { createPaperBroker } = await import("./broker.ts");
    return createPaperBroker(config);
  });
  return defineBroker(options, broker);
}
