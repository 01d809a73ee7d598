/** Runs orders of load with autocannon, and says what came of each. */
import autocannon from "autocannon";
import { type Ask, firstNumber, isNumbered, type LoadOrder, type LoadResult, numbered } from "../load/load.ts";
import { serveSideChannel } from "./side-channel.ts";

/** How often autocannon looks whether all is answered, which is how exactly it counts the seconds. */
const SAMPLE_MS = 10;

serveSideChannel({}, { run });

async function run(order: LoadOrder): Promise<LoadResult & { readonly bad: number }> {
  const { origin, asks, clients, seconds, requests: amount } = order;
  let number = firstNumber();
  const requests = asks.map((ask) => {
    if (!isNumbered(ask)) return requestOf(ask);
    return {
      ...requestOf(ask),
      setupRequest: (request: object) => ({ ...request, ...requestOf(numbered(ask, ++number)) }),
    };
  });
  const length = amount === undefined ? { duration: seconds } : { amount, sampleInt: SAMPLE_MS };
  const result = await autocannon({ url: origin, connections: clients, requests, ...length });
  const { non2xx, errors, timeouts } = result;
  return { requests: result["2xx"], seconds: result.duration, bad: non2xx + errors + timeouts };
}

function requestOf({ method, path, headers, body }: Ask) {
  return { method, path, headers: { ...headers }, ...(body === undefined ? {} : { body }) };
}
