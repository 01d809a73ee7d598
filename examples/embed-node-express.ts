/**
 * Inside an Express server of your own, on Node: `node examples/embed-node-express.ts`.
 *
 * The gateway stands at the root and before every body parser: it reads the body itself. A server of your own is also
 * yours to bind (here to this machine only) and to stop: `trading.endStreams()` ends what would never end by itself,
 * `trading.close()` what the brokers hold open.
 */
import type { AddressInfo } from "node:net";
import process from "node:process";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import { createHttpTrading } from "../mod.ts";
import { paper } from "../src/brokers/paper/index.ts";
import { DEMO } from "./serve.ts";

const trading = createHttpTrading({ brokers: [paper(DEMO)] });
const gateway = getRequestListener(trading.fetch, { overrideGlobalObjects: false });

const app = express();
app.all("/httptrading/*path", gateway);
app.use(express.json());
app.get("/", (_request, response) => {
  response.send("my own page\n");
});

const server = app.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1", (error) => {
  if (error) throw error;
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

process.once("SIGTERM", () => {
  trading.endStreams();
  server.close(() => trading.close());
  // Longer than the deadline of a request. Node waits for ever for a connection on which nothing is asked.
  setTimeout(() => server.closeAllConnections(), 15_000).unref();
});
