/**
 * The HTTP suite: what any server of the demo account must do, on paper or at a vendor's simulator, whatever runtime it
 * runs on.
 *
 * Needs nothing but `fetch` and a URL, and leaves the account as it found it but for its fees and ended orders, so that
 * it may run again and again against one server. Where the clock of the account stands decides whether orders fill: a
 * check that is about fills asks `market/state` first, so give the server a clock in regular hours of the US to see them.
 */
import { accountChecks } from "./suite/account.ts";
import type { HttpCheck } from "./suite/client.ts";
import { eventChecks } from "./suite/events.ts";
import { gatewayChecks } from "./suite/gateway.ts";
import { orderChecks } from "./suite/orders.ts";
import { refusalChecks } from "./suite/refusals.ts";

export type { HttpCheck, SuiteContext } from "./suite/client.ts";

/** Every check, in an order in which they can be run one after the other. */
export const HTTP_SUITE: readonly HttpCheck[] = [
  ...gatewayChecks,
  ...accountChecks,
  ...orderChecks,
  ...eventChecks,
  ...refusalChecks,
];
