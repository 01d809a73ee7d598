/** A gateway over a paper account in a market that stands still, and what it did to its exchange and its journal. */
import { createHttpTrading, type HttpTrading, SCOPES } from "../../../mod.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import { demoAccount } from "../../../src/exchange/demo-account.ts";
import { createExchange } from "../../../src/exchange/exchange.ts";
import type { Exchange } from "../../../src/exchange/types.ts";
import type { Journal, JournalLine } from "../../../src/journal/journal.ts";
import { memoryJournal } from "../../../src/journal/memory.ts";

export const INSTANCE = "fuzzedInstance00001";
export const TOKEN = "fuzzedToken000000001";

/** A US regular session. */
const NOW = Date.parse("2025-05-28T10:30:00-04:00");

export interface Gateway {
  readonly trading: HttpTrading;
  readonly exchange: Exchange;
  /** Intents that were written down so far. */
  readonly intents: () => number;
  /** Exceptions that nobody foresaw. */
  readonly unforeseen: readonly unknown[];
}

/** Opens one, with a resting order in it whose id is `1`. */
export async function openGateway(): Promise<Gateway> {
  const exchange = createExchange({ ...demoAccount, clock: () => NOW });
  const unforeseen: unknown[] = [];
  let intents = 0;
  const journal = counting((line) => {
    if (line.kind === "intent") intents += 1;
  });
  const trading = createHttpTrading({
    brokers: [paper({ instanceId: INSTANCE, tokens: [{ token: TOKEN, name: "fuzz", scopes: [...SCOPES] }], exchange })],
    journal,
    onError: (error) => void unforeseen.push(error),
  });
  await trading.start();
  exchange.place({
    contract: { tradeType: "Securities", region: "US", symbol: "AAPL" },
    direction: "BUY",
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
    qty: 10,
    price: 100,
    tag: null,
  });
  return { trading, exchange, intents: () => intents, unforeseen };
}

/** A journal in memory that tells of each line. */
function counting(onLine: (line: JournalLine) => void): Journal {
  const journal = memoryJournal();
  return {
    ...journal,
    append(lines, durability) {
      lines.forEach(onLine);
      return journal.append(lines, durability);
    },
  };
}
