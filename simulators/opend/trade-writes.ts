/** Placing, changing and cancelling orders, with what OpenD checks before the exchange sees them. */
import * as v from "valibot";
import { type Contract, cnExchange } from "../../src/domain/contract.ts";
import {
  type Direction,
  isTerminal,
  type Lifecycle,
  type OrderType,
  type TimeInForce,
} from "../../src/domain/order.ts";
import { isExchangeError } from "../../src/exchange/exchange-error.ts";
import type { VenueOrder } from "../shared/venue.ts";
import { type Account, isSilent, tradesShares } from "./accounts.ts";
import { MODIFY_OP, ORDER_TYPE, regionOfTrdMarket, SEC_MARKET, SESSION, TIME_IN_FORCE, TRD_SIDE } from "./codes.ts";
import { accountOf, type Desk, type Peer, readsTextIds } from "./desk.ts";
import { countCall } from "./limits.ts";
import { orderIdOf } from "./order-message.ts";
import { Refusal } from "./refusal.ts";
import { type ModifyRequest, type PacketId, type PlaceRequest, requests } from "./requests.ts";
import type { Answer } from "./session-calls.ts";
import { ordersOf } from "./trade-reads.ts";

/** Longest free text of an order, in bytes of UTF-8. */
const REMARK_BYTES = 64;
/** Up to 9.2 OpenD takes no notice of an order's session, and the order is one of regular hours. */
const FIRST_WITH_SESSIONS = 903;
/** Digits behind the point of a price; OpenD drops further ones without a word. */
const PRICE_SCALE = 1000;

/** 2202. */
export function placeOrder(desk: Desk, peer: Peer, c2s: unknown): Answer {
  const request = v.parse(requests.place, c2s);
  const account = accountOf(desk, request.header);
  checkPacket(peer, request.packetID);
  countCall(desk.limiter, "place", account.accId);
  requireUnlocked(desk, account);
  if (!tradesShares(account)) throw new Refusal(`业务账号 ${account.accId} 不支持交易证券类产品`);
  if (Buffer.byteLength(request.remark, "utf8") > REMARK_BYTES) {
    throw new Refusal(`备注长度超过限制，最多${REMARK_BYTES}字节`);
  }
  const contract = contractOf(request);
  const orderType = orderTypeOf(request, contract);
  const { session } = desk.version < FIRST_WITH_SESSIONS ? { session: SESSION.NONE } : request;
  const lifecycle = lifecycleOf({ ...request, session }, contract, account, orderType);
  const placed = exchangeSays(() =>
    desk.venue.place(account.book, {
      contract,
      direction: directionOf(request),
      orderType,
      timeInForce: timeInForceOf(request, account),
      lifecycle,
      qty: request.qty,
      ...(orderType === "Limit" ? { price: priceOf(request.price) } : {}),
      tag: request.remark === "" ? null : request.remark,
    }),
  );
  return { header: request.header, ...idsOf(desk, placed.wireId) };
}

/** 2205: change and cancel; the other operations exist for HK at the vendor and are not modelled. */
export function modifyOrder(desk: Desk, peer: Peer, c2s: unknown): Answer {
  const request = v.parse(requests.modify, c2s);
  const account = accountOf(desk, request.header);
  checkPacket(peer, request.packetID);
  countCall(desk.limiter, "modify", account.accId);
  requireUnlocked(desk, account);
  if (request.forAll) return cancelAll(desk, account, request);
  const entry = orderOf(desk, account, request);
  const { order, wireId } = entry;
  if (isTerminal(order.status)) throw new Refusal(`订单 ${wireId} 已结束，不能改单或撤单`);
  if (request.modifyOrderOp === MODIFY_OP.CANCEL) handedOn(desk, () => desk.venue.cancel(entry));
  else if (request.modifyOrderOp !== MODIFY_OP.NORMAL) {
    throw new Refusal(`不支持的修改操作 ${request.modifyOrderOp}`);
  } else {
    // Neither Shanghai nor Shenzhen lets an order that came through Stock Connect be changed.
    if (account.env === "REAL" && order.contract.region === "CN") throw new Refusal("A股通订单不支持改单");
    const { qty } = request;
    if (qty === undefined || qty <= 0) throw new Refusal("改单必须同时传数量和价格: qty");
    const change = order.orderType === "Market" ? { qty } : { qty, price: priceOf(request.price) };
    handedOn(desk, () => desk.venue.replace(entry, change));
  }
  return { header: request.header, ...idsOf(desk, wireId) };
}

