/** The desk's events in the form of the wire: server-sent events, each one line of JSON under its id. */
import type { DeskEvent } from "../desk/follow.ts";
import { isFailure } from "../domain/failure.ts";
import { isCompleted } from "../domain/order.ts";
import { Remembered } from "../domain/remembered.ts";
import type { OrderRecord } from "../journal/journal.ts";
import { wireTime } from "./time.ts";
import { wireOrder } from "./wire.ts";

const encoder = new TextEncoder();

/**
 * Open orders, written once however many clients they go to: an order is the same object in every event and snapshot that
 * it is in. One that has ended is in no snapshot, and is remembered for long.
 */
const ordersAsText = new WeakMap<OrderRecord, string>();

/**
 * The last pages that were written, by their first event: clients that keep up are all at the same place and get the very
 * same bytes. Few, since a page may be large, and one can begin at any event that is remembered.
 */
const pages = new Remembered<DeskEvent, { readonly last: DeskEvent; readonly bytes: Uint8Array<ArrayBuffer> }>(16);

/** Writes events that follow one another. What it gives back is shared and must not be changed. */
export function encodeEvents(epoch: string, events: readonly DeskEvent[]): Uint8Array<ArrayBuffer> {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return encoder.encode("");
  const known = pages.get(first);
  if (known?.last === last) return known.bytes;
  const bytes = encoder.encode(events.map((event) => eventText(epoch, event)).join(""));
  // A snapshot is made for one client, and so is what begins with it.
  if (first.kind !== "snapshot" && first.kind !== "reset") pages.set(first, { last, bytes });
  return bytes;
}

function eventText(epoch: string, event: DeskEvent): string {
  const [kind, data] = written(event);
  // Who breaks off after a reset must be told of it again, so it has no id to resume from.
  const id = event.kind === "reset" ? "" : `id: ${epoch}-${event.sequence}\n`;
  return `${id}event: ${kind}\ndata: ${data}\n\n`;
}

/** The name of an event and its data, which has no line breaks: JSON escapes them. */
function written(event: DeskEvent): [kind: string, data: string] {
  switch (event.kind) {
    case "snapshot":
      return [event.kind, `{"orders":[${event.orders.flatMap((order) => orderText(order) ?? []).join(",")}]}`];
    case "order":
    case "correction": {
      const order = orderText(event.order);
      const { orderId, tag } = event.order;
      if (order !== undefined) return [event.kind, `{"time":${timeText(event.at)},"order":${order}}`];
      const message = `order ${orderId} changed, and the broker gave no number where one belongs`;
      return ["anomaly", JSON.stringify({ time: wireTime(event.at), message, orderId, tag })];
    }
    case "anomaly": {
      const { message, orderId, tag } = event;
      return [event.kind, JSON.stringify({ time: wireTime(event.at), message, orderId, tag })];
    }
    case "connection": {
      const { connected, reason } = event;
      return [event.kind, JSON.stringify({ time: wireTime(event.at), connected, reason })];
    }
    case "guard": {
      const { state, all, principal, reason } = event;
      return [event.kind, JSON.stringify({ time: wireTime(event.at), state, all, principal, reason })];
    }
    case "reset":
      return [event.kind, JSON.stringify({ reason: event.reason })];
  }
}

/** The order as `order/list` gives it; `undefined` for one that cannot be written, which must not end every stream. */
function orderText(record: OrderRecord): string | undefined {
  const known = ordersAsText.get(record);
  if (known !== undefined) return known;
  try {
    const text = JSON.stringify(wireOrder({ ...record, source: "journal" }));
    if (!isCompleted(record)) ordersAsText.set(record, text);
    return text;
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

function timeText(at: number): string {
  return JSON.stringify(wireTime(at));
}
