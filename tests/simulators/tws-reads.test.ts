/** Accounts, contracts and market data of the TWS simulator through the real SDK. */
import { type Contract, SecType } from "@stoqey/ib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SECOND_ACCOUNT, UNUSUAL_POSITIONS } from "../../simulators/tws/accounts.ts";
import { AMBIGUOUS_SYMBOL } from "../../simulators/tws/contracts.ts";
import type { MarketDataAccess } from "../../simulators/tws/desk.ts";
import { startTws, type Tws } from "../../simulators/tws/server.ts";
import { type SdkClient, sdkConnect } from "./tws-sdk.ts";

/** 10:00 in New York on a Tuesday; Thursday is Thanksgiving. */
const NOW = Date.UTC(2026, 10, 24, 15);
const ACCOUNT = "DU1234567";
const stock = (symbol: string, exchange: string, currency: string): Contract => ({
  ...{ symbol, secType: SecType.STK, exchange, currency },
});
const AAPL = stock("AAPL", "SMART", "USD");
const CONTRACT = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;

describe.each([193, 178])("at version %i", (maxVersion) => {
  let tws: Tws;
  let client: SdkClient;

  beforeEach(async () => {
    tws = await startTws({
      ...{ maxVersion, now: NOW, accounts: [ACCOUNT, SECOND_ACCOUNT], extraPositions: UNUSUAL_POSITIONS },
      holidays: { US: ["2026-11-26"] },
    });
    client = await sdkConnect(tws.port, 7);
  });

  afterEach(async () => {
    client.close();
    await tws.close();
  });

  test("the account summary has totals in USD and a ledger by currency", async () => {
    tws.venue.place(ACCOUNT, {
      ...{ contract: { tradeType: "Securities", region: "HK", symbol: "00700" }, direction: "BUY" },
      ...{ orderType: "Market", timeInForce: "GTC", lifecycle: "RTH", qty: 100, tag: null },
    });
    const [{ wireId } = { wireId: "" }] = tws.venue.orders();
    tws.venue.fill(wireId, 100, 500);
    client.api.reqAccountSummary(3, "All", "TotalCashValue,NetLiquidation,$LEDGER:ALL");
    await client.until("accountSummaryEnd");
    const values = new Map(
      client
        .all("accountSummary")
        .filter(([, account]) => account === ACCOUNT)
        .map(([, , tag, value, currency]) => [`${tag} ${currency}`, value]),
    );
    expect(values.get("TotalCashValue USD")).toBe("993600.00");
    expect(["CashBalance", "TotalCashBalance", "ExchangeRate"].map((tag) => values.get(`${tag} HKD`))).toEqual([
      ...["-50000.00", "-50000.00", "0.1280000"],
    ]);
    expect(values.get("CashBalance USD")).toBe("1000000.00");
    expect(values.get("CashBalance BASE")).toBe("993600.00");
    expect(client.all("accountSummary").some(([, account]) => account === SECOND_ACCOUNT)).toBe(true);
    client.api.reqAccountSummary(4, "Nobody", "TotalCashValue");
    await client.until("error");
    expect(client.errors(4).map(({ code }) => code)).toEqual([321]);
  });

  test("account updates, once and after a fill; the multi ones too", async () => {
    client.api.reqAccountUpdates(true, ACCOUNT);
    await client.until("accountDownloadEnd");
    const keys = client.all("updateAccountValue").map(([key, , currency]) => `${key} ${currency}`);
    expect(keys).toEqual(
      expect.arrayContaining(["AccountCode ", "TotalCashValue USD", "TotalCashBalance BASE", "ExchangeRate HKD"]),
    );
    expect(client.all("updatePortfolio").map(([{ localSymbol }, qty]) => [localSymbol, qty])).toEqual([
      ["QQQ", 2400],
      ["700", 300],
      ["AAPL  270115C00200000", 3],
      ["7203", 100],
    ]);
    tws.venue.place(ACCOUNT, {
      ...{ contract: CONTRACT, direction: "BUY", orderType: "Market", timeInForce: "DAY", lifecycle: "RTH" },
      ...{ qty: 10, tag: null },
    });
    await client.until("accountDownloadEnd", 2);
    expect(client.all("updateAccountValue").findLast(([key]) => key === "TotalCashValue")?.[1]).toBe("997985.00");
    client.api.reqAccountUpdatesMulti(6, SECOND_ACCOUNT, "", false);
    await client.until("accountUpdateMultiEnd");
    expect(client.all("accountUpdateMulti")).toContainEqual([
      ...[6, SECOND_ACCOUNT, "", "CashBalance", "1000000.00", "USD"],
    ]);
  });

  test("positions of every account, those without a name too", async () => {
    client.api.reqPositions();
    await client.until("positionEnd");
    const rows = client
      .all("position")
      .map(([account, { secType, symbol, currency, strike, right, multiplier }, qty, cost]) => [
        ...[account, secType, symbol, currency, strike, right, multiplier, qty, cost],
      ]);
    expect(rows).toEqual([
      [ACCOUNT, "STK", "QQQ", "USD", 0, undefined, 0, 2400, 480],
      [ACCOUNT, "STK", "700", "HKD", 0, undefined, 0, 300, 400],
      [ACCOUNT, "OPT", "AAPL", "USD", 200, "C", 100, 3, 1240],
      [ACCOUNT, "STK", "7203", "JPY", 0, undefined, 0, 100, 2750],
      [SECOND_ACCOUNT, "STK", "QQQ", "USD", 0, undefined, 0, 2400, 480],
      [SECOND_ACCOUNT, "STK", "700", "HKD", 0, undefined, 0, 300, 400],
    ]);
    client.api.reqPositionsMulti(8, SECOND_ACCOUNT, "");
    await client.until("positionMultiEnd");
    expect(client.all("positionMulti")).toHaveLength(2);
  });

  const details = async (reqId: number, contract: Contract) => {
    client.api.reqContractDetails(reqId, contract);
    const ended = () =>
      client.errors(reqId).length + client.all("contractDetailsEnd").filter(([id]) => id === reqId).length;
    await expect.poll(ended, { interval: 5 }).toBe(1);
    return client.all("contractDetails").flatMap(([id, found]) => (id === reqId ? [found] : []));
  };

  test("contracts: hours with lunch, weekends and holidays, in their own zone", async () => {
    const [us, ...rest] = await details(1, AAPL);
    expect(rest).toEqual([]);
    expect(us.contract).toMatchObject({ conId: 265598, primaryExch: "NASDAQ", localSymbol: "AAPL" });
    expect(us).toMatchObject({ timeZoneId: "US/Eastern", minTick: 0.01, minSize: 1, longName: "APPLE" });
    expect(us.validExchanges.split(",")).toEqual(expect.arrayContaining(["SMART", "OVERNIGHT"]));
    expect(us.liquidHours).toBe(
      "20261124:0930-20261124:1600;20261125:0930-20261125:1600;20261126:CLOSED;20261127:0930-20261127:1600;20261128:CLOSED;20261129:CLOSED",
    );
    expect(us.tradingHours).toMatch(/^20261124:0400-20261124:2000;/);
    const [hk] = await details(2, stock("700", "SEHK", "HKD"));
    expect(hk).toMatchObject({ timeZoneId: "Asia/Hong_Kong", sizeIncrement: 100, longName: "腾讯控股" });
    expect(hk.liquidHours).toMatch(/^20261124:0930-20261124:1200;20261124:1300-20261124:1600;20261125:0930/);
    const [shanghai] = await details(3, stock("600519", "SEHKNTL", "CNH"));
    expect(shanghai).toMatchObject({ timeZoneId: "Asia/Shanghai", contract: { exchange: "SEHKNTL" } });
    const [shenzhen] = await details(4, stock("000001", "SEHKSZSE", "CNH"));
    expect(shenzhen.contract.currency).toBe("CNH");
    const [berkshire] = await details(5, stock("BRK B", "SMART", "USD"));
    expect(berkshire.contract).toMatchObject({ localSymbol: "BRK B", tradingClass: "BRKB", primaryExch: "NYSE" });
    const [byId] = await details(6, { conId: 265598, exchange: "OVERNIGHT" });
    expect(byId.contract).toMatchObject({ symbol: "AAPL", exchange: "OVERNIGHT" });
    expect(byId.tradingHours).toMatch(/^\d{8}:2000-\d{8}:0400;/);
  });

  test("contracts that are unknown or ambiguous", async () => {
    for (const [index, wrong] of [
      stock("NOSUCH", "SMART", "USD"),
      stock("00700", "SEHK", "HKD"),
      stock("BRK.B", "SMART", "USD"),
      stock("600519", "SEHKSZSE", "CNH"),
      stock("AAPL", "SMART", "EUR"),
    ].entries()) {
      expect(await details(index, wrong)).toEqual([]);
      expect(client.errors(index)).toEqual([
        { code: 200, text: "No security definition has been found for the request" },
      ]);
    }
    const currencies = (await details(20, { symbol: "AAPL", secType: SecType.STK })).map(
      (each) => each.contract.currency,
    );
    expect(currencies).toEqual(["USD", "CHF", "MXN"]);
    expect(await details(21, stock(AMBIGUOUS_SYMBOL, "SMART", "USD"))).toHaveLength(2);
    client.api.reqMktData(22, { symbol: "AAPL", secType: SecType.STK, exchange: "SMART" }, "", false, false);
    await expect
      .poll(() => client.errors(22), { interval: 5 })
      .toEqual([{ code: 200, text: "The contract description specified for AAPL is ambiguous." }]);
  });

  const prices = (reqId: number) =>
    Object.fromEntries(client.all("tickPrice").flatMap(([id, type, price]) => (id === reqId ? [[type, price]] : [])));

  test("market data: a snapshot ends, a stream goes on until it is cancelled", async () => {
    client.api.reqMktData(1, AAPL, "", true, false);
    await client.until("tickSnapshotEnd");
    expect(prices(1)).toEqual({ 1: 201.49, 2: 201.51, 4: 201.5, 6: 201.5, 7: 201.5, 9: 200.85, 14: 201.5 });
    expect(client.all("marketDataType")).toEqual([[1, 1]]);
    expect(client.all("tickString").map(([, type]) => type)).toEqual([45]);
    client.api.reqMktData(2, AAPL, "", false, false);
    await expect
      .poll(() => client.all("tickGeneric").filter(([id]) => id === 2), { interval: 5 })
      .toEqual([[2, 49, 0]]);
    tws.venue.setPrice(CONTRACT, 190);
    await expect.poll(() => prices(2)[4], { interval: 5 }).toBe(190);
    expect(prices(2)).toMatchObject({ 6: 201.5, 7: 190 });
    tws.venue.suspend(CONTRACT, true);
    await expect.poll(() => client.all("tickGeneric").at(-1), { interval: 5 }).toEqual([2, 49, 1]);
    client.api.cancelMktData(2);
    tws.venue.setPrice(CONTRACT, 180);
    client.api.cancelMktData(2);
    await expect.poll(() => client.errors(2).map(({ code }) => code), { interval: 5 }).toEqual([300]);
  });

  test.each([
    ["not-subscribed", 1, [354], undefined],
    ["api-not-subscribed", 1, [10089], undefined],
    ["competing-session", 3, [10197], undefined],
    ["not-subscribed", 3, [10167], 68],
    ["api-not-subscribed", 3, [10089], 68],
    ["partial", 1, [10090], 9],
    ["api-partial", 1, [10091], 9],
    ["live", 3, [], 4],
  ] as const)("market data of an account that is %s, asked for as %i: %j", async (access, type, codes, tick) => {
    const given: MarketDataAccess = access;
    tws.setMarketData(given);
    client.api.reqMarketDataType(type);
    client.api.reqMktData(1, AAPL, "", true, false);
    await client.until(tick === undefined ? "error" : "tickSnapshotEnd");
    expect(client.errors(1).map(({ code }) => code)).toEqual(codes);
    if (tick !== undefined) expect(Object.keys(prices(1))).toContain(String(tick));
    expect(client.all("marketDataType").map(([, kind]) => kind)).toEqual(
      tick === undefined ? [] : [access.endsWith("not-subscribed") ? 3 : 1],
    );
    if (access.endsWith("partial")) expect(prices(1)).toEqual({ 9: 200.85 });
  });
});
