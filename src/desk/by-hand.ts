/** What an operator settles of what nobody knows while the desk is at work. Loaded when somebody does. */
import {
  demandPossible,
  demandStale,
  demandUnsettled,
  type Ending,
  endingLines,
  type Resolution,
  refusal,
  resolutionLines,
} from "../journal/by-hand.ts";
import type { EventPage, IntentRecord, OrderRecord } from "../journal/journal.ts";
import type { EventLog } from "./event-log.ts";
import type { InstanceJournal } from "./instance-journal.ts";
import type { OrderBook } from "./order-book.ts";
import type { Reconciler } from "./reconciler.ts";
import type { Seat } from "./seat.ts";
import type { Tracker } from "./tracker.ts";
import type { OrderView } from "./types.ts";
import type { Left, Unknowns } from "./unknowns.ts";

/** What settling stands on. */
export interface ByHandOptions {
  readonly seat: Seat;
  readonly journal: InstanceJournal;
  readonly events: EventLog;
  readonly book: OrderBook;
  readonly tracker: Tracker;
  readonly unknowns: Unknowns;
  readonly reconciler: Reconciler;
}

export interface ByHand {
  /** Settles an unknown intent. */
  resolve(resolution: Resolution): Promise<void>;
  /** Ends an open order that its broker knows no more. */
  end(ending: Ending): Promise<OrderView>;
}

type Lines = ReturnType<typeof resolutionLines>;

/** Events that are looked through at a time. */
const PAGE = 500;

export function createByHand({ seat, journal, events, book, tracker, unknowns, reconciler }: ByHandOptions): ByHand {
  /** Orders whose end is being written down. */
  const ending = new Set<string>();

  async function orderOf(orderId: string): Promise<OrderRecord | undefined> {
    return book.get(orderId) ?? (await journal.order(orderId));
  }

  /** The order of a place; one that had ended before this process is found nowhere but among all events. */
  async function ownOf({ id, action }: IntentRecord, named: OrderRecord | undefined): Promise<OrderRecord | undefined> {
    if (action.kind !== "place") return undefined;
    let found = book.byTag(id) ?? (named?.tag === id ? named : undefined);
    for (let after: number | undefined = found === undefined ? 0 : undefined; after !== undefined; ) {
      const { events: page }: EventPage = await journal.events(after, PAGE);
      for (const event of page) if ("order" in event && event.order.tag === id) found = event.order;
      after = page.at(-1)?.sequence;
      // What came in meanwhile has its turn.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return found;
  }

  /** What is to be written down of the intent. */
  async function linesOf(resolution: Resolution): Promise<Lines> {
    const { tag, orderId } = resolution;
    const intent = await journal.intent(tag);
    demandUnsettled(tag, intent);
    const { action } = intent;
    const named = orderId === null ? undefined : await orderOf(orderId);
    const changed = action.kind === "place" ? undefined : await orderOf(action.orderId);
    demandPossible(intent, orderId, { named, changed, own: await ownOf(intent, named) });
    return resolutionLines(intent, resolution, { named, changed }, Date.now());
  }

  /** Writes the operator's word down, which then holds unless the broker has shown meanwhile what became of the intent. */
  async function write(left: Left, { tag, orderId }: Resolution, [line, anomaly, told]: Lines): Promise<void> {
    left.begin();
    try {
      await journal.append([line], "power-loss");
      const isFound = (book.byTag(tag)?.orderId ?? orderId) !== orderId;
      const holds = left.isUnknown() && !isFound;
      events.record(anomaly);
      if (holds) {
        left.settled(line);
        // As unknown it took its part of the limits, from now on its order does. That this is ours is not looked up.
        if (typeof told?.order.tag === "string") tracker.expect(told.order.tag);
        if (told !== undefined) await tracker.taken(told.order);
      }
      // What the broker lists may say more of it: nothing more is sent until that is known, as after a start.
      if (orderId !== null) reconciler.connection(true);
      if (!holds) throw refusal("OrderNotOpen", `what became of intent ${tag} was found out meanwhile, and holds`);
    } finally {
      left.end();
    }
  }

  return {
    async resolve(resolution) {
      const { tag, orderId } = resolution;
      await reconciler.recover();
      const left = unknowns.leaveToOperator(tag);
      const lines = await linesOf(resolution);
      // Nothing comes between this look and the line: whatever is found out later stands behind it.
      if (left?.isUnknown() !== true) {
        throw refusal("OrderNotOpen", `intent ${tag} is still being sent, or what became of it is being written down`);
      }
      // Who has looked for it saw nothing of what had left just before.
      const settleMs = seat.settleMs();
      if (orderId === null && !left.isShown(settleMs)) {
        const seconds = Math.ceil(settleMs / 1000);
        throw refusal(
          "OrderNotOpen",
          `what intent ${tag} has sent need not be shown yet: look again after ${seconds} s`,
        );
      }
      await journal.answered(write(left, resolution, lines));
    },

    async end(given) {
      const { orderId } = given;
      await reconciler.recover();
      const order = book.get(orderId);
      demandStale(orderId, order ?? (await journal.order(orderId)));
      if (order === undefined || book.get(orderId) !== order || ending.has(orderId)) {
        throw refusal("OrderNotOpen", `what became of order ${orderId} is being written down`);
      }
      const [line, anomaly] = endingLines(order, given, Date.now());
      let holds = true;
      ending.add(orderId);
      const writing = events.write(line, () => {
        holds = book.get(orderId) === order;
        if (holds) tracker.endedByHand(line.order);
        events.record(anomaly);
      });
      await journal.answered(writing.finally(() => ending.delete(orderId)));
      if (!holds) throw refusal("OrderNotOpen", `the broker has told of order ${orderId} meanwhile, and that holds`);
      return { ...line.order, source: "journal" };
    },
  };
}
