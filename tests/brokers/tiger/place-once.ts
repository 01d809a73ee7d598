/** Reads and then places one order at the gateway given, and prints what became of it. */
import process from "node:process";
import { CLIENT_PRIVATE_KEY, VENDOR_PUBLIC_KEY } from "../../../simulators/tiger/keys.ts";
import { tiger } from "../../../src/brokers/tiger/index.ts";
import { isBrokerError } from "../../../src/spec/broker-error.ts";

const broker = tiger({
  instanceId: "tigerPlaceOnce000001",
  tokens: ["tigerPlaceOnceToken1"],
  tigerId: "20150001",
  account: "50190001",
  privateKey: CLIENT_PRIVATE_KEY,
  tigerPublicKey: VENDOR_PUBLIC_KEY,
  serverUrl: process.argv[2] ?? "",
  push: "polling",
});
await broker.start?.({ onOrder() {}, onConnection() {} });
const call = { signal: AbortSignal.timeout(20_000) };
for (let reads = 0; reads < 3; reads += 1) await broker.orders?.({ status: "open", fresh: true }, call);
const order = {
  contract: { tradeType: "Securities", region: "US", symbol: "AAPL" },
  direction: "BUY",
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  qty: 1,
  price: 100,
  tag: "htaaaaaaaaaaaaaaaaaaaaaaaa",
} as const;
const outcome = await broker.placeOrder?.(order, call).then(
  () => "accepted",
  (error: unknown) => (isBrokerError(error) ? String(error.outcome) : String(error)),
);
await broker.close?.();
process.stdout.write(`${outcome}\n`);
