import type { Contract, Unit } from "./contract.ts";

/** A holding of the account. */
export interface Position {
  readonly contract: Contract;
  readonly unit: Unit;
  readonly currency: string;
  /** Quantity in `unit`; negative for a short position; fractions are kept. */
  readonly qty: number;
}
