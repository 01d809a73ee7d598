/** What happens to orders while the venue is away. */
import { add, multiply } from "../../domain/money.ts";
import type { Order } from "../../domain/order.ts";
import { isBrokerError } from "../../spec/broker-error.ts";
import type { ConformanceCheck } from "../check.ts";
import { ConformanceError, expect, expectEqual } from "../expect.ts";
import { check } from "../scene.ts";
import { connectedUntil, heldOf, heldUntil, orderUntil, placeResting, shownUntil } from "../trade.ts";
import { powers, TRADING } from "./needing.ts";

/** Long enough for a broker to notice, and for orders to be filled meanwhile. */
const AWAY_MS = 2000;

export const absenceChecks: readonly ConformanceCheck[] = [
  check(
    "tells what was filled and what has ended while the venue was away, each once",
    [...TRADING, ...powers("restart", "fill", "end")],
    async (scene) => {
      const tells = scene.broker.start !== undefined;
      if (tells) await connectedUntil(scene, 0, true);
      const part = await placeResting(scene, { lots: 3 });
      const ended = await placeResting(scene);
      const { orderId, lot, request, instrument } = part;
      const shows = scene.broker.positions !== undefined;
      const held = shows ? await heldOf(scene, instrument.contract) : 0;
      await scene.venue.fill?.(orderId, lot, request.price);
      await orderUntil(scene, orderId, ["PARTIALLY_FILLED"]);
      await orderUntil(scene, ended.orderId, ["OPEN"]);

      const before = scene.connections.length;
      await scene.venue.restart?.(AWAY_MS);
      if (tells) await connectedUntil(scene, before, false);
      await meanwhile("fill", scene.venue.fill?.(orderId, lot, request.price));
      await meanwhile("end", scene.venue.end?.(ended.orderId, "CANCELED", "ended while the venue was away"));
      if (tells) await connectedUntil(scene, before, true);
      else await scene.until("the order to be read again", () => scene.order(orderId).catch(unlessBroker));

      const twice = multiply(2, lot);
      const isSo = ({ filledQty, avgPrice, status }: Order) =>
        filledQty === twice && avgPrice === request.price && status === "PARTIALLY_FILLED";
      await shownUntil(scene, orderId, "that has what was filled while the venue was away", "open", isSo, false);
      const isCanceled = ({ status }: Order) => status === "CANCELED";
      await shownUntil(scene, ended.orderId, "that ended while the venue was away", "all", isCanceled, false);
      if (scene.broker.orders !== undefined) {
        const { orders } = await scene.orders({ status: "open", fresh: true });
        const lives = orders.some((one) => one.orderId === ended.orderId);
        expect(!lives, () => "an order that ended while the venue was away is listed among the open ones");
      }
      const told = scene.pushes.filter((one) => one.orderId === orderId).map(({ filledQty }) => filledQty);
      const most = Math.max(0, ...told);
      expect(
        most <= twice,
        () => `${twice} of the order are filled, and it was pushed with ${most}: a fill counts twice`,
      );
      if (shows) await heldUntil(scene, instrument.contract, add(held, twice));

      await scene.venue.fill?.(orderId, lot, request.price);
      const isFilled = ({ filledQty, status }: Order) => filledQty === request.qty && status === "FILLED";
      await shownUntil(scene, orderId, "that was filled before, during and after an absence", "all", isFilled);
      expectEqual((await scene.order(orderId)).qty, request.qty, "total of the order that was filled");
    },
  ),
];

/** The venue may still be away. */
function unlessBroker(error: unknown): undefined {
  if (!isBrokerError(error)) throw error;
  return undefined;
}

async function meanwhile(power: string, acting: Promise<void> | undefined): Promise<void> {
  await acting?.catch((error: unknown) => {
    throw new ConformanceError(`${power}() of the stage must work while the venue is away: ${String(error)}`);
  });
}
