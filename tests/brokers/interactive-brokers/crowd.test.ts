/** More is asked at once than TWS takes, and many of those who asked go away. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { call, openTws, restingOrder, startBroker, until } from "./setup.ts";

const US = { tradeType: "Securities", region: "US" } as const;

test("what waits for its turn is not asked any more when its caller has gone", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const waiting = () => broker.queues?.()[0]?.waiting;
  const gone = new AbortController();
  const reads = Array.from({ length: 60 }, (_, n) =>
    broker.quote({ ...US, symbol: `A${String.fromCharCode(65 + (n % 26), 65 + n / 26)}` }, gone).catch(() => {}),
  );
  await until(() => (waiting() ?? 0) > 20);
  gone.abort();
  await Promise.all(reads);
  expect(waiting()).toBe(0);
});

test("lists that wait behind a slow one are not read any more when their callers have gone", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const taken = () => broker.queues?.()[0]?.taken ?? 0;
  const gone = new AbortController();
  tws.faults.arm({ kind: "delay", on: "read", ms: 500 });
  const before = taken();
  const reads = Array.from({ length: 20 }, () => broker.orders({ status: "open", fresh: true }, gone).catch(() => {}));
  await until(() => taken() > before);
  gone.abort();
  await Promise.all(reads);
  await broker.orders({ status: "open", fresh: true }, call());
  expect(taken() - before).toBeLessThan(10);
});

test("no market data stays subscribed behind the reads that wait", { timeout: 60_000 }, async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const symbols = Array.from({ length: 260 }, (_, n) => `A${String.fromCharCode(65 + (n % 26), 65 + n / 26)}`);
  for (const symbol of symbols) tws.venue.setPrice({ ...US, symbol }, 10);
  const refusals: string[] = [];
  const ends = performance.now() + 6_000;
  await Promise.all(
    symbols.map(async (symbol) => {
      while (performance.now() < ends) {
        const refusal = await broker.quote({ ...US, symbol }, call()).then(
          () => undefined,
          (error: Error) => error.message,
        );
        if (refusal === undefined) continue;
        refusals.push(refusal);
        await pause(500);
      }
    }),
  );
  expect(refusals.filter((refusal) => !refusal.includes("frequency limit"))).toEqual([]);
});

test("reads that wait stand in the way of no order, and of nothing that orders wait for", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const gone = new AbortController();
  const symbols = Array.from({ length: 400 }, (_, n) => `A${String.fromCharCode(65 + (n % 26), 65 + n / 26)}`);
  const reads = Promise.allSettled(symbols.map((symbol) => broker.quote({ ...US, symbol }, gone)));
  for (const status of ["all", "open"] as const) {
    expect(await broker.orders({ status, fresh: true }, call())).toMatchObject({ orders: [] });
  }
  const { orderId } = await broker.placeOrder(restingOrder({ contract: { ...US, symbol: "QQQ" } }), call());
  expect(await broker.quote({ ...US, symbol: "QQQ" }, { ...call(), forWrite: true })).toHaveProperty("latest");
  expect(broker.queues?.()[0]?.waiting).toBeGreaterThan(0);
  gone.abort();
  await reads;
  expect(await broker.order(orderId, call())).toMatchObject({ contract: { symbol: "QQQ" } });
});

test("orders that are taken back before they leave take nothing of the limit of TWS from those after them", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port, { deadlineMs: 600 });
  const taken = () => broker.queues?.()[0]?.taken ?? 0;
  // Until TWS has told of an order of this program, each next one waits for its number.
  tws.faults.arm({ kind: "stall", on: "place", count: 36 });
  await broker.quote({ ...US, symbol: "AAPL" }, call());
  await pause(1_100);
  const before = taken();
  const stop = new AbortController();
  const refused: unknown[] = [];
  for (let order = 0; order < 36; order += 1) {
    void broker.placeOrder(restingOrder(), stop).catch((error: unknown) => refused.push(error));
  }
  await until(() => taken() - before >= 36);
  stop.abort();
  await until(() => refused.length >= 30);
  for (const error of refused) expect(error).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
  tws.faults.clear();
  await Promise.all(Array.from({ length: 10 }, () => broker.placeOrder(restingOrder(), call())));
});
