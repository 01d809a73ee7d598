/** What is pushed in the second of a change counts with the terms of that change, and never so that an order which works seems over. */
import { expect, test } from "vitest";
import { createChangedTerms } from "../../../src/brokers/longport/changed-terms.ts";
import { type PushedOrder, parsePushedOrder } from "../../../src/brokers/longport/messages.ts";

function pushOf(status: string, quantity: number, price: number, executed = 0): PushedOrder {
  return parsePushedOrder({
    order_id: "1",
    status,
    symbol: "AAPL.US",
    submitted_quantity: String(quantity),
    submitted_price: String(price),
    executed_quantity: String(executed),
    updated_at: "1700000000",
  });
}

test("an order that was changed here, and then elsewhere to more, is not over with what it was changed to here", () => {
  const changed = createChangedTerms();
  changed.changing("1", { qty: 9, price: 187 });
  changed.read(pushOf("ReplacedStatus", 9, 187));
  expect(changed.read(pushOf("NewStatus", 10, 190))).toMatchObject({ submitted_quantity: 9, submitted_price: 187 });
  expect(changed.read(pushOf("PartialFilledStatus", 12, 188, 9))).toMatchObject({
    submitted_quantity: 12,
    submitted_price: 188,
    executed_quantity: 9,
  });
});

test.each(["WaitToReplace", "PendingReplaceStatus"])("a change that is %s has not been made", (status) => {
  const changed = createChangedTerms();
  changed.changing("1", { qty: 12, price: 188 });
  changed.read(pushOf(status, 12, 188));
  // The exchange has not taken it.
  expect(changed.read(pushOf("NewStatus", 10, 190))).toMatchObject({ submitted_quantity: 10, submitted_price: 190 });
  changed.read(pushOf("NewStatus", 12, 188));
  expect(changed.read(pushOf("NewStatus", 10, 190))).toMatchObject({ submitted_quantity: 12, submitted_price: 188 });
});
