/** The close of the regular session, which the exchange forgets as soon as the extended session moves its one price. */
import { type Contract, contractKey, normalizeContract } from "../../src/domain/contract.ts";
import { tradingDay } from "../shared/market-time.ts";
import type { Venue } from "../shared/venue.ts";

/** The regular closes of the running day. */
export interface RegularCloses {
  /** The close of a contract's regular session, where the price has moved since. */
  of(contract: Contract): number | undefined;
}

/** A venue that tells of its prices. */
export interface WatchedVenue {
  readonly venue: Venue;
  readonly closes: RegularCloses;
}

/** @param priced called after a price was set */
export function watchPrices(inner: Venue, priced: (contract: Contract) => void): WatchedVenue {
  const closes = new Map<string, { readonly day: string; readonly price: number }>();
  const today = ({ region }: Contract): string => tradingDay(inner.now(), region);
  const known = (contract: Contract): number | undefined => {
    const close = closes.get(contractKey(contract));
    return close?.day === today(contract) ? close.price : undefined;
  };
  const isAfterHours = ({ region }: Contract): boolean => {
    const { unifiedStatus } = inner.marketStatus(region);
    return unifiedStatus === "AFTER_HOURS" || unifiedStatus === "CLOSED";
  };
  return {
    closes: { of: (contract) => known(normalizeContract(contract)) },
    venue: {
      ...inner,
      setPrice(given, price) {
        const contract = normalizeContract(given);
        const before = inner.quote(contract)?.latest;
        if (before !== undefined && isAfterHours(contract) && known(contract) === undefined) {
          closes.set(contractKey(contract), { day: today(contract), price: before });
        }
        inner.setPrice(contract, price);
        priced(contract);
      },
    },
  };
}
