/**
 * Inside a Bun server of your own: `bun examples/embed-bun.ts`.
 *
 * The gateway answers everything under /httptrading/, and gets the request as it came: path, headers and unread body.
 * A server of your own is also yours to bind (here to this machine only) and to stop: `trading.endStreams()` ends
 * what would never end by itself, `trading.close()` what the brokers hold open.
 */
import process from "node:process";
import { createHttpTrading } from "../mod.ts";
import { paper } from "../src/brokers/paper/index.ts";
import { DEMO } from "./serve.ts";

/** What is used of Bun; with `bun-types` installed this declaration is not needed. */
declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    reusePort: boolean;
    idleTimeout: number;
    routes: Record<string, (request: Request) => Response | Promise<Response>>;
  }): { readonly url: URL; stop(): Promise<void> };
};

const trading = createHttpTrading({ brokers: [paper(DEMO)] });

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env["PORT"] ?? 8080),
  // Two processes must not share one account's address, as they would by default where NODE_ENV is production.
  reusePort: false,
  // Above the deadline of a request, 10 s, which is also when Bun would hang up by default.
  idleTimeout: 60,
  routes: {
    "/": () => new Response("my own page\n"),
    "/httptrading/*": trading.fetch,
  },
});
console.log(`listens on ${server.url.origin}`);

process.once("SIGTERM", async () => {
  trading.endStreams();
  await server.stop();
  await trading.close();
});
