/** Lists of orders: open ones of everybody, completed ones and fills of the day, put together. */
import { isTerminal } from "../../domain/order.ts";
import type { Call } from "../../spec/broker.ts";
import type { BrokerError } from "../../spec/broker-error.ts";
import { paceOf } from "../shared/pacing.ts";
import type { KnownOrder } from "./known-order.ts";
import type { OrderStore, VendorDays } from "./order-store.ts";
import { completedOrders, executions, openOrders, UNNUMBERED, UNREAD } from "./read-calls.ts";
import { isTimeout, notConnected, notWhole } from "./refusals.ts";
import { MS } from "./timing.ts";
import type { Reader, Wire } from "./wire.ts";

export interface Listed {
  readonly orders: readonly KnownOrder[];
  readonly isWhole: boolean;
}

export interface Listings {
  /** Reads everything on one connection, so that the store knows it, as far as TWS answers. */
  load(read: Reader): Promise<void>;
  /**
   * Every order that the gateway lists, and whether there can be no other.
   *
   * @param whole Whether it proves that there is no other; it is then read anew, whatever else is being read.
   * @throws BrokerError also where it has to be whole and the gateway has an order of ours that cannot be named yet.
   */
  read(status: "open" | "all", call: Call, whole?: boolean): Promise<Listed>;
  /**
   * What all lists have of one order; `undefined` where none has it.
   *
   * @throws BrokerError also where its description may be what could not be read.
   */
  one(permId: number, call: Call): Promise<KnownOrder | undefined>;
  /** Looks for orders of other programs from now on, of which the gateway pushes nothing. */
  watch(): void;
  close(): void;
}

/**
 * @param ours our client id.
 * @param onListed called when no list is being read any more.
 */
export function createListings(
  wire: Wire,
  store: OrderStore,
  ours: number,
  days: VendorDays,
  onListed: () => void,
): Listings {
  let reading = 0;
  let wholeReads = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  let watching = false;
  /** True while the last reading failed: what became of orders that are open no more may be in a list that did not come. */
  let cutShort = false;
  /** Orders that were looked for in all lists, of which only fills are known all the same. */
  let bare: readonly number[] = [];

  const account = (): string => {
    const known = wire.account();
    if (known === undefined) throw notConnected("the account is not known yet");
    return known;
  };
  const open = (read: Reader) => read((asking) => openOrders(asking, "all", ours), "orders");
  const completed = (read: Reader) => read(completedOrders, "completed");
  const fills = (read: Reader) => read((asking) => executions(asking, account(), days));

  async function everything(read: Reader): Promise<ReadonlySet<number>> {
    reading += 1;
    try {
      const found = await readEverything(read);
      cutShort = false;
      return found;
    } catch (error) {
      cutShort = true;
      throw error;
    } finally {
      reading -= 1;
      if (reading === 0) onListed();
    }
  }

  /** What ends while it is being listed is in one list or in both, never in neither: open orders are read first. */
  async function readEverything(read: Reader): Promise<ReadonlySet<number>> {
    const openBefore = store.open();
    const found = new Set(await open(read));
    const miss = () => {
      if (!found.has(UNREAD)) store.miss(openBefore.map(({ permId }) => permId).filter((permId) => !found.has(permId)));
    };
    // Open no more, whatever became of them: the list that tells may not come.
    miss();
    for (const permId of await completed(read)) found.add(permId);
    const filled = await fills(read);
    const isBare = (permId: number) => store.get(permId)?.described === false;
    if ([...filled].some(isBare)) {
      // Orders that began after the first list are not described yet.
      for (const permId of await open(read)) found.add(permId);
      for (const permId of await completed(read)) found.add(permId);
    }
    for (const permId of filled) found.add(permId);
    // What ended on an earlier day while there was no connection is in none, and its fills may be told all the same.
    miss();
    return found;
  }

  /** Follows the orders of others: those that are new, those that are open no more, and those of which only fills were told. */
  async function look(): Promise<void> {
    const call = { signal: AbortSignal.timeout(MS.watch * 2) };
    const listed = await wire.read("watch", call, open);
    const isNews = (permId: number) => cutShort || !store.isMissing(permId);
    const vanished = store.open().some(({ permId }) => !listed.has(permId) && isNews(permId));
    const now = store.bare();
    if (!vanished && now.every((permId) => bare.includes(permId))) return;
    await wire.read("watch all", call, everything);
    bare = now;
  }

  return {
    async load(read) {
      try {
        await everything(read);
      } catch (error) {
        // TWS leaves fills and what has ended unanswered at times: open orders can be canceled all the same, and who needs the
        // whole list is told that there is none.
        unlessTimeout(error);
      }
    },

    async read(status, call, whole = false) {
      // One that is under way may have begun before what this one is asked about.
      const key = whole ? `orders ${status}, the ${++wholeReads}.` : `orders ${status}`;
      const act = async (read: Reader) => {
        if (status === "all") return everything(read);
        const listed = await open(read);
        // With each order comes what of it is filled: a kill switch does not fail for want of the fills themselves.
        await fills(read).catch(unlessTimeout);
        return listed;
      };
      // A whole list may be to tell what became of an order: no client's reading may stand in its way.
      const found = await wire.read(key, call, act, whole ? "write" : paceOf(call));
      if (whole && status === "all") {
        if (found.has(UNNUMBERED)) throw notWhole("TWS has an order of this program without a permId yet");
        if (found.has(UNREAD)) throw unread();
      }
      const orders = [...found]
        .flatMap((permId) => store.get(permId) ?? [])
        // Fills alone say that an order has ended only where its description cannot be what was not read.
        .filter(({ described }) => described || !found.has(UNREAD));
      return {
        orders: status === "all" ? orders : orders.filter((known) => isOpen(known)),
        isWhole: !found.has(UNNUMBERED) && !found.has(UNREAD),
      };
    },

    async one(permId, call) {
      const found = await wire.read("orders all", call, everything);
      const known = store.get(permId);
      if (found.has(UNREAD) && (known?.described !== true || store.isMissing(permId))) throw unread();
      return known;
    },

    watch() {
      clearInterval(timer);
      timer = setInterval(() => {
        if (watching || !wire.ready()) return;
        watching = true;
        look()
          .catch(() => {})
          .finally(() => {
            watching = false;
          });
      }, MS.watch);
    },

    close() {
      clearInterval(timer);
    },
  };
}

/** TWS leaves some lists unanswered at times; whatever else fails is thrown. */
function unlessTimeout(error: unknown): void {
  if (!isTimeout(error)) throw error;
}

function unread(): BrokerError {
  return notWhole("what TWS said could not be read");
}

function isOpen({ described, status }: KnownOrder): boolean {
  return described && !isTerminal(status);
}
