/** The whole service, proven by the vendor's own native SDK. */
import sdk from "longport";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { STATUSES } from "../../simulators/longport/codes.ts";
import { UNUSUAL_POSITIONS } from "../../simulators/longport/positions.ts";
import {
  DEFAULT_ACCESS_TOKEN,
  DEFAULT_APP_KEY,
  DEFAULT_APP_SECRET,
  type LongportServer,
  startLongport,
} from "../../simulators/longport/server.ts";

const { Config, Decimal, NaiveDate, QuoteContext, TradeContext } = sdk;

/** A member of one of the SDK's enumerations, which are declared such that only their values can be had here. */
function member(enumeration: string, name: string): number {
  const value: unknown = Reflect.get(Reflect.get(sdk, enumeration), name);
  if (typeof value !== "number") throw new Error(`the SDK has no ${enumeration}.${name}`);
  return value;
}
const STATUS = (name: string): number => member("OrderStatus", name);
const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
/** A call that nothing answers would wait for ever. */
const PATIENCE = { timeout: 10_000 };

let longport: LongportServer;
let trade: sdk.TradeContext;
let quote: sdk.QuoteContext;
const pushes: sdk.PushOrderChanged[] = [];

/** A configuration; the links of contexts made from it end with the process, since the SDK cannot close them. */
function configOf({ port }: LongportServer, changes: Partial<sdk.ConfigParams> = {}): sdk.Config {
  return new Config({
    appKey: DEFAULT_APP_KEY,
    appSecret: DEFAULT_APP_SECRET,
    accessToken: DEFAULT_ACCESS_TOKEN,
    httpUrl: `http://127.0.0.1:${port}`,
    quoteWsUrl: `ws://127.0.0.1:${port}/quote/v2`,
    tradeWsUrl: `ws://127.0.0.1:${port}/trade/v2`,
    enablePrintQuotePackages: false,
    enableOvernight: true,
    ...changes,
  });
}

const decimal = (text: string): sdk.Decimal => new Decimal(text);

const buy = (changes: Partial<sdk.SubmitOrderOptions> = {}): Promise<sdk.SubmitOrderResponse> =>
  trade.submitOrder({
    symbol: "AAPL.US",
    orderType: member("OrderType", "LO"),
    side: member("OrderSide", "Buy"),
    submittedQuantity: decimal("10"),
    submittedPrice: decimal("190.5"),
    timeInForce: member("TimeInForceType", "Day"),
    outsideRth: member("OutsideRTH", "RTHOnly"),
    remark: "htabc",
    ...changes,
  });

beforeAll(async () => {
  longport = await startLongport({
    limits: false,
    gzip: true,
    extraPositions: UNUSUAL_POSITIONS,
    keepsOldTokens: true,
    halfDays: { US: ["2025-11-28"] },
    holidays: { US: ["2025-11-27"] },
  });
  trade = await TradeContext.new(configOf(longport));
  trade.setOnOrderChanged((error, event) => {
    if (error === null) pushes.push(event);
  });
  await trade.subscribe([member("TopicType", "Private")]);
  quote = await QuoteContext.new(configOf(longport));
}, 20_000);

afterEach(() => {
  longport.faults.clear();
});

afterAll(() => longport.close());