function cancelAll(desk: Desk, account: Account, request: ModifyRequest): Answer {
  if (account.env === "SIMULATE") throw new Refusal("模拟交易不支持全部撤单");
  if (request.modifyOrderOp !== MODIFY_OP.CANCEL) throw new Refusal("全部操作仅支持撤单");
  const region = request.trdMarket === 0 ? undefined : regionOfTrdMarket(request.trdMarket);
  for (const { order } of ordersOf(desk, account)) {
    if (isTerminal(order.status) || (region !== undefined && order.contract.region !== region)) continue;
    exchangeSays(() => desk.venue.book(account.book).cancel(order.orderId));
  }
  return { header: request.header, orderID: "0" };
}

function checkPacket(peer: Peer, { connID, serialNo }: PacketId): void {
  if (connID !== peer.connId) throw new Refusal(`packetID 错误: connID ${connID} 不是当前连接的 ${peer.connId}`);
  if (serialNo <= peer.serial) {
    throw new Refusal(`packetID 错误: serialNo ${serialNo} 重复，必须大于 ${peer.serial}`);
  }
  peer.serial = serialNo;
}

function requireUnlocked(desk: Desk, account: Account): void {
  if (account.env === "REAL" && !desk.unlockedFirms.has(account.firm ?? 0)) {
    throw new Refusal("没有解锁交易，请先解锁交易");
  }
}

function contractOf({ header, code, secMarket }: PlaceRequest): Contract {
  const region = regionOfTrdMarket(header.trdMarket);
  if (region === undefined) throw new Refusal(`交易市场 ${header.trdMarket} 不支持证券 ${code}`);
  const symbol = region === "US" ? code.toUpperCase() : code;
  if (region === "HK" && !/^\d{5}$/.test(code)) throw new Refusal(`代码 ${code} 错误，港股必须是5位数字`);
  if (region === "CN" && !/^\d{6}$/.test(code)) throw new Refusal(`代码 ${code} 错误，A股必须是6位数字`);
  if (secMarket !== 0 && secMarket !== expectedSecMarket(region, code)) {
    throw new Refusal(`代码 ${code} 不属于证券市场 ${secMarket}`);
  }
  return { tradeType: "Securities", region, symbol };
}

function expectedSecMarket(region: string, code: string): number {
  if (region === "US") return SEC_MARKET.US;
  if (region === "HK") return SEC_MARKET.HK;
  return cnExchange(code) === "SH" ? SEC_MARKET.SH : SEC_MARKET.SZ;
}

function directionOf({ trdSide }: PlaceRequest): Direction {
  if (trdSide === TRD_SIDE.BUY) return "BUY";
  if (trdSide === TRD_SIDE.SELL) return "SELL";
  throw new Refusal(`不支持的交易方向 ${trdSide}，下单只传 1 买入或 2 卖出`);
}

function orderTypeOf({ orderType }: PlaceRequest, contract: Contract): OrderType {
  if (orderType === ORDER_TYPE.Limit) return "Limit";
  if (orderType !== ORDER_TYPE.Market) throw new Refusal(`不支持的订单类型 ${orderType}`);
  // Trd_Common.proto: market orders exist for US and HK securities only.
  if (contract.region === "CN") throw new Refusal("A股不支持市价单");
  return "Market";
}

