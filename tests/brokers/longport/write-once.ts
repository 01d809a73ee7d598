/** Sends reads and then one write to the URL given, and prints what became of it. Its end shows what is left open. */
import process from "node:process";
import { createHttp } from "../../../src/brokers/longport/http.ts";
import { REPLIES } from "../../../src/brokers/longport/messages.ts";
import { NoAnswer } from "../../../src/brokers/longport/refusals.ts";

const [httpUrl = "", method] = process.argv.slice(2);
if (method !== "POST" && method !== "PUT" && method !== "DELETE") throw new Error(`no write is sent with ${method}`);
const http = createHttp({ httpUrl, appKey: "key", appSecret: "secret", token: () => "token", onTime: () => {} });
const asked = { signal: new AbortController().signal, timeoutMs: 10_000 };
for (let reads = 0; reads < 3; reads += 1) await http.get("/v1/trade/order/today", REPLIES.today, asked);
const content = method === "DELETE" ? { query: { order_id: "1" } } : { body: { symbol: "AAPL.US" } };
const outcome = await http.write(method, "/v1/trade/order", { ...asked, ...content }).then(
  () => "answered",
  (error: unknown) => (error instanceof NoAnswer ? `sent: ${error.sent}` : String(error)),
);
process.stdout.write(`${outcome}\n`);
