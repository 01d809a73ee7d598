/** What TWS lists ends with the day: what an order's absence proves. */
import { expect, onTestFinished, test, vi } from "vitest";
import { clockAhead, dayBegan } from "../../../src/brokers/interactive-brokers/hours.ts";
import { openBetween } from "./between.ts";
import { call, openTws, rejection, restingOrder, startBroker, until } from "./setup.ts";

/** So many minutes after the midnight in New York that begins 25 November. */
const after = (minutes: number) => Date.UTC(2026, 10, 25, 5, minutes);
const MINUTE_MS = 60_000;

test("an order that was filled on the day before is in no list, and the list says that it does not reach back so far", async () => {
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  const tws = await openTws({ now: after(-5) });
  const { broker: first } = await startBroker(tws.port);
  const order = restingOrder({ lifecycle: "ETH", timeInForce: "GTC" });
  const { orderId } = await first.placeOrder(order, call());
  tws.venue.fill(orderId, 10, 190);
  await until(async () => (await first.order(orderId, call())).status === "FILLED");
  await first.close();
  tws.venue.setNow(after(10));
  const { broker } = await startBroker(tws.port);
  vi.advanceTimersByTime(30_000);
  const asked = Date.now();
  const { orders, since = 0 } = await broker.orders({ status: "all", fresh: true }, call());
  expect(orders).toEqual([]);
  expect(since).toBeGreaterThan(asked - 11 * MINUTE_MS);
  expect(since).toBeLessThan(asked);
});

test("what a trade log of a week tells of orders that ended on an earlier day is not taken for how they ended", async () => {
  const tws = await openTws({ now: after(600), tradeLogDays: 7 });
  const { broker: first, host } = await startBroker(tws.port);
  const [cut, missed] = await Promise.all(
    [restingOrder(), restingOrder()].map((each) => first.placeOrder(each, call())),
  );
  for (const { orderId } of [cut, missed].flatMap((each) => each ?? [])) tws.venue.fill(orderId, 4, 190);
  await first.cancelOrder(cut?.orderId ?? "", call());
  await until(async () => (await first.order(missed?.orderId ?? "", call())).filledQty === 4);
  tws.faults.arm({ kind: "restart", ms: 300 });
  await until(() => host.connections.at(-1)?.connected === false);
  // The day is over while nobody listens.
  tws.venue.setNow(after(36 * 60));
  await until(() => host.connections.at(-1)?.connected === true);
  expect(await rejection(first.order(missed?.orderId ?? "", call()))).toMatchObject({ code: "OrderNotFound" });
  await first.close();
  const { broker } = await startBroker(tws.port);
  expect((await broker.orders({ status: "all", fresh: true }, call())).orders).toEqual([]);
  for (const each of [cut, missed]) {
    expect(await rejection(broker.order(each?.orderId ?? "", call()))).toMatchObject({ code: "OrderNotFound" });
  }
});

test("what was filled before a start has changed when it was filled or ended, not at the start", async () => {
  const tws = await openTws({ now: after(600) });
  const { broker: first } = await startBroker(tws.port);
  const [open, cut, whole] = await Promise.all(
    [4, 4, 10].map(async (qty) => {
      const { orderId } = await first.placeOrder(restingOrder(), call());
      tws.venue.fill(orderId, qty, 190);
      return orderId;
    }),
  );
  await first.cancelOrder(cut ?? "", call());
  await until(async () => (await first.order(open ?? "", call())).filledQty === 4);
  await first.close();
  const ended = tws.venue.now();
  tws.venue.setNow(ended + 60 * MINUTE_MS);
  const { broker } = await startBroker(tws.port);
  const { orders } = await broker.orders({ status: "all", fresh: true }, call());
  const byId = new Map(orders.map((order) => [order.orderId, order]));
  expect(byId.get(open ?? "")).toMatchObject({ status: "PARTIALLY_FILLED", filledQty: 4, updatedAt: null });
  for (const orderId of [cut, whole]) expect(byId.get(orderId ?? "")?.updatedAt).toBeLessThanOrEqual(ended);
});

test.each(["Asia/Hong_Kong", "CST", "China Standard Time", "\u4e2d\u56fd\u6807\u51c6\u65f6\u95f4"])(
  "the day may begin by the clock that TWS greets with, whatever it calls its zone: %s",
  async (zone) => {
    const tws = await openTws({ now: Date.UTC(2026, 10, 24, 16, 10) });
    const port = await openBetween(
      tws,
      () => undefined,
      ([first = "", time = "", ...rest]) =>
        first === "193" ? [first, `20261125 00:10:00 ${zone}`, ...rest] : [first, time, ...rest],
    );
    const { broker } = await startBroker(port);
    const asked = Date.now();
    const { since = 0 } = await broker.orders({ status: "all", fresh: true }, call());
    expect(since).toBeGreaterThan(asked - 11 * MINUTE_MS);
  },
);

test("the day of a TWS in Chicago, which calls its time as Shanghai does, begins there", () => {
  const now = Date.UTC(2026, 10, 25, 17, 0);
  expect(dayBegan(now, clockAhead("20261125 11:00:04 CST", now))).toBe(Date.UTC(2026, 10, 25, 6));
});

test.each(["", "Nowhere", "20261345 00:10:00 EST", "20261125 00:09:11 EST", "20261124 21:10:00 PST"])(
  "a greeting %j leaves the vendor's clock",
  (greeting) => {
    expect(dayBegan(after(10), clockAhead(greeting, after(10)))).toBe(after(0));
  },
);

test.each([
  ["Chicago", "20261124 10:10:00 CST", "20261124 10:05:00 CST"],
  ["Shanghai", "20261125 00:10:00 CST", "20261125 00:05:00 CST"],
  ["Shanghai, on Windows", "20261125 00:10:00 China Standard Time", "20261125 00:05:00 China Standard Time"],
])("times of a TWS in %s are those of its own clock, whatever it calls its zone", async (_, greeting, ended) => {
  const tws = await openTws({ now: Date.UTC(2026, 10, 24, 16, 10) });
  const port = await openBetween(
    tws,
    () => undefined,
    ([first = "", ...rest]) => {
      const time = first === "193" ? greeting : ended;
      return [first, ...rest.map((field) => field.replace(/^\d{8} \d\d:\d\d:\d\d US\/Eastern$/, time))];
    },
  );
  const { broker: first } = await startBroker(port);
  const { orderId } = await first.placeOrder(restingOrder(), call());
  await first.cancelOrder(orderId, call());
  await first.close();
  const { broker } = await startBroker(port);
  expect(await broker.order(orderId, call())).toMatchObject({ updatedAt: Date.UTC(2026, 10, 24, 16, 5) });
});
