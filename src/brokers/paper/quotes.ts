/** Another broker's prices, brought to the exchange. */
import { type Contract, contractKey, normalizeContract } from "../../domain/contract.ts";
import { withoutDust } from "../../domain/money.ts";
import { isTerminal } from "../../domain/order.ts";
import type { Quote } from "../../domain/quote.ts";
import type { Exchange } from "../../exchange/types.ts";
import type { Broker } from "../../spec/broker.ts";
import { BrokerError } from "../../spec/broker-error.ts";

/** Milliseconds that a look at another broker's quotes may take when no call waits for it. */
const POLL_TIMEOUT_MS = 10_000;

/** The looks of one session of the account. */
export interface QuoteFeed {
  /** A quote, made known to the exchange unless trading is suspended or a newer one has come before it. */
  take(contract: Contract, signal: AbortSignal): Promise<Quote>;
  /**
   * Looks at the price of every contract with an open order, unless it still does. A look that fails leaves the order
   * waiting for the next.
   */
  poll(): void;
  /** Ends what is under way. What comes all the same is made known no more. */
  end(): void;
}

export function createQuoteFeed(source: Broker, exchange: Exchange): QuoteFeed {
  let asked = 0;
  /** By contract, the number of the newest look that was answered. */
  const answered = new Map<string, number>();
  /** What ends each look. A worker takes no signal of one request into another: each has its own. */
  const underWay = new Set<AbortController>();
  let ended = false;
  let polling = false;

  const ask = async (contract: Contract, signal: AbortSignal): Promise<Quote | undefined> => {
    const own = new AbortController();
    underWay.add(own);
    try {
      return await source.quote?.(contract, { signal: AbortSignal.any([signal, own.signal]) });
    } finally {
      underWay.delete(own);
    }
  };

  const take = async (given: Contract, signal: AbortSignal): Promise<Quote> => {
    const contract = normalizeContract(given);
    const number = ++asked;
    const quote = await ask(contract, signal);
    if (quote === undefined) throw new BrokerError("NotSupported", `${source.display} gives no quotes`);
    const key = contractKey(contract);
    if (number < (answered.get(key) ?? 0)) return quote;
    answered.set(key, number);
    if (!ended && quote.isTradable && quote.latest > 0) {
      // A time that is none is nobody knows when, too.
      exchange.setPrice(contract, withoutDust(quote.latest), Math.max(0, quote.timestamp) || 0);
    }
    return quote;
  };

  const look = async (): Promise<void> => {
    const open = exchange.orders().filter(({ status }) => !isTerminal(status));
    const contracts = new Map(open.map(({ contract }) => [contractKey(contract), contract]));
    const patience = AbortSignal.timeout(POLL_TIMEOUT_MS);
    await Promise.allSettled([...contracts.values()].map((contract) => take(contract, patience)));
  };

  return {
    take,
    poll: () => {
      if (polling) return;
      polling = true;
      void look().finally(() => {
        polling = false;
      });
    },
    end: () => {
      ended = true;
      for (const own of underWay) own.abort();
    },
  };
}
