/**
 * An account at Interactive Brokers, through TWS or IB Gateway. Unset, the environment fits the simulator
 * (`npm run simulate -- tws --port 4002`): IB_HOST, IB_PORT (the socket port of the gateway's API settings), IB_CLIENT_ID
 * (this program's own number, always the same) and IB_ACCOUNT (needed where the login has several; paper accounts begin
 * with D). JOURNAL names the journal's file, httptrading-interactive-brokers.db unless set; JOURNAL=memory needs none.
 *
 *     bun examples/interactive-brokers.ts
 *     deno run --allow-net --allow-env --allow-read --allow-write --allow-sys examples/interactive-brokers.ts
 *     node examples/interactive-brokers.ts
 */
import process from "node:process";
import { createHttpTrading } from "../mod.ts";
import { interactiveBrokers } from "../src/brokers/interactive-brokers/index.ts";
import { exampleJournal, serveExample, vendorInstance } from "./serve.ts";

const {
  IB_HOST: host = "127.0.0.1",
  IB_PORT: port = "4002",
  IB_CLIENT_ID: clientId = "17",
  IB_ACCOUNT: accountId,
} = process.env;

const instance = vendorInstance();

const broker = interactiveBrokers({
  ...instance,
  host,
  port: Number(port),
  // An empty text would be 0, TWS's own number, to which orders entered there by hand belong.
  clientId: clientId === "" ? Number.NaN : Number(clientId),
  ...(accountId === undefined ? {} : { accountId }),
});

await serveExample(
  createHttpTrading({ brokers: [broker], journal: exampleJournal("httptrading-interactive-brokers.db") }),
  instance,
);
