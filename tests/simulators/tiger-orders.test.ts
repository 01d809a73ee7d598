/** The life of an order over the gateway, and reading many of them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTiger, type TigerServer } from "../../simulators/tiger/server.ts";
import { at, listAt, type Plain } from "./protocol.ts";
import { ask, BUY, LIVE, PAPER } from "./tiger-client.ts";

let tiger: TigerServer;

beforeEach(async () => {
  tiger = await startTiger({ limits: false });
});

afterEach(() => tiger.close());

const place = async (changes: Plain = {}): Promise<bigint> => {
  const { code, message, data } = await ask(tiger, "place_order", { ...BUY, ...changes });
  if (code !== 0) throw new Error(message);
  return BigInt(String(data["id"]));
};
/** Asks with the id as raw digits, as a number no double holds has to be written. */
const order = async (id: bigint): Promise<Plain> =>
  (await ask(tiger, "orders", `{"account":"${LIVE}","id":${id}}`)).data;

describe("an order", () => {
  test("gets an id of seventeen digits that no double holds, and is read back with it", async () => {
    const { text, data } = await ask(tiger, "place_order", { ...BUY, order_id: 7, user_mark: "ht mark" });
    const [, digits = ""] = /"data":\{"id":(\d+),"orderId":7,"subIds":\[\],"orders":\[\{/.exec(text) ?? [];
    expect(digits).toMatch(/^\d{17}$/);
    expect(BigInt(Number(digits))).not.toBe(BigInt(digits));
    expect(data["id"]).toBe(BigInt(digits));
    expect(await order(BigInt(digits))).toMatchObject({
      id: BigInt(digits),
      orderId: 7,
      account: LIVE,
      symbol: "AAPL",
      market: "US",
      secType: "STK",
      currency: "USD",
      action: "BUY",
      orderType: "LMT",
      limitPrice: 190.5,
      totalQuantity: 10,
      totalQuantityScale: 0,
      filledQuantity: 0,
      avgFillPrice: 0,
      timeInForce: "DAY",
      outsideRth: false,
      tradingSessionType: "RTH",
      userMark: "ht mark",
      status: "Submitted",
      remark: "",
      source: "OpenApi",
      canModify: true,
      canCancel: true,
      openTime: expect.any(Number),
    });
    expect((await ask(tiger, "orders", { account: LIVE, id: digits })).data["id"]).toBe(BigInt(digits));
  });

  test("is found by its own number, and a second one with that number is refused", async () => {
    const { data } = await ask(tiger, "order_no", { account: LIVE });
    const number = Number(data["orderId"]);
    expect(Number((await ask(tiger, "order_no", { account: LIVE })).data["orderId"])).toBe(number + 1);
    const id = await place({ order_id: number });
    expect((await ask(tiger, "orders", { account: LIVE, order_id: number })).data).toMatchObject({ id });
    expect(await ask(tiger, "place_order", { ...BUY, order_id: number, limit_price: 100 })).toMatchObject({
      code: 1200,
      message: "standard account response error(bad_request:TRADE DUPLICATE ORDER ID)",
    });
    expect(tiger.venue.orders()).toHaveLength(1);
    expect(await ask(tiger, "place_order", { ...BUY, account: PAPER, order_id: number })).toMatchObject({ code: 0 });
  });

  test("without a number, or with 0, gets one that no other has, and nothing protects it", async () => {
    const numbers = [];
    for (const changes of [{}, { order_id: 0 }, { order_id: 0 }]) {
      numbers.push((await ask(tiger, "place_order", { ...BUY, ...changes })).data["orderId"]);
    }
    expect(new Set(numbers).size).toBe(3);
    expect(tiger.venue.orders()).toHaveLength(3);
  });

  test("that was refused leaves its number free", async () => {
    expect((await ask(tiger, "place_order", { ...BUY, order_id: 9, total_quantity: 1_000_000 })).code).toBe(1200);
    expect((await ask(tiger, "place_order", { ...BUY, order_id: 9 })).code).toBe(0);
  });

  test("is changed, filled in part and cancelled, and keeps id, number, mark and fills", async () => {
    const id = await place({ order_id: 3, user_mark: "mine" });
    const whole = JSON.stringify({ ...BUY, limit_price: 191, total_quantity: 20, user_mark: "mine" });
    const changed = await ask(tiger, "modify_order", `${whole.slice(0, -1)},"id":${id}}`);
    expect(changed.data).toEqual({ id });
    expect(await order(id)).toMatchObject({
      limitPrice: 191,
      totalQuantity: 20,
      replaceStatus: "REPLACED",
      orderId: 3,
      userMark: "mine",
    });
    tiger.venue.fill(String(id), 5, 190.9);
    expect(await order(id)).toMatchObject({ status: "Submitted", filledQuantity: 5, avgFillPrice: 190.9 });
    expect((await ask(tiger, "cancel_order", `{"account":"${LIVE}","id":${id}}`)).data).toEqual({ id });
    expect(await order(id)).toMatchObject({
      status: "Cancelled",
      filledQuantity: 5,
      cancelStatus: "RECEIVED",
      canCancel: false,
    });
    for (const method of ["cancel_order", "modify_order"]) {
      expect(await ask(tiger, method, { ...BUY, id: String(id), limit_price: 190 })).toMatchObject({
        code: 1200,
        message: expect.stringContaining("has ended"),
      });
    }
    expect((await ask(tiger, "order_transactions", { account: LIVE, order_id: String(id) })).data).toMatchObject({
      items: [{ orderId: id, filledQuantity: 5, filledPrice: 190.9, action: "BUY", symbol: "AAPL" }],
    });
  });

  test("is cancelled and changed by its number too", async () => {
    const id = await place({ order_id: 5 });
    expect((await ask(tiger, "modify_order", { ...BUY, order_id: 5, limit_price: 189 })).data).toEqual({ id });
    expect((await ask(tiger, "cancel_order", { account: LIVE, order_id: 5 })).data).toEqual({ id });
    expect(await order(id)).toMatchObject({ limitPrice: 189, status: "Cancelled" });
  });

  test("is written out whole by a change: what that leaves out is empty from then on", async () => {
    const id = await place({ time_in_force: "GTC", outside_rth: true, user_mark: "mine" });
    const change = { ...BUY, id: String(id) };
    expect((await ask(tiger, "modify_order", { ...change, user_mark: "mine", time_in_force: "GTC" })).code).toBe(0);
    expect(await order(id)).toMatchObject({ userMark: "mine", timeInForce: "GTC", outsideRth: false });
    const { time_in_force: _time, outside_rth: _outside, ...less } = change;
    expect((await ask(tiger, "modify_order", less)).code).toBe(0);
    expect(await order(id)).toMatchObject({ userMark: "", timeInForce: "DAY", tradingSessionType: "PRE_RTH_POST" });
    for (const field of ["symbol", "sec_type", "action", "order_type", "total_quantity", "limit_price"]) {
      expect(await ask(tiger, "modify_order", { ...change, [field]: undefined })).toMatchObject({
        code: 1010,
        message: expect.stringContaining(field),
      });
    }
    for (const changes of [{ action: "SELL" }, { symbol: "TSLA" }, { order_type: "MKT" }, { time_in_force: "GTD" }]) {
      expect((await ask(tiger, "modify_order", { ...change, ...changes })).code).toBe(1010);
    }
  });

  test("that crosses is filled; one outside its session is held", async () => {
    expect(await order(await place({ limit_price: 202 }))).toMatchObject({
      status: "Filled",
      filledQuantity: 10,
      avgFillPrice: 201.5,
    });
    expect(await order(await place({ order_type: "MKT", limit_price: undefined }))).toMatchObject({
      status: "Filled",
      orderType: "MKT",
    });
    expect(
      await order(await place({ symbol: "00700", currency: "HKD", limit_price: 500, total_quantity: 100 })),
    ).toMatchObject({
      status: "PendingSubmit",
      market: "HK",
      currency: "HKD",
    });
    const share = { symbol: "600519", market: "CN", currency: "CNH", limit_price: 1500, total_quantity: 100 };
    const id = await place(share);
    expect(await order(id)).toMatchObject({ status: "PendingSubmit", market: "CN", currency: "CNH" });
    expect(await order(id)).toMatchObject({ tradingSessionType: "RTH" });
  });

  test.each([
    ["CANCELED", "", "Cancelled", ""],
    ["EXPIRED", "the day is over", "Cancelled", "Order is expired: the day is over"],
    ["REJECTED", "201:the exchange did not like it", "Inactive", "201:the exchange did not like it"],
  ] as const)(
    "that the exchange ends as %s since %j is %s, with the remark %j",
    async (status, reason, text, remark) => {
      const id = await place();
      tiger.venue.fill(String(id), 1, 190);
      tiger.venue.end(String(id), status, reason);
      expect(await order(id)).toMatchObject({ status: text, remark, filledQuantity: 1 });
    },
  );

  test("may be shown in a state that no exchange comes to", async () => {
    const id = await place();
    tiger.showAs(String(id), { status: "Initial", remark: "a warning" });
    expect(await order(id)).toMatchObject({ status: "Initial", remark: "a warning", id });
  });

  test("placed in the app has no number and no mark", async () => {
    const contract = { tradeType: "Securities", region: "US", symbol: "QQQ" } as const;
    const { wireId } = tiger.venue.place("LIVE", {
      contract,
      direction: "SELL",
      orderType: "Limit",
      timeInForce: "GTC",
      lifecycle: "ETH",
      qty: 5,
      price: 600,
      tag: null,
    });
    expect(await order(BigInt(wireId))).toMatchObject({
      orderId: 0,
      userMark: "",
      source: "iOS",
      timeInForce: "GTC",
      outsideRth: true,
      tradingSessionType: "PRE_RTH_POST",
    });
  });

  test("is of one account alone", async () => {
    const id = await place();
    for (const account of [PAPER, "1"]) {
      const { code } = await ask(tiger, "orders", { account, id: String(id) });
      expect(code).toBe(account === PAPER ? 1300 : 4);
      expect((await ask(tiger, "cancel_order", { account, id: String(id) })).code).toBe(code);
    }
    expect(await ask(tiger, "orders", { account: LIVE, id: "40000000000000000" })).toMatchObject({
      code: 1200,
      message: expect.stringContaining("does not exist"),
    });
    expect(await ask(tiger, "cancel_order", { account: LIVE })).toMatchObject({ code: 1010 });
  });
});

describe("lists", () => {
  const ids = (data: unknown): unknown[] => listAt(data, "items").map(({ id }) => id);
  const list = (changes: Plain = {}, method = "orders") => ask(tiger, method, { account: LIVE, ...changes });

  test("come newest first, in pages, each order once", async () => {
    const placed: bigint[] = [];
    for (let count = 0; count < 7; count += 1) placed.push(await place());
    const seen: unknown[] = [];
    let token: unknown = "";
    do {
      const { data } = await list({ limit: 3, page_token: token });
      // A new order in the middle of a reading shifts nothing.
      if (seen.length === 3) await place();
      expect(listAt(data, "items").length).toBeLessThanOrEqual(3);
      seen.push(...ids(data));
      token = data["nextPageToken"];
    } while (token !== "");
    expect(seen).toEqual(placed.toReversed());
    expect((await list({ page_token: "bm9uc2Vuc2U=" })).code).toBe(1010);
    expect((await list({ limit: 301 })).code).toBe(1010);
    expect((await list({ limit: 0 })).code).toBe(1010);
  });

  test("go on where they were when the order that ended a page has left the list", async () => {
    const [first, second, third] = [await place(), await place(), await place()];
    const { data } = await list({ limit: 2 }, "active_orders");
    expect(ids(data)).toEqual([third, second]);
    await ask(tiger, "cancel_order", { account: LIVE, id: String(second) });
    const next = await list({ limit: 2, page_token: data["nextPageToken"] }, "active_orders");
    expect({ ids: ids(next.data), more: next.data["nextPageToken"] }).toEqual({ ids: [first], more: "" });
  });

  test("are filtered by market, symbol, state, kind and time", async () => {
    const apple = await place();
    const tencent = await place({ symbol: "00700", currency: "HKD", limit_price: 500, total_quantity: 100 });
    const filled = await place({ limit_price: 202 });
    const cancelled = await place();
    await ask(tiger, "cancel_order", { account: LIVE, id: String(cancelled) });
    const cases: [Plain, bigint[]][] = [
      [{}, [cancelled, filled, tencent, apple]],
      [{ market: "HK" }, [tencent]],
      [{ market: "ALL", sec_type: "STK" }, [cancelled, filled, tencent, apple]],
      [{ sec_type: "OPT" }, []],
      [{ symbol: "AAPL", states: ["Submitted"] }, [apple]],
      [{ states: "Filled,Cancelled" }, [cancelled, filled]],
      [{ start_date: tiger.venue.now() + 60_000 }, []],
      [{ start_date: "2000-01-01", end_date: "2000-12-31 23:59:59" }, []],
      [{ start_date: "2000-01-01" }, [cancelled, filled, tencent, apple]],
    ];
    for (const [filter, expected] of cases) expect(ids((await list(filter)).data)).toEqual(expected);
    expect(ids((await list({}, "active_orders")).data)).toEqual([tencent, apple]);
    expect(ids((await list({}, "inactive_orders")).data)).toEqual([cancelled]);
    expect(ids((await list({}, "filled_orders")).data)).toEqual([filled]);
    expect(ids((await ask(tiger, "orders", { account: PAPER })).data)).toEqual([]);
    expect((await list({ start_date: "yesterday" })).code).toBe(1010);
  });

  test("of fills name order and price", async () => {
    const id = await place({ limit_price: 202 });
    await place({ symbol: "QQQ", limit_price: 530 });
    const { data } = await ask(tiger, "order_transactions", { account: LIVE, symbol: "AAPL" });
    expect(listAt(data, "items")).toHaveLength(1);
    expect(String(at(data, "items", 0, "id"))).toMatch(/^\d{17}$/);
    expect(at(data, "items", 0)).toMatchObject({ orderId: id, filledPrice: 201.5, filledAmount: 2015 });
    expect((await ask(tiger, "order_transactions", { account: LIVE })).code).toBe(1010);
  });
});
