import type { IntentFailure, IntentRecord, ProgressLine } from "../../journal/journal.ts";
import { expectEqual } from "../expect.ts";
import type { JournalCheck } from "./check.ts";
import { intentLine, OTHER_INSTANCE, progressLine, REQUEST } from "./lines.ts";
import { check } from "./scene.ts";

const FAILURE: IntentFailure = {
  code: "InsufficientFunds",
  message: "购买力不足",
  outcome: "rejected",
  details: { needed: 2418, available: [0.1, null] },
};

const PLACED = { orderId: "7", effective: { lifecycle: "RTH", price: 201.5 } } as const;

/** One line of progress for every state an intent may get into. */
const PROGRESS: Readonly<Record<ProgressLine["state"], Partial<ProgressLine>>> = {
  accepted: { placed: PLACED },
  rejected: { failure: FAILURE },
  not_sent: { failure: { ...FAILURE, outcome: "not_sent" } },
  unknown: { failure: { code: "OutcomeUnknown", message: "no answer", outcome: "unknown" } },
  resolved: { placed: { orderId: "7" }, reason: "found by its tag" },
};

const BEGUN: IntentRecord = {
  id: "a",
  principal: "default",
  action: { kind: "place", request: REQUEST },
  fingerprint: "f00d",
  instance: intentLine("a").instance,
  at: 1000,
  state: "sending",
  updatedAt: 1000,
  placed: null,
  failure: null,
  reason: null,
};

const states = Object.keys(PROGRESS) as ProgressLine["state"][];

