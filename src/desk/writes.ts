import { Failure, isFailure } from "../domain/failure.ts";
import { type Order, type OrderRequest, orderFlags } from "../domain/order.ts";
import type { IntentAction, IntentState, ProgressLine } from "../journal/journal.ts";
import type { Call, Placed } from "../spec/broker.ts";
import type { OrderCapability } from "../spec/capabilities.ts";
import { type Deadline, type NewDeadline, TIME_IS_UP } from "./deadline.ts";
import { elapsedMs } from "./elapsed.ts";
import { checkPlace, checkReplace, demandScope, marketOf, orderNotOpen } from "./guards.ts";
import type { Claim, Keys, Replay } from "./idempotency.ts";
import type { InstanceJournal } from "./instance-journal.ts";
import { type IntentEvent, type Noted, nextIntentState, noted } from "./intent.ts";
import { isClosed, type OrderBook } from "./order-book.ts";
import { numbered, takeNumber } from "./order-number.ts";
import type { Reads } from "./reads.ts";
import type { Reconciler } from "./reconciler.ts";
import type { Admission, Risk } from "./risk/admission.ts";
import { type Draft, draftOfPlace, draftOfReplace } from "./risk/draft.ts";
import type { Seat } from "./seat.ts";
import type { Tracker } from "./tracker.ts";
import { type Turn, Turns } from "./turns.ts";
import type { Desk, OrderView, WriteAnswer, WriteContext } from "./types.ts";
import type { Unknowns } from "./unknowns.ts";
import { notSent, outcomeUnknown, writeFailure, written } from "./write-outcome.ts";

/** The writing half of a desk. */
export type Writes = Pick<Desk, "place" | "replace" | "cancel">;

/** What the writes stand on. */
export interface WriteOptions {
  readonly seat: Seat;
  readonly reads: Reads;
  readonly journal: InstanceJournal;
  readonly keys: Keys;
  readonly book: OrderBook;
  readonly tracker: Tracker;
  readonly unknowns: Unknowns;
  readonly reconciler: Reconciler;
  readonly risk: Risk;
  readonly deadlineMs: number;
  readonly newDeadline: NewDeadline;
  /** Makes the short time after a deadline in which the broker may still say that nothing has left. */
  readonly newWithdrawal: () => Deadline;
}

