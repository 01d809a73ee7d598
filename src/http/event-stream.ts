/** A follower's events as the body of an answer. */
import type { Asker, EventCursor } from "../desk/follow.ts";
import { COMMON_HEADERS } from "./envelope.ts";
import { encodeEvents } from "./wire-events.ts";

/** Headers of a stream: nobody on the way may keep it, and reverse proxies must not collect it. */
export const EVENT_STREAM_HEADERS = {
  "content-type": "text/event-stream",
  ...COMMON_HEADERS,
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
} as const;

const encoder = new TextEncoder();

/** Sent at once, so that the client sees its headers; `retry` is how long it should wait before it comes back. */
const OPENING = encoder.encode(": events follow\nretry: 2000\n\n");

const HEARTBEAT = encoder.encode(": heartbeat\n\n");

/**
 * Streams what the cursor gives, and closes it when the client goes away, or has no right to it any more.
 *
 * Nothing is fetched before the client's side asks for it, so that a slow client has at most one page of 200 events
 * waiting here, and that one is shared by all who stand at the same place. The stream ends with the cursor.
 */
export function eventStream(
  cursor: Omit<EventCursor, "next">,
  clientSignal: AbortSignal,
  endsAt: number = Number.POSITIVE_INFINITY,
): ReadableStream<Uint8Array> {
  let end: () => void = () => undefined;
  let asker: Asker;
  let asking = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let ended = false;
        end = () => {
          if (ended) return;
          ended = true;
          clientSignal.removeEventListener("abort", end);
          cursor.close();
          try {
            controller.close();
          } catch {
            // The reader has canceled it already.
          }
        };
        asker = {
          take(events) {
            asking = false;
            // Asked with every page and heartbeat.
            if (events === undefined || Date.now() >= endsAt) return end();
            try {
              controller.enqueue(events.length === 0 ? HEARTBEAT : encodeEvents(cursor.epoch, events));
            } catch {
              // The reader has gone away and not said so.
              end();
            }
          },
          // A journal that cannot be read ends the stream; the client comes back and is told why.
          fail: () => end(),
        };
        controller.enqueue(OPENING);
        clientSignal.addEventListener("abort", end);
        if (clientSignal.aborted) end();
        void cursor.closed.then(end);
      },
      // Called with every read, and somebody may read several times before there is anything.
      pull() {
        if (asking) return;
        asking = true;
        cursor.ask(asker);
      },
      cancel: () => end(),
    },
    { highWaterMark: 0 },
  );
}
