/** Orders: what a client asks for, what a broker reports, and the flags that follow from a status. */
import type { Contract } from "./contract.ts";

/** Every {@link Direction}. */
export const DIRECTIONS = ["BUY", "SELL"] as const;
/** Every {@link OrderType}. */
export const ORDER_TYPES = ["Limit", "Market"] as const;
/** Every {@link TimeInForce}. */
export const TIMES_IN_FORCE = ["DAY", "GTC"] as const;
/** Every {@link Lifecycle}. */
export const LIFECYCLES = ["RTH", "ETH", "OVERNIGHT"] as const;
/** Every {@link OrderStatus}. */
export const ORDER_STATUSES = [
  "PENDING",
  "OPEN",
  "PARTIALLY_FILLED",
  "PENDING_REPLACE",
  "PENDING_CANCEL",
  "FILLED",
  "CANCELED",
  "EXPIRED",
  "REJECTED",
  "UNKNOWN",
] as const;

/** Side of an order. Selling more than is held is a short sale, where the account allows it. */
export type Direction = (typeof DIRECTIONS)[number];
/** `Limit` needs a price, `Market` ignores one. */
export type OrderType = (typeof ORDER_TYPES)[number];
/** `DAY` ends with the trading day, `GTC` when canceled (or at the vendor's own horizon). */
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];
/** When an order may trade: regular hours; regular, pre and post; or the night session only. */
export type Lifecycle = (typeof LIFECYCLES)[number];
/** Where an order stands, in our words. See {@link orderFlags} for what each means. */
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** What a client asks for in `order/place`, validated and in its one form. */
export interface OrderRequest {
  readonly contract: Contract;
  readonly direction: Direction;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly lifecycle: Lifecycle;
  /** Positive, in the unit of the contract. */
  readonly qty: number;
  /** Limit price in the currency of the contract; absent for a market order. */
  readonly price?: number;
}

/** What a client asks for in `order/replace`: at least one of the two. */
export interface OrderChange {
  /** New *total* quantity, including what is filled. */
  readonly qty?: number;
  /** New limit price. */
  readonly price?: number;
}

/**
 * An order as its broker reports it. A field that the vendor expresses in words of its own (a stop order, an
 * immediate-or-cancel) is `null` rather than bent into ours.
 */
export interface Order {
  /** 1 to 64 printable ASCII characters without spaces: a client can ask for no other, nor cancel it. */
  readonly orderId: string;
  readonly contract: Contract;
  /** Currency of price and avgPrice, as the vendor gives it; offshore yuan is written CNY. */
  readonly currency: string;
  readonly direction: Direction;
  readonly orderType: OrderType | null;
  /** Limit price, `null` for market orders. */
  readonly price: number | null;
  readonly timeInForce: TimeInForce | null;
  readonly lifecycle: Lifecycle | null;
  /** Total quantity. */
  readonly qty: number;
  readonly filledQty: number;
  /** Average price of the fills, 0 while there are none. */
  readonly avgPrice: number;
  readonly status: OrderStatus;
  /** The vendor's own word for the status, unchanged. */
  readonly originStatus: string;
  /** Why a REJECTED or EXPIRED order ended, in the vendor's words. Ignored for every other status. */
  readonly errorReason: string;
  /** The vendor's remark about an order that lives on, `null` when there is none. */
  readonly warning: string | null;
  /** The gateway's mark, read back from the vendor's free text; `null` for orders that carry none. */
  readonly tag: string | null;
  /** The vendor's number that the order was placed with, where a broker asks for one beforehand. Not on our wire. */
  readonly number?: string;
  /** False where the broker knows that this order cannot be canceled from here. Default true. */
  readonly cancelable?: boolean;
  /**
   * True where the vendor says, or has shown by a newer report, that it took fills back: `filledQty` holds though more was
   * known. Not on our wire.
   */
  readonly busted?: boolean;
  /**
   * True where `updatedAt` is the vendor's and puts all its reports of an order in a row, pushes and lists alike: one of later
   * and of fewer fills says that it took some back, also where that happened while nobody listened. Not on our wire.
   */
  readonly dated?: boolean;
  /**
   * True while the vendor may hold a change of this order back without showing it, as until its session begins: that it is
   * not shown proves nothing. Not on our wire.
   */
  readonly holdsChanges?: boolean;
  /** Milliseconds since the epoch, `null` when the vendor does not say. */
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
}

