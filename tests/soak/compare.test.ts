/** The soak's question at the end finds every way in which the stories may differ. */
import { describe, expect, test } from "vitest";
import { contradictions, type Stories } from "../../scripts/soak/compare.ts";
import type { IntentRecord, OrderRecord } from "../../src/journal/journal.ts";
import { anOrder } from "../an-order.ts";

/** Stories whose lists can be changed. */
type Mutable<T> = T extends readonly (infer E)[] ? E[] : { -readonly [K in keyof T]: Mutable<T[K]> };

const REQUEST = {
  contract: { tradeType: "Securities", region: "US", symbol: "AAPL" },
  direction: "BUY",
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  qty: 2,
  price: 200,
} as const;

function row(orderId: string, tag: string | null, status: string, filledQty: number) {
  const order = { region: "US", symbol: "AAPL", direction: "BUY", qty: 2, price: 200, orderType: "Limit" };
  return { orderId, tag, ...order, status, filledQty };
}

function record(orderId: string, tag: string | null, status: OrderRecord["status"], filledQty: number): OrderRecord {
  const more = { external: tag === null, asOf: 0, staleSince: null };
  return { ...anOrder({ orderId, tag, status, filledQty, qty: 2, price: 200 }), ...more };
}

function intent(id: string, state: IntentRecord["state"], orderId: string | null): IntentRecord {
  const refused = {
    code: "OrderRejected",
    message: "no",
    outcome: state === "rejected" ? "rejected" : "not_sent",
  } as const;
  return {
    id,
    instance: "i",
    at: 0,
    updatedAt: 0,
    principal: "bot",
    action: { kind: "place", request: REQUEST },
    fingerprint: null,
    state,
    placed: orderId === null ? null : { orderId },
    failure: orderId === null ? refused : null,
    reason: null,
  };
}

function belief(key: string, tag: string, orderId?: string) {
  const outcome = orderId === undefined ? "not_sent" : "accepted";
  return { client: "bot", key, tag, outcome, orderId, qty: 2, price: 200, canceled: false, ended: false } as const;
}

/** One order that was filled, one that was canceled, one that never was, and one of somebody else. */
function stories(): Stories {
  const told = [
    { orderId: "1", status: "FILLED", filledQty: 2 },
    { orderId: "2", status: "CANCELED", filledQty: 0 },
    { orderId: "9", status: "OPEN", filledQty: 0 },
  ];
  return {
    ledger: [row("1", "ht1", "FILLED", 2), row("2", "ht2", "CANCELED", 0), row("9", null, "OPEN", 0)],
    journal: {
      intents: [intent("ht1", "accepted", "1"), intent("ht2", "resolved", "2"), intent("ht3", "not_sent", null)],
      orders: [record("1", "ht1", "FILLED", 2), record("2", "ht2", "CANCELED", 0), record("9", null, "OPEN", 0)],
    },
    listed: told,
    beliefs: [belief("1", "ht1", "1"), { ...belief("2", "ht2", "2"), canceled: true }, belief("3", "ht3")],
    followers: [{ name: "bot", told }],
  };
}

/** The stories with one thing changed. */
function changed(change: (stories: Mutable<Stories>) => void): string {
  const story = structuredClone(stories());
  change(story as Mutable<Stories>);
  return contradictions(story).join("\n");
}

test("stories that agree have no contradiction", () => {
  expect(contradictions(stories())).toEqual([]);
});

test("what a vendor lists as refused at its own door need not be in the ledger", () => {
  const refused = (filledQty: number) =>
    changed(({ journal, listed }) => {
      journal.orders.push(record("7", null, "REJECTED", filledQty));
      listed.push({ orderId: "7", status: "REJECTED", filledQty });
    });
  expect(refused(0)).toBe("");
  expect(refused(1)).toContain("order/list tells of order 7, which is nowhere");
});

test("nor one that was refused there, and was found by its tag when the answer was lost", () => {
  const found = (status: "REJECTED" | "CANCELED") =>
    changed(({ journal, listed, beliefs }) => {
      journal.intents.push(intent("ht7", "resolved", "7"));
      journal.orders.push(record("7", "ht7", status, 0));
      listed.push({ orderId: "7", status, filledQty: 0 });
      beliefs.push(belief("7", "ht7", "7"));
    });
  expect(found("REJECTED")).toBe("");
  expect(found("CANCELED")).toContain("was told of order 7, but there is none");
  expect(found("CANCELED")).toContain("the journal has ht7 as order 7, the ledger has none");
});

