import { closedFailure } from "../desk/seat.ts";
import { Failure } from "../domain/failure.ts";
import type { Journal, JournalLine } from "../journal/journal.ts";
import { describeError } from "./describe-error.ts";
import { GATEWAY_NAME, type JournalMetrics } from "./metrics.ts";
import type { ObservedEvent } from "./observer.ts";
import type { Observers } from "./observers.ts";

/** What watching a journal needs. */
export interface ObservedJournalOptions {
  readonly observers: Observers;
  readonly metrics: JournalMetrics | undefined;
  /** What operators call the instance behind a digest. */
  readonly nameOf: (instance: string) => string;
  /** Takes secrets out of a text. */
  readonly scrub: (text: string) => string;
}

/** Which gateway of this process writes a journal: two would each know one half of what is sent. */
const writers = new WeakMap<Journal, object>();

/** The same journal, with every `append` measured, and told of what its lines say that nobody asked for. */
export function observedJournal(journal: Journal, options: ObservedJournalOptions): Journal {
  const { observers, metrics, nameOf, scrub } = options;
  /** What happened while the journal took nothing: it is true all the same, and is written when that can be. */
  const toldBefore = new Set<string>();

  function written(lines: readonly JournalLine[], begun: number): void {
    metrics?.appended(lines.length, performance.now() - begun);
    for (const line of lines) {
      if (toldBefore.size > 0 && toldBefore.delete(nameOfLine(line))) continue;
      const event = eventOf(line, nameOf);
      if (event !== undefined) observers.tell(event);
    }
  }

  function failed(lines: readonly JournalLine[], error: unknown): void {
    const instance = nameOf(lines[0]?.instance ?? "");
    observers.tell({ kind: "journal", instance, lines: lines.length, error: describeError(error, scrub) });
    for (const line of lines) {
      if (line.kind !== "connection" && line.kind !== "anomaly") continue;
      const event = toldBefore.has(nameOfLine(line)) ? undefined : eventOf(line, nameOf);
      toldBefore.add(nameOfLine(line));
      if (event !== undefined) observers.tell(event);
    }
  }

  let closed = false;
  const me = {};

  return {
    ...(journal.place === undefined ? {} : { place: journal.place }),
    async open() {
      // Whatever was still under way would open it again, and keep it from the gateway that comes next.
      if (closed) throw closedFailure();
      if ((writers.get(journal) ?? me) !== me) throw takenFailure();
      writers.set(journal, me);
      return journal.open();
    },
    append(lines, durability) {
      const begun = metrics === undefined ? 0 : performance.now();
      try {
        const answer = journal.append(lines, durability);
        if (typeof answer === "number") {
          written(lines, begun);
          return answer;
        }
        // Once a promise: another kind of answer may write the lines anew for everybody who waits for it.
        const appending = Promise.resolve(answer);
        appending.then(
          () => written(lines, begun),
          (error: unknown) => failed(lines, error),
        );
        return appending;
      } catch (error) {
        failed(lines, error);
        throw error;
      }
    },
    intent: (instance, id) => journal.intent(instance, id),
    unsettled: (instance) => journal.unsettled(instance),
    intentsSince: (instance, at) => journal.intentsSince(instance, at),
    order: (instance, orderId) => journal.order(instance, orderId),
    openOrders: (instance) => journal.openOrders(instance),
    events: (instance, after, limit) => journal.events(instance, after, limit),
    guards: (instance) => journal.guards(instance),
    prune: (before) => journal.prune(before),
    async close() {
      closed = true;
      if (writers.get(journal) !== me) return;
      try {
        await journal.close?.();
      } finally {
        writers.delete(journal);
      }
    },
  };
}

function takenFailure(): Failure {
  const message = "the journal is being written already, by another gateway in this process: close that first";
  return new Failure("JournalUnavailable", message, { outcome: "not_sent", retryAfterMs: 5000 });
}

/** The same for a line that comes again, with another time. */
function nameOfLine(line: JournalLine): string {
  return JSON.stringify({ ...line, at: 0 });
}

/** What a line tells that is no answer to anybody; `undefined` for what a client has asked for. */
function eventOf(line: JournalLine, nameOf: (instance: string) => string): ObservedEvent | undefined {
  switch (line.kind) {
    case "connection":
      return { kind: line.kind, instance: nameOf(line.instance), connected: line.connected, reason: line.reason };
    case "anomaly": {
      const { kind, message, orderId, tag } = line;
      return { kind, instance: nameOf(line.instance), message, orderId, tag };
    }
    case "guard": {
      const { kind, state, all, principal, reason } = line;
      const instance = nameOf(line.instance);
      // Told once: the lines of the instances repeat that of the gateway.
      return all && instance !== GATEWAY_NAME ? undefined : { kind, instance, state, principal, reason };
    }
    case "progress": {
      if (line.state !== "resolved") return undefined;
      const { id: tag, placed, reason = "" } = line;
      return { kind: "settled", instance: nameOf(line.instance), tag, orderId: placed?.orderId ?? null, reason };
    }
    default:
      return undefined;
  }
}
