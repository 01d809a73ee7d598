/** Every change of an order reaches `onOrder`. */
import { isTerminal } from "../../domain/order.ts";
import type { ConformanceCheck, Need } from "../check.ts";
import { expect, expectEqual, expectOneOf } from "../expect.ts";
import { check, type Scene } from "../scene.ts";
import {
  expectOrder,
  expectWellFormed,
  instrumentFor,
  limitRow,
  orderUntil,
  placeResting,
  pushUntil,
  type Resting,
  requestFor,
  stepUp,
} from "../trade.ts";
import { methods, powers, TRADING } from "./needing.ts";

const PUSHING: readonly Need[] = [...TRADING, ...methods("start"), { capability: "push" }];

export const pushChecks: readonly ConformanceCheck[] = [
  check("pushes that an order is open, as it reads it", PUSHING, async (scene) => {
    const { orderId, tag, request } = await placeResting(scene);
    const pushed = await pushUntil(scene, [orderId], "being open", ({ status }) => status === "OPEN");
    expectOrder(scene, pushed, request, "the pushed order");
    expectEqual(pushed.tag, tag, "tag of the pushed order");
  }),

  check("pushes a partial fill and the last one", [...PUSHING, ...powers("fill")], async (scene) => {
    const resting = await placeResting(scene, { lots: 2 });
    const { orderId, lot, request } = resting;
    const price = stepUp(resting, -1);
    await orderUntil(scene, orderId, ["OPEN"]);
    await scene.venue.fill?.(orderId, lot, price);
    const part = await pushUntil(scene, [orderId], "partly filled", ({ status }) => status === "PARTIALLY_FILLED");
    expectEqual([part.filledQty, part.avgPrice], [lot, price], "filled quantity and average as pushed");
    expectOrder(scene, part, request, "the order as pushed with a part of it filled");
    await scene.venue.fill?.(orderId, lot, price);
    const whole = await pushUntil(scene, [orderId], "filled", ({ status }) => status === "FILLED");
    expectEqual([whole.filledQty, whole.avgPrice], [request.qty, price], "filled quantity and average as pushed");
    const ours = scene.pushes.filter((order) => order.orderId === orderId);
    for (const order of ours) expectWellFormed(order, "a pushed order");
    const end = ours.findIndex(({ status }) => isTerminal(status));
    expect(
      ours.slice(end).every(({ status }) => isTerminal(status)),
      () => "a push took the order back from its end",
    );
  }),

  check("pushes that an order was canceled", [...PUSHING, ...methods("cancelOrder")], async (scene) => {
    const { orderId, tag, filled } = await placePartFilled(scene);
    await scene.cancel(orderId);
    const pushed = await pushUntil(scene, [orderId], "being canceled", ({ status }) => status === "CANCELED");
    expectEqual(pushed.tag, tag, "tag of the pushed order");
    expectEqual(pushed.filledQty, filled, "filled quantity of the canceled order as pushed");
  }),

  check("pushes what a replace changed", [...PUSHING, ...methods("replaceOrder")], async (scene) => {
    const resting = await placeResting(scene);
    await orderUntil(scene, resting.orderId, ["OPEN"]);
    const price = stepUp(resting);
    const { orderId } = await scene.replace(resting.orderId, { price, tag: resting.tag });
    const pushed = await pushUntil(scene, [orderId], `at ${price}`, (order) => order.price === price);
    expectEqual(pushed.tag, resting.tag, "tag of the pushed order");
  }),

  check("pushes that the venue ended an order", [...PUSHING, ...powers("end")], async (scene) => {
    for (const ending of ["REJECTED", "CANCELED", "EXPIRED"] as const) {
      const part = ending === "REJECTED" ? undefined : await placePartFilled(scene);
      const { orderId } = part ?? (await placeResting(scene));
      await orderUntil(scene, orderId, ["OPEN", "PARTIALLY_FILLED"]);
      await scene.venue.end?.(orderId, ending, "ended by the conformance suite");
      const { status, errorReason, filledQty } = await pushUntil(scene, [orderId], `being ${ending}`, (order) =>
        isTerminal(order.status),
      );
      // Some vendors call an expired order canceled.
      expectOneOf(status, ending === "EXPIRED" ? ["EXPIRED", "CANCELED"] : [ending], "status of the pushed order");
      expectEqual(filledQty, part?.filled ?? 0, `filled quantity of an order that is ${status} as pushed`);
      expect(status !== "REJECTED" || errorReason !== "", () => "errorReason of the pushed order is empty");
    }
  }),

  check("pushes an order that was placed elsewhere", [...PUSHING, ...powers("placeElsewhere")], async (scene) => {
    const one = limitRow(scene);
    const request = requestFor(scene, one);
    const orderId = (await scene.venue.placeElsewhere?.(request)) ?? "";
    const pushed = await pushUntil(scene, [orderId], "placed elsewhere", () => true);
    expectEqual(pushed.contract, instrumentFor(scene, one).contract, "contract of the pushed order");
    expectEqual(pushed.tag, null, "its tag");
    expectWellFormed(pushed, "the pushed order");
    if (scene.venue.fill === undefined) return;
    await scene.venue.fill(orderId, request.qty, request.price ?? 0);
    const filled = await pushUntil(scene, [orderId], "being filled", ({ status }) => status === "FILLED");
    expectEqual(filled.filledQty, request.qty, "filled quantity of the order placed elsewhere, as pushed");
  }),
];

/** An open order, a part of which is filled where the stage can fill. */
async function placePartFilled(scene: Scene): Promise<Resting & { readonly filled: number }> {
  const resting = await placeResting(scene, { lots: 2 });
  const { orderId, lot, request } = resting;
  await orderUntil(scene, orderId, ["OPEN"]);
  if (scene.venue.fill === undefined) return { ...resting, filled: 0 };
  await scene.venue.fill(orderId, lot, request.price);
  await orderUntil(scene, orderId, ["PARTIALLY_FILLED"]);
  return { ...resting, filled: lot };
}
