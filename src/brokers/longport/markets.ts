/** The states of the markets. A file of its own beside `broker.ts`, since the two together would be too long. */
import type { MarketStatus, MarketStatusMap } from "../../domain/market-status.ts";
import type { Call } from "../../spec/broker.ts";
import { REGIONS, type Region } from "../shared/regions.ts";
import { daysAround, marketStatusAt } from "./market-hours.ts";
import type { MarketHours, TradingDays } from "./messages.ts";
import type { Wire } from "./wire.ts";

/** Hours hardly ever change; a holiday may be announced for the same day. */
const KEPT_MS = 15 * 60_000;

export interface Markets {
  /** @throws BrokerError */
  status(call: Call): Promise<MarketStatusMap>;
  clear(): void;
}

interface Kept<T> {
  readonly at: number;
  readonly value: T;
}

export function createMarkets(wire: Pick<Wire, "read" | "vendorTime">): Markets {
  const kept = new Map<string, Kept<unknown>>();

  async function keep<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = kept.get(key) as Kept<T> | undefined;
    if (known !== undefined && performance.now() - known.at < KEPT_MS) return known.value;
    const value = await ask();
    // Of days only the present ones are of use.
    if (kept.size > 16) kept.clear();
    kept.set(key, { at: performance.now(), value });
    return value;
  }

  const sessions = (call: Call): Promise<readonly MarketHours[]> =>
    keep("sessions", () =>
      wire.read(
        { what: "trading sessions", key: "", limit: "quote", act: (on, signal) => on.tradingSessions(signal) },
        call,
      ),
    );

  function days(region: Region, at: number, call: Call): Promise<TradingDays> {
    const { from, to } = daysAround(region, at);
    const key = `${region} ${from}`;
    return keep(key, () =>
      wire.read(
        { what: "trading days", key, limit: "quote", act: (on, signal) => on.tradingDays(region, from, to, signal) },
        call,
      ),
    );
  }

  return {
    async status(call) {
      const at = await wire.vendorTime(call);
      const hours = await sessions(call);
      const states = await Promise.all(
        REGIONS.map(async (region): Promise<MarketStatus> => {
          const periods = hours.find(({ market }) => market === region)?.periods ?? [];
          return marketStatusAt({ region, periods, days: await days(region, at, call) }, at);
        }),
      );
      return { Securities: Object.fromEntries(states.map((state) => [state.region, state])) };
    },
    clear: () => kept.clear(),
  };
}
