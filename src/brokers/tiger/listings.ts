/**
 * Orders and positions as Tiger lists them, every page of them.
 *
 * A file of its own beside `broker.ts`, since the two together would be too long.
 */
import * as v from "valibot";
import type { Call } from "../../spec/broker.ts";
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import type { JsonObject } from "./json.ts";
import { ANYTHING, ORDER_PAGE, POSITIONS, VENDOR_ORDER, type VendorOrder, type VendorPosition } from "./messages.ts";
import { Declined } from "./refusals.ts";
import type { Asked, Wire } from "./wire.ts";

const DAY_MS = 86_400_000;
/** How far back orders are looked for; older ones that are still open are listed beside. */
export const HISTORY_DAYS = 90;
/** The vendor's most for one page. */
const PAGE = 300;
const MOST_PAGES = 200;
const MOST_ID = 2n ** 63n - 1n;

/** What Tiger lists only when it is asked for by its name. None of these can be traded here. */
const OTHER_KINDS = ["OPT", "WAR", "IOPT", "FUT"] as const;
/** These change seldom, and each is a call of a budget of 60 a minute. */
const OTHER_KINDS_MS = 60_000;

/**
 * Every state of an order, as the vendor's own SDKs ask for them. Source: `OrderStatus` of its Java SDK. Of a Global account, and
 * of none other, `orders` lists those in the states that it is asked for: open ones, where it is not.
 */
const EVERY_STATE: readonly string[] = [
  "Invalid",
  "Initial",
  "PendingCancel",
  "Cancelled",
  "Submitted",
  "Filled",
  "Inactive",
  "PendingSubmit",
];

export interface ListedOrders {
  readonly items: readonly unknown[];
  /** Every page was there: what lacks its items would prove every order absent. */
  readonly isWhole: boolean;
}

export interface Listings {
  /** The id as a number. @throws BrokerError `OrderNotFound` for a text that is no id of Tiger's. */
  idOf(orderId: string): bigint;
  /** @throws BrokerError `OrderNotFound` when Tiger does not know it. */
  one(orderId: string, call: Call, fresh?: boolean): Promise<VendorOrder>;
  /** The same for a write that depends on it, or that was refused. */
  toChange(orderId: string, call: Call): Promise<VendorOrder>;
  /** Open orders as Tiger counts them. */
  active(call: Call, fresh: boolean): Promise<ListedOrders>;
  /**
   * The orders of 90 days and all open ones, each once. `fresh` is for who must know the open orders in any case: where
   * there are more pages than time or the vendor's limits allow, the oldest are left out, and it is not whole.
   */
  all(call: Call, fresh: boolean): Promise<ListedOrders>;
  /** The latest orders, one page, and all open ones. */
  latest(call: Call): Promise<readonly unknown[]>;
  positions(call: Call): Promise<readonly VendorPosition[]>;
}

/**
 * @param patienceMs how long a fresh list of the history may take, in milliseconds.
 * @param isGlobal whether the account is a Global one.
 */
