import { Failure } from "../domain/failure.ts";
import type { NumberedEvent, OrderRecord } from "../journal/journal.ts";
import { elapsedMs } from "./elapsed.ts";
import type { EventLog } from "./event-log.ts";
import type { InstanceJournal } from "./instance-journal.ts";
import type { OrderBook } from "./order-book.ts";
import { unrefTimer } from "./unref-timer.ts";

/** The open orders as they stand after the event of this number: where a follower starts from. */
export interface SnapshotEvent {
  readonly kind: "snapshot";
  readonly sequence: number;
  readonly orders: readonly OrderRecord[];
}

/** Tells a follower that what it asked to resume from is not there: it has to start from the snapshot that follows. */
export interface ResetEvent {
  readonly kind: "reset";
  readonly sequence: number;
  readonly reason: string;
}

/** What a follower is told. */
export type DeskEvent = NumberedEvent | SnapshotEvent | ResetEvent;

/** Is called back once for each `ask`. Neither function may throw. */
export interface Asker {
  /** Takes what `next` resolves with. */
  readonly take: (events: readonly DeskEvent[] | undefined) => void;
  /** Takes what `next` rejects with: a journal that cannot be read. */
  readonly fail: (error: unknown) => void;
}

/** A follower's place in the events. It holds no events itself, so a slow follower costs nothing. */
export interface EventCursor {
  /** The first half of every event's id. */
  readonly epoch: string;
  /** The next events, in order; empty when there was none for a heartbeat's time. `undefined` after `close`. */
  next(): Promise<readonly DeskEvent[] | undefined>;
  /** As `next`, without a promise for each event and each of thousands who follow. One at a time, like `next`. */
  ask(asker: Asker): void;
  /** Resolves once it is closed: by whoever follows, with the desk, or because 10,000 events went by without a `next`. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Every follower of one desk. */
export interface Followers {
  /** Starts after the event of that id (`<epoch>-<sequence>`), or with a snapshot. `NotConnected` once closed. */
  follow(lastEventId: string | undefined): Promise<EventCursor>;
  /**
   * Wakes followers with this from now on, so that the order that an event is of is answered before they are written to.
   * Without it they are woken at once, as they must be where all that a request began ends with its answer.
   */
  wakeWith(later: (work: () => void) => void): void;
  /** Closes every cursor and lets none begin. */
  close(): void;
  /** How many follow now. */
  readonly size: number;
}

/** What following stands on. */
export interface FollowOptions {
  readonly book: OrderBook;
  readonly journal: InstanceJournal;
  readonly events: EventLog;
  /** Milliseconds after which a follower that has heard nothing is told so. Default 5000, below every runtime's idle timeout. */
  readonly heartbeatMs?: number;
}

/** Newest events that are kept at hand, so that followers who keep up never read the journal. */
const AT_HAND = 1000;

/** Events that one `next` gives at most. */
const PAGE = 200;

/** Events that may go by while a follower does not ask for the next: it is too slow then, and can resume. */
const LET_GO_AFTER = 10_000;

/** Lets followers follow. */
export function createFollowers({ book, journal, events, heartbeatMs = 5000 }: FollowOptions): Followers {
  let recent: NumberedEvent[] = [];
  /** `recent` has every event after this number; `undefined` until the first event. */
  let recentAfter: number | undefined;
  let latest = 0;
  const waiting = new Set<() => void>();
  const cursors = new Set<CountingCursor>();
  let later: ((work: () => void) => void) | undefined;
  let waking = false;
  let closed = false;

  const unsubscribe = events.subscribe((published) => {
    recentAfter ??= (published[0]?.sequence ?? 1) - 1;
    recent.push(...published);
    if (recent.length > 2 * AT_HAND) {
      const cut = recent.length - AT_HAND;
      recentAfter = recent[cut - 1]?.sequence ?? recentAfter;
      recent = recent.slice(cut);
    }
    latest = published.at(-1)?.sequence ?? latest;
    for (const cursor of cursors) cursor.wentBy(published.length);
    if (waking || waiting.size === 0) return;
    waking = true;
    if (later === undefined) wake();
    else later(wake);
  });

  function wake(): void {
    waking = false;
    const woken = [...waiting];
    waiting.clear();
    for (const resolve of woken) resolve();
  }

  function atHand(after: number): readonly NumberedEvent[] | undefined {
    if (after >= latest) return [];
    if (recentAfter === undefined || after < recentAfter) return undefined;
    let low = 0;
    let high = recent.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((recent[middle]?.sequence ?? 0) > after) high = middle;
      else low = middle + 1;
    }
    return recent.slice(low, low + PAGE);
  }

  /** The events to start a follower with, and the number it has then heard of. */
  function snapshot(): { first: DeskEvent[]; position: number } {
    return { first: [{ kind: "snapshot", sequence: latest, orders: book.open() }], position: latest };
  }

  function reset(reason: string): { first: DeskEvent[]; position: number } {
    const { first, position } = snapshot();
    return { first: [{ kind: "reset", sequence: position, reason }, ...first], position };
  }

