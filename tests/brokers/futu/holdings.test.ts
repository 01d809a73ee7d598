/** Funds and positions at an OpenD that keeps them as they were before a fill, as users see it of simulated accounts. */
import { expect, test } from "vitest";
import { DEFAULT_ACCOUNTS, SILENT_ACCOUNT } from "../../../simulators/opend/accounts.ts";
import { createHoldings } from "../../../src/brokers/futu/holdings.ts";
import type { Wire } from "../../../src/brokers/futu/wire.ts";
import { call, openOpenD, restingOrder, startBroker, until } from "./setup.ts";

async function opened() {
  const opend = await openOpenD({ keepsHoldings: true });
  const { broker, host } = await startBroker(opend.port);
  return {
    opend,
    broker,
    host,
    holdings: async () => {
      const [{ positions }, { amount }] = await Promise.all([
        broker.positions(call()),
        broker.cash({ currency: "USD" }, call()),
      ]);
      return { qty: positions.reduce((sum, { qty }) => sum + qty, 0), amount };
    },
    async fill() {
      const { orderId } = await broker.placeOrder(restingOrder(), call());
      opend.venue.fill(orderId, 10, 190);
      await until(() => host.orders.some((order) => order.orderId === orderId && order.status === "FILLED"));
    },
  };
}

test("what has been filled is in the positions, and paid for, when the fill has been told", async () => {
  const { holdings, fill } = await opened();
  const before = await holdings();
  await fill();
  const after = await holdings();
  expect(after.qty).toBe(before.qty + 10);
  expect(after.amount).toBeLessThan(before.amount - 1_890);
});

test("who asks more often than OpenD may ask anew is answered all the same, and sees the next fill", async () => {
  const { holdings, fill } = await opened();
  const before = await holdings();
  for (let asked = 0; asked < 30; asked += 1) expect(await holdings()).toEqual(before);
  await fill();
  expect((await holdings()).qty).toBe(before.qty + 10);
});

test("a fill that OpenD does not tell of is seen some seconds later", async () => {
  const { opend, holdings } = await opened();
  const before = await holdings();
  opend.faults.arm({ kind: "late-push", on: "push", ms: 600_000, count: 10 });
  const { wireId } = opend.venue.place("SIMULATE", { ...restingOrder(), tag: null });
  opend.venue.fill(wireId, 10, 190);
  await until(async () => (await holdings()).qty === before.qty + 10);
});

test("a fill while there was no connection is in the positions when it can be read", async () => {
  const { opend, broker, host, holdings } = await opened();
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  const before = await holdings();
  opend.faults.arm({ kind: "restart", ms: 0 });
  await until(() => host.connections.at(-1)?.connected === false);
  opend.venue.fill(orderId, 10, 190);
  await until(() => host.connections.at(-1)?.connected === true);
  expect(await broker.order(orderId, call())).toMatchObject({ status: "FILLED" });
  expect(host.orders.some(({ status }) => status === "FILLED")).toBe(false);
  expect((await holdings()).qty).toBe(before.qty + 10);
});

test("a fill in the account that OpenD tells nothing of is in the positions when a comparison has shown it", async () => {
  const others = DEFAULT_ACCOUNTS.filter(({ accId }) => accId !== "3450311");
  const opend = await openOpenD({ accounts: [...others, SILENT_ACCOUNT] });
  const { broker } = await startBroker(opend.port);
  const qty = async () => (await broker.positions(call())).positions.reduce((sum, each) => sum + each.qty, 0);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  const before = await qty();
  opend.venue.fill(orderId, 10, 190);
  const { orders } = await broker.orders({ status: "all", fresh: true }, call());
  expect(orders).toMatchObject([{ orderId, status: "FILLED" }]);
  expect(await qty()).toBe(before + 10);
});

test("of the paper account that OpenD tells nothing of, a fill and a cancel are read all the same", async () => {
  const others = DEFAULT_ACCOUNTS.filter(({ accId }) => accId !== "3450311");
  const opend = await openOpenD({ accounts: [...others, SILENT_ACCOUNT] });
  const { broker, host } = await startBroker(opend.port);
  expect(broker.capabilities().push).toBe("none");
  const qty = async () => (await broker.positions(call())).positions.reduce((sum, each) => sum + each.qty, 0);
  const before = await qty();
  const placed = await Promise.all([restingOrder(), restingOrder()].map((order) => broker.placeOrder(order, call())));
  const [filled, canceled] = placed.map(({ orderId }) => orderId);
  expect(await broker.order(filled ?? "", call())).toMatchObject({ status: "OPEN" });
  opend.venue.fill(filled ?? "", 10, 190);
  await broker.cancelOrder(canceled ?? "", call());
  expect(await broker.order(filled ?? "", call())).toMatchObject({ status: "FILLED" });
  expect(await qty()).toBe(before + 10);
  expect((await broker.orders({ status: "open" }, call())).orders).toEqual([]);
  const last = await broker.placeOrder(restingOrder(), call());
  expect(await broker.order(last.orderId, call())).toMatchObject({ status: "OPEN" });
  opend.venue.fill(last.orderId, 10, 190);
  await until(async () => (await broker.order(last.orderId, call())).status === "FILLED");
  expect(await qty()).toBe(before + 20);
  expect(host.orders).toEqual([]);
});

test("a list that was under way when a cancel was answered is asked for anew, past what OpenD keeps", async () => {
  const answers: PromiseWithResolvers<object>[] = [];
  const asked: unknown[] = [];
  const wire = {
    read(_: string, { refreshCache = false }: { refreshCache?: boolean }) {
      asked.push(refreshCache);
      const answer = Promise.withResolvers<object>();
      answers.push(answer);
      return answer.promise;
    },
    write: async () => ({}),
  };
  const holdings = createHoldings(wire as unknown as Wire);
  const list = () => holdings.read("GetOrderList", { header: { accID: "1" } }, call());
  const [before, canceled] = [list(), holdings.write("ModifyOrder", {}, call(), { limit: "modify", kind: "cancel" })];
  await canceled;
  answers[0]?.resolve({});
  await before;
  const after = list();
  answers[1]?.resolve({});
  await after;
  const last = list();
  answers[2]?.resolve({});
  await last;
  expect(asked).toEqual([true, true, false]);
});
