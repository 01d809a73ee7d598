/** A change that OpenD has and says nothing of: a cancel of its order waits for it, and must not wait for long. */
import { expect, onTestFinished, test } from "vitest";
import { createHttpTrading } from "../../../mod.ts";
import { makeBroker, openOpenD, restingOrder, until } from "./setup.ts";

const TOKEN = { token: "futuInstanceToken001", name: "all", scopes: ["read", "trade", "cancel", "admin"] } as const;
const UNKNOWN = { error: { code: "OutcomeUnknown", outcome: "unknown" } };

/** A gateway that sends changes of orders which OpenD never answers. */
async function openGateway() {
  const opend = await openOpenD();
  const trading = createHttpTrading({ brokers: [makeBroker(opend.port, { tokens: [TOKEN] })] });
  onTestFinished(() => trading.close());
  await trading.start();
  const ask = async (path: string, body?: object) => {
    const url = `http://127.0.0.1/httptrading/api/futuInstance00000001/${path}`;
    const headers = { "HT-TOKEN": TOKEN.token, "content-type": "application/json" };
    const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
    return (await trading.fetch(new Request(url, init))).json();
  };
  const { contract, tag: _, ...terms } = restingOrder();
  const change = async (): Promise<{ orderId: string; changing: Promise<unknown> }> => {
    const { orderId } = await ask("order/place", { ...contract, ...terms });
    opend.faults.arm({ kind: "stall", on: "replace" });
    const changing = ask("order/replace", { orderId, price: 191 });
    await until(() => opend.faults.armed() === 0);
    return { orderId, changing };
  };
  const states = () => opend.venue.orders().map(({ order: { status, price } }) => ({ status, price }));
  return { ask, change, states };
}

test("a change that OpenD leaves unanswered keeps no cancel from the order", async () => {
  const { ask, change, states } = await openGateway();
  const { orderId, changing } = await change();
  expect(await ask("order/cancel", { orderId })).toMatchObject({ canceled: true });
  expect(await changing).toMatchObject(UNKNOWN);
  expect(states()).toEqual([{ status: "CANCELED", price: 190 }]);
});

test("it keeps the kill switch from it as little", async () => {
  const { ask, change, states } = await openGateway();
  const { orderId, changing } = await change();
  const turned = await ask("guard/state", { state: "HALTED", reason: "enough", cancelAll: true });
  expect(turned).toMatchObject({ canceled: { orderIds: [orderId], failed: [] } });
  expect(await changing).toMatchObject(UNKNOWN);
  expect(states()).toEqual([{ status: "CANCELED", price: 190 }]);
});
