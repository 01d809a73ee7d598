/** Market states, quotes, and the permission to read them. */
import * as v from "valibot";
import type { Contract } from "../../src/domain/contract.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { marketTime } from "../shared/market-time.ts";
import { securityName } from "../shared/security-names.ts";
import { contractOf, MARKET_STATES, marketState } from "./codes.ts";
import type { Caller, Desk } from "./desk.ts";
import { bizParameter, CODE, commonParameter, Refusal } from "./refusal.ts";
import { requests } from "./requests.ts";

type Answer = Readonly<Record<string, unknown>>;

const REGIONS = ["US", "HK", "CN"] as const;
const ZONES = { US: "America/New_York", HK: "Asia/Hong_Kong", CN: "Asia/Shanghai" } as const;
const DAY_MS = 86_400_000;
const SIZE = 100;

/** `user_license`. */
export function userLicense(): Answer {
  return { license: "TBNZ" };
}

/** `grab_quote_permission`: from now on this device reads quotes, and the one before does no more. */
export function grabQuotePermission(desk: Desk, _biz: unknown, { deviceId }: Caller): readonly Answer[] {
  desk.quoteDevice = deviceId;
  return ["usQuoteBasic", "hkStockQuoteLv2", "cnStockQuote"].map((name) => ({ name, expireAt: -1 }));
}

/** `market_state`. */
export function marketStates(desk: Desk, biz: unknown): readonly Answer[] {
  const { market } = v.parse(requests.marketState, biz);
  const regions = REGIONS.filter((region) => market === "ALL" || market === region);
  if (regions.length === 0) throw bizParameter(`invalid market ${market}`);
  return regions.map((region) => {
    const { originStatus, unifiedStatus } = desk.venue.marketStatus(region);
    const status = marketState(originStatus, unifiedStatus);
    return { market: region, marketStatus: MARKET_STATES[status], status, openTime: openTime(desk, region) };
  });
}

/** `quote_real_time`: what is not listed is left out, and nothing listed at all is an error. */
export function realTimeQuotes(desk: Desk, biz: unknown, caller: Caller): readonly Answer[] {
  return asked(desk, biz, caller).map(({ quote, hourTrading }) => ({
    symbol: quote.contract.symbol,
    open: quote.openPrice,
    high: quote.highPrice,
    low: quote.lowPrice,
    close: quote.latest,
    preClose: quote.preClose,
    latestPrice: quote.latest,
    latestTime: quote.timestamp,
    askPrice: quote.latest,
    askSize: SIZE,
    bidPrice: quote.latest,
    bidSize: SIZE,
    volume: 0,
    status: desk.venue.isSuspended(quote.contract) ? "HALTED" : "NORMAL",
    hourTrading,
    adjPreClose: quote.preClose,
  }));
}

/** `brief`: the older form. */
export function briefs(desk: Desk, biz: unknown, caller: Caller): Answer {
  const items = asked(desk, biz, caller).map(({ quote, hourTrading }) => ({
    symbol: quote.contract.symbol,
    market: quote.contract.region,
    secType: "STK",
    name: securityName(quote.contract),
    latestPrice: quote.latest,
    timestamp: quote.timestamp,
    preClose: quote.preClose,
    halted: desk.venue.isSuspended(quote.contract) ? 3 : 0,
    delay: 0,
    hourTrading,
  }));
  return { items };
}

interface Asked {
  readonly quote: Quote;
  /** Outside regular hours, where it is asked for. */
  readonly hourTrading: Answer | undefined;
}

function asked(desk: Desk, biz: unknown, { deviceId }: Caller): readonly Asked[] {
  const { symbols, include_hour_trading: withHours } = v.parse(requests.quotes, biz);
  if (desk.quoteDevice !== deviceId) {
    throw new Refusal(CODE.forbidden, "4000:permission denied(current device does not have permission)");
  }
  const found = symbols.flatMap((symbol) => {
    const contract = contractOf(symbol);
    const quote = contract === undefined ? undefined : desk.venue.quote(contract);
    if (contract === undefined || quote === undefined) return [];
    return [{ quote, hourTrading: withHours ? hourTradingOf(desk, contract, quote) : undefined }];
  });
  if (found.length === 0) throw commonParameter("invalid symbols");
  return found;
}

function hourTradingOf({ venue }: Desk, { region }: Contract, quote: Quote): Answer | undefined {
  const { unifiedStatus } = venue.marketStatus(region);
  if (region !== "US" || (unifiedStatus !== "PRE_HOURS" && unifiedStatus !== "AFTER_HOURS")) return undefined;
  return {
    tag: unifiedStatus === "PRE_HOURS" ? "Pre-Mkt" : "Post-Mkt",
    latestPrice: quote.latest,
    preClose: quote.preClose,
    latestTime: `${marketTime(quote.timestamp, region).slice(11, 16)} ${zoneName(quote.timestamp)}`,
    volume: 0,
    timestamp: quote.timestamp,
  };
}

/** The next half past nine of a weekday, on the market's clock; of New York's the vendor names the zone. */
function openTime({ venue }: Desk, region: (typeof REGIONS)[number]): string {
  const local = Date.parse(`${marketTime(venue.now(), region).replace(" ", "T")}Z`);
  const today = Math.floor(local / DAY_MS);
  for (let day = today; ; day += 1) {
    const opening = day * DAY_MS + 9.5 * 3_600_000;
    const weekday = new Date(opening).getUTCDay();
    if (opening < local || weekday === 0 || weekday === 6) continue;
    const text = new Date(opening).toISOString().slice(5, 19).replace("T", " ");
    return region === "US" ? `${text} ${zoneName(venue.now() + opening - local)}` : text;
  }
}

function zoneName(at: number): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: ZONES.US, timeZoneName: "short" }).formatToParts(at);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}
