/**
 * An account at Longbridge (Longport). Unset, the environment fits the simulator (`npm run simulate -- longport --port 8081`):
 * LONGPORT_APP_KEY, LONGPORT_APP_SECRET and LONGPORT_ACCESS_TOKEN from the vendor's developer site, or LONGPORT_TOKEN_FILE
 * instead of the token; LONGPORT_HTTP_URL, LONGPORT_QUOTE_WS_URL and LONGPORT_TRADE_WS_URL, which at the vendor are
 * https://openapi.longportapp.com, wss://openapi-quote.longportapp.com/v2 and wss://openapi-trade.longportapp.com/v2; and
 * LONGPORT_TRANSPORT (web or native). JOURNAL names the journal's file, httptrading-longport.db unless set; JOURNAL=memory
 * needs none.
 *
 *     bun examples/longport.ts
 *     deno run --allow-net --allow-env --allow-read --allow-write --allow-sys examples/longport.ts
 *     node examples/longport.ts
 *
 * LONGPORT_TRANSPORT=native needs `--allow-ffi` under Deno as well.
 */
import process from "node:process";
import { createHttpTrading } from "../mod.ts";
import { longport } from "../src/brokers/longport/index.ts";
import { exampleJournal, serveExample, vendorInstance } from "./serve.ts";

const {
  LONGPORT_APP_KEY: appKey = "longport-app-key",
  LONGPORT_APP_SECRET: appSecret = "longport-app-secret",
  LONGPORT_ACCESS_TOKEN: accessToken = "longport-access-token",
  LONGPORT_TOKEN_FILE: tokenFile,
  LONGPORT_HTTP_URL: httpUrl = "http://127.0.0.1:8081",
  LONGPORT_QUOTE_WS_URL: quoteWsUrl = "ws://127.0.0.1:8081/quote/v2",
  LONGPORT_TRADE_WS_URL: tradeWsUrl = "ws://127.0.0.1:8081/trade/v2",
  LONGPORT_TRANSPORT: transport = "web",
} = process.env;

if (transport !== "web" && transport !== "native") {
  throw new Error(`LONGPORT_TRANSPORT must be web or native, not ${transport}`);
}

const instance = vendorInstance();

const broker = longport({
  ...instance,
  appKey,
  appSecret,
  ...(tokenFile === undefined ? { accessToken } : { tokenFile, autoRefreshToken: true }),
  httpUrl,
  quoteWsUrl,
  tradeWsUrl,
  transport,
});

await serveExample(
  createHttpTrading({ brokers: [broker], journal: exampleJournal("httptrading-longport.db") }),
  instance,
);
