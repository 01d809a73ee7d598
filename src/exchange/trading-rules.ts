/** What an order must look like before money is looked at. Each check throws the exchange's refusal. */
import { type Contract, contractKey } from "../domain/contract.ts";
import { isMultipleOf, isPositiveDecimal, subtract } from "../domain/money.ts";
import type { Direction, OrderRequest } from "../domain/order.ts";
import { RefusedByExchange } from "./exchange-error.ts";
import { isTradable, marketOf, priceStep } from "./markets.ts";

/** Refuses a contract that is not a security of a known venue, or whose symbol has not that venue's form. */
export function checkContract(contract: Contract): void {
  if (isTradable(contract)) return;
  throw new RefusedByExchange("unknown-contract", `${contractKey(contract)} is not traded on this exchange`);
}

/** Refuses a night order where there is no night, and any that is not a limit order. */
export function checkSession({ contract, lifecycle, orderType }: OrderRequest): void {
  if (marketOf(contract.region)?.dayEnds[lifecycle] === undefined) {
    throw new RefusedByExchange("unsupported-session", `${contract.region} has no ${lifecycle} session`);
  }
  if (lifecycle === "OVERNIGHT" && orderType !== "Limit") {
    throw new RefusedByExchange("unsupported-session", "the night session takes limit orders only");
  }
}

/** Refuses a limit that is not above zero or lies between the contract's price steps. */
export function checkLimit(contract: Contract, price: number | undefined): void {
  if (price === undefined || !isPositiveDecimal(price)) {
    throw new RefusedByExchange("bad-price", `a limit order needs a price above 0 and below 1e21, not ${price}`);
  }
  const step = priceStep(contract, price);
  if (isMultipleOf(price, step)) return;
  throw new RefusedByExchange(
    "bad-price",
    `${price} is not a multiple of ${step}, the price step of ${contractKey(contract)}`,
  );
}

/**
 * Refuses a quantity that is not a whole number of lots. An odd remainder of a position may be sold, but only whole:
 * with 250 held and a lot of 100, one may sell 50, 150 or 250.
 *
 * @param sellable what the order may sell, including what it has sold already
 */
export function checkQuantity(
  contract: Contract,
  direction: Direction,
  qty: number,
  lot: number,
  sellable: number,
): void {
  if (!isPositiveDecimal(qty)) {
    throw new RefusedByExchange("bad-quantity", `a quantity must be above 0 and below 1e21, not ${qty}`);
  }
  if (isMultipleOf(qty, lot)) return;
  const sellsRemainder = direction === "SELL" && qty <= sellable && isMultipleOf(subtract(sellable, qty), lot);
  if (sellsRemainder) return;
  throw new RefusedByExchange(
    "bad-quantity",
    `${qty} is not a multiple of ${lot}, the lot of ${contractKey(contract)}`,
  );
}
