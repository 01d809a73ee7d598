/**
 * An account at Futu, through OpenD. Unset, the environment fits the simulator (`npm run simulate -- opend --port 33333`):
 * FUTU_HOST, FUTU_PORT (OpenD's websocket_port), FUTU_KEY (the plain text of its websocket_key_md5), FUTU_TRADE_ENV
 * (SIMULATE or REAL) and FUTU_UNLOCK_PIN (the MD5 of the trade password). JOURNAL names the journal's file,
 * httptrading-futu.db unless set; JOURNAL=memory needs none.
 *
 *     bun examples/futu.ts
 *     deno run --allow-net --allow-env --allow-read --allow-write --allow-sys examples/futu.ts
 *     node examples/futu.ts
 */
import process from "node:process";
import { createHttpTrading } from "../mod.ts";
import { futu } from "../src/brokers/futu/index.ts";
import { exampleJournal, serveExample, vendorInstance } from "./serve.ts";

const {
  FUTU_HOST: host = "127.0.0.1",
  FUTU_PORT: port = "33333",
  FUTU_KEY: key,
  FUTU_TRADE_ENV: tradeEnv = "SIMULATE",
  FUTU_UNLOCK_PIN: unlockPin,
} = process.env;

if (tradeEnv !== "SIMULATE" && tradeEnv !== "REAL") {
  throw new Error(`FUTU_TRADE_ENV must be SIMULATE or REAL, not ${tradeEnv}`);
}

const instance = vendorInstance();

const broker = futu({
  ...instance,
  host,
  port: Number(port),
  tradeEnv,
  ...(key === undefined ? {} : { key }),
  ...(unlockPin === undefined ? {} : { unlockPin }),
});

await serveExample(createHttpTrading({ brokers: [broker], journal: exampleJournal("httptrading-futu.db") }), instance);