describe("trading", () => {
  test("one link of each kind", () => {
    expect(longport.connections()).toMatchObject({ open: 2, quote: 1, trade: 1 });
  });

  test("the account's cash in the asked currency", async () => {
    const [balance] = await trade.accountBalance("USD");
    expect([balance?.currency, balance?.totalCash.toString()]).toEqual(["USD", "1000000"]);
    expect(balance?.cashInfos.map((line) => [line.currency, line.availableCash.toString()])).toEqual([
      ["USD", "1000000"],
    ]);
  });

  test("positions of every channel", async () => {
    const { channels } = await trade.stockPositions();
    expect(channels.map((channel) => channel.accountChannel)).toEqual(["lb", "lb_ipo"]);
    expect(channels[0]?.positions.map((each) => [each.symbol, each.quantity.toString(), each.currency])).toEqual([
      ["QQQ.US", "2400", "USD"],
      ["700.HK", "300", "HKD"],
      ["D05.SG", "200", "SGD"],
      ["AAPL271217C200000.US", "3", "USD"],
    ]);
    expect((await trade.stockPositions(["700.HK"])).channels[0]?.positions).toHaveLength(1);
  });

  test("an order from its submit to its cancel, with a push at every step", async () => {
    pushes.length = 0;
    const { orderId } = await buy();
    expect(orderId).toMatch(/^\d{18}$/);
    await trade.replaceOrder({ orderId, quantity: decimal("20"), price: decimal("191") });
    longport.venue.fill(orderId, 5, 190);
    const detail = await trade.orderDetail(orderId);
    expect([detail.status, detail.quantity.toString(), detail.price?.toString()]).toEqual([
      STATUS("PartialFilled"),
      "20",
      "191",
    ]);
    expect([detail.executedQuantity.toString(), detail.executedPrice?.toString(), detail.remark]).toEqual([
      "5",
      "190",
      "htabc",
    ]);
    await trade.cancelOrder(orderId);
    const statuses = () => pushes.filter((push) => push.orderId === orderId).map((push) => push.status);
    await expect.poll(() => statuses().length, PATIENCE).toBe(4);
    expect(statuses()).toEqual([
      STATUS("New"),
      STATUS("Replaced"),
      STATUS("PartialFilled"),
      STATUS("PartialWithdrawal"),
    ]);
  });

  test("a market order fills, and its push is understood", async () => {
    pushes.length = 0;
    const { orderId } = await trade.submitOrder({
      symbol: "AAPL.US",
      orderType: member("OrderType", "MO"),
      side: member("OrderSide", "Buy"),
      submittedQuantity: decimal("10"),
      timeInForce: member("TimeInForceType", "Day"),
      outsideRth: member("OutsideRTH", "RTHOnly"),
    });
    await expect.poll(() => pushes.map((push) => push.status), PATIENCE).toContain(STATUS("Filled"));
    const [execution] = await trade.todayExecutions({ orderId });
    expect([execution?.quantity.toString(), execution?.price.toString()]).toEqual(["10", "201.5"]);
  });

  test("today's orders and those of before, filtered", async () => {
    const { orderId } = await buy({ symbol: "BRK.B.US", submittedPrice: decimal("500") });
    const orders = await trade.todayOrders({
      symbol: "BRK.B.US",
      status: [STATUS("New")],
      side: member("OrderSide", "Buy"),
    });
    expect(orders.map((order) => order.orderId)).toEqual([orderId]);
    const start = longport.venue.now();
    longport.venue.setNow(start + 4 * 86_400_000);
    const history = await trade.historyOrders({ symbol: "BRK.B.US", startAt: new Date(start - 3_600_000) });
    longport.venue.setNow(start);
    expect(history.map((order) => [order.orderId, order.status])).toEqual([[orderId, STATUS("Expired")]]);
  });

  test("every status the vendor has", async () => {
    const { orderId } = await buy();
    for (const text of STATUSES) {
      longport.showOrder(orderId, { status: text });
      const { status } = await trade.orderDetail(orderId);
      expect([text, status]).toEqual([text, STATUS(text.replace(/Status$/, ""))]);
    }
    longport.showOrder(orderId, { status: "NeverHeardOf" });
    expect((await trade.orderDetail(orderId)).status).toBe(STATUS("Unknown"));
    longport.showOrder(orderId, null);
  });

  test("refusals come with the vendor's code", async () => {
    await expect(buy({ symbol: "00700.HK" })).rejects.toThrow("code=602001");
    await expect(buy({ submittedPrice: decimal("190.505") })).rejects.toThrow("code=602035");
    await expect(trade.cancelOrder("1")).rejects.toThrow("code=603001: Order not found");
  });

  test("posts an order again on a plain 429, and not on one in an envelope", async () => {
    const before = longport.venue.orders().length;
    longport.faults.arm({ kind: "plain-429", on: "place", count: 2 });
    await buy();
    expect([longport.faults.armed(), longport.venue.orders().length - before]).toEqual([0, 1]);
    longport.faults.arm({ kind: "rate-limit", on: "place", count: 2 });
    await expect(buy()).rejects.toThrow("code=429002");
    expect([longport.faults.armed(), longport.venue.orders().length - before]).toEqual([1, 1]);
  });

  test("an answer without data and a page of HTML are errors of which the order knows nothing", async () => {
    const before = longport.venue.orders().length;
    longport.faults.arm({ kind: "missing-data", on: "place" });
    await expect(buy()).rejects.toThrow("unexpected response");
    longport.faults.arm({ kind: "late-502", on: "place" });
    await expect(buy()).rejects.toThrow("status error: 502");
    expect(longport.venue.orders().length - before).toBe(2);
  });

  test("a new token, for the configuration that asks for it", async () => {
    const config = configOf(longport);
    const expiry = new Date(Date.now() + 30 * 86_400_000);
    const token = await config.refreshAccessToken(expiry);
    expect(longport.tokens.current).toBe(token);
    expect(longport.tokens.expiresAt).toBe(Math.floor(expiry.getTime() / 1000) * 1000);
    const fresh = await TradeContext.new(configOf(longport, { accessToken: token }));
    expect((await fresh.accountBalance("USD"))[0]?.currency).toBe("USD");
    await expect(TradeContext.new(configOf(longport, { accessToken: "guess" }))).rejects.toThrow("code=401004");
    await expect(TradeContext.new(configOf(longport, { appSecret: "guess" }))).rejects.toThrow("code=403201");
  });

  test("no link where the limit is told with the password", async () => {
    longport.faults.arm({ kind: "connection-limit", on: "connect" });
    await expect(TradeContext.new(configOf(longport))).rejects.toThrow(/limit/i);
  });
});

