import { describe, expect, test } from "vitest";
import { daysAround, marketStatusAt } from "../../../src/brokers/longport/market-hours.ts";
import { createMarkets } from "../../../src/brokers/longport/markets.ts";
import type { TradingDays } from "../../../src/brokers/longport/messages.ts";
import type { Transport } from "../../../src/brokers/longport/transport.ts";
import type { Read } from "../../../src/brokers/longport/wire.ts";
import type { Region } from "../../../src/brokers/shared/regions.ts";
import type { Call } from "../../../src/spec/broker.ts";
import { call, rejection } from "./setup.ts";

const period = (from: number, to: number, kind = 0) => ({ from, to, kind });
const PERIODS = {
  US: [period(400, 930, 1), period(930, 1600), period(1600, 2000, 2), period(2000, 400, 3)],
  HK: [period(930, 1200), period(1300, 1600)],
  CN: [period(930, 1130), period(1300, 1457)],
} as const;
/** Hours that UTC is behind the clock of the market, in June. */
const OFFSETS = { US: -4, HK: 8, CN: 8 } as const satisfies Record<Region, number>;
// Thursday 5 June 2025 is a half day here, and the Monday after it a holiday.
const DAYS = { whole: ["20250603", "20250604", "20250606", "20250610"], half: ["20250605"] } as const;

function stateOf(region: Region, day: number, hours: number, minutes = 0) {
  const at = Date.UTC(2025, 5, day, hours - OFFSETS[region], minutes);
  return marketStatusAt({ region, periods: PERIODS[region], days: DAYS }, at);
}

const status = (...at: Parameters<typeof stateOf>) => stateOf(...at).unifiedStatus;

describe("the state of a market", () => {
  test.each([
    ["US", 4, 3, 59, "OVERNIGHT"],
    ["US", 4, 4, 0, "PRE_HOURS"],
    ["US", 4, 9, 29, "PRE_HOURS"],
    ["US", 4, 9, 30, "RTH"],
    ["US", 4, 15, 59, "RTH"],
    ["US", 4, 16, 0, "AFTER_HOURS"],
    ["US", 4, 20, 0, "OVERNIGHT"],
    ["HK", 4, 8, 59, "CLOSED"],
    ["HK", 4, 9, 0, "UNKNOWN"],
    ["HK", 4, 9, 30, "RTH"],
    ["HK", 4, 12, 0, "REST"],
    ["HK", 4, 13, 0, "RTH"],
    ["HK", 4, 16, 0, "CLOSED"],
    ["CN", 4, 9, 15, "UNKNOWN"],
    ["CN", 4, 11, 30, "REST"],
    ["CN", 4, 14, 56, "RTH"],
    ["CN", 4, 14, 57, "UNKNOWN"],
    ["CN", 4, 15, 0, "CLOSED"],
  ] as const)("of %s on the %i at %i:%i is %s", (region, day, hours, minutes, expected) => {
    expect(status(region, day, hours, minutes)).toBe(expected);
  });

  test.each([
    ["US", 4, "Overnight Pre Intraday Intraday Intraday Post Post"],
    ["HK", 4, "Closed Auction Intraday Break Intraday ClosingAuction Closed"],
    ["HK", 5, "Closed Auction Intraday ClosingAuction Closed Closed Closed"],
    ["CN", 4, "Closed Auction Intraday Break ClosingAuction Closed Closed"],
  ] as const)("of %s on the %i has these words of its own", (region, day, words) => {
    const times = [[3], [9, 20], [10], [12, 5], [14, 58], [16, 5], [18]] as const;
    const said = times.map(([hours, minutes]) => stateOf(region, day, hours, minutes).originStatus);
    expect(said.join(" ")).toBe(words);
  });

  test("half days end early, and what follows the close moves with it", () => {
    expect(status("US", 5, 12, 59)).toBe("RTH");
    expect(status("US", 5, 13)).toBe("AFTER_HOURS");
    expect(status("US", 5, 17)).toBe("CLOSED");
    expect(status("HK", 5, 11, 59)).toBe("RTH");
    expect(status("HK", 5, 12)).toBe("CLOSED");
    expect(status("HK", 5, 14)).toBe("CLOSED");
    expect(status("CN", 5, 13)).toBe("CLOSED");
  });

  test("a night belongs to the day on which it ends", () => {
    expect(status("US", 6, 21)).toBe("CLOSED");
    expect(status("US", 8, 21)).toBe("CLOSED");
    expect(status("US", 9, 12)).toBe("CLOSED");
    expect(status("US", 9, 21)).toBe("OVERNIGHT");
    expect(status("US", 7, 12)).toBe("CLOSED");
  });

  test("the night that the vendor's hours leave out is its own", () => {
    const periods = PERIODS.US.filter(({ kind }) => kind !== 3);
    const at = (day: number, hours: number, minutes = 0) =>
      marketStatusAt({ region: "US", periods, days: DAYS }, Date.UTC(2025, 5, day, hours - OFFSETS.US, minutes));
    expect(at(4, 3, 49)).toEqual({ region: "US", originStatus: "Overnight", unifiedStatus: "OVERNIGHT" });
    expect(at(4, 3, 50)).toMatchObject({ unifiedStatus: "CLOSED" });
    expect(at(4, 4)).toMatchObject({ unifiedStatus: "PRE_HOURS" });
    expect(at(4, 20)).toMatchObject({ unifiedStatus: "OVERNIGHT" });
    // Friday's and Sunday's, before a weekend and a holiday; and that behind the holiday.
    for (const day of [6, 8]) expect(at(day, 21)).toMatchObject({ unifiedStatus: "CLOSED" });
    expect(at(9, 21)).toMatchObject({ unifiedStatus: "OVERNIGHT" });
  });

  test("the days asked for hold today and tomorrow of the market's own calendar, within a month", () => {
    const late = Date.UTC(2025, 5, 4, 23);
    expect(daysAround("HK", late)).toEqual({ from: "20250604", to: "20250626" });
    expect(daysAround("US", late)).toEqual({ from: "20250603", to: "20250625" });
  });
});

test("days that the vendor does not give close no market, and a market without hours is left out", async () => {
  let given: TradingDays = { whole: [], half: [] };
  const transport = {
    tradingSessions: async () => [{ market: "US", periods: PERIODS.US }],
    tradingDays: async () => given,
  } as unknown as Transport;
  const markets = createMarkets({
    vendorTime: async () => Date.UTC(2025, 5, 4, 15),
    read: <T>({ act }: Read<T>, { signal }: Call) => act(transport, signal),
  });
  expect(await rejection(markets.status(call()))).toMatchObject({ code: "BrokerFault" });
  given = DAYS;
  expect(await markets.status(call())).toMatchObject({ Securities: { US: { unifiedStatus: "RTH" } } });
  expect(Object.keys((await markets.status(call()))["Securities"] ?? {})).toEqual(["US"]);
});
