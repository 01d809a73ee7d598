/**
 * What the SDK tells, checked and in one shape: each of its events as a message with a kind.
 *
 * SDK fault (unset values): numbers that are not set come as `undefined`, 0, -1 or the largest double, depending on the
 * field; here whatever is no quantity or price of this world is `undefined`.
 */
import * as v from "valibot";
import { ownText } from "../shared/own-text.ts";
import { UNSET_INTEGER } from "./codes.ts";

const UNSET = 1e300;
const numberThat = (isSet: (value: number) => boolean) =>
  v.fallback(v.optional(v.pipe(v.number(), v.check(isSet))), undefined);
const number = numberThat((value) => Math.abs(value) < UNSET);
/** TWS may also write the largest number of 32, 64 or 128 bits where it has none. */
const quantity = numberThat((value) => Math.abs(value) < 2 ** 53 && value !== UNSET_INTEGER);
// The library cuts every field out of all that came in one piece.
const text = v.fallback(v.pipe(v.optional(v.string(), ""), v.transform(ownText)), "");
const flag = v.fallback(v.optional(v.boolean(), false), false);
const integer = v.fallback(v.optional(v.pipe(v.number(), v.safeInteger()), 0), 0);
/** 0 for none, as of an order that was entered in TWS itself. */
const orderNumber = v.pipe(
  integer,
  v.transform((value) => (value === UNSET_INTEGER ? 0 : value)),
);

const CONTRACT = v.object({
  conId: integer,
  symbol: text,
  secType: text,
  exchange: text,
  primaryExch: text,
  currency: text,
  localSymbol: text,
  tradingClass: text,
});
/** A contract as the gateway names it. */
export type VendorContract = v.InferOutput<typeof CONTRACT>;

/** What an order may be bound by beside quantity, price and hours. */
const BONDS = {
  parentId: orderNumber,
  /** In its place once the order has ended. */
  parentPermId: orderNumber,
  ocaGroup: text,
  goodAfterTime: text,
  algoStrategy: text,
  hidden: flag,
  allOrNone: flag,
  /** How much of it is shown, how little may be filled of it at once, and how far it may go beyond its limit. */
  displaySize: orderNumber,
  minQty: orderNumber,
  discretionaryAmt: v.fallback(v.optional(v.number(), 0), 0),
  /** In how large parts it goes out, and for how much money it is in the place of a quantity. */
  scaleInitLevelSize: orderNumber,
  cashQty: number,
  /** Among which accounts it is shared out. */
  faGroup: text,
  modelCode: text,
  conditions: v.fallback(v.optional(v.array(v.unknown()), []), []),
};

const ORDER = v.pipe(
  v.object({
    permId: integer,
    clientId: v.fallback(v.optional(v.pipe(v.number(), v.safeInteger())), undefined),
    action: text,
    totalQuantity: quantity,
    orderType: text,
    lmtPrice: number,
    tif: text,
    outsideRth: flag,
    account: text,
    orderRef: text,
    filledQuantity: quantity,
    /** Smart routing and the venue of the night. */
    includeOvernight: v.fallback(v.optional(v.boolean()), undefined),
    ...BONDS,
  }),
  v.transform(({ parentId, parentPermId, ocaGroup, goodAfterTime, algoStrategy, hidden, allOrNone, ...rest }) => {
    const { conditions, displaySize, minQty, discretionaryAmt, scaleInitLevelSize, cashQty = 0, ...others } = rest;
    const { faGroup, modelCode, ...described } = others;
    const isAttached = parentId > 0 || parentPermId > 0;
    const order = isAttached ? { ...described, attached: true } : described;
    const words = `${ocaGroup}${goodAfterTime}${algoStrategy}${faGroup}${modelCode}`;
    const isBound = isAttached || words !== "" || hidden || allOrNone || conditions.length > 0;
    const isPartly = displaySize > 0 || minQty > 0 || scaleInitLevelSize > 0;
    const isBeyond = cashQty > 0 || (discretionaryAmt > 0 && discretionaryAmt < UNSET);
    return isBound || isPartly || isBeyond ? { ...order, bound: true } : order;
  }),
);
/** An order as the gateway describes it, open or completed. */
export type VendorOrder = v.InferOutput<typeof ORDER> & {
  /** True where it has terms that are not read here, so that a change could not say them again. */
  readonly bound?: boolean;
  /** True where it has a parent. */
  readonly attached?: boolean;
};

