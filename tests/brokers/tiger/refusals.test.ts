/** The vendor's codes and texts in our words. */
import { expect, test } from "vitest";
import { type Purpose, type Refusal, toRefusal } from "../../../src/brokers/tiger/refusals.ts";
import { createRests, MS } from "../../../src/brokers/tiger/timing.ts";

function refused(code: number, message: string, purpose: Purpose, more: Partial<Refusal> = {}) {
  const error = toRefusal({ code, message, status: 200, clockAheadMs: undefined, ...more }, "place_order", purpose);
  return [error.code, error.outcome];
}

test.each([
  [1, "server error", "place", "OutcomeUnknown", "unknown"],
  [1, "server error", "read", "BrokerFault", undefined],
  [2, "network read time out", "cancel", "OutcomeUnknown", "unknown"],
  [3, "something new", "modify", "OutcomeUnknown", "unknown"],
  [
    4,
    "rate limit error(current limiting interface:place_order, up to 120 times per minute)",
    "place",
    "RateLimited",
    "not_sent",
  ],
  [
    4,
    "access forbidden(you have been blacklisted because of too frequent requests)",
    "place",
    "AuthenticationFailed",
    "not_sent",
  ],
  [4, "access forbidden(in the blacklist for exceeding the rate limit)", "place", "AuthenticationFailed", "not_sent"],
  [4, "access forbidden(no permission to account 1)", "read", "AuthenticationFailed", "not_sent"],
  [5, "rate limit error", "cancel", "RateLimited", "not_sent"],
  [
    1000,
    "common param error(failed to verify signature, please make sure you use the correct rsa private key)",
    "place",
    "AuthenticationFailed",
    "not_sent",
  ],
  [1000, "common param error(invalid symbols)", "read", "UnknownContract", "not_sent"],
  [1000, "common param error(the current requested method does not support)", "place", "BrokerFault", "not_sent"],
  [1010, "biz param error(field 'symbol' cannot be empty)", "place", "InvalidRequest", "not_sent"],
  [1010, "biz param error(invalid symbol NOSUCH of market US)", "place", "UnknownContract", "rejected"],
  [1010, "biz param error(invalid base_currency SGD)", "read", "NotSupported", undefined],
  [1010, "biz param error(不支持的币种 SGD)", "read", "NotSupported", undefined],
  [1010, "biz param error(invalid currency SGD of market US)", "place", "InvalidRequest", "not_sent"],
  [1100, "global account response error(TRADE DUPLICATE ORDER ID)", "place", "OutcomeUnknown", "unknown"],
  [
    1200,
    "standard account response error(bad_request:Insufficient buying power, we can not place the order)",
    "place",
    "InsufficientFunds",
    "rejected",
  ],
  [
    1200,
    "standard account response error(bad_request:Insufficient position, this security can not be sold short)",
    "place",
    "OrderRejected",
    "rejected",
  ],
  [
    1200,
    "standard account response error(bad_request:Orders cannot be placed at this moment)",
    "place",
    "OrderRejected",
    "rejected",
  ],
  [1200, "standard account response error(bad_request:Order does not exist)", "cancel", "OrderNotFound", "rejected"],
  [
    1200,
    "standard account response error(bad_request:The order has ended and can not be modified or cancelled)",
    "cancel",
    "OrderNotOpen",
    "rejected",
  ],
  [
    1200,
    "standard account response error(bad_request:This order is not supported by the exchange)",
    "place",
    "OrderRejected",
    "rejected",
  ],
  [
    1200,
    "standard account response error(bad_request:This order is not supported by the exchange)",
    "modify",
    "OrderRejected",
    "rejected",
  ],
  [
    1200,
    "standard account response error(bad_request:bad order, contract not found)",
    "place",
    "UnknownContract",
    "rejected",
  ],
  [
    1200,
    "standard account response error(bad_request:This stock does not support short selling)",
    "place",
    "OrderRejected",
    "rejected",
  ],
  [1200, "standard account response error(bad_request:合约不正确)", "place", "UnknownContract", "rejected"],
  [1200, "standard account response error(bad_request:request timed out)", "place", "OutcomeUnknown", "unknown"],
  [1200, "standard account response error(internal_error)", "place", "OutcomeUnknown", "unknown"],
  [1200, "standard account response error(Internal Server Error)", "cancel", "OutcomeUnknown", "unknown"],
  [1300, "paper account response error(service is temporarily unavailable)", "modify", "OutcomeUnknown", "unknown"],
  [1200, "standard account response error(系统繁忙, 请稍后再试)", "place", "OutcomeUnknown", "unknown"],
  [
    1200,
    "standard account response error(bad_request:this stock is unavailable for trading)",
    "place",
    "OrderRejected",
    "rejected",
  ],
  [
    1200,
    "standard account response error(bad_request:Order time outside of the trading hours)",
    "place",
    "OrderRejected",
    "rejected",
  ],
  [
    1300,
    "paper account response error(bad_request:Contract not found, please check the symbol)",
    "place",
    "UnknownContract",
    "rejected",
  ],
  [2100, "quote error", "read", "BrokerFault", undefined],
  // What the login may not do, whatever was asked.
  [2400, "user token error(user token expired invalid)", "place", "AuthenticationFailed", "not_sent"],
  [2400, "user token can not be empty", "cancel", "AuthenticationFailed", "not_sent"],
  [2400, "user token invalid", "read", "AuthenticationFailed", "not_sent"],
  [
    4000,
    "permission denied(Current user and device do not have permissions in the US market)",
    "read",
    "AuthenticationFailed",
    "not_sent",
  ],
  [4000, "permission denied(This service is temporarily unavailable)", "read", "BrokerFault", undefined],
  [
    1010,
    "biz param error(account '****0778' is not authorized to the api user)",
    "place",
    "AuthenticationFailed",
    "not_sent",
  ],
  [1010, "biz param error(field 'secret_key' or 'account' invalid)", "modify", "AuthenticationFailed", "not_sent"],
  [1000, "common param error(public key error)", "place", "AuthenticationFailed", "not_sent"],
  [1200, "standard account response error(unauthorized:Please login in)", "place", "AuthenticationFailed", "not_sent"],
  [
    1200,
    "standard account response error(bad_request:You are not authorized to trade this stock)",
    "place",
    "OrderRejected",
    "rejected",
  ],
  // Where the account is cleared by Interactive Brokers, Tiger repeats what that one says.
  [
    1100,
    "global account response error(201:Order rejected - Reason: YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE [636.45 USD] MUST EXCEED THE INITIAL MARGIN [736.92 USD])",
    "place",
    "InsufficientFunds",
    "rejected",
  ],
  [
    1100,
    "global account response error(201:Order rejected - Reason: YOUR ORDER IS NOT ACCEPTED. MINIMUM OF 2000 USD (OR EQUIVALENT IN OTHER CURRENCIES) REQUIRED IN ORDER TO PURCHASE ON MARGIN, SELL SHORT, TRADE CURRENCY OR FUTURE)",
    "modify",
    "InsufficientFunds",
    "rejected",
  ],
  [1100, "global account response error(TRADE ORDER NOT ALLOWED)", "place", "OrderRejected", "rejected"],
  [
    1200,
    "standard account response error(bad_request:The order quantity you entered exceeds your currently available position)",
    "place",
    "OrderRejected",
    "rejected",
  ],
  [
    1200,
    "standard account response error(bad_request:We don’t support trading of this stock now(Error Code 4))",
    "place",
    "OrderRejected",
    "rejected",
  ],
] as const)("code %i %s, of a %s, is %s %s", (code, message, purpose, expected, outcome) => {
  expect(refused(code, message, purpose)).toEqual([expected, outcome]);
});

