/** The journal in a Durable Object's storage, in workerd. */
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryJournal } from "../../src/journal/memory.ts";
import { type JournalResult, journalConformance } from "../../src/testing/index.ts";
import { bundleWorker } from "../runtimes/worker-bundle.ts";
import { storyOf } from "./story.ts";

let worker: Miniflare;

beforeAll(async () => {
  worker = new Miniflare({
    modules: true,
    script: await bundleWorker("tests/runtimes/programs/journal-worker.ts"),
    durableObjects: { STORES: { className: "Store", useSQLite: true }, PLAIN: { className: "Plain" } },
    compatibilityDate: "2026-01-01",
  });
  await worker.ready;
});
afterAll(() => worker.dispose());

async function ask(path: string): Promise<unknown> {
  return (await worker.dispatchFetch(`http://127.0.0.1/${path}`)).json();
}

function fault(name: string, more = ""): Promise<unknown> {
  return ask(`fault?name=${encodeURIComponent(name)}${more}`);
}

test("it keeps every promise of a journal, also when the object is ended", async () => {
  const results = (await ask("conformance")) as JournalResult[];
  expect(results).toEqual(journalConformance.map(({ name, needs }) => ({ name, needs, status: "passed" })));
}, 120_000);

test("it answers as the journal in memory, whatever is written, pruned and asked", async () => {
  for (let seed = 1; seed <= 15; seed += 1) {
    const expected = JSON.stringify(await storyOf(seed, memoryJournal()));
    expect(await ask(`story?seed=${seed}`)).toEqual(JSON.parse(expected));
  }
}, 60_000);

const PLACE = "JournalUnavailable: the journal in the Durable Object's storage";
const NEEDS = "TypeError: durableObjectJournal needs ctx.storage of a Durable Object whose class keeps SQLite";

test.each([
  ["not open", { append: about("is not open: call open"), read: about("is not open: call open") }],
  [
    "another program's tables",
    { opened: about("finds tables of another program .*a table named guard"), names: ["guard"] },
  ],
  [
    "a newer version",
    { opened: about("was written by a newer version of httptrading .schema 4, this one knows 3"), isAsBefore: true },
  ],
  [
    "an older version",
    { failing: expect.stringContaining("no such table"), isSameEpoch: true, unsettled: ["a"], next: 2 },
  ],
  [
    "a second gateway",
    { beside: about("is being written already.*: close that first"), behind: 1, closed: about("is not open") },
  ],
  ["another's line", { refused: about("has been written by something else.*UNIQUE constraint"), next: 2 }],
  [
    "a line that is too large",
    { refused: about("cannot be used .string or blob too big"), unsettled: ["a"], events: [], next: 2 },
  ],
  [
    "no room",
    {
      filled: about("has no room: it holds maxBytes, 500000"),
      refused: about("has no room"),
      hasRoom: true,
      unsettled: ["a"],
      events: [],
    },
  ],
  [
    "a write that fails in the middle",
    { refused: about("cannot be used .disk I/O error"), unsettled: ["a"], events: [], next: 2 },
  ],
  [
    "what the host cannot confirm",
    {
      refused: about("was not confirmed by its host, which ends the object.*the storage was lost"),
      append: about("was not confirmed"),
      read: about("was not confirmed"),
      prune: about("was not confirmed"),
      open: about("was not confirmed"),
    },
  ],
  [
    "what is no storage",
    {
      nothing: `${NEEDS}, not undefined`,
      text: `${NEEDS}, not "journal.db"`,
      ctx: `${NEEDS}, not ctx itself`,
      half: `${NEEDS}, not an object without transactionSync and sync`,
      options: 'TypeError: "maxbytes" is not an option of durableObjectJournal; there is maxBytes',
      size: "RangeError: maxBytes is a whole number of bytes above 0, not 0",
    },
  ],
])("tells what is wrong, and has written nothing of what it refuses: %s", async (name, expected) => {
  expect(await fault(name)).toEqual(expected);
});

test("a class without SQLite is told what to write in wrangler's configuration", async () => {
  expect(await fault("a class without SQLite", "&plain")).toEqual(
    expect.stringContaining(`${NEEDS}, which this class does not: name it in "new_sqlite_classes"`),
  );
});

/** A failure of the journal, in these words. */
function about(words: string): unknown {
  return expect.stringMatching(`^${PLACE} ${words}`);
}
