/**
 * What is traded. The three fields together name one instrument on every broker; how a vendor writes the same thing
 * (`US.BRK.B`, `BRK B`, `BRK.B.US`) is that broker's `convert.ts`.
 */

/** The trade types of the wire: there are no others. Which of them a broker trades, and where, its capabilities say. */
export const TRADE_TYPES = ["Securities", "Cryptocurrencies", "Indexes", "Currencies", "Yields"] as const;

/** Kind of instrument, for example `Securities`. */
export type TradeType = (typeof TRADE_TYPES)[number];

/** What a quantity counts: shares, board lots, or the 1/100,000,000 of a coin. */
export type Unit = "Share" | "RoundLot" | "Satoshi";

/** An instrument, as it is named on the wire of every broker. */
export interface Contract {
  /** Kind of instrument. `Securities` for stocks and funds. */
  readonly tradeType: TradeType;
  /** 2 to 16 capitals that say where it is listed: `US`, `HK`, `CN`. */
  readonly region: string;
  /**
   * Ticker in our form: `BRK.B` in the US, five digits in HK (`00700`), six digits in CN (`600519`). 1 to 32 printable ASCII
   * characters without spaces: a client can ask for no other.
   */
  readonly symbol: string;
}

/** A Chinese exchange: Shanghai or Shenzhen. */
export type CnExchange = "SH" | "SZ";

/** A thing that the vendor reported and that has no name in our language, such as an option: shown, never dropped. */
export interface Unmapped {
  /** The vendor's own symbol, unchanged. */
  readonly originSymbol: string;
  /** Quantity, negative for a short position. For an order: its total quantity. */
  readonly qty: number;
}

/**
 * Writes a contract in its one form: HK numbers padded to five digits, US symbols in capitals.
 * Contracts of other regions or trade types are given back unchanged, since only their broker knows their form.
 */
export function normalizeContract(contract: Contract): Contract {
  if (contract.tradeType !== "Securities") return contract;
  const { region, symbol } = contract;
  const normalized = region === "HK" && /^\d{1,5}$/.test(symbol) ? symbol.padStart(5, "0") : symbol;
  const upper = region === "US" ? normalized.toUpperCase() : normalized;
  return upper === symbol ? contract : { ...contract, symbol: upper };
}

/**
 * The exchange of a six-digit Chinese symbol: 5 and 6 are Shanghai; 0, 3, 15, 16 and 18 Shenzhen.
 * `undefined` for every other number (900901 is a B share, 4 and 8 are Beijing), which no broker here trades.
 */
export function cnExchange(symbol: string): CnExchange | undefined {
  if (!/^\d{6}$/.test(symbol)) return undefined;
  if (/^[56]/.test(symbol)) return "SH";
  if (/^(?:0|3|15|16|18)/.test(symbol)) return "SZ";
  return undefined;
}

/**
 * Currency of a contract's prices, by that of its market. By the exchange's plan of numbers, Hong Kong's counters in yuan
 * have 80000 to 89999, and those of funds in US dollars 09000 to 09599 and 09800 to 09849.
 */
export function currencyOf({ tradeType, region, symbol }: Contract, ofMarket: string): string {
  if (tradeType !== "Securities" || region !== "HK") return ofMarket;
  if (symbol.startsWith("8")) return "CNY";
  return /^09(?:[0-5]|8[0-4])/.test(symbol) ? "USD" : ofMarket;
}

/** One text that is equal exactly for equal contracts; for maps and log lines: `US AAPL` (`HK 00700`, …). */
export function contractKey(contract: Contract): string {
  const { tradeType, region, symbol } = contract;
  return tradeType === "Securities" ? `${region} ${symbol}` : `${tradeType} ${region} ${symbol}`;
}