const STATE = v.object({ status: text, warningText: text, completedTime: text, completedStatus: text });
export type VendorState = v.InferOutput<typeof STATE>;

const EXECUTION = v.object({
  execId: text,
  orderId: orderNumber,
  permId: integer,
  clientId: v.fallback(v.optional(v.pipe(v.number(), v.safeInteger())), undefined),
  acctNumber: text,
  time: text,
  side: text,
  shares: quantity,
  price: number,
  cumQty: quantity,
  avgPrice: number,
  orderRef: text,
});
/** One fill. */
export type Execution = v.InferOutput<typeof EXECUTION>;

const DETAILS = v.object({
  contract: CONTRACT,
  validExchanges: text,
  longName: text,
  timeZoneId: text,
  tradingHours: text,
  liquidHours: text,
});
/** What the gateway knows of a contract. */
export type ContractDetails = v.InferOutput<typeof DETAILS>;

export interface OrderStatusReport {
  readonly orderId: number;
  readonly status: string;
  readonly filled: number | undefined;
  readonly avgFillPrice: number | undefined;
  readonly permId: number;
  readonly clientId: number;
}

export interface AccountValue {
  readonly key: string;
  readonly value: string;
  readonly currency: string;
}

/** A text with a number: a refusal, a warning, news of the link. `id` is that of the request or order, -1 for none. */
export interface Notice {
  readonly id: number;
  readonly code: number;
  readonly text: string;
}

export type Message =
  | ({ readonly kind: "notice" } & Notice)
  /** What TWS says first: the version of the protocol, and its clock: `20261122 10:00:00 US/Eastern`. */
  | { readonly kind: "greeting"; readonly version: number; readonly time: string }
  | { readonly kind: "accounts"; readonly accounts: readonly string[] }
  | { readonly kind: "nextOrderId"; readonly orderId: number }
  | { readonly kind: "time"; readonly seconds: number }
  | {
      readonly kind: "openOrder";
      readonly orderId: number;
      readonly contract: VendorContract;
      readonly order: VendorOrder;
      readonly state: VendorState;
    }
  | ({ readonly kind: "orderStatus" } & OrderStatusReport)
  | { readonly kind: "openOrderEnd" }
  | {
      readonly kind: "completedOrder";
      readonly contract: VendorContract;
      readonly order: VendorOrder;
      readonly state: VendorState;
    }
  | { readonly kind: "completedOrdersEnd" }
  | {
      readonly kind: "execution";
      readonly reqId: number;
      readonly contract: VendorContract;
      readonly execution: Execution;
    }
  | { readonly kind: "executionsEnd"; readonly reqId: number }
  | {
      readonly kind: "position";
      readonly account: string;
      readonly contract: VendorContract;
      readonly qty: number | undefined;
    }
  | { readonly kind: "positionEnd" }
  | ({ readonly kind: "accountValue"; readonly reqId: number; readonly model: string } & AccountValue)
  | { readonly kind: "accountValuesEnd"; readonly reqId: number }
  | { readonly kind: "contractDetails"; readonly reqId: number; readonly details: ContractDetails }
  | { readonly kind: "contractDetailsEnd"; readonly reqId: number }
  | { readonly kind: "tick"; readonly reqId: number; readonly type: number; readonly value: number };

type Arguments = readonly unknown[];

/** More than any text of the vendor has: longer ones would cost by their square where words are looked for in them. */
const LONGEST_TEXT = 2_000;

function noticeText(given: unknown): string {
  return String(given).slice(0, LONGEST_TEXT);
}

