/** The states of the markets. A file of its own beside `broker.ts`, since the two together would be too long. */
import type { MarketStatus, MarketStatusMap } from "../../domain/market-status.ts";
import type { Call } from "../../spec/broker.ts";
import { BrokerError } from "../../spec/broker-error.ts";
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
    keep("sessions", async () => {
      const hours = await wire.read(
        { what: "trading sessions", key: "", limit: "quote", act: (on, signal) => on.tradingSessions(signal) },
        call,
      );
      if (!REGIONS.some((region) => periodsOf(hours, region).length > 0)) throw notGiven("hours");
      return hours;
    });

  function days(region: Region, at: number, call: Call): Promise<TradingDays> {
    const { from, to } = daysAround(region, at);
    const key = `${region} ${from}`;
    return keep(key, async () => {
      const found = await wire.read(
        { what: "trading days", key, limit: "quote", act: (on, signal) => on.tradingDays(region, from, to, signal) },
        call,
      );
      if (found.whole.length === 0 && found.half.length === 0) throw notGiven(`days of ${region}`);
      return found;
    });
  }

  return {
    async status(call) {
      const at = await wire.vendorTime(call);
      const hours = await sessions(call);
      const states = await Promise.all(
        REGIONS.filter((region) => periodsOf(hours, region).length > 0).map(async (region): Promise<MarketStatus> => {
          const periods = periodsOf(hours, region);
          return marketStatusAt({ region, periods, days: await days(region, at, call) }, at);
        }),
      );
      return { Securities: Object.fromEntries(states.map((state) => [state.region, state])) };
    },
    clear: () => kept.clear(),
  };
}

function periodsOf(hours: readonly MarketHours[], region: Region): MarketHours["periods"] {
  return hours.find(({ market }) => market === region)?.periods ?? [];
}

/** Taken for an answer it would close the market. */
function notGiven(what: string): BrokerError {
  return new BrokerError("BrokerFault", `Longport gave no trading ${what}`);
}
