/**
 * A broker for Longbridge (长桥证券, Longport) accounts, over the vendor's HTTP and socket services.
 *
 * ```ts
 * import { createHttpTrading } from "httptrading";
 * import { longport } from "httptrading/longport";
 * import { serve } from "httptrading/node";
 *
 * const broker = longport({
 *   instanceId: "WyLqtMhDvAnBb6a3",
 *   tokens: ["Vt5UCW2sLBvgPXjR"],
 *   appKey: "…",
 *   appSecret: "…",
 *   tokenFile: "longport-token.toml",
 *   autoRefreshToken: true,
 * });
 * await serve(createHttpTrading({ brokers: [broker] }));
 * ```
 *
 * Two transports give the same answers. `web`, the default, is made of `fetch`, `WebSocket` and WebCrypto: it runs
 * wherever those are, needs no package, sees at once when a connection goes, and closes it when told to. `native` goes
 * through the vendor's SDK (`npm install longport@3`). Its calls hang while a socket is down, it says nothing of its
 * connections, so that this gateway has to ask every second, and it cannot close them. Nor does its binary load everywhere:
 * that of 3.0.23 needs GLIBC 2.39, which Debian 12 and Ubuntu 22.04 lack, and packagers leave optional packages out. With
 * either, orders go out and are read over the gateway's own HTTP, since the SDK posts an order again when it is answered 429,
 * and leaves out what is attached to one.
 *
 * On an edge worker the gateway has to stand in a Durable Object, since the links outlive a request; see
 * `examples/longport-worker.ts`.
 *
 * @module
 */
import type { Broker } from "../../spec/broker.ts";
import { DEFAULT_DEADLINE_MS, defineBroker } from "../../spec/define-broker.ts";
import { loadedAtStart } from "../shared/loaded-at-start.ts";
import { toCapabilities } from "./capabilities.ts";
import { type LongportOptions, parseLongportOptions } from "./config.ts";

export type { LongportOptions } from "./config.ts";

/**
 * Connects to a Longbridge (Longport) account.
 *
 * - The tag of an order is its `remark`, sent again with every replace, and its `client_request_id`.
 * - Orders of the mainland cannot be replaced, for Stock Connect has no such thing.
 * - A submit that Longport answers with 429 was turned away at its door and counts as not sent; it is never repeated here.
 *
 * @throws TypeError that lists every wrong option.
 */
export function longport(options: LongportOptions): Broker {
  const config = parseLongportOptions(options);
  const { deadlineMs = DEFAULT_DEADLINE_MS } = options;
  const outline = {
    kind: "longBridge",
    display: "长桥证券",
    capabilities: () => toCapabilities(null, config.tradeEnv),
  };
  const broker = loadedAtStart(outline, async () => {
    const { createLongportBroker } = await import("./broker.ts");
    return createLongportBroker(config, deadlineMs);
  });
  return defineBroker(options, broker);
}
