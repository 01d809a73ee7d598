import { Failure, isFailure } from "../domain/failure.ts";
import { orderFlags } from "../domain/order.ts";
import type { IntentAction, IntentFailure, IntentState, Journal, ProgressLine } from "../journal/journal.ts";
import type { Call, Placed } from "../spec/broker.ts";
import { Deadline, TIME_IS_UP } from "./deadline.ts";
import { checkPlace, checkReplace, orderNotOpen } from "./guards.ts";
import { type IntentEvent, nextIntentState } from "./intent.ts";
import { isClosed } from "./order-book.ts";
import type { Reads } from "./reads.ts";
import type { Seat } from "./seat.ts";
import { newTag } from "./tag.ts";
import { type Turn, Turns } from "./turns.ts";
import type { Desk, OrderView, WriteContext } from "./types.ts";
import { outcomeUnknown, type WriteFailure, writeFailure } from "./write-outcome.ts";

/** The writing half of a desk. */
export type Writes = Pick<Desk, "place" | "replace" | "cancel">;

/** What the writes stand on. */
export interface WriteOptions {
  readonly seat: Seat;
  readonly reads: Reads;
  readonly journal: Journal;
  /** What the journal calls this instance. */
  readonly instance: string;
  readonly deadlineMs: number;
}

/** After the deadline a broker has so many milliseconds to say that a waiting write has not left. */
const WITHDRAWAL_MS = 250;

