import type { JournalLine } from "../../journal/journal.ts";
import { expectEqual } from "../expect.ts";
import type { JournalCheck } from "./check.ts";
import { anomalyLine, guardLine, intentLine, OTHER_INSTANCE, orderLine, orderRecord, progressLine } from "./lines.ts";
import { check, type JournalScene } from "./scene.ts";
import type { JournalPower } from "./stage.ts";

/** What no pruning and no restart may take away. */
const OPEN: readonly JournalLine[] = [
  intentLine("sending"),
  intentLine("unknown"),
  progressLine("unknown", "unknown"),
  orderLine(orderRecord("open")),
];

const SETTLED: readonly JournalLine[] = [
  intentLine("accepted"),
  progressLine("accepted", "accepted", { placed: { orderId: "done" } }),
  orderLine(orderRecord("done", { status: "CANCELED" })),
  anomalyLine("old"),
  guardLine("REDUCING"),
];

/** Everything that can be asked about these lines. */
async function look(scene: JournalScene) {
  const ids = ["sending", "unknown", "accepted"];
  return {
    intents: await Promise.all(ids.map(async (id) => (await scene.intent(id)) ?? null)),
    unsettled: await scene.unsettled(),
    orders: await Promise.all(["open", "done"].map(async (id) => (await scene.order(id)) ?? null)),
    openOrders: await scene.openOrders(),
    events: await scene.events(),
    guards: await scene.guards(),
    elsewhere: await scene.events(0, OTHER_INSTANCE),
  };
}

function outlives(power: JournalPower, name: string): JournalCheck {
  return check(
    name,
    async (scene) => {
      await scene.append(OPEN, "power-loss");
      await scene.append(SETTLED, "process");
      await scene.append([anomalyLine("elsewhere", { instance: OTHER_INSTANCE })], "process");
      const before = await look(scene);
      const head = await scene.use(power);
      expectEqual(head, { ...scene.head, sequence: 10 }, "the head");
      expectEqual(await look(scene), before, "what it knows");
      expectEqual(await scene.append([progressLine("sending", "resolved")]), 11, "the next number");
      expectEqual(await scene.unsettled(), ["unknown"], "unsettled intents");
    },
    [power],
  );
}

