/** Handing a write over: written down before it leaves, sent once, and what became of it written down. */
import type { IntentLine, ProgressLine } from "../journal/journal.ts";
import type { Call, Placed } from "../spec/broker.ts";
import { type Deadline, TIME_IS_UP } from "./deadline.ts";
import { elapsedMs } from "./elapsed.ts";
import { type InstanceJournal, journalTooSlow } from "./instance-journal.ts";
import { type IntentEvent, nextIntentState } from "./intent.ts";
import type { Reconciler } from "./reconciler.ts";
import { readPlaced } from "./report.ts";
import type { Tracker } from "./tracker.ts";
import type { Unknowns } from "./unknowns.ts";
import { outcomeUnknown, type WriteFailure, writeFailure, written } from "./write-outcome.ts";

/** A write that may leave. */
export interface Write<T> {
  /** What is written down before it does. */
  readonly line: IntentLine;
  /** Asks the broker. Called once; what it throws before anything is sent has to say so. */
  send(call: Call): Promise<T>;
  /** What is written down of the broker's answer. */
  placedOf(answer: T): Placed;
  /** Called when the broker has taken it, however late. */
  onTaken?(placed: Placed): unknown;
  /** Called when it is refused while it is still being written down, with what ends when that is over. */
  holdKey(until: Promise<unknown>): void;
}

/** What the broker made of it, and when it said so in milliseconds since the epoch. */
export interface Taken {
  readonly placed: Placed;
  readonly answeredAt: number;
}

export interface HandOver {
  /** Hands a write to the broker and waits for what becomes of it; rejects with a failure that says what that was. */
  send<T>(write: Write<T>, deadline: Deadline): Promise<Taken>;
  /** Writes down that the broker has taken one, of which the journal knew nothing. */
  adopt(line: IntentLine, placed: Placed): Promise<Taken>;
}

/** What handing over stands on. */
export interface HandOverOptions {
  readonly journal: InstanceJournal;
  readonly tracker: Tracker;
  readonly unknowns: Unknowns;
  readonly reconciler: Reconciler;
  readonly deadlineMs: number;
  /** Makes the short time after a deadline in which the broker may still say that nothing has left. */
  readonly newWithdrawal: () => Deadline;
}