/** Writes of one seat: guarded, journalled, handed over once, and answered with what became of them. */
export function createWrites({ seat, reads, journal, instance, deadlineMs }: WriteOptions): Writes {
  const turns = new Turns();

  /** One intent on its way through the journal; `optional` for a cancel, which goes out without one. */
  function begin(id: string, action: IntentAction, context: WriteContext, optional: boolean) {
    let state: IntentState = "received";
    let written = true;
    return {
      async handOver(): Promise<void> {
        state = nextIntentState(state, "hand-over");
        const { principal } = context;
        try {
          const line = { kind: "intent", id, principal, action, fingerprint: null, instance, at: Date.now() } as const;
          await journal.append([line], "power-loss");
        } catch (error) {
          if (!optional) throw journalUnavailable(error);
          written = false;
        }
      },
      async move(
        event: Exclude<IntentEvent, "hand-over">,
        more: Pick<ProgressLine, "placed" | "failure">,
      ): Promise<void> {
        const next = nextIntentState(state, event);
        state = next;
        if (!written) return;
        try {
          await journal.append([{ kind: "progress", id, state: next, ...more, instance, at: Date.now() }], "process");
        } catch {
          // The broker's word counts, whether it can be written down or not: what is missing is recovered by the tag.
        }
      },
    };
  }

  type Progress = ReturnType<typeof begin>;

  /** Hands one write to the broker and waits for what becomes of it. */
  async function handOver<T>(
    work: (call: Call) => Promise<T>,
    deadline: Deadline,
    progress: Progress,
    placedOf: (answer: T) => Placed,
    tag?: string,
  ): Promise<T> {
    await progress.handOver();
    const sending = Promise.resolve().then(() => work(deadline));
    try {
      let answer = await deadline.within(sending);
      if (answer === TIME_IS_UP) {
        deadline.abort();
        answer = await within(sending, WITHDRAWAL_MS);
      }
      if (answer !== TIME_IS_UP) {
        await progress.move("accept", { placed: placedOf(answer) });
        return answer;
      }
    } catch (error) {
      const failure = writeFailure(error, tag);
      await progress.move(EVENT_OF[failure.outcome], { failure: written(failure) });
      throw failure;
    }
    const failure = outcomeUnknown(`the broker did not answer within ${deadlineMs} ms`, tag);
    await progress.move("lose", { failure: written(failure) });
    // The call goes on without its client: what it ends with settles the intent.
    sending.then(
      (answer) => progress.move("settle", { placed: placedOf(answer) }),
      async (error: unknown) => {
        const late = writeFailure(error, tag);
        if (late.outcome !== "unknown") await progress.move("settle", { failure: written(late) });
      },
    );
    throw failure;
  }

  /** Waits for the broker to be there and for this order's turn; what fails here has not left. */
  async function prepare(deadline: Deadline): Promise<void> {
    try {
      const started = await deadline.within(seat.start());
      if (started !== TIME_IS_UP) return;
    } catch (error) {
      throw notSent(error);
    }
    throw new Failure("NotConnected", `the broker was not ready within ${deadlineMs} ms`, { outcome: "not_sent" });
  }

  async function takeTurn(orderId: string, urgent: boolean, deadline: Deadline): Promise<Turn> {
    const waiting = turns.take(orderId, urgent, deadline.signal);
    const turn = await deadline.within(waiting);
    if (turn !== TIME_IS_UP && turn !== undefined) return turn;
    deadline.abort();
    (await waiting)?.done();
    throw new Failure("RateLimited", `another write on order ${orderId} is still under way; nothing was sent`, {
      outcome: "not_sent",
      retryAfterMs: 1000,
    });
  }

  /** Reads the order that a replace is for; a read that fails means that the replace did not leave. */
  async function orderToChange(orderId: string, deadline: Deadline): Promise<OrderView> {
    let order: OrderView | typeof TIME_IS_UP;
    try {
      order = await deadline.within(reads.order(orderId, {}));
    } catch (error) {
      throw notSent(error);
    }
    if (order !== TIME_IS_UP) return order;
    throw new Failure("NotConnected", `order ${orderId} could not be read within ${deadlineMs} ms`, {
      outcome: "not_sent",
    });
  }

  /** The order behind an `OrderNotOpen` of the broker; throws every other failure on. */
  async function afterOrderNotOpen(orderId: string, failure: unknown): Promise<OrderView> {
    if (!isFailure(failure) || failure.code !== "OrderNotOpen") throw failure;
    const order = await reads.order(orderId, {}).catch(() => undefined);
    if (order === undefined) throw failure;
    return order;
  }

  return {
    async place(request, context) {
      const placeOrder = seat.method("placeOrder");
      const deadline = new Deadline(deadlineMs);
      await prepare(deadline);
      const row = checkPlace(seat.broker.capabilities(), request);
      const tag = newTag();
      const { price, ...rest } = request;
      const order = request.orderType === "Limit" && price !== undefined ? { ...rest, price } : rest;
      const progress = begin(tag, { kind: "place", request: order }, context, false);
      seat.book.own(tag);
      const placed = await handOver(
        (call) => placeOrder({ ...order, tag }, call),
        deadline,
        progress,
        (answer) => answer,
        tag,
      );
      const effective = { ...row.effective, ...placed.effective };
      return { orderId: placed.orderId, tag, ...(Object.keys(effective).length > 0 ? { effective } : {}) };
    },

    async replace(orderId, change, context) {
      const replaceOrder = seat.method("replaceOrder");
      const deadline = new Deadline(deadlineMs);
      await prepare(deadline);
      const turn = await takeTurn(orderId, false, deadline);
      try {
        const order = await orderToChange(orderId, deadline);
        checkReplace(seat.broker.capabilities(), change, order);
        const progress = begin(newTag(), { kind: "replace", orderId, change }, context, false);
        const tag = order.tag === null ? {} : { tag: order.tag };
        return await handOver<Placed>(
          (call) => replaceOrder(orderId, { ...change, ...tag }, call),
          deadline,
          progress,
          (placed) => placed,
          tag.tag,
        );
      } catch (error) {
        if (!isFailure(error) || error.code !== "OrderNotOpen" || error.details !== undefined) throw error;
        throw orderNotOpen(await afterOrderNotOpen(orderId, error));
      } finally {
        turn.done();
      }
    },

    async cancel(orderId, context) {
      const cancelOrder = seat.method("cancelOrder");
      const deadline = new Deadline(deadlineMs);
      await prepare(deadline);
      const turn = await takeTurn(orderId, true, deadline);
      const known = seat.book.get(orderId);
      if (known !== undefined && isClosed(known)) {
        turn.done();
        alreadyEnded(known);
        return;
      }
      try {
        const progress = begin(newTag(), { kind: "cancel", orderId }, context, true);
        await handOver(
          (call) => cancelOrder(orderId, call),
          deadline,
          progress,
          () => ({ orderId }),
        );
      } catch (error) {
        alreadyEnded(await afterOrderNotOpen(orderId, error));
      } finally {
        turn.done();
      }
    },
  };
}

const EVENT_OF = { not_sent: "withdraw", rejected: "reject", unknown: "lose" } as const;

/** To cancel what is canceled is a success; what ended otherwise is told with the order. */
function alreadyEnded(order: OrderView): void {
  if (!orderFlags(order).isCanceled) throw orderNotOpen(order);
}

/** A failure as it is written down. */
function written({ code, message, outcome, details }: WriteFailure): IntentFailure {
  return { code, message, outcome, ...(details === undefined ? {} : { details }) };
}

function within<T>(work: Promise<T>, milliseconds: number): Promise<T | typeof TIME_IS_UP> {
  return new Deadline(milliseconds).within(work);
}

/** Whatever fails before the hand-over has sent nothing. */
function notSent(error: unknown): Failure {
  if (!isFailure(error)) return new Failure("BrokerFault", String(error), { cause: error, outcome: "not_sent" });
  const { message, details, retryAfterMs } = error;
  const code = error.code === "Timeout" || error.code === "OutcomeUnknown" ? "NotConnected" : error.code;
  return new Failure(code, message, {
    cause: error,
    outcome: "not_sent",
    ...(details === undefined ? {} : { details }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function journalUnavailable(cause: unknown): Failure {
  return new Failure("JournalUnavailable", "the journal cannot be written, so nothing was sent", {
    outcome: "not_sent",
    retryAfterMs: 5000,
    cause,
  });
}
