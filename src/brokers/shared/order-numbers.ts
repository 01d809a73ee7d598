/** What a price and a quantity have to be before they go to a vendor, who may cut what is too fine without a word. */
import { isMultipleOf } from "../../domain/money.ts";
import type { OrderChange } from "../../domain/order.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import type { PriceStep } from "../../spec/capabilities.ts";

/** The step of a price for which a vendor names none. */
const FINEST = 0.001;

/**
 * @param steps of prices, from the lowest on.
 * @throws BrokerError `InvalidRequest` for a quantity that is no whole number above 0, and for a price that is none or finer
 * than its step.
 */
export function demandNumbers({ qty, price }: OrderChange, steps: readonly PriceStep[], region: string): void {
  if (qty !== undefined && !(Number.isSafeInteger(qty) && qty > 0)) {
    throw invalid(`qty ${qty} must be a whole number above 0`);
  }
  if (price === undefined) return;
  if (!(Number.isFinite(price) && price > 0)) throw invalid(`price ${price} must be above 0`);
  const step = steps.findLast(({ from }) => price >= from)?.step ?? FINEST;
  if (!isMultipleOf(price, step)) throw invalid(`price ${price} is finer than the step ${step} of ${region}`);
}

/** An order that cannot be, and was not sent. */
export function invalid(message: string): BrokerError {
  return new BrokerError("InvalidRequest", message, { outcome: "not_sent" });
}