/** How an intent's record follows from its lines. */
export const intentChecks: readonly JournalCheck[] = [
  check("an intent begins as sending, with everything it was written down with", async (scene) => {
    const actions = [
      { kind: "place", request: REQUEST },
      { kind: "replace", orderId: "7", change: { qty: 24 } },
      { kind: "cancel", orderId: "7" },
    ] as const;
    for (const action of actions) {
      await scene.append([intentLine(action.kind, { action, principal: "策略", fingerprint: "f00d" })], "power-loss");
      const expected = { ...BEGUN, id: action.kind, action, principal: "策略" };
      expectEqual(await scene.intent(action.kind), expected, `the ${action.kind}`);
    }
    await scene.append([intentLine("numbered", { number: "40130857465156608" })], "power-loss");
    expectEqual((await scene.intent("numbered"))?.number, "40130857465156608", "the number of the order");
    const begun = [...actions.map(({ kind }) => kind), "numbered"];
    expectEqual(await scene.unsettled(), begun, "unsettled intents, of every kind");
  }),
  ...states.map((state) =>
    check(`an intent that went on as ${state} is ${state}, with what came with it`, async (scene) => {
      const more = PROGRESS[state];
      await scene.append([intentLine("a", { fingerprint: "f00d" })], "power-loss");
      await scene.append([progressLine("a", state, { ...more, at: 2000 })]);
      expectEqual(await scene.intent("a"), { ...BEGUN, state, updatedAt: 2000, ...more }, "its record");
      expectEqual(await scene.unsettled(), state === "unknown" ? ["a"] : [], "unsettled intents");
    }),
  ),
  check("the last line of progress stands for all before it", async (scene) => {
    await scene.append([intentLine("a", { fingerprint: "f00d" }), progressLine("a", "unknown", PROGRESS.unknown)]);
    await scene.append([progressLine("a", "resolved", { ...PROGRESS.resolved, at: 3000 })]);
    const expected = { ...BEGUN, state: "resolved", updatedAt: 3000, ...PROGRESS.resolved };
    expectEqual(await scene.intent("a"), expected, "its record");
  }),
  check("an intent that it has not seen is undefined", async (scene) => {
    await scene.append([intentLine("a")]);
    for (const id of ["b", "", "A"]) expectEqual(await scene.intent(id), undefined, `the intent "${id}"`);
  }),
  check("unsettled are the intents that are sending or unknown, oldest first", async (scene) => {
    await scene.append(["d", "a", "c", "b", "e"].map((id) => intentLine(id)));
    await scene.append([progressLine("d", "unknown"), progressLine("a", "accepted"), progressLine("b", "unknown")]);
    expectEqual(await scene.unsettled(), ["d", "c", "b", "e"], "unsettled intents");
    await scene.append([progressLine("c", "rejected"), progressLine("d", "resolved")]);
    expectEqual(await scene.unsettled(), ["b", "e"], "after two more are settled");
  }),
  check("an id that is free again begins anew, and nothing of its past is left in it", async (scene) => {
    await scene.append([intentLine("a"), progressLine("a", "not_sent", PROGRESS.not_sent)]);
    await scene.append([intentLine("b", { at: 4000 })]);
    await scene.append([intentLine("a", { at: 5000, fingerprint: "f00d" })], "power-loss");
    expectEqual(await scene.intent("a"), { ...BEGUN, at: 5000, updatedAt: 5000 }, "its record");
    expectEqual(await scene.unsettled(), ["b", "a"], "unsettled intents");
    await scene.append([progressLine("a", "accepted", { ...PROGRESS.accepted, at: 6000 })]);
    const accepted = { ...BEGUN, at: 5000, updatedAt: 6000, state: "accepted", ...PROGRESS.accepted };
    expectEqual(await scene.intent("a"), accepted, "its record at last");
  }),
  check("an unknown intent may begin anew", async (scene) => {
    await scene.append([intentLine("a"), intentLine("b"), progressLine("a", "unknown", PROGRESS.unknown)]);
    await scene.append([intentLine("a", { at: 5000, fingerprint: "f00d" })]);
    expectEqual(await scene.intent("a"), { ...BEGUN, at: 5000, updatedAt: 5000 }, "its record");
    expectEqual((await scene.unsettled()).sort(), ["a", "b"], "unsettled intents");
  }),
  check("what an intent counts for its day stays with it", async (scene) => {
    await scene.append([intentLine("a", { value: 2418.5 }), progressLine("a", "accepted", PROGRESS.accepted)]);
    expectEqual((await scene.intent("a"))?.value, 2418.5, "its value");
    await scene.append([progressLine("a", "not_sent", PROGRESS.not_sent)]);
    await scene.append([intentLine("a", { value: 0.00000001, number: "9007199254740993" })]);
    const { value, number } = (await scene.intent("a")) ?? {};
    expectEqual([value, number], [0.00000001, "9007199254740993"], "its value and number when it began anew");
    await scene.append([intentLine("b", { value: 9_007_199_254_740_991 })]);
    expectEqual((await scene.intent("b"))?.value, 9_007_199_254_740_991, "the value of another");
  }),
  check("the intents of a day are those that began in it, also when they began anew", async (scene) => {
    await scene.append([
      intentLine("old"),
      intentLine("again"),
      progressLine("again", "not_sent"),
      intentLine("b", { at: 4000 }),
    ]);
    await scene.append([progressLine("old", "accepted", { at: 9000 }), intentLine("again", { at: 5000 })]);
    await scene.append([intentLine("c", { at: 4000, instance: OTHER_INSTANCE }), progressLine("b", "rejected")]);
    expectEqual(await scene.intentsSince(4000), ["b", "again"], "since 4000");
    expectEqual(await scene.intentsSince(4001), ["again"], "since 4001");
    expectEqual(await scene.intentsSince(5001), [], "since 5001");
    const ids = states.map((state) => `of the day, ${state}`);
    await scene.append(ids.map((id, index) => intentLine(id, { at: 7000 + index, value: 12 })));
    await scene.append(
      states.map((state) => progressLine(`of the day, ${state}`, state, { ...PROGRESS[state], at: 8000 })),
    );
    expectEqual(await scene.intentsSince(7000), ids, "those of a day, whatever became of them");
  }),
  check("instances do not see each other's intents", async (scene) => {
    const elsewhere = { instance: OTHER_INSTANCE };
    await scene.append([intentLine("a"), intentLine("a", elsewhere), intentLine("b", elsewhere)]);
    await scene.append([progressLine("a", "accepted", elsewhere)]);
    const seen = [
      (await scene.intent("a"))?.state,
      (await scene.intent("a", OTHER_INSTANCE))?.state,
      (await scene.intent("b"))?.state ?? "none",
    ];
    expectEqual(seen, ["sending", "accepted", "none"], "states");
    expectEqual(await scene.unsettled(), ["a"], "unsettled at one");
    expectEqual(await scene.unsettled(OTHER_INSTANCE), ["b"], "unsettled at the other");
  }),
];
