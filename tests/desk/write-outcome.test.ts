import { expect, test } from "vitest";
import { notSent, writeFailure } from "../../src/desk/write-outcome.ts";
import { FAILURE_CODES, Failure, type Outcome } from "../../src/domain/failure.ts";
import { BROKER_ERROR_CODES, BrokerError, type BrokerErrorCode } from "../../src/spec/broker-error.ts";

const DEFAULTS: Record<BrokerErrorCode, Outcome> = {
  InvalidRequest: "not_sent",
  OrderNotFound: "rejected",
  UnknownContract: "rejected",
  OrderNotOpen: "rejected",
  OrderRejected: "rejected",
  InsufficientFunds: "rejected",
  RateLimited: "not_sent",
  NotSupported: "not_sent",
  BrokerFault: "unknown",
  AuthenticationFailed: "rejected",
  NotConnected: "not_sent",
  Timeout: "unknown",
  OutcomeUnknown: "unknown",
};

test.each(BROKER_ERROR_CODES.map((code) => [code, DEFAULTS[code]] as const))("%s alone is %s", (code, outcome) => {
  expect(writeFailure(new BrokerError(code, "x"), "t").outcome).toBe(outcome);
});

test.each(FAILURE_CODES)("%s that may have been sent is OutcomeUnknown with the tag", (code) => {
  const failure = writeFailure(new Failure(code, "the socket dropped", { outcome: "unknown" }), "httag");
  expect([failure.code, failure.outcome, failure.tag]).toEqual(["OutcomeUnknown", "unknown", "httag"]);
  expect(failure.message).toContain("the socket dropped");
});

test.each(["NotConnected", "RateLimited"] as const)("%s is only ever not_sent", (code) => {
  expect(writeFailure(new BrokerError(code, "x", { outcome: "rejected" }), undefined).outcome).toBe("not_sent");
});

test("a wait that ended before the order left is no timeout of the vendor", () => {
  const failure = writeFailure(new BrokerError("Timeout", "still queued", { outcome: "not_sent" }), undefined);
  expect([failure.code, failure.outcome]).toEqual(["RateLimited", "not_sent"]);
});

test.each(["Timeout", "OutcomeUnknown"] as const)("what %s says before the hand-over is of no write", (code) => {
  expect(notSent(new BrokerError(code, "no answer"))).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
});

test.each([new TypeError("cannot read properties"), "timeout", undefined, { retType: -1 }])(
  "a thrown %s leaves the outcome unknown",
  (thrown) => {
    const failure = writeFailure(thrown, "httag");
    expect([failure.code, failure.outcome, failure.tag]).toEqual(["OutcomeUnknown", "unknown", "httag"]);
  },
);

test("the vendor's words, particulars and waiting time go on to the client", () => {
  const failure = writeFailure(
    new BrokerError("RateLimited", "15 in 30 s", { outcome: "not_sent", retryAfterMs: 2500, details: { limit: 15 } }),
    undefined,
  );
  expect([failure.message, failure.retryAfterMs, failure.details]).toEqual(["15 in 30 s", 2500, { limit: 15 }]);
});
