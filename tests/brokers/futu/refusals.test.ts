import { describe, expect, test } from "vitest";
import { parseReply } from "../../../src/brokers/futu/messages.ts";
import { type Purpose, TradingLocked, toBrokerError, toLoginError } from "../../../src/brokers/futu/refusals.ts";
import { HeaderFault, LinkLost } from "../../../src/brokers/futu/socket.ts";
import { vendorEnum } from "./vendor-enums.ts";

const refused = (retMsg: string, purpose: Purpose = "place", retType = -1) =>
  toBrokerError({ retType, retMsg }, "PlaceOrder", purpose, true);

describe("a refusal by OpenD", () => {
  test.each([
    ["下单频率太高，请求失败，每30秒最多15次。", "RateLimited", "not_sent"],
    ["解锁交易频率太高，请求失败，每30秒最多10次。", "RateLimited", "not_sent"],
    ["high frequency requests, please try later", "RateLimited", "not_sent"],
    ["OpenD 与服务器的连接已断开，未登录", "NotConnected", "not_sent"],
    ["没有解锁交易，请先解锁交易", "AuthenticationFailed", "rejected"],
    ["Not unlock trade, please unlock first", "AuthenticationFailed", "rejected"],
    ["交易密码错误，解锁失败", "AuthenticationFailed", "rejected"],
    ["购买力不足", "InsufficientFunds", "rejected"],
    ["Insufficient buying power", "InsufficientFunds", "rejected"],
    ["持仓不足，不支持卖空", "OrderRejected", "rejected"],
    ["可卖数量不足", "OrderRejected", "rejected"],
    ["未知股票: US NOSUCH", "UnknownContract", "rejected"],
    ["Unknown stock. US.NOSUCH", "UnknownContract", "rejected"],
    ["订单不存在: 123", "OrderNotFound", "rejected"],
    ["Order does not exist", "OrderNotFound", "rejected"],
    ["订单 1 已结束，不能改单或撤单", "OrderNotOpen", "rejected"],
    ["价格错误", "OrderRejected", "rejected"],
    ["", "OrderRejected", "rejected"],
  ])("%s is %s, %s, with the vendor's text", (text, code, outcome) => {
    const error = refused(text);
    expect(error).toMatchObject({ code, outcome });
    expect(error.message).toContain(text);
  });

  test("says how long to wait where it says to come back", () => {
    expect(refused("下单频率太高").retryAfterMs).toBe(30_000);
    expect(refused("未登录").retryAfterMs).toBe(1000);
  });

  test("that leaves open what became of a write is unknown, whatever its number", () => {
    const own = ["TimeOut", "ByDisConnOrCacnel", "SvrFailed"].map((word) => `NN_ProtoRet_${word}`);
    const cut = ["网络中断", "network disconnected", "与服务器连接中断", "The connection was lost"];
    for (const text of ["请求超时", "request time out", ...cut, ...own]) {
      expect(refused(text), text).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown" });
      expect(refused(text, "read"), text).toMatchObject({ code: "Timeout" });
    }
  });

  test.each([
    "系统繁忙，请稍后再试",
    "系統錯誤",
    "服务器忙",
    "伺服器無響應",
    "内部错误",
    "服务器异常",
    "未知错误",
    "Internal error",
    "Unknown error, code 12",
    "The server is busy, try again later",
    "Service unavailable",
  ])("that says only that something failed behind OpenD, as %s, is unknown of a write", (text) => {
    for (const purpose of ["place", "modify"] as const) {
      expect(refused(text, purpose)).toMatchObject({ code: "OutcomeUnknown", outcome: "unknown" });
    }
    expect(refused(text, "read")).toMatchObject({ code: "BrokerFault" });
  });

  test.each(["服务器拒绝了请求，请稍后再试", "Unknown stock. US.ERROR", "价格错误", "订单类型错误", "未知订单"])(
    "%s is a refusal all the same",
    (text) => expect(refused(text)).toMatchObject({ outcome: "rejected" }),
  );

  test.each([
    "改单数量不能小于已成交数量",
    "改單數量不能小於已成交數量",
    "Quantity is below the already filled quantity",
  ])("%s says of a change that it cannot be made, not that the order has ended", (text) =>
    expect(refused(text, "modify")).toMatchObject({ code: "OrderRejected", outcome: "rejected" }),
  );

  test.each(["未知的订单类型", "訂單類型不存在", "Unknown order type", "Order type does not exist"])(
    "%s says nothing of an order that there is not",
    (text) => expect(refused(text)).toMatchObject({ code: "OrderRejected", outcome: "rejected" }),
  );

  test.each(["不足1手数量的碎股", "買入數量不足一手"])("%s is of a lot, and not of money", (text) =>
    expect(refused(text)).toMatchObject({ code: "OrderRejected", outcome: "rejected" }),
  );

  test.each(["行情权限不足", "無權限獲取行情", "No right to get quote of 00700", "Insufficient quote permission"])(
    "%s is of rights that a person has to get, neither of money nor of a fault that passes",
    (text) => {
      expect(refused(text, "read")).toMatchObject({ code: "NotSupported" });
      expect(refused(text)).toMatchObject({ code: "OrderRejected", outcome: "rejected" });
    },
  );

  test.each(["订单已全部成交", "订单已成交，不能撤单", "订单已撤单", "The order is already filled"])(
    "%s says that the order has ended",
    (text) => expect(refused(text, "modify")).toMatchObject({ code: "OrderNotOpen", outcome: "rejected" }),
  );

  test("is definite only for a failure and an invalid packet", () => {
    const outcomes = Object.fromEntries(
      vendorEnum("Common", "RetType").map((retType) => [retType, refused("", "modify", retType).outcome]),
    );
    expect(outcomes).toEqual({
      "-500": "rejected",
      "-400": "unknown",
      "-200": "unknown",
      "-100": "unknown",
      "-1": "rejected",
      "0": "unknown",
    });
  });

  test.each(["账户不支持货币 4", "该账户不支持此币种", "This account does not support the currency JPY"])(
    "of an amount in a currency that the account has not, %s, is what it does not offer, and no fault",
    (text) => {
      expect(refused(text, "read")).toMatchObject({ code: "NotSupported" });
    },
  );

  test("of a read is the broker's fault when it is nothing else", () => {
    expect(refused("内部错误", "read")).toMatchObject({ code: "BrokerFault" });
  });

  test("a locked account is told apart from a wrong password", () => {
    for (const text of [
      "没有解锁交易",
      "请重新解锁！",
      "Trade is not unlocked.",
      "unlock needed",
      "Please unlock trade",
    ]) {
      expect(refused(text), text).toBeInstanceOf(TradingLocked);
    }
    expect(refused("交易密码错误，解锁失败")).not.toBeInstanceOf(TradingLocked);
  });
});

