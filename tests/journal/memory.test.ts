import { expect, test } from "vitest";
import type { EventPage, JournalLine } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { anOrder } from "../an-order.ts";

function intent(id: string, fingerprint: string | null = null): JournalLine {
  const action = { kind: "cancel", orderId: "7" } as const;
  return { kind: "intent", id, instance: "digest", principal: "default", at: 1, action, fingerprint };
}

function progress(id: string, state: "accepted" | "not_sent" | "unknown"): JournalLine {
  return { kind: "progress", id, state, instance: "digest", at: 2 };
}

test("forgets old settled intents, and never one whose outcome is open", () => {
  const journal = memoryJournal({ kept: 2 });
  journal.append([intent("unknown"), progress("unknown", "unknown"), intent("sending")], "power-loss");
  for (const id of ["a", "b", "c", "d"]) journal.append([intent(id), progress(id, "not_sent")], "process");
  const found = ["unknown", "sending", "a", "c", "d"].map((id) => journal.intent("digest", id) !== undefined);
  expect(found).toEqual([true, true, false, true, true]);
});

test("an intent that begins anew under its key takes the place of one, however often it does", () => {
  const journal = memoryJournal({ kept: 2 });
  journal.append([intent("kept"), progress("kept", "accepted")], "process");
  for (let round = 0; round < 10; round += 1) {
    journal.append([intent("again", "print"), progress("again", "not_sent")], "process");
    expect(journal.intent("digest", "kept")).toMatchObject({ state: "accepted" });
  }
  journal.append([intent("again", "print"), intent("third"), progress("third", "accepted")], "process");
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

test("forgets old completed orders of each instance, and never an open one", () => {
  const journal = memoryJournal({ kept: 2 });
  const order = (orderId: string, status: "OPEN" | "FILLED", instance = "digest"): JournalLine => {
    const record = { ...anOrder({ orderId, status }), external: false, asOf: 1, staleSince: null };
    return { kind: "order", order: record, instance, at: 1 };
  };
  journal.append([order("open", "OPEN"), order("a", "FILLED"), order("b", "FILLED", "other")], "process");
  journal.append([order("c", "FILLED"), order("d", "FILLED"), order("d", "FILLED"), order("e", "FILLED")], "process");
  const found = (orderId: string, instance = "digest") => journal.order(instance, orderId) !== undefined;
  expect([found("open"), found("a"), found("d"), found("e")]).toEqual([true, false, true, true]);
  expect(found("b", "other")).toBe(true);
});

test("forgets old events, and says so to whoever asks for what came before", () => {
  const journal = memoryJournal({ kept: 8 });
  const anomaly = { kind: "anomaly", message: "odd", orderId: null, tag: null, instance: "digest", at: 1 } as const;
  for (let line = 1; line <= 100; line += 1) journal.append([anomaly], "process");
  const { events, complete } = journal.events("digest", 92, 100) as EventPage;
  expect([events.map(({ sequence }) => sequence), complete]).toEqual([[93, 94, 95, 96, 97, 98, 99, 100], true]);
  const all = journal.events("digest", 0, 100) as EventPage;
  expect([all.events.length >= 8 && all.events.length <= 12, all.complete]).toEqual([true, false]);
});

test("refuses options that are none", () => {
  const made = (options: unknown) => () => memoryJournal(options as object);
  const misspelt = '"keep" is not an option of memoryJournal; there is kept';
  expect(made({ keep: 100_000 })).toThrow(new TypeError(misspelt));
  for (const options of [null, 100_000, "100000"]) {
    const message = "the options of memoryJournal must be an object, such as { kept: 10000 }";
    expect(made(options)).toThrow(new TypeError(message));
  }
  for (const kept of ["ten", "10", null, [10], true]) expect(made({ kept }), `${kept}`).toThrow(RangeError);
});

test("refuses to keep a number of things that is none, and keeps all that it is asked to", () => {
  for (const kept of [Number.NaN, -1, Number("ten")]) expect(() => memoryJournal({ kept })).toThrow(RangeError);
  for (const kept of [0, 1, Number.POSITIVE_INFINITY]) {
    const journal = memoryJournal({ kept });
    for (const id of ["a", "b", "c", "d", "e"]) journal.append([intent(id), progress(id, "accepted")], "process");
    expect(journal.intent("digest", "e"), `${kept}`).toMatchObject({ state: "accepted" });
    expect(journal.intent("digest", "a") !== undefined, `${kept}`).toBe(kept > 1);
  }
});
