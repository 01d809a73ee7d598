/**
 * What is known of the account's orders, put together by `permId` from all that the gateway tells: open orders, statuses,
 * fills, completed orders and errors, in whatever order and however often they come.
 */
import { isTerminal, type OrderStatus } from "../../domain/order.ts";
import { Remembered } from "../../domain/remembered.ts";
import { AT_EXCHANGE, isOfLink, isWarning, lookUp, ORDER_CANCELED, ORDER_STATUS } from "./codes.ts";
import { asEnded, type Entry, Fills, type KnownOrder, known, statusOf, unlistedOf } from "./known-order.ts";
import type { Execution, Message, Notice, VendorOrder } from "./messages.ts";
import { FIRST_REQUEST_ID } from "./order-ids.ts";
import { isOfState, isTooFast } from "./refusals.ts";

export interface OrderStore {
  /** Takes a message in. @returns the `permId` of the order it changed. */
  hear(message: Message): number | undefined;
  get(permId: number): KnownOrder | undefined;
  /** The order with this number under our client id. */
  own(orderId: number): KnownOrder | undefined;
  /** True where several have this number: TWS may make a second order of a change while its own link is down. */
  isShared(orderId: number): boolean;
  /** All orders that were not completed when last heard of. */
  open(): readonly KnownOrder[];
  /** Those of which only fills are known, by `permId`. */
  bare(): readonly number[];
  /** Says that these are open no more: what is known of those that were may be out of date, until they are heard of again. */
  miss(permIds: readonly number[]): void;
  isMissing(permId: number): boolean;
  /** What the gateway last refused about this number, since {@link begin}. */
  refusalOf(orderId: number): Notice | undefined;
  /** Forgets errors and remarks about an order number, before something new is asked of it. */
  begin(orderId: number): void;
  /**
   * Says that a change or a cancel of this order is under way: what is refused now is that, and not the order. What was
   * refused before, as a change that had been taken, is no reason for an end that was asked for.
   */
  ask(orderId: number): void;
  /** Says that no answer to a change came in time: a refusal that still comes is of it, and not of the order. */
  giveUp(orderId: number): void;
  /** Says that TWS may show that change yet: of an order that waits for its session, it does so only then. */
  leaveChanging(permId: number): void;
  /** Says that it has ended: what was remarked meanwhile stays. */
  answered(orderId: number): void;
}

/** Times and days by the vendor's clock. */
export interface VendorDays {
  /** Time of a fill or a completion in the vendor's form, milliseconds. */
  toTime(text: string): number | null;
  /** When the day began of which the vendor lists what has ended, by its clock. */
  dayBegan(): number;
}

export interface StoreOptions extends VendorDays {
  readonly clientId: number;
  /** Orders of other accounts of the login are not kept. `undefined` until the account is chosen. */
  account(): string | undefined;
  /** The vendor's clock, `null` while it is not known. */
  now(): number | null;
}

