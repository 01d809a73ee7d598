/**
 * The conformance suite for brokers, for any test framework or none:
 *
 * ```ts
 * import { runConformance } from "httptrading/testing";
 *
 * const results = await runConformance({
 *   name: "my broker",
 *   open: async () => {
 *     const venue = await startMyVenue();
 *     return { broker: myBroker({ ...options, url: venue.url }), venue: { fill: venue.fill }, close: venue.stop };
 *   },
 *   instruments: [{ contract: { tradeType: "Securities", region: "US", symbol: "AAPL" }, price: 201.5 }],
 * });
 * for (const result of results) if (result.status !== "passed") console.log(result);
 * ```
 *
 * Each check says what it needs. What a check wants and does not find makes it "not applicable", with the reason and
 * whose gap it is: a `broker` gap means that the broker does not offer the thing, a `stage` gap that the stage has no
 * means to look. Name more test data and give more powers over the venue until no gap of the stage is left.
 *
 * Journals have a suite of their own, in the same form:
 *
 * ```ts
 * const results = await runJournalConformance({
 *   name: "my journal",
 *   open: async () => ({ journal: myJournal(path), reopen: async () => myJournal(path) }),
 * });
 * ```
 *
 * To test a strategy there is the exchange that is under the paper broker, whose prices, clock and fills are in your hand:
 *
 * ```ts
 * const contract = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
 * const exchange = createExchange({ cash: { USD: 100_000 }, prices: [{ contract, price: 200 }] });
 * const trading = createHttpTrading({ brokers: [paper({ instanceId, tokens, exchange })] });
 * exchange.setPrice(contract, 195);
 * ```
 *
 * With a `clock` of yours its quotes are of that time, and limits that rest on quotes take none that are older than
 * `risk.quotes.maxAgeMs` by the clock of the machine.
 *
 * @module
 */
export { createExchange } from "../exchange/exchange.ts";
export type { Exchange, ExchangeOptions } from "../exchange/types.ts";
export type { ConformanceCheck, ConformanceResult, Need } from "./check.ts";
export { ConformanceError } from "./expect.ts";
export type { JournalCheck, JournalResult } from "./journal/check.ts";
export { journalConformance, runJournalConformance } from "./journal/run.ts";
export type { JournalPower, JournalStage, OpenedJournalStage } from "./journal/stage.ts";
export { runConformance } from "./run.ts";
export type { HeldCash, Instrument, LedgerRow, OpenedStage, Power, Stage, Traffic, Venue } from "./stage.ts";
export { brokerConformance } from "./suite.ts";
