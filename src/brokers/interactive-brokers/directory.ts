/** Contracts at the gateway: found once and remembered, by our name and by the vendor's number. */
import { type Contract, contractKey } from "../../domain/contract.ts";
import type { MarketStatus } from "../../domain/market-status.ts";
import type { Call } from "../../spec/broker.ts";
import { isBrokerError } from "../../spec/broker-error.ts";
import type { PacingClass } from "../shared/pacing.ts";
import { REGIONS, type Region } from "../shared/regions.ts";
import { chooseContract, OVERNIGHT_EXCHANGE, toContract, toDetailedContract, toSearch } from "./contracts.ts";
import { covers, type HoursText, marketStatusAt } from "./hours.ts";
import type { ContractDetails, VendorContract } from "./messages.ts";
import { contractDetails } from "./read-calls.ts";
import type { Reader, Wire } from "./wire.ts";

/** A contract of each region that has always been listed, whose hours are those of its market. */
const REFERENCES = {
  US: { tradeType: "Securities", region: "US", symbol: "AAPL" },
  HK: { tradeType: "Securities", region: "HK", symbol: "00700" },
  CN: { tradeType: "Securities", region: "CN", symbol: "600519" },
} as const satisfies Record<Region, Contract>;

/** A list of hours is read again after so long, since exchanges change their plans. */
const HOURS_AGE_MS = 3_600_000;

/** What TWS knows nothing of is asked for again after so long: it says so of everything while its list is out of reach. */
const UNKNOWN_AGE_MS = 60_000;

export interface Directory {
  /**
   * Asks for contracts anew from now on. TWS learns with its daily restart what has become of them: a symbol may belong to
   * another company, or a company have another number, and an order would go to the wrong one.
   */
  renew(): void;
  /**
   * The vendor's contract for ours. `kind` says what it is asked for.
   *
   * @throws BrokerError `InvalidRequest`, `UnknownContract`
   */
  qualify(contract: Contract, call: Call, kind?: PacingClass): Promise<VendorContract>;
  /** Our contract for the vendor's as far as it can be told at once; `undefined` where {@link resolve} has to ask. */
  known(vendor: VendorContract): Contract | null | undefined;
  /** Our contract for the vendor's, `null` for none. */
  resolve(vendor: VendorContract, call: Call): Promise<Contract | null>;
  /** States of the markets at a moment, one a region. */
  markets(at: number, call: Call): Promise<Readonly<Record<Region, MarketStatus>>>;
}

interface KnownHours {
  readonly regular: HoursText;
  readonly night?: HoursText;
  readonly readAt: number;
}

export function createDirectory(wire: Wire): Directory {
  const byName = new Map<string, VendorContract>();
  const byVendor = new Map<string, Contract | null>();
  /** When TWS last said that it knows nothing of one, by `performance.now()`. */
  const unknownAt = new Map<string, number>();
  const hours = new Map<Region, KnownHours>();

  function known(vendor: VendorContract): Contract | null | undefined {
    const named = toContract(vendor);
    if (named !== undefined) return named;
    const key = vendorKey(vendor);
    if (byVendor.has(key)) return byVendor.get(key);
    const at = unknownAt.get(key);
    return at !== undefined && performance.now() - at < UNKNOWN_AGE_MS ? null : undefined;
  }

  async function details(contract: Contract, call: Call, kind?: PacingClass): Promise<ContractDetails> {
    const search = toSearch(contract);
    const act = (read: Reader) => read((asking) => contractDetails(asking, search));
    const found = await wire.read(`details ${contractKey(contract)}`, call, act, kind);
    const chosen = chooseContract(contract, found);
    byVendor.set(vendorKey(chosen.contract), contract);
    // Of Hong Kong and the mainland there is one exchange each; American shares are routed smartly.
    byName.set(contractKey(contract), { ...chosen.contract, exchange: search.exchange });
    return chosen;
  }

  async function readHours(region: Region, call: Call): Promise<KnownHours> {
    const regular = await details(REFERENCES[region], call);
    const readAt = performance.now();
    if (region !== "US") return { regular, readAt };
    const { conId } = regular.contract;
    const [night] = await wire.read(`night ${conId}`, call, (read) =>
      read((asking) => contractDetails(asking, { conId, exchange: OVERNIGHT_EXCHANGE })),
    );
    return night === undefined ? { regular, readAt } : { regular, night, readAt };
  }

  async function hoursOf(region: Region, at: number, call: Call): Promise<KnownHours> {
    const remembered = hours.get(region);
    const isFresh = remembered !== undefined && performance.now() - remembered.readAt < HOURS_AGE_MS;
    if (isFresh && covers(remembered.regular, at)) return remembered;
    const fresh = await readHours(region, call);
    hours.set(region, fresh);
    return fresh;
  }

  return {
    renew: () => byName.clear(),

    known,

    async qualify(contract, call, kind) {
      const remembered = byName.get(contractKey(contract));
      if (remembered !== undefined) return remembered;
      const found = await details(contract, call, kind);
      return byName.get(contractKey(contract)) ?? found.contract;
    },

    async resolve(vendor, call) {
      const named = known(vendor);
      if (named !== undefined) return named;
      const { conId } = vendor;
      const [found] = await wire.read(`details ${conId}`, call, (read) =>
        read((asking) => contractDetails(asking, { conId })),
      );
      const key = vendorKey(vendor);
      if (found === undefined) {
        unknownAt.set(key, performance.now());
        return null;
      }
      const contract = toDetailedContract(found);
      byVendor.set(key, contract);
      return contract;
    },

    async markets(at, call) {
      const states = await Promise.all(
        REGIONS.map(async (region) => {
          try {
            const { regular, night } = await hoursOf(region, at, call);
            return marketStatusAt(region, REFERENCES[region].symbol, regular, at, night);
          } catch (error) {
            // An account without permission for a market sees none of its contracts; the others still have a state.
            if (!isUnknown(error)) throw error;
            return { region, originStatus: `${REFERENCES[region].symbol}: no such contract`, unifiedStatus: "UNKNOWN" };
          }
        }),
      );
      const [US, HK, CN] = states as [MarketStatus, MarketStatus, MarketStatus];
      return { US, HK, CN };
    },
  };
}

/** The number stays where a company takes another name, and then the name is not what it was. */
function vendorKey({ conId, symbol }: VendorContract): string {
  return `${conId} ${symbol}`;
}

function isUnknown(error: unknown): boolean {
  return isBrokerError(error) && error.code === "UnknownContract";
}
