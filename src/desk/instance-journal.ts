import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { Failure } from "../domain/failure.ts";
import type {
  AnomalyLine,
  ConnectionLine,
  Durability,
  EventPage,
  GuardLine,
  GuardRecord,
  IntentLine,
  IntentRecord,
  Journal,
  JournalHead,
  OrderLine,
  OrderRecord,
  ProgressLine,
} from "../journal/journal.ts";
import { DEFAULT_DEADLINE_MS } from "../spec/define-broker.ts";
import { Deadline, TIME_IS_UP } from "./deadline.ts";

/** A line before it is stamped with its instance and time. */
export type UnstampedEvent = OrderLine | AnomalyLine | ConnectionLine | GuardLine;
type Unstamped = IntentLine | ProgressLine | UnstampedEvent;

type Awaitable<T> = T | Promise<T>;

/**
 * The journal as one instance sees it: opened at first use, its lines stamped, its failures in our words. Once it is open,
 * what the journal answers at once is answered at once here; what fails is always a promise. What is read of a journal that
 * does not answer in time fails too.
 */
export interface InstanceJournal {
  open(): Promise<JournalHead>;
  /**
   * Adds lines. `at` is the time to write on them; default now. Waits for the journal however long that takes: lines of
   * which nobody knows whether they are written can neither be written again nor be left out.
   */
  append(lines: readonly Unstamped[], durability: Durability, at?: number): Awaitable<StampedLines>;
  /** Waits for what is being written, but not longer than the journal may take; the writing goes on. */
  inTime<T>(writing: Promise<T>): Promise<T | typeof TIME_IS_UP>;
  /** The same, and rejects when that has passed. */
  answered<T>(writing: Promise<T>): Promise<T>;
  intent(id: string): Awaitable<IntentRecord | undefined>;
  unsettled(): Awaitable<readonly IntentRecord[]>;
  intentsSince(at: number): Awaitable<readonly IntentRecord[]>;
  order(orderId: string): Awaitable<OrderRecord | undefined>;
  openOrders(): Awaitable<readonly OrderRecord[]>;
  events(after: number, limit: number): Awaitable<EventPage>;
  guards(): Awaitable<readonly GuardRecord[]>;
}

/** What was written, and under which number the last line stands. */
export interface StampedLines {
  readonly sequence: number;
  readonly at: number;
}

/** What the journal calls an instance, whose id is a secret. */
export function instanceDigest(instanceId: string): string {
  return bytesToHex(sha256(utf8ToBytes(instanceId))).slice(0, 16);
}

/** Of a request's time the journal may take a quarter for one answer, since what is done without it has to follow then. */
export function journalMs(deadlineMs: number): number {
  return deadlineMs / 4;
}

/** Binds a journal to one instance; `newDeadline` makes the time that it may take for an answer. */
export function instanceJournal(
  journal: Journal,
  instance: string,
  newDeadline: () => Deadline = () => new Deadline(journalMs(DEFAULT_DEADLINE_MS)),
): InstanceJournal {
  let opening: Promise<JournalHead> | undefined;
  let isOpen = false;

  function guarded<T>(work: () => Awaitable<T>): Awaitable<T> {
    try {
      const answer = work();
      return isPromise(answer) ? Promise.resolve(answer).catch(failed) : answer;
    } catch (cause) {
      return Promise.reject(journalUnavailable(cause));
    }
  }

  function inTime<T>(work: Promise<T>): Promise<T | typeof TIME_IS_UP> {
    return newDeadline().within(work);
  }

  async function answered<T>(work: Promise<T>): Promise<T> {
    const answer = await inTime(work);
    if (answer === TIME_IS_UP) throw journalTooSlow();
    return answer;
  }

  function read<T>(work: () => Awaitable<T>): Awaitable<T> {
    const reading = opened(work);
    return isPromise(reading) ? answered(reading) : reading;
  }

  async function openOnce(): Promise<JournalHead> {
    try {
      const head = await guarded(() => journal.open());
      isOpen = true;
      // Ids of events are one instance's: nobody resumes here with those of another, or of the instance under its old id.
      return { ...head, epoch: head.epoch + instance.slice(0, 6) };
    } catch (error) {
      opening = undefined;
      throw error;
    }
  }

  function open(): Promise<JournalHead> {
    opening ??= openOnce();
    return opening;
  }

  function opened<T>(work: () => Awaitable<T>): Awaitable<T> {
    return isOpen ? guarded(work) : open().then(() => guarded(work));
  }

  return {
    open,
    append(lines, durability, at = Date.now()) {
      const stamped = lines.map((line) => ({ ...line, instance, at }));
      const appended = opened(() => {
        const answer = journal.append(stamped, durability);
        return isPromise(answer) ? Promise.resolve(answer).then(lastNumber) : lastNumber(answer);
      });
      return isPromise(appended) ? appended.then((sequence) => ({ sequence, at })) : { sequence: appended, at };
    },
    inTime,
    answered,
    intent: (id) => read(() => journal.intent(instance, id)),
    unsettled: () => read(() => journal.unsettled(instance)),
    intentsSince: (at) => read(() => journal.intentsSince(instance, at)),
    order: (orderId) => read(() => journal.order(instance, orderId)),
    openOrders: () => read(() => journal.openOrders(instance)),
    events: (after, limit) => read(() => journal.events(instance, after, limit)),
    guards: () => read(() => journal.guards(instance)),
  };
}

/** Also for a promise of another kind than the runtime's own, which a user's journal may answer with. */
function isPromise<T>(answer: Awaitable<T>): answer is Promise<T> {
  return typeof answer === "object" && answer !== null && "then" in answer;
}

/** A journal of one's own may say nothing; then nobody knows under which numbers its lines stand. */
function lastNumber(answer: unknown): number {
  if (typeof answer === "number") return answer;
  throw new TypeError("append did not answer with the number of the last line");
}

function failed(cause: unknown): never {
  throw journalUnavailable(cause);
}

/** What a journal that has not answered in time is answered with. */
export function journalTooSlow(): Failure {
  return journalUnavailable(new Error("it did not answer in time"));
}

function journalUnavailable(cause: unknown): Failure {
  return new Failure("JournalUnavailable", "the journal cannot be used, so nothing was sent", {
    outcome: "not_sent",
    retryAfterMs: 5000,
    cause,
  });
}
