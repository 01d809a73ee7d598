import { expect, test } from "vitest";
import { type JournalResult, journalConformance, runJournalConformance } from "../../src/testing/index.ts";
import { RUNTIMES, runProgram } from "./processes.ts";
import { memoryStage, sqliteStage } from "./stages.ts";

/** What came of the suite, without what passed. */
function remarks(results: readonly JournalResult[]) {
  return results.filter(({ status }) => status !== "passed");
}

test("the journal in a file keeps every promise", async () => {
  expect(remarks(await runJournalConformance(sqliteStage))).toEqual([]);
});

test("the journal in memory keeps every promise but those about what outlives it", async () => {
  const results = remarks(await runJournalConformance(memoryStage));
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  const durable = journalConformance.filter(({ needs }) => needs.length > 0);
  expect(results.map(({ name }) => name)).toEqual(durable.map(({ name }) => name));
});

test.each(RUNTIMES)("both do so under %s", async (runtime) => {
  const printed: unknown = JSON.parse(await runProgram(runtime, "conformance-program.ts"));
  const inProcess = {
    memory: await runJournalConformance(memoryStage),
    sqlite: journalConformance.map(({ name, needs }) => ({ name, needs, status: "passed" })),
  };
  expect(printed).toEqual(inProcess);
});

test("every check has a name of its own", () => {
  const names = journalConformance.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});
