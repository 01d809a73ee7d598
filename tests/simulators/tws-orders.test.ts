/** Orders of the TWS simulator through the real SDK, at both dialects. */
import { OrderAction, OrderType, SecType, TimeInForce } from "@stoqey/ib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTws, type Tws } from "../../simulators/tws/server.ts";
import { type SdkClient, sdkConnect } from "./tws-sdk.ts";

const AAPL = { symbol: "AAPL", secType: SecType.STK, exchange: "SMART", currency: "USD" };
const CONTRACT = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
const BUY = {
  action: OrderAction.BUY,
  orderType: OrderType.LMT,
  totalQuantity: 10,
  lmtPrice: 190.5,
  tif: TimeInForce.DAY,
  orderRef: "httag",
};

describe.each([193, 178])("at version %i", (maxVersion) => {
  let tws: Tws;
  let client: SdkClient;

  beforeEach(async () => {
    tws = await startTws({ maxVersion });
    client = await sdkConnect(tws.port, 7);
  });

  afterEach(async () => {
    client.close();
    await tws.close();
  });

  const statuses = () => client.all("orderStatus").map(([, status]) => status);

  test("an order is taken, filled in parts and whole", async () => {
    client.api.placeOrder(1, AAPL, BUY);
    await client.until("orderStatus", 2);
    expect(statuses()).toEqual(["PreSubmitted", "Submitted"]);
    const [, contract, order, state] = client.all("openOrder")[1] ?? [];
    expect(contract).toMatchObject({ conId: 265598, symbol: "AAPL", exchange: "SMART", currency: "USD" });
    expect(order).toMatchObject({ ...BUY, orderId: 1, clientId: 7, account: "DU1234567", outsideRth: false });
    expect(order.permId).toBe(1_000_000_001);
    expect(state.status).toBe("Submitted");
    const permId = String(order.permId);
    expect(tws.venue.orders().map(({ wireId, order: { tag } }) => [wireId, tag])).toEqual([[permId, "httag"]]);

    tws.venue.fill(permId, 4, 190.4);
    await client.until("commissionReport");
    expect(client.told.slice(-4).map(({ name }) => name)).toEqual([
      "execDetails",
      "openOrder",
      "orderStatus",
      "commissionReport",
    ]);
    expect(client.all("orderStatus").at(-1)?.slice(0, 9)).toEqual([
      1,
      "Submitted",
      4,
      6,
      190.4,
      order.permId,
      0,
      190.4,
      7,
    ]);
    tws.venue.setPrice(CONTRACT, 190);
    await client.until("commissionReport", 2);
    expect(client.all("orderStatus").at(-1)?.slice(0, 5)).toEqual([1, "Filled", 10, 0, 190.16]);
    const executions = client.all("execDetails").map(([reqId, , execution]) => ({ reqId, ...execution }));
    expect(executions).toMatchObject([
      { reqId: -1, shares: 4, price: 190.4, cumQty: 4, side: "BOT", orderRef: "httag", permId: order.permId },
      { reqId: -1, shares: 6, price: 190, cumQty: 10, avgPrice: 190.16 },
    ]);
    expect(client.all("commissionReport").map(([report]) => report.execId)).toEqual(
      executions.map(({ execId }) => execId),
    );
  });

  test("a change keeps number and reference; a cancel is told twice over", async () => {
    client.api.placeOrder(1, AAPL, BUY);
    await client.until("orderStatus", 2);
    client.api.placeOrder(1, AAPL, { ...BUY, lmtPrice: 191, totalQuantity: 12 });
    await client.until("orderStatus", 3);
    expect(client.all("openOrder").at(-1)?.[2]).toMatchObject({ lmtPrice: 191, totalQuantity: 12, orderRef: "httag" });
    client.api.cancelOrder(1);
    await client.until("error");
    expect(statuses().slice(3)).toEqual(["PendingCancel", "Cancelled"]);
    expect(client.errors(1)).toEqual([{ code: 202, text: "Order Canceled - reason:" }]);
    expect(tws.venue.orders().map(({ order }) => order.status)).toEqual(["CANCELED"]);
    client.api.cancelOrder(1);
    client.api.cancelOrder(99);
    await client.until("error", 3);
    expect(client.errors(1).at(-1)?.code).toBe(10148);
    expect(client.errors(99).map(({ code }) => code)).toEqual([10147]);
  });

  test("lists: own, everybody's, completed, executions", async () => {
    const other = await sdkConnect(tws.port, 8);
    other.api.placeOrder(5, AAPL, { ...BUY, orderRef: "theirs" });
    await other.until("orderStatus", 2);
    client.api.placeOrder(1, AAPL, BUY);
    client.api.placeOrder(2, AAPL, { ...BUY, orderType: OrderType.MKT });
    await client.until("commissionReport");
    const byHand = tws.venue.place("DU1234567", {
      ...{ contract: CONTRACT, direction: "BUY", orderType: "Limit", timeInForce: "GTC", lifecycle: "ETH" },
      ...{ qty: 3, price: 100, tag: null },
    });
    client.told.length = 0;
    client.api.reqOpenOrders();
    await client.until("openOrderEnd");
    expect(client.all("openOrder").map(([orderId]) => orderId)).toEqual([1]);
    client.told.length = 0;
    client.api.reqAllOpenOrders();
    await client.until("openOrderEnd");
    expect(client.all("openOrder").map(([orderId, , order]) => [orderId, order.clientId, order.orderRef])).toEqual([
      [5, 8, "theirs"],
      [1, 7, "httag"],
      [0, 0, ""],
    ]);
    expect(client.all("openOrder")[2]?.[2]).toMatchObject({ permId: Number(byHand.wireId), outsideRth: true });
    client.api.reqCompletedOrders(false);
    await client.until("completedOrdersEnd");
    const [[, order, state] = [], ...none] = client.all("completedOrder");
    expect(none).toEqual([]);
    expect(order).toMatchObject({ permId: 1_000_000_003, filledQuantity: 10, orderRef: "httag", account: "DU1234567" });
    expect(state).toMatchObject({ status: "Filled", completedStatus: "Filled Size: 10" });
    client.api.reqExecutions(9, {});
    await client.until("execDetailsEnd");
    expect(client.all("execDetails").map(([reqId, , { orderId, shares }]) => [reqId, orderId, shares])).toEqual([
      [9, 2, 10],
    ]);
    client.api.cancelOrder(5);
    await client.until("error");
    expect(client.errors(5).map(({ code }) => code)).toEqual([10147]);
    other.close();
  });
});