export function createListings(wire: Wire, patienceMs: number, isGlobal: boolean): Listings {
  const ofAllStates: JsonObject = isGlobal ? { states: EVERY_STATE } : {};
  let others: { readonly at: number; readonly items: readonly VendorPosition[] } | undefined;

  function idOf(orderId: string): bigint {
    if (/^[1-9]\d{0,18}$/.test(orderId) && BigInt(orderId) <= MOST_ID) return BigInt(orderId);
    throw notFound(orderId);
  }

  async function* pages(method: "orders" | "active_orders", content: JsonObject, call: Call, fresh: boolean) {
    const tokens = new Set<string>();
    for (let token = ""; ; ) {
      const asked = { method, content: { ...content, limit: PAGE, page_token: token }, schema: ORDER_PAGE };
      // No client's reading may stand in the way of what all orders wait for; nor may that, where it is long, in theirs.
      const isFirst = fresh && tokens.size === 0;
      const page = await (isFirst ? wire.prepare(asked, call) : wire.read(asked, call, fresh));
      token = page.nextPageToken ?? "";
      yield { items: page.items ?? [], isLast: token === "", isGiven: page.items != null };
      if (token === "") return;
      // A listing that lacks a page would prove an order absent that is there.
      if (tokens.has(token) || tokens.size >= MOST_PAGES) {
        throw new BrokerError("BrokerFault", `Tiger's list of orders does not end after ${tokens.size} pages`);
      }
      tokens.add(token);
    }
  }

  /**
   * Orders in whatever state. The window ends by the vendor's clock and by ours, whichever is later, and begins by the earlier
   * one.
   */
  function since(days: number): JsonObject {
    const now = [wire.now(), Date.now()];
    return {
      ...ofAllStates,
      start_date: dayStart(Math.min(...now) - days * DAY_MS),
      end_date: dayStart(Math.max(...now) + 2 * DAY_MS),
    };
  }

  async function active(call: Call, fresh: boolean): Promise<ListedOrders> {
    const items: unknown[] = [];
    let isWhole = true;
    for await (const page of pages("active_orders", {}, call, fresh)) {
      items.push(...page.items);
      isWhole &&= page.isGiven;
    }
    return { items, isWhole };
  }

  async function history(call: Call, fresh: boolean) {
    const items: unknown[] = [];
    let isWhole = true;
    const until = fresh ? performance.now() + patienceMs : Number.POSITIVE_INFINITY;
    try {
      for await (const page of pages("orders", since(HISTORY_DAYS), call, fresh)) {
        items.push(...page.items);
        isWhole &&= page.isGiven;
        if (page.isLast) return { items, isWhole };
        if (performance.now() > until) break;
      }
    } catch (error) {
      if (!fresh || items.length === 0 || !isBrokerError(error) || error.code !== "RateLimited") throw error;
    }
    return { items, isWhole: false };
  }

  async function single(orderId: string, ask: (asked: Asked<typeof ANYTHING>) => Promise<unknown>) {
    const asked = { method: "orders", content: { id: idOf(orderId) }, schema: ANYTHING } as const;
    const answer = await ask(asked).catch((error: unknown) => {
      throw isBrokerError(error) && error.code === "OrderNotFound" ? notFound(orderId) : error;
    });
    const page = v.safeParse(v.object({ items: v.array(v.unknown()) }), answer);
    const items = page.success ? page.output.items : [answer];
    for (const item of items) {
      const order = v.safeParse(VENDOR_ORDER, item);
      if (order.success && order.output.id === orderId) return order.output;
    }
    if (items.every((item) => item == null || Object.keys(item).length === 0)) throw notFound(orderId);
    throw new BrokerError("BrokerFault", `Tiger's answer about order ${orderId} is unreadable or about another order`);
  }

  async function ofKind(kind: string, call: Call): Promise<readonly VendorPosition[]> {
    const content = { sec_type: kind, currency: "ALL", market: "ALL" };
    return (await wire.read({ method: "positions", content, schema: POSITIONS }, call))?.items ?? [];
  }

  async function ofOtherKinds(call: Call): Promise<readonly VendorPosition[]> {
    const now = performance.now();
    if (others !== undefined && now - others.at < OTHER_KINDS_MS) return others.items;
    // An account that may not hold a kind may be refused the question.
    const none = (error: unknown) => (error instanceof Declined ? [] : Promise.reject(error));
    const lists = await Promise.all(OTHER_KINDS.map((kind) => ofKind(kind, call).catch(none)));
    others = { at: now, items: lists.flat() };
    return others.items;
  }

  return {
    idOf,

    one: (orderId, call, fresh = false) => single(orderId, (asked) => wire.read(asked, call, fresh)),
    toChange: (orderId, call) => single(orderId, (asked) => wire.prepare(asked, call)),

    active,

    async all(call, fresh) {
      // One after the other: what ends in between is still among the later list, whose window needs the vendor's clock.
      const now = await active(call, fresh);
      const past = await history(call, fresh);
      return { items: merged([...past.items, ...now.items]), isWhole: now.isWhole && past.isWhole };
    },

    async latest(call) {
      const { items: now } = await active(call, true);
      const content = { ...since(2), limit: 100, page_token: "" };
      const recent = await wire.read({ method: "orders", content, schema: ORDER_PAGE }, call, true);
      return merged([...(recent.items ?? []), ...now]);
    },

    async positions(call) {
      const [shares, rest] = await Promise.all([ofKind("STK", call), ofOtherKinds(call)]);
      return [...shares, ...rest];
    },
  };
}

/** Each order once, as the later of its reports has it; what has no id stays. */
function merged(items: readonly unknown[]): readonly unknown[] {
  const byId = new Map<unknown, unknown>();
  for (const item of items) {
    const { id, updateTime } = (item ?? {}) as { id?: unknown; updateTime?: unknown };
    const key = id || item;
    const before = byId.get(key) as { updateTime?: unknown } | undefined;
    if (before === undefined || Number(updateTime ?? 0) > Number(before.updateTime ?? 0)) byId.set(key, item);
  }
  return [...byId.values()];
}

/** Midnight UTC: windows that change once a day let equal reads share one call. */
function dayStart(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

function notFound(orderId: string): BrokerError {
  return new BrokerError("OrderNotFound", `Tiger knows no order ${orderId}`, { outcome: "rejected" });
}
