import { expect, test } from "vitest";
import { elapsedMs } from "../../src/desk/elapsed.ts";
import { createOrderBook } from "../../src/desk/order-book.ts";
import { anOrder } from "../an-order.ts";

test("old completed orders are forgotten with their tags, the newest 10,000 and open ones never", () => {
  const book = createOrderBook();
  const filled = (id: number) => anOrder({ orderId: `${id}`, tag: `tag-${id}`, filledQty: 12, status: "FILLED" });
  book.apply(anOrder({ orderId: "open", tag: "tag-open" }), true, 1);
  for (let id = 1; id <= 20_000; id += 1) book.apply(filled(id), true, 1);
  const ids = ["open", "1", "2", "10001", "20000"];
  expect(ids.map((id) => book.get(id) !== undefined)).toEqual([true, false, false, true, true]);
  expect(ids.map((id) => book.byTag(`tag-${id}`)?.orderId)).toEqual(["open", undefined, undefined, "10001", "20000"]);
  expect(book.apply({ ...filled(10_001), filledQty: 13 }, true, 2).kind).toBe("correction");
  expect(book.byTag("tag-10001")?.filledQty).toBe(13);
});

test("an order is found by a tag that it was first reported without, open and ended", () => {
  const book = createOrderBook();
  book.apply(anOrder({ tag: null }), true, 1);
  book.apply(anOrder({ tag: "late" }), true, 2);
  expect(book.byTag("late")?.orderId).toBe("1");
  book.apply(anOrder({ tag: "late", status: "CANCELED" }), true, 3);
  expect(book.byTag("late")?.status).toBe("CANCELED");
});

test("nothing is left of an order whose id is given to another", () => {
  const book = createOrderBook();
  book.apply(anOrder({ tag: "a", status: "CANCELED" }), true, 1);
  book.forget("1");
  expect([book.get("1"), book.byTag("a"), book.open()]).toEqual([undefined, undefined, []]);
  book.apply(anOrder({ tag: "b" }), true, 2);
  expect(book.open().map(({ tag }) => tag)).toEqual(["b"]);
  book.apply(anOrder({ tag: "b", status: "CANCELED" }), true, 3);
  expect([book.get("1")?.status, book.open()]).toEqual(["CANCELED", []]);
});

test("an order that is told of as canceled takes no tag away from the one that has it", () => {
  const book = createOrderBook();
  book.apply(anOrder({ orderId: "2", tag: "ht1" }), true, 1);
  book.apply(anOrder({ orderId: "1", tag: "ht1", status: "CANCELED" }), true, 2);
  expect(book.byTag("ht1")?.orderId).toBe("2");
});

test("what is remembered with the tag of an order is in its place once that is told of as canceled, and not before", () => {
  const book = createOrderBook();
  const first = anOrder({ orderId: "1", tag: "ht1" });
  book.apply(first, true, 1);
  const remembered = { external: false, asOf: 1, staleSince: null };
  book.restore({ ...anOrder({ orderId: "2", tag: "ht1" }), ...remembered });
  book.restore({ ...anOrder({ orderId: "3", tag: "ht3" }), ...remembered });
  expect(book.byTag("ht1")?.orderId).toBe("1");
  book.apply({ ...first, status: "CANCELED" }, true, 2);
  expect(book.byTag("ht1")?.orderId).toBe("2");
  expect(book.inPlaceOf({ ...first, status: "CANCELED" })?.orderId).toBe("2");
});

test.each([
  ["the later one is in the place of the other", 5, 6, "2"],
  ["the earlier one is in the place of none", 5, 4, "1"],
  ["which is the later one need not be known", null, 6, "1"],
  ["which is the later one need not be told", 5, null, "1"],
])("of two orders with one tag that are met as canceled %s", (_what, first, second, holder) => {
  const book = createOrderBook();
  const ended = { tag: "ht1", status: "CANCELED" } as const;
  book.apply(anOrder({ ...ended, orderId: "1", createdAt: first }), true, 1);
  book.apply(anOrder({ ...ended, orderId: "2", createdAt: second }), true, 2);
  book.apply(anOrder({ ...ended, orderId: "3", status: "REJECTED", createdAt: 9 }), true, 3);
  expect(book.byTag("ht1")?.orderId).toBe(holder);
});

test("an order is marked as stale once, and only one that is open", () => {
  const book = createOrderBook();
  expect(book.markStale("1", 5)).toBeUndefined();
  book.apply(anOrder({ orderId: "1" }), true, 1);
  expect(book.markStale("1", 5)).toMatchObject({ orderId: "1", staleSince: 5 });
  expect(book.markStale("1", 6)).toBeUndefined();
  book.apply(anOrder({ orderId: "1", status: "CANCELED" }), true, 7);
  expect(book.markStale("1", 8)).toBeUndefined();
  expect(book.get("1")).toMatchObject({ staleSince: null });
});

test("what was asked for before a change was told of within the same moment takes it back no more", () => {
  const book = createOrderBook();
  const before = anOrder({ price: 200, updatedAt: 5 });
  book.apply(before, true, 1);
  const askedAt = elapsedMs() - 1;
  book.apply({ ...before, price: 201 }, true, 2);
  expect(book.apply(before, true, 3, askedAt)).toMatchObject({ kind: "none", record: { price: 201 } });
  // Also of the answer that comes behind it.
  expect(book.apply(before, true, 4, askedAt)).toMatchObject({ kind: "none", record: { price: 201 } });
  expect(book.apply({ ...before, status: "CANCELED" }, true, 5, askedAt)).toMatchObject({ kind: "order" });
});

test("what is asked for after a change was told of counts", () => {
  const book = createOrderBook();
  const told = anOrder({ price: 200, updatedAt: 5 });
  book.apply(told, true, 1);
  const changed = book.apply({ ...told, price: 201 }, true, 2, elapsedMs() + 1);
  expect(changed).toMatchObject({ kind: "order", record: { price: 201 } });
});
