/** What every fresh simulator holds and lists, so that the same strategy meets the same world at each broker. */
import type { Contract } from "../../src/domain/contract.ts";
import type { ExchangeOptions } from "../../src/exchange/types.ts";

const security = (region: string, symbol: string): Contract => ({ tradeType: "Securities", region, symbol });

/** What one unit of a currency is worth in USD. */
export const RATES_TO_USD: Readonly<Record<string, number>> = { USD: 1, HKD: 0.128, CNY: 0.14 };

/** Cash of a fresh account. */
export const FRESH_CASH: Readonly<Record<string, number>> = { USD: 1_000_000 };

/** Holdings of a fresh account. */
export const FRESH_POSITIONS: NonNullable<ExchangeOptions["positions"]> = [
  { contract: security("US", "QQQ"), qty: 2400, avgCost: 480 },
  { contract: security("HK", "00700"), qty: 300, avgCost: 380 },
];

/** What is listed, at which last price and close of the day before. */
export const FRESH_PRICES: NonNullable<ExchangeOptions["prices"]> = [
  { contract: security("US", "AAPL"), price: 201.5, preClose: 200.25 },
  { contract: security("US", "QQQ"), price: 520.1, preClose: 518.4 },
  { contract: security("US", "BRK.B"), price: 505.2, preClose: 503.75 },
  { contract: security("HK", "00700"), price: 510, preClose: 505.5, lotSize: 100 },
  { contract: security("CN", "600519"), price: 1500, preClose: 1492.1, lotSize: 100 },
  { contract: security("CN", "000001"), price: 11.53, preClose: 11.49, lotSize: 100 },
];

const NAMES: Readonly<Record<string, string>> = {
  "US AAPL": "Apple",
  "US QQQ": "Invesco QQQ Trust",
  "US BRK.B": "Berkshire Hathaway-B",
  "HK 00700": "腾讯控股",
  "CN 600519": "贵州茅台",
  "CN 000001": "平安银行",
};

/** Name of a security as a vendor shows it; a security listed later is called by its symbol. */
export function securityName(contract: Contract): string {
  return NAMES[`${contract.region} ${contract.symbol}`] ?? contract.symbol;
}
