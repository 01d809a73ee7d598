import { contractKey } from "../domain/contract.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import { type Order, type OrderChange, type OrderRequest, orderFlags, replacedOrder } from "../domain/order.ts";
import type { IntentAction, IntentLine } from "../journal/journal.ts";
import type { Call, Placed } from "../spec/broker.ts";
import type { OrderCapability } from "../spec/capabilities.ts";
import { type Deadline, type NewDeadline, TIME_IS_UP } from "./deadline.ts";
import { elapsedMs } from "./elapsed.ts";
import { createEndedOrders } from "./ended-orders.ts";
import { foundAs, pendingOrder } from "./found.ts";
import { checkPlace, checkReplace, demandScope, demandText, orderNotOpen, refuse } from "./guards.ts";
import type { HandOver } from "./hand-over.ts";
import { type Claim, type Keys, mismatch, type Replay, SENT_AGAIN } from "./idempotency.ts";
import type { InstanceJournal } from "./instance-journal.ts";
import { isClosed, isFinal, type OrderBook } from "./order-book.ts";
import { numberFor, takeNumber } from "./order-number.ts";
import type { Reads } from "./reads.ts";
import type { Reconciler } from "./reconciler.ts";
import type { Admission, Risk } from "./risk/admission.ts";
import { type Draft, draftOfPlace, draftOfReplace } from "./risk/draft.ts";
import type { Seat } from "./seat.ts";
import type { Tracker } from "./tracker.ts";
import { type Turn, Turns } from "./turns.ts";
import type { Desk, OrderView, PlaceAnswer, WriteAnswer, WriteContext } from "./types.ts";
import type { Unknowns } from "./unknowns.ts";
import { fromCapabilities, heldUp, notSent, throwNotSent } from "./write-outcome.ts";

/** The writing half of a desk. */
export type Writes = Pick<Desk, "place" | "replace" | "cancel">;

/** What the writes stand on. */
export interface WriteOptions {
  readonly seat: Seat;
  readonly reads: Reads;
  readonly keys: Keys;
  readonly book: OrderBook;
  readonly journal: InstanceJournal;
  readonly tracker: Tracker;
  readonly unknowns: Unknowns;
  readonly reconciler: Reconciler;
  readonly risk: Risk;
  readonly handOver: HandOver;
  readonly deadlineMs: number;
  readonly newDeadline: NewDeadline;
}

/** A replace that takes longer may still wait for a limit on frequency: a cancel takes it back, unless it has been sent. */
const PATIENCE_MS = 300;

/**
 * What has been sent is waited for so much longer, and then as if nobody knew: its order is to be canceled. Of a short time at
 * most a quarter, so that the cancel has some of its own left.
 */
const GIVEN_UP_MS = 1000;

