/** Placing, replacing and canceling: what is sent, and which messages say what became of it. */
import { isTerminal, type OrderStatus } from "../../domain/order.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import { AT_EXCHANGE, isOfLink, isWarning, lookUp, ORDER_CANCELED, ORDER_STATUS, REFUSALS } from "./codes.ts";
import type { KnownOrder } from "./known-order.ts";
import type { Exchange, OrderTicket, Settle } from "./link.ts";
import type { Message, Notice, VendorContract } from "./messages.ts";
import type { OrderStore } from "./order-store.ts";
import { UNNUMBERED, UNREAD } from "./read-calls.ts";
import {
  isFinal,
  isNotCancelable,
  isOfCancel,
  isTooFast,
  toCancelRefusal,
  toOrderRefusal,
  unknownOutcome,
} from "./refusals.ts";
import { MS } from "./timing.ts";

/** What every write needs. */
export interface Writing {
  readonly store: OrderStore;
  readonly clientId: number;
  readonly ms: number;
  readonly signal: AbortSignal;
  /** The open orders of our client id, by `permId`, after which the store knows what they are now. */
  ask(): Promise<ReadonlySet<number>>;
}

/** A status after which the exchange, or the vendor's system that stands for it, has the order. */
const TAKEN: ReadonlySet<string> = new Set(["PreSubmitted", "Submitted", "PendingCancel", "Filled"]);
const CANCELED: ReadonlySet<string> = new Set(["Cancelled", "ApiCancelled"]);

interface Told {
  readonly permId: number;
  readonly status: string;
}

/** What a message says about this order of ours. */
function toldOf(message: Message, orderId: number, clientId: number): Told | undefined {
  if (message.kind === "openOrder" && message.orderId === orderId && message.order.clientId === clientId) {
    return { permId: message.order.permId, status: message.state.status };
  }
  if (message.kind === "orderStatus" && message.orderId === orderId && message.clientId === clientId) {
    return { permId: message.permId, status: message.status };
  }
  if (message.kind === "execution" && message.execution.clientId === clientId) {
    const { permId, orderId: number } = message.execution;
    // Of an order that is filled at once the fill may be all that is told: the exchange had it.
    if (number === orderId) return { permId, status: "Submitted" };
  }
  return undefined;
}

function noticeOf(message: Message, orderId: number): Notice | undefined {
  if (message.kind !== "notice" || message.id !== orderId || isOfLink(message.code)) return undefined;
  return isWarning(message.code, message.text) ? undefined : message;
}

/**
 * Hands a new order over, or (with the number of an old one) a changed one, and waits until the gateway has acknowledged it
 * under its `permId`. TWS may make a second order with the same number of a change, where its link is down: what it says of
 * that is no word on the first.
 *
 * A refusal is the answer where its number is known for one. Any other message about the order is first looked into: the
 * gateway is asked which orders it has.
 */
export function submit(
  { store, clientId, ms, ask }: Writing,
  orderId: number,
  contract: Partial<VendorContract>,
  ticket: OrderTicket,
  changed?: number,
): Exchange<number> {
  const isChange = changed !== undefined;
  const what = isChange ? "the change" : "the order";
  const own = () => (isChange ? store.get(changed) : store.own(orderId));
  let permId = 0;
  let doubt: Notice | undefined;
  let settled = false;
  let grace: ReturnType<typeof setTimeout> | undefined;

  /** True once the gateway shows the order as it was asked for, or a new one by its mark: TWS may reduce its size. */
  function isAsAsked(): boolean {
    const known = own();
    if (known === undefined) return false;
    const { totalQuantity, lmtPrice, orderRef } = known.order;
    if (!isChange) return orderRef === ticket.orderRef;
    return totalQuantity === ticket.totalQuantity && (ticket.lmtPrice === undefined || lmtPrice === ticket.lmtPrice);
  }

  function after(act: () => void): void {
    clearTimeout(grace);
    grace = setTimeout(act, MS.refusalGrace);
  }

  /** Refused, unless a part of a new order was filled: then it was taken, whatever became of the rest. */
  function refuse(notice: Notice, settle: Settle<number>): void {
    const known = own();
    if (!isChange && known !== undefined && known.filledQty > 0) settle.done(known.permId);
    else settle.fail(toOrderRefusal(notice, what));
  }

  /** The gateway said something of which it is not known whether the order outlived it. */
  function lookInto(notice: Notice, settle: Settle<number>): void {
    after(() => {
      ask().then(
        (open) => {
          if (settled) return;
          const known = own();
          const isOpen = known !== undefined && open.has(known.permId);
          // It may be one that the vendor has not numbered yet, or that could not be read: what follows says what becomes of it.
          if (!isOpen && (open.has(UNREAD) || (known === undefined && open.has(UNNUMBERED)))) return;
          if (isOpen && isAsAsked()) settle.done(known.permId);
          // Of an order that waits for its session, TWS may show a change only then.
          else if (!isChange || !isOpen || known.originStatus === AT_EXCHANGE) refuse(notice, settle);
        },
        // Without an answer it stays unknown, until the time is up.
        () => {},
      );
    });
  }

  function heardOf({ permId: given, status }: Told, settle: Settle<number>): void {
    if (given > 0) permId = given;
    if (permId === 0 || (isChange && permId !== changed)) return;
    // An order with this number and another mark is not the one that was placed.
    if (!isChange && !isAsAsked()) return;
    const means = lookUp<OrderStatus>(ORDER_STATUS, status) ?? "UNKNOWN";
    if (isChange && !isAsAsked()) {
      if (isTerminal(means)) {
        const text = `Interactive Brokers did not change the order any more: it is ${status}`;
        after(() =>
          isAsAsked()
            ? settle.done(permId)
            : settle.fail(new BrokerError("OrderNotOpen", text, { outcome: "rejected" })),
        );
      }
      return;
    }
    if (TAKEN.has(status)) {
      settle.done(permId);
    } else if (CANCELED.has(status) && !isChange) {
      const text = store.refusalOf(orderId);
      const notice = text ?? doubt ?? { id: orderId, code: ORDER_CANCELED, text: `the order was canceled at once` };
      if (doubt !== undefined || text !== undefined) refuse(notice, settle);
      else after(() => refuse(doubt ?? notice, settle));
    } else if (status === "Inactive" && doubt !== undefined) {
      refuse(doubt, settle);
    } else if (doubt === undefined) {
      // Taken in, but not yet passed on, or inactive: a refusal may still follow.
      after(() => settle.done(permId));
    }
  }

  return {
    what,
    ms,
    send(api) {
      store.begin(orderId);
      if (isChange) store.ask(orderId);
      api.placeOrder(orderId, contract, ticket);
    },
    hear(message, settle) {
      const notice = noticeOf(message, orderId);
      if (notice !== undefined) {
        if (isOfCancel(notice)) return;
        if (REFUSALS.has(notice.code)) refuse(notice, settle);
        else {
          // Which message was thrown away for coming too fast is not said for sure, and it says nothing against an order.
          if (!isTooFast(notice)) doubt = notice;
          lookInto(notice, settle);
        }
        return;
      }
      const told = toldOf(message, orderId, clientId);
      if (told !== undefined) heardOf(told, settle);
    },
    silent(reason) {
      if (isChange) store.giveUp(orderId);
      if (isChange && !isAsAsked()) store.leaveChanging(changed);
      return unknownOutcome(reason);
    },
    cleanUp() {
      settled = true;
      clearTimeout(grace);
      if (isChange) store.answered(orderId);
    },
  };
}

