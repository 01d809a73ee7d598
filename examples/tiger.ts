/**
 * An account at Tiger Brokers. Unset, the environment fits the simulator (`npm run simulate -- tiger`): TIGER_ID,
 * TIGER_ACCOUNT (17 digits or more are a paper account, others trade real money), TIGER_PRIVATE_KEY_PATH (the file of the
 * developer's private key), TIGER_SERVER_URL (https://openapi.tigerfintech.com/gateway is the vendor's) and TIGER_PUSH_URL
 * (tls://openapi.tigerfintech.com:9883). JOURNAL names the journal's file, httptrading-tiger.db unless set; JOURNAL=memory
 * needs none.
 *
 *     bun examples/tiger.ts
 *     deno run --allow-net --allow-env --allow-read --allow-write --allow-sys examples/tiger.ts
 *     node examples/tiger.ts
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createHttpTrading } from "../mod.ts";
import { tiger } from "../src/brokers/tiger/index.ts";
import { exampleJournal, serveExample, vendorInstance } from "./serve.ts";

const {
  TIGER_ID: tigerId = "20150001",
  TIGER_ACCOUNT: account = "20191106192858300",
  TIGER_PRIVATE_KEY_PATH: privateKeyPath = fileURLToPath(
    new URL("../simulators/tiger/client.key.pem", import.meta.url),
  ),
  TIGER_SERVER_URL: serverUrl = "http://127.0.0.1:8083/gateway",
  TIGER_PUSH_URL: pushUrl = "tls://127.0.0.1:8084",
} = process.env;

/** The simulator signs with a key of its own, and its certificate is nobody's. The vendor's are checked. */
const simulator = {
  tigerPublicKey:
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDDQOsKSbln4PT1rbyGIBcOTY8Hzwzkl11fpmqrUwd7pp7UHMx5YX3JHLb4VDtrXuI0QZKtbt" +
    "3/JgQiZ8drPuE8iTcnQjhe1CN3ruMklPNq5kYOJYKYmbnm1IWl7SPv89WsxPAPbHz7Za/rC8iqFlOdwMTcjkQRs6FXcnTHzaR58wIDAQAB",
  pushTls: { rejectUnauthorized: false },
};

const instance = vendorInstance();

const broker = tiger({
  ...instance,
  tigerId,
  account,
  privateKeyPath,
  serverUrl,
  pushUrl,
  ...(serverUrl.startsWith("http://127.0.0.1:") ? simulator : {}),
});

await serveExample(createHttpTrading({ brokers: [broker], journal: exampleJournal("httptrading-tiger.db") }), instance);
