/**
 * What all that was told of an order comes to: its status, and what of it is filled at which price. Pure functions.
 *
 * A file of its own beside `order-store.ts`, since the two together would be too long.
 */
import { add, divide, multiply, subtract, withoutDust } from "../../domain/money.ts";
import { isTerminal, type OrderStatus } from "../../domain/order.ts";
import { AT_EXCHANGE, lookUp, ORDER_STATUS } from "./codes.ts";
import type { Execution, Notice, VendorContract, VendorOrder, VendorState } from "./messages.ts";

/** An order as far as it is known. */
export interface KnownOrder {
  readonly permId: number;
  /** Number under its client id; 0 where that is not known. */
  readonly orderId: number;
  /** `undefined` where it is not known, as of completed orders of earlier connections. */
  readonly clientId: number | undefined;
  readonly contract: VendorContract;
  readonly order: VendorOrder;
  /** False while only fills of it are known. */
  readonly described: boolean;
  readonly status: OrderStatus;
  readonly originStatus: string;
  readonly qty: number;
  readonly filledQty: number;
  readonly avgPrice: number;
  /** True once the vendor has corrected a fill: `filledQty` holds then though more was told before. */
  readonly corrected: boolean;
  readonly errorReason: string;
  readonly warning: string | null;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
}

/** The last part of a fill's id with which it first comes. */
const FIRST_REVISION = 1;

interface Fill {
  readonly revision: number;
  readonly shares: number;
  readonly price: number;
}

/**
 * The fills of an order, each as it was last told, with what they come to. That is kept: a large order has hundreds, each of
 * them comes with several messages, and to add all of them up with every message takes longer than they take to come.
 */
export class Fills {
  readonly #byId = new Map<string, Fill>();
  #shares = 0;
  #value = 0;
  #isCorrected = false;

  get(id: string): Fill | undefined {
    return this.#byId.get(id);
  }

  /** Adds one, or puts it in the place of what was told of it before. */
  set(id: string, fill: Fill): void {
    const isKnown = this.#byId.has(id);
    this.#byId.set(id, fill);
    this.#isCorrected ||= fill.revision > FIRST_REVISION;
    if (isKnown) this.#shares = this.#value = 0;
    for (const each of isKnown ? this.#byId.values() : [fill]) this.#count(each);
  }

  get shares(): number {
    return this.#shares;
  }

  get value(): number {
    return this.#value;
  }

  get isCorrected(): boolean {
    return this.#isCorrected;
  }

  #count({ shares, price }: Fill): void {
    this.#shares = add(this.#shares, withoutDust(shares));
    this.#value = add(this.#value, multiply(withoutDust(shares), withoutDust(price)));
  }
}

/** What the store has of an order. */
export interface Entry {
  readonly permId: number;
  orderId: number;
  clientId: number | undefined;
  contract: VendorContract | undefined;
  order: VendorOrder | undefined;
  status: string;
  /** True once it was among the completed orders. */
  completed: boolean;
  completedStatus: string;
  completedAt: number | null;
  /** As the gateway sums it up, and at which average. */
  filled: number;
  average: number;
  /** True once it has: the first time goes with the first sight of an order. */
  isSummedUp: boolean;
  readonly fills: Fills;
  lastFill: Execution | undefined;
  /**
   * Once the vendor has corrected a fill: what was filled before that is in no fill known here, as those of earlier days
   * are not. With it the fills themselves count then, whatever sums said before.
   */
  unlisted: number | undefined;
  warning: string | null;
  refusal: Notice | undefined;
  /** True once a change of it was given up of which nothing has been heard: TWS may show it with the next session only. */
  changing: boolean;
  createdAt: number | null;
  changedAt: number | null;
  /** True once the open orders lacked it although nothing was heard of its end. */
  missing: boolean;
}

const EMPTY_ORDER: VendorOrder = {
  permId: 0,
  clientId: undefined,
  action: "",
  totalQuantity: undefined,
  orderType: "",
  lmtPrice: undefined,
  tif: "",
  outsideRth: false,
  account: "",
  orderRef: "",
  filledQuantity: undefined,
  includeOvernight: undefined,
};

export function known(entry: Entry): KnownOrder {
  const order = entry.order ?? fromFill(entry.lastFill);
  const { filledQty, avgPrice } = filledOf(entry);
  const total = order.totalQuantity ?? 0;
  const { status, originStatus, errorReason } = statusOf(entry);
  return {
    permId: entry.permId,
    orderId: entry.orderId,
    clientId: entry.clientId,
    contract: entry.contract as VendorContract,
    order,
    described: entry.order !== undefined,
    status,
    originStatus,
    qty: withoutDust(total > 0 ? total : leastOf(status, filledQty, order)),
    filledQty,
    avgPrice,
    corrected: entry.fills.isCorrected,
    errorReason,
    warning: isTerminal(status) ? null : entry.warning,
    createdAt: entry.createdAt,
    updatedAt: entry.changedAt ?? entry.completedAt,
  };
}

