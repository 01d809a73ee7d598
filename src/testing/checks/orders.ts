/** The life of an order from its placing to its end. */
import { multiply } from "../../domain/money.ts";
import type { Order, OrderRequest } from "../../domain/order.ts";
import type { ConformanceCheck } from "../check.ts";
import { expect, expectEqual, expectOneOf } from "../expect.ts";
import { check, expectRefusal, type Scene } from "../scene.ts";
import {
  expectOrder,
  expectWellFormed,
  instrumentFor,
  limitRow,
  listedUntil,
  newTag,
  openMarket,
  orderUntil,
  placeResting,
  requestFor,
  stepUp,
} from "../trade.ts";
import { methods, powers, REGIONS, row, TRADING } from "./needing.ts";

const DAY_MS = 86_400_000;
const REASON = "ended by the conformance suite";

export const orderChecks: readonly ConformanceCheck[] = [
  ...REGIONS.map((region) =>
    check(
      `lists an order in ${region} as it reads it`,
      [...TRADING, row({ region, orderType: "Limit" }), { instrument: region }, ...methods("orders")],
      async (scene) => {
        const { orderId, tag, request } = await placeResting(scene, { region });
        const read = await orderUntil(scene, orderId, ["OPEN"]);
        expectOrder(scene, read, request, "the order as it is read");
        const listed = await listedUntil(scene, "the order", "open", (orders) => byId(orders, orderId));
        expectOrder(scene, listed, request, "the order as it is listed");
        expectEqual([read.tag, listed.tag], [tag, tag], "tag as read and as listed");
      },
    ),
  ),

  check("fills a part and then the rest", [...TRADING, ...powers("fill")], async (scene) => {
    const resting = await placeResting(scene, { lots: 3 });
    const { orderId, lot, request } = resting;
    await orderUntil(scene, orderId, ["OPEN"]);
    await scene.venue.fill?.(orderId, lot, request.price);
    const part = await orderUntil(scene, orderId, ["PARTIALLY_FILLED"]);
    expectEqual([part.filledQty, part.avgPrice, part.qty], [lot, request.price, request.qty], "filled, at, of");
    await scene.venue.fill?.(orderId, lot, stepUp(resting, -2));
    const more = await orderUntil(scene, orderId, ["PARTIALLY_FILLED"], ({ filledQty }) => filledQty > lot);
    const average = stepUp(resting, -1);
    expectEqual([more.filledQty, more.avgPrice], [multiply(2, lot), average], "filled and average after two fills");
    await scene.venue.fill?.(orderId, lot, average);
    const whole = await orderUntil(scene, orderId, ["FILLED"]);
    expectEqual([whole.filledQty, whole.avgPrice], [request.qty, average], "filled and average at the end");
    expectWellFormed(whole, "the filled order");
  }),

  check(
    "fills a limit order when the market comes to it",
    [...TRADING, { data: "tradingAt" }, ...powers("setPrice", "setClock")],
    async (scene) => {
      await openMarket(scene, instrumentFor(scene, limitRow(scene)));
      const { orderId, request, instrument } = await placeResting(scene);
      await scene.venue.setPrice?.(instrument.contract, request.price);
      const filled = await orderUntil(scene, orderId, ["FILLED"]);
      expectEqual([filled.filledQty, filled.avgPrice], [request.qty, request.price], "filled at");
    },
  ),

  check(
    "fills a market order at the market's price",
    [
      ...methods("placeOrder", "order"),
      row({ orderType: "Market" }),
      { data: "tradingAt" },
      ...powers("setPrice", "setClock"),
    ],
    async (scene) => {
      const one = scene.broker
        .capabilities()
        .orders.find(
          ({ orderType, region }) =>
            orderType === "Market" && scene.stage.instruments.some(({ contract }) => contract.region === region),
        );
      expect(one !== undefined, () => "the stage names no contract of a region with market orders");
      const instrument = instrumentFor(scene, one);
      await openMarket(scene, instrument);
      await scene.venue.setPrice?.(instrument.contract, instrument.price);
      const { orderId } = await scene.place({ ...requestFor(scene, one), tag: newTag() });
      const filled = await orderUntil(scene, orderId, ["FILLED"]);
      expectEqual([filled.filledQty, filled.price], [instrument.lot ?? 1, null], "filled and limit price");
      expect(filled.avgPrice > 0, () => `the average price of a filled order is ${filled.avgPrice}`);
    },
  ),

  check("sells what is held", [...TRADING, ...powers("fill", "ledger")], async (scene) => {
    const bought = await placeResting(scene);
    await scene.venue.fill?.(bought.orderId, bought.lot, bought.request.price);
    await orderUntil(scene, bought.orderId, ["FILLED"]);
    const request: OrderRequest = { ...bought.request, direction: "SELL", price: stepUp(bought, 40) };
    const { orderId } = await scene.place({ ...request, tag: newTag() });
    const sold = await scene.order(orderId);
    expectOrder(scene, sold, request, "the order to sell");
    const held = (await scene.venue.ledger?.())?.find((one) => one.orderId === orderId);
    expectEqual(held?.direction, "SELL", "direction at the venue");
  }),

  check("shows that the venue rejected an order, and why", [...TRADING, ...powers("end")], async (scene) => {
    const ended = await endedAs(scene, "REJECTED");
    expectEqual(ended.status, "REJECTED", "status of an order that the venue rejected");
    expect(ended.errorReason.includes(REASON), () => `errorReason should tell "${REASON}", saw "${ended.errorReason}"`);
  }),

  check("shows that an order expired, and why", [...TRADING, ...powers("end")], async (scene) => {
    const ended = await endedAs(scene, "EXPIRED");
    // Some vendors have no word of their own for it and call it canceled; none may call it filled or open.
    expectOneOf(ended.status, ["EXPIRED", "CANCELED"], "status of an order that expired");
    expect(ended.status !== "EXPIRED" || ended.errorReason !== "", () => "errorReason of an expired order is empty");
  }),

  check("shows that the venue canceled an order", [...TRADING, ...powers("end")], async (scene) => {
    expectEqual((await endedAs(scene, "CANCELED")).status, "CANCELED", "status of an order that the venue canceled");
  }),

  check(
    "ends an order for the day when the day is over",
    [...TRADING, row({ orderType: "Limit", timeInForce: "DAY" }), { data: "tradingAt" }, ...powers("setClock")],
    async (scene) => {
      const one = limitRow(scene);
      const instrument = instrumentFor(scene, one);
      await openMarket(scene, instrument);
      const { orderId } = await placeResting(scene, { row: { ...one, timeInForce: "DAY" } });
      await orderUntil(scene, orderId, ["OPEN"]);
      await scene.venue.setClock?.((instrument.tradingAt ?? 0) + DAY_MS);
      await orderUntil(scene, orderId, ["EXPIRED", "CANCELED"]);
    },
  ),

  check(
    "keeps an order that is good till canceled over night",
    [...TRADING, row({ orderType: "Limit", timeInForce: "GTC" }), { data: "tradingAt" }, ...powers("setClock")],
    async (scene) => {
      const one = scene.broker
        .capabilities()
        .orders.find((each) => each.orderType === "Limit" && each.timeInForce === "GTC" && each.lifecycle === "RTH");
      expect(one !== undefined, () => "there is no row Limit GTC RTH");
      const instrument = instrumentFor(scene, one);
      await openMarket(scene, instrument);
      const { orderId } = await placeResting(scene, { row: one });
      await scene.venue.setClock?.((instrument.tradingAt ?? 0) + DAY_MS);
      await orderUntil(scene, orderId, ["OPEN"]);
    },
  ),

  check(
    "shows an order that was placed elsewhere, without a tag of ours",
    [...TRADING, ...methods("orders"), ...powers("placeElsewhere")],
    async (scene) => {
      const request = requestFor(scene, limitRow(scene));
      const orderId = (await scene.venue.placeElsewhere?.(request)) ?? "";
      const listed = await listedUntil(scene, "the order placed elsewhere", "open", (orders) => byId(orders, orderId));
      expectOrder(scene, listed, request, "the order placed elsewhere, as listed");
      expectEqual(listed.tag, null, "its tag");
      expectOrder(scene, await scene.order(orderId), request, "the order placed elsewhere, as read");
    },
  ),

  check(
    "cancels an order that was placed elsewhere, unless it says that it cannot",
    [...TRADING, ...methods("orders", "cancelOrder"), ...powers("placeElsewhere")],
    async (scene) => {
      const orderId = (await scene.venue.placeElsewhere?.(requestFor(scene, limitRow(scene)))) ?? "";
      const listed = await listedUntil(scene, "the order placed elsewhere", "open", (orders) => byId(orders, orderId));
      if (listed.cancelable === false) {
        await expectRefusal("canceling what is not cancelable", "cancelOrder", scene.cancel(orderId), {});
        return;
      }
      await scene.cancel(orderId);
      await orderUntil(scene, orderId, ["CANCELED"]);
    },
  ),

  check(
    "lists an accepted order, once and under its tag, to who asks past the caches",
    [...TRADING, ...methods("orders"), { capability: "complete listing" }],
    async (scene) => {
      const { settleMs } = scene.broker.capabilities().listing;
      expect(settleMs <= 600_000, () => `a settle time of ${settleMs} ms helps nobody`);
      const placed = [await placeResting(scene), await placeResting(scene), await placeResting(scene)];
      for (const { tag, orderId } of placed) {
        const listed = await listedUntil(scene, `an order with tag ${tag}`, "open", (orders) => byTag(orders, tag));
        expectEqual(listed.orderId, orderId, "id of the listed order");
      }
      const { orders } = await scene.orders({ status: "open", fresh: true });
      const tags = orders.map(({ tag }) => tag).filter((tag) => placed.some((one) => one.tag === tag));
      expectEqual(tags.length, placed.length, "how often the three orders are listed in all");
    },
  ),

  check(
    "takes orders that are placed at the same time, each once",
    [...TRADING, ...powers("ledger")],
    async (scene) => {
      const placed = await Promise.all([placeResting(scene), placeResting(scene), placeResting(scene)]);
      const ids = new Set(placed.map(({ orderId }) => orderId));
      expectEqual(ids.size, placed.length, "different ids");
      const ledger = (await scene.venue.ledger?.()) ?? [];
      for (const { tag, orderId } of placed) {
        const rows = ledger.filter((one) => one.tag === tag).map((one) => one.orderId);
        expectEqual(rows, [orderId], `orders at the venue with tag ${tag}`);
      }
    },
  ),

  check(
    "lists what has ended among all orders, not among the open ones",
    [...TRADING, ...methods("orders", "cancelOrder")],
    async (scene) => {
      const ended = await placeResting(scene);
      const open = await placeResting(scene);
      await scene.cancel(ended.orderId);
      await orderUntil(scene, ended.orderId, ["CANCELED"]);
      await listedUntil(scene, "the open order and no ended one", "open", (orders) =>
        byId(orders, ended.orderId) === undefined ? byId(orders, open.orderId) : undefined,
      );
      await listedUntil(scene, "the ended order", "all", (orders) => byId(orders, ended.orderId));
      await listedUntil(scene, "the open order", "all", (orders) => byId(orders, open.orderId));
    },
  ),
];

async function endedAs(scene: Scene, status: "CANCELED" | "EXPIRED" | "REJECTED"): Promise<Order> {
  const { orderId } = await placeResting(scene);
  await orderUntil(scene, orderId, ["OPEN"]);
  await scene.venue.end?.(orderId, status, REASON);
  const ended = await orderUntil(scene, orderId, ["CANCELED", "EXPIRED", "REJECTED", "FILLED"]);
  expectEqual(ended.filledQty, 0, "filled quantity of an order that was never filled");
  return ended;
}

function byId(orders: readonly Order[], id: string): Order | undefined {
  return orders.find(({ orderId }) => orderId === id);
}

function byTag(orders: readonly Order[], wanted: string): Order | undefined {
  return orders.find(({ tag }) => tag === wanted);
}
