/** The regions whose securities are traded here, alike at every vendor. What a vendor calls them is in its own folder. */
import { type Contract, currencyOf } from "../../domain/contract.ts";

export const REGIONS = ["US", "HK", "CN"] as const;
export type Region = (typeof REGIONS)[number];

/** True for a region whose securities are traded here. */
export function isRegion(region: string): region is Region {
  return REGIONS.some((each) => each === region);
}

/** Currency of a region's prices, but for counters of its own. */
export const REGION_CURRENCIES = { US: "USD", HK: "HKD", CN: "CNY" } as const satisfies Record<Region, string>;

/** Currency of a contract's prices: the vendor's, offshore yuan written CNY; that of its counter where the vendor gives none. */
export function contractCurrency(given: string | null | undefined, contract: Contract): string {
  if (given != null && /^[A-Z]{3}$/.test(given)) return given === "CNH" ? "CNY" : given;
  return currencyOf(contract, isRegion(contract.region) ? REGION_CURRENCIES[contract.region] : "USD");
}