/** Asks for the cancellation, and waits until the gateway has taken the request. */
export function cancel(
  { store, clientId, ms, signal, ask }: Writing,
  { orderId, permId }: Pick<KnownOrder, "orderId" | "permId">,
): Exchange<void> {
  const name = String(permId);
  let grace: ReturnType<typeof setTimeout> | undefined;
  let looking: ReturnType<typeof setTimeout> | undefined;
  let settled = false;

  function isTaken(): boolean {
    const status = store.get(permId)?.status;
    return status === "CANCELED" || status === "PENDING_CANCEL";
  }

  /** The gateway said something of which it is not known whether it kept the cancel. */
  function lookInto(notice: Notice, { done, fail }: Settle<void>): void {
    clearTimeout(looking);
    looking = setTimeout(() => {
      ask().then(
        () => {
          if (settled) return;
          if (isTaken()) done();
          else fail(toCancelRefusal(notice, name));
        },
        // Without an answer it stays unknown, until the time is up.
        () => {},
      );
    }, MS.refusalGrace);
  }

  return {
    what: "the cancel",
    ms,
    signal,
    send(api) {
      store.ask(orderId);
      api.cancelOrder(orderId);
    },
    hear(message, settle) {
      const { done, fail } = settle;
      if (message.kind === "notice" && message.id === orderId && isOfLink(message.code)) {
        // It says no more of this cancel, which would keep the next one waiting.
        looking ??= setTimeout(
          () => fail(unknownOutcome(`TWS cannot pass the cancel on: ${message.text}`)),
          MS.refusalGrace,
        );
        return;
      }
      const notice = noticeOf(message, orderId);
      if (notice !== undefined) {
        // TWS names the state in the language that it is set to, if at all.
        const isAgain = isNotCancelable(notice) && isTaken();
        // Of two orders with one number it does not say which.
        if (notice.code === ORDER_CANCELED && store.isShared(orderId) && !isTaken()) return;
        if (
          isAgain ||
          notice.code === ORDER_CANCELED ||
          /state: *(?:PendingCancel|(?:Api)?Cancelled)/i.test(notice.text)
        ) {
          done();
        } else if (isFinal(notice)) fail(toCancelRefusal(notice, name));
        // Also that there is no such order, as TWS says of some that it has just canceled, and what refuses orders, or was too
        // much: it may be about a change that was sent before, of which nothing had been heard.
        else lookInto(notice, settle);
        return;
      }
      const told = toldOf(message, orderId, clientId);
      if (told === undefined || (told.permId > 0 && told.permId !== permId)) return;
      if (CANCELED.has(told.status)) done();
      // The request is taken; the end mostly follows at once, and while the exchange is closed it does not.
      else if (told.status === "PendingCancel") grace ??= setTimeout(done, MS.refusalGrace);
      else if (told.status === "Filled") {
        fail(new BrokerError("OrderNotOpen", `order ${name} was filled before the cancel`, { outcome: "rejected" }));
      }
    },
    silent: unknownOutcome,
    cleanUp() {
      settled = true;
      clearTimeout(grace);
      clearTimeout(looking);
      store.answered(orderId);
    },
  };
}
