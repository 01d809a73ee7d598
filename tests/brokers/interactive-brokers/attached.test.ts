/** Orders that TWS attaches to another, by a preset or by a person's hand: each is an order of its own, with a parent. */
import { expect, onTestFinished, test } from "vitest";
import { createHttpTrading } from "../../../mod.ts";
import { RESPONSE } from "../../../simulators/tws/messages.ts";
import { ask } from "../../http/gateway.ts";
import { openBetween } from "./between.ts";
import { call, newBroker, openTws, rejection, restingOrder, startBroker, until } from "./setup.ts";

const QQQ = { tradeType: "Securities", region: "US", symbol: "QQQ" } as const;

/**
 * Client id 7 with an order of its own, and with a stop that TWS has attached to it, which waits for it and has its mark: in
 * place of an order of client id 70's, of which that is told.
 *
 * @param given Under which client id and number TWS shows the stop.
 */
async function withAttachedStop(given: { readonly clientId: string; readonly number: string }) {
  const tws = await openTws();
  const parent = restingOrder({ contract: QQQ, price: 400 });
  let parentNumber = "";
  let stop: string | undefined;
  const port = await openBetween(
    tws,
    ([id, number = ""]) => {
      if (id === "3") parentNumber = number;
      return undefined;
    },
    (fields) => {
      const kind = Number(fields[0]);
      const attached = (field: string, at: number) => {
        if (field === "Submitted") return "PreSubmitted";
        if (kind === RESPONSE.openOrder) {
          const terms = { 1: given.number, 15: "STP", 16: "0", 17: "180", 23: parent.tag, 24: given.clientId };
          return { ...terms, 57: parentNumber }[at] ?? field;
        }
        return { 1: given.number, 7: parentNumber, 9: given.clientId }[at] ?? field;
      };
      if (kind === RESPONSE.completedOrder && fields[23] === stop) {
        return fields
          .with(22, parent.tag)
          .with(14, "STP")
          .with(-10, tws.venue.orders()[0]?.wireId ?? "");
      }
      const permAt = kind === RESPONSE.openOrder ? 25 : kind === RESPONSE.orderStatus ? 6 : undefined;
      return permAt !== undefined && fields[permAt] === stop ? fields.map(attached) : fields;
    },
  );
  const { broker, host } = await startBroker(port);
  const { orderId } = await broker.placeOrder(parent, call());
  const { broker: other } = await startBroker(tws.port, { clientId: 70 });
  const selling = restingOrder({ contract: QQQ, direction: "SELL", price: 900 });
  stop = "1000000002";
  expect(await other.placeOrder(selling, call())).toEqual({ orderId: stop });
  return { tws, port, broker, host, parent, orderId, stop };
}

test.each([
  { clientId: "0", number: "0" },
  { clientId: "7", number: "0" },
  { clientId: "0", number: "-5" },
])("a stop that TWS has attached to an order is open beside it, and has not its mark: %o", async (given) => {
  const { tws, broker, host, parent, orderId, stop } = await withAttachedStop(given);
  const { orders } = await broker.orders({ status: "all", fresh: true }, call());
  const attached = {
    orderId: stop,
    contract: QQQ,
    direction: "SELL",
    qty: 10,
    status: "OPEN",
    originStatus: "PreSubmitted",
    orderType: null,
    price: null,
    tag: null,
    cancelable: false,
  };
  expect(orders.toSorted((a, b) => Number(a.orderId) - Number(b.orderId))).toMatchObject([
    { orderId, tag: parent.tag, status: "OPEN" },
    attached,
  ]);
  await until(() => host.orders.some((order) => order.orderId === stop));
  expect(host.orders.find((order) => order.orderId === stop)).toMatchObject(attached);
  expect(await rejection(broker.cancelOrder(stop, call()))).toMatchObject({
    code: "NotSupported",
    outcome: "not_sent",
    message: expect.stringContaining("in TWS"),
  });
  await broker.replaceOrder(orderId, { price: 399 }, call());
  await broker.cancelOrder(orderId, call());
  tws.venue.end(stop, "CANCELED", "");
  await until(() => host.orders.some((order) => order.orderId === stop && order.status === "CANCELED"));
});

/** Without "Use negative numbers to bind automatic orders", TWS gives what a person enters numbers as of a program. */
test("one that TWS has given a number under the client id of this program has not its mark either", async () => {
  const { broker, parent, orderId, stop } = await withAttachedStop({ clientId: "7", number: "1500000000" });
  const { orders } = await broker.orders({ status: "all", fresh: true }, call());
  expect(orders.map(({ orderId: id, tag }) => [id, tag]).sort()).toEqual([
    [orderId, parent.tag],
    [stop, null],
  ]);
});

test("one that had ended before this program came has not the mark of the order either that it was attached to", async () => {
  const { tws, port, broker, parent, orderId, stop } = await withAttachedStop({ clientId: "0", number: "0" });
  await broker.cancelOrder(orderId, call());
  tws.venue.end(stop, "CANCELED", "");
  await broker.close();
  const { broker: again } = await startBroker(port);
  const { orders } = await again.orders({ status: "all", fresh: true }, call());
  expect(orders.map(({ orderId: id, tag }) => [id, tag]).sort()).toEqual([
    [orderId, parent.tag],
    [stop, null],
  ]);
});

test.each([
  ["goes with it", true],
  ["stays", false],
])(
  "the kill switch cancels an order to which a stop is attached, and says of the stop that %s what became of it",
  async (_, goes) => {
    const { tws, port, broker, orderId, stop } = await withAttachedStop({ clientId: "0", number: "0" });
    await broker.close();
    const unsubscribe = tws.venue.subscribe(({ wireId, order: { status } }) => {
      if (goes && wireId === orderId && status === "CANCELED") tws.venue.end(stop, "CANCELED", "");
    });
    onTestFinished(unsubscribe);
    const [instanceId, token] = ["ibInstance0000000001", "ibInstanceAdmin00001"];
    const tokens = [{ token, name: "ops", scopes: ["read", "admin"] as const }];
    await using trading = createHttpTrading({ brokers: [newBroker(port, { tokens })] });
    await until(async () => (await ask(trading, "order/list", { instanceId, token })).json.orders?.length === 2);
    const body = { state: "HALTED", reason: "enough", cancelAll: true };
    const { json } = await ask(trading, "guard/state", { instanceId, token, body });
    expect(json.canceled).toMatchObject({
      orderIds: expect.arrayContaining([orderId]),
      failed: goes ? [] : [{ orderId: stop, code: "NotSupported" }],
      complete: true,
    });
  },
);
