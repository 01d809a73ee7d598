/** What one unit of a currency is worth in USD where the set-up says nothing else. */
export const DEFAULT_RATES_TO_USD: Readonly<Record<string, number>> = { USD: 1, HKD: 0.128, CNY: 0.14 };

/** The ledger's name of a currency: offshore yuan (`CNH`) and onshore yuan (`CNY`) are one line. */
export function ledgerCurrency(currency: string): string {
  return currency === "CNH" ? "CNY" : currency;
}
