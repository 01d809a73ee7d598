/** The requests that change nothing, each with the messages that answer it. */

import {
  BOOK_TICKS,
  FIRST_DELAYED_TICK,
  HALTED_TICKS,
  isWarning,
  LAST_TIME_TICKS,
  NEEDS_API_SUBSCRIPTION,
  QUOTE_WARNINGS,
  type TickField,
  UNREADABLE,
} from "./codes.ts";
import type { ContractSearch } from "./contracts.ts";
import { isWhole, type Ticks, tickField } from "./convert.ts";
import type { Exchange, Link } from "./link.ts";
import type { AccountValue, ContractDetails, Message, VendorContract } from "./messages.ts";
import type { VendorDays } from "./order-store.ts";
import { toReadRefusal } from "./refusals.ts";
import { MS } from "./timing.ts";

/** What a read needs to know besides its question. */
export interface Asking {
  readonly link: Link;
  readonly ms: number;
  /** So many ends of earlier answers that were given up are still to come. */
  readonly skip: number;
}

/** Any answer will do, also a late one to whoever gave up: TWS leaves what comes too soon after another unanswered for good. */
export function currentTime({ ms }: Asking): Exchange<number> {
  return {
    what: "the time",
    ms,
    send: (api) => api.reqCurrentTime(),
    hear(message, { done }) {
      if (message.kind === "time") done(message.seconds);
    },
  };
}

/**
 * Stands in a list of `permId`s for open orders of ours that have none yet: they are on their way from TWS to the vendor.
 * What has ended without one never got there, and a fill without one is of no order, as that of an exercise.
 */
export const UNNUMBERED = 0;
/** Stands in such a list for whatever the library could not read while the list came: it may have been an order. */
export const UNREAD = -1;

/**
 * Which open orders to list: those of our client id, which takes their pushes over, or everybody's.
 *
 * @param ours our client id.
 */
export function openOrders({ ms, skip }: Asking, whose: "own" | "all", ours: number): Exchange<ReadonlySet<number>> {
  const found = new Set<number>();
  let late = skip;
  return {
    what: "open orders",
    ms,
    send: (api) => (whose === "own" ? api.reqOpenOrders() : api.reqAllOpenOrders()),
    hear(message, { done }) {
      if (message.kind === "openOrder") {
        const { permId, clientId } = message.order;
        if (permId > 0) found.add(permId);
        // What a person prepares in TWS belongs to client id 0, and has no number of a program.
        else if (clientId === ours && message.orderId > 0) found.add(UNNUMBERED);
      }
      if (isUnread(message)) found.add(UNREAD);
      if (message.kind === "openOrderEnd" && late-- <= 0) done(found);
    },
  };
}

export function completedOrders({ ms, skip }: Asking): Exchange<ReadonlySet<number>> {
  const found = new Set<number>();
  let late = skip;
  return {
    what: "completed orders",
    ms,
    send: (api) => api.reqCompletedOrders(false),
    hear(message, { done }) {
      if (message.kind === "completedOrder" && message.order.permId > 0) found.add(message.order.permId);
      if (isUnread(message)) found.add(UNREAD);
      if (message.kind === "completedOrdersEnd" && late-- <= 0) done(found);
    },
  };
}

/** Orders with fills of the day, of every client id. TWS's trade log may be set to tell of those of a week. */
export function executions({ link, ms }: Asking, account: string, days: VendorDays): Exchange<ReadonlySet<number>> {
  const dayBegan = days.dayBegan();
  const reqId = link.nextRequestId();
  const found = new Set<number>();
  return {
    what: "executions",
    ms,
    send: (api) => api.reqExecutions(reqId, { acctCode: account }),
    hear(message, { done, fail }) {
      if (message.kind === "execution" && message.reqId === reqId) {
        const { permId, time } = message.execution;
        if (permId > 0 && (days.toTime(time) ?? dayBegan) >= dayBegan) found.add(permId);
      }
      if (message.kind === "executionsEnd" && message.reqId === reqId) done(found);
      const refusal = refusalOf(message, reqId);
      if (refusal !== undefined) fail(toReadRefusal(refusal, "the executions"));
    },
  };
}

/** A holding of any account of the login. */
export interface VendorPosition {
  readonly account: string;
  readonly contract: VendorContract;
  readonly qty: number;
}

export function positions({ ms, skip }: Asking): Exchange<readonly VendorPosition[]> {
  const found = new Map<string, VendorPosition>();
  let late = skip;
  return {
    what: "positions",
    ms,
    send: (api) => api.reqPositions(),
    hear(message, { done }) {
      if (message.kind === "position" && message.qty !== undefined) {
        const { account, contract, qty } = message;
        // A holding that changes meanwhile is told again: the later word counts.
        found.set(`${account} ${contract.conId} ${contract.localSymbol}`, { account, contract, qty });
      }
      if (message.kind === "positionEnd" && late-- <= 0) done([...found.values()]);
    },
    farewell: (api) => api.cancelPositions(),
  };
}

