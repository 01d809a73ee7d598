/** A push of what was before comes behind what is now: the vendor's times have seconds, and tell of the two no order. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHttpTrading } from "../../../mod.ts";
import type { LongportOptions, LongportServer } from "../../../simulators/longport/server.ts";
import { makeBroker, openLongport, restingOrder, TRANSPORTS, until } from "./setup.ts";

const LATE_MS = 300;

interface Shown {
  readonly orderId: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

/** A gateway with an order for ten AAPL at 190 that is open there. */
async function openGateway(transport: (typeof TRANSPORTS)[number], options: LongportOptions = {}) {
  const server = await openLongport({ limits: false, ...options });
  const trading = createHttpTrading({ brokers: [makeBroker(server.port, { transport })] });
  onTestFinished(() => trading.close());
  await trading.start();
  const root = "http://127.0.0.1/httptrading/api/longportInstance0001";
  const ask = async (path: string, body?: unknown) => {
    const headers = { "HT-TOKEN": "longportInstanceToken", "content-type": "application/json" };
    const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
    return (await trading.fetch(new Request(`${root}/${path}`, init))).json();
  };
  const { contract, ...terms } = restingOrder();
  const { tag: _, ...placed } = terms;
  let orderId = "";
  const place = async () => {
    await until(async () => (await ask("ping/state")).pong === true);
    ({ orderId } = await ask("order/place", { ...contract, ...placed }));
    return orderId;
  };
  const state = async (): Promise<Shown> => (await ask(`order/state?orderId=${orderId}`)).order;
  const list = async (): Promise<Shown[]> => (await ask("order/list?status=all")).orders;
  return { server, ask, place, state, list };
}

/** The next push comes behind all that follow it. */
function lateNext(server: LongportServer): void {
  server.faults.arm({ kind: "late-push", on: "push", ms: LATE_MS });
}

async function untilItCame(server: LongportServer): Promise<void> {
  expect(server.faults.armed()).toBe(0);
  await delay(LATE_MS * 3);
}

describe.each(TRANSPORTS)("a late push over %s", (transport) => {
  test.each([0, 2_000])("takes no fill back, %d ms behind by the vendor's clock", async (ms) => {
    const { server, place, state, list } = await openGateway(transport);
    const orderId = await place();
    lateNext(server);
    server.venue.fill(orderId, 3, 190);
    server.venue.setNow(server.venue.now() + ms);
    server.venue.fill(orderId, 4, 189);
    const is = { orderId, status: "PARTIALLY_FILLED", qty: 10, filledQty: 7 };
    await until(async () => (await state())["filledQty"] === 7);
    await untilItCame(server);
    expect(await state()).toMatchObject(is);
    expect(await list()).toMatchObject([is]);
  });

  test.each(["FILLED", "CANCELED", "EXPIRED", "REJECTED"] as const)("opens none again that is %s", async (status) => {
    const { server, place, state, list } = await openGateway(transport);
    const orderId = await place();
    lateNext(server);
    server.venue.fill(orderId, 3, 190);
    if (status === "FILLED") server.venue.fill(orderId, 7, 190);
    else server.venue.end(orderId, status, "it ended");
    const is = { orderId, status, filledQty: status === "FILLED" ? 10 : 3, isCompleted: true };
    await until(async () => (await state()).status === status);
    await untilItCame(server);
    expect(await state()).toMatchObject(is);
    expect(await list()).toMatchObject([is]);
  });

  test("of fewer fills than a list had says nothing of the others", async () => {
    const { server, place, state, list } = await openGateway(transport);
    const orderId = await place();
    lateNext(server);
    server.venue.fill(orderId, 3, 190);
    server.faults.arm({ kind: "stall", on: "push" });
    server.venue.fill(orderId, 4, 190);
    const is = { orderId, status: "PARTIALLY_FILLED", filledQty: 7 };
    expect(await list()).toMatchObject([is]);
    await untilItCame(server);
    expect(await state()).toMatchObject(is);
  });

  test("of an order that a list has as ended does not open it", async () => {
    const { server, place, state, list } = await openGateway(transport);
    const orderId = await place();
    lateNext(server);
    server.venue.fill(orderId, 3, 190);
    server.faults.arm({ kind: "stall", on: "push" });
    server.venue.end(orderId, "CANCELED", "");
    const is = { orderId, status: "CANCELED", filledQty: 3, isCompleted: true };
    expect(await list()).toMatchObject([is]);
    await untilItCame(server);
    expect(await state()).toMatchObject(is);
  });

  test("of what an order was before it was changed does not take the change back", async () => {
    const { server, ask, place, state } = await openGateway(transport);
    lateNext(server);
    const orderId = await place();
    expect(await ask("order/replace", { orderId, price: 189, qty: 12 })).toMatchObject({ orderId });
    await untilItCame(server);
    expect(await state()).toMatchObject({ orderId, status: "OPEN", price: 189, qty: 12 });
  });

  test("of one change takes back none that was made behind it in the same second", async () => {
    const { server, ask, place, state } = await openGateway(transport);
    const orderId = await place();
    lateNext(server);
    await ask("order/replace", { orderId, price: 189 });
    expect(await ask("order/replace", { orderId, price: 188, qty: 12 })).toMatchObject({ orderId });
    await untilItCame(server);
    expect(await state()).toMatchObject({ orderId, status: "OPEN", price: 188, qty: 12 });
  });

  test("of one change says nothing of another, of which a push that tells of a fill too is heard", async () => {
    const { server, ask, place, state } = await openGateway(transport);
    const orderId = await place();
    lateNext(server);
    await ask("order/replace", { orderId, price: 189 });
    server.venue.fill(orderId, 3, 189);
    lateNext(server);
    expect(await ask("order/replace", { orderId, price: 188, qty: 12 })).toMatchObject({ orderId });
    await untilItCame(server);
    expect(await state()).toMatchObject({ orderId, status: "PARTIALLY_FILLED", price: 188, qty: 12, filledQty: 3 });
  });

  test("that tells of a change leaves room for the fills and the change that follow in the same second", async () => {
    const { server, ask, place, state } = await openGateway(transport);
    const orderId = await place();
    await ask("order/replace", { orderId, price: 189 });
    server.venue.fill(orderId, 3, 189);
    await until(async () => (await state())["filledQty"] === 3);
    expect(await ask("order/replace", { orderId, price: 188, qty: 12 })).toMatchObject({ orderId });
    await until(async () => (await state())["price"] === 188);
    expect(await state()).toMatchObject({ status: "PARTIALLY_FILLED", qty: 12, filledQty: 3 });
  });
});
