/** Replacing and canceling. */
import { add, divide, multiply } from "../../domain/money.ts";
import { isTerminal, type OrderChange } from "../../domain/order.ts";
import type { ConformanceCheck } from "../check.ts";
import { expect, expectEqual, expectOneOf } from "../expect.ts";
import { check, expectRefusal, rejectionOf, type Scene } from "../scene.ts";
import {
  expectOrder,
  ledgerRows,
  listedUntil,
  newTag,
  orderUntil,
  placeResting,
  priceStep,
  type Resting,
  restingSalePrice,
  stepUp,
} from "../trade.ts";
import { methods, powers, row, TRADING } from "./needing.ts";

const REPLACING = [...TRADING, ...methods("replaceOrder")];
const CANCELING = [...TRADING, ...methods("cancelOrder")];

export const changeChecks = (regions: readonly string[]): readonly ConformanceCheck[] => [
  ...regions.map((region) =>
    check(
      `replaces the price of an order in ${region}`,
      [...REPLACING, { replaceable: region }, { instrument: region }],
      async (scene) => {
        const resting = await placeResting(scene, { region, lots: 2 });
        await expectReplaced(scene, resting, { price: stepUp(resting) });
      },
    ),
  ),

  check("replaces the quantity of an order", REPLACING, async (scene) => {
    const resting = await placeResting(scene, { lots: 2 });
    await expectReplaced(scene, resting, { qty: multiply(3, resting.lot) });
  }),

  check("replaces price and quantity of an order at once", REPLACING, async (scene) => {
    const resting = await placeResting(scene, { lots: 2 });
    await expectReplaced(scene, resting, { qty: resting.lot, price: stepUp(resting, -1) });
  }),

  check("keeps the tag of an order that is replaced", [...REPLACING, ...methods("orders")], async (scene) => {
    const resting = await placeResting(scene);
    const orderId = await replaced(scene, resting, { price: stepUp(resting) });
    expectEqual((await orderUntil(scene, orderId, ["OPEN"])).tag, resting.tag, "tag after the replace");
    await scene.until("the listing to show one order with the tag, at the new price", async () => {
      const { orders } = await scene.orders({ status: "open", fresh: true });
      const ours = orders.filter(({ tag }) => tag === resting.tag);
      return ours.length === 1 && ours[0]?.price === stepUp(resting) ? ours[0] : undefined;
    });
  }),

  check(
    "takes the quantity of a replace as the new total, with what is filled",
    [...REPLACING, ...powers("fill")],
    async (scene) => {
      const resting = await placeResting(scene, { lots: 3 });
      const { lot, request } = resting;
      await scene.venue.fill?.(resting.orderId, lot, request.price);
      await orderUntil(scene, resting.orderId, ["PARTIALLY_FILLED"]);
      const qty = multiply(2, lot);
      const orderId = await replaced(scene, resting, { qty });
      const part = await orderUntil(scene, orderId, ["PARTIALLY_FILLED"], (order) => order.qty === qty);
      expectEqual(part.filledQty, lot, "filled quantity after the replace");
      await scene.venue.fill?.(orderId, lot, request.price);
      const whole = await orderUntil(scene, orderId, ["FILLED"]);
      expectEqual([whole.qty, whole.filledQty], [qty, qty], "total and filled at the end");
    },
  ),

  check(
    "keeps the total and the fills of an order whose price is replaced",
    [...REPLACING, ...powers("fill")],
    async (scene) => {
      const resting = await placeResting(scene, { lots: 3 });
      const { lot, request, tag } = resting;
      await scene.venue.fill?.(resting.orderId, lot, request.price);
      await orderUntil(scene, resting.orderId, ["PARTIALLY_FILLED"]);
      const price = stepUp(resting);
      const orderId = await replaced(scene, resting, { price });
      const part = await orderUntil(scene, orderId, ["PARTIALLY_FILLED"], (order) => order.price === price);
      expectEqual([part.qty, part.filledQty, part.avgPrice], [request.qty, lot, request.price], "total, filled, at");
      if (scene.venue.ledger === undefined) return;
      const working = (await ledgerRows(scene, tag)).filter(({ status }) => !isTerminal(status));
      const seen = working.map(({ qty, filledQty }) => [qty, filledQty]);
      expectEqual(seen, [[request.qty, lot]], "total and filled at the venue");
    },
  ),

  check("keeps the side of an order that is replaced", [...REPLACING, ...powers("fill")], async (scene) => {
    const bought = await placeResting(scene);
    await scene.venue.fill?.(bought.orderId, bought.lot, bought.request.price);
    await orderUntil(scene, bought.orderId, ["FILLED"]);
    const price = restingSalePrice(scene, bought.instrument);
    const request = { ...bought.request, direction: "SELL", price } as const;
    const tag = newTag();
    const { orderId } = await scene.place({ ...request, tag });
    const step = priceStep(scene, bought.instrument, 1.05);
    await expectReplaced(scene, { ...bought, orderId, tag, request, step }, { price: add(price, step) });
  }),

  check("never cuts the price of a replace", [...REPLACING, ...powers("ledger")], async (scene) => {
    const resting = await placeResting(scene);
    const { orderId, tag, request, step } = resting;
    await orderUntil(scene, orderId, ["OPEN"]);
    const price = add(request.price, divide(step, 10));
    const replacing = scene.replace(orderId, { price, tag });
    const refused = (await rejectionOf(replacing)) !== undefined;
    if (refused) {
      await expectRefusal("a replace with a price finer than the step", "replaceOrder", replacing, {
        codes: ["InvalidRequest", "OrderRejected"],
      });
    }
    const working = (await ledgerRows(scene, tag)).filter(({ status }) => !isTerminal(status));
    const seen = working.map((one) => one.price);
    expectEqual(seen, [refused ? request.price : price], "price at the venue after a replace with too fine a one");
  }),

  check("refuses to replace an order that has ended", [...REPLACING, ...powers("fill")], async (scene) => {
    const resting = await placeResting(scene);
    const { orderId, lot, request, tag } = resting;
    await scene.venue.fill?.(orderId, lot, request.price);
    await orderUntil(scene, orderId, ["FILLED"]);
    await expectRefusal(
      "replacing a filled order",
      "replaceOrder",
      scene.replace(orderId, { price: stepUp(resting), tag }),
      { codes: ["OrderNotOpen"] },
    );
    if (scene.broker.cancelOrder === undefined) return;
    const canceled = await placeResting(scene);
    await orderUntil(scene, canceled.orderId, ["OPEN"]);
    await scene.cancel(canceled.orderId);
    await orderUntil(scene, canceled.orderId, ["CANCELED"]);
    await expectRefusal(
      "replacing a canceled order",
      "replaceOrder",
      scene.replace(canceled.orderId, { price: stepUp(canceled), tag: canceled.tag }),
      { codes: ["OrderNotOpen"] },
    );
    expectEqual((await scene.order(canceled.orderId)).status, "CANCELED", "status after the refused replace");
  }),

  check(
    "refuses to replace what its capabilities call not replaceable, and leaves it as it was",
    [...REPLACING, row({ orderType: "Limit", replaceable: false })],
    async (scene) => {
      const one = scene.broker
        .capabilities()
        .orders.find(({ orderType, replaceable }) => orderType === "Limit" && replaceable === false);
      const resting = await placeResting(scene, one === undefined ? {} : { row: one });
      const { orderId, tag, request } = resting;
      await orderUntil(scene, orderId, ["OPEN"]);
      await expectRefusal(
        "replacing what is not replaceable",
        "replaceOrder",
        scene.replace(orderId, { price: stepUp(resting), tag }),
        { codes: ["NotSupported", "InvalidRequest", "OrderRejected"] },
      );
      expectOrder(scene, await scene.order(orderId), request, "the order after the refused replace");
    },
  ),

  check("refuses to replace an order that it does not know", unknownOrder("replaceOrder"), async (scene) => {
    const orderId = scene.stage.unknownOrderId ?? "";
    await expectRefusal("replacing an unknown order", "replaceOrder", scene.replace(orderId, { price: 1 }), {
      codes: ["OrderNotFound"],
    });
  }),

  ...regions.map((region) =>
    check(
      `cancels an order in ${region}`,
      [...CANCELING, row({ region, orderType: "Limit" }), { instrument: region }],
      async (scene) => {
        const { orderId, request, tag } = await placeResting(scene, { region });
        await scene.cancel(orderId);
        const canceled = await orderUntil(scene, orderId, ["CANCELED"]);
        expectOrder(scene, canceled, request, "the canceled order");
        if (scene.venue.ledger === undefined) return;
        const rows = (await ledgerRows(scene, tag)).map(({ status }) => status);
        expectEqual(rows, ["CANCELED"], "status at the venue");
      },
    ),
  ),

  check("keeps the fills of an order that is canceled", [...CANCELING, ...powers("fill")], async (scene) => {
    const { orderId, lot, request } = await placeResting(scene, { lots: 2 });
    await scene.venue.fill?.(orderId, lot, request.price);
    await orderUntil(scene, orderId, ["PARTIALLY_FILLED"]);
    await scene.cancel(orderId);
    const canceled = await orderUntil(scene, orderId, ["CANCELED"]);
    expectEqual([canceled.filledQty, canceled.qty], [lot, request.qty], "filled and total of the canceled order");
    if (scene.broker.orders === undefined) return;
    const listed = await listedUntil(scene, "the canceled order", "all", (orders) =>
      orders.find((one) => one.orderId === orderId && one.status === "CANCELED"),
    );
    expectEqual([listed.filledQty, listed.qty], [lot, request.qty], "filled and total of it as listed");
  }),

  check("refuses to cancel a filled order", [...CANCELING, ...powers("fill")], async (scene) => {
    const { orderId, lot, request } = await placeResting(scene);
    await scene.venue.fill?.(orderId, lot, request.price);
    await orderUntil(scene, orderId, ["FILLED"]);
    await expectRefusal("canceling a filled order", "cancelOrder", scene.cancel(orderId), { codes: ["OrderNotOpen"] });
    expectEqual((await scene.order(orderId)).status, "FILLED", "status after the refused cancel");
  }),

  check("takes a second cancel, or says that the order is not open", CANCELING, async (scene) => {
    const { orderId } = await placeResting(scene);
    await scene.cancel(orderId);
    await orderUntil(scene, orderId, ["CANCELED"]);
    const again = scene.cancel(orderId);
    const accepted = await again.then(
      () => true,
      () => false,
    );
    if (!accepted) await expectRefusal("canceling twice", "cancelOrder", again, { codes: ["OrderNotOpen"] });
    expectOneOf((await scene.order(orderId)).status, ["CANCELED"], "status after the second cancel");
  }),

  check("refuses to cancel an order that it does not know", unknownOrder("cancelOrder"), async (scene) => {
    const orderId = scene.stage.unknownOrderId ?? "";
    await expectRefusal("canceling an unknown order", "cancelOrder", scene.cancel(orderId), {
      codes: ["OrderNotFound"],
    });
  }),
];