function timeInForceOf({ timeInForce }: PlaceRequest, account: Account): TimeInForce {
  if (timeInForce === TIME_IN_FORCE.DAY) return "DAY";
  if (timeInForce !== TIME_IN_FORCE.GTC) throw new Refusal(`不支持的订单有效期 ${timeInForce}`);
  if (account.env === "SIMULATE") throw new Refusal("模拟交易只支持当日有效的订单");
  return "GTC";
}

function lifecycleOf(
  { session, fillOutsideRTH }: PlaceRequest,
  contract: Contract,
  account: Account,
  orderType: OrderType,
): Lifecycle {
  if (contract.region !== "US") return "RTH";
  const lifecycle = usLifecycle(session, fillOutsideRTH);
  if (lifecycle === "OVERNIGHT" && account.env === "SIMULATE") throw new Refusal("模拟交易不支持夜盘");
  if (lifecycle !== "RTH" && orderType === "Market") throw new Refusal("市价单只能在盘中时段成交");
  // Of the simulated accounts only that for shares and options has pre and post hours.
  if (lifecycle === "ETH" && account.env === "SIMULATE" && !isSilent(account)) {
    throw new Refusal("模拟交易不支持盘前盘后");
  }
  return lifecycle;
}

function usLifecycle(session: number, fillOutsideRTH: boolean): Lifecycle {
  switch (session) {
    case SESSION.NONE:
      return fillOutsideRTH ? "ETH" : "RTH";
    case SESSION.RTH:
      return "RTH";
    case SESSION.ETH:
      return "ETH";
    case SESSION.OVERNIGHT:
      return "OVERNIGHT";
    default:
      // 3, all sessions, is one order through day and night: no order of the exchange behind.
      throw new Refusal(`不支持的订单时段 ${session}`);
  }
}

function priceOf(price: number | undefined): number {
  if (price === undefined || !(price > 0)) throw new Refusal("价格错误: 限价单的价格必须大于 0");
  return Math.floor(Number((price * PRICE_SCALE).toFixed(3))) / PRICE_SCALE;
}

function orderOf(desk: Desk, account: Account, request: ModifyRequest): VenueOrder {
  const { orderID } = request;
  const orderIDEx = readsTextIds(desk) ? request.orderIDEx : "";
  const found = ordersOf(desk, account).find(({ wireId }) =>
    orderIDEx === "" ? orderIdOf(wireId) === orderID : wireId === orderIDEx,
  );
  // What OpenD has not heard of yet it does not know, though the exchange has it.
  if (found === undefined || desk.cache?.has(found.wireId) === false) {
    throw new Refusal(`此订单号不存在: ${orderIDEx === "" ? orderID : orderIDEx}`);
  }
  return found;
}

function idsOf(desk: Desk, wireId: string): Answer {
  return { orderID: orderIdOf(wireId), ...(readsTextIds(desk) ? { orderIDEx: wireId } : {}) };
}

const REFUSAL_TEXTS = {
  "unknown-contract": "未知股票",
  "unknown-order": "订单不存在",
  "order-not-open": "订单已结束",
  "insufficient-funds": "购买力不足",
  "short-sale": "持仓不足，不支持卖空",
  "bad-quantity": "数量错误",
  "bad-price": "价格错误",
  "unsupported-session": "不支持的订单时段",
  "market-closed": "非交易时段",
} as const;

/** Changes are answered when they are handed on: where that takes its time, an exchange that says no is heard by nobody. */
function handedOn(desk: Desk, act: () => unknown): void {
  if (desk.cache === undefined) exchangeSays(act);
  else {
    desk.later(() => {
      try {
        exchangeSays(act);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    });
  }
}

function exchangeSays<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (isExchangeError(error)) throw new Refusal(`${REFUSAL_TEXTS[error.refusal]}: ${error.message}`);
    throw error;
  }
}