export function accountValues({ link, ms }: Asking, account: string): Exchange<readonly AccountValue[]> {
  const reqId = link.nextRequestId();
  const found: AccountValue[] = [];
  return {
    what: "account values",
    ms,
    send: (api) => api.reqAccountUpdatesMulti(reqId, account, "", false),
    hear(message, { done, fail }) {
      if (message.kind === "accountValue" && message.reqId === reqId && message.model === "") {
        const { key, value, currency } = message;
        found.push({ key, value, currency });
      }
      if (message.kind === "accountValuesEnd" && message.reqId === reqId) done(found);
      const refusal = refusalOf(message, reqId);
      if (refusal !== undefined) fail(toReadRefusal(refusal, "the account's values"));
    },
    farewell: (api) => api.cancelAccountUpdatesMulti(reqId),
  };
}

/** Every contract that fits; none where the gateway knows none. */
export function contractDetails(
  { link, ms }: Asking,
  search: ContractSearch | { readonly conId: number; readonly exchange?: string },
): Exchange<readonly ContractDetails[]> {
  const reqId = link.nextRequestId();
  const found: ContractDetails[] = [];
  return {
    what: "contract details",
    ms,
    send: (api) => api.reqContractDetails(reqId, search),
    hear(message, { done, fail }) {
      if (message.kind === "contractDetails" && message.reqId === reqId) found.push(message.details);
      if (message.kind === "contractDetailsEnd" && message.reqId === reqId) done(found);
      const refusal = refusalOf(message, reqId);
      if (refusal === undefined) return;
      // "No security definition has been found": an answer, and the last one.
      if (refusal.code === 200) done([]);
      else fail(toReadRefusal(refusal, "the contract's details"));
    },
  };
}

/**
 * A quote: a stream of market data that is opened, listened to until it has told everything, and closed. (A snapshot would
 * take up to eleven seconds.)
 *
 * @param delayed whether delayed data was asked for where there is no live one.
 */
export function ticks(
  { link, ms }: Asking,
  contract: Partial<VendorContract>,
  name: string,
  delayed: boolean,
): Exchange<Ticks> {
  const reqId = link.nextRequestId();
  const prices = new Map<TickField, number>();
  let lastTime: number | undefined;
  let isDelayed = false;
  let halted = false;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  const lastMs = Math.min(MS.quoteLast, ms / 2);
  return {
    what: `the quote of ${name}`,
    ms,
    send: (api) => api.reqMktData(reqId, contract, "", false, false),
    hear(message, { done, fail }) {
      const refusal = refusalOf(message, reqId);
      if (refusal !== undefined && !QUOTE_WARNINGS.has(refusal.code)) {
        const refuse = () => fail(toReadRefusal(refusal, `the quote of ${name}`));
        // Delayed data may follow all the same.
        if (delayed && refusal.code === NEEDS_API_SUBSCRIPTION) quiet ??= setTimeout(refuse, lastMs);
        else refuse();
        return;
      }
      if (message.kind !== "tick" || message.reqId !== reqId) return;
      const { type, value } = message;
      const field = tickField(type, value);
      const isNews =
        (field !== undefined && !prices.has(field)) || (lastTime === undefined && LAST_TIME_TICKS.has(type));
      if (field === "latest") isDelayed = type >= FIRST_DELAYED_TICK;
      if (field !== undefined) prices.set(field, value);
      else if (LAST_TIME_TICKS.has(type)) lastTime = value;
      else if (HALTED_TICKS.has(type)) halted = value > 0;
      else if (!BOOK_TICKS.has(type)) return;
      const soFar = () => done({ prices, lastTime, isDelayed, halted });
      // Whether trading is halted is told last, if at all: what is whole waits for it a moment.
      if (isWhole({ prices, lastTime, halted }) && HALTED_TICKS.has(type)) soFar();
      else if ((prices.has("latest") || prices.has("preClose")) && isNews) {
        // What is only told again puts nothing off: bid and ask of a share in demand never rest.
        clearTimeout(quiet);
        quiet = setTimeout(soFar, prices.has("latest") ? MS.quoteQuiet : lastMs);
      }
    },
    cleanUp: () => clearTimeout(quiet),
    farewell: (api) => api.cancelMktData(reqId),
  };
}

/** SDK fault (decoder): it drops a message that ends before it should, and says so as an error of no request. */
function isUnread(message: Message): boolean {
  return message.kind === "notice" && message.id < 0 && message.code === UNREADABLE && /^Underrun/.test(message.text);
}

/** A refusal of this very request; warnings are none. */
function refusalOf(message: Message, reqId: number) {
  if (message.kind !== "notice" || message.id !== reqId || isWarning(message.code, message.text)) return undefined;
  return message;
}
