/** What `paper()` takes: every option, checked at construction with all faults in one error. */
import * as v from "valibot";
import { type Contract, contractKey, normalizeContract, TRADE_TYPES } from "../../domain/contract.ts";
import { isPositiveDecimal } from "../../domain/money.ts";
import { DEFAULT_RATES_TO_USD, ledgerCurrency } from "../../exchange/currencies.ts";
import { demoAccount } from "../../exchange/demo-account.ts";
import { isTradable, MARKET_REGIONS } from "../../exchange/markets.ts";
import type { Exchange, ExchangeOptions } from "../../exchange/types.ts";
import { dayOf } from "../../exchange/zoned-time.ts";
import type { Broker } from "../../spec/broker.ts";
import type { InstanceOptions } from "../../spec/define-broker.ts";
import { checkOptions } from "../shared/options.ts";
import { fileStore, type PaperStore } from "./store.ts";

/** How to set up a paper account. Every option has a default. */
export interface PaperOptions extends InstanceOptions {
  /** Starting cash by currency. Default: 1,000,000 USD, or none if `positions` is given. */
  readonly cash?: Readonly<Record<string, number>>;
  /** Starting positions, shorts negative, cost in the contract's currency. Default: 2400 US QQQ and 300 HK 00700, or none if `cash` is given. */
  readonly positions?: NonNullable<ExchangeOptions["positions"]>;
  /**
   * The contracts that can be traded, with last price, close of the day before (default: the price) and lot (default: 1
   * in US, 100 in HK and CN). Default: six well-known ones, or none if the quotes are another broker's, which lists all.
   */
  readonly prices?: NonNullable<ExchangeOptions["prices"]>;
  /** True to let orders sell what is not held, at a margin of 150 percent. Default `false`. */
  readonly allowShort?: boolean;
  /** Days without trading by region, `YYYY-MM-DD` on the market's own calendar. Default: none. */
  readonly holidays?: Readonly<Record<string, readonly string[]>>;
  /** What one unit of a currency is worth in USD. Default `{ USD: 1, HKD: 0.128, CNY: 0.14 }`, which yours are added to. */
  readonly ratesToUsd?: Readonly<Record<string, number>>;
  /**
   * Where prices come from. `"synthetic"` (default): a seeded random walk while the market trades. `"fixed"` (default
   * with `exchange`): they stay. Another broker: its quotes, asked for when a contract is named in a call, and every
   * `quoteIntervalMs` for contracts with open orders. Prices from before an order's session opened fill nothing.
   */
  readonly quotes?: "synthetic" | "fixed" | Broker;
  /**
   * True when the broker in `quotes` is not served by a gateway of its own: this account then starts and closes it.
   * Default `false`.
   */
  readonly ownsQuotes?: boolean;
  /** Milliseconds between two looks at another broker's quotes, 100 to 2147483647. Default 3000. */
  readonly quoteIntervalMs?: number;
  /** Seed of the random walk, a whole number. Default 1. */
  readonly seed?: number;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: () => number;
  /** Path of the file that keeps the account over a restart, on runtimes with a file system. Default: it is forgotten. */
  readonly stateFile?: string;
  /** The same for any other place: gives back the text that was last saved, `null` for none. */
  readonly store?: PaperStore;
  /**
   * What `createExchange` of `httptrading/testing` gives, for tests and to share one account between instances; it then has
   * the account's options.
   */
  readonly exchange?: Exchange;
}

/** Checked options with defaults, without those of the instance, which the gateway checks. */
export interface PaperConfig {
  readonly exchange: Exchange | ExchangeOptions;
  readonly quotes: "synthetic" | "fixed" | Broker;
  readonly ownsQuotes: boolean;
  readonly quoteIntervalMs: number;
  readonly seed: number;
  readonly store: PaperStore | undefined;
}

const LIST = "must be a list";
const BY_CURRENCY = "must be an object by currency";
const finite = () => v.pipe(v.number("must be a number"), v.finite("must be a finite number"));
const aboveZero = () =>
  v.pipe(
    v.number("must be a number"),
    v.check(isPositiveDecimal, "must be above 0 and below 1e21, with at most 15 digits"),
  );
const whole = () => v.pipe(v.number("must be a number"), v.safeInteger("must be a whole number"));
const contract = () =>
  v.strictObject({
    tradeType: v.picklist(TRADE_TYPES, `must be one of ${TRADE_TYPES.join(", ")}`),
    region: v.pipe(v.string("must be text"), v.regex(/^[A-Z]{2,}$/, "must be two or more capitals")),
    symbol: v.pipe(v.string("must be text"), v.nonEmpty("must not be empty")),
  });
const currency = () => v.pipe(v.string(), v.regex(/^[A-Z]{3,5}$/, "must be named by a currency code in capitals"));
const date = () => v.pipe(v.string("must be text"), v.check(isDate, "must be a date, YYYY-MM-DD"));
const clock = () => v.custom<() => number>((value) => typeof value === "function", "must be a function");

/** A timer for longer than this fires at once, again and again. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** An object of ours, known by its methods. */
const having = <T>(methods: readonly (keyof T & string)[], what: string) =>
  v.custom<T>(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      methods.every((method) => typeof Reflect.get(value, method) === "function"),
    `must be ${what}`,
  );

