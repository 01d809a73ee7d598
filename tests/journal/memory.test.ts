import { expect, test } from "vitest";
import type { JournalLine } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";

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
