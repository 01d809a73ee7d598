/** Every {@link UnifiedStatus}. */
export const UNIFIED_STATUSES = ["UNKNOWN", "OVERNIGHT", "PRE_HOURS", "RTH", "REST", "AFTER_HOURS", "CLOSED"] as const;

/**
 * A market's state in our words: continuous regular trading is `RTH`, a lunch break `REST`, the night session
 * `OVERNIGHT`; holidays, gaps between sessions and the closing auction of HK are `CLOSED`; the time before the open,
 * call auctions and whatever cannot be placed are `UNKNOWN`.
 */
export type UnifiedStatus = (typeof UNIFIED_STATUSES)[number];

/** State of one region's market. */
export interface MarketStatus {
  readonly region: string;
  /** The vendor's own word. */
  readonly originStatus: string;
  readonly unifiedStatus: UnifiedStatus;
}

/** Market states by trade type, then by region: `{ Securities: { US: … } }`. */
export type MarketStatusMap = Readonly<Record<string, Readonly<Record<string, MarketStatus>>>>;
