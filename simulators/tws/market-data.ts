/** Market data: one look, or a stream that follows the exchange. */
import { contractKey } from "../../src/domain/contract.ts";
import { add, subtract } from "../../src/domain/money.ts";
import { priceStep } from "../../src/exchange/markets.ts";
import { type IbContract, oneContract, unknownContract } from "./contracts.ts";
import type { Client, Desk } from "./desk.ts";
import type { Message } from "./frames.ts";
import { RESPONSE } from "./messages.ts";
import { contractQuery } from "./order-request.ts";
import { errorMessage, invalid, Refusal } from "./refusal.ts";

/** Streams that one login may have. */
const MOST_TICKERS = 100;
const DELAYED = 3;
/** Sizes of the synthetic market: it trades any quantity. */
const SIZE = 100;

const TICKS = {
  live: { bid: 1, ask: 2, last: 4, high: 6, low: 7, close: 9, open: 14, time: 45 },
  delayed: { bid: 66, ask: 67, last: 68, high: 72, low: 73, close: 75, open: 76, time: 88 },
} as const;
const SIZE_TICKS = {
  live: { bid: 0, ask: 3, last: 5, volume: 8 },
  delayed: { bid: 69, ask: 70, last: 71, volume: 74 },
};
const HALTED = 49;

type Feed = keyof typeof TICKS;

/** 59: no answer; what follows is of this kind where the account may not see the live market. */
export function reqMarketDataType(_desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  const type = Number(fields[2]);
  if (![1, 2, 3, 4].includes(type)) throw invalid(`Invalid market data type: ${fields[2]}`);
  client.marketDataType = type;
  return [];
}

/** 1 */
export function reqMktData(desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  const reqId = Number(fields[2]);
  if (client.tickers.has(reqId)) throw new Refusal(102, "Duplicate ticker ID");
  if (client.tickers.size >= MOST_TICKERS) throw new Refusal(101, "Max number of tickers has been reached");
  const found = oneContract(contractQuery(fields, 3), desk.venue);
  const [deltaNeutral = "", genericTicks = "", snapshot = ""] = fields.slice(15);
  if (deltaNeutral === "1") throw invalid("Delta neutral contracts are not supported");
  if (snapshot === "1" && genericTicks !== "") {
    throw invalid("Snapshot market data subscription is not applicable to generic ticks");
  }
  const { contract } = found;
  if (contract === undefined) throw unknownContract();
  const access = accessOf(desk, client, found, reqId);
  const once = snapshot === "1";
  if (!once) {
    const changed = (): void => client.send(ticks(desk, found, reqId, access.feed, access.parts));
    client.tickers.set(reqId, { reqId, contractKey: contractKey(contract), changed });
  }
  return [
    ...access.notes,
    [RESPONSE.marketDataType, 1, reqId, typeOf(access.feed, client)],
    [RESPONSE.tickReqParams, reqId, found.minTick, access.feed === "live" ? "9c0001" : "", 3],
    ...ticks(desk, found, reqId, access.feed, access.parts, !once),
    ...(once ? [[RESPONSE.tickSnapshotEnd, 1, reqId]] : []),
  ];
}

/** 2 */
export function cancelMktData(_desk: Desk, client: Client, fields: readonly string[]): readonly Message[] {
  const reqId = Number(fields[2]);
  if (!client.tickers.delete(reqId)) throw new Refusal(300, `Can't find EId with tickerId:${reqId}`);
  return [];
}

type Parts = "all" | "close";

function accessOf(
  desk: Desk,
  client: Client,
  { symbol, primaryExchange }: IbContract,
  reqId: number,
): { readonly feed: Feed; readonly parts: Parts; readonly notes: readonly Message[] } {
  const source = `${symbol} ${primaryExchange}/TOP/ALL`;
  const none = { feed: "live", parts: "all", notes: [] } as const;
  if (desk.marketData === "live") return none;
  if (desk.marketData === "competing-session") {
    throw new Refusal(10197, "No market data during competing live session");
  }
  if (desk.marketData === "partial") {
    const text = `Part of requested market data is not subscribed. Subscription-independent ticks are still active.Delayed market data is available.${source}`;
    return { feed: "live", parts: "close", notes: [errorMessage(reqId, 10090, text)] };
  }
  if (desk.marketData === "api-partial") {
    const text = `Part of requested market data requires additional subscription for API. See link in 'Market Data Connections' dialog for more details.Delayed market data is available.${source}`;
    return { feed: "live", parts: "close", notes: [errorMessage(reqId, 10091, text)] };
  }
  const forApi = `Requested market data requires additional subscription for API. See link in 'Market Data Connections' dialog for more details.Delayed market data is available.${source}`;
  if (client.marketDataType >= DELAYED) {
    const text = "Requested market data is not subscribed. Displaying delayed market data.";
    const note =
      desk.marketData === "not-subscribed" ? errorMessage(reqId, 10167, text) : errorMessage(reqId, 10089, forApi);
    return { feed: "delayed", parts: "all", notes: [note] };
  }
  if (desk.marketData === "not-subscribed") {
    throw new Refusal(
      354,
      `Requested market data is not subscribed. Check API status by selecting the Account menu then under Management choose Market Data Subscription Manager and/or availability of delayed data.Delayed market data is available.${source}`,
    );
  }
  throw new Refusal(10089, forApi);
}

/** Live data stay live, whatever was asked for; on a closed market frozen ones are told as such. */
function typeOf(feed: Feed, { marketDataType }: Client): number {
  if (feed === "delayed") return marketDataType;
  return marketDataType === 2 || marketDataType === 4 ? 2 : 1;
}

function ticks(
  desk: Desk,
  { contract }: IbContract,
  reqId: number,
  feed: Feed,
  parts: Parts,
  streamed = true,
): readonly Message[] {
  const quote = contract === undefined ? undefined : desk.venue.quote(contract);
  if (quote === undefined || contract === undefined) return [];
  const { latest, highPrice, lowPrice, openPrice, preClose, timestamp } = quote;
  const kind = TICKS[feed];
  const sizes = SIZE_TICKS[feed];
  const step = priceStep(contract, latest);
  const price = (type: number, value: number | null, size = 0): Message => [
    ...[RESPONSE.tickPrice, 6, reqId, type, value, size, 0],
  ];
  const size = (type: number): Message => [RESPONSE.tickSize, 6, reqId, type, SIZE];
  const close = price(kind.close, preClose);
  const halted: Message = [RESPONSE.tickGeneric, 6, reqId, HALTED, desk.venue.isSuspended(contract) ? 1 : 0];
  if (parts === "close") return [close, halted];
  return [
    price(kind.bid, latest > step ? subtract(latest, step) : latest, SIZE),
    price(kind.ask, add(latest, step), SIZE),
    price(kind.last, latest, SIZE),
    ...[sizes.bid, sizes.ask, sizes.last, sizes.volume].map(size),
    price(kind.high, highPrice),
    price(kind.low, lowPrice),
    close,
    price(kind.open, openPrice),
    [RESPONSE.tickString, 6, reqId, kind.time, String(Math.floor(timestamp / 1000))],
    ...(feed === "live" || streamed ? [halted] : []),
  ];
}
