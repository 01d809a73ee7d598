/** Money of the securities account. */
export interface Cash {
  /** Currency of `amount`. */
  readonly currency: string;
  /** Total cash, settled and unsettled, of the securities account expressed in `currency`. */
  readonly amount: number;
  /** The ledger's lines, one a currency. */
  readonly balances: readonly CashBalance[];
}

/** One line of the cash ledger. */
export interface CashBalance {
  readonly currency: string;
  readonly amount: number;
  /** What may be used now; `null` where the vendor does not say. */
  readonly available: number | null;
}

/** Offshore and onshore yuan are one currency to a filter: `CNY` and `CNH` are taken as equal. */
export function sameCurrency(a: string, b: string): boolean {
  return yuan(a) === yuan(b);
}

function yuan(currency: string): string {
  return currency === "CNH" ? "CNY" : currency;
}
