/** What happens to a journal, drawn by lot, and what it answers. Runs on every runtime. */
import type { Journal, JournalLine } from "../../src/journal/journal.ts";
import {
  anomalyLine,
  guardLine,
  INSTANCE,
  intentLine,
  orderLine,
  orderRecord,
  progressLine,
} from "../../src/testing/journal/lines.ts";
import { dice } from "../desk/dice.ts";

const IDS = ["a", "b", "c", "d"];

/** Every answer in order, of a story that follows from its seed alone. Opens the journal. */
export async function storyOf(seed: number, journal: Journal): Promise<readonly unknown[]> {
  const roll = dice(seed);
  const told: unknown[] = [];
  await journal.open();
  let at = 1;
  for (let round = 0; round < 60; round += 1) {
    at += roll.below(3);
    const id = roll.pick(IDS);
    const line = roll.pick<() => JournalLine>([
      () => intentLine(id, { at, fingerprint: "print" }),
      () => progressLine(id, roll.pick(["accepted", "unknown", "not_sent", "resolved"] as const), { at }),
      () => orderLine(orderRecord(id, { status: roll.pick(["OPEN", "CANCELED"] as const) }), { at }),
      () => anomalyLine(`${round}`, { at }),
      () => guardLine("HALTED", { reason: `${round}`, at }),
    ])();
    let appended: unknown;
    try {
      appended = await journal.append([line], "process");
    } catch {
      appended = "refused";
    }
    if (roll.chance(0.08)) await journal.prune(at - roll.below(20));
    told.push({ seed, round, appended, ...(await answers(journal, at, roll.below(round + 1))) });
  }
  return told;
}

/** What a journal says of everything; where the contract leaves the order open, by the id. */
async function answers(journal: Journal, at: number, after: number) {
  return {
    intents: await Promise.all(IDS.map(async (id) => (await journal.intent(INSTANCE, id)) ?? null)),
    orders: await Promise.all(IDS.map(async (id) => (await journal.order(INSTANCE, id)) ?? null)),
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
