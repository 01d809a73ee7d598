import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { createPoller } from "../../../src/brokers/tiger/poller.ts";
import type { Order } from "../../../src/domain/order.ts";
import { call, DEFAULT_PAPER_ACCOUNT, openTiger, restingOrder, startBroker, until } from "./setup.ts";

const POLL_MS = 2_000;
/** As long as a look may take before it counts as one that ended in silence, and longer. */
const LONG_MS = 60_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

function orderOf(orderId: string, status: Order["status"]): Order {
  return {
    orderId,
    contract: { tradeType: "Securities", region: "US", symbol: "AAPL" },
    currency: "USD",
    direction: "BUY",
    orderType: "Limit",
    price: 190,
    timeInForce: "DAY",
    lifecycle: "RTH",
    qty: 10,
    filledQty: 0,
    avgPrice: 0,
    status,
    originStatus: status,
    errorReason: "",
    warning: null,
    tag: null,
    createdAt: null,
    updatedAt: null,
  };
}

test("looks that take long follow one another all the same, and end with the stop", async () => {
  let looks = 0;
  let held: PromiseWithResolvers<void> | undefined;
  const poller = createPoller({
    pollMs: POLL_MS,
    async look() {
      looks += 1;
      await held?.promise;
      return [];
    },
    order: () => Promise.reject(new Error("none is asked for")),
    onOrder() {},
    onFault() {},
  });
  onTestFinished(() => poller.stop());
  await poller.start();
  held = Promise.withResolvers();
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(looks).toBe(2);
  // Another call of the gateway finds that nothing has been heard of the look for long.
  poller.wake();
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(looks).toBe(3);
  held.resolve();
  held = undefined;
  await vi.advanceTimersByTimeAsync(10 * POLL_MS);
  expect(looks).toBe(13);
  poller.stop();
  await vi.advanceTimersByTimeAsync(10 * POLL_MS);
  expect(looks).toBe(13);
});

test("a look that was asked for before an order was read tells nothing older of it", async () => {
  let looks = 0;
  let held: PromiseWithResolvers<void> | undefined;
  let now: Order = orderOf("1", "OPEN");
  const told: (number | null)[] = [];
  const poller = createPoller({
    pollMs: POLL_MS,
    async look() {
      looks += 1;
      const seen = now;
      await held?.promise;
      return [seen];
    },
    order: async () => now,
    onOrder: ({ price }) => void told.push(price),
    onFault() {},
  });
  onTestFinished(() => poller.stop());
  await poller.start();
  held = Promise.withResolvers();
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(looks).toBe(2);
  now = { ...now, price: 195 };
  poller.follow("1");
  await vi.advanceTimersByTimeAsync(0);
  held.resolve();
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(looks).toBe(3);
  expect(told).toEqual([190, 195]);
  now = { ...now, price: 199 };
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(told).toEqual([190, 195, 199]);
});

test("what was asked for before the stop is told no more after it", async () => {
  const held = Promise.withResolvers<void>();
  const told: (number | null)[] = [];
  let looks = 0;
  const poller = createPoller({
    pollMs: POLL_MS,
    async look() {
      looks += 1;
      if (looks > 1) await held.promise;
      return [{ ...orderOf("1", "OPEN"), price: looks }];
    },
    async order() {
      await held.promise;
      return { ...orderOf("1", "OPEN"), price: 195 };
    },
    onOrder: ({ price }) => void told.push(price),
    onFault() {},
  });
  await poller.start();
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(looks).toBe(2);
  poller.follow("1");
  // As when pushes have come: they tell of it from now on.
  poller.stop();
  held.resolve();
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(told).toEqual([1]);
});

test("a look at many orders that are open no more is not taken for one that ended in silence", async () => {
  const open = Array.from({ length: 100 }, (_, index) => String(index + 1));
  let looks = 0;
  const told: string[] = [];
  const poller = createPoller({
    pollMs: POLL_MS,
    async look() {
      looks += 1;
      return looks === 1 ? open.map((orderId) => orderOf(orderId, "OPEN")) : [];
    },
    async order(orderId) {
      poller.wake();
      await new Promise((resolve) => setTimeout(resolve, LONG_MS / 60));
      return orderOf(orderId, "EXPIRED");
    },
    onOrder: ({ orderId, status }) => void (status === "EXPIRED" && told.push(orderId)),
    onFault() {},
  });
  onTestFinished(() => poller.stop());
  await poller.start();
  await vi.advanceTimersByTimeAsync(POLL_MS + LONG_MS);
  expect(looks).toBe(2);
  await vi.advanceTimersByTimeAsync(LONG_MS);
  expect(told).toEqual(open);
});

test("an order that cannot be read keeps no other from being told of", async () => {
  let looks = 0;
  const told: string[] = [];
  const poller = createPoller({
    pollMs: POLL_MS,
    async look() {
      looks += 1;
      return looks === 1 ? ["1", "2", "3"].map((orderId) => orderOf(orderId, "OPEN")) : [];
    },
    async order(orderId) {
      if (orderId === "1") throw new Error("its answer cannot be read");
      return orderOf(orderId, "EXPIRED");
    },
    onOrder: ({ orderId, status }) => void (status === "EXPIRED" && told.push(orderId)),
    onFault() {},
  });
  onTestFinished(() => poller.stop());
  await poller.start();
  await vi.advanceTimersByTimeAsync(4 * POLL_MS);
  expect(told).toEqual(["2", "3"]);
});

test("an order that has no name here, or that Tiger does not know any more, keeps no other from being told of", async () => {
  vi.useRealTimers();
  const tiger = await openTiger();
  const { broker, host } = await startBroker(tiger, {
    push: "polling",
    pollMs: POLL_MS,
    account: DEFAULT_PAPER_ACCOUNT,
  });
  const { orderId: odd } = await broker.placeOrder(restingOrder(), call());
  tiger.showAs(odd, { secType: "OPT" });
  await broker.cancelOrder(odd, call());
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  await until(() => host.orders.some((one) => one.orderId === orderId && one.status === "OPEN"));
  // Behind a hundred later ones it is in no list once it has ended.
  for (let count = 0; count < 101; count += 1) {
    const { wireId: other } = tiger.venue.place("PAPER", { ...restingOrder(), qty: 1 });
    tiger.venue.end(other, "CANCELED", "");
  }
  tiger.venue.end(orderId, "EXPIRED", "");
  await until(() => host.orders.some((one) => one.orderId === orderId && one.status === "EXPIRED"));
});
