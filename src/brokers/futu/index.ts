/**
 * A broker for Futu (富途证券) and moomoo accounts, over the vendor's local gateway OpenD and its SDK `futu-api`.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { futu } from "httptrading/futu";
 * import { serve } from "httptrading/node";
 *
 * const broker = futu({
 *   instanceId: "WyLqtMhDvAnBb6a3",
 *   tokens: ["Vt5UCW2sLBvgPXjR"],
 *   port: 33333,
 *   tradeEnv: "SIMULATE",
 * });
 * await serve(createHttpTrading({ brokers: [broker] }));
 * ```
 *
 * Install the SDK beside it: `npm install futu-api`. OpenD must have its WebSocket interface on (`websocket_port`).
 *
 * @module
 */
import type { Broker } from "../../spec/broker.ts";
import { DEFAULT_DEADLINE_MS, defineBroker } from "../../spec/define-broker.ts";
import { loadedAtStart } from "../shared/loaded-at-start.ts";
import { toCapabilities } from "./capabilities.ts";
import { type FutuOptions, parseFutuOptions } from "./config.ts";

export type { FutuOptions } from "./config.ts";

/**
 * Connects to a Futu or moomoo account through OpenD.
 *
 * - SIMULATE has one paper account a region: positions and orders are their union.
 * - The tag of an order is its `remark`. A replace cannot change a remark, and OpenD keeps it.
 * - Orders of the mainland cannot be replaced in the REAL environment, for Stock Connect has no such thing.
 *
 * @throws TypeError that lists every wrong option.
 */
export function futu(options: FutuOptions): Broker {
  const config = parseFutuOptions(options);
  const { deadlineMs = DEFAULT_DEADLINE_MS } = options;
  const outline = {
    kind: "futu",
    display: "富途证券",
    capabilities: () => toCapabilities({ tradeEnv: config.tradeEnv }),
  };
  const broker = loadedAtStart(outline, async () => {
    const { createFutuBroker } = await import("./broker.ts");
    return createFutuBroker(config, deadlineMs);
  });
  return defineBroker(options, broker);
}
