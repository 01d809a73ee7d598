/** Aborts, silence, lost connections and lost answers: every call ends, and no order is sent twice or lied about. */

import type { Call } from "../../spec/broker.ts";
import { isBrokerError } from "../../spec/broker-error.ts";
import type { ConformanceCheck, Need } from "../check.ts";
import { ConformanceError, expect, expectEqual, pause } from "../expect.ts";
import { check, expectRefusal, outcomeOf, type Refusal, rejectionOf, type Scene } from "../scene.ts";
import type { Traffic } from "../stage.ts";
import {
  canRest,
  connectedUntil,
  ledgerRows,
  limitRow,
  listedUntil,
  newTag,
  orderUntil,
  placeResting,
  pushUntil,
  requestFor,
  stepUp,
} from "../trade.ts";
import { methods, powers, TRADING } from "./needing.ts";
import { expectTruthOrError, lookAround, NOTHING_KNOWN, reads } from "./unanswered.ts";

/** Long enough for a call to be under way; nothing depends on whether it is. */
const UNDER_WAY_MS = 30;
/** Long enough for a broker to notice, and for a place to find nobody there. */
const AWAY_MS = 2000;
/** Long enough for what would be sent again over a new connection to arrive there. */
const AFTERWARDS_MS = 250;
const LOST: Need[] = [...TRADING, ...methods("orders"), ...powers("loseAnswer", "ledger")];

