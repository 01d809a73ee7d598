/** What OpenD refuses, and that nothing is accepted then. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UNUSUAL_POSITIONS } from "../../simulators/opend/accounts.ts";
import { type OpenD, startOpenD } from "../../simulators/opend/server.ts";
import { at, listAt, type Plain } from "./protocol.ts";
import { type TcpClient, tcpConnect } from "./tcp-client.ts";

const PIN = "e10adc3949ba59abbe56e057f20f883e";
const SIM_US = { trdEnv: 0, accID: "3450311", trdMarket: 2 };
const SIM_HK = { trdEnv: 0, accID: "3450310", trdMarket: 1 };
const SIM_CN = { trdEnv: 0, accID: "3450312", trdMarket: 3 };
const REAL = { trdEnv: 1, accID: "281756455982434220", trdMarket: 2 };
const BUY = { trdSide: 1, orderType: 1, code: "AAPL", qty: 10, price: 190.5 };

let opend: OpenD;
let client: TcpClient;

beforeEach(async () => {
  opend = await startOpenD({ limits: false });
  client = await tcpConnect(opend.tcpPort);
});

afterEach(async () => {
  client.close();
  await opend.close();
});

async function expectRefused(header: Plain, order: Plain, text: string): Promise<void> {
  const reply = await client.place(header, order);
  expect(reply).toMatchObject({ retType: -1, retMsg: expect.stringContaining(text) });
  expect(opend.venue.orders()).toEqual([]);
}

describe("packet numbers", () => {
  const place = (packetID: Plain) => client.request("Trd_PlaceOrder", { packetID, header: SIM_US, ...BUY });

  test("must grow and belong to the connection", async () => {
    expect(await place({ connID: client.connId, serialNo: 9 })).toMatchObject({ retType: 0 });
    expect(await place({ connID: client.connId, serialNo: 9 })).toMatchObject({ retType: -1 });
    expect(await place({ connID: client.connId, serialNo: 8 })).toMatchObject({ retType: -1 });
    expect(await place({ connID: "1", serialNo: 10 })).toMatchObject({ retType: -1 });
    expect(opend.venue.orders()).toHaveLength(1);
    expect(await place({ connID: client.connId, serialNo: 10 })).toMatchObject({ retType: 0 });
  });

  test("are counted for places and changes together", async () => {
    const placed = await place({ connID: client.connId, serialNo: 5 });
    const cancel = (serialNo: number) =>
      client.request("Trd_ModifyOrder", {
        packetID: { connID: client.connId, serialNo },
        header: SIM_US,
        orderID: placed.s2c["orderID"],
        modifyOrderOp: 2,
      });
    expect(await cancel(5)).toMatchObject({ retType: -1 });
    expect(await cancel(6)).toMatchObject({ retType: 0 });
  });
});

describe("the lock of real accounts", () => {
  test("holds until the right password, then is open for every connection, until it is locked again", async () => {
    await expectRefused(REAL, BUY, "请先解锁交易");
    const unlock = (c2s: Plain) => client.request("Trd_UnlockTrade", c2s);
    expect(await unlock({ unlock: true, pwdMD5: "0".repeat(32), securityFirm: 1 })).toMatchObject({ retType: -1 });
    expect(await unlock({ unlock: true, pwdMD5: PIN.toUpperCase(), securityFirm: 1 })).toMatchObject({ retType: -1 });
    expect(await unlock({ unlock: true, pwdMD5: PIN })).toMatchObject({ retType: -1 });
    expect(await unlock({ unlock: true, pwdMD5: PIN, securityFirm: 2 })).toMatchObject({ retType: -1 });
    await expectRefused(REAL, BUY, "请先解锁交易");
    expect(await unlock({ unlock: true, pwdMD5: PIN, securityFirm: 1 })).toMatchObject({ retType: 0 });
    const other = await tcpConnect(opend.tcpPort);
    expect(await other.place(REAL, BUY)).toMatchObject({ retType: 0 });
    other.close();
    await unlock({ unlock: false });
    expect(await client.place(REAL, BUY)).toMatchObject({ retType: -1 });
  });
});

describe("orders that are refused", () => {
  test.each([
    ["good till cancelled on a simulated account", SIM_US, { ...BUY, timeInForce: 1 }, "当日有效"],
    ["the night session on a simulated account", SIM_US, { ...BUY, session: 4 }, "夜盘"],
    ["pre and post hours on the simulated account for shares alone", SIM_US, { ...BUY, session: 2 }, "盘前盘后"],
    ["immediate or cancel", SIM_US, { ...BUY, timeInForce: 2 }, "有效期"],
    ["all sessions at once", SIM_US, { ...BUY, session: 3 }, "时段"],
    ["a market order outside regular hours", SIM_US, { ...BUY, orderType: 2, session: 2 }, "盘中"],
    ["a stop order", SIM_US, { ...BUY, orderType: 10 }, "订单类型"],
    ["a short sale side", SIM_US, { ...BUY, trdSide: 3 }, "交易方向"],
    ["a remark of 65 bytes", SIM_US, { ...BUY, remark: `${"字".repeat(21)}ab` }, "64"],
    ["a limit order without a price", SIM_US, { ...BUY, price: 0 }, "价格"],
    ["an unknown code", SIM_US, { ...BUY, code: "ZZZZ" }, "未知股票"],
    ["more than the money buys", SIM_US, { ...BUY, qty: 100_000 }, "购买力不足"],
    ["selling what is not held", SIM_US, { ...BUY, trdSide: 2 }, "卖空"],
    ["a fraction of a share", SIM_US, { ...BUY, qty: 1.5 }, "数量"],
    ["a US code on the HK account", SIM_HK, BUY, "5位数字"],
    ["an HK code without its zeros", SIM_HK, { ...BUY, code: "700", price: 500, qty: 100 }, "5位数字"],
    ["numbers whose product is none", SIM_US, { ...BUY, qty: 1e300, price: 1e300 }, "价格"],
    ["a quantity whose value is no number", SIM_US, { ...BUY, orderType: 2, qty: 1e308 }, "数量"],
    ["half a lot", SIM_HK, { ...BUY, code: "00700", price: 500, qty: 50 }, "数量"],
    ["a market the account lacks", { ...SIM_US, trdMarket: 1 }, { ...BUY, code: "00700" }, "权限"],
    ["a real account through the simulated environment", { ...REAL, trdEnv: 0 }, BUY, "找不到业务账号"],
    ["an account nobody has", { ...SIM_US, accID: "42" }, BUY, "找不到业务账号"],
    ["shares on the simulated option account", { ...SIM_US, accID: "3450309" }, BUY, "证券类产品"],
    ["a market order for an A-share", SIM_CN, { ...BUY, orderType: 2, code: "000001", qty: 100 }, "市价单"],
    ["a Shenzhen share sent to Shanghai", SIM_CN, { ...BUY, code: "000001", secMarket: 31 }, "000001"],
    ["real A-shares through the simulated market", { ...REAL, trdMarket: 3 }, { ...BUY, code: "000001" }, "权限"],
  ])("%s", async (_name, header, order, text) => {
    await client.request("Trd_UnlockTrade", { unlock: true, pwdMD5: PIN, securityFirm: 1 });
    await expectRefused(header, order, text);
  });

  test("a request that lacks a required field is invalid", async () => {
    const reply = await client.request("Trd_UnlockTrade", { unlock: true });
    expect(reply.retType).toBe(-1);
    client.raw(Buffer.from("FT nonsense that is long enough to be taken for a header by its first two letters"));
    await client.closed;
  });
});

describe("orders that are taken", () => {
  test("A-shares: real ones through Stock Connect, simulated ones through market 3", async () => {
    const share = { ...BUY, code: "000001", price: 11, qty: 100, secMarket: 32 };
    await client.request("Trd_UnlockTrade", { unlock: true, pwdMD5: PIN, securityFirm: 1 });
    const real = await client.place({ ...REAL, trdMarket: 4 }, share);
    const simulated = await client.place(SIM_CN, share);
    expect([real.retType, simulated.retType]).toEqual([0, 0]);
    expect(real.s2c["orderIDEx"]).toMatch(/^FH[0-9A-F]{16}$/);
    const change = { orderID: 0, modifyOrderOp: 1, qty: 200, price: 11 };
    expect(await client.modify(REAL, { ...change, orderIDEx: real.s2c["orderIDEx"] })).toMatchObject({ retType: -1 });
    expect(await client.modify(SIM_CN, { ...change, orderIDEx: simulated.s2c["orderIDEx"] })).toMatchObject({
      retType: 0,
    });
    const list = await client.request("Trd_GetOrderList", { header: REAL });
    expect(at(list.s2c, "orderList", 0)).toMatchObject({ trdMarket: 4, secMarket: 32, currency: 3, session: 0 });
  });

  test("real accounts: good till cancelled, extended hours, the night; a finer price loses its tail", async () => {
    await client.request("Trd_UnlockTrade", { unlock: true, pwdMD5: PIN, securityFirm: 1 });
    await client.place(REAL, { ...BUY, timeInForce: 1, session: 2 });
    await client.place(REAL, { ...BUY, session: 4, price: 190.1209 });
    await client.place(REAL, { ...BUY, fillOutsideRTH: true });
    const { s2c } = await client.request("Trd_GetOrderList", { header: REAL });
    expect(at(s2c, "orderList", 1, "price")).toBe(190.12);
    expect(
      listAt(s2c, "orderList").map(({ session, timeInForce, fillOutsideRTH }) => [
        session,
        timeInForce,
        fillOutsideRTH,
      ]),
    ).toEqual([
      [2, 0, true],
      [4, 0, true],
      [2, 1, true],
    ]);
  });

  test("a change needs quantity and price and keeps what is filled; cancelling part of an order says so", async () => {
    const placed = await client.place(SIM_US, BUY);
    const orderIDEx = String(placed.s2c["orderIDEx"]);
    expect(await client.modify(SIM_US, { orderID: 0, orderIDEx, modifyOrderOp: 1, price: 191 })).toMatchObject({
      retType: -1,
    });
    opend.venue.fill(orderIDEx, 4, 190);
    expect(await client.modify(SIM_US, { orderID: 0, orderIDEx, modifyOrderOp: 1, qty: 3, price: 191 })).toMatchObject({
      retType: -1,
    });
    expect(await client.modify(SIM_US, { orderID: 0, orderIDEx, modifyOrderOp: 1, qty: 8, price: 191 })).toMatchObject({
      retType: 0,
    });
    expect(await client.modify(SIM_US, { orderID: 0, orderIDEx, modifyOrderOp: 3 })).toMatchObject({ retType: -1 });
    await client.modify(SIM_US, { orderID: 0, orderIDEx, modifyOrderOp: 2 });
    const { s2c } = await client.request("Trd_GetOrderList", { header: SIM_US });
    expect(at(s2c, "orderList", 0)).toMatchObject({
      orderStatus: 14,
      qty: 8,
      fillQty: 4,
      fillAvgPrice: 190,
      price: 191,
    });
    expect(await client.modify(SIM_US, { orderID: "77", modifyOrderOp: 2 })).toMatchObject({ retType: -1 });
  });

  test("one account's order is not another's", async () => {
    const placed = await client.place(SIM_US, BUY);
    const reply = await client.modify(SIM_HK, { orderID: 0, orderIDEx: placed.s2c["orderIDEx"], modifyOrderOp: 2 });
    expect(reply).toMatchObject({ retType: -1, retMsg: expect.stringContaining("订单号不存在") });
  });

  test("cancelling all is for real accounts", async () => {
    await client.request("Trd_UnlockTrade", { unlock: true, pwdMD5: PIN, securityFirm: 1 });
    await client.place(REAL, BUY);
    await client.place(REAL, BUY);
    expect(await client.modify(SIM_US, { orderID: 0, modifyOrderOp: 2, forAll: true })).toMatchObject({ retType: -1 });
    expect(await client.modify(REAL, { orderID: 0, modifyOrderOp: 2, forAll: true })).toMatchObject({ retType: 0 });
    expect(opend.venue.orders().map(({ order }) => order.status)).toEqual(["CANCELED", "CANCELED"]);
  });
});

describe("frequency limits", () => {
  test("places closer than 20 ms or more than 15 in 30 s are refused, account by account", async () => {
    await opend.close();
    opend = await startOpenD();
    client = await tcpConnect(opend.tcpPort);
    const burst = await Promise.all([client.place(SIM_US, BUY), client.place(SIM_US, BUY)]);
    expect(burst.map(({ retType }) => retType)).toEqual([0, -1]);
    expect(burst[1]?.retMsg).toContain("间隔");
    let refused = "";
    for (let tried = 0; tried < 60 && !refused.includes("每30秒最多15次"); tried += 1) {
      await new Promise((resolve) => setTimeout(resolve, 21));
      refused = (await client.place(SIM_US, BUY)).retMsg ?? "";
    }
    expect(refused).toBe("下单频率太高，请求失败，每30秒最多15次。");
    expect(opend.venue.orders()).toHaveLength(15);
    expect((await client.place(SIM_HK, { ...BUY, code: "00700", price: 500, qty: 100 })).retType).toBe(0);
  });

  test("lists count only when they refresh", async () => {
    await opend.close();
    opend = await startOpenD();
    client = await tcpConnect(opend.tcpPort);
    const list = (refreshCache: boolean) => client.request("Trd_GetOrderList", { header: SIM_US, refreshCache });
    for (let calls = 0; calls < 12; calls += 1) expect((await list(false)).retType).toBe(0);
    const refreshed: number[] = [];
    for (let calls = 0; calls < 11; calls += 1) refreshed.push((await list(true)).retType);
    expect(refreshed).toEqual([...Array<number>(10).fill(0), -1]);
  });
});

test("positions the exchange has no name for are shown as they are", async () => {
  await opend.close();
  opend = await startOpenD({ limits: false, extraPositions: UNUSUAL_POSITIONS });
  client = await tcpConnect(opend.tcpPort);
  const { s2c } = await client.request("Trd_GetPositionList", { header: SIM_US });
  expect(listAt(s2c, "positionList").map(({ code, secMarket }) => [code, secMarket])).toEqual([
    ["QQQ", 2],
    ["AAPL260116C200000", 2],
    ["7203", 51],
  ]);
});