describe("quotes", () => {
  test("prices of three markets", async () => {
    longport.venue.suspend(AAPL, true);
    const quotes = await quote.quote(["AAPL.US", "700.HK", "600519.SH"]);
    longport.venue.suspend(AAPL, false);
    expect(quotes.map((each) => [each.symbol, each.lastDone.toString(), each.tradeStatus])).toEqual([
      ["AAPL.US", "201.5", member("TradeStatus", "Suspend")],
      ["700.HK", "512.5", member("TradeStatus", "Normal")],
      ["600519.SH", "1520", member("TradeStatus", "Normal")],
    ]);
    await expect(quote.quote(["NOPE.US"])).rejects.toThrow("code: 301603");
  });

  test("of the night, as the context asked for them", async () => {
    const start = longport.venue.now();
    longport.venue.setNow(start + 12 * 3_600_000);
    const [night] = await quote.quote(["AAPL.US"]);
    const expected = longport.venue.marketStatus("US").unifiedStatus === "OVERNIGHT" ? "201.5" : undefined;
    longport.venue.setNow(start);
    expect(night?.overnightQuote?.lastDone.toString()).toBe(expected);
  });

  test("static data, hours and days", async () => {
    const [info] = await quote.staticInfo(["700.HK"]);
    expect([info?.lotSize, info?.currency, info?.nameCn]).toEqual([100, "HKD", "腾讯控股"]);
    const sessions = await quote.tradingSession();
    expect(sessions.map((each) => each.market)).toEqual([
      member("Market", "US"),
      member("Market", "HK"),
      member("Market", "CN"),
      member("Market", "SG"),
    ]);
    expect(sessions[0]?.tradeSessions).toHaveLength(3);
    const days = await quote.tradingDays(
      member("Market", "US"),
      new NaiveDate(2025, 11, 24),
      new NaiveDate(2025, 12, 1),
    );
    expect(days.tradingDays.map(String)).toEqual(["2025-11-24", "2025-11-25", "2025-11-26", "2025-12-01"]);
    expect(days.halfTradingDays.map(String)).toEqual(["2025-11-28"]);
  });
});

describe("after a drop", () => {
  test("the links come back with their sessions, and pushes go on", async () => {
    const { total } = longport.connections();
    longport.faults.arm({ kind: "drop", on: "push" });
    await buy();
    await expect.poll(() => longport.connections().total, PATIENCE).toBeGreaterThan(total);
    pushes.length = 0;
    await expect
      .poll(
        async () => {
          await buy();
          return pushes.length;
        },
        { ...PATIENCE, interval: 200 },
      )
      .toBeGreaterThan(0);
  }, 20_000);

  test("also after the service forgot every session and was down for a while", async () => {
    longport.faults.arm({ kind: "restart", ms: 100 });
    await expect.poll(() => longport.connections().open, PATIENCE).toBe(0);
    await expect.poll(() => longport.connections().quote, PATIENCE).toBeGreaterThan(0);
    expect((await quote.quote(["AAPL.US"])).map((each) => each.symbol)).toEqual(["AAPL.US"]);
  }, 20_000);
});