function unknownOrder(operation: "replaceOrder" | "cancelOrder") {
  return [...methods(operation), { data: "unknownOrderId" }] as const;
}

/** Replaces, and gives the id the order has from then on: a new one only where the broker says so, and then in place of the old. */
async function replaced(scene: Scene, { orderId, tag }: Resting, change: OrderChange): Promise<string> {
  await orderUntil(scene, orderId, ["OPEN", "PARTIALLY_FILLED"]);
  const { orderId: next } = await scene.replace(orderId, { ...change, tag });
  if (next === orderId) return next;
  const { newIds } = scene.broker.capabilities();
  expect(newIds === true, () => `order ${orderId} is ${next} after a replace, and the capabilities do not say newIds`);
  await orderUntil(scene, orderId, ["CANCELED"]);
  return next;
}

async function expectReplaced(scene: Scene, resting: Resting, change: OrderChange): Promise<void> {
  const target = { ...resting.request, ...change };
  const orderId = await replaced(scene, resting, change);
  const order = await orderUntil(
    scene,
    orderId,
    ["OPEN"],
    ({ qty, price }) => qty === target.qty && price === target.price,
  );
  expectOrder(scene, order, target, "the replaced order");
  if (scene.venue.ledger === undefined) return;
  const working = (await ledgerRows(scene, resting.tag)).filter(({ status }) => status === "OPEN");
  const seen = working.map(({ qty, price }) => ({ qty, price }));
  expectEqual(seen, [{ qty: target.qty, price: target.price }], "what works at the venue");
}
