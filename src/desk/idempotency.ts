import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { Failure } from "../domain/failure.ts";
import type { IntentAction, IntentRecord } from "../journal/journal.ts";
import type { Placed } from "../spec/broker.ts";
import type { InstanceJournal } from "./instance-journal.ts";
import { keyedTag, newTag } from "./tag.ts";
import type { WriteContext } from "./types.ts";
import { outcomeUnknown } from "./write-outcome.ts";

/** A write's place in the journal: under a fresh id, or under its key's. */
export interface Claim {
  readonly id: string;
  readonly fingerprint: string | null;
  /** What was answered under this key before, to be answered again; absent for a first attempt. */
  readonly replay?: Replay;
  /** The vendor's number that an earlier attempt was sent with, of which no order was found, and to which account. */
  readonly reserved?: Pick<IntentRecord, "number" | "account">;
  /** What an earlier attempt under this key counted for its day. */
  readonly value?: number | undefined;
  /** Lets the next one with this key in. */
  release(): void;
  /** Lets it in only when this has ended too. */
  holdUntil(ended: Promise<unknown>): void;
}

/** What is written down beside the end of an attempt that had the number of one that was found nowhere. */
export const SENT_AGAIN = "under the number of an attempt that was found nowhere";

/** An answer that was given before, and when. */
export interface Replay {
  readonly placed: Placed;
  readonly at: number;
}

/** Keys in use, so that one key makes one order. */
export interface Keys {
  /** Answers at once where there is no key, and so nothing to look up. */
  claim(action: IntentAction, context: WriteContext): Claim | Promise<Claim>;
}

/** What keys mean to one instance. */
export interface KeyOptions {
  readonly instance: string;
  readonly journal: InstanceJournal;
  /** Refuses writes without a key. */
  readonly required: boolean;
  /** Whether what became of the write of this id is not known yet, or is just being told to those who wait for it. */
  readonly isUnknown: (id: string) => boolean;
}

/** No key is in use yet. */
export function createKeys({ instance, journal, required, isUnknown }: KeyOptions): Keys {
  const inFlight = new Map<string, string>();

  async function earlier(id: string, action: IntentAction): Promise<IntentRecord | undefined> {
    try {
      return await journal.intent(id);
    } catch (error) {
      // A cancel is never refused for want of a journal; a second cancel of the same order does no harm.
      if (action.kind === "cancel") return undefined;
      throw error;
    }
  }

  return {
    claim(action, { principal, mandate, idempotencyKey: key }) {
      if (key !== undefined) return claimUnder(key, principal, action);
      // What the gateway cancels by itself, as the kill switch does, no client could send a key with.
      const isOurs = action.kind === "cancel" && mandate === undefined;
      if (required && !isOurs) throw invalidKey("an Idempotency-Key header is required here for every write");
      return { id: newTag(), fingerprint: null, release: nothing, holdUntil: nothing };
    },
  };

  async function claimUnder(key: string, principal: string, action: IntentAction): Promise<Claim> {
    if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
      throw invalidKey("an Idempotency-Key is 1 to 255 printable ASCII characters");
    }
    // Headers of one name come as one value. A client that adds the header anew with each attempt would have as many keys.
    if (/^(.+)(?:, \1)+$/.test(key)) throw invalidKey("an Idempotency-Key is given more than once");
    const id = keyedTag(instance, principal, key);
    const fingerprint = fingerprintOf(action);
    const running = inFlight.get(id);
    if (running !== undefined) {
      if (running !== fingerprint) throw mismatch();
      throw conflict();
    }
    inFlight.set(id, fingerprint);
    let held: Promise<unknown> | undefined;
    const free = () => void inFlight.delete(id);
    const release = () => (held === undefined ? free() : void held.then(free, free));
    const holdUntil = (ended: Promise<unknown>) => {
      held = ended;
    };
    try {
      const record = await earlier(id, action);
      const replay = record === undefined ? undefined : replayOf(record, fingerprint);
      // A journal may tell of its end before that is safe: what it gives back then would be taken from the next attempt.
      const isEnding = record?.state === "resolved" && replay === undefined && isUnknown(id);
      if (isEnding && action.kind !== "cancel") throw conflict();
      // What was found nowhere may still be on its way: under the same number only one of the two is taken. Attempts between
      // the two that were not sent change nothing about that.
      const isReserved = record?.state === "resolved" || record?.reason === SENT_AGAIN;
      return {
        id,
        fingerprint,
        release,
        holdUntil,
        value: record?.value,
        ...(replay === undefined ? {} : { replay }),
        ...(isReserved && record?.number !== undefined ? { reserved: record } : {}),
      };
    } catch (error) {
      release();
      throw error;
    }
  }
}

function nothing(): void {}

/** What a key's record says to the same key again: an answer, a failure to throw, or nothing when the key is free. */
function replayOf(record: IntentRecord, fingerprint: string): Replay | undefined {
  const failure = record.failure;
  const free =
    record.state === "not_sent" ||
    (record.state === "resolved" && failure?.outcome === "not_sent") ||
    (record.action.kind === "cancel" && (record.state === "unknown" || record.state === "sending"));
  if (free) return undefined;
  if (record.fingerprint !== fingerprint) throw mismatch();
  const tag = tagOf(record);
  const isOpen = record.state === "sending" || record.state === "unknown";
  if (failure !== null) {
    const again = new Failure(failure.code, failure.message, {
      outcome: failure.outcome,
      ...(isOpen ? {} : { answeredAt: record.updatedAt, replayed: true }),
      ...(failure.details === undefined ? {} : { details: failure.details }),
      ...(tag === undefined ? {} : { tag }),
    });
    throw isOpen ? stillUnknown(again) : again;
  }
  if (isOpen) throw stillUnknown(outcomeUnknown("the gateway ended before the broker answered", tag));
  const orderId = record.action.kind === "place" ? undefined : record.action.orderId;
  const placed = record.placed ?? (orderId === undefined ? undefined : { orderId });
  return placed === undefined ? undefined : { placed, at: record.updatedAt };
}

/** Failures that say nothing of a write of their own: an earlier one under the key is unknown, and no answer yet. */
const repetitions = new WeakSet<object>();

function stillUnknown(failure: Failure): Failure {
  repetitions.add(failure);
  return failure;
}

/** True for what a key was answered before, or would have been: nothing was done for this repetition of it. */
export function isRepetition(failure: Failure): boolean {
  return failure.replayed || repetitions.has(failure);
}

function tagOf({ action, id }: IntentRecord): string | undefined {
  return action.kind === "place" ? id : undefined;
}

/** A digest that is equal exactly for equal actions, whatever the order of their keys. */
export function fingerprintOf(action: IntentAction): string {
  return bytesToHex(sha256(utf8ToBytes(canonical(action))));
}

function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
}

function invalidKey(message: string): Failure {
  return new Failure("InvalidRequest", message, {
    outcome: "not_sent",
    details: [{ path: "Idempotency-Key", message }],
  });
}

/** What a key of a request that has not ended is answered with. */
function conflict(): Failure {
  return new Failure("IdempotencyConflict", "a request with this Idempotency-Key is still under way", {
    outcome: "not_sent",
    retryAfterMs: 1000,
  });
}

/** What a key of another request is answered with. */
export function mismatch(): Failure {
  return new Failure(
    "IdempotencyMismatch",
    "this Idempotency-Key belongs to another request; use a new key for a new order",
    { outcome: "not_sent" },
  );
}
