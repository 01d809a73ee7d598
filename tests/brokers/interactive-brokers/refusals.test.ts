import { describe, expect, test } from "vitest";
import { toCancelRefusal, toOrderRefusal, toReadRefusal } from "../../../src/brokers/interactive-brokers/refusals.ts";

const notice = (code: number, text = "in TWS's words") => ({ id: 5, code, text });

describe("a refusal of an order", () => {
  test.each([
    [200, "UnknownContract", "UnknownContract"],
    [201, "OrderRejected", "OrderRejected"],
    [104, "OrderRejected", "OrderNotOpen"],
    [202, "OrderRejected", "OrderNotOpen"],
    [110, "OrderRejected", "OrderRejected"],
  ])("with the number %i is %s of a new one and %s of a change, with the vendor's text", (code, placed, changed) => {
    const message = expect.stringContaining("in TWS's words");
    expect(toOrderRefusal(notice(code), "the order")).toMatchObject({ code: placed, outcome: "rejected", message });
    expect(toOrderRefusal(notice(code), "the change")).toMatchObject({ code: changed, outcome: "rejected", message });
  });

  test.each([
    "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE [1247.90 USD] MUST EXCEED THE INITIAL MARGIN [4989.99 USD]",
    "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR NET LIQ [-16.69 GBP] MUST EXCEED THE MARGIN REQ [54.67 GBP]",
    "In order to obtain the desired position your Equity with Loan Value [1000] must exceed the new total Initial Margin of [1500].",
    "Your Available Funds are in sufficient to cover the change in the account's margin requirements",
    "YOUR ORDER IS NOT ACCEPTED. MINIMUM OF 2000 USD (OR EQUIVALENT) EQUITY IS REQUIRED IN ORDER TO PURCHASE ON MARGIN",
    "YOUR ORDER IS NOT ACCEPTED. MINIMUM OF 2000 USD (OR EQUIVALENT IN OTHER CURRENCIES) REQUIRED IN ORDER TO PURCHASE ON MARGIN, SELL SHORT, TRADE CURRENCY OR FUTURE",
    "CASH AVAILABLE: 28.69; CASH NEEDED FOR THIS ORDER AND OTHER PENDING ORDERS: 56.64",
    "Available settled cash converted to base: 59.24 GBP Cash needed for this order and other pending orders: <br>671.82 GBP",
  ])("is for want of money where it says %s", (text) => {
    const refusal = toOrderRefusal(notice(201, `Order rejected - reason:${text}`), "the order");
    expect(refusal).toMatchObject({ code: "InsufficientFunds", outcome: "rejected" });
  });

  test.each([
    "The contract is not available for short sale.",
    "No Trading Permission, Customer Ineligible",
    "Only closing orders are permitted in this instrument.",
    "FX trade would expose account to currency leverage.",
  ])("is for something else where it says %s", (text) => {
    const refusal = toOrderRefusal(notice(201, `Order rejected - reason:${text}`), "the order");
    expect(refusal).toMatchObject({ code: "OrderRejected", outcome: "rejected" });
  });
});

test.each([
  [135, "OrderNotFound"],
  [10147, "OrderNotFound"],
  [104, "OrderNotOpen"],
  [136, "OrderNotOpen"],
  [161, "OrderNotOpen"],
  [10148, "OrderNotOpen"],
  [201, "OrderRejected"],
])("a refusal of a cancel with the number %i is %s", (code, expected) => {
  expect(toCancelRefusal(notice(code), "77")).toMatchObject({ code: expected, outcome: "rejected" });
});

test("what TWS has thrown away since there was too much was not sent, and may be sent again", () => {
  for (const refusal of [
    toOrderRefusal(notice(100), "the order"),
    toOrderRefusal(notice(100), "the change"),
    toCancelRefusal(notice(100), "77"),
  ]) {
    expect(refusal).toMatchObject({ code: "RateLimited", outcome: "not_sent", retryAfterMs: 1000 });
  }
});

test.each([
  [200, "UnknownContract"],
  [354, "NotSupported"],
  [10089, "NotSupported"],
  [10168, "NotSupported"],
  [10186, "NotSupported"],
  [100, "RateLimited"],
  [101, "RateLimited"],
  [322, "RateLimited"],
  [10197, "BrokerFault"],
  [321, "BrokerFault"],
])("a refusal of a read with the number %i is %s", (code, expected) => {
  expect(toReadRefusal(notice(code), "the quote")).toMatchObject({ code: expected });
});
