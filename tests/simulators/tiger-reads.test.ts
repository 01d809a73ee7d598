/** Cash, positions, market states, quotes and the permission to read them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UNUSUAL_POSITIONS } from "../../simulators/tiger/accounts.ts";
import { MARKET_STATES } from "../../simulators/tiger/codes.ts";
import { startTiger, type TigerServer } from "../../simulators/tiger/server.ts";
import { at, listAt } from "./protocol.ts";
import { ask, BUY, LIVE, PAPER } from "./tiger-client.ts";

let tiger: TigerServer;

beforeEach(async () => {
  tiger = await startTiger({ limits: false, extraPositions: UNUSUAL_POSITIONS });
});

afterEach(() => tiger.close());

const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;

describe("assets", () => {
  test("are in the segment of securities, in the asked currency, with a line for each", async () => {
    await ask(tiger, "place_order", BUY);
    const { data } = await ask(tiger, "prime_assets", { account: LIVE, base_currency: "USD", consolidated: true });
    expect(data).toMatchObject({ accountId: LIVE, updateTimestamp: expect.any(Number) });
    expect(listAt(data, "segments").map(({ category }) => category)).toEqual(["S", "C"]);
    expect(at(data, "segments", 0)).toMatchObject({
      currency: "USD",
      cashBalance: 1_000_000,
      cashAvailableForTrade: 998_095,
      buyingPower: 998_095,
      lockedFunds: 1905,
      grossPositionValue: 2400 * 520.25 + 300 * 512.5 * 0.128,
      currencyAssets: [
        { currency: "USD", cashBalance: 1_000_000, cashAvailableForTrade: 998_095, forexRate: 1 },
        { currency: "HKD", cashBalance: 0, forexRate: 0.128 },
        { currency: "CNH", cashBalance: 0, forexRate: 0.14 },
      ],
    });
    expect(at(data, "segments", 1)).toMatchObject({ cashBalance: 0, currencyAssets: [] });
  });

  test("may be asked in another currency that the account knows", async () => {
    const hkd = await ask(tiger, "prime_assets", { account: LIVE, base_currency: "HKD" });
    expect(at(hkd.data, "segments", 0)).toMatchObject({ currency: "HKD", cashBalance: 7_812_500 });
    expect((await ask(tiger, "prime_assets", { account: LIVE, base_currency: "XYZ" })).code).toBe(1010);
  });
});

describe("positions", () => {
  const rows = async (changes: object = {}) =>
    listAt((await ask(tiger, "positions", { account: LIVE, sec_type: "STK", ...changes })).data, "items");

  test("are whole numbers with a scale, of one kind of security", async () => {
    expect(await rows()).toMatchObject([
      {
        symbol: "QQQ",
        market: "US",
        currency: "USD",
        position: 2400,
        positionScale: 0,
        averageCost: 480,
        account: LIVE,
      },
      { symbol: "00700", market: "HK", currency: "HKD", position: 300, latestPrice: 512.5 },
      { symbol: "D05", market: "SI", currency: "SGD", position: 200 },
      { symbol: "NVDA", position: 773, positionScale: 5, positionQty: 0.00773, marketValue: 1.4186 },
    ]);
    expect(await rows({ sec_type: "OPT" })).toMatchObject([{ symbol: "AAPL", secType: "OPT", multiplier: 100 }]);
  });

  test("are filtered by market, currency and symbol", async () => {
    expect(await rows({ market: "HK", currency: "ALL" })).toMatchObject([{ symbol: "00700" }]);
    expect(await rows({ market: "ALL", currency: "SGD" })).toMatchObject([{ symbol: "D05" }]);
    expect(await rows({ symbol: "QQQ" })).toHaveLength(1);
    expect(await rows({ market: "CN" })).toEqual([]);
  });

  test("say what may still be sold, and are of one account", async () => {
    const sale = { ...BUY, symbol: "QQQ", action: "SELL", total_quantity: 400, limit_price: 600 };
    await ask(tiger, "place_order", sale);
    expect((await rows({ symbol: "QQQ" }))[0]).toMatchObject({ positionQty: 2400, salableQty: 2000 });
    expect((await rows({ symbol: "QQQ", account: PAPER }))[0]).toMatchObject({ salableQty: 2400 });
  });
});

describe("market states", () => {
  test("are of the asked market, or all three", async () => {
    const { data } = await ask(tiger, "market_state", { market: "ALL" });
    expect(data).toMatchObject([
      { market: "US", status: "TRADING", marketStatus: "Trading" },
      { market: "HK" },
      { market: "CN" },
    ]);
    expect((await ask(tiger, "market_state", { market: "HK" })).data).toMatchObject([{ market: "HK" }]);
    expect((await ask(tiger, "market_state", { market: "JP" })).code).toBe(1010);
  });

  test.each([
    ["2025-06-04T03:00:00Z", "OVERNIGHT_TRADING", "TRADING"],
    ["2025-06-04T01:10:00Z", "OVERNIGHT_TRADING", "NOT_YET_OPEN"],
    ["2025-06-04T04:30:00Z", "OVERNIGHT_TRADING", "MIDDLE_CLOSE"],
    ["2025-06-04T08:05:00Z", "PRE_HOUR_TRADING", "CLOSING"],
    ["2025-06-04T12:00:00Z", "PRE_HOUR_TRADING", "MARKET_CLOSED"],
    ["2025-06-04T14:30:00Z", "TRADING", "MARKET_CLOSED"],
    ["2025-06-04T21:00:00Z", "POST_HOUR_TRADING", "MARKET_CLOSED"],
    ["2025-06-07T16:00:00Z", "MARKET_CLOSED", "MARKET_CLOSED"],
  ] as const)("at %s: New York %s, Hong Kong %s", async (now, us, hk) => {
    tiger.venue.setNow(Date.parse(now));
    const { data } = await ask(tiger, "market_state", { market: "ALL" });
    expect(data).toMatchObject([
      { status: us, marketStatus: MARKET_STATES[us] },
      { status: hk, marketStatus: MARKET_STATES[hk] },
      {},
    ]);
  });

  test("tell the next opening on the market's own clock", async () => {
    tiger.venue.setNow(Date.parse("2025-06-06T20:30:00Z"));
    expect((await ask(tiger, "market_state", { market: "ALL" })).data).toMatchObject([
      { openTime: "06-09 09:30:00 EDT" },
      { openTime: "06-09 09:30:00" },
      { openTime: "06-09 09:30:00" },
    ]);
    tiger.venue.setNow(Date.parse("2025-12-01T13:00:00Z"));
    expect((await ask(tiger, "market_state", { market: "US" })).data).toMatchObject([
      { openTime: "12-01 09:30:00 EST" },
    ]);
  });
});

describe("quotes", () => {
  const quotes = (biz: object = { symbols: ["AAPL"] }, device_id = "one") =>
    ask(tiger, "quote_real_time", biz, { device_id });
  const grab = (device_id = "one") => ask(tiger, "grab_quote_permission", undefined, { device_id });

  test("are for the one device that grabbed the permission last", async () => {
    const denied = { code: 4, message: "4000:permission denied(current device does not have permission)" };
    expect(await quotes()).toMatchObject(denied);
    expect((await grab()).data).toMatchObject([{ name: "usQuoteBasic", expireAt: -1 }, {}, {}]);
    expect((await quotes()).code).toBe(0);
    expect(await quotes({ symbols: ["AAPL"] }, "two")).toMatchObject(denied);
    await grab("two");
    expect((await quotes({ symbols: ["AAPL"] }, "two")).code).toBe(0);
    expect(await quotes()).toMatchObject(denied);
  });

  test("have their prices, leave out what is unknown, and refuse nothing but unknown", async () => {
    await grab();
    tiger.venue.setPrice(AAPL, 203);
    const { data } = await quotes({ symbols: ["AAPL", "NOSUCH", "00700", "600519", "BRK.B"] });
    expect(data).toMatchObject([
      { symbol: "AAPL", latestPrice: 203, high: 203, low: 201.5, open: 201.5, preClose: 200.85, status: "NORMAL" },
      { symbol: "00700", latestPrice: 512.5 },
      { symbol: "600519" },
      { symbol: "BRK.B" },
    ]);
    expect(await quotes({ symbols: ["NOSUCH", "?"] })).toMatchObject({
      code: 1000,
      message: "common param error(invalid symbols)",
    });
    expect((await quotes({ symbols: [] })).code).toBe(1010);
    tiger.venue.suspend(AAPL, true);
    expect((await quotes()).data).toMatchObject([{ status: "HALTED" }]);
  });

  test("say what trades outside regular hours, where that is asked for", async () => {
    await grab();
    const asked = { symbols: ["AAPL", "00700"], include_hour_trading: true };
    expect(at((await quotes(asked)).data, 0)).not.toHaveProperty("hourTrading");
    tiger.venue.setNow(Date.parse("2025-06-04T08:31:00Z"));
    const { data } = await quotes(asked);
    expect(data).toMatchObject([
      { symbol: "AAPL", hourTrading: { tag: "Pre-Mkt", latestPrice: 201.5, latestTime: "04:31 EDT" } },
      { symbol: "00700" },
    ]);
    expect(at(data, 1)).not.toHaveProperty("hourTrading");
    tiger.venue.setNow(Date.parse("2025-06-04T21:00:00Z"));
    expect(at((await quotes(asked)).data, 0, "hourTrading", "tag")).toBe("Post-Mkt");
    expect(at((await quotes()).data, 0)).not.toHaveProperty("hourTrading");
  });

  test("have an older form", async () => {
    await grab();
    const brief = await ask(tiger, "brief", { symbols: ["AAPL"] }, { device_id: "one" });
    expect(brief.data).toMatchObject({ items: [{ symbol: "AAPL", market: "US", latestPrice: 201.5, name: "Apple" }] });
  });
});

test("while the services behind are down every method says so, and nothing is done", async () => {
  tiger.setLoggedIn(false);
  for (const [method, biz] of [
    ["user_license", {}],
    ["orders", { account: LIVE }],
    ["place_order", BUY],
  ] as const) {
    expect(await ask(tiger, method, biz)).toMatchObject({ code: 1, message: expect.stringContaining("server error") });
  }
  tiger.setLoggedIn(true);
  expect((await ask(tiger, "place_order", BUY)).code).toBe(0);
  expect(tiger.venue.orders()).toHaveLength(1);
});
