import { expect, onTestFinished, test } from "vitest";
import type { Journal, JournalLine } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { sqliteJournal } from "../../src/journal/sqlite.ts";
import { orderLine, orderRecord } from "../../src/testing/journal/lines.ts";
import { dice } from "../desk/story-world.ts";
import { anomaly, INSTANCE, intent, newFile, progress } from "./lines.ts";

const IDS = ["a", "b", "c", "d"];

test("memory and file answer the same, whatever is written, pruned and asked", async () => {
  for (let seed = 1; seed <= 15; seed += 1) {
    const roll = dice(seed);
    const memory = memoryJournal();
    const file = sqliteJournal(newFile());
    onTestFinished(() => file.close());
    await file.open();
    let at = 1;
    for (let round = 0; round < 60; round += 1) {
      at += roll.below(3);
      const id = roll.pick(IDS);
      const line = roll.pick<() => JournalLine>([
        () => intent(id, { at, fingerprint: "print" }),
        () => progress(id, roll.pick(["accepted", "unknown", "not_sent", "resolved"] as const), { at }),
        () =>
          orderLine(orderRecord(id, { status: roll.pick(["OPEN", "CANCELED"] as const) }), { instance: INSTANCE, at }),
        () => anomaly(`${round}`, at),
        () => ({
          kind: "guard",
          state: "HALTED",
          all: false,
          principal: "p",
          reason: `${round}`,
          instance: INSTANCE,
          at,
        }),
      ])();
      const outcome = async (write: () => unknown) => {
        try {
          return await write();
        } catch {
          return "refused";
        }
      };
      expect(await outcome(() => file.append([line], "process"))).toEqual(
        await outcome(() => memory.append([line], "process")),
      );
      if (roll.chance(0.08)) {
        const before = at - roll.below(20);
        await memory.prune(before);
        await file.prune(before);
      }
      const after = roll.below(round + 1);
      expect(await answers(file, at, after), `seed ${seed}, round ${round}`).toEqual(await answers(memory, at, after));
    }
    await file.close();
  }
});

/** What a journal says of everything; where the contract leaves the order open, by the id. */
async function answers(journal: Journal, at: number, after: number) {
  return {
    intents: await Promise.all(IDS.map((id) => journal.intent(INSTANCE, id))),
    orders: await Promise.all(IDS.map((id) => journal.order(INSTANCE, id))),
    unsettled: byId(await journal.unsettled(INSTANCE), ({ id }) => id),
    since: byId(await journal.intentsSince(INSTANCE, at - 10), ({ id }) => id),
    open: byId(await journal.openOrders(INSTANCE), ({ orderId }) => orderId),
    guards: await journal.guards(INSTANCE),
    events: await journal.events(INSTANCE, after, 5),
  };
}

function byId<T>(all: readonly T[], idOf: (one: T) => string): T[] {
  return all.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}
