import type { Contract } from "../domain/contract.ts";
import type { ExchangeOptions } from "./types.ts";

const security = (region: string, symbol: string): Contract => ({ tradeType: "Securities", region, symbol });

/**
 * The account that everything starts with: 1,000,000 USD, 2400 QQQ and 300 shares of 00700, and six contracts with a
 * price. The paper broker's default and every simulator's.
 */
export const demoAccount = {
  cash: { USD: 1_000_000 },
  positions: [
    { contract: security("US", "QQQ"), qty: 2400, avgCost: 480 },
    { contract: security("HK", "00700"), qty: 300, avgCost: 400 },
  ],
  prices: [
    { contract: security("US", "AAPL"), price: 201.5, preClose: 200.85 },
    { contract: security("US", "QQQ"), price: 520.25, preClose: 518.1 },
    { contract: security("US", "BRK.B"), price: 505.4, preClose: 503.75 },
    { contract: security("HK", "00700"), price: 512.5, preClose: 508, lotSize: 100 },
    { contract: security("CN", "600519"), price: 1520, preClose: 1511.5 },
    { contract: security("CN", "000001"), price: 11.53, preClose: 11.49 },
  ],
} as const satisfies ExchangeOptions;

/** 10:30 in New York on Wednesday, 28 May 2025, a trading day with daylight saving: where a simulator's clock starts. */
export const demoTradingTime = Date.UTC(2025, 4, 28, 14, 30);
