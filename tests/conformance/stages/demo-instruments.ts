/** The contracts of the demo account, which the paper broker and every simulator list. */
import { demoAccount } from "../../../src/exchange/demo-account.ts";
import type { Instrument } from "../../../src/testing/index.ts";

/** Wednesday, 4 June 2025, the first hour after the opening call: a trading day everywhere, as is the day after. */
const TRADING_AT: Readonly<Record<string, number>> = {
  US: Date.UTC(2025, 5, 4, 14, 30),
  HK: Date.UTC(2025, 5, 4, 2, 30),
  CN: Date.UTC(2025, 5, 4, 2, 30),
};
/** The finest step of a market may be that of its funds; these are the steps of shares a little below their prices. */
const PRICE_STEPS: Readonly<Record<string, number>> = { US: 0.01, HK: 0.2, CN: 0.01 };
const LOTS: Readonly<Record<string, number>> = { US: 1, HK: 100, CN: 100 };

export const demoInstruments: readonly Instrument[] = demoAccount.prices.map(({ contract, price }) => ({
  contract,
  price,
  lot: LOTS[contract.region] ?? 1,
  priceStep: PRICE_STEPS[contract.region] ?? 0.01,
  tradingAt: TRADING_AT[contract.region] ?? Date.UTC(2025, 5, 4),
}));

export const demoUnknownContract = { tradeType: "Securities", region: "US", symbol: "NOSUCH" } as const;
