/** Looking orders up: today's, those of history, and which account each is in. */
import { Remembered } from "../../domain/remembered.ts";
import type { Call } from "../../spec/broker.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import { type PacingClass, paceOf } from "../shared/pacing.ts";
import type { TradingAccount } from "./accounts.ts";
import { toHistoryTime } from "./convert.ts";
import type { Holdings } from "./holdings.ts";
import type { VendorOrder } from "./messages.ts";
import type { Wire } from "./wire.ts";

const DAY_MS = 86_400_000;
/** A span of history, by when orders were placed: the vendor's default, and the longest that it is known to answer. */
const SPAN_DAYS = 90;
/** So far ahead the last span ends: its bounds are in the time of the market, and Hong Kong's tomorrow begins before UTC's. */
const AHEAD_DAYS = 2;
/** How far back every order is listed. */
export const HISTORY_DAYS: number = SPAN_DAYS - AHEAD_DAYS;
/** Which account an order is in is remembered for so many orders, the latest ones. */
const REMEMBERED_ORDERS = 10_000;

/** Which orders are looked for. */
interface Sought {
  /** Default: all. */
  readonly orderIds?: readonly string[];
  /** What depends on them. Default: what the call says. */
  readonly kind?: PacingClass | undefined;
  /** Of old ones: how many spans of history before the last one, and whether no read that is under way will do. */
  readonly spansBefore?: number;
  readonly fresh?: boolean;
}

/** An order and the account it is in. */
export interface FoundOrder {
  readonly account: TradingAccount;
  readonly vendor: VendorOrder;
}

export interface Listings {
  /** Says that OpenD has told of this order. */
  told(orderId: string, accId: string): void;
  /** Says that OpenD has answered it: until it tells of it, it may not list it. */
  taken(orderId: string, accId: string): void;
  /** Says which account it is in. */
  isIn(orderId: string, accId: string): void;
  accountOf(orderId: string): string | undefined;
  /**
   * Looks in today's orders, then in history, first in the account the order is known to be in. `kind` says what depends
   * on it: no write waits behind reads for what it has to know. Default: what the call says.
   *
   * @throws BrokerError `OrderNotFound`
   */
  find(orderId: string, fresh: boolean, call: Call, kind?: PacingClass): Promise<FoundOrder>;
  /** The id of an order that OpenD has answered with its own number alone. @throws BrokerError `OutcomeUnknown` */
  idOf(number: string | undefined, tag: string, account: TradingAccount, call: Call): Promise<string>;
  /** Today's orders of every account, and those of the last span of history if they are wanted, each once. */
  all(withPast: boolean, fresh: boolean, call: Call): Promise<readonly VendorOrder[]>;
}

/** What requests say of whose orders they are. */
export interface ListingScope {
  accounts(): readonly TradingAccount[];
  queryHeader(account: TradingAccount): { readonly accID: string };
}