/**
 * Completed orders come without their total; what was filled is the least it can have been. One for an amount of money has
 * none while it is open: its fills are not all of it.
 */
function leastOf(status: OrderStatus, filledQty: number, { filledQuantity = 0 }: VendorOrder): number {
  return isTerminal(status) ? Math.max(filledQty, filledQuantity) : 0;
}

/**
 * An order as it ended, which need not be as it was last heard of: the answer to a change may have been lost. It mostly has
 * no total once it is done with; where it was filled, that is all of it.
 */
export function asEnded(last: VendorOrder, ended: VendorOrder, { status }: VendorState): VendorOrder {
  const total = ended.totalQuantity || (status === "Filled" ? ended.filledQuantity : 0);
  return { ...last, totalQuantity: total || last.totalQuantity, lmtPrice: ended.lmtPrice || last.lmtPrice };
}

/** What a fill tells of its order, where nothing else does. */
function fromFill(fill: Execution | undefined): VendorOrder {
  if (fill === undefined) return EMPTY_ORDER;
  return {
    ...EMPTY_ORDER,
    permId: fill.permId,
    clientId: fill.clientId,
    action: fill.side === "BOT" ? "BUY" : "SELL",
    account: fill.acctNumber,
    orderRef: fill.orderRef,
    filledQuantity: fill.cumQty,
  };
}

/** What the gateway sums up beyond the fills that are known. */
export function unlistedOf({ fills, lastFill }: Entry): number {
  return Math.max(0, subtract(withoutDust(lastFill?.cumQty ?? 0), fills.shares));
}

/** Filled quantity and average price: of the fills themselves where all are known, else as the gateway sums them up. */
function filledOf(entry: Entry): { filledQty: number; avgPrice: number } {
  const { fills, filled, average, lastFill, unlisted } = entry;
  const sum = fills.shares;
  const cumulated = lastFill?.cumQty ?? 0;
  // A fill sums up what was known when it came, which a correction of an earlier one does not change.
  const least = Math.max(sum, fills.isCorrected ? 0 : withoutDust(cumulated));
  const filledQty = unlisted === undefined ? Math.max(least, withoutDust(filled)) : add(sum, unlisted);
  if (filledQty <= 0) return { filledQty: 0, avgPrice: 0 };
  if (sum === filledQty) return { filledQty, avgPrice: withoutDust(divide(fills.value, sum)) };
  // Fills of earlier days are not listed any more, but the sums have them in.
  const byFill = subtract(filledQty, withoutDust(cumulated)) === 0 ? lastFill?.avgPrice : undefined;
  return { filledQty, avgPrice: withoutDust(byFill ?? average) };
}

export function statusOf(entry: Entry): Pick<KnownOrder, "status" | "originStatus" | "errorReason"> {
  const { refusal, completed, completedStatus } = entry;
  const { filledQty } = filledOf(entry);
  const total = entry.order?.totalQuantity ?? 0;
  // An order of which only fills are known is neither open nor listed as completed: what was filled is all of it.
  if (entry.order === undefined) return { status: "FILLED", originStatus: "Filled", errorReason: "" };
  const said = lookUp<OrderStatus>(ORDER_STATUS, entry.status) ?? "UNKNOWN";
  const isWhole = total > 0 && filledQty >= total;
  const isRefused = entry.status === "Inactive" && (completed || refusal !== undefined);
  // What is listed as completed has ended, whatever the word for how, and so has what is refused.
  const means = (completed || isRefused) && !isWhole && !isTerminal(said) ? "CANCELED" : said;
  const originStatus = entry.status || "Unknown";
  const reason = refusal?.text || completedStatus || originStatus;
  if (means === "CANCELED") {
    // Among what has ended, a refused order is canceled too, and its reason is in the words for how it ended. Of one that was
    // filled in part it is the rest that was refused.
    const refused = (isRefused || refusal !== undefined || /^rejected\b/i.test(completedStatus)) && filledQty === 0;
    return { status: refused ? "REJECTED" : "CANCELED", originStatus, errorReason: refused ? reason : "" };
  }
  if (means === "FILLED" && !completed && (filledQty < total || filledQty === 0)) {
    // The word overtook the numbers; the status that sums the fills up follows.
    return { status: filledQty > 0 ? "PARTIALLY_FILLED" : "OPEN", originStatus, errorReason: "" };
  }
  if (means !== "FILLED" && means !== "PENDING_CANCEL" && isWhole) {
    return { status: "FILLED", originStatus, errorReason: "" };
  }
  const isWorking = means === "OPEN" || means === "PENDING";
  // At the exchange, what is shown is what holds.
  if (isWorking && entry.changing && entry.status !== AT_EXCHANGE) {
    return { status: "PENDING_REPLACE", originStatus, errorReason: "" };
  }
  return { status: isWorking && filledQty > 0 ? "PARTIALLY_FILLED" : means, originStatus, errorReason: "" };
}
