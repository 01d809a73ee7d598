import { expect, expectEqual } from "../expect.ts";
import type { JournalCheck } from "./check.ts";
import { anomalyLine, INSTANCE, intentLine, OTHER_INSTANCE, orderLine, orderRecord, progressLine } from "./lines.ts";
import { check, onScene } from "./scene.ts";

/** Numbers, order, and all or none. */
export const lineChecks: readonly JournalCheck[] = [
  check(
    "a new journal opens at number 0 with an epoch of letters and digits, and again with the same answer",
    async (scene) => {
      const { epoch, sequence } = scene.head;
      expect(/^\w+$/.test(epoch), () => `the epoch is the first half of event ids, saw "${epoch}"`);
      expectEqual(sequence, 0, "number of the last line of a new journal");
      expectEqual(await scene.open(), scene.head, "the second answer of open");
      const [last] = await Promise.all([scene.append([anomalyLine("one")]), scene.open()]);
      expectEqual(last, 1, "number after opening again");
    },
  ),
  {
    name: "two journals have two epochs",
    needs: [],
    run: (stage) =>
      onScene(stage, (one) =>
        onScene(stage, async (other) =>
          expect(one.head.epoch !== other.head.epoch, () => `both have the epoch ${one.head.epoch}`),
        ),
      ),
  },
  check("lines of all kinds and instances are numbered from 1 without gaps", async (scene) => {
    expectEqual(await scene.append([intentLine("a")], "power-loss"), 1, "the first line");
    expectEqual(await scene.append([progressLine("a", "accepted"), orderLine(orderRecord("1"))]), 3, "two more");
    expectEqual(
      await scene.append([anomalyLine("b", { instance: OTHER_INSTANCE })], "power-loss"),
      4,
      "the other instance",
    );
    expectEqual(await scene.open(), { ...scene.head, sequence: 4 }, "the head");
  }),
  check("progress of an intent that was never begun is refused", async (scene) => {
    await scene.append([intentLine("a")]);
    await scene.refused([progressLine("b", "accepted")], "an id that is not in the journal");
    const elsewhere = { instance: OTHER_INSTANCE };
    await scene.refused([progressLine("a", "accepted", elsewhere)], "an id of another instance");
    await scene.refused([intentLine("c", elsewhere), progressLine("c", "accepted")], "an id begun at another instance");
    await scene.refused([progressLine("d", "accepted"), intentLine("d")], "an id begun only afterwards");
    expectEqual(await scene.append([intentLine("e"), progressLine("e", "accepted")]), 3, "begun in the same call");
  }),
  check("a call writes all of its lines or none", async (scene) => {
    await scene.append([intentLine("a")]);
    const lines = [anomalyLine("x"), intentLine("b"), orderLine(orderRecord("1")), progressLine("a", "accepted")];
    await scene.refused([...lines, progressLine("never", "accepted")], "a call whose last line is not possible");
    expectEqual(await scene.events(), [], "events");
    expectEqual(await scene.unsettled(), ["a"], "unsettled intents");
    expectEqual(await scene.openOrders(), [], "open orders");
    expectEqual(await scene.append(lines), 5, "the same lines without the impossible one");
  }),
  check("appends at the same time each get their own numbers, in the order of the calls", async (scene) => {
    const calls = Array.from({ length: 600 }, (_, index) =>
      scene.append(
        [anomalyLine(`${index} first`), anomalyLine(`${index} second`)],
        index % 3 === 0 ? "power-loss" : "process",
      ),
    );
    const numbers = await Promise.all(calls);
    expectEqual(
      numbers,
      calls.map((_, index) => (index + 1) * 2),
      "numbers of the last lines",
    );
    const messages = (await scene.events()).map((event) => (event.kind === "anomaly" ? event.message : event.kind));
    expectEqual(
      messages,
      calls.flatMap((_, index) => [`${index} first`, `${index} second`]),
      "what was written",
    );
  }),
  check("an append that is refused takes none along that are made at the same time", async (scene) => {
    const outcomes = await Promise.all([
      scene.append([intentLine("a")]),
      scene.refused([anomalyLine("lost"), progressLine("never", "unknown")], "the middle one").then(() => "refused"),
      scene.append([progressLine("a", "accepted"), anomalyLine("kept")]),
    ]);
    expectEqual(outcomes, [1, "refused", 3], "outcomes");
    expectEqual(
      (await scene.events()).map(({ sequence }) => sequence),
      [3],
      "numbers of the events",
    );
  }),
  check("what append has answered is seen by every read after it", async (scene) => {
    for (let turn = 1; turn <= 20; turn += 1) {
      await scene.append([intentLine(`i${turn}`), orderLine(orderRecord(`${turn}`))], "process");
      const seen = {
        intent: (await scene.intent(`i${turn}`))?.state,
        order: (await scene.order(`${turn}`))?.orderId,
        events: (await scene.events()).length,
        instance: (await scene.intent(`i${turn}`))?.instance,
      };
      expectEqual(
        seen,
        { intent: "sending", order: `${turn}`, events: turn, instance: INSTANCE },
        `after append ${turn}`,
      );
    }
  }),
];
