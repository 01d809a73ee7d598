/** Answers of something on the way to the venue, behind which the venue has carried out what it was asked. */
import type { ConformanceCheck, Need } from "../check.ts";
import { expectEqual, pause } from "../expect.ts";
import { check, expectRefusal, rejectionOf, type Scene } from "../scene.ts";
import { ledgerRows, limitRow, listedUntil, newTag, orderUntil, placeResting, requestFor, stepUp } from "../trade.ts";
import { methods, powers, TRADING } from "./needing.ts";
import { expectTruthOrError, lookAround, reads } from "./unanswered.ts";

/** Long enough for what would be sent again to arrive. */
const AFTERWARDS_MS = 250;
const STATUSES = [502, 503, 504] as const;
const PROXIED: readonly Need[] = [...TRADING, ...powers("proxyError", "ledger")];

export const proxyChecks: readonly ConformanceCheck[] = [
  check("says unknown when a proxy answers a place with an error, and lists the order once", PROXIED, async (scene) => {
    for (const status of STATUSES) {
      await scene.venue.proxyError?.("place", status);
      const tag = newTag();
      const placing = scene.place({ ...requestFor(scene, limitRow(scene)), tag });
      const what = `a place that the venue took and a proxy answered with ${status}`;
      await expectRefusal(what, "placeOrder", placing, { outcomes: ["unknown"] });
      if (scene.broker.orders !== undefined) {
        await listedUntil(scene, `an order with tag ${tag}`, "open", (orders) => orders.find((one) => one.tag === tag));
      }
      await expectOnce(scene, tag);
    }
  }),

  // Some venues turn calls away with a 429 without a word of their own, so that nobody can be asked to see the difference.
  check("places no order again that was answered with 429 by a proxy", PROXIED, async (scene) => {
    await scene.venue.proxyError?.("place", 429);
    const tag = newTag();
    await rejectionOf(scene.place({ ...requestFor(scene, limitRow(scene)), tag }));
    await expectOnce(scene, tag);
  }),

  check(
    "says unknown when a proxy answers a replace or a cancel with an error",
    [...PROXIED, ...methods("replaceOrder", "cancelOrder")],
    async (scene) => {
      const resting = await placeResting(scene);
      let { orderId } = resting;
      const { tag } = resting;
      await orderUntil(scene, orderId, ["OPEN"]);
      for (const [index, status] of STATUSES.entries()) {
        const price = stepUp(resting, index + 1);
        await scene.venue.proxyError?.("replace", status);
        const what = `a replace that the venue took and a proxy answered with ${status}`;
        await expectRefusal(what, "replaceOrder", scene.replace(orderId, { price, tag }), { outcomes: ["unknown"] });
        const working = (await ledgerRows(scene, tag)).filter((row) => row.status === "OPEN");
        expectEqual(
          working.map((row) => row.price),
          [price],
          "price at the venue of what was replaced",
        );
        orderId = working[0]?.orderId ?? orderId;
        await orderUntil(scene, orderId, ["OPEN"], (order) => order.price === price);
      }
      await scene.venue.proxyError?.("cancel", 502);
      const what = "a cancel that the venue took and a proxy answered with 502";
      await expectRefusal(what, "cancelOrder", scene.cancel(orderId), { outcomes: ["unknown"] });
      await orderUntil(scene, orderId, ["CANCELED"]);
    },
  ),

  check("takes a proxy's page for no answer to a read", [...TRADING, ...powers("proxyError")], async (scene) => {
    const known = await lookAround(scene);
    for (const [name, act] of reads(scene, known)) {
      await scene.venue.proxyError?.("read", 502);
      await expectTruthOrError(scene, known, name, act({ signal: AbortSignal.timeout(scene.patienceMs) }));
    }
  }),
];

/** Fails unless the venue has one order with the tag, also a little later. */
async function expectOnce(scene: Scene, tag: string): Promise<void> {
  await pause(AFTERWARDS_MS);
  expectEqual((await ledgerRows(scene, tag)).length, 1, "orders at the venue with the tag");
}