export const faultChecks: readonly ConformanceCheck[] = [
  check("sends no order whose call was aborted before", [...TRADING, ...powers("ledger")], async (scene) => {
    const before = await scene.venue.ledger?.();
    const order = { ...requestFor(scene, limitRow(scene)), tag: newTag() };
    await expectNotSent("a place that was aborted before", "placeOrder", scene.place(order, aborted()));
    expectEqual(await scene.venue.ledger?.(), before, "the venue's orders after an aborted place");
  }),

  check(
    "sends no replace whose call was aborted before",
    [...TRADING, ...methods("replaceOrder"), ...powers("ledger")],
    async (scene) => {
      const resting = await placeResting(scene);
      const { orderId, tag } = resting;
      await orderUntil(scene, orderId, ["OPEN"]);
      const before = await scene.venue.ledger?.();
      const replacing = scene.replace(orderId, { price: stepUp(resting), tag }, aborted());
      await expectNotSent("a replace that was aborted before", "replaceOrder", replacing);
      expectEqual(await scene.venue.ledger?.(), before, "the venue's orders after an aborted replace");
    },
  ),

  check(
    "sends no cancel whose call was aborted before",
    [...TRADING, ...methods("cancelOrder"), ...powers("ledger")],
    async (scene) => {
      const { orderId } = await placeResting(scene);
      await orderUntil(scene, orderId, ["OPEN"]);
      const before = await scene.venue.ledger?.();
      await expectNotSent("a cancel that was aborted before", "cancelOrder", scene.cancel(orderId, aborted()));
      expectEqual(await scene.venue.ledger?.(), before, "the venue's orders after an aborted cancel");
    },
  ),

  check("ends every read whose call was aborted before", [], async (scene) => {
    const known = await lookAround(scene);
    for (const [name, act] of reads(scene, known)) await expectTruthOrError(scene, known, name, act(aborted()));
  }),

  check("ends every read that nobody answers when its call is aborted", powers("silence"), async (scene) => {
    const known = await lookAround(scene);
    await scene.venue.silence?.("read");
    const controller = new AbortController();
    const calls = reads(scene, known).map(([name, act]) => [name, act({ signal: controller.signal })] as const);
    for (const [, promise] of calls) promise.catch(() => undefined);
    await pause(UNDER_WAY_MS);
    controller.abort();
    for (const [name, promise] of calls) await expectTruthOrError(scene, known, name, promise);
  }),

  check(
    "ends a place that nobody answers when its call is aborted, and says what is certain",
    [...TRADING, ...powers("silence", "ledger")],
    async (scene) => {
      await scene.venue.silence?.("place");
      const controller = new AbortController();
      const tag = newTag();
      const call = { signal: controller.signal };
      const placing = scene.place({ ...requestFor(scene, limitRow(scene)), tag }, call);
      placing.catch(() => undefined);
      // As long as the gateway may wait: a broker that gives up before by itself must not send a second one then.
      await Promise.race([rejectionOf(placing), pause(scene.patienceMs)]);
      controller.abort();
      await expectHonest(scene, tag, placing);
      // Nobody but the venue knows what it did with an order that it took.
      await expectRefusal("a place that the venue took and never answered", "placeOrder", placing, {
        outcomes: ["unknown"],
      });
    },
  ),

  check(
    "ends a replace and a cancel that nobody answers when their call is aborted",
    [...TRADING, ...methods("replaceOrder", "cancelOrder"), ...powers("silence")],
    async (scene) => {
      const resting = await placeResting(scene);
      await orderUntil(scene, resting.orderId, ["OPEN"]);
      await scene.venue.silence?.("replace");
      await scene.venue.silence?.("cancel");
      const controller = new AbortController();
      const call = { signal: controller.signal };
      const replacing = scene.replace(resting.orderId, { price: stepUp(resting), tag: resting.tag }, call);
      const canceling = scene.cancel(resting.orderId, call);
      for (const promise of [replacing, canceling]) promise.catch(() => undefined);
      await pause(UNDER_WAY_MS);
      controller.abort();
      await expectRefusal("a replace that nobody answers", "replaceOrder", replacing, {
        outcomes: ["unknown", "not_sent"],
      });
      await expectRefusal("a cancel that nobody answers", "cancelOrder", canceling, {
        outcomes: ["unknown", "not_sent"],
      });
    },
  ),

  check("says unknown when the answer to a place is lost, and lists the order once", LOST, async (scene) => {
    // On a connection that was used before some runtimes send a request again by themselves, on a new one none does.
    await scene.orders({ status: "open", fresh: true });
    await scene.venue.loseAnswer?.("place");
    const tag = newTag();
    const placing = scene.place({ ...requestFor(scene, limitRow(scene)), tag });
    await expectRefusal("a place whose answer is lost", "placeOrder", placing, { outcomes: ["unknown"] });
    const listed = await listedUntil(scene, `an order with tag ${tag}`, "open", (orders) =>
      orders.find((one) => one.tag === tag),
    );
    await pause(AFTERWARDS_MS);
    const rows = (await ledgerRows(scene, tag)).map(({ orderId }) => orderId);
    expectEqual(rows, [listed.orderId], "orders at the venue with the tag");
  }),

  check(
    "says unknown when the answer to a replace or a cancel is lost, and sends neither again",
    [...LOST, ...methods("replaceOrder", "cancelOrder")],
    async (scene) => {
      const resting = await placeResting(scene);
      const { orderId, tag } = resting;
      await orderUntil(scene, orderId, ["OPEN"]);
      const price = stepUp(resting);
      await scene.venue.loseAnswer?.("replace");
      await expectRefusal("a replace whose answer is lost", "replaceOrder", scene.replace(orderId, { price, tag }), {
        outcomes: ["unknown"],
      });
      const moved = await listedUntil(scene, "the replaced order", "open", (orders) =>
        orders.find((one) => one.tag === tag && one.price === price),
      );
      await scene.until("the connection to be back", () =>
        scene.connections.at(-1)?.connected === false ? undefined : "so",
      );
      await scene.venue.loseAnswer?.("cancel");
      await expectRefusal("a cancel whose answer is lost", "cancelOrder", scene.cancel(moved.orderId), {
        outcomes: ["unknown"],
      });
      await scene.until("the order to be canceled at the venue", async () =>
        (await ledgerRows(scene, tag)).every(({ status }) => status === "CANCELED") ? "so" : undefined,
      );
    },
  ),

  check(
    "says what is certain when the connection is lost under a place",
    [...TRADING, ...powers("drop", "ledger")],
    async (scene) => {
      await scene.venue.drop?.("place");
      const tag = newTag();
      await expectHonest(scene, tag, scene.place({ ...requestFor(scene, limitRow(scene)), tag }));
    },
  ),

  check(
    "says that the connection went and came, and pushes again afterwards",
    [...TRADING, ...methods("start", "orders"), { capability: "push" }, ...powers("drop")],
    async (scene) => {
      await connectedUntil(scene, 0, true);
      const before = scene.connections.length;
      await scene.venue.drop?.("read");
      // Nothing is read before: on a connection that was used a runtime may ask again by itself, and nobody sees the loss.
      await expectTruthOrError(scene, NOTHING_KNOWN, "orders", scene.orders({ status: "open", fresh: true }));
      // Who asks again and again keeps no connection that had gone: the next question goes out all the same.
      if (scene.broker.capabilities().push === "stream") {
        await connectedUntil(scene, before, false);
        await connectedUntil(scene, before, true);
      }
      const { orderId } = await placeResting(scene);
      await pushUntil(scene, [orderId], "being open", ({ status }) => status === "OPEN");
    },
  ),

  check(
    "queues nothing while the venue is away, and trades again when it is back",
    [...TRADING, ...methods("start"), ...powers("restart", "ledger")],
    async (scene) => {
      await connectedUntil(scene, 0, true);
      const known = await lookAround(scene);
      const { orderId: kept = "" } = known;
      const before = scene.connections.length;
      await scene.venue.restart?.(AWAY_MS);
      const tag = newTag();
      const order = { ...requestFor(scene, limitRow(scene)), tag };
      await connectedUntil(scene, before, false);
      await expectNotSent("a place while the venue is away", "placeOrder", scene.place(order));
      for (const [name, act] of reads(scene, known)) {
        if (name !== "ping") await expectTruthOrError(scene, known, name, act(fresh(scene)));
      }
      await connectedUntil(scene, before, true);
      await orderUntil(scene, kept, ["OPEN"]);
      if (scene.broker.orders !== undefined) {
        for (const status of ["open", "all"] as const) {
          await listedUntil(scene, "the order from before", status, (orders) =>
            orders.find((one) => one.orderId === kept),
          );
        }
      }
      const after = await placeResting(scene);
      expectEqual((await ledgerRows(scene, after.tag)).length, 1, "orders at the venue that were placed afterwards");
      expectEqual(await ledgerRows(scene, tag), [], "orders at the venue with the tag of the one that was not sent");
    },
  ),

  check(
    "says that it was too fast when the venue says so, and that nothing was sent",
    [...TRADING, ...methods("cancelOrder"), ...powers("limit", "ledger")],
    async (scene) => {
      const known = await lookAround(scene);
      const { orderId = "" } = known;
      const before = await scene.venue.ledger?.();
      const tooFast: Refusal = { codes: ["RateLimited"], outcomes: ["not_sent"] };
      await scene.venue.limit?.("place");
      const order = { ...requestFor(scene, limitRow(scene)), tag: newTag() };
      await expectRefusal("a place over the limit", "placeOrder", scene.place(order), tooFast);
      await scene.venue.limit?.("cancel");
      await expectRefusal("a cancel over the limit", "cancelOrder", scene.cancel(orderId), tooFast);
      expectEqual(await scene.venue.ledger?.(), before, "the venue's orders after calls over the limit");
      for (const [name, act] of reads(scene, known)) {
        await scene.venue.limit?.("read");
        await expectTruthOrError(scene, known, name, act(fresh(scene)));
      }
    },
  ),

  check("says that it is connected, once it has started", methods("start"), async (scene) => {
    await connectedUntil(scene, 0, true);
  }),

  check("closes twice, and before it was started", methods("close"), closesEarly, { start: false }),

  check("ends the calls that are under way when it closes", methods("close"), async (scene) => {
    await endsOnClose(scene, []);
  }),

  check(
    "ends the calls that nobody answers when it closes",
    [...methods("close"), ...powers("silence")],
    async (scene) => {
      await endsOnClose(scene, ["read", "place", "replace", "cancel"]);
    },
  ),

  check("sends nothing after it was closed", [...TRADING, ...methods("close"), ...powers("ledger")], async (scene) => {
    const resting = await placeResting(scene);
    const { orderId, tag } = resting;
    await orderUntil(scene, orderId, ["OPEN"]);
    await scene.closeBroker();
    const before = await scene.venue.ledger?.();
    const order = { ...requestFor(scene, limitRow(scene)), tag: newTag() };
    await expectNotSent("a place after close", "placeOrder", scene.place(order));
    if (scene.broker.replaceOrder !== undefined) {
      const replacing = scene.replace(orderId, { price: stepUp(resting), tag });
      await expectNotSent("a replace after close", "replaceOrder", replacing);
    }
    if (scene.broker.cancelOrder !== undefined) {
      await expectNotSent("a cancel after close", "cancelOrder", scene.cancel(orderId));
    }
    expectEqual(await scene.venue.ledger?.(), before, "the venue's orders after calls to a closed broker");
  }),

  check("answers no read after it was closed", methods("close"), async (scene) => {
    await scene.closeBroker();
    for (const [name, act] of reads(scene)) {
      const promise = act({ signal: AbortSignal.timeout(scene.patienceMs) });
      const error = await rejectionOf(promise);
      if (error === undefined) {
        expect(name === "ping" && (await promise) === false, () => `${name} was answered after close`);
      } else if (!isBrokerError(error)) throw error;
    }
  }),
];

