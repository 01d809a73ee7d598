/**
 * What the exchange forgets as soon as the next session moves its one price: the close of the regular session, and the last
 * prices of those before and after it, which the vendor tells on beside those of the running one.
 */
import { type Contract, contractKey, normalizeContract } from "../../src/domain/contract.ts";
import { dayOf, instantAt, isoDate, weekday } from "../../src/exchange/zoned-time.ts";
import { tradingDay } from "../shared/market-time.ts";
import type { Venue } from "../shared/venue.ts";

const NEW_YORK = "America/New_York";
const OPEN = 9.5 * 60;
const CLOSE = 16 * 60;
const END = 20 * 60;

/** What the session before or after regular hours has traded at. */
export interface SessionPrices {
  readonly last: number;
  readonly high: number;
  readonly low: number;
  /** The price before its first. */
  readonly before: number;
  /** Milliseconds since the epoch. In every example of the vendor's the one before ends a second after the opening. */
  readonly endedAt: number;
}

/** Prices of sessions that are over. */
export interface RegularCloses {
  /** The close of a contract's regular session of the running day, where the price has moved since. */
  of(contract: Contract): number | undefined;
  /** The latest session before or after regular hours in which the price of a US contract was set. */
  ended(contract: Contract, session: "pre" | "post"): SessionPrices | undefined;
}

/** A venue that tells of its prices. */
export interface WatchedVenue {
  readonly venue: Venue;
  readonly closes: RegularCloses;
}

/** @param priced called after a price was set */
export function watchPrices(inner: Venue, priced: (contract: Contract) => void): WatchedVenue {
  const closes = new Map<string, { readonly day: string; readonly price: number }>();
  const sessions = new Map<string, SessionPrices & { readonly day: string }>();
  const today = ({ region }: Contract): string => tradingDay(inner.now(), region);
  const known = (contract: Contract): number | undefined => {
    const close = closes.get(contractKey(contract));
    return close?.day === today(contract) ? close.price : undefined;
  };
  const isAfterHours = ({ region }: Contract): boolean => {
    const { unifiedStatus } = inner.marketStatus(region);
    return unifiedStatus === "AFTER_HOURS" || unifiedStatus === "CLOSED";
  };
  const noteSession = (contract: Contract, price: number, before: number): void => {
    const { unifiedStatus } = inner.marketStatus(contract.region);
    if (contract.region !== "US" || (unifiedStatus !== "PRE_HOURS" && unifiedStatus !== "AFTER_HOURS")) return;
    const session = unifiedStatus === "PRE_HOURS" ? "pre" : "post";
    const key = `${session} ${contractKey(contract)}`;
    const day = today(contract);
    const known = sessions.get(key);
    const first = { last: price, high: price, low: price, before, endedAt: endOf(session, day), day };
    const { high, low, ...rest } = known?.day === day ? known : first;
    sessions.set(key, { ...rest, last: price, high: Math.max(high, price), low: Math.min(low, price) });
  };
  return {
    closes: {
      of: (contract) => known(normalizeContract(contract)),
      ended: (contract, session) => sessions.get(`${session} ${contractKey(normalizeContract(contract))}`),
    },
    venue: {
      ...inner,
      setPrice(given, price) {
        const contract = normalizeContract(given);
        const before = inner.quote(contract)?.latest;
        if (before !== undefined && isAfterHours(contract) && known(contract) === undefined) {
          closes.set(contractKey(contract), { day: today(contract), price: before });
        }
        noteSession(contract, price, before ?? price);
        inner.setPrice(contract, price);
        priced(contract);
      },
    },
  };
}

function endOf(session: "pre" | "post", day: string): number {
  const [minute, seconds] = session === "pre" ? [OPEN, 1] : [END, -1];
  return instantAt(NEW_YORK, dayOf(day), minute) + seconds * 1000;
}

/** When New York's last regular session before an instant ended, and the hours after it: milliseconds since the epoch. */
export function lastUsDay(now: number, holidays: readonly string[]): { readonly close: number; readonly end: number } {
  const closed = new Set(holidays.map(dayOf));
  for (let day = dayOf(tradingDay(now, "US")); ; day -= 1) {
    const close = instantAt(NEW_YORK, day, CLOSE);
    const isTraded = weekday(day) !== 0 && weekday(day) !== 6 && !closed.has(day);
    if (isTraded && close <= now) return { close, end: endOf("post", isoDate(day)) };
  }
}
