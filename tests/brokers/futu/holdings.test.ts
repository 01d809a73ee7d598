/** Funds and positions at an OpenD that keeps them as they were before a fill, as users see it of simulated accounts. */
import { expect, test } from "vitest";
import { call, openOpenD, restingOrder, startBroker, until } from "./setup.ts";

async function opened() {
  const opend = await openOpenD({ keepsHoldings: true });
  const { broker, host } = await startBroker(opend.port);
  return {
    opend,
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
