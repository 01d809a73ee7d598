/** Runs one order of load with autocannon and prints what came of it. */
import process from "node:process";
import autocannon from "autocannon";
import type { LoadOrder, LoadResult } from "../load/load.ts";
import { setupOf } from "./side-channel.ts";

const { origin, asks, clients, seconds } = setupOf<LoadOrder>();
const requests = asks.map(({ method, path, headers, body }) => ({
  method,
  path,
  headers: { ...headers },
  ...(body === undefined ? {} : { body }),
}));
const result = await autocannon({ url: origin, connections: clients, duration: seconds, requests });
const bad = result.non2xx + result.errors + result.timeouts;
if (bad > 0) throw new Error(`${bad} requests to ${origin} were not answered well`);
const answer: LoadResult = { requests: result["2xx"], seconds: result.duration };
process.stdout.write(JSON.stringify(answer));
