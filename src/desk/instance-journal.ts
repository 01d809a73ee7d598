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

/** A line before it is stamped with its instance and time. */
export type UnstampedEvent = OrderLine | AnomalyLine | ConnectionLine | GuardLine;
type Unstamped = IntentLine | ProgressLine | UnstampedEvent;

type Awaitable<T> = T | Promise<T>;

/**
 * The journal as one instance sees it: opened at first use, its lines stamped, its failures in our words. Once it is open,
 * what the journal answers at once is answered at once here; what fails is always a promise.
 */
export interface InstanceJournal {
  open(): Promise<JournalHead>;
  /** Adds lines. `at` is the time to write on them; default now. */
  append(lines: readonly Unstamped[], durability: Durability, at?: number): Awaitable<StampedLines>;
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

/** Binds a journal to one instance. */
export function instanceJournal(journal: Journal, instance: string): InstanceJournal {
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

  async function openOnce(): Promise<JournalHead> {
    try {
      const head = await guarded(() => journal.open());
      isOpen = true;
      return head;
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
      const appended = opened(() => journal.append(stamped, durability));
      return isPromise(appended) ? appended.then((sequence) => ({ sequence, at })) : { sequence: appended, at };
    },
    intent: (id) => opened(() => journal.intent(instance, id)),
    unsettled: () => opened(() => journal.unsettled(instance)),
    intentsSince: (at) => opened(() => journal.intentsSince(instance, at)),
    order: (orderId) => opened(() => journal.order(instance, orderId)),
    openOrders: () => opened(() => journal.openOrders(instance)),
    events: (after, limit) => opened(() => journal.events(instance, after, limit)),
    guards: () => opened(() => journal.guards(instance)),
  };
}

/** Also for a promise of another kind than the runtime's own, which a user's journal may answer with. */
function isPromise<T>(answer: Awaitable<T>): answer is Promise<T> {
  return typeof answer === "object" && answer !== null && "then" in answer;
}

function failed(cause: unknown): never {
  throw journalUnavailable(cause);
}

function journalUnavailable(cause: unknown): Failure {
  return new Failure("JournalUnavailable", "the journal cannot be used, so nothing was sent", {
    outcome: "not_sent",
    retryAfterMs: 5000,
    cause,
  });
}
