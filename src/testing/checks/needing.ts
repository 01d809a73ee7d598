/** Short ways to write down what a check needs. */
import type { OrderCapability } from "../../spec/capabilities.ts";
import type { Need } from "../check.ts";
import type { Power } from "../stage.ts";

type Method = Extract<Need, { operation: unknown }>["operation"];

/** Methods of the broker. */
export function methods(...names: readonly Method[]): Need[] {
  return names.map((operation) => ({ operation }));
}

/** Powers over the venue. */
export function powers(...names: readonly Power[]): Need[] {
  return names.map((power) => ({ power }));
}

/** A row of the capabilities. */
export function row(wanted: Partial<OrderCapability>): Need {
  return { row: wanted };
}

/** What every check needs that places an order which rests and looks at it. */
export const TRADING: readonly Need[] = [...methods("placeOrder", "order"), row({ orderType: "Limit" })];

/** Regions that have checks of their own whether the stage names a contract of theirs or not. */
export const REGIONS = ["US", "HK", "CN"] as const;
