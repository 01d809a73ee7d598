/** What the vendor's refusals mean, by code and by text. */
import { expect, test } from "vitest";
import { toBrokerError, VendorRefusal } from "../../../src/brokers/longport/refusals.ts";

test.each([
  [601011, "place", "OrderNotOpen", "rejected"],
  [601012, "modify", "OrderNotOpen", "rejected"],
  [601013, "modify", "OrderNotOpen", "rejected"],
  [603001, "modify", "OrderNotFound", "rejected"],
  [603001, "read", "OrderNotFound", "rejected"],
  [603054, "modify", "OrderNotFound", "rejected"],
  [301603, "read", "UnknownContract", "rejected"],
  [602999, "place", "OrderRejected", "rejected"],
  [602999, "read", "BrokerFault", undefined],
  [301606, "read", "RateLimited", "not_sent"],
  [429002, "place", "RateLimited", "not_sent"],
  [401003, "place", "AuthenticationFailed", "not_sent"],
  [403201, "modify", "AuthenticationFailed", "not_sent"],
  // Of these nobody knows what became of the request.
  [403202, "place", "OutcomeUnknown", "unknown"],
  [403202, "read", "BrokerFault", undefined],
  [500000, "modify", "OutcomeUnknown", "unknown"],
  [504, "place", "OutcomeUnknown", "unknown"],
  // Who was behind the door waited no longer for it.
  [408, "place", "OutcomeUnknown", "unknown"],
  [499, "modify", "OutcomeUnknown", "unknown"],
  [499, "read", "BrokerFault", undefined],
  // Of what lies behind the service's door: unavailable, and an error of any kind.
  [14, "place", "OutcomeUnknown", "unknown"],
  [2, "modify", "OutcomeUnknown", "unknown"],
  [14, "read", "BrokerFault", undefined],
  [503001, "read", "BrokerFault", undefined],
] as const)("%d to a %s is %s", (code, purpose, ours, outcome) => {
  const error = toBrokerError(new VendorRefusal(code, "not now"), "order", purpose);
  expect(error).toMatchObject({ code: ours, message: expect.stringContaining(`not now (${code})`) });
  if (outcome !== undefined) expect(error.outcome).toBe(outcome);
});

test.each([
  ["order not found", "OrderNotFound", "rejected"],
  ["Invalid symbol", "UnknownContract", "rejected"],
  ["Insufficient funds", "InsufficientFunds", "rejected"],
  ["Exceeds buying power", "InsufficientFunds", "rejected"],
  ["the request timed out", "OutcomeUnknown", "unknown"],
  ["internal error", "OutcomeUnknown", "unknown"],
  ["rpc error: code = Canceled desc = context canceled", "OutcomeUnknown", "unknown"],
  ["the order was canceled", "OrderRejected", "rejected"],
])("a code of no known meaning with the text %j is %s", (text, code, outcome) => {
  expect(toBrokerError(new VendorRefusal(602_000, text), "order", "modify")).toMatchObject({ code, outcome });
});