/** Writes of one seat: guarded, journalled, handed over once, and answered with what became of them. */
export function createWrites(options: WriteOptions): Writes {
  const { seat, reads, keys, book, journal, tracker, unknowns, reconciler, risk, handOver, deadlineMs, newDeadline } =
    options;
  const turns = new Turns();
  const { endedBefore, behindNotOpen } = createEndedOrders({ reads, book, journal });
  /** Replaces that have their order's turn. */
  const replacing = new Map<string, Deadline>();

  function lineOf(
    { id, fingerprint }: Claim,
    action: IntentAction,
    { principal }: WriteContext,
    { value, number, account }: Pick<IntentLine, "value" | "number" | "account">,
  ): IntentLine {
    return { kind: "intent", id, principal, action, fingerprint, value, number, account };
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
  function admit(
    draft: Draft,
    action: IntentAction,
    context: WriteContext,
    deadline: Deadline,
  ): Admission | Promise<Admission> {
    const limit = <T>(work: Promise<T>) =>
      deadline.limit(work, `what the limits rest on could not be read within ${deadlineMs} ms`);
    try {
      const admission = risk.admit(draft, action, context, limit);
      return admission instanceof Promise ? admission.catch(throwNotSent) : admission;
    } catch (error) {
      return throwNotSent(error);
    }
  }

  async function takeTurn(orderId: string, urgent: boolean, deadline: Deadline): Promise<Turn> {
    const isHeldUp = urgent && turns.isTaken(orderId);
    const waiting = turns.take(orderId, urgent, deadline.signal);
    const giveUp = () => replacing.get(orderId)?.giveUp(Math.min(GIVEN_UP_MS, deadlineMs / 4));
    const patience = isHeldUp ? setTimeout(giveUp, Math.min(PATIENCE_MS, deadlineMs / 8)) : undefined;
    const turn = await deadline.within(waiting);
    clearTimeout(patience);
    if (turn !== TIME_IS_UP && turn !== undefined) return turn;
    deadline.abort();
    (await waiting)?.done();
    throw heldUp(`another write on order ${orderId} is still under way`);
  }

  /** Reads the order that a replace is for; a read that fails means that the replace did not leave. */
  async function orderToChange(orderId: string, deadline: Deadline): Promise<OrderView> {
    try {
      return await deadline.limit(
        reads
          .order(orderId, { clientSignal: () => deadline.signal, forWrite: true })
          .catch((error: unknown) => endedBefore(orderId, error)),
        `order ${orderId} could not be read within ${deadlineMs} ms`,
      );
    } catch (error) {
      throw notSent(error);
    }
  }

  /** Hands a change of this order over; what is known of it may be out of date from now on, until it is reported. */
  async function changing<T>(orderId: string, change: () => Promise<T>): Promise<T> {
    book.doubt(orderId);
    try {
      return await change();
    } finally {
      book.answered(orderId, elapsedMs());
    }
  }

  /** The order of this claim's tag. What no change of it could have made of the request belongs to another one. */
  function orderOf({ id, fingerprint }: Claim, { contract, direction }: OrderRequest): Order | undefined {
    // Without a key the tag was made just now, and is nobody's yet.
    const order = fingerprint === null ? undefined : book.byTag(id);
    if (order === undefined) return undefined;
    if (contractKey(order.contract) !== contractKey(contract) || order.direction !== direction) throw mismatch();
    return order;
  }

  /** To cancel what is canceled is a success; what ended otherwise is told with the order, and so is one in its place, once it is known. */
  function alreadyEnded(order: OrderView): WriteAnswer {
    const next = book.inPlaceOf(order);
    const { orderId } = next ?? order;
    if (!orderFlags(next ?? order).isCanceled) throw orderNotOpen(order, next);
    const isUnknown = [...unknowns.all()].some(({ action: its }) => its.kind === "replace" && its.orderId === orderId);
    if (isUnknown && fromCapabilities(() => seat.broker.capabilities()).newIds)
      throw heldUp(`what a change of order ${orderId} has put in its place is not known yet`);
    return { answeredAt: Date.now(), replayed: false };
  }

  return {
    async place(asked, context) {
      demandScope(context.mandate, "trade");
      const placeOrder = seat.method("placeOrder");
      demandText("principal", context.principal);
      const deadline = newDeadline();
      reconciler.wake();
      const request = requestOf(asked);
      const action = { kind: "place", request } as const;
      const claiming = keys.claim(action, context);
      const claim = claiming instanceof Promise ? await claiming : claiming;
      const tag = claim.id;
      try {
        if (claim.replay !== undefined) return { ...claim.replay.placed, tag, ...again(claim.replay) };
        if (!seat.isStarted) await prepare(deadline);
        const capabilities = fromCapabilities(() => seat.broker.capabilities());
        const row = fromCapabilities(() => checkPlace(capabilities, request));
        if (!reconciler.isReconciled()) await reconciler.ensure(deadline);
        const generation = reconciler.generation();
        // It may be known only now.
        const account = seat.account();
        // The journal has lost it, or another answer, but the tag proves that it is the order of this key.
        const adopt = async (order: Order): Promise<PlaceAnswer> => {
          const line = lineOf(claim, action, context, { value: claim.value });
          const { placed, answeredAt } = await handOver.adopt(line, withEffective(row, foundAs(order, request)));
          tracker.markOwn(order.orderId);
          return { ...placed, tag, answeredAt, replayed: true };
        };
        const already = orderOf(claim, request);
        if (already !== undefined) return await adopt(already);
        const reserved = numberFor(claim, account);
        let number = reserved;
        let admitted: Admission | undefined;
        try {
          const admitting = admit(draftOfPlace(tag, request), action, context, deadline);
          admitted = admitting instanceof Promise ? await admitting : admitting;
          number ??= seat.broker.orderNumber && (await takeNumber(seat, deadline));
        } catch (error) {
          await tracker.meeting(tag);
          admitted?.refused();
          // It may have shown up just now.
          const late = orderOf(claim, request);
          if (late === undefined) throw error;
          return await adopt(late);
        }
        const admission = admitted;
        try {
          const send = (call: Call): Promise<Placed> => {
            // That of an earlier attempt, told as not sent, may show up just now, or have done so since this one began.
            const meeting = tracker.meeting(tag);
            if (meeting !== undefined) return meeting.then(() => send(call));
            const late = orderOf(claim, request);
            if (late !== undefined) return Promise.resolve(foundAs(late, request));
            if (deadline.isAborted) throw heldUp("the time was up");
            reconciler.confirm(generation);
            admission.confirm(() => deadline.abort());
            tracker.expect(tag, number, account);
            const contract = { ...request.contract };
            const order = { ...request, contract, tag };
            return placeOrder(number === undefined ? order : { ...order, number }, call);
          };
          const { placed, answeredAt } = await handOver.send(
            {
              line: lineOf(claim, action, context, { value: admission.value, number, account }),
              ...(reserved === undefined ? {} : { reason: SENT_AGAIN }),
              send,
              placedOf: (answer) => withEffective(row, answer),
              takenBack: admission.takenBack,
              // In the book from the answer on, even if no push ever comes.
              onTaken({ orderId, effective }) {
                const known = book.get(orderId);
                if (known?.tag === tag) return known;
                return tracker.taken(pendingOrder({ ...request, ...effective }, orderId, tag, capabilities));
              },
              holdKey: claim.holdUntil,
            },
            deadline,
          );
          admission.accepted();
          return { ...placed, tag, answeredAt, replayed: false };
        } catch (error) {
          notTaken(admission, error);
          throw error;
        }
      } finally {
        claim.release();
      }
    },

    async replace(orderId, asked, context) {
      demandScope(context.mandate, "trade");
      const replaceOrder = seat.method("replaceOrder");
      demandText("principal", context.principal);
      demandText("orderId", orderId);
      const deadline = newDeadline();
      reconciler.wake();
      const change = changeOf(asked);
      const action = { kind: "replace", orderId, change } as const;
      const claim = await keys.claim(action, context);
      try {
        if (claim.replay !== undefined) return { ...claim.replay.placed, ...again(claim.replay) };
        if (!seat.isStarted) await prepare(deadline);
        if (!reconciler.isReconciled()) await reconciler.ensure(deadline);
        const turn = await takeTurn(orderId, false, deadline);
        replacing.set(orderId, deadline);
        try {
          const generation = reconciler.generation();
          const account = seat.account();
          const order = await orderToChange(orderId, deadline);
          fromCapabilities(() => checkReplace(seat.broker.capabilities(), change, order));
          const draft = draftOfReplace(claim.id, { ...risk.made(order), ...change }, order);
          const admission = await admit(draft, action, context, deadline);
          const tagged = order.tag === null ? { ...change } : { ...change, tag: order.tag };
          try {
            const { placed, answeredAt } = await handOver.send(
              {
                line: lineOf(claim, action, context, { value: admission.value, account }),
                async send(call) {
                  reconciler.confirm(generation);
                  admission.confirm(() => deadline.abort());
                  if (deadline.isAborted) throw heldUp(`a cancel of order ${orderId} waits`);
                  try {
                    return await changing(orderId, () => replaceOrder(orderId, tagged, call));
                  } catch (error) {
                    throw orderNotOpen(await behindNotOpen(orderId, error, deadline));
                  }
                },
                placedOf: (answer) => answer,
                takenBack: admission.takenBack,
                // What the broker has put in its place works, and counts, before it is told of.
                onTaken({ orderId: id }) {
                  const old = book.get(orderId);
                  if (old === undefined || book.get(id) !== undefined) return undefined;
                  return tracker.taken(replacedOrder(old, change, id));
                },
                holdKey: claim.holdUntil,
              },
              deadline,
            );
            admission.accepted();
            return { ...placed, answeredAt, replayed: false };
          } catch (error) {
            notTaken(admission, error);
            throw error;
          }
        } finally {
          replacing.delete(orderId);
          turn.done();
        }
      } finally {
        claim.release();
      }
    },

    async cancel(orderId, context) {
      demandScope(context.mandate, "cancel");
      const cancelOrder = seat.method("cancelOrder");
      demandText("principal", context.principal);
      demandText("orderId", orderId);
      const deadline = newDeadline();
      reconciler.wake();
      const action = { kind: "cancel", orderId } as const;
      const claim = await keys.claim(action, context);
      try {
        if (claim.replay !== undefined) return again(claim.replay);
        if (!seat.isStarted) await prepare(deadline);
        const turn = await takeTurn(orderId, true, deadline);
        try {
          const known = book.get(orderId);
          if (known !== undefined && isClosed(known) && isFinal(known))
            return alreadyEnded({ ...known, source: "journal" });
          const { answeredAt } = await handOver.send(
            {
              line: lineOf(claim, action, context, { account: seat.account() }),
              async send(call) {
                try {
                  await changing(orderId, () => cancelOrder(orderId, call));
                } catch (error) {
                  // Found out before anything is written down, so that a repetition is answered the same.
                  alreadyEnded(await behindNotOpen(orderId, error, deadline));
                }
              },
              placedOf: () => ({ orderId }),
              holdKey: claim.holdUntil,
            },
            deadline,
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
}

/** Tells the limits what became of an order that was admitted and then not taken. */
function notTaken(admission: Admission, error: unknown): void {
  if (isFailure(error) && error.outcome !== "unknown" && error.outcome !== undefined) admission.refused();
  else admission.unknown();
}

/** An order of its own, so that what its sender does with the one he gave changes nothing. At the market it has no price. */
function requestOf(asked: OrderRequest): OrderRequest {
  const { direction, orderType, timeInForce, lifecycle, qty, price } = asked;
  if (!asked.contract) refuse([{ path: "contract", message: "is missing" }]);
  const { tradeType, region, symbol } = asked.contract;
  const contract = { tradeType, region, symbol };
  return orderType === "Limit" && price !== undefined
    ? { contract, direction, orderType, timeInForce, lifecycle, qty, price }
    : { contract, direction, orderType, timeInForce, lifecycle, qty };
}

/** A change of its own, for the same reason. */
function changeOf({ qty, price }: OrderChange): OrderChange {
  return { ...(qty === undefined ? {} : { qty }), ...(price === undefined ? {} : { price }) };
}

/** What became of an order: what its row says, and what the vendor says over that. */
function withEffective(row: OrderCapability, placed: Placed): Placed {
  if (row.effective === undefined && placed.effective === undefined) return { orderId: placed.orderId };
  const effective = { ...row.effective, ...placed.effective };
  return Object.keys(effective).length > 0 ? { orderId: placed.orderId, effective } : { orderId: placed.orderId };
}

function again({ at }: Replay): WriteAnswer {
  return { answeredAt: at, replayed: true };
}
