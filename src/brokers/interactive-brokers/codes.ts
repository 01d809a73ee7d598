/**
 * The vendor's words and numbers in ours: one table for each enumeration, every member of it in its row.
 *
 * A file of its own beside `convert.ts`, since the two together would be too long. Source: the TWS API documentation,
 * "Order Status", "Order Types", "Time in Force", "Tick Types" and "Message Codes".
 */
import type { Direction, OrderStatus, OrderType, TimeInForce } from "../../domain/order.ts";

/** What TWS writes for no whole number, as for no quantity. */
export const UNSET_INTEGER = 2_147_483_647;

/**
 * `OrderStatus`. `Inactive` stands for orders that were refused and for orders that wait; alone it is an open order, see
 * `order-store.ts`.
 */
export const ORDER_STATUS = {
  ApiPending: "PENDING",
  PendingSubmit: "PENDING",
  PreSubmitted: "OPEN",
  Submitted: "OPEN",
  PendingCancel: "PENDING_CANCEL",
  ApiCancelled: "CANCELED",
  Cancelled: "CANCELED",
  Filled: "FILLED",
  Inactive: "OPEN",
  Unknown: "UNKNOWN",
} as const satisfies Record<string, OrderStatus>;

/** The one after which an order is at the exchange: what TWS shows of it then is what holds. */
export const AT_EXCHANGE = "Submitted";

/** `OrderAction`. A short sale is a sale here. */
export const DIRECTION = {
  BUY: "BUY",
  SELL: "SELL",
  SSHORT: "SELL",
  SLONG: "SELL",
} as const satisfies Record<string, Direction>;

/** `OrderType`; `null` for what has no word here. The vendor's short and long spellings. */
export const ORDER_TYPE = {
  LMT: "Limit",
  LIMIT: "Limit",
  MKT: "Market",
  MARKET: "Market",
} as const satisfies Record<string, OrderType>;

/** `TimeInForce`; `null` for what has no word here. */
export const TIME_IN_FORCE = {
  DAY: "DAY",
  GTC: "GTC",
  IOC: null,
  GTD: null,
  OPG: null,
  FOK: null,
  DTC: null,
  AUC: null,
  GTX: null,
  GTT: null,
  Minutes: null,
} as const satisfies Record<string, TimeInForce | null>;

/** What a tick tells, by `TickType`: live and delayed kinds tell the same. */
export const TICK_FIELD = {
  4: "latest",
  6: "highPrice",
  7: "lowPrice",
  9: "preClose",
  14: "openPrice",
  68: "latest",
  72: "highPrice",
  73: "lowPrice",
  75: "preClose",
  76: "openPrice",
} as const satisfies Record<number, "latest" | "highPrice" | "lowPrice" | "preClose" | "openPrice">;

/** Prices from this kind of tick on are of delayed data, those before it of live data. */
export const FIRST_DELAYED_TICK = 66;

export type TickField = (typeof TICK_FIELD)[keyof typeof TICK_FIELD];

/** Ticks with the time of the last trade, in seconds: live and delayed. */
export const LAST_TIME_TICKS: ReadonlySet<number> = new Set([45, 88]);
/** Tick `Halted`: -1 not known, 0 not halted, 1 and 2 halted. Delayed: 90. */
export const HALTED_TICKS: ReadonlySet<number> = new Set([49, 90]);
/** Bid and ask, live and delayed: they say that data comes, and are no field of ours. */
export const BOOK_TICKS: ReadonlySet<number> = new Set([1, 2, 66, 67]);

/** Messages by number that say something of the link between TWS and the vendor's servers. */
export const LINK_MESSAGE = {
  /** Connectivity between IB and TWS has been lost. */
  1100: "lost",
  /** Connectivity restored, data lost. */
  1101: "restored",
  /** Connectivity restored, data maintained. */
  1102: "restored",
  /** Connectivity between TWS and server is broken: said to a client that connects meanwhile. */
  2110: "lost",
} as const satisfies Record<number, "lost" | "restored">;