function fresh({ patienceMs }: Scene): Call {
  return { signal: AbortSignal.timeout(patienceMs) };
}

function aborted(): Call {
  return { signal: AbortSignal.abort() };
}

async function expectNotSent(
  what: string,
  operation: "placeOrder" | "replaceOrder" | "cancelOrder",
  promise: Promise<unknown>,
): Promise<void> {
  await expectRefusal(what, operation, promise, { outcomes: ["not_sent"] });
}

/** The place must fail, may call itself not sent only if the venue has nothing, and must not have been sent twice. */
async function expectHonest(scene: Scene, tag: string, placing: Promise<unknown>): Promise<void> {
  const error = await expectRefusal("a place that was never answered", "placeOrder", placing, {
    outcomes: ["unknown", "not_sent"],
  });
  const rows = await ledgerRows(scene, tag);
  expect(rows.length <= 1, () => `the order was sent ${rows.length} times`);
  const claims = outcomeOf(error) === "unknown" || rows.length === 0;
  expect(claims, () => `the broker says "${error.message}" (${error.outcome}), but the venue has the order`);
}

async function closesEarly(scene: Scene): Promise<void> {
  await scene.broker.close?.();
  await scene.broker.close?.();
}

async function endsOnClose(scene: Scene, silent: readonly Traffic[]): Promise<void> {
  const trades = canRest(scene);
  const known = await lookAround(scene);
  const resting = trades ? await placeResting(scene) : undefined;
  for (const traffic of silent) await scene.venue.silence?.(traffic);
  const call: Call = { signal: new AbortController().signal };
  const reading = reads(scene, known).map(([name, act]) => [name, act(call)] as const);
  const calls: (readonly [name: string, promise: Promise<unknown>])[] = [...reading];
  const tag = newTag();
  const placing = trades ? scene.place({ ...requestFor(scene, limitRow(scene)), tag }, call) : undefined;
  if (placing !== undefined) calls.push(["placeOrder", placing]);
  if (resting !== undefined) {
    const { orderId } = resting;
    const change = { price: stepUp(resting), tag: resting.tag };
    if (scene.broker.replaceOrder !== undefined) calls.push(["replaceOrder", scene.replace(orderId, change, call)]);
    if (scene.broker.cancelOrder !== undefined) calls.push(["cancelOrder", scene.cancel(orderId, call)]);
  }
  for (const [, promise] of calls) promise.catch(() => undefined);
  if (silent.length > 0) await pause(UNDER_WAY_MS);
  await scene.closeBroker();
  for (const [name, promise] of calls) {
    const error = await rejectionOf(promise);
    if (error !== undefined && !isBrokerError(error)) throw new ConformanceError(`${name}: ${String(error)}`);
  }
  for (const [name, promise] of reading) await expectTruthOrError(scene, known, name, promise);
  if (placing !== undefined && silent.length > 0 && scene.venue.ledger !== undefined) {
    await expectHonest(scene, tag, placing);
  }
}
