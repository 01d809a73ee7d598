/** How IB names what the exchange lists, and how it finds a contract from what a client says of it. */
import { type Contract, cnExchange } from "../../src/domain/contract.ts";
import { currencyOf } from "../../src/exchange/ledger.ts";
import { priceStep } from "../../src/exchange/markets.ts";
import { securityName } from "../shared/security-names.ts";
import type { Venue } from "../shared/venue.ts";
import { Refusal } from "./refusal.ts";

/** A stock as IB has it. */
export interface IbContract {
  readonly conId: number;
  readonly symbol: string;
  /** Where orders go when the client says nothing else: `SMART` in the US. */
  readonly exchange: string;
  readonly primaryExchange: string;
  readonly currency: string;
  readonly localSymbol: string;
  readonly tradingClass: string;
  readonly longName: string;
  readonly validExchanges: string;
  readonly minTick: number;
  readonly timeZone: string;
  readonly stockType: string;
  readonly lotSize: number;
  /** `undefined` for a listing that the exchange behind has not got: it can be found, never traded. */
  readonly contract: Contract | undefined;
}

/** The fields by which a client describes a contract; empty or 0 for those that it leaves open. */
export interface ContractQuery {
  readonly conId: number;
  readonly symbol: string;
  readonly secType: string;
  readonly exchange: string;
  readonly primaryExchange: string;
  readonly currency: string;
  readonly localSymbol: string;
  readonly tradingClass: string;
}

const SMART = "SMART";
export const OVERNIGHT = "OVERNIGHT";
const US_EXCHANGES = `${SMART},AMEX,NYSE,CBOE,PHLX,ISE,CHX,ARCA,NASDAQ,DRCTEDGE,BEX,BATS,EDGEA,BYX,IEX,EDGX,PEARL,MEMX,${OVERNIGHT},IBEOS,IBKRATS`;

const CON_IDS: Readonly<Record<string, number>> = {
  "US AAPL": 265598,
  "US QQQ": 320227571,
  "US BRK.B": 72063691,
  "HK 00700": 2910041,
};
const LISTED_AT_NYSE: ReadonlySet<string> = new Set(["BRK.B"]);
const FUNDS: ReadonlySet<string> = new Set(["QQQ"]);

const foreign = (symbol: string, exchange: string, currency: string, conId: number, longName: string): IbContract => ({
  conId,
  symbol,
  exchange: SMART,
  primaryExchange: exchange,
  currency,
  localSymbol: symbol,
  tradingClass: symbol,
  longName,
  validExchanges: `${SMART},${exchange}`,
  minTick: 0.01,
  timeZone: "GB-Eire",
  stockType: "COMMON",
  lotSize: 1,
  contract: undefined,
});

/** A ticker that is listed twice in the same currency: asked for without its primary exchange, it is ambiguous. */
export const AMBIGUOUS_SYMBOL = "VUAA";

/** Listings in other countries, which make a symbol without currency or primary exchange ambiguous. */
const FOREIGN: readonly IbContract[] = [
  foreign("AAPL", "EBS", "CHF", 38708077, "APPLE INC"),
  foreign("AAPL", "MEXI", "MXN", 38708990, "APPLE INC"),
  foreign(AMBIGUOUS_SYMBOL, "LSEETF", "USD", 363562961, "VANG S&P500 USDA"),
  foreign(AMBIGUOUS_SYMBOL, "EBS", "USD", 372421387, "VANG S&P500 USDA"),
];

/** What IB calls a security of the exchange. */
export function ibContractOf(contract: Contract, venue: Venue): IbContract {
  const { region, symbol } = contract;
  const common = {
    conId: conIdOf(contract),
    longName: securityName(contract).toUpperCase(),
    minTick: priceStep(contract, venue.quote(contract)?.latest ?? 1),
    lotSize: venue.lotSize(contract),
    stockType: FUNDS.has(symbol) ? "ETF" : "COMMON",
    contract,
  };
  if (region === "HK") {
    const number = String(Number(symbol));
    const currency = currencyOf(contract);
    return { ...common, ...listedAt("SEHK", number, currency === "CNY" ? "CNH" : currency, "Asia/Hong_Kong") };
  }
  if (region === "CN") {
    const exchange = cnExchange(symbol) === "SH" ? "SEHKNTL" : "SEHKSZSE";
    return { ...common, ...listedAt(exchange, symbol, "CNH", "Asia/Shanghai") };
  }
  const primaryExchange = LISTED_AT_NYSE.has(symbol) ? "NYSE" : "NASDAQ";
  const written = symbol.replace(".", " ");
  return {
    ...common,
    symbol: written,
    exchange: SMART,
    primaryExchange,
    currency: "USD",
    localSymbol: written,
    tradingClass: primaryExchange === "NYSE" ? symbol.replace(".", "") : "NMS",
    validExchanges: US_EXCHANGES,
    timeZone: "US/Eastern",
  };
}