describe("what the SDK rejects with besides", () => {
  test("a lost connection is unknown only for a write that left", () => {
    const lost = new LinkLost("gone");
    expect(toBrokerError(lost, "PlaceOrder", "place", true)).toMatchObject({ outcome: "unknown" });
    expect(toBrokerError(lost, "PlaceOrder", "place", false)).toMatchObject({
      code: "NotConnected",
      outcome: "not_sent",
    });
    expect(toBrokerError(lost, "GetFunds", "read", true)).toMatchObject({ code: "NotConnected" });
  });

  test("an error in the header is an answer that did not come", () => {
    const fault = new HeaderFault(2, "opend timeout");
    expect(toBrokerError(fault, "PlaceOrder", "place", true)).toMatchObject({ code: "OutcomeUnknown" });
    expect(toBrokerError(fault, "GetFunds", "read", true)).toMatchObject({ code: "Timeout" });
  });

  test.each([
    ["timeout"],
    ["error websock not ready"],
    [undefined],
    [new TypeError("reading 'connID'")],
    [{ retType: 0 }],
  ])("%s from a request that did not leave is not_sent, and unknown from one that did", (rejection) => {
    expect(toBrokerError(rejection, "PlaceOrder", "place", false).outcome).toBe("not_sent");
    expect(toBrokerError(rejection, "PlaceOrder", "place", true).outcome).toBe("unknown");
    expect(toBrokerError(rejection, "GetFunds", "read", true).code).toBe("BrokerFault");
  });
});

test.each(["GetOrderList", "GetHistoryOrderList", "GetPositionList", "GetFunds"] as const)(
  "an answer to %s that has nothing in it is unreadable, and not the news that there is nothing",
  (method) => {
    expect(() => parseReply(method, { retType: 0 })).toThrow();
    expect(() => parseReply(method, { retType: 0, s2c: {} })).toThrow();
    const header = { trdEnv: 1, accID: "281756455982434220", trdMarket: 2 };
    expect(() => parseReply(method, { retType: 0, s2c: { header } })).not.toThrow();
  },
);

describe("a failed login", () => {
  test.each([
    [new HeaderFault(3, "websocket key error"), "AuthenticationFailed"],
    [{ retType: -1, retMsg: "websocket key error" }, "AuthenticationFailed"],
    [new HeaderFault(1, "timeout"), "NotConnected"],
    [new HeaderFault(2, "opend timeout"), "NotConnected"],
    [new LinkLost("no connection"), "NotConnected"],
    ["timeout", "NotConnected"],
  ])("%s is %s", (rejection, code) => {
    expect(toLoginError(rejection)).toMatchObject({ code, outcome: "not_sent" });
  });
});
