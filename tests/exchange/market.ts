/** A market of one's own for the tests: a clock to turn, and short words for orders. */
import type { Contract } from "../../src/domain/contract.ts";
import { createExchange } from "../../src/exchange/exchange.ts";
import { isExchangeError } from "../../src/exchange/exchange-error.ts";
import type {
  Exchange,
  ExchangeEvent,
  ExchangeOptions,
  ExchangeRefusal,
  ExchangeRequest,
} from "../../src/exchange/types.ts";

export const security = (region: string, symbol: string): Contract => ({ tradeType: "Securities", region, symbol });

export const AAPL = security("US", "AAPL");
export const TENCENT = security("HK", "00700");
export const MOUTAI = security("CN", "600519");
export const FUND = security("CN", "510300");

export const REGULAR = Date.parse("2025-05-28T10:30:00-04:00");
export const IN_HK = Date.parse("2025-05-28T10:30:00+08:00");

export interface TestMarket {
  readonly exchange: Exchange;
  readonly events: ExchangeEvent[];
  /** Sets the clock and ticks. */
  at(instant: number | string): void;
}

export function openMarket(options: ExchangeOptions = {}, at: number | string = REGULAR): TestMarket {
  let now = typeof at === "number" ? at : Date.parse(at);
  const exchange = createExchange({
    clock: () => now,
    prices: [
      { contract: AAPL, price: 200 },
      { contract: TENCENT, price: 500 },
      { contract: MOUTAI, price: 1500 },
      { contract: FUND, price: 4 },
    ],
    ...options,
  });
  const events: ExchangeEvent[] = [];
  exchange.subscribe((event) => events.push(event));
  return {
    exchange,
    events,
    at: (instant) => {
      now = typeof instant === "number" ? instant : Date.parse(instant);
      exchange.tick();
    },
  };
}

/** A limit order to buy 100 AAPL at 190, day, regular hours, with whatever is said otherwise. */
export function limit(changes: Partial<ExchangeRequest> = {}): ExchangeRequest {
  return {
    contract: AAPL,
    direction: "BUY",
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
    qty: 100,
    price: 190,
    tag: null,
    ...changes,
  };
}

export function market({ price: _price, ...changes }: Partial<ExchangeRequest> = {}): ExchangeRequest {
  const { price: _none, ...request } = limit({ ...changes, orderType: "Market" });
  return request;
}

/** The refusal that an action ends with; `undefined` when it succeeds. */
export function refusalOf(action: () => unknown): ExchangeRefusal | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (isExchangeError(error)) return error.refusal;
    throw error;
  }
}
