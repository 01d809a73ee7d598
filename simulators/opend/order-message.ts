/** Orders and fills as OpenD writes them. */
import { createHash } from "node:crypto";
import type { ExchangeFill, ExchangeOrder } from "../../src/exchange/types.ts";
import { marketTime } from "../shared/market-time.ts";
import { securityName } from "../shared/security-names.ts";
import type { VenueOrder } from "../shared/venue.ts";
import {
  currencyNumber,
  ORDER_TYPE,
  orderStatus,
  secMarketOf,
  sessionOf,
  TIME_IN_FORCE,
  TRD_SIDE,
  type TradeEnv,
  trdMarketOf,
} from "./codes.ts";

/** `orderIDEx` of an order: letters and digits for real accounts, a plain number for simulated ones, as the vendor has it. */
export function orderIdEx(orderId: string, book: string): string {
  return book === "SIMULATE"
    ? orderId
    : `FH${hash64(`${book} ${orderId}`).toString(16).toUpperCase().padStart(16, "0")}`;
}

/** `orderID` that belongs to an `orderIDEx`: a 63-bit number, almost never exact as a double. */
export function orderIdOf(idEx: string): string {
  return (hash64(idEx) >> 1n).toString();
}

/** `Trd_Common.Order`. */
export function orderMessage({ order, wireId }: VenueOrder, env: TradeEnv): Readonly<Record<string, unknown>> {
  const { contract } = order;
  const failed = order.status === "REJECTED" || order.status === "EXPIRED";
  return {
    trdSide: TRD_SIDE[order.direction],
    orderType: ORDER_TYPE[order.orderType],
    orderStatus: orderStatus(order.status, order.filledQty),
    orderID: orderIdOf(wireId),
    orderIDEx: wireId,
    code: contract.symbol,
    name: securityName(contract),
    qty: order.qty,
    price: order.price ?? 0,
    ...times(order),
    fillQty: order.filledQty,
    fillAvgPrice: order.avgPrice,
    lastErrMsg: failed ? order.errorReason : (order.warning ?? ""),
    secMarket: secMarketOf(contract),
    remark: order.tag ?? "",
    timeInForce: TIME_IN_FORCE[order.timeInForce],
    fillOutsideRTH: contract.region === "US" && order.lifecycle !== "RTH",
    currency: currencyNumber(order.currency),
    trdMarket: trdMarketOf(contract.region, env),
    session: sessionOf(contract.region, order.lifecycle),
  };
}

/** `Trd_Common.OrderFill`. */
export function fillMessage(
  fill: ExchangeFill,
  { order, wireId }: VenueOrder,
  env: TradeEnv,
): Readonly<Record<string, unknown>> {
  return {
    trdSide: TRD_SIDE[fill.direction],
    fillID: orderIdOf(`fill ${wireId} ${fill.fillId}`),
    fillIDEx: `${wireId}-${fill.fillId}`,
    orderID: orderIdOf(wireId),
    orderIDEx: wireId,
    code: fill.contract.symbol,
    name: securityName(fill.contract),
    qty: fill.qty,
    price: fill.price,
    createTime: marketTime(fill.at, fill.contract.region),
    createTimestamp: fill.at / 1000,
    updateTimestamp: fill.at / 1000,
    secMarket: secMarketOf(order.contract),
    status: 0,
    trdMarket: trdMarketOf(order.contract.region, env),
  };
}

function times({ contract, createdAt, updatedAt }: ExchangeOrder): Readonly<Record<string, unknown>> {
  return {
    createTime: marketTime(createdAt, contract.region),
    updateTime: marketTime(updatedAt, contract.region),
    createTimestamp: createdAt / 1000,
    updateTimestamp: updatedAt / 1000,
  };
}

function hash64(text: string): bigint {
  return createHash("sha256").update(text).digest().readBigUInt64BE(0);
}
