/** Orders that have ended, as the writes on them find out: the broker refuses a change of them, or knows them no more. */
import { Failure, isFailure } from "../domain/failure.ts";
import type { Deadline } from "./deadline.ts";
import type { InstanceJournal } from "./instance-journal.ts";
import { isClosed, type OrderBook } from "./order-book.ts";
import { orderNotRead, type Reads } from "./reads.ts";
import type { OrderView } from "./types.ts";

export interface EndedOrders {
  /** The order that the broker knows no more, where it is remembered as one that has ended; throws the failure otherwise. */
  endedBefore(orderId: string, failure: unknown): Promise<OrderView>;
  /**
   * The order behind an `OrderNotOpen` of the broker, or one that has ended and that it knows no more; throws every other
   * failure, and what is said of one that lives on.
   */
  behindNotOpen(orderId: string, failure: unknown, deadline: Deadline): Promise<OrderView>;
}

/** What is known of orders. */
export interface EndedOrderSources {
  readonly reads: Pick<Reads, "order">;
  readonly book: OrderBook;
  readonly journal: InstanceJournal;
}

export function createEndedOrders({ reads, book, journal }: EndedOrderSources): EndedOrders {
  /** An order of which a push has told that it has ended. */
  function endedByBook(orderId: string): OrderView | undefined {
    const known = book.get(orderId);
    return known !== undefined && isClosed(known) ? { ...known, source: "journal" } : undefined;
  }

  async function endedBefore(orderId: string, failure: unknown): Promise<OrderView> {
    const order = await orderNotRead(book, journal, orderId, failure).catch(() => undefined);
    if (order === undefined || !isClosed(order)) throw failure;
    return order;
  }

  return {
    endedBefore,

    async behindNotOpen(orderId, failure, deadline) {
      if (!isFailure(failure) || failure.code !== "OrderNotOpen") return endedBefore(orderId, failure);
      const reading = reads.order(orderId, { forWrite: true });
      // While somebody waits: what is known of the write must not become unknown for want of its order.
      const read = await (deadline.isOver ? reading : deadline.limit(reading, "")).catch(() => endedByBook(orderId));
      if (read === undefined) throw failure;
      const order: OrderView = { ...read, ...book.awake.get(orderId) };
      if (isClosed(order) || order.status === "PENDING_CANCEL") return order;
      // A refusal in this state of it: whoever reads that it has ended buys again, or leaves it alone.
      const { message, outcome = "rejected" } = failure;
      throw new Failure("OrderRejected", message, { outcome, cause: failure });
    },
  };
}
