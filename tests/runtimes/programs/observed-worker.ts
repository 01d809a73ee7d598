/** A paper account on an edge worker that logs into its own memory, and gives that back to whoever asks for `logs`. */
import { configureSync, type LogRecord } from "@logtape/logtape";
import { createHttpTrading, defineApi } from "../../../mod.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import { logTape } from "../../../src/logs/index.ts";
import { worker } from "../../../src/runtime/worker.ts";

const records: Pick<LogRecord, "category" | "level" | "properties">[] = [];
configureSync({
  sinks: { memory: ({ category, level, properties }) => void records.push({ category, level, properties }) },
  loggers: [
    { category: "httptrading", lowestLevel: "debug", sinks: ["memory"] },
    { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
  ],
});

const logs = defineApi({
  name: "logs",
  method: "GET",
  path: "logs",
  handler: ({ respond }) => respond({ records }),
});

export default worker((env: { INSTANCE_ID: string; TOKEN: string; ADMIN_TOKEN: string }) =>
  createHttpTrading({
    brokers: [paper({ instanceId: env.INSTANCE_ID, tokens: [env.TOKEN] })],
    adminTokens: [env.ADMIN_TOKEN],
    observers: [logTape],
    extendApis: [logs],
  }),
);
