/** The requests that are measured. */
import type { Ask } from "../load/load.ts";
import type { Caller } from "../setups.ts";
import { ORDER } from "../stub-broker.ts";

export type Request = "read" | "place" | "follow";

const PATHS = { read: "cash/state", place: "order/place", follow: "order/events" } as const;

/** A request of one client. */
export function askOf(request: Request, { instanceId, token }: Caller): Ask {
  const path = `/httptrading/api/${instanceId}/${PATHS[request]}`;
  if (request !== "place") return { method: "GET", path, headers: { "HT-TOKEN": token } };
  const headers = { "HT-TOKEN": token, "Content-Type": "application/json" };
  return { method: "POST", path, headers, body: JSON.stringify(ORDER) };
}
