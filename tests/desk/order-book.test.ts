import { expect, test } from "vitest";
import { createOrderBook } from "../../src/desk/order-book.ts";
import { anOrder } from "../an-order.ts";

test("the completed order that was told of the longest ago is forgotten with its tag, an open one never", () => {
  const book = createOrderBook();
  const filled = (id: number) => anOrder({ orderId: `${id}`, tag: `tag-${id}`, filledQty: 12, status: "FILLED" });
  book.apply(anOrder({ orderId: "open", tag: "tag-open" }), true, 1);
  for (let id = 1; id <= 10_000; id += 1) book.apply(filled(id), true, 1);
  // A correction makes the first the newest.
  expect(book.apply({ ...filled(1), filledQty: 13 }, true, 2).kind).toBe("correction");
  book.apply(filled(10_001), true, 3);
  expect(["open", "1", "2", "3"].map((id) => book.get(id) !== undefined)).toEqual([true, true, false, true]);
  expect(["open", "1", "2", "3"].map((id) => book.byTag(`tag-${id}`) !== undefined)).toEqual([true, true, false, true]);
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