/** The flags of the wire that follow from an order. */
export interface OrderFlags {
  readonly isCanceled: boolean;
  readonly isFilled: boolean;
  readonly isCompleted: boolean;
  readonly isCancelable: boolean;
  /** Empty unless the order ended in REJECTED or EXPIRED, and then never empty. */
  readonly errorReason: string;
}

type Ending = "open" | "filled" | "canceled" | "failed";

const ENDINGS = {
  PENDING: "open",
  OPEN: "open",
  PARTIALLY_FILLED: "open",
  PENDING_REPLACE: "open",
  PENDING_CANCEL: "open",
  FILLED: "filled",
  CANCELED: "canceled",
  EXPIRED: "failed",
  REJECTED: "failed",
  UNKNOWN: "open",
} as const satisfies Record<OrderStatus, Ending>;

/** True for a status after which only a correction may change the order. */
export function isTerminal(status: OrderStatus): boolean {
  return ENDINGS[status] !== "open";
}

/** True for an order that nothing but a correction can change any more: it has ended, or is wholly filled. */
export function isCompleted(order: Pick<Order, "status" | "qty" | "filledQty">): boolean {
  return isTerminal(order.status) || isWhollyFilled(order);
}

function isWhollyFilled({ qty, filledQty }: Pick<Order, "qty" | "filledQty">): boolean {
  return qty > 0 && filledQty >= qty;
}

/**
 * Derives the flags. An order that is wholly filled counts as filled whatever an older status says, and a working order
 * never shows an error: a client that sees "completed" buys again.
 */
export function orderFlags(
  order: Pick<Order, "status" | "qty" | "filledQty" | "errorReason" | "originStatus" | "cancelable">,
): OrderFlags {
  const ending = ENDINGS[order.status];
  const failed = ending === "failed";
  const canceled = ending === "canceled";
  const filled = isWhollyFilled(order) && !canceled && !failed;
  const completed = isCompleted(order);
  return {
    isCanceled: canceled,
    isFilled: filled,
    isCompleted: completed,
    isCancelable: !completed && order.status !== "PENDING_CANCEL" && order.cancelable !== false,
    errorReason: failed ? order.errorReason || order.originStatus || order.status : "",
  };
}

/** What is known of an order that its broker has taken and not told of yet. */
const UNHEARD = {
  filledQty: 0,
  avgPrice: 0,
  status: "PENDING",
  originStatus: "",
  errorReason: "",
  warning: null,
  createdAt: null,
  updatedAt: null,
} as const;

/** One that was placed, as its broker took it. `currency` is empty where nobody says it yet. */
export function placedOrder(request: OrderRequest, orderId: string, tag: string, currency: string): Order {
  return { ...request, orderId, tag, price: request.price ?? null, currency, ...UNHEARD };
}

/** One that a change has put in the place of `old`, as its broker took it. */
export function replacedOrder<T extends Order>(old: T, change: OrderChange, orderId: string): T {
  return { ...old, ...change, ...UNHEARD, orderId };
}

/** How an update changed what was known: nothing new, the order moved on, or a fill came after the end. */
export type OrderUpdateKind = "none" | "order" | "correction";

/**
 * Merges a newer report into what is known. A status never takes a completed order back, but fills are always applied,
 * also to a completed order (kind `correction`); a lower filled quantity there, or where the broker says so or dates its
 * reports, is the vendor's bust and warns. `isOvertaken` says that the broker told of the order by itself after it was asked
 * for this report.
 */
