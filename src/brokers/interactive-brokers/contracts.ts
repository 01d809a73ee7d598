/**
 * Between our contracts and the gateway's: pure functions.
 *
 * A file of its own beside `convert.ts`, since the two together would be too long. Source: the TWS API documentation,
 * "Contracts", and the vendor's list of exchanges.
 */
import { type Contract, cnExchange, contractKey } from "../../domain/contract.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import { REGION_CURRENCIES, REGIONS, type Region } from "../shared/regions.ts";
import type { ContractDetails, VendorContract } from "./messages.ts";

/** The form of a symbol, by region; the whole symbol matches. */
export const SYMBOL_PATTERNS = {
  US: "[A-Z]{1,6}(?:\\.[A-Z]{1,4})?",
  HK: "\\d{5}",
  CN: "(?:[0356]\\d|1[568])\\d{4}",
} as const satisfies Record<Region, string>;

/** The vendor's exchanges of the United States, listing and routing ones. */
const US_EXCHANGES: ReadonlySet<string> = new Set([
  "NASDAQ",
  "NYSE",
  "ARCA",
  "AMEX",
  "BATS",
  "IEX",
  "ISLAND",
  "PINK",
  "EDGEA",
  "DRCTEDGE",
  "BEX",
  "BYX",
  "CHX",
  "PSX",
  "NYSENAT",
  "LTSE",
  "MEMX",
  "PEARL",
  "T24X",
  "IBEOS",
  "IBKRATS",
  "FOXRIVER",
  "OVERNIGHT",
]);
const CN_EXCHANGES = { SEHKNTL: "SH", SEHKSZSE: "SZ" } as const;
/** The night session is a venue of its own; orders routed smartly never trade there. */
export const OVERNIGHT_EXCHANGE = "OVERNIGHT";

/** What to ask the gateway for to find a contract. */
export interface ContractSearch {
  readonly secType: "STK";
  readonly symbol: string;
  readonly exchange: string;
  readonly currency?: string;
}

/** @throws BrokerError `InvalidRequest` for a contract that has no name at Interactive Brokers here. */
export function toSearch(contract: Contract): ContractSearch {
  const { tradeType, symbol } = contract;
  const region = regionOf(contract);
  if (tradeType !== "Securities" || region === undefined) {
    throw invalid(`${contractKey(contract)}: Interactive Brokers trades Securities of US, HK and CN here`);
  }
  if (!fits(region, symbol)) {
    throw invalid(`${contractKey(contract)}: not a symbol of ${region}; expected the form ${SYMBOL_PATTERNS[region]}`);
  }
  if (region === "US") {
    return { secType: "STK", symbol: symbol.replace(".", " "), exchange: "SMART", currency: "USD" };
  }
  // The counters of Hong Kong in other currencies have numbers of their own: the number alone finds the contract.
  if (region === "HK") return { secType: "STK", symbol: String(Number(symbol)), exchange: "SEHK" };
  const exchange = cnExchange(symbol) === "SH" ? "SEHKNTL" : "SEHKSZSE";
  return { secType: "STK", symbol, exchange, currency: "CNH" };
}

/** Where the contract is listed, as a region of ours. */
function regionOf({ region }: Contract): Region | undefined {
  return REGIONS.find((each) => each === region);
}

/**
 * The contract of ours; `null` for what has no name here: options, futures, other countries; `undefined` where only the
 * gateway's details can tell, since the exchange is that of routing, or one for dollars that is not known here.
 */
export function toContract(vendor: VendorContract): Contract | null | undefined {
  if (vendor.secType !== "STK") return null;
  const exchange = vendor.primaryExch || vendor.exchange;
  if (US_EXCHANGES.has(exchange.replace(/\..*$/, ""))) return named("US", vendor.symbol.replace(" ", "."));
  if (exchange === "SEHK") return named("HK", vendor.symbol.padStart(5, "0"));
  if (exchange === "SEHKNTL" || exchange === "SEHKSZSE") {
    return cnExchange(vendor.symbol) === CN_EXCHANGES[exchange] ? named("CN", vendor.symbol) : null;
  }
  if (exchange !== "" && exchange !== "SMART" && vendor.currency !== REGION_CURRENCIES.US) return null;
  return vendor.conId > 0 ? undefined : null;
}

/** The contract of ours by the gateway's details; `null` for what has no name here. */
export function toDetailedContract({ contract, validExchanges }: ContractDetails): Contract | null {
  const found = toContract(contract);
  if (found !== undefined) return found;
  // Without a listing exchange those that trade it still name the country.
  const traded = validExchanges.split(",").find((exchange) => exchange !== "SMART" && exchange !== "");
  return traded === undefined ? null : (toContract({ ...contract, primaryExch: traded }) ?? null);
}

function named(region: Region, symbol: string): Contract | null {
  return fits(region, symbol) ? { tradeType: "Securities", region, symbol } : null;
}

function fits(region: Region, symbol: string): boolean {
  return new RegExp(`^(?:${SYMBOL_PATTERNS[region]})$`).test(symbol);
}

/**
 * The one contract among those that the gateway found.
 *
 * @throws BrokerError `UnknownContract` for none, `InvalidRequest` with the candidates for several.
 */
export function chooseContract(contract: Contract, found: readonly ContractDetails[]): ContractDetails {
  const wanted = contractKey(contract);
  const fitting = new Map<number, ContractDetails>();
  for (const details of found) {
    const named = toDetailedContract(details);
    if (named !== null && contractKey(named) === wanted) fitting.set(details.contract.conId, details);
  }
  const [first, ...others] = fitting.values();
  if (first === undefined) {
    throw new BrokerError("UnknownContract", `Interactive Brokers knows no contract ${wanted}`, {
      outcome: "rejected",
    });
  }
  if (others.length === 0) return first;
  const candidates = [first, ...others].map(({ contract: each, longName }) =>
    [each.conId, each.localSymbol || each.symbol, each.primaryExch || each.exchange, each.currency, longName]
      .filter((part) => part !== "")
      .join(" "),
  );
  throw new BrokerError(
    "InvalidRequest",
    `${wanted} is ambiguous at Interactive Brokers, which has: ${candidates.join("; ")}`,
    { outcome: "not_sent", details: { candidates } },
  );
}

function invalid(message: string): BrokerError {
  return new BrokerError("InvalidRequest", message, { outcome: "not_sent" });
}
