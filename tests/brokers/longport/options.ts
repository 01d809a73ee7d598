/** What a broker needs to find a simulator; apart from `setup.ts`, for programs outside the test runner. */
import { DEFAULT_ACCESS_TOKEN, DEFAULT_APP_KEY, DEFAULT_APP_SECRET } from "../../../simulators/longport/server.ts";
import type { LongportOptions } from "../../../src/brokers/longport/index.ts";

/** Options that fit the simulator at a port. */
export function optionsFor(port: number): LongportOptions {
  return {
    instanceId: "longportInstance0001",
    tokens: ["longportInstanceToken"],
    appKey: DEFAULT_APP_KEY,
    appSecret: DEFAULT_APP_SECRET,
    accessToken: DEFAULT_ACCESS_TOKEN,
    httpUrl: `http://127.0.0.1:${port}`,
    quoteWsUrl: `ws://127.0.0.1:${port}/quote/v2`,
    tradeWsUrl: `ws://127.0.0.1:${port}/trade/v2`,
  };
}
