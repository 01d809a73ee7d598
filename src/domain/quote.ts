import type { Contract } from "./contract.ts";

/** A snapshot of prices. */
export interface Quote {
  readonly contract: Contract;
  readonly currency: string;
  /** False while trading is suspended or halted. */
  readonly isTradable: boolean;
  /** Last price. */
  readonly latest: number;
  /** Close of the trading day before. */
  readonly preClose: number;
  readonly highPrice: number;
  readonly lowPrice: number;
  readonly openPrice: number;
  /** Time of the snapshot, milliseconds since the epoch; 0 for a price from nobody knows when. */
  readonly timestamp: number;
}
