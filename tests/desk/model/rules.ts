/** What must hold at every moment: of what is handed over, of what the venue takes, and of each answer. */

import { keyedTag } from "../../../src/desk/tag.ts";
import type { CancelAllResult, PlaceAnswer, ReplaceAnswer, WriteAnswer } from "../../../src/desk/types.ts";
import type { Outcome } from "../../../src/domain/failure.ts";
import { isCompleted, type Order } from "../../../src/domain/order.ts";
import { DIGEST } from "../desk-broker.ts";
import type { Attempt } from "./attempt.ts";
import type { VenueCall } from "./calls.ts";
import type { Clock } from "./clock.ts";
import { orderWords, type Setting, type SwitchName } from "./history.ts";
import { QUOTE, type Venue, type VenueOrder } from "./venue.ts";

export const DEADLINE_MS = 1000;
/** The deadline, the time to withdraw and one for the journal before and after. */
export const LATEST_MS = 2 * DEADLINE_MS + 300;
const DAY_MS = 86_400_000;

/** What each code may say of a write, as the table of failures has it. */
const OUTCOMES: Readonly<Record<string, readonly Outcome[]>> = {
  InvalidRequest: ["not_sent"],
  OrderNotFound: ["not_sent", "rejected"],
  IdempotencyConflict: ["not_sent"],
  OrderNotOpen: ["not_sent", "rejected"],
  OrderRejected: ["rejected"],
  IdempotencyMismatch: ["not_sent"],
  LimitExceeded: ["not_sent"],
  NotSupported: ["not_sent"],
  Halted: ["not_sent"],
  RateLimited: ["not_sent"],
  BrokerFault: ["rejected", "not_sent"],
  NotConnected: ["not_sent"],
  NotReconciled: ["not_sent"],
  JournalUnavailable: ["not_sent"],
  OutcomeUnknown: ["unknown"],
};

/** What an order counts against the limits of its day. */
export function worth({ qty, price, direction }: { qty: number; price?: number | null; direction: string }): number {
  if (price === null || price === undefined) return qty * QUOTE;
  return qty * (direction === "BUY" ? price : Math.max(QUOTE, price));
}

interface Placed {
  readonly order: VenueOrder;
  readonly call: VenueCall;
  /** As it was when it was placed. */
  readonly words: string;
  readonly value: number;
  readonly day: number;
}

export const dayOf = (at: number) => Math.floor(at / DAY_MS);

