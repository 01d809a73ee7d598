import { expect, test } from "vitest";
import type { JournalLine } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { anOrder } from "../an-order.ts";

function intent(id: string): JournalLine {
  const action = { kind: "cancel", orderId: "7" } as const;
  return { kind: "intent", id, instance: "digest", principal: "default", at: 1, action, fingerprint: null };
}

function progress(id: string, state: "accepted" | "not_sent" | "unknown"): JournalLine {
  return { kind: "progress", id, state, instance: "digest", at: 2 };
}

test("forgets the oldest settled intents, and never one whose outcome is open", () => {
  const journal = memoryJournal({ kept: 2 });
  journal.append([intent("unknown"), progress("unknown", "unknown"), intent("sending")], "power-loss");
  for (const id of ["a", "b", "c"]) journal.append([intent(id), progress(id, "not_sent")], "process");
  const found = ["unknown", "sending", "a", "b", "c"].map((id) => journal.intent("digest", id) !== undefined);
  expect(found).toEqual([true, true, false, true, true]);
});

test("an intent that begins anew under its id takes the place of one, however often it does", () => {
  const journal = memoryJournal({ kept: 2 });
  journal.append([intent("kept"), progress("kept", "accepted")], "process");
  for (let round = 0; round < 10; round += 1) {
    journal.append([intent("again"), progress("again", "not_sent")], "process");
    expect(journal.intent("digest", "kept")).toMatchObject({ state: "accepted" });
  }
  journal.append([intent("again"), intent("third"), progress("third", "accepted")], "process");
  expect(journal.intent("digest", "kept")).toMatchObject({ state: "accepted" });
  expect(journal.intent("digest", "again")).toMatchObject({ state: "sending" });
});

test("what was given out does not change with the lines that follow", () => {
  const journal = memoryJournal();
  journal.append([intent("a")], "power-loss");
  const given = journal.intent("digest", "a");
  journal.append([progress("a", "accepted")], "process");
  expect(given).toMatchObject({ state: "sending", updatedAt: 1 });
});

test("forgets the oldest completed orders, of whichever instance, and never an open one", () => {
  const journal = memoryJournal({ kept: 2 });
  const order = (orderId: string, status: "OPEN" | "FILLED", instance = "digest"): JournalLine => {
    const record = { ...anOrder({ orderId, status }), external: false, asOf: 1, staleSince: null };
    return { kind: "order", order: record, instance, at: 1 };
  };
  journal.append([order("open", "OPEN"), order("a", "FILLED"), order("b", "FILLED", "other")], "process");
  journal.append([order("a", "FILLED"), order("a", "FILLED"), order("c", "FILLED")], "process");
  const found = (orderId: string, instance = "digest") => journal.order(instance, orderId) !== undefined;
  expect([found("open"), found("a"), found("b", "other"), found("c")]).toEqual([true, true, false, true]);
});
