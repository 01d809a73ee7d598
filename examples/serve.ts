/**
 * What the examples share: the `serve` of whichever runtime runs them, on `HOST` and `PORT`, and the journal that `JOURNAL`
 * names. A program of your own knows its runtime, and imports `serve` from `httptrading/bun`, `httptrading/deno` or
 * `httptrading/node`.
 */
import process from "node:process";
import { type HttpTrading, isFailure, type Journal, memoryJournal } from "../mod.ts";
import { sqliteJournal } from "../src/journal/sqlite.ts";
import type { LogFormat, RunningServer } from "../src/runtime/node.ts";

/** The instance of the paper account, which is nobody's. Make both up anew for one of your own: they are secrets. */
export const DEMO = { instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] } as const;

/**
 * The instance of an account at a vendor: under the token that `TOKEN` gives, or one that is made up at each start. Whoever
 * has read this file knows that of {@link DEMO}: every program of this machine could place orders with it, and so could a
 * web page that has its own name lead here (DNS rebinding).
 */
export function vendorInstance(): { readonly instanceId: string; readonly tokens: readonly [string] } {
  const { TOKEN = crypto.randomUUID() } = process.env;
  return { instanceId: DEMO.instanceId, tokens: [TOKEN] };
}

/**
 * Path of the journal's file, from `JOURNAL`: `preset` where that is not set, `undefined` where it is `memory`. Each example
 * has one of its own, since all serve the same instance: an order at one broker would stand among those of the next, and a
 * key be answered with it.
 */
export function journalFile(preset: string): string | undefined {
  const { JOURNAL: file = preset } = process.env;
  return file === "memory" ? undefined : file;
}

/** A journal in that file. */
export function exampleJournal(preset: string): Journal {
  const file = journalFile(preset);
  return file === undefined ? memoryJournal() : sqliteJournal(file);
}

/**
 * Serves on `HOST` (default 127.0.0.1) and `PORT` (default 8080), with logs as `LOGS` says (json or text), and shows how the
 * instance is asked.
 */
export async function serveExample(
  trading: HttpTrading,
  { instanceId, tokens: [token] }: ReturnType<typeof vendorInstance> = DEMO,
): Promise<void> {
  const { HOST: hostname = "127.0.0.1", PORT: port = "8080", LOGS: logs } = process.env;
  const { serve } = await runtime();
  let server: RunningServer;
  try {
    server = await serve(trading, {
      hostname,
      // An empty text would be 0, which takes whatever port is free.
      port: port === "" ? Number.NaN : Number(port),
      // What is neither json nor text is told by `serve`.
      ...(logs === undefined ? {} : { logs: logs as LogFormat }),
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    if (isFailure(error) && error.code === "JournalUnavailable") {
      console.error("(JOURNAL=another.db uses another file, JOURNAL=memory none)");
    }
    process.exitCode = 1;
    return;
  }
  if (process.env["npm_lifecycle_event"] !== undefined) closeWhenAbandoned(server);
  const { url } = server;
  for (const line of curlLines(`${url}/httptrading/api/${instanceId}`, token)) console.log(line);
}

function runtime() {
  if ("Bun" in globalThis) return import("../src/runtime/bun.ts");
  if ("Deno" in globalThis) return import("../src/runtime/deno.ts");
  return import("../src/runtime/node.ts");
}

/**
 * Started by npm, this process is the child of a shell. A signal to npm is passed on to that shell, which dies of it and
 * tells nobody: without this the server would keep its port for ever.
 */
function closeWhenAbandoned(server: RunningServer): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    server.close().finally(() => process.exit());
  }, 100);
}

function curlLines(api: string, token: string): string[] {
  const curl = `curl -H "HT-TOKEN: ${token}"`;
  const order = {
    tradeType: "Securities",
    region: "US",
    symbol: "AAPL",
    price: 200,
    qty: 12,
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
    direction: "BUY",
  };
  return [
    "",
    "Try it:",
    `${curl} "${api}/ping/state"`,
    `${curl} "${api}/cash/state"`,
    `${curl} "${api}/position/state"`,
    `${curl} "${api}/market/quote?tradeType=Securities&region=US&symbol=AAPL"`,
    `${curl} -H "Content-Type: application/json" -d '${JSON.stringify(order)}' "${api}/order/place"`,
    `${curl} "${api}/order/list?status=all"`,
    "",
  ];
}
