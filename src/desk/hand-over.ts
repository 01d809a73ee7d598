/** Handing a write over: written down before it leaves, sent once, and what became of it written down. */
import type { IntentLine, ProgressLine } from "../journal/journal.ts";
import type { Call, Placed } from "../spec/broker.ts";
import { type Deadline, TIME_IS_UP } from "./deadline.ts";
import { elapsedMs } from "./elapsed.ts";
import type { InstanceJournal } from "./instance-journal.ts";
import { type IntentEvent, nextIntentState } from "./intent.ts";
import type { Reconciler } from "./reconciler.ts";
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

  /** Writes the intent down, safe against loss of power; gives whether it stands there. */
  function begin(line: IntentLine): boolean | Promise<boolean> {
    const appending = journal.append([line], "power-loss");
    if (!(appending instanceof Promise)) return true;
    return appending.then(
      () => true,
      (error: unknown) => {
        // A cancel is never refused for want of a journal.
        if (line.action.kind !== "cancel") throw error;
        return false;
      },
    );
  }

  function note(
    id: string,
    event: Exclude<IntentEvent, "hand-over">,
    more: Pick<ProgressLine, "placed" | "failure">,
    at: number,
  ): Promise<unknown> | undefined {
    const state = nextIntentState("sending", event);
    const appending = journal.append([{ kind: "progress", id, state, ...more }], "process", at);
    // The broker's word counts, whether it can be written down or not: what is missing is recovered by the tag.
    return appending instanceof Promise ? appending.catch(() => undefined) : undefined;
  }

  /** The failure to answer with when the broker's call ended with an error. */
  async function refused({ id, action }: IntentLine, isWritten: boolean, error: unknown): Promise<WriteFailure> {
    const answeredAt = Date.now();
    const isPlace = action.kind === "place";
    const failure = writeFailure(error, isPlace ? id : undefined, answeredAt);
    if (isWritten) await note(id, EVENT_OF[failure.outcome], { failure: written(failure) }, answeredAt);
    if (failure.outcome === "unknown") {
      unknowns.add({ id, action }, elapsedMs(), isWritten);
      reconciler.hurry();
    } else if (isPlace) {
      tracker.forget(id);
    }
    return failure;
  }

  /** The failure to answer with when the time was up. The call goes on without its client. */
  async function lost({ id, action }: IntentLine, isWritten: boolean, late: Promise<Placed>): Promise<WriteFailure> {
    // It may fail while this is written down, when nobody waits for it yet: that would end the process.
    late.catch(() => {});
    const tag = action.kind === "place" ? id : undefined;
    const failure = outcomeUnknown(`the broker did not answer within ${deadlineMs} ms`, tag);
    if (isWritten) await note(id, "lose", { failure: written(failure) }, Date.now());
    unknowns.add({ id, action }, null, isWritten);
    awaitLateAnswer(late, id, tag);
    reconciler.hurry();
    return failure;
  }

  /** What a late call ends with settles the intent, unless something else has. */
  function awaitLateAnswer(late: Promise<Placed>, id: string, tag: string | undefined): void {
    const reason = "the broker's late answer";
    late
      .then(
        (placed) => unknowns.settle(id, { placed }, reason),
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
        const isWritten = await begin(line);
        let sending: Promise<T>;
        try {
          sending = write.send(deadline);
          let answer = await deadline.within(sending);
          if (answer === TIME_IS_UP) {
            deadline.abort();
            answer = await newWithdrawal().within(sending);
          }
          if (answer !== TIME_IS_UP) {
            const answeredAt = Date.now();
            const placed = write.placedOf(answer);
            if (isWritten) await note(line.id, "accept", { placed }, answeredAt);
            return { placed, answeredAt };
          }
        } catch (error) {
          throw await refused(line, isWritten, error);
        }
        throw await lost(line, isWritten, sending.then(write.placedOf));
      } finally {
        end();
      }
    },
    async adopt(line, placed) {
      const answeredAt = Date.now();
      await begin(line);
      await note(line.id, "accept", { placed }, answeredAt);
      return { placed, answeredAt };
    },
  };
}

const EVENT_OF = { not_sent: "withdraw", rejected: "reject", unknown: "lose" } as const;
