/** One opening of a journal's stage: every call bounded, every page put together. */
import type {
  Durability,
  GuardRecord,
  IntentRecord,
  Journal,
  JournalHead,
  JournalLine,
  NumberedEvent,
  OrderRecord,
} from "../../journal/journal.ts";
import { ConformanceError, ends, expectEqual, show } from "../expect.ts";
import type { JournalCheck } from "./check.ts";
import { INSTANCE } from "./lines.ts";
import type { JournalPower, JournalStage } from "./stage.ts";

/** What a check works with. */
export interface JournalScene {
  /** What the journal answered when it was opened. */
  readonly head: JournalHead;
  open(): Promise<JournalHead>;
  append(lines: readonly JournalLine[], durability?: Durability): Promise<number>;
  /** Appends what must be refused, and fails if it is not. */
  refused(lines: readonly JournalLine[], what: string): Promise<void>;
  intent(id: string, instance?: string): Promise<IntentRecord | undefined>;
  /** Ids of the unsettled intents; fails when one is listed otherwise than it is. */
  unsettled(instance?: string): Promise<string[]>;
  /** Ids of the intents that began since; fails when one is listed otherwise than it is. */
  intentsSince(at: number, instance?: string): Promise<string[]>;
  guards(instance?: string): Promise<readonly GuardRecord[]>;
  order(orderId: string, instance?: string): Promise<OrderRecord | undefined>;
  openOrders(instance?: string): Promise<readonly OrderRecord[]>;
  page(after: number, limit: number, instance?: string): Promise<{ numbers: number[]; complete: boolean }>;
  /** Every event after a number. */
  events(after?: number, instance?: string): Promise<readonly NumberedEvent[]>;
  prune(before: number): Promise<void>;
  /** Puts the journal after the power was used in the place of this one, and opens it. */
  use(power: JournalPower): Promise<JournalHead>;
}

const MANY = 1_000_000;

/** A check that runs on a scene of its own. */
export function check(
  name: string,
  look: (scene: JournalScene) => Promise<void>,
  needs: readonly JournalPower[] = [],
): JournalCheck {
  return { name, needs, run: (stage) => onScene(stage, look) };
}

/** Opens a stage and its journal, works, and closes both. */
export async function onScene(stage: JournalStage, work: (scene: JournalScene) => Promise<void>): Promise<void> {
  const boundMs = stage.patienceMs ?? 10_000;
  const bounded = <T>(what: string, call: () => T | Promise<T>): Promise<T> =>
    ends(what, Promise.resolve().then(call), boundMs);
  /** Ids of listed intents, each of which must be listed as it is when it is asked for by its id. */
  const idsOf = async (method: "unsettled" | "intentsSince", instance: string, records: readonly IntentRecord[]) => {
    for (const record of records) {
      const alone = await bounded("intent", () => journal.intent(instance, record.id));
      expectEqual(record, alone, `the intent ${record.id} as ${method} gives it`);
    }
    return records.map(({ id }) => id);
  };
  const opened = await bounded("opening the stage", () => stage.open());
  let journal: Journal = opened.journal;
  try {
    const head = await bounded("open", () => journal.open());
    await work({
      head,
      open: () => bounded("open", () => journal.open()),
      append: (lines, durability = "process") => bounded("append", () => journal.append(lines, durability)),
      async refused(lines, what) {
        let sequence: number;
        try {
          sequence = await bounded("append", () => journal.append(lines, "process"));
        } catch (error) {
          if (error instanceof ConformanceError) throw error;
          return;
        }
        throw new ConformanceError(`${what}: expected append to throw, and it answered ${show(sequence)}`);
      },
      intent: (id, instance = INSTANCE) => bounded("intent", () => journal.intent(instance, id)),
      async unsettled(instance = INSTANCE) {
        const records = await bounded("unsettled", () => journal.unsettled(instance));
        return idsOf("unsettled", instance, records);
      },
      async intentsSince(at, instance = INSTANCE) {
        const records = await bounded("intentsSince", () => journal.intentsSince(instance, at));
        return idsOf("intentsSince", instance, records);
      },
      guards: (instance = INSTANCE) => bounded("guards", () => journal.guards(instance)),
      order: (orderId, instance = INSTANCE) => bounded("order", () => journal.order(instance, orderId)),
      async openOrders(instance = INSTANCE) {
        const orders = await bounded("openOrders", () => journal.openOrders(instance));
        for (const order of orders) {
          const alone = await bounded("order", () => journal.order(instance, order.orderId));
          expectEqual(order, alone, `the order ${order.orderId} among the open ones`);
        }
        return orders;
      },
      async page(after, limit, instance = INSTANCE) {
        const { events, complete } = await bounded("events", () => journal.events(instance, after, limit));
        return { numbers: events.map(({ sequence }) => sequence), complete };
      },
      async events(after = 0, instance = INSTANCE) {
        return (await bounded("events", () => journal.events(instance, after, MANY))).events;
      },
      prune: (before) => bounded("prune", () => journal.prune(before)),
      async use(power) {
        const apply = opened[power];
        if (apply === undefined) throw new ConformanceError(`the stage has no power ${power}`);
        if (power === "reopen") await bounded("close", () => journal.close?.());
        journal = await bounded(power, () => apply());
        return bounded("open", () => journal.open());
      },
    });
  } finally {
    await bounded("close", () => journal.close?.());
    await bounded("closing the stage", () => opened.close?.());
  }
}
