/** Cancels that the venue has taken and not carried out yet. */
import { isTerminal, type Order } from "../../domain/order.ts";
import type { Operation } from "../../spec/capabilities.ts";
import type { ConformanceCheck, Need } from "../check.ts";
import { expect, expectEqual, pause } from "../expect.ts";
import { check, expectRefusal, rejectionOf, type Scene } from "../scene.ts";
import { listedUntil, orderUntil, placeResting, shownUntil } from "../trade.ts";
import { methods, powers, TRADING } from "./needing.ts";

/** How often an order is read that must not have ended, and how long is waited in between. */
const LOOKS = 3;
const BETWEEN_MS = 50;
const CANCELS: readonly Need[] = [...TRADING, ...methods("cancelOrder"), ...powers("holdCancels")];

export const pendingChecks: readonly ConformanceCheck[] = [
  check("calls an order canceled once it is, not when the venue has only taken the cancel", CANCELS, async (scene) => {
    const { orderId } = await placeResting(scene);
    await orderUntil(scene, orderId, ["OPEN"]);
    const carryOut = await scene.venue.holdCancels?.();
    await expectTaken("cancelOrder", scene.cancel(orderId));
    await expectAlive(scene, orderId);
    await carryOut?.();
    const { filledQty } = await orderUntil(scene, orderId, ["CANCELED"]);
    expectEqual(filledQty, 0, "filled quantity of an order that was never filled");
  }),

  check(
    "tells what is filled behind a cancel that the venue has only taken",
    [...CANCELS, ...powers("fill")],
    async (scene) => {
      const part = await placeResting(scene, { lots: 2 });
      const { lot, request } = part;
      const whole = await placeResting(scene);
      for (const { orderId } of [part, whole]) await orderUntil(scene, orderId, ["OPEN"]);
      const carryOut = await scene.venue.holdCancels?.();
      for (const { orderId } of [part, whole]) await expectTaken("cancelOrder", scene.cancel(orderId));
      await scene.venue.fill?.(part.orderId, lot, request.price);
      await shownUntil(
        scene,
        part.orderId,
        "that its cancel waits for, with its fill",
        "open",
        (order) => !isTerminal(order.status) && order.filledQty === lot,
      );
      await scene.venue.fill?.(whole.orderId, lot, whole.request.price);
      const isFilled = ({ status, filledQty }: Order) => status === "FILLED" && filledQty === lot;
      await shownUntil(scene, whole.orderId, "that was filled before its cancel, as filled", "all", isFilled);
      await carryOut?.();
      await shownUntil(
        scene,
        part.orderId,
        "that was canceled with a part of it filled",
        "all",
        (order) => order.status === "CANCELED" && order.filledQty === lot && order.avgPrice === request.price,
      );
      await shownUntil(scene, whole.orderId, "that was filled before its cancel, as filled", "all", isFilled);
    },
  ),
];

/** The write must succeed, or say that it does not know: the venue has it, and may yet carry it out. */
async function expectTaken(operation: Operation, writing: Promise<unknown>): Promise<void> {
  if ((await rejectionOf(writing)) === undefined) return;
  await expectRefusal(`what the venue took and has not carried out yet`, operation, writing, { outcomes: ["unknown"] });
}

/** Fails when the order is shown as ended, read, listed or pushed: it is open at the venue. */
async function expectAlive(scene: Scene, orderId: string): Promise<void> {
  const waits = `order ${orderId} is open at the venue, which has taken its cancel and not carried it out`;
  for (let look = 0; look < LOOKS; look++) {
    const { status } = await scene.order(orderId);
    expect(!isTerminal(status), () => `${waits}; it reads as ${status}`);
    await pause(BETWEEN_MS);
  }
  if (scene.broker.orders !== undefined) {
    await listedUntil(scene, "the order whose cancel waits", "open", (orders) =>
      orders.find((one) => one.orderId === orderId && !isTerminal(one.status)),
    );
  }
  const ended = scene.pushes.find((order) => order.orderId === orderId && isTerminal(order.status));
  expect(ended === undefined, () => `${waits}; it was pushed as ${ended?.status}`);
}
