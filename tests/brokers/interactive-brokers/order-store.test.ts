import { expect, test } from "vitest";
import { FIRST_REQUEST_ID } from "../../../src/brokers/interactive-brokers/order-ids.ts";
import { createOrderStore, KEPT_ORDERS } from "../../../src/brokers/interactive-brokers/order-store.ts";

function newStore() {
  return createOrderStore({ clientId: 7, account: () => undefined, now: () => 0, toTime: () => null });
}

test("what is refused of a read is no refusal of an order, and is not kept", () => {
  const store = newStore();
  for (const [id, code, text] of [
    [FIRST_REQUEST_ID, 354, "Requested market data is not subscribed."],
    [FIRST_REQUEST_ID + 1, 10167, "Displaying delayed market data."],
  ] as const) {
    expect(store.hear({ kind: "notice", id, code, text })).toBeUndefined();
    expect(store.refusalOf(id)).toBeUndefined();
  }
});

test("refusals of orders are kept for as many orders as there are", () => {
  const store = newStore();
  for (let id = 1; id <= KEPT_ORDERS + 1; id += 1) {
    store.hear({ kind: "notice", id, code: 201, text: `Order ${id} rejected` });
  }
  expect(store.refusalOf(1)).toBeUndefined();
  expect(store.refusalOf(2)).toMatchObject({ code: 201 });
  expect(store.refusalOf(KEPT_ORDERS + 1)).toMatchObject({ code: 201 });
});
