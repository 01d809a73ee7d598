/** A history that takes more calls than one listing may make. */
import { expect, onTestFinished, test, vi } from "vitest";
import { createHistory } from "../../../src/brokers/longport/history.ts";
import { parseReply, REPLIES, type VendorOrder } from "../../../src/brokers/longport/messages.ts";
import type { HistoryQuery, Transport } from "../../../src/brokers/longport/transport.ts";
import type { Read } from "../../../src/brokers/longport/wire.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { call, rejection } from "./setup.ts";

const DAY_MS = 86_400_000;
const PAGE = 10;
const CALLS = 20;

function orderOf(index: number, changes: Readonly<Record<string, string>> = {}): VendorOrder {
  return parseReply(REPLIES.order, {
    order_id: String(index),
    status: "FilledStatus",
    symbol: "AAPL.US",
    side: "Buy",
    quantity: "1",
    submitted_at: String(Math.floor((Date.now() - 80 * DAY_MS + index * (DAY_MS / 4)) / 1000)),
    ...changes,
  });
}

const newestFirst = (a: VendorOrder, b: VendorOrder) => (b.submitted_at ?? 0) - (a.submitted_at ?? 0);

/** Whenever they were placed. */
const inNoOrder = (a: VendorOrder, b: VendorOrder) =>
  ((Number(a.order_id) * 37) % 101) - ((Number(b.order_id) * 37) % 101) || newestFirst(a, b);

/** A history of an order every six hours for eighty days, behind a limit that is used up after so many calls. */
function openHistory(sorting = newestFirst) {
  const vendor = new Map(Array.from({ length: 320 }, (_, index) => [index, orderOf(index)]));
  const left = { calls: CALLS };
  async function historyOrders({ from, to, statuses = [] }: HistoryQuery) {
    if (left.calls === 0) throw new BrokerError("RateLimited", "used up", { outcome: "not_sent" });
    left.calls -= 1;
    const matching = [...vendor.values()]
      .filter(({ submitted_at: at }) => at !== null && at >= from && at <= to)
      .filter((order) => statuses.length === 0 || statuses.includes(order.status))
      .sort(sorting);
    return { orders: matching.slice(0, PAGE), hasMore: matching.length > PAGE };
  }
  const history = createHistory({
    clockOffset: () => 0,
    read: <T>({ act }: Read<T>, { signal }: { signal: AbortSignal }) =>
      act({ historyOrders } as unknown as Transport, signal),
  });
  const list = async (calls = CALLS, status: "open" | "all" = "all") => {
    left.calls = calls;
    const { orders, isWhole } = await history.orders(status, { fresh: true, kind: "read" }, call());
    return { orders: orders.toSorted(newestFirst), isWhole, calls: calls - left.calls };
  };
  return { vendor, list, clear: history.clear };
}

test("is read in the course of several listings, and what is new in each", async () => {
  const { vendor, list } = openHistory();
  expect(await rejection(list())).toMatchObject({ code: "RateLimited" });
  const first = await list();
  expect(first.orders).toEqual([...vendor.values()].toReversed());
  vendor.set(319, orderOf(319, { executed_quantity: "1" }));
  vendor.set(320, orderOf(320));
  const second = await list();
  expect(second.orders).toEqual([...vendor.values()].toReversed());
  expect(second.calls).toBeLessThan(5);
});

test("what may still change is read each time, and all of it once an hour", async () => {
  const { vendor, list } = openHistory();
  vendor.set(250, orderOf(250, { status: "NewStatus" }));
  const first = await list(100);
  expect(first.orders).toEqual([...vendor.values()].toReversed());
  vendor.set(250, orderOf(250));
  const second = await list(100);
  expect(second.orders).toEqual([...vendor.values()].toReversed());
  expect(second.calls).toBeLessThan(first.calls);
  vendor.set(260, orderOf(260, { executed_quantity: "1" }));
  const later = performance.now() + 3_600_000;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => later);
  onTestFinished(() => clock.mockRestore());
  expect((await list(100)).orders).toEqual([...vendor.values()].toReversed());
});

test("of another account is read from its beginning", async () => {
  const { vendor, list, clear } = openHistory();
  await list(100);
  vendor.delete(200);
  clear();
  expect((await list(100)).orders).toEqual([...vendor.values()].toReversed());
});

test("is whole also where the vendor gives the orders of a page in no order of time", async () => {
  const { vendor, list } = openHistory(inNoOrder);
  const first = await list(1_000);
  expect(first.orders).toEqual([...vendor.values()].toReversed());
  vendor.set(320, orderOf(320));
  const second = await list(1_000);
  expect(second.orders).toEqual([...vendor.values()].toReversed());
  expect(second.calls).toBeLessThan(first.calls / 2);
});

test("of many orders in a few hours, in pages of no order of time, is read in few calls", async () => {
  const { vendor, list } = openHistory(inNoOrder);
  vendor.clear();
  for (let index = 0; index < 15; index += 1) {
    const at = Math.floor((Date.now() - 5 * DAY_MS) / 1000) - index * 600;
    vendor.set(index, orderOf(index, { submitted_at: String(at) }));
  }
  const first = await list(1_000);
  expect(first.orders).toEqual([...vendor.values()]);
  expect(first.calls).toBeLessThan(40);
  expect((await list(1_000)).calls).toBeLessThan(5);
});

test("of open orders takes few calls, has every one of them, and says that it is not whole until it is", async () => {
  const { vendor, list } = openHistory();
  vendor.set(2, orderOf(2, { status: "NewStatus" }));
  const first = await list(1_000, "open");
  expect(first.calls).toBeLessThan(10);
  expect(first.isWhole).toBe(false);
  expect(first.orders).toContainEqual(vendor.get(2));
  vendor.set(2, orderOf(2));
  let last = first;
  for (let round = 0; round < 50 && !last.isWhole; round += 1) last = await list(10, "open");
  expect(last.isWhole).toBe(true);
  expect(last.orders).toEqual([...vendor.values()].toReversed());
});
