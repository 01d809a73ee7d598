/** APIs of one's own, in JavaScript: what they give to the desk is looked at before it is believed. */
import { expect, test } from "vitest";
import type { OrderChange, TaggedChange, TaggedOrder } from "../../mod.ts";
import { anOrder, deskOver, LIMIT_BUY } from "./desk-broker.ts";

const BY = { principal: "plain" };

test("an order is sent as it was when it was placed, whatever becomes of the object that said so", async () => {
  const sent: TaggedOrder[] = [];
  const { desk } = deskOver({
    placeOrder: async (order) => {
      sent.push(structuredClone(order));
      return { orderId: String(sent.length) };
    },
  });
  const request = structuredClone<{ -readonly [Name in keyof typeof LIMIT_BUY]: unknown }>(LIMIT_BUY);
  const placing = ["AAPL", "QQQ"].map((symbol) => {
    Object.assign(request.contract as object, { symbol });
    return desk.place(request as typeof LIMIT_BUY, BY);
  });
  await Promise.all(placing);
  expect(sent.map(({ contract }) => contract.symbol)).toEqual(["AAPL", "QQQ"]);
});

test("an order is changed to what was asked for, whatever becomes of the object that said so", async () => {
  const sent: TaggedChange[] = [];
  const { desk } = deskOver({
    order: async (orderId) => anOrder({ orderId }),
    replaceOrder: async (orderId, change) => {
      sent.push(structuredClone(change));
      return { orderId };
    },
  });
  const change = { qty: 10 };
  const replacing = desk.replace("7", change satisfies OrderChange, BY);
  change.qty = 999_999;
  await replacing;
  expect(sent).toEqual([{ qty: 10 }]);
});

test("an order is known as it was asked for, whatever a broker makes of the object that it is given", async () => {
  const { desk } = deskOver({
    placeOrder: async ({ contract }) => {
      Object.assign(contract, { symbol: "aapl.us" });
      return { orderId: "1" };
    },
  });
  await desk.place(structuredClone(LIMIT_BUY), BY);
  expect(desk.remembered("1")?.contract).toEqual(LIMIT_BUY.contract);
});