/** The oldest completed orders are forgotten beyond so many. */
export const KEPT_ORDERS = 20_000;
export function createOrderStore({ clientId, account, now, toTime, dayBegan }: StoreOptions): OrderStore {
  const entries = new Map<number, Entry>();
  /** Our own order numbers. */
  const owned = new Map<number, number>();
  /** Those that several orders have. */
  const shared = new Set<number>();
  /** Errors about numbers of ours, which may come before the `permId` does. */
  const refusals = new Remembered<number, Notice>(KEPT_ORDERS);
  const warnings = new Remembered<number, string>(KEPT_ORDERS);
  /** Numbers of orders of which a change or a cancel is under way, and how many are. */
  const asked = new Map<number, number>();
  /** Those with a change that was given up: the next refusal is its answer. */
  const givenUp = new Remembered<number, true>(KEPT_ORDERS);
  /** When orders were handed over here that are not yet known by `permId`; those that are refused never are. */
  const begun = new Remembered<number, number | null>(KEPT_ORDERS);

  function entryOf(permId: number): Entry {
    const found = entries.get(permId);
    if (found !== undefined) return found;
    const fresh: Entry = {
      permId,
      orderId: 0,
      clientId: undefined,
      contract: undefined,
      order: undefined,
      status: "",
      completed: false,
      completedStatus: "",
      completedAt: null,
      filled: 0,
      average: 0,
      isSummedUp: false,
      fills: new Fills(),
      lastFill: undefined,
      unlisted: undefined,
      warning: null,
      refusal: undefined,
      changing: false,
      createdAt: null,
      changedAt: null,
      missing: false,
    };
    entries.set(permId, fresh);
    if (entries.size > KEPT_ORDERS) prune();
    return fresh;
  }

  function prune(): void {
    for (const [permId, entry] of entries) {
      if (entries.size <= KEPT_ORDERS) return;
      if (!isTerminal(statusOf(entry).status)) continue;
      entries.delete(permId);
      // Other client ids have the same numbers.
      if (owned.get(entry.orderId) === permId) owned.delete(entry.orderId);
    }
  }

  /** Writes a change down; what is only said again is none, and what goes with the first sight of an order is no news. */
  function change(entry: Entry, act: () => void, isNews = true): number | undefined {
    const before = entry.contract === undefined ? undefined : JSON.stringify(known(entry));
    act();
    if (before === JSON.stringify(known(entry))) return undefined;
    // The first sight of an order says nothing about when it changed.
    if (before !== undefined && isNews) entry.changedAt = later(entry.changedAt, now());
    return entry.permId;
  }

  function identify(entry: Entry, orderId: number, by: number | undefined): void {
    if (orderId !== 0) entry.orderId = orderId;
    if (by !== undefined) entry.clientId = by;
    if (entry.clientId !== clientId || entry.orderId <= 0) return;
    if ((owned.get(entry.orderId) ?? entry.permId) !== entry.permId) shared.add(entry.orderId);
    owned.set(entry.orderId, entry.permId);
    entry.refusal = refusals.get(entry.orderId) ?? entry.refusal;
    entry.warning = warnings.get(entry.orderId) ?? entry.warning;
  }

  function setStatus(entry: Entry, status: string): void {
    if (status === "") return;
    const ended = isTerminal(lookUp<OrderStatus>(ORDER_STATUS, entry.status) ?? "UNKNOWN");
    // Messages about an order overtake each other: none takes it back from its end.
    if (ended && status !== "Filled") return;
    if (status === "Submitted" || status === "PreSubmitted") forgive(entry);
    if (status === AT_EXCHANGE) entry.changing = false;
    entry.status = status;
  }

  /** The order lives: what was said against it before is no reason for its end. */
  function forgive(entry: Entry): void {
    entry.refusal = undefined;
    if (entry.clientId === clientId) refusals.delete(entry.orderId);
  }

  /** What was refused about this number. */
  function forget(orderId: number): void {
    refusals.delete(orderId);
    const entry = entries.get(owned.get(orderId) ?? 0);
    if (entry !== undefined) entry.refusal = undefined;
  }

  function addFill(entry: Entry, execution: Execution): void {
    const { execId, shares, price } = execution;
    if (execId === "" || shares === undefined || price === undefined) return;
    const dot = execId.lastIndexOf(".");
    const [id, revision] = dot < 0 ? [execId, 0] : [execId.slice(0, dot), Number(execId.slice(dot + 1)) || 0];
    const before = entry.fills.get(id);
    if (before !== undefined && before.revision >= revision) return;
    // The last part of an id counts the vendor's corrections of one and the same fill.
    if (before !== undefined) {
      entry.unlisted ??= unlistedOf(entry);
      // An order that was wholly filled is not open again because less of it was.
      entry.completed ||= entry.order !== undefined && statusOf(entry).status === "FILLED";
    }
    entry.fills.set(id, { revision, shares, price });
    const later = (entry.lastFill?.cumQty ?? 0) <= (execution.cumQty ?? 0);
    if (later) entry.lastFill = execution;
  }

  const saysAgainst = (notice: Notice) =>
    notice.code !== ORDER_CANCELED &&
    !isOfLink(notice.code) &&
    !isTooFast(notice) &&
    !isOfState(notice) &&
    !asked.has(notice.id);

  const isOurs = (name: string) => account() === undefined || name === "" || name === account();

  return {
    hear(message) {
      switch (message.kind) {
        case "openOrder": {
          const { contract, order, state, orderId } = message;
          if (order.permId <= 0 || !isOurs(order.account)) return undefined;
          const entry = entryOf(order.permId);
          return change(entry, () => {
            const isNew = entry.order === undefined;
            entry.missing = false;
            if (order.clientId === clientId && !isAlike(entry.order, order)) {
              givenUp.delete(orderId);
              entry.changing = false;
            }
            entry.contract = contract;
            entry.order = order;
            identify(entry, orderId, order.clientId);
            if (state.warningText !== "") entry.warning = state.warningText;
            setStatus(entry, state.status);
            // Where the answer was lost, it is heard of only when the connection is back.
            const begunAt = begun.get(orderId) ?? null;
            if (!isNew || order.clientId !== clientId || !begun.delete(orderId)) return;
            entry.createdAt = begunAt;
            entry.changedAt = later(entry.changedAt, begunAt);
          });
        }
        case "orderStatus": {
          const { permId, orderId, filled = 0, avgFillPrice = 0 } = message;
          // Orders of other accounts come here too, and have no entry: their description was not taken in.
          const known = entries.get(permId);
          if (known === undefined) return undefined;
          const isNews = known.isSummedUp || known.createdAt !== null;
          known.isSummedUp = true;
          return change(
            known,
            () => {
              known.missing = false;
              // Who placed an order is in its description: a status of it may name who has it canceled.
              identify(known, orderId, known.clientId === undefined ? message.clientId : undefined);
              if (filled >= known.filled) {
                known.filled = filled;
                known.average = avgFillPrice;
              }
              setStatus(known, message.status);
            },
            isNews,
          );
        }
        case "execution": {
          const { execution, contract } = message;
          if (execution.permId <= 0 || !isOurs(execution.acctNumber)) return undefined;
          // A trade log that shows a week has fills of orders that ended on an earlier day, and nobody tells how.
          const isBare = message.reqId > 0 && entries.get(execution.permId)?.order === undefined;
          if (isBare && isBefore(toTime(execution.time), dayBegan())) return undefined;
          const entry = entryOf(execution.permId);
          return change(
            entry,
            () => {
              entry.missing = false;
              entry.contract ??= contract;
              identify(entry, execution.orderId, execution.clientId);
              addFill(entry, execution);
            },
            // What is listed was filled at some time before.
            message.reqId <= 0,
          );
        }
        case "completedOrder": {
          const { contract, order, state } = message;
          if (order.permId <= 0 || !isOurs(order.account)) return undefined;
          const entry = entryOf(order.permId);
          return change(
            entry,
            () => {
              entry.missing = false;
              // A fill names the exchange that it came from, which need not be where the order was sent.
              if (entry.order === undefined) entry.contract = contract;
              entry.order = entry.order === undefined ? order : asEnded(entry.order, order, state);
              entry.completed = true;
              entry.completedStatus = state.completedStatus;
              entry.completedAt = toTime(state.completedTime);
              entry.filled = Math.max(entry.filled, order.filledQuantity ?? 0);
              setStatus(entry, state.status);
            },
            !entry.completed,
          );
        }
        case "notice": {
          const { id, code, text } = message;
          // Requests have numbers of their own, a new one each: nobody would ask for what was said about them.
          if (id <= 0 || id >= FIRST_REQUEST_ID) return undefined;
          const permId = owned.get(id);
          const entry = permId === undefined ? undefined : entries.get(permId);
          const isRemark = isWarning(code, text);
          const isAnswer = !isRemark && saysAgainst(message) && givenUp.delete(id);
          if (isRemark) warnings.set(id, text);
          else if (saysAgainst(message) && !isAnswer) refusals.set(id, message);
          if (entry === undefined) return undefined;
          return change(entry, () => {
            if (isAnswer) entry.changing = false;
            identify(entry, id, clientId);
          });
        }
        default:
          return undefined;
      }
    },

    get(permId) {
      const entry = entries.get(permId);
      return entry?.contract === undefined ? undefined : known(entry);
    },

    own(orderId) {
      const permId = owned.get(orderId);
      return permId === undefined ? undefined : this.get(permId);
    },

    isShared: (orderId) => shared.has(orderId),

    open() {
      return [...entries.values()]
        .filter((entry) => entry.contract !== undefined && !isTerminal(statusOf(entry).status))
        .map((entry) => known(entry));
    },

    bare() {
      return [...entries.values()].filter(({ order }) => order === undefined).map(({ permId }) => permId);
    },

    miss(permIds) {
      for (const permId of permIds) {
        const entry = entries.get(permId);
        if (entry !== undefined && !isTerminal(statusOf(entry).status)) entry.missing = true;
      }
    },

    isMissing: (permId) => entries.get(permId)?.missing === true,

    refusalOf: (orderId) => refusals.get(orderId),

    begin(orderId) {
      forget(orderId);
      warnings.delete(orderId);
      if (!owned.has(orderId)) begun.set(orderId, now());
      const entry = entries.get(owned.get(orderId) ?? 0);
      if (entry !== undefined) entry.warning = null;
    },

    ask(orderId) {
      asked.set(orderId, (asked.get(orderId) ?? 0) + 1);
      givenUp.delete(orderId);
      forget(orderId);
    },

    giveUp: (orderId) => givenUp.set(orderId, true),

    leaveChanging(permId) {
      const entry = entries.get(permId);
      if (entry !== undefined) entry.changing = true;
    },

    answered(orderId) {
      const others = (asked.get(orderId) ?? 1) - 1;
      if (others > 0) asked.set(orderId, others);
      else asked.delete(orderId);
      forget(orderId);
    },
  };
}

/** False once an order has been changed. */
function isAlike(before: VendorOrder | undefined, now: VendorOrder): boolean {
  return before?.totalQuantity === now.totalQuantity && before?.lmtPrice === now.lmtPrice;
}

function isBefore(at: number | null, dayBegan: number): boolean {
  return at !== null && at < dayBegan;
}

function later(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