const schema = () =>
  v.strictObject({
    cash: v.exactOptional(v.record(currency(), finite(), BY_CURRENCY)),
    positions: v.exactOptional(
      v.array(v.strictObject({ contract: contract(), qty: finite(), avgCost: v.exactOptional(finite()) }), LIST),
    ),
    prices: v.exactOptional(
      v.array(
        v.strictObject({
          contract: contract(),
          price: aboveZero(),
          preClose: v.exactOptional(aboveZero()),
          lotSize: v.exactOptional(v.pipe(whole(), v.minValue(1, "must be at least 1"))),
        }),
        LIST,
      ),
    ),
    allowShort: v.exactOptional(v.boolean("must be true or false")),
    holidays: v.exactOptional(
      v.record(
        v.picklist(MARKET_REGIONS, `must be named by one of ${MARKET_REGIONS.join(", ")}`),
        v.array(date(), LIST),
        "must be an object by region",
      ),
    ),
    ratesToUsd: v.exactOptional(v.record(currency(), aboveZero(), BY_CURRENCY)),
    quotes: v.exactOptional(
      v.union(
        [v.literal("synthetic"), v.literal("fixed"), having<Broker>(["quote"], "a broker with quotes")],
        'must be "synthetic", "fixed" or a broker with quotes',
      ),
    ),
    ownsQuotes: v.exactOptional(v.boolean("must be true or false")),
    quoteIntervalMs: v.exactOptional(
      v.pipe(
        whole(),
        v.minValue(100, "must be at least 100"),
        v.maxValue(LONGEST_TIMER_MS, `must be at most ${LONGEST_TIMER_MS}`),
      ),
    ),
    seed: v.exactOptional(whole()),
    clock: v.exactOptional(clock()),
    stateFile: v.exactOptional(v.pipe(v.string("must be a path"), v.nonEmpty("must be a path"))),
    store: v.exactOptional(having<PaperStore>(["load", "save"], "an object with load() and save(text)")),
    exchange: v.exactOptional(having<Exchange>(["place"], "what createExchange gives")),
  });

/** What belongs to the exchange, and so cannot be said beside one. */
const ACCOUNT_OPTIONS = [
  "cash",
  "positions",
  "prices",
  "allowShort",
  "holidays",
  "ratesToUsd",
  "clock",
  "stateFile",
  "store",
] as const;

/**
 * Checks the options.
 *
 * @throws TypeError that lists every fault.
 */
export function parsePaperOptions(options: PaperOptions): PaperConfig {
  const { own, output, faults: told } = checkOptions("paper", options, schema(), { isOpen: true });
  const faults = [...told, ...contradictions(own)];
  if (output !== undefined) {
    const { positions, prices } = output;
    faults.push(
      ...missingRates(output),
      ...senselessRates(output),
      ...repeated("positions", positions),
      ...repeated("prices", prices),
      ...untradable(prices),
    );
  }
  if (output === undefined || faults.length > 0) throw new TypeError(`paper: ${faults.join("; ")}`);

  const { exchange, quotes, ownsQuotes, quoteIntervalMs, seed, stateFile, store, ...account } = output;
  const { prices, ...holdings } = demoAccount;
  const start = account.cash === undefined && account.positions === undefined ? holdings : { cash: {} };
  const listed = typeof quotes === "object" ? {} : { prices };
  return {
    exchange: exchange ?? { ...start, ...listed, ...account },
    quotes: quotes ?? (exchange === undefined ? "synthetic" : "fixed"),
    ownsQuotes: ownsQuotes ?? false,
    quoteIntervalMs: quoteIntervalMs ?? 3000,
    seed: seed ?? 1,
    store: store ?? (stateFile === undefined ? undefined : fileStore(stateFile)),
  };
}

function isDate(text: string): boolean {
  try {
    dayOf(text);
    return true;
  } catch {
    return false;
  }
}

function contradictions(own: Readonly<Record<string, unknown>>): string[] {
  const faults: string[] = [];
  if (own["exchange"] !== undefined) {
    const both = ACCOUNT_OPTIONS.filter((name) => own[name] !== undefined);
    if (both.length > 0) faults.push(`${both.join(", ")} cannot be given with exchange, which has its own`);
  }
  if (own["store"] !== undefined && own["stateFile"] !== undefined) faults.push("give store or stateFile, not both");
  if (own["ownsQuotes"] === true && typeof own["quotes"] !== "object") {
    faults.push("ownsQuotes needs another broker in quotes");
  }
  return faults;
}

function missingRates({ cash = {}, ratesToUsd = {} }: v.InferOutput<ReturnType<typeof schema>>): string[] {
  const known = new Set([...Object.keys(DEFAULT_RATES_TO_USD), ...Object.keys(ratesToUsd)].map(ledgerCurrency));
  return Object.keys(cash)
    .filter((currency) => !known.has(ledgerCurrency(currency)))
    .map((currency) => `cash.${currency} has no rate; give ratesToUsd.${currency}`);
}

function senselessRates({ ratesToUsd = {} }: v.InferOutput<ReturnType<typeof schema>>): string[] {
  const { USD = 1, CNY, CNH = CNY } = ratesToUsd;
  const faults = USD === 1 ? [] : [`ratesToUsd.USD must be 1, not ${USD}`];
  if (CNY !== undefined && CNH !== CNY)
    faults.push("ratesToUsd.CNH and ratesToUsd.CNY are of one currency here: give one");
  return faults;
}

/** A price of what has no market here would list nothing that anybody could ask for. */
function untradable(lines: readonly { readonly contract: Contract }[] = []): string[] {
  const contracts = lines.map(({ contract }) => normalizeContract(contract));
  return contracts.flatMap((contract, index) =>
    isTradable(contract)
      ? []
      : [`prices.${index} names ${contractKey(contract)}, which is no security of ${MARKET_REGIONS.join(", ")}`],
  );
}

/** Of two lines about one contract only one can be so. */
function repeated(name: string, lines: readonly { readonly contract: Contract }[] = []): string[] {
  const keys = lines.map(({ contract }) => contractKey(normalizeContract(contract)));
  return keys.flatMap((key, index) => (keys.indexOf(key) < index ? [`${name}.${index} names ${key} again`] : []));
}
