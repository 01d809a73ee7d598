/**
 * Inside a Deno server of your own: `deno run --allow-net --allow-env examples/embed-deno.ts`.
 *
 * The gateway answers everything under /httptrading/, and gets the request as it came: path, headers and unread body.
 * A server of your own is also yours to bind (here to this machine only) and to stop: `trading.endStreams()` ends
 * what would never end by itself, `trading.close()` what the brokers hold open. A server with nothing else is
 * `Deno.serve({ hostname: "127.0.0.1" }, trading)`.
 */
import process from "node:process";
import { createHttpTrading } from "../mod.ts";
import { paper } from "../src/brokers/paper/index.ts";
import { DEMO } from "./serve.ts";

/** What is used of Deno; in a project of Deno this declaration is not needed. */
declare const Deno: {
  serve(
    options: { hostname: string; port: number; onListen(address: { port: number }): void },
    handler: (request: Request) => Response | Promise<Response>,
  ): { shutdown(): Promise<void> };
};

const trading = createHttpTrading({ brokers: [paper(DEMO)] });

const server = Deno.serve(
  {
    hostname: "127.0.0.1",
    port: Number(process.env["PORT"] ?? 8080),
    onListen: ({ port }) => console.log(`listens on http://127.0.0.1:${port}`),
  },
  (request) => {
    const { pathname } = new URL(request.url);
    return pathname.startsWith("/httptrading/") ? trading(request) : new Response("my own page\n");
  },
);

process.once("SIGTERM", async () => {
  trading.endStreams();
  await server.shutdown();
  await trading.close();
});
