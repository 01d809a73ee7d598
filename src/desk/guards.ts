/** What is refused before anything is journalled or sent: by a token's scopes, and by the broker's own capabilities. */
import type { Contract } from "../domain/contract.ts";
import { Failure } from "../domain/failure.ts";
import { isMultipleOf, isPositiveDecimal } from "../domain/money.ts";
import { DIRECTIONS, type Order, type OrderChange, type OrderRequest, orderFlags } from "../domain/order.ts";
import type { OrderRecord } from "../journal/journal.ts";
import type { Capabilities, MarketCapability, OrderCapability } from "../spec/capabilities.ts";
import type { Mandate, Scope } from "../spec/policy.ts";
import type { OrderView } from "./types.ts";

/** One thing that is wrong with a request. */
export interface Fault {
  readonly path: string;
  readonly message: string;
  readonly value?: unknown;
}

/** Throws the failure that lists every fault; does nothing when there are none. */
export function refuse(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const message = faults.map((fault) => `${fault.path}: ${fault.message}`).join("; ");
  throw new Failure("InvalidRequest", message, { outcome: "not_sent", details: faults });
}

/** Throws `Forbidden`, with what is missing, unless the mandate has the scope. Without one everything is allowed. */
export function demandScope(mandate: Mandate | undefined, scope: Scope): void {
  if (mandate === undefined || mandate.scopes.includes(scope)) return;
  const { principal, scopes } = mandate;
  throw new Failure("Forbidden", `this needs a token with the scope ${scope}; ${principal} has ${scopes.join(", ")}`, {
    ...(scope === "read" ? {} : { outcome: "not_sent" }),
    details: { missing: scope, scopes },
  });
}

/** Refuses what is no text where text is written down: an API of one's own may be written in JavaScript. */
export function demandText(path: string, value: unknown): void {
  if (typeof value === "string") return;
  refuse([{ path, message: `must be text, not ${value === null ? "null" : typeof value}` }]);
}

/** The market that a contract is traded in; `undefined` for one that the broker does not have. */
export function marketOf({ markets }: Capabilities, { tradeType, region }: Contract): MarketCapability | undefined {
  return markets.find((market) => market.tradeType === tradeType && market.region === region);
}

/** Checks a contract against the broker's markets. */
export function checkContract(capabilities: Capabilities, contract: Contract): MarketCapability {
  const market = marketOf(capabilities, contract);
  if (market === undefined) {
    const offered = capabilities.markets.map(({ tradeType, region }) => `${tradeType} ${region}`).join(", ");
    throw notSupported(
      `${contract.tradeType} of region ${contract.region} are not traded here; offered: ${offered || "nothing"}`,
    );
  }
  demandText("symbol", contract.symbol);
  if (!matchesWhole(market.symbolPattern, contract.symbol)) {
    refuse([
      {
        path: "symbol",
        message: `${JSON.stringify(contract.symbol)} is no symbol of ${contract.region}, which match ${market.symbolPattern}`,
        value: contract.symbol,
      },
    ]);
  }
  return market;
}

/** Checks a new order; gives the row that it falls under. */
export function checkPlace(capabilities: Capabilities, request: OrderRequest): OrderCapability {
  const { contract, direction, orderType, timeInForce, lifecycle } = request;
  const market = checkContract(capabilities, contract);
  const faults = [...quantityFaults(market, request.qty)];
  if (!DIRECTIONS.includes(direction)) {
    faults.push({ path: "direction", message: `must be one of ${DIRECTIONS.join(", ")}`, value: direction });
  }
  if (orderType === "Limit") faults.push(...priceFaults(market, request.price));
  if (contract.region === "US" && orderType === "Market" && lifecycle !== "RTH") {
    faults.push({
      path: "lifecycle",
      message: `a market order in the US trades in regular hours only; send RTH or a limit order instead of ${lifecycle}`,
      value: lifecycle,
    });
  }
  refuse(faults);
  const row = rowOf(capabilities, request);
  if (row === undefined) {
    const rows = capabilities.orders.filter(
      (taken) => taken.tradeType === contract.tradeType && taken.region === contract.region,
    );
    throw notSupported(
      `${contract.region} orders of ${orderType}, ${timeInForce}, ${lifecycle} are not taken here (${capabilities.environment})`,
      rows.map((taken) => ({
        orderType: taken.orderType,
        timeInForce: taken.timeInForce,
        lifecycle: taken.lifecycle,
      })),
    );
  }
  return row;
}