export function createRules(setting: Setting, venue: Venue, clock: Clock, violated: (rule: string) => void) {
  const { risk, limits } = setting;
  /** Whether no order may leave: from the moment at which a switch was turned so, until it is turned again. */
  const halted: Record<SwitchName, boolean> = { instance: false, gateway: false };
  const sent: { readonly call: VenueCall; readonly day: number }[] = [];
  const placed: Placed[] = [];
  const mostWorth = new Map<string, number>();
  const answers = new Map<string, string>();
  let hasForeign = false;
  let hasForgotten = false;
  let isMisled = false;

  function checkRoom(when: string): void {
    if (risk === undefined || hasForeign || hasForgotten || isMisled) return;
    const open = venue.open();
    const { maxOpenOrders = Number.POSITIVE_INFINITY } = risk;
    if (open.length > maxOpenOrders) violated(`${when}: ${open.length} orders are open, of ${maxOpenOrders}`);
    // Shares may be taken back of which some are being sold.
    if (risk.allowShort || setting.hasBusts) return;
    for (const [symbol, held] of Object.entries(venue.held)) {
      const selling = sellingOf(open, symbol);
      if (selling > Math.max(0, held)) violated(`${when}: ${selling} of ${symbol} are being sold, ${held} are held`);
    }
  }

  function checkDay(call: VenueCall, when: string): void {
    // Of an order in the place of another it is given back what that one had counted.
    if (isMisled || setting.hasNewIds || placed.some(({ order }) => order.isAmended)) return;
    const day = sent.find((one) => one.call === call)?.day;
    const its = placed.filter((one) => one.day === day && one.order.truth.status !== "REJECTED");
    const sum = (of: typeof its) => of.reduce((total, { value }) => total + value, 0);
    const { maxDailyValue = Number.POSITIVE_INFINITY } = risk ?? {};
    if (sum(its) > maxDailyValue) violated(`${when}: the day's orders are worth ${sum(its)}, of ${maxDailyValue}`);
    const own = sum(its.filter((one) => one.call.attempt?.principal === call.attempt?.principal));
    const { maxDailyValue: most = Number.POSITIVE_INFINITY } = limits ?? {};
    if (own > most) violated(`${when}: the day's orders of one token are worth ${own}, of ${most}`);
  }

  /** By how much more an order is worth now than ever before. */
  function addedTo(order: VenueOrder, call: VenueCall): number {
    const { truth, shown } = order;
    const its = truth.tag ?? truth.orderId;
    const before = mostWorth.get(its) ?? (call.kind === "place" ? 0 : worth(shown[0]?.order ?? truth));
    mostWorth.set(its, Math.max(before, worth(truth)));
    return Math.max(0, worth(truth) - before);
  }

  function checkRepetition(call: VenueCall, order: VenueOrder, when: string): void {
    const { duplicateWindowMs = 0 } = risk ?? {};
    if (call.attempt?.key !== undefined) return;
    const twin = placed.find(
      (one) =>
        one.call !== call &&
        one.call.attempt?.key === undefined &&
        Math.abs(call.sentAt - one.call.sentAt) < duplicateWindowMs - DEADLINE_MS &&
        one.words === orderWords(order.truth),
    );
    if (twin !== undefined && !isMisled) violated(`${when} repeats ${twin.call.name} too early`);
  }

  function checkFailure(attempt: Attempt): void {
    const { name, failure, kind, calls, key, principal } = attempt;
    if (failure === undefined) return;
    const { code, outcome } = failure;
    if (outcome === undefined || !OUTCOMES[code]?.includes(outcome))
      violated(`${name} failed with ${code}, ${outcome}`);
    if (outcome === "unknown" && kind === "place" && failure.tag === undefined) violated(`${name} lacks its tag`);
    if (kind === "cancel" && failure.message.includes("takes no more") && !failure.replayed) checkOpen(attempt);
    if (outcome === "unknown" || kind === "cancel") return;
    if (key !== undefined && failure.replayed && !isMisled && tagged(keyedTag(DIGEST, principal, key)).length > 0)
      violated(`${name} was told ${outcome} again, and its order is there`);
    for (const call of calls) {
      if (call.isTaken) violated(`${name} was told ${outcome} (${code}), and the venue has taken ${call.name}`);
      call.isDisclaimed = true;
    }
  }

  /** What was shown as open all the while has not ended. */
  function checkOpen({ name, began, orderId = "" }: Attempt): void {
    const { shown = [] } = venue.ledger.get(orderId) ?? {};
    const last = shown.findLastIndex(({ from }) => from < began);
    const isOpen = shown.slice(last).every(({ order: { status } }) => status === "OPEN");
    if (last >= 0 && isOpen && venue.isHere(orderId)) violated(`${name} was told that it has ended, and it is open`);
  }

  const tagged = (tag: string) =>
    [...venue.ledger.values()].filter(({ truth, replaces }) => truth.tag === tag && replaces === undefined);

  function checkPlaced({ name, key, principal, answer, request }: Attempt): void {
    const { orderId, tag } = answer as PlaceAnswer;
    const order = venue.ledger.get(orderId);
    if (order?.truth.direction !== request?.direction || order?.truth.contract.symbol !== request?.contract.symbol)
      violated(`${name} was answered with order ${orderId}, which is another one`);
    if (order?.truth.tag !== tag) violated(`${name} was answered with order ${orderId}, which is not that of its tag`);
    if (key !== undefined && tag !== keyedTag(DIGEST, principal, key))
      violated(`${name} was answered with the tag of another key`);
    const before = answers.get(tag);
    if (before !== undefined && before !== orderId && !setting.hasNewIds)
      violated(`${name} was answered with order ${orderId}, once with ${before}`);
    answers.set(tag, orderId);
  }

  function checkChanged({ name, kind, calls, orderId = "", answer, inItsPlace = "" }: Attempt): void {
    const isTaken = calls.some((call) => call.isTaken) || (answer as WriteAnswer).replayed;
    if (kind === "replace" && !venue.ledger.has((answer as ReplaceAnswer).orderId))
      violated(`${name} was answered with an order that is not there`);
    if (kind === "replace" && !isTaken) violated(`${name} was answered as accepted, and is not`);
    const order = venue.ledger.get(orderId);
    const status = order?.truth.status;
    // How one has ended, and what its broker does not know now, is as an operator says.
    const isTold = order?.isAwake && (isCompleted(order.truth) || !venue.isHere(orderId));
    if (kind === "cancel" && !isTaken && status !== "CANCELED" && !isTold)
      violated(`${name} was answered as canceled, and is ${status}`);
    const { truth: next, isAwake } = venue.ledger.get(inItsPlace) ?? {};
    // Of one that had ended its broker need not have told yet that it works again.
    if (kind === "cancel" && !isTaken && next && !isAwake && (next.status === "FILLED" || !isCompleted(next)))
      violated(`${name} was answered as canceled, and is order ${inItsPlace} now, which is ${next.status}`);
  }

  function checkOrder({ qty, price, direction }: Order, when: string): void {
    const {
      maxOrderQty = Number.POSITIVE_INFINITY,
      priceCollar = Number.POSITIVE_INFINITY,
      maxOrderValue,
    } = risk ?? {};
    if (qty > maxOrderQty) violated(`${when}: the quantity is ${qty}, of ${maxOrderQty}`);
    if (worth({ qty, price, direction }) > (maxOrderValue ?? Number.POSITIVE_INFINITY))
      violated(`${when} is worth too much`);
    const badSide = direction === "BUY" ? Number(price) / QUOTE - 1 : 1 - Number(price ?? QUOTE) / QUOTE;
    if (badSide > priceCollar + 1e-9) violated(`${when}: the price ${price} is too far off`);
  }

  return {
    halted,
    placed,
    foreign() {
      hasForeign = true;
    },
    /** Of an order that was taken nothing may be written down. */
    forgot() {
      hasForgotten = true;
    },
    /** An operator has said of an order that it is not there. */
    misled() {
      isMisled = true;
    },
    isMisled: () => isMisled,
    sent(call: VenueCall): void {
      call.attempt?.calls.push(call);
      if (call.kind === "cancel") return;
      if (halted.instance || halted.gateway) violated(`${call.name} was handed over while halted`);
      // What was let through just before midnight is of the day before.
      sent.push({ call, day: dayOf(Date.now() - LATEST_MS) === dayOf(Date.now()) ? dayOf(Date.now()) : Number.NaN });
      const { ordersPerMinute = Number.POSITIVE_INFINITY } = limits ?? {};
      const { principal } = call.attempt ?? {};
      const recent = sent.filter(
        (one) =>
          one.call.attempt?.principal === principal && !one.call.isUnsent && clock.now() - one.call.sentAt < 60_000,
      );
      // A journal knows of an intent how it ended: of those under one key only the last.
      const count = new Set(recent.map((one) => one.call.attempt?.key ?? one)).size;
      if (count > ordersPerMinute) violated(`${call.name} is the ${count}th in a minute, of ${ordersPerMinute}`);
    },
    taken(call: VenueCall, order: VenueOrder): void {
      if (call.isDisclaimed) violated(`${call.name} was taken, after its client was told that it was not sent`);
      if (call.kind === "cancel") return;
      const day = sent.find((one) => one.call === call)?.day ?? 0;
      placed.push({
        order,
        call,
        day,
        value: addedTo(order, call),
        words: call.kind === "place" ? orderWords(order.truth) : "",
      });
      checkDay(call, call.name);
      if (call.kind === "place") {
        if (tagged(order.truth.tag ?? "").length > 1 && !isMisled)
          violated(`${call.name} is a second order with its tag`);
        checkRepetition(call, order, call.name);
      }
      checkRoom(call.name);
      if (order.isOwn && !order.isAmended) checkOrder(order.truth, call.name);
    },
    answered(attempt: Attempt): void {
      const { name, kind, began, failure } = attempt;
      const took = clock.now() - began;
      if (kind !== "cancelAll" && kind !== "turn" && took > LATEST_MS)
        violated(`${name} was answered after ${took} ms`);
      if (kind !== "place" && kind !== "replace" && kind !== "cancel") return;
      if (failure !== undefined) checkFailure(attempt);
      else if (kind === "place") checkPlaced(attempt);
      else checkChanged(attempt);
    },
    /** All were canceled while nothing could be sent, as the desk says. */
    allCanceled({ name, answer }: Attempt): void {
      const { complete, failed } = answer as CancelAllResult;
      if (!complete || failed.length > 0) return;
      for (const { truth, isOwn, isAwake } of venue.open()) {
        if (isOwn && !isAwake && truth.status !== "PENDING_CANCEL")
          violated(`${name} is complete, and order ${truth.orderId} is ${truth.status}`);
      }
    },
  };
}

export function sellingOf(open: readonly VenueOrder[], symbol: string): number {
  const selling = open.filter(({ truth }) => truth.direction === "SELL" && truth.contract.symbol === symbol);
  return selling.reduce((sum, { truth }) => sum + truth.qty - truth.filledQty, 0);
}

export type Rules = ReturnType<typeof createRules>;
