/** The operations, as a client does them, and how to see in the exchange's ledger what came of them. */
import type { IntentAction } from "../../../src/journal/journal.ts";
import type { LedgerRow } from "../../../src/testing/index.ts";
import type { Scene } from "./scene.ts";
import type { Operation } from "./terms.ts";

/** Every cell begins with an order that rests at this price. */
const SUBJECT_PRICE = 100;
const PLACED_PRICE = 101;
const REPLACED_PRICE = 102;
const QTY = 10;

/** An order far below the market. Each has a price of its own, by which the ledger's rows are told apart. */
export function restingOrder(price: number) {
  return {
    tradeType: "Securities",
    region: "US",
    symbol: "AAPL",
    direction: "BUY",
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
    qty: QTY,
    price,
  };
}

/** One write, as it is sent and sent again. */
export interface Write {
  readonly path: string;
  readonly key: string;
  readonly body: unknown;
  /** The rows that show that it was carried out: none or one, if all is well. */
  applied(ledger: readonly LedgerRow[]): readonly LedgerRow[];
  /** Whether this is what the journal has of it. */
  isIntent(action: IntentAction): boolean;
}

/** Places the order that the operation is about, or that it should leave alone; gives its id. */
export async function placeSubject({ client }: Scene, key = "subject"): Promise<string> {
  const { body } = await client.insist("order/place", key, restingOrder(SUBJECT_PRICE));
  if (body.orderId === undefined) throw new Error(`no order to begin with: ${JSON.stringify(body)}`);
  return body.orderId;
}

/** Fills one of the order's ten, at its price. */
export function fillOne(scene: Scene, orderId: string): void {
  scene.fill(orderId, 1, SUBJECT_PRICE);
}

export function writeOf(operation: Exclude<Operation, "read" | "push">, orderId: string): Write {
  switch (operation) {
    case "place":
      return placeAt(PLACED_PRICE);
    case "replace":
      return {
        path: "order/replace",
        key: "replace",
        body: { orderId, price: REPLACED_PRICE },
        applied: (ledger) => ledger.filter((row) => row.orderId === orderId && row.price === REPLACED_PRICE),
        isIntent: ({ kind }) => kind === "replace",
      };
    case "cancel":
      return cancelOf(orderId);
  }
}

export function placeAt(price: number): Write {
  return {
    path: "order/place",
    key: `place at ${price}`,
    body: restingOrder(price),
    applied: (ledger) => ledger.filter((row) => row.price === price),
    isIntent: (action) => action.kind === "place" && action.request.price === price,
  };
}

export function cancelOf(orderId: string): Write {
  return {
    path: "order/cancel",
    key: `cancel ${orderId}`,
    body: { orderId },
    applied: (ledger) => ledger.filter((row) => row.orderId === orderId && row.status === "CANCELED"),
    isIntent: (action) => action.kind === "cancel" && action.orderId === orderId,
  };
}
