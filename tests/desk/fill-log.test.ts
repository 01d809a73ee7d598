import { expect, test } from "vitest";
import { draftOfPlace, draftOfReplace } from "../../src/desk/risk/draft.ts";
import { createFillLog, type FilledMeanwhile } from "../../src/desk/risk/fill-log.ts";
import type { OrderRecord } from "../../src/journal/journal.ts";
import { anOrder, LIMIT_BUY } from "./desk-broker.ts";

const SALE = draftOfPlace("httag", { ...LIMIT_BUY, direction: "SELL" });

function house() {
  const log = createFillLog();
  let sold = 0;
  return {
    log,
    /** Reports a sale of so many, in an order of its own. */
    sell(qty: number, own: Partial<OrderRecord> = {}) {
      sold += 1;
      log.seen(record({ orderId: `sold-${sold}`, filledQty: qty, ...own }), undefined);
    },
    /** Begins to read; what is given tells what was filled, and ends the read. */
    async begin() {
      const asked = Promise.withResolvers<FilledMeanwhile>();
      const answer = Promise.withResolvers<void>();
      const reading = log.during((filled) => {
        asked.resolve(filled);
        return answer.promise;
      });
      const filled = await asked.promise;
      return {
        filled: () => filled(SALE),
        async end() {
          answer.resolve();
          await reading;
        },
        async fail() {
          answer.reject(new Error("given up"));
          await reading.catch(() => undefined);
        },
      };
    },
  };
}

function record(own: Partial<OrderRecord>): OrderRecord {
  return { ...anOrder({ direction: "SELL" }), external: false, asOf: 0, staleSince: null, ...own };
}

test("a fill that is taken back while the positions are read frees nothing: what is read may know of it", async () => {
  const { log, begin } = house();
  const before = record({ orderId: "1", filledQty: 12 });
  const read = await begin();
  log.seen(record({ orderId: "1", filledQty: 7 }), before);
  expect(read.filled()).toBe(0);
  await read.end();
});

test("what is filled while nobody reads is forgotten", async () => {
  const { sell, begin } = house();
  sell(1);
  const reading = await begin();
  sell(2);
  expect(reading.filled()).toBe(2);
  await reading.end();
  expect((await begin()).filled()).toBe(0);
});

test("a read counts from the start of the oldest one that is under way, and no further back", async () => {
  const { sell, begin } = house();
  const first = await begin();
  sell(1);
  const second = await begin();
  sell(2);
  await first.end();
  const third = await begin();
  expect([second.filled(), third.filled()]).toEqual([3, 2]);
  await second.end();
  sell(4);
  expect(third.filled()).toBe(6);
});

test("a read that is given up leaves its start to those that may wait for its answer", async () => {
  const { sell, begin } = house();
  const first = await begin();
  sell(1);
  await begin();
  await first.fail();
  expect((await begin()).filled()).toBe(1);
});

test("only what is new counts, and of an order of the same contract and direction", async () => {
  const { log, sell, begin } = house();
  const reading = await begin();
  log.seen(record({ filledQty: 5 }), record({ filledQty: 3 }));
  sell(7, { direction: "BUY" });
  sell(7, { contract: { tradeType: "Securities", region: "US", symbol: "MSFT" } });
  expect(reading.filled()).toBe(2);
});

test("fills of the order that is changed do not count", async () => {
  const { log } = house();
  const order = record({ orderId: "changed", filledQty: 3 });
  const draft = draftOfReplace("httag", { qty: 20, price: null }, { ...order, source: "broker" });
  await log.during(async (filled) => {
    log.seen(order, undefined);
    expect([filled(draft), filled(SALE)]).toEqual([0, 3]);
  });
});

test("what others had ended a day before it was first heard of does not count", async () => {
  const { sell, begin } = house();
  const reading = await begin();
  const day = 86_400_000;
  sell(7, { status: "FILLED", updatedAt: 0, asOf: day + 1 });
  expect(reading.filled()).toBe(0);
});

test("an order whose filled quantity is no number is known all the same, and the others count", async () => {
  const { sell, begin } = house();
  const reading = await begin();
  sell(Number.NaN);
  sell(2);
  expect(reading.filled()).toBe(2);
  await reading.end();
});
