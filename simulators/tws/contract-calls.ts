/** What IB knows of contracts. */
import { marketOf } from "../../src/exchange/markets.ts";
import { findContracts, type IbContract, OVERNIGHT, unknownContract } from "./contracts.ts";
import type { Client, Desk } from "./desk.ts";
import { ascii, type Message } from "./frames.ts";
import { RESPONSE, SINCE } from "./messages.ts";
import { contractQuery } from "./order-request.ts";
import { Refusal } from "./refusal.ts";
import { type Hours, hoursText } from "./times.ts";

const ORDER_TYPES = "ACTIVETIM,AD,ADJUST,ALERT,ALGO,AVGCOST,DAY,GTC,LMT,MKT,WHATIF";

/** 9: every contract that fits; an unknown one has an error and no end. */
export function reqContractDetails(desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  const reqId = Number(fields[2]);
  const query = contractQuery(fields, 3);
  const found = findContracts(query, desk.venue);
  if (found.length === 0) throw unknownContract();
  return [
    ...found.map((contract) => details(desk, client.version, reqId, contract, query.exchange)),
    [RESPONSE.contractDetailsEnd, 1, reqId],
  ];
}

/** 81: contracts whose symbol begins so. */
export function reqMatchingSymbols(desk: Desk, _client: Client, fields: readonly string[]): readonly Message[] {
  const [, reqId = "", pattern = ""] = fields;
  const query = { conId: 0, secType: "STK", exchange: "", primaryExchange: "", currency: "", tradingClass: "" };
  const found = findContracts({ ...query, symbol: pattern.toUpperCase(), localSymbol: "" }, desk.venue);
  const rows = found.flatMap(({ conId, symbol, primaryExchange, currency, longName }) => [
    ...[conId, symbol, "STK", primaryExchange, currency, 0, ascii(longName), ""],
  ]);
  return [[RESPONSE.symbolSamples, Number(reqId), found.length, ...rows]];
}

/** 91: the price steps of a market; the rule's number is the market's place in {@link RULES}. */
export function reqMarketRule(_desk: Desk, _client: Client, fields: readonly string[]): readonly Message[] {
  const rule = Number(fields[1]);
  const region = Object.keys(RULES).find((name) => RULES[name] === rule);
  const steps = region === undefined ? undefined : marketOf(region)?.priceSteps;
  if (steps === undefined) throw new Refusal(124, "No market rule is available for conid:");
  return [[RESPONSE.marketRule, rule, steps.length, ...steps.flatMap(({ from, step }) => [from, step])]];
}

const RULES: Readonly<Record<string, number>> = { US: 26, HK: 3137, CN: 1733 };

function details(desk: Desk, version: number, reqId: number, found: IbContract, asked: string): Message {
  const region = found.contract?.region ?? "";
  const hours = (of: Hours): string => hoursText(region, of, desk.venue.now(), desk.holidays);
  const rule = String(RULES[region] ?? 26);
  return [
    RESPONSE.contractDetails,
    reqId,
    found.symbol,
    "STK",
    "",
    ...(version >= SINCE.lastTradeDate ? [""] : []),
    0,
    "",
    asked === "" ? found.exchange : asked,
    found.currency,
    found.localSymbol,
    found.tradingClass,
    found.tradingClass,
    found.conId,
    found.minTick,
    "",
    ORDER_TYPES,
    found.validExchanges,
    1,
    0,
    ascii(found.longName),
    found.primaryExchange,
    "",
    "",
    "",
    "",
    found.timeZone,
    hours(asked === OVERNIGHT ? "night" : "trading"),
    hours(asked === OVERNIGHT ? "night" : "liquid"),
    "",
    0,
    0,
    1,
    "",
    "",
    found.validExchanges.replace(/[^,]+/g, rule),
    "",
    found.stockType,
    1,
    found.lotSize === 1 ? 1 : found.lotSize,
    100,
    ...(version >= SINCE.ineligibilityReasons ? [0] : []),
  ];
}
