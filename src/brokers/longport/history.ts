/** Old orders, page by page. A file of its own beside `broker.ts`, since the two together would be too long. */
import type { Call } from "../../spec/broker.ts";
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import type { PacingClass } from "../shared/pacing.ts";
import { EXPIRED_STATUSES, OPEN_STATUSES } from "./codes.ts";
import { isPast } from "./convert.ts";
import type { VendorOrder } from "./messages.ts";
import type { HistoryPage, HistoryQuery } from "./transport.ts";
import type { Wire } from "./wire.ts";

const DAY_MS = 86_400_000;
/** A span of history, by when orders were placed: the vendor's default, and of longer ones its users get no answer. */
const SPAN_DAYS = 90;
/** So far ahead it ends: at a midnight, by a clock that may not have been heard of yet. */
const AHEAD_DAYS = 2;
/** How far back orders are looked for. */
export const HISTORY_DAYS: number = SPAN_DAYS - AHEAD_DAYS;
/** The vendor gives no more orders at once. */
const LONGEST_PAGE = 1_000;
/** What is older than this is read anew only every {@link KEPT_MS}, where there is more of it than a page. */
const RECENT_DAYS = 3;
const KEPT_MS = 3_600_000;
/** A list of open orders reads no more pages of others than this: the cancels that follow need some of the vendor's calls. */
const PAGES_FOR_OPEN = 5;
/** Nor more of those that have expired, of which few may go on. */
const PAGES_OF_EXPIRED = 3;

export interface History {
  /**
   * Orders of earlier days: every page of them, or with `open` those that are, and of the others as many as few calls give.
   * A fresh list of those ends with what it has where a limit on frequency does not let it go on.
   * @throws BrokerError
   */
  orders(status: "open" | "all", how: Reading, call: Call): Promise<PastOrders>;
  /** Forgets what was read: it may have been another account's. */
  clear(): void;
}

export interface PastOrders {
  readonly orders: readonly VendorOrder[];
  /** False where some are left out. */
  readonly isWhole: boolean;
}

/** What would take more calls than it may. */
class Enough extends Error {}

/** Whether a read joins no other, and at whose pace it goes. */
interface Reading {
  readonly fresh: boolean;
  readonly kind: PacingClass;
}

/** Ended orders of days long past, the newest first: none is missing that was placed behind `from` and before `to`. */
interface Past {
  readonly from: number;
  readonly to: number;
  readonly orders: readonly VendorOrder[];
  /** When the first of it was read, by `performance.now()`. */
  readonly readAt: number;
}

/** A listing under way. */
interface Listing {
  /** What was placed before is not looked for. */
  readonly from: number;
  readonly found: Map<string, VendorOrder>;
  /** Asks for what was placed from the one time to the other. @throws BrokerError */
  page(begin: number, to: number): Promise<HistoryPage>;
}

/** The newest orders of a time: none is missing that was placed behind `oldest`. */
interface Newest {
  /** Where the time begins that they are of. */
  readonly begin: number;
  readonly oldest: number;
  readonly count: number;
  /** Whether there are more of that time. */
  readonly isFull: boolean;
  /** Whether the vendor says that there are none; it may say neither. */
  readonly isLast: boolean;
  /** Whether one of them had not been found before. */
  readonly isNew: boolean;
}

