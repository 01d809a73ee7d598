/** The WebSocket protocol, proven by the vendor's own npm SDK. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_ACCOUNTS, SECOND_FIRM_ACCOUNT } from "../../simulators/opend/accounts.ts";
import { type OpenD, startOpenD } from "../../simulators/opend/server.ts";
import { at, listAt, type Plain } from "./protocol.ts";
import { type SdkClient, sdkConnect } from "./sdk-client.ts";

const US = { trdEnv: 0, accID: "3450311", trdMarket: 2 };
const BUY = { trdSide: 1, orderType: 1, code: "AAPL", qty: 10, price: 190.5, secMarket: 2, remark: "htabc" };

let opend: OpenD;
let clients: SdkClient[];

async function connect(key: string | null = null): Promise<SdkClient> {
  const client = await sdkConnect(opend.port, key);
  clients.push(client);
  return client;
}

beforeEach(async () => {
  clients = [];
  opend = await startOpenD({ limits: false });
});

afterEach(async () => {
  for (const client of clients) client.close();
  await opend.close();
});

describe("the handshake", () => {
  test("gives each connection a number of its own", async () => {
    const [one, two] = [await connect(), await connect()];
    expect(one.loggedIn).toBe(true);
    expect(BigInt(one.connId())).toBeGreaterThan(2n ** 53n);
    expect(two.connId()).not.toBe(one.connId());
    expect(opend.connections()).toEqual({ open: 2, total: 2 });
  });

  test("takes the right key and refuses a wrong one and none", async () => {
    await opend.close();
    opend = await startOpenD({ key: "secret" });
    expect((await connect("secret")).loggedIn).toBe(true);
    const wrong = await connect("guess");
    expect(wrong.loggedIn).toBe(false);
    expect(wrong.loginError).toBe(3);
    expect((await connect()).loggedIn).toBe(false);
    await expect.poll(() => opend.connections().open).toBe(1);
  });
});

describe("reads", () => {
  test("the state of OpenD and of the markets", async () => {
    const client = await connect();
    const state = await client.call("GetGlobalState", { userID: 0 });
    expect(state).toMatchObject({ qotLogined: true, trdLogined: true, marketUS: 3, marketHK: 6, marketSH: 6 });
    expect(state["connID"]).toBe(client.connId());
  });

  test("the accounts: one universal real account, a simulated one a region, an option and a futures one", async () => {
    const client = await connect();
    const { accList } = await client.call("GetAccList", { userID: 0 });
    expect(listAt(accList).map(({ accID, trdEnv, simAccType }) => [accID, trdEnv, simAccType])).toEqual([
      ["281756455982434220", 1, undefined],
      ["3450309", 0, 2],
      ["3450310", 0, 1],
      ["3450311", 0, 1],
      ["3450312", 0, 1],
      ["3450313", 0, 3],
    ]);
    expect(listAt(accList)[0]).toMatchObject({ trdMarketAuthList: [1, 2, 4], securityFirm: 1 });
    const futures = await client.call("GetAccList", { userID: 0, trdCategory: 2 });
    expect(listAt(futures, "accList").map(({ accID }) => accID)).toEqual(["3450313"]);
  });

  test("a second firm's account has money of its own", async () => {
    await opend.close();
    opend = await startOpenD({ limits: false, accounts: [...DEFAULT_ACCOUNTS, SECOND_FIRM_ACCOUNT] });
    const client = await connect();
    const second = { trdEnv: 1, accID: SECOND_FIRM_ACCOUNT.accId, trdMarket: 2 };
    const first = { trdEnv: 1, accID: "281756455982434220", trdMarket: 2 };
    await client.call("UnlockTrade", { unlock: true, pwdMD5: "e10adc3949ba59abbe56e057f20f883e", securityFirm: 2 });
    await client.place(second, BUY);
    expect(listAt(await client.call("GetOrderList", { header: second }), "orderList")).toHaveLength(1);
    expect(listAt(await client.call("GetOrderList", { header: first }), "orderList")).toHaveLength(0);
    expect(await client.refusal(client.place(first, BUY))).toContain("请先解锁交易");
  });

  test("funds: a universal account needs a currency, a simulated one has that of its market", async () => {
    const client = await connect();
    const real = { trdEnv: 1, accID: "281756455982434220", trdMarket: 1 };
    expect(await client.refusal(client.call("GetFunds", { header: real }))).toContain("currency");
    expect(await client.refusal(client.call("GetFunds", { header: real, currency: 4 }))).toContain("4");
    expect(at(await client.call("GetFunds", { header: real, currency: 2 }), "funds")).toMatchObject({
      cash: 1_000_000,
      currency: 2,
      cashInfoList: [{ currency: 2, cash: 1_000_000, availableBalance: 1_000_000, netCashPower: 1_000_000 }],
    });
    expect(at(await client.call("GetFunds", { header: real, currency: 1 }), "funds", "cash")).toBe(7_812_500);
    expect(at(await client.call("GetFunds", { header: US }), "funds")).toMatchObject({ cash: 1_000_000, currency: 2 });
  });

  test("positions: a simulated account shows its market, the real one both", async () => {
    const client = await connect();
    const codes = async (header: Plain): Promise<unknown[]> =>
      listAt(await client.call("GetPositionList", { header }), "positionList").map(({ code, qty }) => [code, qty]);
    expect(await codes(US)).toEqual([["QQQ", 2400]]);
    expect(await codes({ trdEnv: 0, accID: "3450310", trdMarket: 1 })).toEqual([["00700", 300]]);
    expect(await codes({ trdEnv: 0, accID: "3450312", trdMarket: 3 })).toEqual([]);
    expect(await codes({ trdEnv: 1, accID: "281756455982434220", trdMarket: 1 })).toEqual([
      ["QQQ", 2400],
      ["00700", 300],
    ]);
  });

  test("snapshots, static data and market states of three regions", async () => {
    const client = await connect();
    const securityList = [
      { market: 11, code: "BRK.B" },
      { market: 1, code: "00700" },
      { market: 21, code: "600519" },
      { market: 22, code: "000001" },
    ];
    const snapshots = await client.call("GetSecuritySnapshot", { securityList });
    expect(at(snapshots, "snapshotList", 3, "basic")).toMatchObject({
      security: { market: 22, code: "000001" },
      curPrice: 11.53,
      lastClosePrice: 11.49,
      lotSize: 100,
      isSuspend: false,
      secStatus: 1,
    });
    const info = await client.call("GetStaticInfo", { securityList });
    expect(listAt(info, "staticInfoList").map((entry) => at(entry, "basic", "lotSize"))).toEqual([1, 100, 100, 100]);
    const states = await client.call("GetMarketState", { securityList });
    expect(listAt(states, "marketInfoList").map(({ marketState }) => marketState)).toEqual([3, 6, 6, 6]);
  });

  test("a suspended security says so, an unknown one is refused", async () => {
    const client = await connect();
    opend.venue.suspend({ tradeType: "Securities", region: "US", symbol: "AAPL" }, true);
    const { snapshotList } = await client.call("GetSecuritySnapshot", { securityList: [{ market: 11, code: "AAPL" }] });
    expect(at(snapshotList, 0, "basic")).toMatchObject({ isSuspend: true, secStatus: 9 });
    for (const security of [
      { market: 11, code: "ZZZZ" },
      { market: 21, code: "000001" },
      { market: 41, code: "7203" },
    ]) {
      expect(await client.refusal(client.call("GetSecuritySnapshot", { securityList: [security] }))).toContain(
        security.code,
      );
    }
  });
});

describe("an order's life", () => {
  test("place, push, list, change, cancel", async () => {
    const client = await connect();
    await client.call("SubAccPush", { accIDList: [US.accID] });
    const placed = await client.place(US, BUY);
    const { orderIDEx } = placed;
    expect(BigInt(String(placed["orderID"]))).toBeGreaterThan(2n ** 53n);

    const { orderList } = await client.call("GetOrderList", { header: US });
    expect(at(orderList, 0)).toMatchObject({
      orderID: placed["orderID"],
      orderIDEx,
      trdSide: 1,
      orderType: 1,
      orderStatus: 5,
      code: "AAPL",
      qty: 10,
      price: 190.5,
      fillQty: 0,
      remark: "htabc",
      timeInForce: 0,
      session: 1,
      secMarket: 2,
      trdMarket: 2,
      currency: 2,
    });
    expect(at(orderList, 0, "createTime")).toMatch(/^\d{4}-\d{2}-\d{2} 10:0\d:\d{2}\.\d{3}$/);

    await client.modify(US, { orderID: 0, orderIDEx, modifyOrderOp: 1, qty: 20, price: 191 });
    await client.modify(US, { orderID: placed["orderID"], modifyOrderOp: 2 });
    await expect.poll(() => client.pushes.length).toBe(3);
    expect(
      client.pushes.map(({ cmd, s2c }) => [cmd, at(s2c, "order", "orderStatus"), at(s2c, "order", "qty")]),
    ).toEqual([
      [2208, 5, 10],
      [2208, 5, 20],
      [2208, 15, 20],
    ]);
    expect(at(client.pushes[2]?.s2c, "order")).toMatchObject({ orderIDEx, remark: "htabc", price: 191 });
    expect(await client.refusal(client.modify(US, { orderID: 0, orderIDEx, modifyOrderOp: 2 }))).toContain("已结束");
  });

  test("both ids and the code select from the list", async () => {
    const client = await connect();
    const one = await client.place(US, BUY);
    const two = await client.place(US, { ...BUY, code: "QQQ", price: 400 });
    const ids = async (filterConditions: Plain): Promise<unknown[]> =>
      listAt(await client.call("GetOrderList", { header: US, filterConditions }), "orderList").map(
        ({ orderIDEx }) => orderIDEx,
      );
    expect(await ids({ idList: [one["orderID"]] })).toEqual([one["orderIDEx"]]);
    expect(await ids({ orderIDExList: [two["orderIDEx"]] })).toEqual([two["orderIDEx"]]);
    expect(await ids({ codeList: ["QQQ"] })).toEqual([two["orderIDEx"]]);
    expect(await ids({ beginTime: "2099-01-01 00:00:00" })).toEqual([]);
    const filled = await client.call("GetOrderList", { header: US, filterStatusList: [11] });
    expect(listAt(filled, "orderList")).toEqual([]);
  });

  test("simulated accounts get order pushes only, real ones fills too", async () => {
    const client = await connect();
    const real = { trdEnv: 1, accID: "281756455982434220", trdMarket: 2 };
    await client.call("UnlockTrade", { unlock: true, pwdMD5: "e10adc3949ba59abbe56e057f20f883e", securityFirm: 1 });
    await client.call("SubAccPush", { accIDList: [US.accID, real.accID] });
    await client.place(US, { ...BUY, price: 210 });
    const placed = await client.place(real, { ...BUY, price: 210 });
    await expect.poll(() => client.pushes.filter(({ cmd }) => cmd === 2218)).toHaveLength(1);
    expect(at(client.pushes.at(-1)?.s2c, "orderFill")).toMatchObject({
      orderIDEx: placed["orderIDEx"],
      qty: 10,
      price: 201.5,
      code: "AAPL",
    });
    const statuses = client.pushes
      .filter(({ cmd, s2c }) => cmd === 2208 && at(s2c, "header", "accID") === US.accID)
      .map(({ s2c }) => at(s2c, "order", "orderStatus"));
    expect(statuses).toEqual([5, 11]);
  });

  test("pushes go to connections that asked for the account, and a new list replaces the former", async () => {
    const [one, two] = [await connect(), await connect()];
    await one.call("SubAccPush", { accIDList: [US.accID] });
    await one.call("SubAccPush", { accIDList: ["3450310"] });
    await two.call("SubAccPush", { accIDList: [US.accID] });
    await one.place(US, BUY);
    await expect.poll(() => two.pushes.length).toBe(1);
    await one.call("GetGlobalState", { userID: 0 });
    expect(one.pushes).toHaveLength(0);
  });

  test("an order of last week is in the history only", async () => {
    const client = await connect();
    const placed = await client.place(US, BUY);
    opend.venue.setNow(opend.venue.now() + 7 * 24 * 3_600_000);
    expect(listAt(await client.call("GetOrderList", { header: US }), "orderList")).toEqual([]);
    const day = (days: number) => new Date(opend.venue.now() + days * 24 * 3_600_000).toISOString().slice(0, 10);
    const range = { beginTime: `${day(-30)} 00:00:00`, endTime: `${day(2)} 00:00:00.000` };
    const history = await client.call("GetHistoryOrderList", { header: US, filterConditions: range });
    expect(at(history, "orderList", 0)).toMatchObject({
      orderIDEx: placed["orderIDEx"],
      orderStatus: 22,
      remark: "htabc",
    });
    expect(await client.refusal(client.call("GetHistoryOrderList", { header: US, filterConditions: {} }))).toContain(
      "beginTime",
    );
    const long = { ...range, beginTime: `${day(-90)} 00:00:00` };
    expect(await client.refusal(client.call("GetHistoryOrderList", { header: US, filterConditions: long }))).toContain(
      "TimeOut",
    );
  });

  test("a push may come before the answer", async () => {
    await opend.close();
    opend = await startOpenD({ limits: false, pushFirst: true });
    const client = await connect();
    await client.call("SubAccPush", { accIDList: [US.accID] });
    await client.place(US, BUY);
    expect(client.pushes).toHaveLength(1);
  });
});

test("a lost login behind OpenD is told, and trade and quote calls are refused until it is back", async () => {
  const client = await connect();
  opend.setLoggedIn(false);
  await expect.poll(() => client.pushes).toHaveLength(1);
  expect(client.pushes[0]).toMatchObject({
    cmd: 1003,
    s2c: { type: 3, connectStatus: { qotLogined: false, trdLogined: false } },
  });
  expect(await client.call("GetGlobalState", { userID: 0 })).toMatchObject({ qotLogined: false, trdLogined: false });
  expect(await client.refusal(client.place(US, BUY))).toContain("未登录");
  expect(opend.venue.orders()).toEqual([]);
  opend.setLoggedIn(true);
  await client.place(US, BUY);
  expect(opend.venue.orders()).toHaveLength(1);
});

test("what happens to an order while the login is lost is never pushed, and listed once it is back", async () => {
  const client = await connect();
  await client.call("SubAccPush", { accIDList: [US.accID] });
  const { orderIDEx } = await client.place(US, BUY);
  const states = () => client.pushes.flatMap(({ cmd, s2c }) => (cmd === 2208 ? [at(s2c, "order", "orderStatus")] : []));
  await expect.poll(states).toEqual([5]);
  opend.setLoggedIn(false);
  opend.venue.fill(String(orderIDEx), 4, 190.5);
  opend.setLoggedIn(true);
  const [listed] = listAt(await client.call("GetOrderList", { header: US }), "orderList");
  expect(listed).toMatchObject({ orderStatus: 10, fillQty: 4 });
  opend.venue.fill(String(orderIDEx), 6, 190.5);
  await expect.poll(states).toEqual([5, 11]);
});