export function mergeOrder(known: Order, report: Order, isOvertaken = false): { order: Order; kind: OrderUpdateKind } {
  const ended = isTerminal(known.status);
  // A report of fewer than are filled is from before a change, also where the vendor says no times, and so is, within the
  // same moment of the vendor's clock, one of fewer fills or one that was asked for before what is known was told.
  const isSameMoment = report.updatedAt !== null && report.updatedAt === known.updatedAt;
  const isFewer = report.qty < known.filledQty || (isSameMoment && (isOvertaken || report.filledQty < known.filledQty));
  const isBefore = isNewer(known, report) || (isFewer && report.busted !== true);
  const older = !ended && isBefore;
  // A report from before fills were taken back must not give them again, nor one from after that take back what came since.
  const isOutdated = known.busted === true && isNewer(known, report);
  const isBust =
    (report.busted === true && !isOutdated) || ((ended || report.dated === true) && isNewer(report, known));
  const busted = report.filledQty < known.filledQty && isBust;
  const fills =
    (report.filledQty > known.filledQty && !isOutdated) || busted || !Number.isFinite(known.filledQty)
      ? { filledQty: report.filledQty, avgPrice: report.avgPrice }
      : {
          filledQty: known.filledQty,
          // Fills have a price: where a list of what has ended lacks it, what was heard of them before still holds.
          avgPrice: (report.filledQty === known.filledQty && report.avgPrice) || known.avgPrice,
        };
  const keepsStatus =
    (ended && !((report.status === "FILLED" && !isOutdated) || (busted && isTerminal(report.status)))) ||
    (older && !isTerminal(report.status));
  const base = keepsStatus ? known : report;
  // What ended otherwise was for more than was filled: some vendors have no other quantity of it then.
  const isCutShort = isTerminal(base.status) && base.status !== "FILLED" && base.qty <= fills.filledQty;
  // Vendors push in no order within a second of theirs: what is said behind a fill may be from before it.
  const isPart = fills.filledQty > 0 && fills.filledQty < base.qty && /^(?:PENDING|OPEN)$/.test(base.status);
  const order: Order = {
    ...base,
    ...fills,
    ...(isPart ? { status: "PARTIALLY_FILLED" } : {}),
    ...(isCutShort && known.qty > base.qty ? { qty: known.qty } : {}),
    ...(busted || known.busted ? { busted: true } : {}),
    tag: report.tag ?? known.tag,
    createdAt: known.createdAt ?? report.createdAt,
    updatedAt: latest(known.updatedAt, report.updatedAt),
    warning: busted
      ? `filled quantity lowered by the vendor from ${known.filledQty} to ${report.filledQty}`
      : base.warning,
  };
  // Left out of a report is `cancelable` where nothing speaks against it any more.
  const changed =
    order.cancelable !== known.cancelable ||
    (Object.keys(order) as (keyof Order)[]).some((key) => !UNSAID.has(key) && differ(order[key], known[key]));
  // What changed nothing is a report all the same: an earlier one that comes after it is late.
  if (!changed) {
    const same = { ...known, updatedAt: order.updatedAt };
    const isHeld = order.holdsChanges === true;
    return { order: isHeld === (known.holdsChanges === true) ? same : { ...same, holdsChanges: isHeld }, kind: "none" };
  }
  // The word that an order is filled may follow the fill: ours, and then the vendor's.
  const wasOver = ended || (isCompleted(known) && order.status !== "FILLED");
  return { order, kind: wasOver && CORRECTED.some((key) => differ(order[key], known[key])) ? "correction" : "order" };
}

/** What may differ in reports that say the same: a contract is an object of its own in each, and never another one. */
const UNSAID: ReadonlySet<keyof Order> = new Set(["updatedAt", "contract", "holdsChanges"]);

/** What a correction of an ended order changes: all else is what is said of it besides. */
const CORRECTED = ["status", "qty", "price", "filledQty", "avgPrice"] as const;

/** What is no number is nothing new where it was none before; a journal keeps it as null. */
function differ(a: unknown, b: unknown): boolean {
  return a !== b && !(Number.isNaN(a) && (b === null || Number.isNaN(b)));
}

function isNewer(a: Order, b: Order): boolean {
  return a.updatedAt !== null && b.updatedAt !== null && a.updatedAt > b.updatedAt;
}

function latest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
