/** The life of an order from its placing to its end. */
import { add, multiply } from "../../domain/money.ts";
import type { Order, OrderRequest } from "../../domain/order.ts";
import type { ConformanceCheck } from "../check.ts";
import { expect, expectEqual, expectOneOf, pause } from "../expect.ts";
import { check, expectRefusal, rejectionOf, type Scene } from "../scene.ts";
import {
  expectOrder,
  expectWellFormed,
  heldOf,
  heldUntil,
  instrumentFor,
  ledgerRows,
  limitRow,
  listedUntil,
  newTag,
  openMarket,
  orderUntil,
  placeResting,
  pushUntil,
  requestFor,
  restingSalePrice,
  stepUp,
} from "../trade.ts";
import { methods, powers, row, TRADING } from "./needing.ts";

const DAY_MS = 86_400_000;
const REASON = "ended by the conformance suite";

export const orderChecks = (regions: readonly string[]): readonly ConformanceCheck[] => [
  ...regions.map((region) =>
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
        const shown = await listedUntil(scene, "the order", "open", (orders) => byId(orders, orderId), false);
        expectOrder(scene, shown, request, "the order as it is listed to clients, caches and all");
        const { unmapped, since = 0 } = await scene.orders({ status: "all", fresh: true });
        expect(Array.isArray(unmapped), () => `unmapped of the listing is a list, saw ${unmapped}`);
        // What ends before it is not proven absent, and no moment is before what is none.
        expect(Number.isFinite(since), () => `since of the listing is in milliseconds, saw ${since}`);
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
    "lists the fills of an order, and one that is filled under its tag",
    [...TRADING, ...methods("orders"), ...powers("fill")],
    async (scene) => {
      const { orderId, tag, lot, request } = await placeResting(scene, { lots: 3 });
      await orderUntil(scene, orderId, ["OPEN"]);
      await scene.venue.fill?.(orderId, lot, request.price);
      const part = await listedUntil(scene, "the order, filled in part", "open", (orders) =>
        orders.find((one) => one.orderId === orderId && one.status === "PARTIALLY_FILLED"),
      );
      expectEqual([part.filledQty, part.avgPrice], [lot, request.price], "filled and average as listed");
      const tags = [part.tag, (await scene.order(orderId)).tag];
      expectEqual(tags, [tag, tag], "tag of the order, filled in part, as listed and as read");
      expectOrder(scene, part, request, "the order, filled in part");
      await scene.venue.fill?.(orderId, multiply(2, lot), request.price);
      const whole = await listedUntil(scene, `a filled order with tag ${tag}`, "all", (orders) =>
        orders.find((one) => one.tag === tag && one.status === "FILLED"),
      );
      expectEqual([whole.filledQty, whole.avgPrice], [request.qty, request.price], "filled and average of the filled");
      expectOrder(scene, whole, request, "the filled order as listed");
      const read = await orderUntil(scene, orderId, ["FILLED"]);
      expectOrder(scene, read, request, "the filled order as read");
      expectEqual(read.tag, tag, "tag of the filled order as read");
    },
  ),

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
      // What is bought at the market is sold there again.
      for (const direction of ["BUY", "SELL"] as const) {
        const tag = newTag();
        const request: OrderRequest = { ...requestFor(scene, one), direction };
        const { orderId } = await scene.place({ ...request, tag });
        const filled = await orderUntil(scene, orderId, ["FILLED"]);
        expectEqual([filled.filledQty, filled.price], [instrument.lot ?? 1, null], "filled and limit price");
        expect(filled.avgPrice > 0, () => `the average price of a filled order is ${filled.avgPrice}`);
        expectOrder(scene, filled, request, "the filled market order");
        expectEqual(filled.tag, tag, "tag of the filled market order");
        const [held] = await ledgerRows(scene, tag);
        if (held !== undefined) expectEqual(held.direction, direction, "direction at the venue");
        if (scene.broker.orders === undefined) continue;
        const listed = await listedUntil(scene, `an order with tag ${tag}`, "all", (orders) => byTag(orders, tag));
        expectOrder(scene, listed, request, "the filled market order as listed");
      }
    },
  ),

  check("sells what is held", [...TRADING, ...powers("fill", "ledger")], async (scene) => {
    const bought = await placeResting(scene);
    const { contract } = bought.instrument;
    const shows = scene.broker.positions !== undefined;
    const before = shows ? await heldOf(scene, contract) : 0;
    await scene.venue.fill?.(bought.orderId, bought.lot, bought.request.price);
    await orderUntil(scene, bought.orderId, ["FILLED"]);
    if (shows) await heldUntil(scene, contract, add(before, bought.lot));
    const price = restingSalePrice(scene, bought.instrument);
    const request = { ...bought.request, direction: "SELL", price } as const;
    const tag = newTag();
    const { orderId } = await scene.place({ ...request, tag });
    await expectSale(scene, orderId, tag, request);
    await scene.venue.fill?.(orderId, bought.lot, price);
    const sold = await orderUntil(scene, orderId, ["FILLED"]);
    expectOrder(scene, sold, request, "the order that sold");
    expectEqual([sold.filledQty, sold.avgPrice], [request.qty, price], "sold, at");
    if (shows) await heldUntil(scene, contract, before);
  }),

  check(
    "shows what was sold and is not held as a position below zero, unless it cannot be sold",
    [...TRADING, ...methods("positions"), ...powers("fill")],
    async (scene) => {
      const one = limitRow(scene);
      const instrument = instrumentFor(scene, one);
      const { lot = 1, contract } = instrument;
      const held = await heldOf(scene, contract);
      const qty = add(Math.max(0, held), lot);
      const price = restingSalePrice(scene, instrument);
      const request: OrderRequest = { ...requestFor(scene, one), direction: "SELL", qty, price };
      const placing = scene.place({ ...request, tag: newTag() });
      if ((await rejectionOf(placing)) !== undefined) {
        await expectRefusal("selling what is not held", "placeOrder", placing, {});
        return;
      }
      const { orderId } = await placing;
      const taken = await orderUntil(scene, orderId, ["OPEN", "REJECTED"]);
      if (taken.status === "REJECTED") return;
      await scene.venue.fill?.(orderId, qty, price);
      await orderUntil(scene, orderId, ["FILLED"]);
      await heldUntil(scene, contract, add(held, -qty));
    },
  ),

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

  check("keeps the fills of an order that the venue ended", [...TRADING, ...powers("fill", "end")], async (scene) => {
    for (const status of ["EXPIRED", "CANCELED"] as const) {
      const { orderId, lot, request } = await placeResting(scene, { lots: 2 });
      await scene.venue.fill?.(orderId, lot, request.price);
      await orderUntil(scene, orderId, ["PARTIALLY_FILLED"]);
      await scene.venue.end?.(orderId, status, REASON);
      const ended = await orderUntil(scene, orderId, ["CANCELED", "EXPIRED", "FILLED"]);
      expectOneOf(ended.status, ["CANCELED", "EXPIRED"], "status of an order that ended with a part of it filled");
      const seen = [ended.filledQty, ended.avgPrice, ended.qty];
      expectEqual(seen, [lot, request.price, request.qty], "filled, at, of an order that the venue ended");
      if (scene.broker.orders === undefined) continue;
      const listed = await listedUntil(scene, `an order that is ${ended.status}`, "all", (orders) =>
        orders.find((one) => one.orderId === orderId && one.status === ended.status),
      );
      expectEqual([listed.filledQty, listed.avgPrice], [lot, request.price], "filled and average of it as listed");
    }
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
      if (scene.broker.orders === undefined) return;
      await listedUntil(scene, "the order of the day before", "open", (orders) => byId(orders, orderId));
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
      if (settleMs > scene.patienceMs) return;
      // The listing was asked for just now: what it remembers of that must not be told again.
      const { tag } = await placeResting(scene);
      await pause(settleMs);
      const late = await scene.orders({ status: "open", fresh: true });
      expect(byTag(late.orders, tag) !== undefined, () => `an order is not listed ${settleMs} ms after it was taken`);
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
    "takes one order for each number",
    [...TRADING, ...methods("orderNumber"), ...powers("ledger")],
    async (scene) => {
      const call = () => ({ signal: AbortSignal.timeout(scene.patienceMs) });
      const numbers = [await scene.broker.orderNumber?.(call()), await scene.broker.orderNumber?.(call())];
      expect(numbers[0] !== numbers[1], () => `two orders were given the number ${numbers[0]}`);
      const [number = ""] = numbers;
      const request = requestFor(scene, limitRow(scene));
      const tags = [newTag(), newTag()];
      for (const tag of tags) await rejectionOf(scene.place({ ...request, tag, number }));
      const ledger = (await scene.venue.ledger?.()) ?? [];
      const taken = ledger.filter((one) => one.tag !== null && tags.includes(one.tag)).length;
      expectEqual(taken, 1, "orders at the venue that were sent with one number");
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
  const { orderId, tag } = await placeResting(scene);
  await orderUntil(scene, orderId, ["OPEN"]);
  await scene.venue.end?.(orderId, status, REASON);
  const ended = await orderUntil(scene, orderId, ["CANCELED", "EXPIRED", "REJECTED", "FILLED"]);
  expectEqual(ended.filledQty, 0, "filled quantity of an order that was never filled");
  if (scene.broker.orders !== undefined) {
    await listedUntil(scene, `an order that is ${ended.status}`, "all", (orders) =>
      orders.find((one) => one.tag === tag && one.status === ended.status),
    );
  }
  return ended;
}

/** The sale must be one wherever it is shown. */
async function expectSale(
  scene: Scene,
  orderId: string,
  tag: string,
  request: OrderRequest & { readonly price: number },
): Promise<void> {
  const read = await orderUntil(scene, orderId, ["OPEN"]);
  expectOrder(scene, read, request, "the order to sell");
  expectEqual(read.tag, tag, "tag of the order to sell");
  const held = (await scene.venue.ledger?.())?.find((one) => one.orderId === orderId);
  expectEqual(held?.direction, "SELL", "direction at the venue");
  if (scene.broker.orders !== undefined) {
    const listed = await listedUntil(scene, "the order to sell", "open", (orders) => byId(orders, orderId));
    expectOrder(scene, listed, request, "the order to sell as listed");
    expectEqual(listed.tag, tag, "tag of the order to sell as listed");
  }
  if (scene.broker.start === undefined || scene.broker.capabilities().push === "none") return;
  const pushed = await pushUntil(scene, [orderId], "being open", ({ status }) => status === "OPEN");
  expectOrder(scene, pushed, request, "the order to sell as pushed");
}

function byId(orders: readonly Order[], id: string): Order | undefined {
  return orders.find(({ orderId }) => orderId === id);
}

function byTag(orders: readonly Order[], wanted: string): Order | undefined {
  return orders.find(({ tag }) => tag === wanted);
}
