/** The contracts of the demo account, which the paper broker and every simulator list. */
import { demoAccount } from "../../../src/exchange/demo-account.ts";
import type { Instrument } from "../../../src/testing/index.ts";

/** Wednesday, 4 June 2025, the first hour after the opening call: a trading day everywhere, as is the day after. */
const TRADING_AT: Readonly<Record<string, number>> = {
  US: Date.UTC(2025, 5, 4, 14, 30),
  HK: Date.UTC(2025, 5, 4, 2, 30),
  CN: Date.UTC(2025, 5, 4, 2, 30),
};
const LOTS: Readonly<Record<string, number>> = { US: 1, HK: 100, CN: 100 };

export const demoInstruments: readonly Instrument[] = demoAccount.prices.map(({ contract, price }) => {
  const tradingAt = TRADING_AT[contract.region];
  // The finest step of the Chinese market is that of its funds.
  const own = contract.region === "CN" ? { priceStep: 0.01 } : {};
  return {
    contract,
    price,
    lot: LOTS[contract.region] ?? 1,
    ...own,
    ...(tradingAt === undefined ? {} : { tradingAt }),
  };
});

export const demoUnknownContract = { tradeType: "Securities", region: "US", symbol: "NOSUCH" } as const;
