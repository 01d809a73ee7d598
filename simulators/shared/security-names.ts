/** Names of the securities that every fresh simulator lists; what it holds and at which prices is the demo account. */
import { type Contract, contractKey } from "../../src/domain/contract.ts";

const NAMES: Readonly<Record<string, string>> = {
  "US AAPL": "Apple",
  "US QQQ": "Invesco QQQ Trust",
  "US BRK.B": "Berkshire Hathaway-B",
  "HK 00700": "腾讯控股",
  "CN 600519": "贵州茅台",
  "CN 000001": "平安银行",
};

/** Name of a security as a vendor shows it; a security listed later is called by its symbol. */
export function securityName(contract: Contract): string {
  return NAMES[contractKey(contract)] ?? contract.symbol;
}
