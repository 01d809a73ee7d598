/** The HTTP service: signatures, tokens, and what it refuses of orders and lists. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UNUSUAL_POSITIONS } from "../../simulators/longport/positions.ts";
import { type LongportOptions, type LongportServer, startLongport } from "../../simulators/longport/server.ts";
import { signatureOf } from "../../simulators/longport/signature.ts";
import { ask, BUY, type Changes, send, submit } from "./longport-client.ts";
import { at, listAt, type Plain } from "./protocol.ts";

const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
const ORDER = "/v1/trade/order";
const DAY = 86_400_000;

let longport: LongportServer;

async function restart(options: LongportOptions): Promise<void> {
  await longport.close();
  longport = await startLongport({ limits: false, ...options });
}

beforeEach(async () => {
  longport = await startLongport({ limits: false });
});

afterEach(() => longport.close());

const get = (target: string) => ask(longport, "GET", target);
const detail = async (orderId: string): Promise<Plain> => (await get(`${ORDER}?order_id=${orderId}`)).data;
const today = async (query = ""): Promise<readonly Plain[]> =>
  listAt((await get(`${ORDER}/today${query}`)).data, "orders");
const history = async (query = ""): Promise<Plain> => (await get(`${ORDER}/history${query}`)).data;

describe("the signature", () => {
  const golden = { appKey: "ak", accessToken: "at-1", timestamp: "1700000000" };
  const body =
    '{"symbol":"AAPL.US","order_type":"LO","side":"Buy","submitted_quantity":"10","time_in_force":"Day","submitted_price":"100.5","expire_date":null,"outside_rth":"RTH_ONLY"}';

  test.each([
    ["GET", "/v1/asset/account?currency=USD", "", "e3891bf3937816cc32ebbafa10c1548b61c4cad81962a60698adf2d1bf81adf7"],
    ["GET", "/v1/asset/stock?", "", "264941de6d1424786f2e7640623c6482ef53ff50aa2800441cb0fe6e5c5a9ffd"],
    ["POST", "/v1/trade/order", body, "0717169b7ea797f5b0a5936d7d05313c9e86eea879ab882aa4e278a2d351503d"],
  ])("of %s %s is the vendor's", (method, target, text, hex) => {
    expect(signatureOf({ method, target, body: Buffer.from(text), ...golden }, "as")).toBe(hex);
  });

  test.each<[string, Changes, number, number]>([
    ["another secret", { secret: "guess" }, 403, 403201],
    ["another key", { key: "guess" }, 403, 403203],
    ["no signature", { signature: "" }, 403, 403201],
    ["a time long ago", { timestamp: String(Math.floor(Date.now() / 1000) - 3600) }, 403, 403201],
    ["no time", { timestamp: "now" }, 403, 403201],
    ["an unknown token", { token: "guess" }, 401, 401004],
  ])("%s is refused in an envelope", async (_name, changes, status, code) => {
    const answer = await ask(longport, "POST", ORDER, BUY, changes);
    expect(answer).toMatchObject({ status, code, data: null });
    expect(longport.venue.orders()).toHaveLength(0);
  });

  test("belongs to the query and the body as they were sent", async () => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = { appKey: "longport-app-key", accessToken: "longport-access-token", timestamp };
    const other = (target: string, text: string) => {
      const hex = signatureOf({ method: "POST", target, body: Buffer.from(text), ...headers }, "longport-app-secret");
      return `HMAC-SHA256 SignedHeaders=authorization;x-api-key;x-timestamp, Signature=${hex}`;
    };
    const text = JSON.stringify(BUY);
    const forged = text.replace('"10"', '"99"');
    for (const signature of [other(ORDER, text), other(`${ORDER}?a=1`, forged)]) {
      expect(await ask(longport, "POST", ORDER, forged, { timestamp, signature })).toMatchObject({ code: 403201 });
    }
    expect((await ask(longport, "POST", ORDER, text, { timestamp, signature: other(ORDER, text) })).code).toBe(0);
  });

  test("takes a fraction of a second in the time, and an encoded query as it is", async () => {
    const timestamp = (Date.now() / 1000).toFixed(3);
    const answer = await ask(longport, "GET", "/v1/asset/account?currency=%55SD", undefined, { timestamp });
    expect(at(answer.data, "list", "0", "currency")).toBe("USD");
  });

  test("a path that is not there, and a trace on every answer", async () => {
    expect(await get("/v1/trade/nothing")).toMatchObject({ status: 404, code: 404000, data: null });
    expect((await send(longport, "GET", "/v1/asset/stock")).headers.get("x-trace-id")).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("the access token", () => {
  const refresh = (changes?: Changes, expiredAt = new Date(Date.now() + 30 * DAY).toISOString()) =>
    ask(longport, "GET", `/v1/token/refresh?expired_at=${encodeURIComponent(expiredAt)}`, undefined, changes);

  test("is refreshed for as long as was asked, and the one before it is worth nothing", async () => {
    const wanted = new Date(Date.now() + 30 * DAY).toISOString();
    const { data } = await refresh({}, wanted);
    const token = String(data["token"]);
    expect(data).toMatchObject({ expired_at: wanted, issued_at: expect.any(String), account_info: expect.any(Object) });
    expect([longport.tokens.current, longport.tokens.expiresAt]).toEqual([token, Date.parse(wanted)]);
    expect(longport.tokens.refreshed).toEqual([token]);
    expect(longport.tokens.state("longport-access-token")).toBe("replaced");
    expect(await ask(longport, "GET", "/v1/asset/stock")).toMatchObject({ status: 401, code: 401004 });
    expect((await ask(longport, "GET", "/v1/asset/stock", undefined, { token })).code).toBe(0);
  });

  test("the one before it goes on where the service keeps old ones", async () => {
    await restart({ keepsOldTokens: true });
    await refresh();
    expect((await get("/v1/asset/stock")).code).toBe(0);
  });

  test("serves for nothing once it has expired, not even for a new one", async () => {
    longport.tokens.expire();
    expect(longport.tokens.state(longport.tokens.current)).toBe("expired");
    expect(await get("/v1/asset/stock")).toMatchObject({ status: 401, code: 401003, message: "token expired" });
    expect(await refresh()).toMatchObject({ status: 401, code: 401003 });
  });

  test("no time, or one that is past, is refused", async () => {
    expect((await refresh({}, "soon")).code).toBe(602001);
    expect((await refresh({}, "2020-01-01T00:00:00Z")).code).toBe(602001);
    expect(longport.tokens.refreshed).toEqual([]);
  });
});

describe("assets", () => {
  test("cash in the asked currency, and every line of it", async () => {
    await submit(longport);
    const { data } = await get("/v1/asset/account?currency=CNH");
    expect(listAt(data, "list")).toHaveLength(1);
    expect(listAt(data, "list")[0]).toMatchObject({ currency: "CNH", total_cash: "7142857.14" });
    expect(at(data, "list", "0", "cash_infos")).toEqual([
      { withdraw_cash: "998095", available_cash: "998095", frozen_cash: "1905", settling_cash: "0", currency: "USD" },
    ]);
    expect((await get("/v1/asset/account?currency=EUR")).code).toBe(602001);
  });

  test("positions by channel, and those of a few symbols", async () => {
    await restart({ extraPositions: UNUSUAL_POSITIONS });
    const { data } = await get("/v1/asset/stock");
    expect(listAt(data, "list").map((each) => each["account_channel"])).toEqual(["lb", "lb_ipo"]);
    expect(listAt(data, "list", "0", "stock_info").map((each) => [each["symbol"], each["quantity"]])).toEqual([
      ["QQQ.US", "2400"],
      ["700.HK", "300"],
      ["D05.SG", "200"],
      ["AAPL271217C200000.US", "3"],
    ]);
    const some = await get("/v1/asset/stock?symbol=700.HK&symbol=D05.SG");
    expect(listAt(some.data, "list", "0", "stock_info").map((each) => each["symbol"])).toEqual(["700.HK", "D05.SG"]);
  });

  test("what can be bought comes in lots", async () => {
    const { data } = await get(`/v1/trade/estimate/buy_limit?symbol=700.HK&order_type=LO&side=Buy&price=500`);
    expect(data).toEqual({ cash_max_qty: "15600", margin_max_qty: "15600" });
  });
});

describe("a submit", () => {
  test("gives an id that no double holds, and is what was asked", async () => {
    const [first, second] = [await submit(longport), await submit(longport)];
    expect(first).toMatch(/^\d{18}$/);
    expect(BigInt(Number(first))).not.toBe(BigInt(first));
    expect(second).not.toBe(first);
    expect(await detail(first)).toMatchObject({
      order_id: first,
      symbol: "AAPL.US",
      status: "NewStatus",
      quantity: "10",
      price: "190.5",
      executed_quantity: "0",
      executed_price: "0",
      side: "Buy",
      order_type: "LO",
      time_in_force: "Day",
      outside_rth: "RTH_ONLY",
      remark: "htabc",
      currency: "USD",
      last_done: "",
      submitted_at: expect.stringMatching(/^\d{10}$/),
    });
  });

  test.each<[string, object, number]>([
    ["HK with zeros in front", { ...BUY, symbol: "00700.HK", submitted_quantity: "100" }, 602001],
    ["another exchange of CN", { ...BUY, symbol: "600519.SZ", submitted_quantity: "100" }, 602001],
    ["a symbol without region", { ...BUY, symbol: "AAPL" }, 602001],
    ["a security that is not listed", { ...BUY, symbol: "NOPE.US" }, 602037],
    ["US without outside_rth", { ...BUY, outside_rth: undefined }, 602001],
    ["an unknown outside_rth", { ...BUY, outside_rth: "ALWAYS" }, 602001],
    ["the night in HK", { ...BUY, symbol: "700.HK", submitted_quantity: "100", outside_rth: "OVERNIGHT" }, 602001],
    ["a night order beyond its day", { ...BUY, time_in_force: "GTC", outside_rth: "OVERNIGHT" }, 602001],
    ["a market order in the night", { ...BUY, order_type: "MO", outside_rth: "OVERNIGHT" }, 602001],
    ["a conditional order", { ...BUY, order_type: "LIT", trigger_price: "180" }, 602001],
    ["an enhanced limit order in the US", { ...BUY, order_type: "ELO" }, 602001],
    ["a market order in CN", { ...BUY, symbol: "600519.SH", order_type: "MO", submitted_quantity: "100" }, 602001],
    ["no price", { ...BUY, submitted_price: undefined }, 602001],
    ["numbers as numbers", { ...BUY, submitted_quantity: 10 }, 602001],
    ["a price between two steps", { ...BUY, submitted_price: "190.505" }, 602035],
    ["half a lot", { ...BUY, symbol: "700.HK", submitted_quantity: "50", submitted_price: "500" }, 602001],
    ["more than there is money", { ...BUY, submitted_quantity: "100000" }, 603302],
    ["a sale of what is not held", { ...BUY, side: "Sell" }, 603301],
    ["a remark of 65 bytes", { ...BUY, remark: `${"é".repeat(32)}x` }, 602001],
    ["a good-till-date without date", { ...BUY, time_in_force: "GTD" }, 602001],
    ["what is not an object", [], 602001],
  ])("%s is refused", async (_name, order, code) => {
    const answer = await ask(longport, "POST", ORDER, order);
    expect(answer).toMatchObject({ status: 400, code, data: null });
    expect(longport.venue.orders()).toHaveLength(0);
  });

  test("takes a remark of 64 bytes, every market and every session", async () => {
    await submit(longport, { ...BUY, remark: "é".repeat(32) });
    for (const outside_rth of ["ANY_TIME", "OVERNIGHT"]) {
      expect(await detail(await submit(longport, { ...BUY, outside_rth }))).toMatchObject({ outside_rth });
    }
    const hk = { symbol: "700.HK", submitted_quantity: "100", submitted_price: "500" };
    const enhanced = await detail(await submit(longport, { ...BUY, ...hk, order_type: "ELO", outside_rth: undefined }));
    expect(enhanced).toMatchObject({ order_type: "ELO", outside_rth: "UnknownOutsideRth", currency: "HKD" });
    await submit(longport, { ...BUY, symbol: "600519.SH", submitted_quantity: "100", submitted_price: "1500" });
    await submit(longport, { ...BUY, symbol: "BRK.B.US" });
  });

  test("a market order for extended hours becomes one for regular hours without a word", async () => {
    const id = await submit(longport, {
      ...BUY,
      order_type: "MO",
      submitted_price: undefined,
      outside_rth: "ANY_TIME",
    });
    expect(await detail(id)).toMatchObject({ status: "FilledStatus", outside_rth: "RTH_ONLY", price: "" });
  });

  test("repeated under its request id gives the same order for ten minutes", async () => {
    const order = { ...BUY, client_request_id: "htabc" };
    const first = await submit(longport, order);
    expect(await submit(longport, { ...order, submitted_quantity: "20" })).toBe(first);
    longport.venue.setNow(longport.venue.now() + 9 * 60_000);
    expect(await submit(longport, order)).toBe(first);
    expect(longport.venue.orders()).toHaveLength(1);
    longport.venue.setNow(longport.venue.now() + 2 * 60_000);
    expect(await submit(longport, order)).not.toBe(first);
  });

  test("a refusal is not kept under the request id", async () => {
    const order = { ...BUY, client_request_id: "htabc", submitted_quantity: "100000" };
    expect((await ask(longport, "POST", ORDER, order)).code).toBe(603302);
    await submit(longport, { ...order, submitted_quantity: "1" });
  });
});

describe("replace and cancel", () => {
  test("change an order and end it", async () => {
    const id = await submit(longport);
    const change = { order_id: id, quantity: "20", price: "191", remark: "later" };
    expect(await ask(longport, "PUT", ORDER, change)).toMatchObject({ code: 0, data: {} });
    expect(await detail(id)).toMatchObject({ status: "ReplacedStatus", quantity: "20", price: "191", remark: "later" });
    longport.venue.fill(id, 5, 190);
    expect(await detail(id)).toMatchObject({ status: "PartialFilledStatus", executed_quantity: "5", last_done: "190" });
    expect(await ask(longport, "DELETE", `${ORDER}?order_id=${id}`)).toMatchObject({ code: 0, data: {} });
    expect(await detail(id)).toMatchObject({ status: "PartialWithdrawal", executed_price: "190" });
  });

  test("are refused for orders that are unknown, over, or without a price", async () => {
    const id = await submit(longport);
    expect((await ask(longport, "PUT", ORDER, { order_id: id, quantity: "20" })).code).toBe(602001);
    expect((await ask(longport, "PUT", ORDER, { order_id: "1", quantity: "20", price: "190" })).code).toBe(603001);
    expect((await ask(longport, "DELETE", `${ORDER}?order_id=1`)).code).toBe(603001);
    expect((await get(`${ORDER}?order_id=1`)).code).toBe(602023);
    expect((await get(`${ORDER}/today?order_id=1`)).data).toEqual({ orders: [] });
    longport.venue.fill(id, 10, 190);
    expect((await ask(longport, "DELETE", `${ORDER}?order_id=${id}`)).code).toBe(601012);
    expect((await ask(longport, "PUT", ORDER, { order_id: id, quantity: "20", price: "190" })).code).toBe(602013);
    const rejected = await submit(longport);
    longport.venue.end(rejected, "REJECTED", "the exchange says no");
    expect((await ask(longport, "DELETE", `${ORDER}?order_id=${rejected}`)).code).toBe(601013);
    expect(await detail(rejected)).toMatchObject({ status: "RejectedStatus", msg: "the exchange says no" });
  });

  test("CN takes no change, only a cancel", async () => {
    const id = await submit(longport, {
      ...BUY,
      symbol: "000001.SZ",
      submitted_quantity: "100",
      submitted_price: "11",
    });
    expect((await ask(longport, "PUT", ORDER, { order_id: id, quantity: "200", price: "11" })).code).toBe(602013);
    expect((await ask(longport, "DELETE", `${ORDER}?order_id=${id}`)).code).toBe(0);
    expect((await ask(longport, "DELETE", `${ORDER}?order_id=${id}`)).code).toBe(601011);
  });
});

describe("lists", () => {
  test("today's orders by every filter, the newest first", async () => {
    const us = await submit(longport);
    const hk = await submit(longport, { ...BUY, symbol: "700.HK", submitted_quantity: "100", submitted_price: "500" });
    const sale = await submit(longport, { ...BUY, symbol: "QQQ.US", side: "Sell", submitted_price: "600" });
    const ids = async (query: string) => (await today(query)).map((order) => order["order_id"]);
    expect(await ids("")).toEqual([sale, hk, us]);
    expect(await ids("?symbol=AAPL.US")).toEqual([us]);
    expect(await ids("?market=HK")).toEqual([hk]);
    expect(await ids("?side=Sell")).toEqual([sale]);
    expect(await ids(`?order_id=${hk}`)).toEqual([hk]);
    expect(await ids("?status=NotReported&status=FilledStatus")).toEqual([hk]);
    expect((await get(`${ORDER}/today?status=Open`)).code).toBe(602001);
    expect((await get(`${ORDER}/today?symbol=00700.HK`)).code).toBe(602001);
  });

  test("a day order is history on the next day, an open long one is not", async () => {
    const day = await submit(longport);
    const long = await submit(longport, { ...BUY, time_in_force: "GTC" });
    longport.venue.setNow(longport.venue.now() + 4 * DAY);
    expect((await today()).map((order) => [order["order_id"], order["tag"]])).toEqual([[long, "Gtc"]]);
    expect(listAt(await history(), "orders").map((order) => [order["order_id"], order["status"]])).toEqual([
      [day, "ExpiredStatus"],
    ]);
  });

  test("history comes in pages that the end of the window turns", async () => {
    await restart({ historyLimit: 2 });
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      ids.push(await submit(longport));
      longport.venue.setNow(longport.venue.now() + 60_000);
    }
    longport.venue.setNow(longport.venue.now() + 4 * DAY);
    const first = await history();
    expect(first["has_more"]).toBe(true);
    expect(listAt(first, "orders").map((order) => order["order_id"])).toEqual([ids[2], ids[1]]);
    const end = Number(at(first, "orders", "1", "submitted_at")) - 1;
    const second = await history(`?end_at=${end}`);
    expect([second["has_more"], at(second, "orders", "0", "order_id")]).toEqual([false, ids[0]]);
    expect(listAt(await history(`?start_at=${end + 1}`), "orders")).toHaveLength(2);
    expect((await get(`${ORDER}/history?start_at=yesterday`)).code).toBe(602001);
    expect((await get(`${ORDER}/history?start_at=${end - 91 * 86_400}&end_at=${end}`)).code).toBe(602001);
  });

  test("executions of today and of before", async () => {
    const id = await submit(longport);
    longport.venue.fill(id, 4, 190);
    const trades = listAt((await get("/v1/trade/execution/today")).data, "trades");
    expect(trades).toHaveLength(1);
    expect(trades[0]).toMatchObject({ order_id: id, symbol: "AAPL.US", quantity: "4", price: "190" });
    longport.venue.setNow(longport.venue.now() + 4 * DAY);
    expect(listAt((await get("/v1/trade/execution/today")).data, "trades")).toEqual([]);
    expect(listAt((await get("/v1/trade/execution/history?symbol=AAPL.US")).data, "trades")).toHaveLength(1);
  });

  test("a good-till-date order expires after its day", async () => {
    const expire_date = new Date(longport.venue.now()).toISOString().slice(0, 10);
    const id = await submit(longport, { ...BUY, time_in_force: "GTD", expire_date });
    expect(await detail(id)).toMatchObject({ time_in_force: "GTD", expire_date, status: "NewStatus" });
    longport.venue.setNow(longport.venue.now() + DAY);
    expect(await detail(id)).toMatchObject({ status: "ExpiredStatus" });
  });

  test("an order can be shown as any the vendor has", async () => {
    const id = await submit(longport);
    longport.showOrder(id, { status: "WaitToCancel", order_type: "LIT", trigger_price: "180" });
    expect(await detail(id)).toMatchObject({ status: "WaitToCancel", order_type: "LIT", trigger_price: "180" });
    longport.showOrder(id, null);
    expect(await detail(id)).toMatchObject({ status: "NewStatus", order_type: "LO" });
    expect(() => longport.showOrder("1", null)).toThrow("no order 1");
  });
});

describe("the service itself", () => {
  test("takes thirty calls in thirty seconds, and none within 20 ms of another", async () => {
    await restart({ limits: true });
    const answers = await Promise.all([get("/v1/asset/stock"), get("/v1/asset/stock"), get("/v1/asset/stock")]);
    expect(answers.map(({ code }) => code).filter((code) => code === 429002).length).toBeGreaterThan(0);
    expect(answers.find(({ code }) => code !== 0)).toMatchObject({ status: 429, code: 429002, data: null });
    let refused = false;
    for (let index = 0; index < 31 && !refused; index += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      refused = (await get("/v1/asset/stock")).status === 429;
    }
    expect(refused).toBe(true);
    expect((await get("/v1/socket/token")).code).toBe(0);
  });

  test("is down behind its front, and comes back", async () => {
    longport.setLoggedIn(false);
    expect(await ask(longport, "POST", ORDER, BUY)).toMatchObject({ status: 500, code: 500000, data: null });
    expect(await get("/v1/socket/token")).toMatchObject({ status: 500, code: 500000 });
    longport.setLoggedIn(true);
    await submit(longport);
    expect(longport.venue.orders()).toHaveLength(1);
  });

  test("shows what was placed elsewhere, and a halted contract's orders too", async () => {
    longport.venue.place("LB", {
      contract: AAPL,
      direction: "BUY",
      orderType: "Limit",
      timeInForce: "GTC",
      lifecycle: "ETH",
      qty: 1,
      price: 100,
      tag: null,
    });
    expect((await today())[0]).toMatchObject({ remark: "", outside_rth: "ANY_TIME", order_type: "LO", tag: "Gtc" });
  });
});