export function createListings(
  wire: Pick<Wire, "read">,
  holdings: Pick<Holdings, "read" | "listed">,
  { accounts, queryHeader }: ListingScope,
): Listings {
  const accountOf = new Remembered<string, string>(REMEMBERED_ORDERS);
  /** Orders that OpenD has answered and not yet told of: it lists them once its own servers have told it. */
  const unheard = new Remembered<string, true>(REMEMBERED_ORDERS);

  async function todaysOrders(
    account: TradingAccount,
    fresh: boolean,
    call: Call,
    { orderIds = [], kind }: Sought = {},
  ) {
    const request = {
      header: queryHeader(account),
      ...(orderIds.length === 0 ? {} : { filterConditions: { orderIDExList: orderIds } }),
      ...(fresh ? { refreshCache: true } : {}),
    };
    const pace = { limit: "orders", accId: account.accId, kind: kind ?? paceOf(call), fresh } as const;
    const isKept = account.silent && !fresh && kind === undefined;
    const list = isKept
      ? holdings.read("GetOrderList", request, call)
      : wire.read("GetOrderList", request, call, fresh ? pace : undefined);
    const { orderList } = await list;
    if (fresh) holdings.listed();
    return orderList;
  }

  /** Orders of the last span of history, or of one so many before it. */
  async function pastOrders(
    account: TradingAccount,
    call: Call,
    { orderIds = [], kind = paceOf(call), spansBefore = 0, fresh = false }: Sought = {},
  ) {
    // Orders have the vendor's times, whatever our clock says, but where OpenD has heard none: a span of 1970 has no orders.
    const vendorNow = Number((await wire.read("GetGlobalState", { userID: 0 }, call)).time) * 1000 || Date.now();
    const end = dayStart(vendorNow) + (AHEAD_DAYS - spansBefore * SPAN_DAYS) * DAY_MS;
    const request = {
      header: queryHeader(account),
      filterConditions: {
        beginTime: toHistoryTime(end - SPAN_DAYS * DAY_MS),
        endTime: toHistoryTime(end),
        ...(orderIds.length === 0 ? {} : { orderIDExList: orderIds }),
      },
    };
    const pace = { limit: "history" as const, accId: account.accId, kind, fresh };
    const { orderList } = await wire.read("GetHistoryOrderList", request, call, pace);
    return orderList;
  }

  return {
    told(orderId, accId) {
      accountOf.set(orderId, accId);
      unheard.delete(orderId);
    },
    taken(orderId, accId) {
      accountOf.set(orderId, accId);
      unheard.set(orderId, true);
    },
    isIn: (orderId, accId) => void accountOf.set(orderId, accId),
    accountOf: (orderId) => accountOf.get(orderId),

    async find(orderId, fresh, call, kind) {
      if (!/^[\w-]{1,64}$/.test(orderId)) throw notFound(orderId);
      const known = accountOf.get(orderId);
      const all = accounts();
      const places = known === undefined ? all : all.filter(({ accId }) => accId === known);
      const sought = { orderIds: [orderId], kind };
      const today = (anew: boolean) => (account: TradingAccount) => todaysOrders(account, anew, call, sought);
      // No write ends as of an order that there is not for one that OpenD has not heard of.
      const isToAskAnew = !fresh && (kind !== undefined || unheard.get(orderId) === true);
      for (const list of [
        today(fresh),
        ...(isToAskAnew ? [today(true)] : []),
        (account: TradingAccount) => pastOrders(account, call, sought),
        // One that was good for as long as the vendor lets it has ended since.
        (account: TradingAccount) => pastOrders(account, call, { ...sought, spansBefore: 1 }),
      ]) {
        const lists = await Promise.all(places.map(async (account) => ({ account, orders: await list(account) })));
        for (const { account, orders } of lists) {
          const vendor = orders.find(({ orderIDEx }) => orderIDEx === orderId);
          if (vendor === undefined) continue;
          accountOf.set(orderId, account.accId);
          return { account, vendor };
        }
      }
      throw notFound(orderId);
    },

    async idOf(number, tag, account, call) {
      // OpenD lists an order once its own servers have told it of it, or when it is asked anew.
      for (const fresh of [false, true]) {
        const orders = await todaysOrders(account, fresh, call, { kind: "write" }).catch(() => []);
        // The number may be 0, which others have too.
        const found = orders.find(({ orderID, remark }) => orderID === number && remark === tag);
        if (found?.orderIDEx) return found.orderIDEx;
      }
      throw new BrokerError("OutcomeUnknown", "OpenD took the order and gave no id for it", { outcome: "unknown" });
    },

    async all(withPast, fresh, call) {
      const lists = await Promise.all(
        accounts().map(async (account) => {
          const [today, past] = await Promise.all([
            todaysOrders(account, fresh, call),
            // A fresh list tells what became of orders, and none leaves before the first: no client's reading may stand in its way.
            withPast ? pastOrders(account, call, fresh ? { kind: "write", fresh } : {}) : [],
          ]);
          for (const { orderIDEx } of today) accountOf.set(orderIDEx, account.accId);
          const current = new Set(today.map(({ orderIDEx }) => orderIDEx));
          return [...today, ...past.filter(({ orderIDEx }) => !current.has(orderIDEx))];
        }),
      );
      return lists.flat();
    },
  };
}

/** Midnight UTC: windows that change once a day let equal reads share one call. */
function dayStart(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

export function notFound(orderId: string): BrokerError {
  return new BrokerError("OrderNotFound", `Futu knows no order ${orderId}`, { outcome: "rejected" });
}