/** Every event of the SDK that is listened to. */
const READERS: Readonly<Record<string, (args: Arguments) => Message | undefined>> = {
  error: ([error, code, id]) => ({
    kind: "notice",
    id: v.parse(integer, id ?? -1),
    code: v.parse(integer, code),
    text: noticeText(error instanceof Error ? error.message : error),
  }),
  // SDK fault (errors without a request): they come as another event, those about the link among them.
  info: ([message, code]) => ({ kind: "notice", id: -1, code: v.parse(integer, code), text: noticeText(message) }),
  server: ([version, time]) => ({
    kind: "greeting",
    version: v.parse(integer, version),
    time: v.parse(text, time),
  }),
  managedAccounts: ([list]) => ({
    kind: "accounts",
    accounts: v
      .parse(text, list)
      .split(",")
      .map((account) => account.trim())
      .filter((account) => account !== ""),
  }),
  nextValidId: ([orderId]) => ({ kind: "nextOrderId", orderId: v.parse(integer, orderId) }),
  currentTime: ([seconds]) => ({ kind: "time", seconds: v.parse(integer, seconds) }),
  openOrder: ([orderId, contract, order, state]) => ({
    kind: "openOrder",
    orderId: v.parse(orderNumber, orderId),
    contract: v.parse(CONTRACT, contract),
    order: v.parse(ORDER, order),
    state: v.parse(STATE, state),
  }),
  orderStatus: ([orderId, status, filled, , avgFillPrice, permId, , , clientId]) => ({
    kind: "orderStatus",
    orderId: v.parse(orderNumber, orderId),
    status: v.parse(text, status),
    filled: v.parse(quantity, filled),
    avgFillPrice: v.parse(number, avgFillPrice),
    permId: v.parse(integer, permId),
    clientId: v.parse(integer, clientId),
  }),
  openOrderEnd: () => ({ kind: "openOrderEnd" }),
  completedOrder: ([contract, order, state]) => ({
    kind: "completedOrder",
    contract: v.parse(CONTRACT, contract),
    order: v.parse(ORDER, order),
    state: v.parse(STATE, state),
  }),
  completedOrdersEnd: () => ({ kind: "completedOrdersEnd" }),
  execDetails: ([reqId, contract, execution]) => ({
    kind: "execution",
    reqId: v.parse(integer, reqId),
    contract: v.parse(CONTRACT, contract),
    execution: v.parse(EXECUTION, execution),
  }),
  execDetailsEnd: ([reqId]) => ({ kind: "executionsEnd", reqId: v.parse(integer, reqId) }),
  position: ([account, contract, qty]) => ({
    kind: "position",
    account: v.parse(text, account),
    contract: v.parse(CONTRACT, contract),
    qty: v.parse(quantity, qty),
  }),
  positionEnd: () => ({ kind: "positionEnd" }),
  accountUpdateMulti: ([reqId, , model, key, value, currency]) => ({
    kind: "accountValue",
    reqId: v.parse(integer, reqId),
    model: v.parse(text, model),
    // A setting of TWS, on where it was set up by 10.47 or later, marks what is of one currency.
    key: v.parse(text, key).replace(/^\$LEDGER-/, ""),
    value: v.parse(text, value),
    currency: v.parse(text, currency),
  }),
  // SDK fault (types): the number of the request comes as text here.
  accountUpdateMultiEnd: ([reqId]) => ({ kind: "accountValuesEnd", reqId: v.parse(integer, Number(reqId)) }),
  contractDetails: ([reqId, details]) => ({
    kind: "contractDetails",
    reqId: v.parse(integer, reqId),
    details: v.parse(DETAILS, details),
  }),
  contractDetailsEnd: ([reqId]) => ({ kind: "contractDetailsEnd", reqId: v.parse(integer, reqId) }),
  tickPrice: (args) => toTick(args),
  tickGeneric: (args) => toTick(args),
  tickString: (args) => toTick(args),
};

function toTick([reqId, type, value]: Arguments): Message | undefined {
  const amount = v.parse(number, typeof value === "string" && value !== "" ? Number(value) : value);
  if (amount === undefined) return undefined;
  return { kind: "tick", reqId: v.parse(integer, reqId), type: v.parse(integer, type), value: amount };
}

export const EVENTS: readonly string[] = Object.keys(READERS);

/** @throws ValiError for what is not even an object where one belongs. */
export function parseMessage(event: string, args: Arguments): Message | undefined {
  return READERS[event]?.(args);
}

/** The number of an order of this client id; those of others have numbers of their own, which may be the same. */
export function ownNumberIn(message: Message, clientId: number): number | undefined {
  if (message.kind === "notice") return message.id;
  if (message.kind === "openOrder") return message.order.clientId === clientId ? message.orderId : undefined;
  return message.kind === "orderStatus" && message.clientId === clientId ? message.orderId : undefined;
}
