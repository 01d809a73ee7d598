/** The proof that the journal suite can fail: each mutant turns at least the checks red that are meant for it. */
import { expect, test } from "vitest";
import type { Journal, JournalLine } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import { runJournalConformance } from "../../src/testing/index.ts";

interface Mutant {
  readonly fault: string;
  /** The good journal's members that it does badly. */
  mutate(good: Journal): Partial<Journal>;
  /** The good journal's place on stage, when the fault is in what outlives it. */
  readonly reopen?: (good: Journal) => Journal;
  readonly red: string;
}

/** Members that hide what is older, by another measure, than what was pruned last. */
function pruningBy(hiding: (good: Journal, before: () => number) => Partial<Journal>): Mutant["mutate"] {
  return (good) => {
    let before = 0;
    return {
      prune(at) {
        before = at;
        return good.prune(at);
      },
      ...hiding(good, () => before),
    };
  };
}

const MUTANTS: readonly Mutant[] = [
  {
    fault: "has the same epoch every time",
    mutate: (good) => ({ open: async () => ({ ...(await good.open()), epoch: "always" }) }),
    red: "two journals have two epochs",
  },
  {
    fault: "has an epoch that no follower can resume with",
    mutate: (good) => ({
      async open() {
        const head = await good.open();
        return { ...head, epoch: `${head.epoch}+/=` };
      },
    }),
    red: "a new journal opens at number 0 with an epoch of letters and digits, and again with the same answer",
  },
  {
    fault: "leaves a gap after every call",
    mutate: (good) => ({ append: async (lines, safety) => (await good.append(lines, safety)) * 2 }),
    red: "lines of all kinds and instances are numbered from 1 without gaps",
  },
  {
    fault: "writes what comes before an impossible line",
    mutate: (good) => ({
      async append(lines, safety) {
        let last = 0;
        for (const line of lines) last = await good.append([line], safety);
        return last;
      },
    }),
    red: "a call writes all of its lines or none",
  },
  {
    fault: "drops impossible progress in silence",
    mutate: (good) => ({
      append: (lines, safety) =>
        Promise.resolve()
          .then(() => good.append(lines, safety))
          .catch(() => 0),
    }),
    red: "progress of an intent that was never begun is refused",
  },
  {
    fault: "writes what comes at the same time in another order",
    mutate: (good) => ({
      async append(lines, safety) {
        if (safety === "process") await new Promise((resolve) => setTimeout(resolve, 1));
        return good.append(lines, safety);
      },
    }),
    red: "appends at the same time each get their own numbers, in the order of the calls",
  },
  {
    fault: "answers before it has written",
    mutate(good) {
      let sequence = 0;
      return {
        append(lines, safety) {
          sequence += lines.length;
          const waiting: readonly JournalLine[] = [...lines];
          // What it should have refused is nobody's to catch any more.
          const write = async () => good.append(waiting, safety);
          setTimeout(() => write().catch(() => undefined), 20);
          return sequence;
        },
      };
    },
    red: "what append has answered is seen by every read after it",
  },
  {
    fault: "forgets why an intent failed",
    mutate: (good) => ({
      async intent(instance, id) {
        const record = await good.intent(instance, id);
        return record && { ...record, failure: null };
      },
    }),
    red: "an intent that went on as rejected is rejected, with what came with it",
  },
  {
    fault: "takes an unknown outcome for a settled one",
    mutate: (good) => ({
      unsettled: async (instance) => (await good.unsettled(instance)).filter(({ state }) => state === "sending"),
    }),
    red: "unsettled are the intents that are sending or unknown, oldest first",
  },
  {
    fault: "knows no instances",
    mutate: (good) => ({
      append: (lines, safety) =>
        good.append(
          lines.map((line) => ({ ...line, instance: "one" })),
          safety,
        ),
      intent: (_instance, id) => good.intent("one", id),
      unsettled: () => good.unsettled("one"),
    }),
    red: "instances do not see each other's intents",
  },
  {
    fault: "knows only open orders",
    mutate: (good) => ({
      order: async (instance, id) => (await good.openOrders(instance)).find(({ orderId }) => orderId === id),
    }),
    red: "an order that is completed leaves the open ones and stays known",
  },
  {
    fault: "gives one event too many",
    mutate: (good) => ({ events: (instance, after, limit) => good.events(instance, after, limit + 1) }),
    red: "events come in pages: after a number, at most so many",
  },
  {
    fault: "hides that events are missing",
    mutate: (good) => ({
      events: async (instance, after, limit) => ({ ...(await good.events(instance, after, limit)), complete: true }),
    }),
    red: "a page with a gap before it says so",
  },
  {
    fault: "never prunes",
    mutate: () => ({ prune: () => undefined }),
    red: "pruning forgets settled intents, completed orders and events that are older",
  },
  {
    fault: "prunes an intent by when it began",
    mutate: pruningBy((good, before) => ({
      async intent(instance, id) {
        const record = await good.intent(instance, id);
        return record !== undefined && record.at >= before() ? record : undefined;
      },
    })),
    red: "pruning goes by an intent's last line, and takes an intent whole",
  },
  {
    fault: "prunes what is open too",
    mutate(good) {
      let pruned = false;
      return {
        prune(at) {
          pruned = true;
          return good.prune(at);
        },
        unsettled: (instance) => (pruned ? [] : good.unsettled(instance)),
      };
    },
    red: "pruning never forgets an unsettled intent or an open order",
  },
  {
    fault: "counts an intent for the day of its last line",
    mutate: (good) => ({
      intentsSince: async (instance, at) => (await good.intentsSince(instance, 0)).filter((one) => one.updatedAt >= at),
    }),
    red: "the intents of a day are those that began in it, also when they began anew",
  },
  {
    fault: "knows only how the kill switch stands now",
    mutate: (good) => ({ guards: async (instance) => (await good.guards(instance)).slice(-1) }),
    red: "every turn of the kill switch is known for ever, by instance and in order",
  },
  {
    fault: "lists the intents of a day without what they count",
    mutate: (good) => ({
      intentsSince: async (instance, at) =>
        (await good.intentsSince(instance, at)).map(({ value: _value, ...record }) => record),
    }),
    red: "the intents of a day are those that began in it, also when they began anew",
  },
  {
    fault: "leaves resolved intents out of their day",
    mutate: (good) => ({
      intentsSince: async (instance, at) =>
        (await good.intentsSince(instance, at)).filter(({ state }) => state !== "resolved"),
    }),
    red: "the intents of a day are those that began in it, also when they began anew",
  },
  {
    fault: "lists unsettled intents without the number of their order",
    mutate: (good) => ({
      unsettled: async (instance) => (await good.unsettled(instance)).map(({ number: _number, ...record }) => record),
    }),
    red: "an intent begins as sending, with everything it was written down with",
  },
  {
    fault: "takes only a place for unsettled",
    mutate: (good) => ({
      unsettled: async (instance) => (await good.unsettled(instance)).filter(({ action }) => action.kind === "place"),
    }),
    red: "an intent begins as sending, with everything it was written down with",
  },
  {
    fault: "keeps the value and the number with which an intent first began",
    mutate(good) {
      const begun = new Set<string>();
      const first = (line: JournalLine): JournalLine => {
        if (line.kind !== "intent" || !begun.has(line.id)) {
          if (line.kind === "intent") begun.add(line.id);
          return line;
        }
        const { value: _value, number: _number, ...rest } = line;
        return rest;
      };
      return { append: (lines, safety) => good.append(lines.map(first), safety) };
    },
    red: "what an intent counts for its day stays with it",
  },
  {
    fault: "takes every order for one of its own",
    mutate: (good) => ({
      order: async (instance, id) => {
        const record = await good.order(instance, id);
        return record && { ...record, external: false };
      },
    }),
    red: "an order is known as it was written down, in every status and with all that may be said of it",
  },
  {
    fault: "rounds to cents",
    mutate: (good) => ({
      append: (lines, safety) =>
        good.append(
          JSON.parse(JSON.stringify(lines), (_key, value) =>
            typeof value === "number" ? Math.round(value * 100) / 100 : value,
          ),
          safety,
        ),
    }),
    red: "an order is known as it was written down, in every status and with all that may be said of it",
  },
  {
    fault: "takes only what is called open for an open order",
    mutate: (good) => ({
      openOrders: async (instance) =>
        (await good.openOrders(instance)).filter(({ status }) => status === "OPEN" || status === "PARTIALLY_FILLED"),
    }),
    red: "an order is known as it was written down, in every status and with all that may be said of it",
  },
  {
    fault: "tells no ids apart by their case",
    mutate: (good) => ({
      append: (lines, safety) =>
        good.append(
          lines.map((line) =>
            line.kind === "order" || line.kind === "correction"
              ? { ...line, order: { ...line.order, orderId: line.order.orderId.toLowerCase() } }
              : line,
          ),
          safety,
        ),
      order: (instance, id) => good.order(instance, id.toLowerCase()),
    }),
    red: "an order is known as it was written down, in every status and with all that may be said of it",
  },
  {
    fault: "prunes an order by when it was placed",
    mutate: pruningBy((good, before) => ({
      async order(instance, id) {
        const record = await good.order(instance, id);
        return record?.status === "FILLED" && (record.createdAt ?? 0) < before() ? undefined : record;
      },
    })),
    red: "pruning goes by an order's last line, and not by the order's own times",
  },
  {
    fault: "is empty when it is opened again",
    mutate: () => ({}),
    reopen: () => memoryJournal(),
    red: "everything is there when the journal is closed and opened again",
  },
];

test.each(MUTANTS)("a journal that $fault", async ({ mutate, reopen, red }) => {
  const results = await runJournalConformance({
    name: "mutant",
    patienceMs: 5000,
    async open() {
      const good = memoryJournal();
      return {
        journal: { ...good, ...mutate(good) },
        reopen: async () => reopen?.(good) ?? { ...good, ...mutate(good) },
      };
    },
  });
  const failed = results.filter(({ status }) => status === "failed").map(({ name }) => name);
  expect(failed).toContain(red);
});
