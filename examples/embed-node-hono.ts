/**
 * Inside a Hono server of your own, on Node: `node examples/embed-node-hono.ts`.
 *
 * The gateway answers everything under /httptrading/, and gets the request as it came: path, headers and unread body
 * (`app.mount("/httptrading", …)` would cut the path). A server of your own is also yours to bind (here to this
 * machine only) and to stop: `trading.endStreams()` ends what would never end by itself, `trading.close()` what the
 * brokers hold open.
 */
import process from "node:process";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createHttpTrading } from "../mod.ts";
import { paper } from "../src/brokers/paper/index.ts";
import { DEMO } from "./serve.ts";

const trading = createHttpTrading({ brokers: [paper(DEMO)] });

const app = new Hono();
app.all("/httptrading/*", (context) => trading.fetch(context.req.raw));
app.get("/", (context) => context.text("my own page\n"));

const server = serve(
  { fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"] ?? 8080) },
  ({ port }) => console.log(`listens on http://127.0.0.1:${port}`),
);

process.once("SIGTERM", () => {
  trading.endStreams();
  server.close(() => trading.close());
  // Longer than the deadline of a request. Node waits for ever for a connection on which nothing is asked.
  setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), 15_000).unref();
});
