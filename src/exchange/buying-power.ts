/** What open orders and short positions bind, and whether there is enough left for one order more. */
import { type Contract, contractKey } from "../domain/contract.ts";
import { add, multiply, subtract } from "../domain/money.ts";
import { type Book, type Exposure, type Resting, unfilled } from "./book.ts";
import { RefusedByExchange } from "./exchange-error.ts";
import { currencyOf, type Ledger } from "./ledger.ts";
import type { ExchangeOrder } from "./types.ts";

/** A short position binds its proceeds and half as much again, as Regulation T asks for. */
const SHORT_MARGIN = 1.5;

export interface BuyingPower {
  /** What is bound in each currency. */
  bound(): ReadonlyMap<string, number>;
  /** Refuses an order, or its new form in the place of `before`, that the account cannot cover. */
  check(order: ExchangeOrder, countedAt: number, before?: Resting): void;
}

/**
 * Buying power is all cash, in whatever currency, less all that is bound: a purchase in a currency that the account
 * lacks becomes a loan in it, secured by the others.
 */
export function createBuyingPower(
  ledger: Ledger,
  book: Book,
  last: (contract: Contract) => number | undefined,
  allowShort: boolean,
): BuyingPower {
  /**
   * What one contract binds, in its own currency: the value of its open buy orders or, if that is more, the margin of
   * its short position; and the margin that its open sell orders will need beyond their proceeds.
   */
  const boundBy = ({ contract, buyValue, sellQty }: Exposure): number => {
    const held = ledger.held(contract);
    if (held >= sellQty) return buyValue;
    const price = last(contract) ?? Math.max(0, ledger.costOf(contract));
    const margin = multiply(multiply(Math.max(0, -held), price), SHORT_MARGIN);
    const uncovered = subtract(sellQty, Math.max(0, held));
    return add(Math.max(buyValue, margin), multiply(multiply(uncovered, price), subtract(SHORT_MARGIN, 1)));
  };

  const bound = (): Map<string, number> => {
    const sums = new Map<string, number>();
    const exposures = new Map<string, Exposure>();
    for (const exposure of book.exposures()) exposures.set(contractKey(exposure.contract), exposure);
    for (const { contract, qty } of ledger.holdings()) {
      const key = contractKey(contract);
      if (qty < 0 && !exposures.has(key)) exposures.set(key, book.exposure(contract));
    }
    for (const exposure of exposures.values()) {
      const currency = currencyOf(exposure.contract);
      sums.set(currency, add(sums.get(currency) ?? 0, boundBy(exposure)));
    }
    return sums;
  };

  /** What is free, in USD. */
  const free = (): number => {
    const sums = bound();
    let total = 0;
    for (const currency of new Set([...ledger.cash().keys(), ...sums.keys()])) {
      const rest = subtract(ledger.cash().get(currency) ?? 0, sums.get(currency) ?? 0);
      total = add(total, ledger.convert(rest, currency, "USD"));
    }
    return total;
  };

  return {
    bound,
    check: (order, countedAt, before) => {
      const { contract, direction } = order;
      const now = book.exposure(contract);
      const rest = unfilled(order);
      const restBefore = before === undefined ? 0 : unfilled(before.order);
      const then: Exposure =
        direction === "SELL"
          ? { ...now, sellQty: add(subtract(now.sellQty, restBefore), rest) }
          : {
              ...now,
              buyValue: add(
                subtract(now.buyValue, multiply(restBefore, before?.countedAt ?? 0)),
                multiply(rest, countedAt),
              ),
            };
      const held = ledger.held(contract);
      if (!allowShort && then.sellQty > now.sellQty && then.sellQty > Math.max(0, held)) {
        const others = subtract(now.sellQty, restBefore);
        throw new RefusedByExchange(
          "short-sale",
          `selling ${rest} of ${contractKey(contract)} would be a short sale: ${held} held, ${others} of it in other open sell orders`,
        );
      }
      const more = subtract(boundBy(then), boundBy(now));
      if (more <= 0) return;
      const currency = currencyOf(contract);
      const needed = ledger.convert(more, currency, "USD");
      const available = free();
      if (needed <= available) return;
      const converted = currency === "USD" ? "" : ` (${needed} USD)`;
      throw new RefusedByExchange(
        "insufficient-funds",
        `the order needs ${more} ${currency}${converted}, and ${available} USD of buying power are left`,
      );
    },
  };
}
