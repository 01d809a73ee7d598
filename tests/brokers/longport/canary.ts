/**
 * Lets a broker meet every fault that its simulator has, and prints all that it says: errors with all that they carry, and
 * what it tells of its connection. Given: the simulator's port, its control port, a token file and the transport.
 */
import process from "node:process";
import { inspect } from "node:util";
import type { LongportFault } from "../../../simulators/longport/own-faults.ts";
import { longport } from "../../../src/brokers/longport/index.ts";
import { isBrokerError } from "../../../src/spec/broker-error.ts";

const [port = "", control = "", tokenFile = "", transport] = process.argv.slice(2);
const { CANARY_KEY: appKey = "", CANARY_SECRET: appSecret = "" } = process.env;

const KINDS: readonly (LongportFault | "drop" | "refuse" | "rate-limit" | "lose-answer")[] = [
  "drop",
  "refuse",
  "rate-limit",
  "lose-answer",
  "plain-429",
  "html-502",
  "late-502",
  "missing-data",
  "expired-token",
];
const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;

const broker = longport({
  instanceId: "longportInstance0001",
  tokens: ["longportInstanceToken"],
  appKey,
  appSecret,
  tokenFile,
  autoRefreshToken: true,
  httpUrl: `http://127.0.0.1:${port}`,
  quoteWsUrl: `ws://127.0.0.1:${port}/quote/v2`,
  tradeWsUrl: `ws://127.0.0.1:${port}/trade/v2`,
  transport: transport === "native" ? "native" : "web",
});

let errors = 0;
let tags = 0;
function show(what: string, said: unknown): void {
  const inside = inspect(said, { depth: 20, showHidden: true, getters: true });
  process.stdout.write(`${what} ${inside} ${String(said)} ${JSON.stringify(said)}\n`);
}

async function attempt(what: string, promise: Promise<unknown> | undefined): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    errors += 1;
    show(`${what} failed:`, error);
    return undefined;
  }
}

const call = () => ({ signal: AbortSignal.timeout(10_000) });

function place(): Promise<{ readonly orderId: string }> | undefined {
  tags += 1;
  const tag = `ht${String(tags).padStart(24, "c")}`;
  const terms = { orderType: "Limit", timeInForce: "DAY", lifecycle: "RTH", direction: "BUY" } as const;
  return broker.placeOrder?.({ contract: AAPL, ...terms, qty: 10, price: 190, tag }, call());
}

async function arm(kind: string, on: string): Promise<void> {
  await fetch(`http://127.0.0.1:${control}/faults`, { method: "POST", body: JSON.stringify({ kind, on }) });
}

async function live(): Promise<void> {
  while (!(await broker.ping?.(call()))) await new Promise((resolve) => setTimeout(resolve, 100));
}

await attempt(
  "a start",
  broker.start?.({ onOrder: (order) => show("an order:", order), onConnection: (state) => show("connection:", state) }),
);
await live();
const { orderId } = (await place()) ?? { orderId: "" };
for (const kind of KINDS) {
  await arm(kind, "place");
  await attempt(`place, ${kind},`, place());
  await live();
  await arm(kind, "replace");
  await attempt(`replace, ${kind},`, broker.replaceOrder?.(orderId, { qty: 11 }, call()));
  await live();
  await arm(kind, "read");
  await attempt(`quote, ${kind},`, broker.quote?.(AAPL, call()));
  await attempt(`cash, ${kind},`, broker.cash?.({ currency: "USD" }, call()));
  await fetch(`http://127.0.0.1:${control}/faults`, { method: "DELETE" });
  await live();
}
await arm("expired-token", "cancel");
await attempt("cancel, expired-token,", broker.cancelOrder?.(orderId, call()));
await broker.close?.();
await attempt("a read after the close", broker.positions?.(call()));
show("the broker:", broker);
process.stdout.write(`errors: ${errors}\n`, () => process.exit());
