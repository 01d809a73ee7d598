/**
 * Serves answers that a test can hold back, under the runtime that is named by RUNTIME, and says what happens to it.
 *
 * `/hold` is answered when the shutdown has begun, `/never` never, `/large` with more than a connection takes that is not
 * read, everything else at once with its method and the size of its body. With BESIDE another server stands in the same
 * process, of which nobody asks anything: with `same` one of the same gateway.
 */
import process from "node:process";
import type { Servable, ServeOptions } from "../../../src/runtime/node.ts";

const { RUNTIME, PORT = "0", HOST = "127.0.0.1", CERT, KEY, GRACE_MS, ENVIRONMENT, START, CLOSE, BESIDE } = process.env;
const { serve } = (await import(`../../../src/runtime/${RUNTIME}.ts`)) as {
  serve(trading: Servable, options: ServeOptions): Promise<{ url: string }>;
};

const LARGE = 20_000_000;
const shutdown = Promise.withResolvers<void>();

const trading: Servable = {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/never" || pathname === "/hold") console.log(`holding ${pathname}`);
    if (pathname === "/large") return new Response("x".repeat(LARGE));
    if (pathname === "/never") await new Promise(() => {});
    if (pathname === "/hold") {
      await shutdown.promise;
      console.log("held");
    }
    const { byteLength } = await request.arrayBuffer();
    return new Response(`${request.method} ${request.url} ${byteLength}`);
  },
  async start() {
    if (START === "fails") throw new Error("the SDK is not there");
    if (START === "fails in part") throw new AggregateError([new Error("x")], "1 of 2 brokers did not start");
  },
  async close() {
    console.log("brokers closed");
    if (CLOSE === "fails") throw new Error("a broker did not let go");
  },
  instances: [
    { name: "mine", kind: "futu", display: "富途证券", environment: "SIMULATE", account: "****5678" },
    {
      name: "paper",
      kind: "paper",
      display: "模拟交易",
      environment: ENVIRONMENT === "REAL" ? "REAL" : "SIMULATE",
      account: null,
    },
  ],
};

if (BESIDE !== undefined) {
  const close = async () => console.log("server beside closed");
  await serve(BESIDE === "same" ? trading : { ...trading, close }, { port: 0, print: () => {} });
}
await serve(trading, {
  hostname: HOST,
  port: Number(PORT),
  ...(CERT === undefined || KEY === undefined ? {} : { tls: { cert: CERT, key: KEY } }),
  ...(GRACE_MS === undefined ? {} : { graceMs: Number(GRACE_MS) }),
  print(line) {
    console.log(line);
    // Late enough for a server that does not wait to have cut the connection.
    if (line.startsWith("SIG")) setTimeout(shutdown.resolve, 300);
  },
});
console.log("serve resolved");
