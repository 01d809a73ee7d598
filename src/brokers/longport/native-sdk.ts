/** The vendor's SDK: loading it, and the little of it that is used. */
import { BrokerError } from "../../spec/broker-error.ts";
import { reasonOf } from "./refusals.ts";

/** The library, as far as it is used. */
export interface Sdk {
  readonly Config: new (parameters: Readonly<Record<string, unknown>>) => object;
  readonly TradeContext: { new: (config: object) => Promise<TradeContext> };
  readonly QuoteContext: { new: (config: object) => Promise<QuoteContext> };
  readonly NaiveDate: new (year: number, month: number, day: number) => object;
}

/** Every answer is `unknown` here: `native-words.ts` reads it. */
export interface TradeContext {
  setOnOrderChanged(callback: (error: unknown, event: unknown) => void): void;
  subscribe(topics: readonly number[]): Promise<unknown>;
  accountBalance(currency: string): Promise<unknown>;
  stockPositions(): Promise<unknown>;
}

export interface QuoteContext {
  quote(symbols: readonly string[]): Promise<unknown>;
  tradingSession(): Promise<unknown>;
  tradingDays(market: number, from: object, to: object): Promise<unknown>;
}

/** The package's name, and the one that it had before. */
const NAMES = ["longport", "@longport/openapi"] as const;
const INSTEAD = 'or choose transport: "web", which needs no binary';

/** @throws BrokerError `NotSupported` that says what is missing and what to do. */
export async function loadSdk(byHand: unknown): Promise<Sdk> {
  const module = byHand === undefined ? await load() : byHand;
  const inside = typeof module === "object" && module !== null && "default" in module ? module.default : module;
  const found = [module, inside].find(isSdk);
  if (found !== undefined) return found;
  const what =
    byHand === undefined
      ? "the SDK of Longport that is installed is not one this gateway knows"
      : "the option sdk is not the library longport";
  throw unusable(`${what}; run: npm install longport@3, ${INSTEAD}`);
}

async function load(): Promise<unknown> {
  let missing: unknown;
  // A computed name is left alone by bundlers, which cannot take a binary in.
  for (const name of NAMES) {
    try {
      return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as unknown;
    } catch (error) {
      const isMissing = /(?:cannot|could not) find (?:package|module)|ERR_MODULE_NOT_FOUND|not found in/i;
      const own = reasonOf(error).includes(name) && isMissing.test(`${reasonOf(error)} ${codeOf(error)}`);
      if (!own) throw unusable(explainLoad(error), error);
      missing ??= error;
    }
  }
  throw unusable(`cannot find the SDK of Longport; run: npm install longport@3, ${INSTEAD}`, missing);
}

/** Why the binary did not load, out of all that its loader tried. */
export function explainLoad(error: unknown): string {
  const said = [...causesOf(error)].map((cause) => `${reasonOf(cause)} ${codeOf(cause)}`).join(" | ");
  const [glibc] = /GLIBC_[\d.]+/.exec(said) ?? [];
  if (glibc !== undefined) {
    return `the binary of the SDK of Longport needs ${glibc}, which this system does not have; use a newer system, run: npm install longport@3.0.18, which needs less, ${INSTEAD}`;
  }
  const [libc] = /(?:libc\.musl|ld-musl)[\w.-]*/.exec(said) ?? [];
  if (libc !== undefined) {
    return `the binary of the SDK of Longport needs musl (${libc}) and was loaded on a system without it; install the one for this system ${INSTEAD}`;
  }
  const [, part] = /['"](longport-[a-z0-9]+-[a-z0-9-]+)['"]/.exec(said) ?? [];
  if (part !== undefined) {
    return `the SDK of Longport lacks its optional package; run: npm install ${part} (and do not omit optional packages), ${INSTEAD}`;
  }
  return `the binary of the SDK of Longport does not load (${said.slice(0, 300)}); install one for this system ${INSTEAD}`;
}

function* causesOf(error: unknown): Generator<unknown> {
  for (let cause = error, depth = 0; cause !== undefined && cause !== null && depth < 20; depth += 1) {
    yield cause;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function unusable(message: string, cause?: unknown): BrokerError {
  return new BrokerError("NotSupported", message, { outcome: "not_sent", ...(cause === undefined ? {} : { cause }) });
}

function isSdk(value: unknown): value is Sdk {
  if (typeof value !== "object" || value === null) return false;
  const names = ["Config", "TradeContext", "QuoteContext", "NaiveDate"] as const;
  const parts = value as { readonly [name in (typeof names)[number]]?: unknown };
  return names.every((name) => typeof parts[name] === "function") && !isNewer(parts.Config);
}

/** From version 4 on a configuration is not constructed, and a context connects when it is first used, and says nothing. */
function isNewer(config: unknown): boolean {
  return typeof config === "function" && "fromApikey" in config;
}
