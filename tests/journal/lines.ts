/** Lines and folders to test journals with. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { JournalLine } from "../../src/journal/journal.ts";

/** A digest, as the desk gives it. */
export const INSTANCE = "0f3a9c5d7b1e2468";

type Line<K extends JournalLine["kind"]> = Extract<JournalLine, { kind: K }>;

export function intent(id: string, more: Partial<Line<"intent">> = {}): Line<"intent"> {
  const action = { kind: "cancel", orderId: "7" } as const;
  return { kind: "intent", id, instance: INSTANCE, principal: "default", at: 1, action, fingerprint: null, ...more };
}

export function progress(id: string, state: Line<"progress">["state"], more: Partial<Line<"progress">> = {}) {
  return { kind: "progress", id, state, instance: INSTANCE, at: 2, ...more } as const;
}

export function anomaly(message: string, at = 3): Line<"anomaly"> {
  return { kind: "anomaly", message, orderId: null, tag: null, instance: INSTANCE, at };
}

/** A folder that goes with the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "httptrading-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The path of a journal that does not exist yet, in a folder that goes with the test. */
export function newFile(): string {
  return join(newFolder(), "journal.db");
}