test.each([
  [3_600_000, "3600 s ahead of"],
  [-60_000, "60 s behind"],
])("a clock that is %i ms off is told in words", (clockAheadMs, words) => {
  const message = "common param error(timestamp is expired)";
  const error = toRefusal({ code: 1000, message, status: 200, clockAheadMs }, "place_order", "place");
  expect(error.message).toContain(words);
});

test("a method rests for longer each time that it is called too frequent, and no more once it was answered", () => {
  let now = 0;
  const rests = createRests(false, () => now);
  const waits: number[] = [];
  for (let count = 0; count < 6; count += 1) {
    waits.push(rests.refused("orders"));
    now += waits.at(-1) ?? 0;
    expect(rests.left("orders")).toBe(0);
  }
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  rests.answered("orders", now);
  expect(rests.refused("orders")).toBe(MS.firstRest);
  expect(rests.left("orders")).toBe(MS.firstRest);
  expect(rests.left("place_order")).toBe(0);
});

test("all methods rest on the blacklist, for longer each time, and no more once one was answered", () => {
  let now = 0;
  const rests = createRests(false, () => now);
  const waits: number[] = [];
  for (let count = 0; count < 6; count += 1) {
    const wait = rests.shutOut();
    waits.push(wait);
    // Another answer to what had left before.
    now += 1_000;
    rests.shutOut();
    expect([rests.left("place_order"), rests.left("orders")]).toEqual([wait - 1_000, wait - 1_000]);
    now += wait - 1_000;
    expect(rests.left("orders")).toBe(0);
  }
  expect(waits).toEqual([60_000, 120_000, 240_000, 480_000, 960_000, 960_000]);
  rests.shutOut();
  rests.answered("cancel_order", now);
  expect(rests.left("orders")).toBe(0);
});