/** Checks a change against the order it is for. */
export function checkReplace(capabilities: Capabilities, change: OrderChange, order: OrderView): void {
  if (orderFlags(order).isCompleted) throw orderNotOpen(order);
  if (rowOf(capabilities, order)?.replaceable === false) {
    throw notSupported(
      `orders in ${order.contract.region} cannot be replaced here (${capabilities.environment}); cancel and place again`,
    );
  }
  const market = checkContract(capabilities, order.contract);
  const faults: Fault[] = [];
  if (change.qty === undefined && change.price === undefined) {
    faults.push({ path: "qty", message: "a change needs a qty or a price" });
  }
  if (change.qty !== undefined) {
    faults.push(...quantityFaults(market, change.qty));
    if (change.qty < order.filledQty) {
      faults.push({
        path: "qty",
        message: `the new total ${change.qty} is below the ${order.filledQty} that are filled already; cancel the order to keep those only`,
        value: change.qty,
      });
    }
  }
  if (change.price !== undefined) {
    if (order.orderType === "Market") {
      faults.push({ path: "price", message: "a market order has no price to change", value: change.price });
    } else {
      faults.push(...priceFaults(market, change.price));
    }
  }
  refuse(faults);
}

/** What a write on a completed order is answered with; `next` is what a change has put in its place. */
export function orderNotOpen(order: OrderView, next?: OrderRecord): Failure {
  return new Failure("OrderNotOpen", endedWords(order, next), {
    outcome: "not_sent",
    details: { order: next ? { ...next, source: "journal" } : order },
  });
}

/** The same in words. */
export function endedWords({ orderId, status }: Order, next: Order | undefined): string {
  return next
    ? `order ${orderId} was changed into order ${next.orderId}, which is ${next.status}`
    : `order ${orderId} is ${status} and takes no more changes`;
}

/** What an operation or order that the broker lacks is answered with. */
export function notSupported(message: string, taken?: unknown): Failure {
  return new Failure("NotSupported", message, {
    outcome: "not_sent",
    ...(taken === undefined ? {} : { details: { supported: taken } }),
  });
}

/** The row that an order falls under; none for an order of a kind that is not taken here. */
function rowOf(
  { orders }: Capabilities,
  { contract, orderType, timeInForce, lifecycle }: Pick<Order, "contract" | "orderType" | "timeInForce" | "lifecycle">,
): OrderCapability | undefined {
  return orders.find(
    (row) =>
      row.tradeType === contract.tradeType &&
      row.region === contract.region &&
      row.orderType === orderType &&
      row.timeInForce === timeInForce &&
      row.lifecycle === lifecycle,
  );
}

function quantityFaults(market: MarketCapability, qty: number): Fault[] {
  if (isPositiveDecimal(qty) && isMultipleOf(qty, market.qtyStep)) return [];
  return [
    {
      path: "qty",
      message: `${qty} is not a positive multiple of ${market.qtyStep}, the step of ${market.tradeType} in ${market.region}`,
      value: qty,
    },
  ];
}

function priceFaults(market: MarketCapability, price: number | undefined): Fault[] {
  if (price === undefined || !isPositiveDecimal(price)) {
    return [{ path: "price", message: "a limit order needs a price above 0", value: price ?? null }];
  }
  const { step } = market.priceSteps.findLast(({ from }) => price >= from) ?? { step: undefined };
  if (step === undefined || isMultipleOf(price, step)) return [];
  return [
    {
      path: "price",
      message: `${price} is finer than ${step}, the price step of ${market.region} at this price; it is never cut`,
      value: price,
    },
  ];
}

/** Compiled once: a broker has one or two in each market, and makes its capabilities anew at every call. */
const wholePatterns = new Map<string, RegExp>();

function matchesWhole(pattern: string, text: string): boolean {
  const known = wholePatterns.get(pattern);
  if (known !== undefined) return known.test(text);
  const made = new RegExp(`^(?:${pattern})$`);
  wholePatterns.set(pattern, made);
  return made.test(text);
}