/**
 * "Not connected", and that the link to the vendor is lost, said of an order: nothing against it. From 10.28 on TWS keeps what
 * it is told to place and to change meanwhile, and sends it on when the link is back, unless it is set otherwise.
 */
const WITHOUT_LINK: ReadonlySet<number> = new Set([504, 1100]);

/** True for what TWS says of an order, and of nothing but its own link. */
export function isOfLink(code: number): boolean {
  return WITHOUT_LINK.has(code);
}

/** TWS says on each connection from what day on Interactive Brokers lets this version of it log in no more. */
export const ENDS_SOON = 2172;

/** Client id in use: the connection is refused. */
export const CLIENT_ID_IN_USE = 326;
/** The gateway says that it ends the connection on purpose, and where it will listen next. */
export const SOCKET_RESET = 1300;

/** "Error validating request": TWS's own checks have turned it down. */
const INVALID = 321;
/** In the place of a request's number where it has none; older versions give the largest one. */
const NO_NUMBERS: ReadonlySet<number> = new Set([-1, 2_147_483_647]);

/** True for the refusal of a list of orders, which then has no end. That of an order has its number. */
export function isReadOnly({ id, code, text }: { id: number; code: number; text: string }): boolean {
  return code === INVALID && NO_NUMBERS.has(id) && /read-only/i.test(text);
}

/** The library could not read a message, or not all of it. */
export const UNREADABLE = 505;

/** Remarks about an order that lives on. */
const ORDER_WARNINGS: ReadonlySet<number> = new Set([165, 399, 404, 492, 10349]);

/** True for a message about an order or a request that changes nothing about it. */
export function isWarning(code: number, text: string): boolean {
  // Whatever a refusal warns of besides.
  if (REFUSALS.has(code)) return false;
  if ((code >= 2100 && code < 2200) || ORDER_WARNINGS.has(code)) return true;
  return /^(?:order )?warning\b|\bWarning:/i.test(text);
}

/** Remarks about market data that comes all the same: partly subscribed; delayed instead of live. */
export const QUOTE_WARNINGS: ReadonlySet<number> = new Set([10090, 10091, 10167]);

/** "Requires additional subscription for API": of live data, but delayed ones come to who asks for them. */
export const NEEDS_API_SUBSCRIPTION = 10_089;

/** An order was canceled: information after a cancel of ours, the vendor's own doing otherwise. */
export const ORDER_CANCELED = 202;

/**
 * Refusals of a new or changed order that leave nothing open. What is not here is looked into before it is called a
 * refusal: also 131, which says that something is ignored, 133, which the vendor lays to the network as well, 164, and 10311
 * and 10329, "will be directly routed", at which a TWS with a screen may hold the order until a person sends it.
 */
export const REFUSALS: ReadonlySet<number> = new Set([
  103, 104, 105, 106, 107, 109, 110, 111, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 129,
  132, 134, 137, 139, 140, 141, 144, 145, 146, 147, 148, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160, 163, 200,
  201, 203, 263, 321, 325, 328, 329, 332, 335, 336, 337, 338, 339, 343, 344, 345, 346, 347, 348, 349, 350, 351, 352,
  353, 355, 356, 357, 358, 359, 360, 361, 362, 363, 367, 369, 370, 371, 382, 383, 387, 388, 389, 391, 392, 395, 396,
  397, 398, 400, 401, 402, 403, 405, 406, 409, 411, 412, 413, 414, 415, 416, 417, 418, 419, 422, 423, 424, 427, 428,
  435, 436, 437, 438, 439, 440, 441, 442, 443, 444, 446, 447, 448, 449, 450, 451, 452, 453, 454, 455, 456, 457, 458,
  459, 460, 461, 463, 2102, 10006, 10043, 10052, 10268, 10318,
]);

/** The value of a table, `undefined` for what it lacks. */
export function lookUp<T>(table: Readonly<Record<string | number, T>>, key: string | number): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