describe("found is", () => {
  test.for<[string, (stories: Mutable<Stories>) => void, string]>([
    ["a second order of one key", ({ ledger }) => ledger.push(row("4", "ht1", "OPEN", 0)), "made 2 orders: 1, 4"],
    [
      "an order that nobody asked for",
      ({ ledger }) => ledger.push(row("4", "ht4", "OPEN", 0)),
      "(ht4) was asked for by nobody",
    ],
    ["an accepted order that is not there", ({ ledger }) => ledger.shift(), "was told of order 1, but there is none"],
    [
      "an order that was called not sent",
      ({ ledger }) => ledger.push(row("4", "ht3", "OPEN", 0)),
      "was told not_sent, but there is order 4",
    ],
    ["another order's id", ({ beliefs }) => beliefs.splice(0, 1, belief("1", "ht1", "2")), "orderId 2, not 1"],
    [
      "a replace that was not applied",
      ({ beliefs }) => beliefs.splice(0, 1, { ...belief("1", "ht1", "1"), price: 201 }),
      "price 201, not 200",
    ],
    [
      "a cancel that was not applied",
      ({ beliefs }) => beliefs.splice(0, 1, { ...belief("1", "ht1", "1"), canceled: true }),
      "status CANCELED, not FILLED",
    ],
    [
      "an end that was none",
      ({ ledger, beliefs }) => {
        ledger.splice(0, 1, row("1", "ht1", "OPEN", 0));
        beliefs.splice(0, 1, { ...belief("1", "ht1", "1"), ended: true });
      },
      "status ended, not OPEN",
    ],
    [
      "an intent left open",
      ({ journal }) => journal.intents.splice(0, 1, intent("ht1", "unknown", null)),
      "the place ht1 is unknown in the journal",
    ],
    ["an accepted order without an intent", ({ journal }) => journal.intents.shift(), "nothing of the accepted ht1"],
    [
      "an intent with another order",
      ({ journal }) => journal.intents.splice(0, 1, intent("ht1", "accepted", "2")),
      "has ht1 as order 2, the ledger has 1",
    ],
    [
      "an intent called refused with an order",
      ({ journal }) => journal.intents.splice(0, 1, intent("ht1", "rejected", null)),
      "has ht1 as rejected, but there is order 1",
    ],
    [
      "a fill the journal missed",
      ({ journal }) => journal.orders.splice(0, 1, record("1", "ht1", "OPEN", 1)),
      "the journal, order 1: status OPEN, not FILLED, filledQty 1, not 2",
    ],
    [
      "an own order taken for somebody else's",
      ({ journal }) => Object.assign(journal.orders[0] ?? {}, { external: true }),
      "external true, not false",
    ],
    ["a list that lacks an order", ({ listed }) => listed.pop(), "order/list knows nothing of order 9"],
    [
      "a follower that missed an end",
      ({ followers }) =>
        followers.splice(0, 1, { name: "bot", told: [{ orderId: "1", status: "OPEN", filledQty: 0 }] }),
      "follower bot, order 1: status OPEN",
    ],
    [
      "an order that only a follower knows",
      ({ followers }) =>
        followers.push({ name: "late", told: [...stories().listed, { orderId: "7", status: "OPEN", filledQty: 0 }] }),
      "follower late tells of order 7",
    ],
  ])("%s", ([, change, text]) => {
    expect(changed(change)).toContain(text);
  });
});

test("a rejected order that the broker wrote down is none", () => {
  const text = changed(({ ledger, journal, beliefs, listed, followers }) => {
    ledger.push(row("3", "ht3", "REJECTED", 0));
    journal.intents.splice(2, 1, intent("ht3", "rejected", null));
    journal.orders.push(record("3", "ht3", "REJECTED", 0));
    beliefs.splice(2, 1, { ...belief("3", "ht3"), outcome: "rejected" });
    listed.push({ orderId: "3", status: "REJECTED", filledQty: 0 });
    followers.splice(0);
  });
  expect(text).toBe("");
});
