/** Handing a write over: written down before it leaves, sent once, and what became of it written down. */
import type { Failure } from "../domain/failure.ts";
import type { IntentLine, ProgressLine } from "../journal/journal.ts";
import type { Call, Placed } from "../spec/broker.ts";
import { type Deadline, TIME_IS_UP } from "./deadline.ts";
import { elapsedMs } from "./elapsed.ts";
import { type InstanceJournal, journalTooSlow } from "./instance-journal.ts";
import { type IntentEvent, nextIntentState } from "./intent.ts";
import type { Reconciler } from "./reconciler.ts";
import { readPlaced } from "./report.ts";
import type { Tracker } from "./tracker.ts";
import { type Begun, type LateCall, type Unknowns, WRITTEN } from "./unknowns.ts";
import { outcomeUnknown, type WriteFailure, writeFailure, written } from "./write-outcome.ts";

/** A write that may leave. */
export interface Write<T> {
  /** What is written down before it does. */
  readonly line: IntentLine;
  /** What is written down beside a refusal. */
  readonly reason?: string;
  /** Asks the broker. Called once; what it throws before anything is sent has to say so. */
  send(call: Call): Promise<T>;
  /** Why it was taken back, of one that the broker has not sent for that; its own words are only that it gave up waiting. */
  takenBack?(): Failure | undefined;
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
    return journal.inTime(writing).then((isWritten) => (isWritten === TIME_IS_UP ? lateBegun(writing) : { isWritten }));
  }

  /** Writes down what became of an intent. Never fails: the broker's word counts, and what is missing is written later. */
  function note({ isWritten, later }: Begun, end: End): Promise<unknown> | undefined {
    const { intent, event, answeredAt, result } = end;
    const state = nextIntentState("sending", event);
    const failed = () => {
      // Until it stands there, the key of the intent is answered as if nobody knew.
      if (event !== "lose") unknowns.addKnown(intent, result);
      reconciler.hurry();
    };
    const append = () => {
      const appending = journal.append([{ kind: "progress", id: intent.id, state, ...result }], "process", answeredAt);
      return appending instanceof Promise ? appending.catch(failed) : undefined;
    };
    if (isWritten) return append();
    return later?.then((stands) => (stands ? append() : undefined)).catch(() => undefined);
  }

  /** The same, waiting for the journal as long as it may take; not for one that has not taken the intent yet. */
  function noted(begun: Begun, end: End): Promise<unknown> | undefined {
    const noting = note(begun, end);
    return begun.isWritten && noting !== undefined ? journal.inTime(noting) : undefined;
  }

  /** The failure to answer with when an order was not written down in its time: it is not sent any more. */
  async function tooLate({ line, reason, holdKey }: Write<unknown>, begun: Begun): Promise<WriteFailure> {
    const failure = writeFailure(journalTooSlow(), undefined);
    const result = { failure: written(failure), ...beside(reason) };
    const end = { intent: line, event: "withdraw", result, answeredAt: Date.now() } as const;
    if (begun.isWritten) await noted(begun, end);
    else holdKey(Promise.resolve(note(begun, end)));
    return failure;
  }

  /** The failure to answer with when the broker's call ended with an error. */
  async function refused(write: Write<unknown>, begun: Begun, error: unknown): Promise<WriteFailure> {
    const { line, reason } = write;
    const { id, action } = line;
    const answeredAt = Date.now();
    const isPlace = action.kind === "place";
    const tag = isPlace ? id : undefined;
    const told = writeFailure(error, tag, answeredAt);
    const why = told.outcome === "not_sent" ? write.takenBack?.() : undefined;
    const failure = why === undefined ? told : writeFailure(why, tag, answeredAt);
    const result = { failure: written(failure), ...beside(reason) };
    await noted(begun, { intent: line, event: EVENT_OF[failure.outcome], result, answeredAt });
    if (failure.outcome === "unknown") {
      unknowns.add(line, elapsedMs(), begun);
      reconciler.hurry();
    } else if (isPlace) {
      tracker.forget(id);
    }
    return failure;
  }

  /** The failure to answer with when the time was up. The call goes on without its client. */
  async function lost(
    write: Write<unknown>,
    begun: Begun,
    late: Promise<Placed>,
    { isOver }: Deadline,
  ): Promise<WriteFailure> {
    const { line: intent } = write;
    const { id, action } = intent;
    // It may fail while this is written down, when nobody waits for it yet: that would end the process.
    late.catch(() => {});
    const tag = action.kind === "place" ? id : undefined;
    const waited = isOver ? `within ${deadlineMs} ms` : "before its order was to be canceled";
    const failure = outcomeUnknown(`the broker did not answer ${waited}`, tag);
    await noted(begun, { intent, event: "lose", result: { failure: written(failure) }, answeredAt: Date.now() });
    awaitLateAnswer(write, late, tag, unknowns.add(intent, null, begun));
    reconciler.hurry();
    return failure;
  }

  /** What a late call ends with settles the intent, unless something else has. */
  function awaitLateAnswer(
    write: Write<unknown>,
    late: Promise<Placed>,
    tag: string | undefined,
    call: LateCall,
  ): void {
    const reason = "the broker's late answer";
    late
      .then(
        // In one step: what is no longer unknown has to be known.
        (placed) => Promise.all([call.answered({ placed }, reason), write.onTaken?.(placed)]),
        (error: unknown) => {
          const failure = writeFailure(error, tag);
          if (failure.outcome !== "unknown") return call.answered({ failure: written(failure) }, reason);
          call.ended();
          return undefined;
        },
      )
      // What cannot be written down now is written by reconciliation.
      .catch(() => call.ended());
  }

  return {
    async send<T>(write: Write<T>, deadline: Deadline): Promise<Taken> {
      const { line } = write;
      const end = unknowns.underWay(line.id);
      try {
        const beginning = begin(line);
        const begun = beginning instanceof Promise ? await beginning : beginning;
        if (begun.isWritten) unknowns.begunAgain(line.id);
        // A cancel is never refused for want of a journal.
        if (line.action.kind !== "cancel" && (!begun.isWritten || deadline.isOver)) throw await tooLate(write, begun);
        let sending: Promise<T>;
        let taken: Taken | undefined;
        try {
          // Once a promise: another kind of answer may begin its work anew with everybody who waits for it.
          sending = Promise.resolve(write.send(deadline));
          let answer = await deadline.within(sending);
          if (answer === TIME_IS_UP) {
            deadline.abort();
            answer = await newWithdrawal().within(sending);
          }
          if (answer !== TIME_IS_UP) {
            const answeredAt = Date.now();
            taken = { placed: readPlaced(write.placedOf(answer)), answeredAt };
          }
        } catch (error) {
          throw await refused(write, begun, error);
        }
        if (taken !== undefined) {
          const { placed, answeredAt } = taken;
          // Its order is written down with this, and not after it: the next process could not count it else.
          const told = write.onTaken?.(placed);
          const noting = noted(begun, { intent: line, event: "accept", result: { placed }, answeredAt });
          if (told instanceof Promise) await told;
          if (noting !== undefined) await noting;
          return taken;
        }
        throw await lost(
          write,
          begun,
          sending.then((answer) => readPlaced(write.placedOf(answer))),
          deadline,
        );
      } finally {
        end();
      }
    },
    async adopt(line, placed) {
      const answeredAt = Date.now();
      try {
        await noted(await begin(line), { intent: line, event: "accept", result: { placed }, answeredAt });
      } catch {
        // The order is there, whether that can be written down or not.
      }
      return { placed, answeredAt };
    },
  };
}

/** How far the journal is with an intent that it has neither written nor refused in its time. */
function lateBegun(writing: Promise<boolean>): Begun {
  const begun: { -readonly [Field in keyof Begun]: Begun[Field] } = { isWritten: false, later: writing };
  const ended = (isWritten: boolean) => Object.assign(begun, { isWritten, later: undefined });
  writing.then(ended, () => ended(false));
  return begun;
}

/** How an intent ended, and when. */
interface End {
  readonly intent: IntentLine;
  readonly event: Exclude<IntentEvent, "hand-over">;
  readonly result: Pick<ProgressLine, "placed" | "failure" | "reason">;
  readonly answeredAt: number;
}

function beside(reason: string | undefined): Pick<ProgressLine, "reason"> {
  return reason === undefined ? {} : { reason };
}

const EVENT_OF = { not_sent: "withdraw", rejected: "reject", unknown: "lose" } as const;