export function createHandOver(options: HandOverOptions): HandOver {
  const { journal, tracker, unknowns, reconciler, deadlineMs, newWithdrawal } = options;

  /** Writes the intent down, safe against loss of power. */
  function begin(line: IntentLine): Begun | Promise<Begun> {
    const appending = journal.append([line], "power-loss");
    if (!(appending instanceof Promise)) return WRITTEN;
    const writing = appending.then(
      () => true,
      (error: unknown) => {
        if (line.action.kind !== "cancel") throw error;
        return false;
      },
    );
    return journal
      .inTime(writing)
      .then((isWritten) => (isWritten === TIME_IS_UP ? { isWritten: false, later: writing } : { isWritten }));
  }

  /** Writes down what became of an intent. Never fails: the broker's word counts, and what is missing is recovered by the tag. */
  function note({ isWritten, later }: Begun, end: End): Promise<unknown> | undefined {
    const { id, event, answeredAt, ...more } = end;
    const state = nextIntentState("sending", event);
    const append = () => journal.append([{ kind: "progress", id, state, ...more }], "process", answeredAt);
    if (!isWritten) return later?.then((stands) => (stands ? append() : undefined)).catch(() => undefined);
    const appending = append();
    return appending instanceof Promise ? appending.catch(() => undefined) : undefined;
  }

  /** The same, waiting for the journal as long as it may take; not for one that has not taken the intent yet. */
  function noted(begun: Begun, end: End): Promise<unknown> | undefined {
    const noting = note(begun, end);
    return begun.isWritten && noting !== undefined ? journal.inTime(noting) : undefined;
  }

  /** The failure to answer with when an order was not written down in its time: it is not sent any more. */
  async function tooLate({ line: { id }, holdKey }: Write<unknown>, begun: Begun): Promise<WriteFailure> {
    const failure = writeFailure(journalTooSlow(), undefined);
    const noting = note(begun, { id, event: "withdraw", failure: written(failure), answeredAt: Date.now() });
    if (begun.isWritten) await (noting && journal.inTime(noting));
    else if (noting !== undefined) holdKey(noting);
    return failure;
  }

  /** The failure to answer with when the broker's call ended with an error. */
  async function refused({ id, action }: IntentLine, begun: Begun, error: unknown): Promise<WriteFailure> {
    const answeredAt = Date.now();
    const isPlace = action.kind === "place";
    const failure = writeFailure(error, isPlace ? id : undefined, answeredAt);
    await noted(begun, { id, event: EVENT_OF[failure.outcome], failure: written(failure), answeredAt });
    if (failure.outcome === "unknown") {
      unknowns.add({ id, action }, elapsedMs(), begun.isWritten);
      reconciler.hurry();
    } else if (isPlace) {
      tracker.forget(id);
    }
    return failure;
  }

  /** The failure to answer with when the time was up. The call goes on without its client. */
  async function lost(write: Write<unknown>, begun: Begun, late: Promise<Placed>): Promise<WriteFailure> {
    const { id, action } = write.line;
    // It may fail while this is written down, when nobody waits for it yet: that would end the process.
    late.catch(() => {});
    const tag = action.kind === "place" ? id : undefined;
    const failure = outcomeUnknown(`the broker did not answer within ${deadlineMs} ms`, tag);
    await noted(begun, { id, event: "lose", failure: written(failure), answeredAt: Date.now() });
    unknowns.add({ id, action }, null, begun.isWritten);
    awaitLateAnswer(write, late, tag);
    reconciler.hurry();
    return failure;
  }

  /** What a late call ends with settles the intent, unless something else has. */
  function awaitLateAnswer(write: Write<unknown>, late: Promise<Placed>, tag: string | undefined): void {
    const { id } = write.line;
    const reason = "the broker's late answer";
    late
      .then(
        // In one step: what is no longer unknown has to be known.
        (placed) => Promise.all([unknowns.settle(id, { placed }, reason), write.onTaken?.(placed)]),
        (error: unknown) => {
          const failure = writeFailure(error, tag);
          if (failure.outcome !== "unknown") return unknowns.settle(id, { failure: written(failure) }, reason);
          unknowns.ended(id);
          return undefined;
        },
      )
      // What cannot be written down now stays unknown, and is found out again by reconciliation.
      .catch(() => unknowns.ended(id));
  }

  return {
    async send<T>(write: Write<T>, deadline: Deadline): Promise<Taken> {
      const { line } = write;
      const end = unknowns.underWay(line.id);
      try {
        const begun = await begin(line);
        // A cancel is never refused for want of a journal.
        if (line.action.kind !== "cancel" && (!begun.isWritten || deadline.isOver)) throw await tooLate(write, begun);
        let sending: Promise<T>;
        let taken: Taken | undefined;
        try {
          sending = write.send(deadline);
          let answer = await deadline.within(sending);
          if (answer === TIME_IS_UP) {
            deadline.abort();
            answer = await newWithdrawal().within(sending);
          }
          if (answer !== TIME_IS_UP) {
            const answeredAt = Date.now();
            const placed = readPlaced(write.placedOf(answer));
            await noted(begun, { id: line.id, event: "accept", placed, answeredAt });
            taken = { placed, answeredAt };
          }
        } catch (error) {
          throw await refused(line, begun, error);
        }
        if (taken !== undefined) {
          const told = write.onTaken?.(taken.placed);
          if (told instanceof Promise) await told;
          return taken;
        }
        throw await lost(
          write,
          begun,
          sending.then((answer) => readPlaced(write.placedOf(answer))),
        );
      } finally {
        end();
      }
    },
    async adopt(line, placed) {
      const answeredAt = Date.now();
      await noted(await begin(line), { id: line.id, event: "accept", placed, answeredAt });
      return { placed, answeredAt };
    },
  };
}

/** How far the journal is with an intent. */
interface Begun {
  /** Whether it stands there now, so that what becomes of it can be written down. */
  readonly isWritten: boolean;
  /** Of one that the journal has neither written nor refused in its time: whether it stands there in the end. */
  readonly later?: Promise<boolean>;
}

const WRITTEN: Begun = { isWritten: true };

/** How an intent ended, and when. */
interface End extends Pick<ProgressLine, "id" | "placed" | "failure"> {
  readonly event: Exclude<IntentEvent, "hand-over">;
  readonly answeredAt: number;
}

const EVENT_OF = { not_sent: "withdraw", rejected: "reject", unknown: "lose" } as const;
