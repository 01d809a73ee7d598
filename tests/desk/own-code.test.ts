/** APIs of one's own, in JavaScript: what they give to the desk is looked at before it is believed. */
import { expect, onTestFinished, test } from "vitest";
import type { Desk, OrderChange, OrderRequest, TaggedChange, TaggedOrder, Turning } from "../../mod.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";
import { newFile } from "../journal/lines.ts";
import { anOrder, DIGEST, deskOver, LIMIT_BUY, rejection } from "./desk-broker.ts";

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

/** A desk whose broker takes everything, and what was sent. */
function takingEverything() {
  const journal = sqliteJournal(newFile());
  onTestFinished(() => journal.close?.());
  const sent: unknown[] = [];
  const take = async (...args: unknown[]) => {
    sent.push(args);
    return { orderId: "7" };
  };
  const { desk } = deskOver(
    {
      orders: async () => ({ orders: [], unmapped: [] }),
      order: async () => anOrder({ orderId: "7" }),
      placeOrder: take,
      replaceOrder: take,
      cancelOrder: async (...args) => void (await take(...args)),
    },
    { journal },
  );
  onTestFinished(() => desk.close());
  return { desk, journal, sent };
}

const place = (fields: object) => (desk: Desk) => desk.place({ ...LIMIT_BUY, ...fields } as OrderRequest, BY);
const NOBODY = {} as typeof BY;
const NUMBER = 7 as unknown as string;

test.each<[what: string, path: string, write: (desk: Desk) => Promise<unknown>]>([
  ["an order without a contract", "contract", place({ contract: undefined })],
  ["a symbol that is a number", "symbol", place({ contract: { ...LIMIT_BUY.contract, symbol: 7 } })],
  ["a direction of another spelling", "direction", place({ direction: "buy" })],
  ["a quantity as text", "qty", place({ qty: "12" })],
  ["a quantity without end", "qty", place({ qty: Number.POSITIVE_INFINITY })],
  ["a price as text", "price", place({ price: "200" })],
  ["a price without end", "price", place({ price: Number.POSITIVE_INFINITY })],
  ["an order by nobody", "principal", (desk) => desk.place(LIMIT_BUY, NOBODY)],
  ["a change of an order whose id is a number", "orderId", (desk) => desk.replace(NUMBER, { qty: 3 }, BY)],
  ["a change of nothing", "qty", (desk) => desk.replace("7", {}, BY)],
  ["a change to a quantity as text", "qty", (desk) => desk.replace("7", { qty: "3" as unknown as number }, BY)],
  ["a change by nobody", "principal", (desk) => desk.replace("7", { qty: 3 }, NOBODY)],
  ["a cancel of an order whose id is a number", "orderId", (desk) => desk.cancel(NUMBER, BY)],
  ["a cancel by nobody", "principal", (desk) => desk.cancel("7", NOBODY)],
  [
    "a turn to a state of another spelling",
    "state",
    (desk) => desk.turn({ state: "halt", ...WHY } as unknown as Turning),
  ],
  ["a turn without a reason", "reason", (desk) => desk.turn({ state: "HALTED", principal: "plain" } as Turning)],
])("%s is refused for its %s, sends nothing and leaves a journal that can be read", async (_, path, write) => {
  const { desk, journal, sent } = takingEverything();
  await desk.reconcile();
  expect(await rejection(write(desk))).toMatchObject({
    code: "InvalidRequest",
    outcome: "not_sent",
    details: [{ path }],
  });
  expect(sent).toEqual([]);
  expect(journal.intentsSince(DIGEST, 0)).toEqual([]);
  expect(journal.guards(DIGEST)).toEqual([]);
});

const WHY = { principal: "plain", reason: "a test" };
