/**
 * Serves one broker with everything that writes: logs of every level, a journal, order files, the paper account's state,
 * and an API that fails with a message that quotes all that it can see. BROKER names the broker, OPTIONS are its own in
 * JSON, FOLDER takes the files.
 */
import { join } from "node:path";
import process from "node:process";
import { type Broker, createHttpTrading, defineApi, type InstanceOptions } from "../../../mod.ts";
import { sqliteJournal } from "../../../src/journal/sqlite.ts";
import { futu, interactiveBrokers, longport, paper, serve, tiger } from "../../../src/runtime/node.ts";

const { BROKER = "", OPTIONS = "{}", FOLDER = ".", INSTANCE_ID = "", TOKEN = "", ADMIN_TOKEN = "" } = process.env;
const { ITS_ADMIN = "" } = process.env;

const instance: InstanceOptions = {
  instanceId: INSTANCE_ID,
  tokens: [TOKEN, { token: ITS_ADMIN, name: "looker", scopes: ["admin"] }],
};

const BROKERS: Readonly<Record<string, (options: never) => Broker>> = {
  futu,
  interactiveBrokers,
  longport,
  paper,
  tiger,
};

const indiscreet = defineApi({
  name: "indiscreet",
  method: "POST",
  path: "indiscreet",
  handler({ request, principal }) {
    const seen = [request.url, ...request.headers].join(" ");
    throw new Error(`${principal} cannot ${seen}`, { cause: new TypeError(seen) });
  },
});

const broker = BROKERS[BROKER]?.({ ...instance, ...JSON.parse(OPTIONS) } as never);
if (broker === undefined) throw new Error(`no broker ${BROKER}`);

await serve(
  createHttpTrading({
    brokers: [broker],
    adminTokens: [ADMIN_TOKEN],
    extendApis: [indiscreet],
    journal: sqliteJournal(join(FOLDER, "journal.db")),
  }),
  { port: 0, logs: "json", logLevel: "debug", orderDump: join(FOLDER, "orders") },
);
