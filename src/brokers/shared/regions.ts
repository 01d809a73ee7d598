/** The regions whose securities are traded here, alike at every vendor. What a vendor calls them is in its own folder. */

export const REGIONS = ["US", "HK", "CN"] as const;
export type Region = (typeof REGIONS)[number];

/** True for a region whose securities are traded here. */
export function isRegion(region: string): region is Region {
  return REGIONS.some((each) => each === region);
}

/** Currency of a region's prices, for where a vendor gives none. */
export const REGION_CURRENCIES = { US: "USD", HK: "HKD", CN: "CNY" } as const satisfies Record<Region, string>;
