import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { memoryJournal } from "../../src/journal/memory.ts";
import { readJournal, sqliteJournal } from "../../src/journal/sqlite.ts";
import { INSTANCE, newFile } from "./lines.ts";
import { RUNTIMES, type Runtime, startProgram } from "./processes.ts";

/** Kills by turns of the runtimes, all on one file. */
const KILLS = 10;

/** Lets a process append, kills it at some moment, and gives what it said was written. */
async function appendUntilKilled(runtime: Runtime, file: string, moment: number): Promise<Map<number, string>> {
  const writer = startProgram(runtime, "append-forever.ts", file, "8");
  onTestFinished(() => void writer.kill("SIGKILL"));
  const exit = once(writer, "exit");
  const answered = new Map<number, string>();
  for await (const line of writer.lines()) {
    const [number = "", ...text] = line.split(" ");
    answered.set(Number(number), text.join(" "));
    if (answered.size === moment) writer.kill("SIGKILL");
  }
  expect(await exit).toEqual([null, "SIGKILL"]);
  return answered;
}

test("a journal whose process is killed opens, and has everything that was answered", async () => {
  const file = newFile();
  const answered = new Map<number, string>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const runtime = RUNTIMES[kill % RUNTIMES.length] ?? "node";
    const moment = 1 + Math.floor(Math.random() * 400);
    for (const [number, text] of await appendUntilKilled(runtime, file, moment)) {
      expect(answered.has(number), `number ${number} was given twice`).toBe(false);
      answered.set(number, text);
    }
  }

  const journal = sqliteJournal(file);
  onTestFinished(() => journal.close());
  const { sequence } = await journal.open();
  const reader = await readJournal(file);
  onTestFinished(() => reader.close());
  const lines = reader.lines(0, Number.MAX_SAFE_INTEGER);
  expect(lines.map((line) => line.sequence)).toEqual(Array.from({ length: sequence }, (_, index) => index + 1));
  for (const [number, text] of answered) {
    const line = lines[number - 1]?.line;
    const found = line?.kind === "intent" || line?.kind === "progress" ? `${line.kind} ${line.id}` : "no such line";
    expect(found, `line ${number}`).toBe(text);
  }

  // What is derived must follow from the lines that survived, and from nothing else.
  const memory = memoryJournal({ kept: sequence });
  memory.append(
    lines.map(({ line }) => line),
    "process",
  );
  expect(journal.unsettled(INSTANCE)).toEqual(memory.unsettled(INSTANCE));
  expect(journal.events(INSTANCE, 0, sequence)).toEqual(memory.events(INSTANCE, 0, sequence));
});
