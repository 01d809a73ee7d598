/** Runs orders of load with autocannon, and says what came of each. */
import autocannon from "autocannon";
import type { LoadOrder, LoadResult } from "../load/load.ts";
import { serveSideChannel } from "./side-channel.ts";

/** How often autocannon looks whether all is answered, which is how exactly it counts the seconds. */
const SAMPLE_MS = 10;

serveSideChannel({}, { run });

async function run(order: LoadOrder): Promise<LoadResult & { readonly bad: number }> {
  const { origin, asks, clients, seconds, requests: amount } = order;
  const requests = asks.map(({ method, path, headers, body }) => ({
    method,
    path,
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
  }));
  const length = amount === undefined ? { duration: seconds } : { amount, sampleInt: SAMPLE_MS };
  const result = await autocannon({ url: origin, connections: clients, requests, ...length });
  const { non2xx, errors, timeouts } = result;
  return { requests: result["2xx"], seconds: result.duration, bad: non2xx + errors + timeouts };
}
