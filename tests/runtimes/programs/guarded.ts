/**
 * Serves a paper account under the runtime that is named by RUNTIME, with a short deadline, an operator's token and logs
 * from LEVEL on.
 */
import process from "node:process";
import { createHttpTrading, type HttpTrading } from "../../../mod.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import type { RunningServer, ServeOptions } from "../../../src/runtime/node.ts";

const { RUNTIME, INSTANCE_ID = "", TOKEN = "", ADMIN_TOKEN = "", LEVEL = "info", PORT = "0" } = process.env;
const { serve } = (await import(`../../../src/runtime/${RUNTIME}.ts`)) as {
  serve(trading: HttpTrading, options: ServeOptions): Promise<RunningServer>;
};

await serve(
  createHttpTrading({
    brokers: [paper({ instanceId: INSTANCE_ID, tokens: [TOKEN], deadlineMs: 1000 })],
    adminTokens: [ADMIN_TOKEN],
    cors: { origins: ["https://desk.example.org"] },
  }),
  { port: Number(PORT), logs: "json", logLevel: LEVEL === "debug" ? "debug" : "info", maxConnections: 20 },
);
