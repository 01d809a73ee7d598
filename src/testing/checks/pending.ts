/** Cancels and changes that the venue has taken and not carried out yet, and changes that come too late. */
import { multiply } from "../../domain/money.ts";
import { isTerminal, type Order } from "../../domain/order.ts";
import type { Operation } from "../../spec/capabilities.ts";
import type { ConformanceCheck, Need } from "../check.ts";
import { expect, expectEqual, pause, show } from "../expect.ts";
import { check, expectRefusal, rejectionOf, type Scene } from "../scene.ts";
import { ledgerRows, listedUntil, orderUntil, placeResting, shownUntil, stepUp } from "../trade.ts";
import { methods, powers, TRADING } from "./needing.ts";

/** How often an order is read that must not have ended, and how long is waited in between. */
const LOOKS = 3;
const BETWEEN_MS = 50;
const REPLACES: readonly Need[] = [...TRADING, ...methods("replaceOrder"), ...powers("holdReplaces", "fill", "ledger")];
const CANCELS: readonly Need[] = [...TRADING, ...methods("cancelOrder"), ...powers("holdCancels")];

export const pendingChecks: readonly ConformanceCheck[] = [
  check("calls an order canceled once it is, not when the venue has only taken the cancel", CANCELS, async (scene) => {
    const { orderId } = await placeResting(scene);
    await orderUntil(scene, orderId, ["OPEN"]);
    const carryOut = await held(scene, "holdCancels");
    await expectTaken("cancelOrder", scene.cancel(orderId));
    await expectAlive(scene, orderId, "cancel");
    await carryOut();
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
      const carryOut = await held(scene, "holdCancels");
      for (const { orderId } of [part, whole]) await expectTaken("cancelOrder", scene.cancel(orderId));
      await scene.venue.fill?.(part.orderId, lot, request.price);
      await shownUntil(
        scene,
        part.orderId,
        "whose cancel waits, with its fill",
        "open",
        (order) => !isTerminal(order.status) && order.filledQty === lot,
      );
      await scene.venue.fill?.(whole.orderId, lot, whole.request.price);
      const isFilled = ({ status, filledQty }: Order) => status === "FILLED" && filledQty === lot;
      await shownUntil(scene, whole.orderId, "that was filled before its cancel, as filled", "all", isFilled);
      await carryOut();
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

  check("tells what is filled before a change that the venue has only taken", REPLACES, async (scene) => {
    const { orderId, tag, lot, request, carryOut } = await changing(scene, 2);
    await expectAlive(scene, orderId, "change");
    await scene.venue.fill?.(orderId, lot, request.price);
    const works = ({ status, filledQty }: Order) => !isTerminal(status) && filledQty === lot;
    await shownUntil(scene, orderId, "whose change waits, with its fill", "open", works);
    await carryOut();
    await shownAsHeld(scene, tag);
  }),

  check("calls an order filled that is filled before its change, and then not changed", REPLACES, async (scene) => {
    const { orderId, tag, lot, request, carryOut } = await changing(scene, 1);
    await scene.venue.fill?.(orderId, lot, request.price);
    const isFilled = ({ status, filledQty }: Order) => status === "FILLED" && filledQty === lot;
    await shownUntil(scene, orderId, "that was filled before its change, as filled", "all", isFilled);
    await carryOut();
    await shownAsHeld(scene, tag);
  }),

  check("shows no quantity that the venue has only taken as the one that works", REPLACES, async (scene) => {
    const { orderId, tag, lot, request } = await placeResting(scene, { lots: 3 });
    await orderUntil(scene, orderId, ["OPEN"]);
    const carryOut = await held(scene, "holdReplaces");
    await expectTaken("replaceOrder", scene.replace(orderId, { qty: lot, tag }));
    const twice = multiply(2, lot);
    await scene.venue.fill?.(orderId, twice, request.price);
    const works = ({ status, filledQty }: Order) => !isTerminal(status) && filledQty === twice;
    await shownUntil(scene, orderId, "that works on with more filled than it is to be cut to", "open", works);
    await carryOut();
    await shownAsHeld(scene, tag);
  }),

  check(
    "changes no order to less than what is filled, or ends it with that",
    [...TRADING, ...methods("replaceOrder"), ...powers("fill", "ledger")],
    async (scene) => {
      const { orderId, tag, lot, request } = await placeResting(scene, { lots: 3 });
      await scene.venue.fill?.(orderId, multiply(2, lot), request.price);
      await orderUntil(scene, orderId, ["PARTIALLY_FILLED"]);
      const before = await ledgerRows(scene, tag);
      const replacing = scene.replace(orderId, { qty: lot, tag });
      const what = "a quantity below what is filled";
      if ((await rejectionOf(replacing)) !== undefined) {
        await expectRefusal(what, "replaceOrder", replacing, {});
        expectEqual(await ledgerRows(scene, tag), before, `the order at the venue after ${what} was refused`);
      } else {
        const working = (await ledgerRows(scene, tag)).filter(({ status }) => !isTerminal(status));
        expectEqual(working, [], `replaceOrder said that the order has ${what} now; what works at the venue`);
      }
      await shownAsHeld(scene, tag);
    },
  ),
];

/** Reads the orders with the tag until they are what the venue has. */
async function shownAsHeld(scene: Scene, tag: string): Promise<void> {
  for (const { orderId, qty, price, filledQty, status } of await ledgerRows(scene, tag)) {
    const held = { qty, price, filledQty, hasEnded: isTerminal(status) };
    let seen: unknown;
    await scene.until(
      `the order to read as ${show(held)}, as it is at the venue`,
      async () => {
        const order = await scene.order(orderId);
        seen = { qty: order.qty, price: order.price, filledQty: order.filledQty, hasEnded: isTerminal(order.status) };
        return show(seen) === show(held) ? "so" : undefined;
      },
      () => seen,
    );
  }
}

/** An order whose price is to be changed, which the venue has taken and not made yet. */
async function changing(scene: Scene, lots: number) {
  const resting = await placeResting(scene, { lots });
  await orderUntil(scene, resting.orderId, ["OPEN"]);
  const carryOut = await held(scene, "holdReplaces");
  const change = { price: stepUp(resting), tag: resting.tag };
  await expectTaken("replaceOrder", scene.replace(resting.orderId, change));
  return { ...resting, carryOut };
}

/** Begins to hold writes back; gives what ends that. */
async function held({ venue }: Scene, power: "holdCancels" | "holdReplaces"): Promise<() => Promise<void>> {
  const carryOut = await venue[power]?.();
  expect(typeof carryOut === "function", () => `${power}() of the stage must give a function that ends it again`);
  return carryOut;
}

/** The write must succeed, or say that it does not know: the venue has it, and may yet carry it out. */
async function expectTaken(operation: Operation, writing: Promise<unknown>): Promise<void> {
  if ((await rejectionOf(writing)) === undefined) return;
  const what = `${operation} may succeed or say unknown once the venue took it, also where it is not carried out yet`;
  await expectRefusal(what, operation, writing, { outcomes: ["unknown"] });
}

/** Fails when the order is shown as ended, read, listed or pushed: it is open at the venue. */
async function expectAlive(scene: Scene, orderId: string, write: "cancel" | "change"): Promise<void> {
  const waits = `order ${orderId} is open at the venue, which has taken its ${write} and not carried it out`;
  for (let look = 0; look < LOOKS; look++) {
    const { status } = await scene.order(orderId);
    expect(!isTerminal(status), () => `${waits}; it reads as ${status}`);
    await pause(BETWEEN_MS);
  }
  if (scene.broker.orders !== undefined) {
    await listedUntil(scene, `the order whose ${write} waits`, "open", (orders) =>
      orders.find((one) => one.orderId === orderId && !isTerminal(one.status)),
    );
  }
  const ended = scene.pushes.find((order) => order.orderId === orderId && isTerminal(order.status));
  expect(ended === undefined, () => `${waits}; it was pushed as ${ended?.status}`);
}
