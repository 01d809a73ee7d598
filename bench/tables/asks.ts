/** The requests that are measured. */

import type { Sent } from "../guards.ts";
import type { Ask } from "../load/load.ts";
import type { Caller, Setup } from "../setups.ts";
import { ORDER } from "../stub-broker.ts";

export type Request = "read" | "place" | "follow";

const PATHS = { read: "cash/state", place: "order/place", follow: "order/events" } as const;

/** What the clients of a gateway ask by turns. */
export function asksOf(request: Request, { callers, sent }: Setup): Ask[] {
  return callers.map((caller) => askOf(request, caller, sent));
}

/** A request of one client. */
export function askOf(request: Request, { instanceId, token }: Caller, sent: Sent = {}): Ask {
  const path = `/httptrading/api/${instanceId}/${PATHS[request]}`;
  if (request !== "place") return { method: "GET", path, headers: { "HT-TOKEN": token, ...sent.headers } };
  const headers = { "HT-TOKEN": token, "Content-Type": "application/json", ...sent.headers };
  return { method: "POST", path, headers, body: JSON.stringify({ ...ORDER, ...sent.order }) };
}
