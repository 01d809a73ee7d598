/** What the account owns: cash by currency and positions by contract. Knows nothing of open orders. */
import { type Contract, contractKey, currencyOf as currencyOfCounter, normalizeContract } from "../domain/contract.ts";
import { add, divide, multiply, subtract } from "../domain/money.ts";
import type { Direction } from "../domain/order.ts";
import { DEFAULT_RATES_TO_USD, ledgerCurrency } from "./currencies.ts";
import { marketOf } from "./markets.ts";

/** A holding; `qty` is negative for a short one, `avgCost` the average price at which it was opened. */
export interface Holding {
  readonly contract: Contract;
  readonly qty: number;
  readonly avgCost: number;
}

/** A trade to be booked. */
export interface Trade {
  readonly contract: Contract;
  readonly direction: Direction;
  readonly qty: number;
  readonly price: number;
}

export interface Ledger {
  /** Books a trade: moves cash in the contract's currency and quantity in its position. */
  settle(trade: Trade): void;
  /** Quantity held; 0 for none. */
  held(contract: Contract): number;
  /** Average cost of what is held; 0 for none. */
  costOf(contract: Contract): number;
  /** Every position that is not zero, in the order in which each was first held. */
  holdings(): readonly Holding[];
  /** Cash by currency. */
  cash(): ReadonlyMap<string, number>;
  /** An amount of one currency in another, at the configured rates, to the 1/10,000. */
  convert(amount: number, from: string, to: string): number;
}

/** How a ledger starts. */
export interface LedgerOptions {
  readonly cash: Readonly<Record<string, number>>;
  readonly positions: readonly { readonly contract: Contract; readonly qty: number; readonly avgCost?: number }[];
  readonly ratesToUsd: Readonly<Record<string, number>> | undefined;
}

/** Currency of a contract's prices: its counter's or its venue's. What lies outside the known venues is booked in USD. */
export function currencyOf(contract: Contract): string {
  return currencyOfCounter(contract, marketOf(contract.region)?.currency ?? "USD");
}

/**
 * Opens the books. Throws a `RangeError` for an amount that is not finite, a position given twice or a currency without a
 * rate.
 */
export function createLedger(options: LedgerOptions): Ledger {
  const rates = ratesOf(options.ratesToUsd ?? {});
  const cash = new Map<string, number>();
  const holdings = new Map<string, Holding>();

  const rateOf = (currency: string): number => {
    const rate = rates.get(ledgerCurrency(currency));
    if (rate === undefined) {
      throw new RangeError(
        `no rate for the currency ${JSON.stringify(currency)}; give ratesToUsd an entry for it (known: ${[...rates.keys()].join(", ")})`,
      );
    }
    return rate;
  };

  for (const [currency, amount] of Object.entries(options.cash)) {
    rateOf(currency);
    if (!Number.isFinite(amount)) throw new RangeError(`cash in ${currency} must be a finite number, not ${amount}`);
    cash.set(ledgerCurrency(currency), add(cash.get(ledgerCurrency(currency)) ?? 0, amount));
  }
  for (const { contract: given, qty, avgCost = 0 } of options.positions) {
    const contract = normalizeContract(given);
    if (!Number.isFinite(qty))
      throw new RangeError(`the position in ${contractKey(contract)} must be finite, not ${qty}`);
    if (holdings.has(contractKey(contract)))
      throw new RangeError(`the position in ${contractKey(contract)} is given twice`);
    if (qty !== 0) holdings.set(contractKey(contract), { contract, qty, avgCost });
  }

  return {
    settle: ({ contract, direction, qty, price }) => {
      const currency = currencyOf(contract);
      const value = multiply(qty, price);
      const before = cash.get(currency) ?? 0;
      cash.set(currency, direction === "BUY" ? subtract(before, value) : add(before, value));
      const key = contractKey(contract);
      const change = direction === "BUY" ? qty : -qty;
      const after = changed(holdings.get(key) ?? { contract, qty: 0, avgCost: 0 }, change, price);
      if (after.qty === 0) holdings.delete(key);
      else holdings.set(key, after);
    },
    held: (contract) => holdings.get(contractKey(contract))?.qty ?? 0,
    costOf: (contract) => holdings.get(contractKey(contract))?.avgCost ?? 0,
    holdings: () => [...holdings.values()],
    cash: () => cash,
    convert: (amount, from, to) =>
      ledgerCurrency(from) === ledgerCurrency(to) ? amount : divide(multiply(amount, rateOf(from)), rateOf(to), 4),
  };
}

/** A trade that enlarges a position moves its average cost, one that reduces it does not, one that turns it sets it. */
function changed(holding: Holding, change: number, price: number): Holding {
  const qty = add(holding.qty, change);
  const enlarges = holding.qty === 0 || Math.sign(holding.qty) === Math.sign(change);
  if (enlarges) {
    const cost = add(multiply(holding.qty, holding.avgCost), multiply(change, price));
    return { ...holding, qty, avgCost: divide(cost, qty) };
  }
  const turned = qty !== 0 && Math.sign(qty) !== Math.sign(holding.qty);
  return turned ? { ...holding, qty, avgCost: price } : { ...holding, qty };
}

function ratesOf(given: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const rates = new Map(Object.entries(DEFAULT_RATES_TO_USD));
  for (const [currency, rate] of Object.entries(given)) {
    if (!(Number.isFinite(rate) && rate > 0)) {
      throw new RangeError(`ratesToUsd.${currency} must be a number above 0, not ${rate}`);
    }
    rates.set(ledgerCurrency(currency), rate);
  }
  return rates;
}