  async function startFrom(lastEventId: string | undefined, epoch: string) {
    if (lastEventId === undefined) return snapshot();
    const [, itsEpoch, number] = /^([\w]+)-(\d{1,15})$/.exec(lastEventId) ?? [];
    if (itsEpoch === undefined || number === undefined) return reset("this is no id of an event");
    if (itsEpoch !== epoch) return reset("the journal is another one now");
    const position = Number(number);
    if (position > latest) return reset("there has been no such event yet");
    // What is at hand is known, also when others who write into the journal have pushed it out there.
    if (atHand(position) === undefined && !(await journal.events(position, 1)).complete) {
      return reset("the events after this one are pruned");
    }
    return { first: [], position };
  }

  /** What comes after a position, and the position after that. */
  function eventsAfter(position: number): Page | Promise<Page> {
    const found = atHand(position);
    if (found === undefined) return eventsFromJournal(position);
    return { found, upTo: found.at(-1)?.sequence ?? Math.max(position, latest) };
  }

  async function eventsFromJournal(position: number): Promise<Page> {
    const head = latest;
    const { events: found, complete } = await journal.events(position, PAGE);
    if (complete) return { found, upTo: found.at(-1)?.sequence ?? Math.max(position, head) };
    const { first, position: upTo } = reset("the events after this one are pruned");
    return { found: first, upTo };
  }

  return {
    async follow(lastEventId) {
      const head = await journal.open();
      // What a silent journal has not taken by then is in the snapshot already, and told again once it is written.
      await journal.inTime(events.settled());
      latest = Math.max(latest, head.sequence);
      let { first, position } = await startFrom(lastEventId, head.epoch);
      if (closed) throw new Failure("NotConnected", "the gateway is closing", { outcome: "not_sent" });
      let open = true;
      let asking = false;
      let missed = 0;
      let asker: Asker = NOBODY;
      let news: (() => void) | undefined;
      let waitsSince = elapsedMs();
      const { promise: whenClosed, resolve: tellClosed } = Promise.withResolvers<void>();
      // One for each, since an edge worker ends a request that waits for nothing but other requests; and one for all that
      // it hears, since a timer for every event costs more than the event.
      let heartbeat = setTimeout(beat, heartbeatMs);
      unrefTimer(heartbeat);

      function beat(): void {
        const left = heartbeatMs - (elapsedMs() - waitsSince);
        heartbeat = setTimeout(beat, left <= 0 ? heartbeatMs : left);
        unrefTimer(heartbeat);
        // Behind that: who is woken may close.
        if (left <= 0) wakeUp();
      }

      /** Looks again with the next event of anybody, after a heartbeat's time, or when the cursor closes. */
      function waitForNews(): void {
        waitsSince = elapsedMs();
        news = later === undefined ? inThisContext(lookAgain) : lookAgain;
        waiting.add(wakeUp);
      }

      function wakeUp(): void {
        const heard = news;
        news = undefined;
        waiting.delete(wakeUp);
        heard?.();
      }

      function lookAgain(): void {
        look(true);
      }

      /** Answers with what comes after the position; if that is nothing yet, waits for it once. */
      function look(hasWaited: boolean): void {
        const page = eventsAfter(position);
        if (!(page instanceof Promise)) turnTo(page, hasWaited);
        else page.then((read) => turnTo(read, hasWaited)).catch((error) => answered().fail(error));
      }

      function turnTo({ found, upTo }: Page, hasWaited: boolean): void {
        position = upTo;
        if (found.length > 0 || hasWaited || !open) give(found);
        // What came since this was last looked at has waked nobody.
        else if (position < latest) look(true);
        else waitForNews();
      }

      function give(found: readonly DeskEvent[]): void {
        answered().take(open ? found : undefined);
      }

      /** Whoever asked, who is answered no second time. */
      function answered(): Asker {
        const answers = asker;
        asker = NOBODY;
        asking = false;
        missed = 0;
        return answers;
      }

      const cursor: CountingCursor = {
        epoch: head.epoch,
        closed: whenClosed,
        next: () => new Promise((take, fail) => cursor.ask({ take, fail })),
        ask(given) {
          asker = given;
          asking = true;
          const begin = first;
          first = [];
          if (begin.length > 0 || !open) give(begin);
          else if (position < latest) look(false);
          else waitForNews();
        },
        wentBy(count) {
          // The event wakes it, once: an edge worker may have ended its request without a word, and then it never asks again.
          if (asking) asking = false;
          else missed += count;
          if (missed > LET_GO_AFTER) cursor.close();
        },
        close() {
          open = false;
          clearTimeout(heartbeat);
          tellClosed();
          cursors.delete(cursor);
          waiting.delete(wakeUp);
          wakeUp();
        },
      };
      cursors.add(cursor);
      return cursor;
    },
    wakeWith(given) {
      later = given;
    },
    close() {
      closed = true;
      unsubscribe();
      for (const cursor of [...cursors]) cursor.close();
    },
    get size() {
      return cursors.size;
    },
  };
}

const NOBODY: Asker = { take: () => undefined, fail: () => undefined };

/** What others may call, and is then done as part of the request that asks for it here: edge workers hold to that. */
function inThisContext(work: () => void): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  void promise.then(work);
  return resolve;
}

/** Events, and the number up to which there are no others. */
interface Page {
  readonly found: readonly DeskEvent[];
  readonly upTo: number;
}

/** A cursor that is told of every event, whether it asks or not. */
interface CountingCursor extends EventCursor {
  wentBy(count: number): void;
}