/** What is forgotten, and what never. */
export const keepingChecks: readonly JournalCheck[] = [
  check("pruning forgets settled intents, completed orders and events that are older", async (scene) => {
    await scene.append([...SETTLED, anomalyLine("young", { at: 5000 }), intentLine("young", { at: 5000 })]);
    await scene.append([progressLine("young", "not_sent", { at: 5001 })]);
    await scene.prune(5000);
    expectEqual(await scene.intent("accepted"), undefined, "the old intent");
    expectEqual(await scene.order("done"), undefined, "the old order");
    expectEqual((await scene.intent("young"))?.state, "not_sent", "the young intent");
    expectEqual(await scene.page(5, 10), { numbers: [6], complete: true }, "events after what was pruned");
  }),
  check("pruning never forgets an unsettled intent or an open order", async (scene) => {
    await scene.append([...OPEN, ...SETTLED]);
    const { intents, orders } = await look(scene);
    await scene.prune(1_000_000);
    await scene.prune(1_000_000);
    const { unsettled, openOrders, ...after } = await look(scene);
    expectEqual(unsettled, ["sending", "unknown"], "unsettled intents");
    expectEqual(after.intents, [intents[0], intents[1], null], "intents");
    expectEqual(after.orders, [orders[0], null], "orders");
    expectEqual(openOrders, [orders[0]], "open orders");
    expectEqual(after.events, [], "events");
    await scene.append([progressLine("sending", "accepted"), progressLine("unknown", "resolved")]);
    await scene.append([orderLine(orderRecord("open", { status: "CANCELED" }))]);
    expectEqual([await scene.unsettled(), await scene.openOrders()], [[], []], "what is left when all is settled");
  }),
  check("pruning goes by an intent's last line, and takes an intent whole", async (scene) => {
    await scene.append([intentLine("a"), anomalyLine("between"), progressLine("a", "unknown")]);
    await scene.append([anomalyLine("later", { at: 5000 }), progressLine("a", "resolved", { at: 6000 })]);
    await scene.prune(5500);
    expectEqual((await scene.intent("a"))?.state, "resolved", "settled after the day");
    await scene.prune(7000);
    expectEqual(await scene.intent("a"), undefined, "settled before the day");
    expectEqual(await scene.append([intentLine("a")]), 6, "begun again");
    expectEqual((await scene.intent("a"))?.state, "sending", "begun again");
  }),
  check("pruning goes by an order's last line, and not by the order's own times", async (scene) => {
    await scene.append([orderLine(orderRecord("1")), orderLine(orderRecord("2"))]);
    await scene.append([orderLine(orderRecord("2", { status: "CANCELED", createdAt: 9000, updatedAt: 9000 }))]);
    await scene.append([orderLine(orderRecord("1", { status: "FILLED", filledQty: 12 }), { at: 6000 })]);
    await scene.prune(5500);
    expectEqual((await scene.order("1"))?.status, "FILLED", "completed after the day");
    expectEqual(await scene.order("2"), undefined, "completed before the day");
  }),
  check("every turn of the kill switch is known for ever, by instance and in order", async (scene) => {
    const turns = [guardLine("HALTED"), guardLine("REDUCING", { all: true }), guardLine("ACTIVE", { at: 2000 })];
    await scene.append([...turns, guardLine("HALTED", { instance: OTHER_INSTANCE }), anomalyLine("between")]);
    await scene.prune(1_000_000);
    expectEqual(
      await scene.guards(),
      turns.map(({ state, all, principal, reason, at }) => ({ state, all, principal, reason, at })),
      "turns of the kill switch",
    );
    expectEqual((await scene.guards(OTHER_INSTANCE)).length, 1, "turns at the other");
    expectEqual(await scene.events(), [], "events");
  }),
  check("a page with a gap before it says so", async (scene) => {
    await scene.append([anomalyLine("1"), anomalyLine("2", { at: 2000 }), anomalyLine("3", { at: 3000 })]);
    await scene.prune(2500);
    expectEqual(await scene.page(0, 10), { numbers: [3], complete: false }, "after 0");
    expectEqual(await scene.page(1, 10), { numbers: [3], complete: false }, "after 1");
    expectEqual(await scene.page(2, 10), { numbers: [3], complete: true }, "after 2");
  }),
  check("numbers go on when everything has been pruned", async (scene) => {
    await scene.append(SETTLED);
    await scene.prune(1_000_000);
    expectEqual((await scene.open()).sequence, SETTLED.length, "the head");
    expectEqual(await scene.append([anomalyLine("next")]), SETTLED.length + 1, "the next number");
    expectEqual(await scene.page(SETTLED.length, 10), { numbers: [SETTLED.length + 1], complete: true }, "events");
  }),
  check("pruning much does not hold up what is written meanwhile", async (scene) => {
    const lines = Array.from({ length: 3000 }, (_, index) => anomalyLine(`${index}`));
    await scene.append([intentLine("a"), ...lines, progressLine("a", "accepted")]);
    const [, last] = await Promise.all([
      scene.prune(5000),
      scene.append([anomalyLine("young", { at: 6000 }), intentLine("b", { at: 6000 })]),
    ]);
    expectEqual(last, 3004, "the number of what was written meanwhile");
    expectEqual(await scene.intent("a"), undefined, "the old intent");
    expectEqual(await scene.page(0, 10), { numbers: [3003], complete: false }, "events");
  }),
  outlives("reopen", "everything is there when the journal is closed and opened again"),
  outlives("crash", "everything that was answered is there when the process dies"),
  check(
    "what was pruned stays pruned when the journal is opened again",
    async (scene) => {
      await scene.append([...SETTLED, ...OPEN]);
      await scene.prune(1_000_000);
      const before = await look(scene);
      const { sequence } = await scene.use("reopen");
      expectEqual(sequence, SETTLED.length + OPEN.length, "the head");
      expectEqual(await look(scene), before, "what it knows");
      expectEqual((await scene.page(0, 10)).complete, false, "a page with a gap before it");
    },
    ["reopen"],
  ),
];
