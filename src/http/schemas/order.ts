/** Schemas of orders: what a client sends. */
import * as z from "zod";
import { DIRECTIONS, LIFECYCLES, ORDER_TYPES, TIMES_IN_FORCE } from "../../domain/order.ts";
import { contractParameters } from "./contract.ts";
import { once } from "./once.ts";
import { orderIdInput, priceInput, qtyInput, wordInput } from "./values.ts";

/** The order of every example: the one in the Python project's README. */
export const PLACE_EXAMPLE = {
  tradeType: "Securities",
  symbol: "AAPL",
  region: "US",
  price: 200,
  qty: 12,
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "ETH",
  direction: "BUY",
} as const;

export const REPLACE_EXAMPLE = { orderId: "69788888", qty: 10, price: 201.5 } as const;

export const LIFECYCLE_MEANING =
  "When it may trade. RTH: regular hours; ETH: regular hours, before and after; OVERNIGHT: the night session only.";

/**
 * When a rule across fields runs: also while other fields are wrong, so that every fault is told at once, but not on top
 * of a fault of its own fields.
 */
function unlessFaulty(...fields: readonly string[]) {
  return ({ value, issues }: { value: unknown; issues: readonly { path?: readonly PropertyKey[] | undefined }[] }) =>
    typeof value === "object" && value !== null && !issues.some(({ path }) => fields.includes(String(path?.[0])));
}

export const placeBody = once(() =>
  z
    .strictObject({
      ...contractParameters(),
      price: priceInput().nullish(),
      qty: qtyInput(),
      orderType: wordInput(ORDER_TYPES, "`Limit` needs a price; `Market` ignores one."),
      timeInForce: wordInput(TIMES_IN_FORCE, "DAY: until the end of the trading day. GTC: until canceled."),
      lifecycle: wordInput(LIFECYCLES, LIFECYCLE_MEANING),
      direction: wordInput(DIRECTIONS, "Side of the order."),
    })
    .refine((body) => body.orderType !== "Limit" || (body.price ?? null) !== null, {
      when: unlessFaulty("price", "orderType"),
      path: ["price"],
      error: "a Limit order needs a price",
    })
    .meta({ id: "PlaceOrder", description: "An order to place.", examples: [PLACE_EXAMPLE] }),
);

export const replaceBody = once(() =>
  z
    .strictObject({ orderId: orderIdInput(), qty: qtyInput().nullish(), price: priceInput().nullish() })
    .refine((body) => (body.qty ?? null) !== null || (body.price ?? null) !== null, {
      when: unlessFaulty("qty", "price"),
      path: ["qty"],
      error: "qty or price must be given: what is to be changed",
    })
    .meta({
      id: "ReplaceOrder",
      description:
        "A change of an open order: a new total quantity (filled part included), a new limit price, or both.",
      examples: [REPLACE_EXAMPLE],
    }),
);

export const cancelBody = once(() =>
  z
    .strictObject({ orderId: orderIdInput() })
    .meta({ id: "CancelOrder", description: "The order to cancel.", examples: [{ orderId: "69788888" }] }),
);

export const orderQuery = once(() => z.strictObject({ orderId: orderIdInput() }));

export const ordersQuery = once(() =>
  z.strictObject({
    status: wordInput(["open", "all"], "`open` (default): orders that still live. `all`: ended ones too.").default(
      "open",
    ),
  }),
);
