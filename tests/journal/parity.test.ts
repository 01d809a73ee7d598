import { expect, onTestFinished, test } from "vitest";
import { memoryJournal } from "../../src/journal/memory.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";
import { newFile } from "./lines.ts";
import { storyOf } from "./story.ts";

test("memory and file answer the same, whatever is written, pruned and asked", async () => {
  for (let seed = 1; seed <= 15; seed += 1) {
    const file = sqliteJournal(newFile());
    onTestFinished(() => file.close());
    expect(await storyOf(seed, file)).toEqual(await storyOf(seed, memoryJournal()));
    await file.close();
  }
});