/** Writes of one seat: guarded, journalled, handed over once, and answered with what became of them. */
export function createWrites(options: WriteOptions): Writes {
  const { seat, reads, journal, keys, book, tracker, unknowns, reconciler, risk, deadlineMs } = options;
  const { newDeadline, newWithdrawal } = options;
  const turns = new Turns();

  /** One intent on its way through the journal. */
  function begin({ id, fingerprint }: Claim, action: IntentAction, { principal }: WriteContext, more: Noted = {}) {
    let state: IntentState = "received";
    let isWritten = true;
    return {
      id,
      action,
      async handOver(): Promise<void> {
        state = nextIntentState(state, "hand-over");
        try {
          const line = { kind: "intent", id, principal, action, fingerprint, ...more } as const;
          await journal.append([line], "power-loss");
        } catch (error) {
          // A cancel is never refused for want of a journal.
          if (action.kind !== "cancel") throw error;
          isWritten = false;
        }
      },
      async move(
        event: Exclude<IntentEvent, "hand-over">,
        more: Pick<ProgressLine, "placed" | "failure">,
        at = Date.now(),
      ): Promise<void> {
        const next = nextIntentState(state, event);
        state = next;
        if (!isWritten) return;
        try {
          await journal.append([{ kind: "progress", id, state: next, ...more }], "process", at);
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
  ): Promise<{ readonly answer: T; readonly answeredAt: number }> {
    const end = unknowns.underWay(progress.id);
    try {
      await progress.handOver();
      return await send(work, deadline, progress, placedOf);
    } finally {
      end();
    }
  }

  async function send<T>(
    work: (call: Call) => Promise<T>,
    deadline: Deadline,
    progress: Progress,
    placedOf: (answer: T) => Placed,
  ): Promise<{ readonly answer: T; readonly answeredAt: number }> {
    const tag = progress.action.kind === "place" ? progress.id : undefined;
    const sending = work(deadline);
    try {
      let answer = await deadline.within(sending);
      if (answer === TIME_IS_UP) {
        deadline.abort();
        answer = await newWithdrawal().within(sending);
      }
      if (answer !== TIME_IS_UP) {
        const answeredAt = Date.now();
        await progress.move("accept", { placed: placedOf(answer) }, answeredAt);
        return { answer, answeredAt };
      }
    } catch (error) {
      const answeredAt = Date.now();
      const failure = writeFailure(error, tag, answeredAt);
      await progress.move(EVENT_OF[failure.outcome], { failure: written(failure) }, answeredAt);
      if (failure.outcome === "unknown") {
        unknowns.add(progress, elapsedMs());
        reconciler.hurry();
      } else if (tag !== undefined) {
        tracker.forget(tag);
      }
      throw failure;
    }
    const failure = outcomeUnknown(`the broker did not answer within ${deadlineMs} ms`, tag);
    await progress.move("lose", { failure: written(failure) });
    unknowns.add(progress, null);
    awaitLateAnswer(sending.then(placedOf), progress.id, tag);
    reconciler.hurry();
    throw failure;
  }

  /** The call goes on without its client; what it ends with settles the intent, unless something else has. */
  function awaitLateAnswer(sending: Promise<Placed>, id: string, tag: string | undefined): void {
    const reason = "the broker's late answer";
    sending
      .then(
        (placed) => unknowns.settle(id, { placed }, reason),
        (error: unknown) => {
          const failure = writeFailure(error, tag);
          if (failure.outcome !== "unknown") return unknowns.settle(id, { failure: written(failure) }, reason);
          unknowns.ended(id);
          return undefined;
        },
      )
      // What cannot be written down now stays unknown, and is found out again by reconciliation.
      .catch(() => unknowns.ended(id));
  }

  /** Waits for the broker to be there; what fails here has not left. */
  async function prepare(deadline: Deadline): Promise<void> {
    try {
      const started = await deadline.within(seat.start());
      if (started !== TIME_IS_UP) return;
    } catch (error) {
      throw notSent(error);
    }
    throw new Failure("NotConnected", `the broker was not ready within ${deadlineMs} ms`, { outcome: "not_sent" });
  }

  /** Lets an order through, with what it takes of the limits reserved; what is refused here has not left. */
  async function admit(
    draft: Draft,
    action: IntentAction,
    context: WriteContext,
    deadline: Deadline,
  ): Promise<Admission> {
    const limit = <T>(work: Promise<T>) =>
      deadline.limit(work, `what the limits rest on could not be read within ${deadlineMs} ms`);
    try {
      return await risk.admit(draft, action, context, limit);
    } catch (error) {
      throw notSent(error);
    }
  }

  /** Does what was admitted, and tells the limits what became of it. */
  function admitted<T>(admission: Admission, work: () => Promise<T>): Promise<T> {
    return work().then(
      (answer) => {
        admission.accepted();
        return answer;
      },
      (error: unknown) => {
        if (isFailure(error) && error.outcome !== "unknown" && error.outcome !== undefined) admission.refused();
        else admission.unknown();
        throw error;
      },
    );
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
    try {
      return await deadline.limit(
        reads.order(orderId, {}),
        `order ${orderId} could not be read within ${deadlineMs} ms`,
      );
    } catch (error) {
      throw notSent(error);
    }
  }

  /** The order behind an `OrderNotOpen` of the broker; throws every other failure on. */
  async function afterOrderNotOpen(orderId: string, failure: unknown): Promise<OrderView> {
    if (!isFailure(failure) || failure.code !== "OrderNotOpen") throw failure;
    const order = await reads.order(orderId, {}).catch(() => undefined);
    if (order === undefined) throw failure;
    return order;
  }

  function pendingOrder(request: OrderRequest, orderId: string, tag: string): Order {
    const market = marketOf(seat.broker.capabilities(), request.contract);
    return {
      ...request,
      orderId,
      tag,
      price: request.price ?? null,
      currency: market?.currency ?? "",
      filledQty: 0,
      avgPrice: 0,
      status: "PENDING",
      originStatus: "",
      errorReason: "",
      warning: null,
      createdAt: null,
      updatedAt: null,
    };
  }

  return {
    async place(asked, context) {
      demandScope(context.mandate, "trade");
      const placeOrder = seat.method("placeOrder");
      const deadline = newDeadline();
      const { price, ...rest } = asked;
      const request: OrderRequest = asked.orderType === "Limit" && price !== undefined ? { ...rest, price } : rest;
      const action = { kind: "place", request } as const;
      const claim = await keys.claim(action, context);
      const tag = claim.id;
      try {
        if (claim.replay !== undefined) return { ...claim.replay.placed, tag, ...again(claim.replay) };
        if (!seat.isStarted) await prepare(deadline);
        const row = checkPlace(seat.broker.capabilities(), request);
        if (!reconciler.isReconciled()) await reconciler.ensure(deadline);
        const already = book.byTag(tag);
        if (already !== undefined) return await adopt(already.orderId, begin(claim, action, context));
        const admission = await admit(draftOfPlace(tag, request), action, context, deadline);
        return await admitted(admission, async () => {
          const number = claim.number ?? (seat.broker.orderNumber && (await takeNumber(seat, deadline)));
          const { answer: placed, answeredAt } = await handOver(
            async (call) => {
              admission.confirm();
              tracker.expect(tag, number);
              return withEffective(row, await placeOrder({ ...request, tag, ...numbered(number) }, call));
            },
            deadline,
            begin(claim, action, context, noted(admission.value, number)),
            (answer) => answer,
          );
          // In the book from the answer on, even if no push ever comes.
          if (book.get(placed.orderId) === undefined) {
            await tracker.receive(pendingOrder({ ...request, ...placed.effective }, placed.orderId, tag));
          }
          return { ...placed, tag, answeredAt, replayed: false };
        });
      } finally {
        claim.release();
      }
    },

    async replace(orderId, change, context) {
      demandScope(context.mandate, "trade");
      const replaceOrder = seat.method("replaceOrder");
      const deadline = newDeadline();
      const action = { kind: "replace", orderId, change } as const;
      const claim = await keys.claim(action, context);
      try {
        if (claim.replay !== undefined) return { ...claim.replay.placed, ...again(claim.replay) };
        if (!seat.isStarted) await prepare(deadline);
        if (!reconciler.isReconciled()) await reconciler.ensure(deadline);
        const turn = await takeTurn(orderId, false, deadline);
        try {
          const order = await orderToChange(orderId, deadline);
          checkReplace(seat.broker.capabilities(), change, order);
          const admission = await admit(draftOfReplace(claim.id, change, order), action, context, deadline);
          const tagged = order.tag === null ? change : { ...change, tag: order.tag };
          return await admitted(admission, async () => {
            const { answer: placed, answeredAt } = await handOver(
              async (call) => {
                admission.confirm();
                book.doubt(orderId);
                try {
                  return await replaceOrder(orderId, tagged, call);
                } catch (error) {
                  throw orderNotOpen(await afterOrderNotOpen(orderId, error));
                }
              },
              deadline,
              begin(claim, action, context, noted(admission.value)),
              (answer) => answer,
            );
            return { ...placed, answeredAt, replayed: false };
          });
        } finally {
          turn.done();
        }
      } finally {
        claim.release();
      }
    },

    async cancel(orderId, context) {
      demandScope(context.mandate, "cancel");
      const cancelOrder = seat.method("cancelOrder");
      const deadline = newDeadline();
      const action = { kind: "cancel", orderId } as const;
      const claim = await keys.claim(action, context);
      try {
        if (claim.replay !== undefined) return again(claim.replay);
        if (!seat.isStarted) await prepare(deadline);
        const turn = await takeTurn(orderId, true, deadline);
        try {
          const known = book.get(orderId);
          if (known !== undefined && isClosed(known)) return alreadyEnded({ ...known, source: "journal" });
          const { answeredAt } = await handOver(
            async (call) => {
              book.doubt(orderId);
              try {
                await cancelOrder(orderId, call);
              } catch (error) {
                // Found out before anything is written down, so that a repetition is answered the same.
                alreadyEnded(await afterOrderNotOpen(orderId, error));
              }
            },
            deadline,
            begin(claim, action, context),
            () => ({ orderId }),
          );
          return { answeredAt, replayed: false };
        } finally {
          turn.done();
        }
      } finally {
        claim.release();
      }
    },
  };

  /** A keyed order is at the broker although the journal has lost it: the tag proves that it is this one. */
  async function adopt(orderId: string, progress: Progress) {
    const answeredAt = Date.now();
    await progress.handOver();
    await progress.move("accept", { placed: { orderId } }, answeredAt);
    return { orderId, tag: progress.id, answeredAt, replayed: true };
  }
}

const EVENT_OF = { not_sent: "withdraw", rejected: "reject", unknown: "lose" } as const;

/** What became of an order: what its row says, and what the vendor says over that. */
function withEffective(row: OrderCapability, placed: Placed): Placed {
  const effective = { ...row.effective, ...placed.effective };
  return Object.keys(effective).length > 0 ? { orderId: placed.orderId, effective } : { orderId: placed.orderId };
}

/** To cancel what is canceled is a success; what ended otherwise is told with the order. */
function alreadyEnded(order: OrderView): WriteAnswer {
  if (!orderFlags(order).isCanceled) throw orderNotOpen(order);
  return { answeredAt: Date.now(), replayed: false };
}

function again({ at }: Replay): WriteAnswer {
  return { answeredAt: at, replayed: true };
}
