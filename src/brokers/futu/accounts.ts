/**
 * Which of a login's accounts to trade with.
 *
 * A file of its own beside `convert.ts`, since the two together would be too long.
 */
import { BrokerError } from "../../spec/broker-error.ts";
import { REGIONS, type Region } from "../shared/regions.ts";
import { lookUp, MARKET_OF_REGION, NUMBER_OF_ENVIRONMENT, SIMULATES_SHARES } from "./codes.ts";
import { type FutuConfig, SECURITY_FIRMS } from "./config.ts";
import type { Account } from "./messages.ts";

/** An account that was chosen. */
export interface TradingAccount {
  /** 64 bits as text. */
  readonly accId: string;
  /** `SecurityFirm`; unlocking needs it. */
  readonly firm: number | undefined;
  /** Our regions it may trade, with the `TrdMarket` to name in requests. */
  readonly markets: ReadonlyMap<Region, number>;
  /** True for one that OpenD pushes nothing of, and lists as it was, until it is asked anew. */
  readonly silent: boolean;
  /** True for one whose US orders may trade in pre and post hours too. */
  readonly extended: boolean;
}

/** None or more than one account fits the options: a person has to choose. */
export class NoSuchAccount extends BrokerError {
  constructor(message: string) {
    super("BrokerFault", message, { outcome: "not_sent" });
  }
}

const DISABLED = 1;
/** `Trd_Common.TrdAccRole`: the vendor takes no orders with the first of them. */
const MASTER = 2;
const IPO_ONLY = 3;
const CONTEST = 5;
/** The paper account for shares and options in the US, says the vendor of it; the only one with pre and post hours. */
const SHARES_AND_OPTIONS = 4;

/**
 * The one REAL account, or the paper accounts of shares, one a region.
 *
 * @throws NoSuchAccount with the login's accounts, masked, when none or more than one fits.
 */
export function chooseAccounts(
  accounts: readonly Account[],
  config: Pick<FutuConfig, "tradeEnv" | "accountId" | "securityFirm">,
): readonly TradingAccount[] {
  const fitting = accounts.filter((account) => fits(account, config));
  const chosen = fitting.map((account) => ({
    accId: account.accID,
    firm: account.securityFirm,
    markets: marketsOf(account, config.tradeEnv),
    silent: account.simAccType === SHARES_AND_OPTIONS,
    extended: config.tradeEnv === "REAL" || account.simAccType === SHARES_AND_OPTIONS,
  }));
  if (chosen.length === 0) throw notOne("fits", accounts, config);
  const ambiguous =
    config.tradeEnv === "REAL"
      ? chosen.length > 1
      : REGIONS.some((region) => chosen.filter(({ markets }) => markets.has(region)).length > 1);
  if (ambiguous) throw notOne("is the only one that fits", fitting, config);
  return chosen;
}

/** @throws NoSuchAccount when one of the accounts before is not among those now. */
export function requireSame(before: readonly TradingAccount[], now: readonly TradingAccount[]): void {
  if (before.every(({ accId }) => now.some((account) => account.accId === accId))) return;
  const list = (accounts: readonly TradingAccount[]) => accounts.map(({ accId }) => maskAccount(accId)).join(", ");
  throw new NoSuchAccount(
    `OpenD has other accounts (${list(now)}) than when the gateway started (${list(before)}); log it in as before, or ` +
      "start the gateway anew",
  );
}

/** The last four digits: enough to tell accounts apart, not enough to name one. */
export function maskAccount(accId: string): string {
  return `****${accId.slice(-4)}`;
}

function fits(account: Account, config: Pick<FutuConfig, "tradeEnv" | "accountId" | "securityFirm">): boolean {
  const { tradeEnv, accountId, securityFirm } = config;
  if (account.trdEnv !== NUMBER_OF_ENVIRONMENT[tradeEnv]) return false;
  if (account.accStatus === DISABLED || account.accRole === IPO_ONLY) return false;
  if (accountId === undefined ? account.accRole === MASTER : account.accID !== accountId) return false;
  if (marketsOf(account, tradeEnv).size === 0) return false;
  if (tradeEnv === "REAL") return securityFirm === undefined || account.securityFirm === SECURITY_FIRMS[securityFirm];
  // Paper accounts have no firm; those for options or futures take no shares, and a contest's is used only if asked for.
  const kind = account.simAccType ?? 0;
  return lookUp<boolean>(SIMULATES_SHARES, kind) === true || (kind === CONTEST && accountId !== undefined);
}

function marketsOf({ trdMarketAuthList }: Account, tradeEnv: FutuConfig["tradeEnv"]): ReadonlyMap<Region, number> {
  const numbers = MARKET_OF_REGION[tradeEnv];
  return new Map(
    REGIONS.filter((region) => trdMarketAuthList.includes(numbers[region])).map((region) => [region, numbers[region]]),
  );
}

function notOne(
  what: string,
  accounts: readonly Account[],
  { tradeEnv, accountId, securityFirm }: Pick<FutuConfig, "tradeEnv" | "accountId" | "securityFirm">,
): NoSuchAccount {
  const asked = [tradeEnv, accountId && maskAccount(accountId), securityFirm].filter(Boolean).join(" ");
  const list = accounts.map(describe).join("; ") || "none";
  return new NoSuchAccount(`no account ${what} (${asked}); set accountId or securityFirm to choose one of: ${list}`);
}

function describe({ accID, trdEnv, trdMarketAuthList, securityFirm, simAccType, accStatus }: Account): string {
  const environment = trdEnv === NUMBER_OF_ENVIRONMENT.REAL ? "REAL" : "SIMULATE";
  const firm = Object.entries(SECURITY_FIRMS).find(([, number]) => number === securityFirm)?.[0];
  return [
    maskAccount(accID),
    environment,
    firm,
    simAccType === undefined ? undefined : `kind ${simAccType}`,
    `markets ${trdMarketAuthList.join(",")}`,
    accStatus === DISABLED ? "disabled" : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(" ");
}