export function createHistory(wire: Pick<Wire, "read" | "clockOffset">): History {
  /** So many orders that reading all of them takes longer than a call may is read in the course of several. */
  let past: Past | undefined;
  /** Counts what was forgotten: what a listing that began before has found is kept no more. */
  let epoch = 0;
  /** So many orders the vendor gives at once. */
  let pageSize = LONGEST_PAGE;

  /** Takes note of everything that was found behind `from`. */
  function keep(found: readonly VendorOrder[], from: number, to: number, readAt: number): void {
    if (from >= to || found.some(({ submitted_at: at }) => at === null)) return;
    const old = found.filter(({ submitted_at: at }) => at !== null && at < to);
    // What may still change is read anew, with all that lies behind it.
    const begin = Math.max(from, ...old.filter((order) => !isPast(order)).map(({ submitted_at: at }) => at ?? 0));
    past = {
      from: begin,
      to,
      orders: old.filter((order) => (order.submitted_at ?? 0) >= begin && isPast(order)),
      readAt,
    };
  }

  /** Halves the time until none of its newest orders can be missing. */
  async function readNewest(listing: Listing, begin: number, to: number): Promise<Newest> {
    const { orders, hasMore } = await listing.page(begin, to);
    const before = listing.found.size;
    for (const order of orders) listing.found.set(order.order_id, order);
    const isNew = listing.found.size > before;
    const count = orders.length;
    const isFull = hasMore ?? count >= LONGEST_PAGE;
    const isLast = !(hasMore ?? count > 0);
    if (isFull) pageSize = count;
    if (isFull && !isNewestFirst(orders) && to - begin > 2_000) {
      // Any part of the time may be missing; of a shorter one the page is whole.
      return readNewest(listing, Math.floor((begin + to) / 2_000) * 1_000, to);
    }
    const times = orders.map(({ submitted_at: at }) => at ?? Number.POSITIVE_INFINITY);
    return { begin, oldest: isLast ? begin : Math.min(...times), count, isFull, isLast, isNew };
  }

  /**
   * Reads from `to` back until nothing is missing behind `enough`, as much time at once as there are orders to fill a page.
   *
   * @param first where the time begins that is asked for first.
   * @param onWhole told from where on nothing is missing.
   * @returns from where on nothing is missing in the end.
   * @throws BrokerError
   */
  async function readBack(
    listing: Listing,
    first: number,
    to: number,
    enough: number,
    onWhole: (from: number) => void,
  ): Promise<number> {
    let begin = first;
    let end = to;
    while (end >= enough) {
      const newest = await readNewest(listing, begin, end);
      const { oldest, count, isFull, isLast, isNew } = newest;
      if (isLast && newest.begin === listing.from) return listing.from;
      if ((isFull && !isNew && oldest === end) || !(oldest <= end)) {
        throw new BrokerError(
          "BrokerFault",
          "Longport's order history cannot be paged: it goes on, and gives no more orders",
        );
      }
      // As much time again, and twice as much where that would not have filled half a page: of days without orders there
      // may be many.
      begin = Math.max(listing.from, newest.begin - (end - newest.begin) * (count < pageSize / 2 ? 2 : 1));
      // The next page may begin with more of the oldest one's second; where nobody says so, it is looked for behind too.
      end = isNew || isFull || isLast ? oldest : oldest - 1_000;
      if (isFull || isLast) onWhole(oldest);
    }
    return end;
  }

  /** Reads orders of any status, as far as they are not known. @throws BrokerError, and what `listing.page` throws */
  async function readAll(listing: Listing, until: number, recent: number): Promise<void> {
    const { from, found } = listing;
    const now = performance.now();
    const began = epoch;
    const known = past !== undefined && now - past.readAt < KEPT_MS ? past : undefined;
    let whole = until;
    let readAt = now;
    if (known !== undefined) {
      // What is known already is not looked through once more for what is behind it.
      whole = await readBack(listing, known.to - 1_000, until, known.to, () => {});
      if (known.from < whole) {
        for (const order of known.orders) {
          if ((order.submitted_at ?? 0) >= from) found.set(order.order_id, order);
        }
        whole = known.from;
        readAt = known.readAt;
      }
    }
    if (whole > from) {
      await readBack(listing, from, whole, from, (reached) => {
        if (began === epoch) keep([...found.values()], reached, recent, readAt);
      });
    }
  }

  return {
    async orders(status, how, call) {
      // Orders have the vendor's times, whatever our clock says; midnights, so that equal reads share one call.
      const today = dayStart(Date.now() + wire.clockOffset());
      const until = today + AHEAD_DAYS * DAY_MS;
      const from = until - SPAN_DAYS * DAY_MS;
      const pages = (statuses: readonly string[], most = Number.POSITIVE_INFINITY) => {
        let left = most;
        return async (begin: number, to: number) => {
          left -= 1;
          if (left < 0) throw new Enough();
          return read({ from: begin, to, statuses }, how, call);
        };
      };
      const found = new Map<string, VendorOrder>();
      const open = new Map<string, VendorOrder>();
      const readOpen = (page: Listing["page"]) => readBack({ from, found: open, page }, from, until, from, () => {});
      let isWhole = true;
      try {
        const page = pages([], status === "open" ? PAGES_FOR_OPEN : undefined);
        await readAll({ from, found, page }, until, today - RECENT_DAYS * DAY_MS).catch(async (error: unknown) => {
          if (!(error instanceof Enough)) throw error;
          isWhole = false;
          await readOpen(pages(OPEN_STATUSES));
          await readOpen(pages(EXPIRED_STATUSES, PAGES_OF_EXPIRED));
        });
      } catch (error) {
        // Whoever has to know of the open ones in any case is better served with those that were read than with none.
        const isLimited = isBrokerError(error) && error.code === "RateLimited";
        if (!(error instanceof Enough) && !(isLimited && how.fresh && status === "open")) throw error;
        isWhole = false;
      }
      return { orders: [...new Map([...found, ...open]).values()], isWhole };
    },
    clear() {
      past = undefined;
      epoch += 1;
    },
  };

  function read(query: HistoryQuery, { fresh, kind }: Reading, call: Call) {
    return wire.read(
      {
        what: "order history",
        ...(fresh ? {} : { key: JSON.stringify(query) }),
        limit: "trade",
        kind,
        act: (on, signal) => on.historyOrders(query, signal),
      },
      call,
    );
  }
}

/** The vendor's documents say nothing of it, and its users have been given pages in no order of time. */
function isNewestFirst(orders: readonly VendorOrder[]): boolean {
  const times = orders.flatMap(({ submitted_at: at }) => at ?? []);
  return times.every((at, index) => index === 0 || at <= (times[index - 1] ?? at));
}

function dayStart(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}