/** Every contract that fits the description; none when IB knows no such security. */
export function findContracts(query: ContractQuery, venue: Venue): readonly IbContract[] {
  if (query.secType !== "STK" && !(query.secType === "" && query.conId > 0)) return [];
  return [...listed(query, venue), ...FOREIGN].filter((found) => fits(found, query));
}

/**
 * The one contract that fits.
 * @throws {Refusal} 200 when there is none or several.
 */
export function oneContract(query: ContractQuery, venue: Venue): IbContract {
  const [found, second] = findContracts(query, venue);
  if (found === undefined) throw unknownContract();
  if (second !== undefined) {
    throw new Refusal(200, `The contract description specified for ${query.symbol} is ambiguous.`);
  }
  return found;
}

export function unknownContract(): Refusal {
  return new Refusal(200, "No security definition has been found for the request");
}

/** The eleven fields that name a contract in most messages, from its id to its trading class. */
export function contractFields(found: IbContract, exchange = found.exchange): readonly (string | number)[] {
  const { conId, symbol, currency, localSymbol, tradingClass } = found;
  return [conId, symbol, "STK", "", 0, "", "", exchange, currency, localSymbol, tradingClass];
}

function listedAt(exchange: string, symbol: string, currency: string, timeZone: string) {
  const names = { symbol, localSymbol: symbol, tradingClass: symbol };
  return { ...names, exchange, primaryExchange: exchange, currency, validExchanges: exchange, timeZone };
}

function listed(query: ContractQuery, venue: Venue): readonly IbContract[] {
  const named = [query.symbol, query.localSymbol].filter((text) => text !== "").flatMap(contractsCalled);
  const candidates = [...named, ...(query.conId > 0 ? remembered(query.conId) : [])];
  const unique = new Map<number, IbContract>();
  for (const contract of candidates) {
    if (venue.quote(contract) === undefined) continue;
    const found = ibContractOf(contract, venue);
    unique.set(found.conId, found);
  }
  return [...unique.values()];
}

/** Every security that IB could call so. */
function contractsCalled(name: string): readonly Contract[] {
  const security = (region: string, symbol: string): Contract => ({ tradeType: "Securities", region, symbol });
  if (/^\d{6}$/.test(name)) return [security("CN", name)];
  // Hong Kong's numbers have no leading zeros here: 00700 is not known.
  if (/^[1-9]\d{0,4}$/.test(name)) return [security("HK", name.padStart(5, "0"))];
  return /^[A-Z]+(?: [A-Z]+)?$/.test(name) ? [security("US", name.replace(" ", "."))] : [];
}

function fits(found: IbContract, query: ContractQuery): boolean {
  if (query.conId > 0) return found.conId === query.conId && routes(found, query.exchange);
  return (
    same(query.symbol, found.symbol) &&
    same(query.localSymbol, found.localSymbol) &&
    same(query.currency, found.currency) &&
    same(query.tradingClass, found.tradingClass) &&
    same(query.primaryExchange, found.primaryExchange) &&
    routes(found, query.exchange)
  );
}

function same(asked: string, has: string): boolean {
  return asked === "" || asked === has;
}

function routes(found: IbContract, exchange: string): boolean {
  return exchange === "" || found.validExchanges.split(",").includes(exchange);
}

const byConId = new Map<number, Contract>();

function conIdOf(contract: Contract): number {
  const key = `${contract.region} ${contract.symbol}`;
  const conId = CON_IDS[key] ?? 600_000_000 + hash(key);
  byConId.set(conId, contract);
  return conId;
}

/** The contract of an id: of a security that everybody knows, or of one that was named before. */
function remembered(conId: number): readonly Contract[] {
  for (const key of Object.keys(CON_IDS)) {
    const [region = "", symbol = ""] = key.split(" ");
    conIdOf({ tradeType: "Securities", region, symbol });
  }
  const found = byConId.get(conId);
  return found === undefined ? [] : [found];
}

function hash(text: string): number {
  let value = 0;
  for (const letter of text) value = (Math.imul(value, 31) + letter.charCodeAt(0)) >>> 0;
  return value % 100_000_000;
}
