/** Sends reads and then one order to the URL given, and prints what became of the order. Its end shows what is left open. */
import process from "node:process";
import { createHttp } from "../../../src/brokers/longport/http.ts";
import { REPLIES } from "../../../src/brokers/longport/messages.ts";
import { NoAnswer } from "../../../src/brokers/longport/refusals.ts";

const http = createHttp({
  httpUrl: process.argv[2] ?? "",
  appKey: "key",
  appSecret: "secret",
  token: () => "token",
  onTime: () => {},
});
const asked = { signal: new AbortController().signal, timeoutMs: 10_000 };
for (let reads = 0; reads < 3; reads += 1) await http.get("/v1/trade/order/today", REPLIES.today, asked);
const outcome = await http.write("POST", "/v1/trade/order", { ...asked, body: { symbol: "AAPL.US" } }).then(
  () => "answered",
  (error: unknown) => (error instanceof NoAnswer ? `sent: ${error.sent}` : String(error)),
);
process.stdout.write(`${outcome}\n`);
