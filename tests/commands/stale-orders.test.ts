import { expect, test } from "vitest";
import type { JournalLine, OrderRecord } from "../../src/journal/journal.ts";
import { anOrder } from "../an-order.ts";
import { INSTANCE } from "../journal/lines.ts";
import { journalWith, OTHER_INSTANCE, opened, run } from "./journal-command.ts";

const GONE_AT = Date.UTC(2026, 10, 27, 5);

function line(fields: Partial<OrderRecord> = {}, instance = INSTANCE): JournalLine {
  const order = { ...anOrder({ tag: "htgone" }), external: false, asOf: 3, staleSince: GONE_AT, ...fields };
  return { kind: "order", order, instance, at: 3 };
}

const PART = { orderId: "2", filledQty: 5, avgPrice: 199.5, status: "PARTIALLY_FILLED" } as const;
const LINES = [line(), line(PART), line({ orderId: "3", staleSince: null })];
const SEEN = ["--reason", "seen in the statement"];

test("lists what is stale in words, also while a gateway writes", async () => {
  const file = await journalWith(...LINES);
  await opened(file);
  const { status, out } = await run(file, "stale");
  expect(status).toBe(0);
  expect(out).toContain("1  not known to its broker since 2026-11-27T05:00:00.000Z");
  expect(out).toContain("BUY 12 US AAPL Limit 200 DAY RTH");
  expect(out).toContain(`tag htgone, instance ${INSTANCE}`);
  expect(out).toContain("filled 5 at 199.5 when it was last heard of");
  expect(out).not.toContain("3  not known");
  expect((await run(await journalWith(line({ staleSince: null })), "stale")).out).toContain("Nothing is stale");
});

test.each([
  ["1", "filled=12@200.25", { status: "FILLED", filledQty: 12, avgPrice: 200.25, errorReason: "" }],
  ["1", "canceled", { status: "CANCELED", filledQty: 0, avgPrice: 0, errorReason: "" }],
  ["1", "rejected", { status: "REJECTED", filledQty: 0, errorReason: "seen in the statement" }],
  ["2", "canceled", { status: "CANCELED", filledQty: 5, avgPrice: 199.5 }],
  ["2", "expired=7@199", { status: "EXPIRED", filledQty: 7, avgPrice: 199, errorReason: "seen in the statement" }],
])("ends order %s as %s, and tells it as events", async (orderId, ending, expected) => {
  const file = await journalWith(...LINES);
  const { status, out } = await run(file, "end", orderId, ending, ...SEEN);
  expect([status, out]).toEqual([0, expect.stringContaining(`has ended: ${expected.status}`)]);
  const journal = await opened(file);
  const warning = "an operator ended it: seen in the statement";
  expect(journal.order(INSTANCE, orderId)).toMatchObject({ ...expected, warning, staleSince: null });
  expect(journal.openOrders(INSTANCE).map((order) => order.orderId)).not.toContain(orderId);
  expect(journal.events(INSTANCE, LINES.length, 10).events).toMatchObject([
    { kind: "order", order: { orderId, status: expected.status } },
    { kind: "anomaly", orderId, message: expect.stringContaining(`an operator ended order ${orderId} as`) },
  ]);
});

test.each([
  ["3", "canceled", "is known to its broker"],
  ["9", "canceled", "no order 9 is open"],
  ["1", "filled=13@200", "was for 12, not 13"],
  ["1", "filled=11@200", "is canceled or expired"],
  ["2", "canceled=4@200", "5 of order 2 were filled, not 4"],
  ["2", "rejected", "5 of order 2 were filled"],
])("does not end order %s as %s", async (orderId, ending, words) => {
  const file = await journalWith(...LINES);
  const wrong = await run(file, "end", orderId, ending, ...SEEN);
  expect(wrong).toMatchObject({ status: 1, out: "", err: expect.stringContaining(words) });
  expect((await (await opened(file)).open()).sequence).toBe(LINES.length);
});

test("ends the order of the instance that is named, and none while a gateway runs", async () => {
  const file = await journalWith(line(), line({}, OTHER_INSTANCE));
  const several = await run(file, "end", "1", "canceled", ...SEEN);
  expect(several).toMatchObject({ status: 1, err: expect.stringContaining(`(${INSTANCE}, ${OTHER_INSTANCE})`) });
  expect((await run(file, "end", "1", "canceled", ...SEEN, "--instance", OTHER_INSTANCE)).status).toBe(0);
  const journal = await opened(file);
  expect(journal.openOrders(OTHER_INSTANCE)).toEqual([]);
  const running = await run(file, "end", "1", "canceled", ...SEEN);
  expect(running).toMatchObject({ status: 1, err: expect.stringContaining("a gateway that runs") });
  expect(journal.openOrders(INSTANCE)).toHaveLength(1);
});
