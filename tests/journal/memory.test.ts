import { expect, test } from "vitest";
import type { Intent } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";

function intent(id: string): Intent {
  return { id, instance: "digest", principal: "default", at: 1, action: { kind: "cancel", orderId: "7" } };
}

test("an intent is found with its latest state", () => {
  const journal = memoryJournal();
  journal.begin(intent("a"));
  expect(journal.find("a")).toMatchObject({ state: "received", orderId: null, failure: null });
  journal.progress({ id: "a", at: 2, state: "sending" });
  journal.progress({ id: "a", at: 3, state: "accepted", orderId: "7" });
  expect(journal.find("a")).toMatchObject({ state: "accepted", orderId: "7", action: { kind: "cancel" } });
  expect(journal.find("b")).toBeUndefined();
});

test("an intent is not begun twice, and none is made up", () => {
  const journal = memoryJournal();
  journal.begin(intent("a"));
  expect(() => journal.begin(intent("a"))).toThrow("in the journal already");
  expect(() => journal.progress({ id: "b", at: 1, state: "sending" })).toThrow("not in the journal");
});

test("forgets the oldest ended intents, and never one whose outcome is open", () => {
  const journal = memoryJournal({ kept: 2 });
  journal.begin(intent("unknown"));
  journal.progress({ id: "unknown", at: 1, state: "sending" });
  journal.progress({ id: "unknown", at: 1, state: "unknown" });
  for (const id of ["a", "b", "c"]) {
    journal.begin(intent(id));
    journal.progress({ id, at: 1, state: "not_sent" });
  }
  expect(["unknown", "a", "b", "c"].map((id) => journal.find(id) !== undefined)).toEqual([true, false, true, true]);
});
