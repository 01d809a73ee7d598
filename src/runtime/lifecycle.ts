/** From the first line of the banner to the last request: what is the same on every runtime. */
import process from "node:process";
import { handlerBehind, observe, type Server, sharedTimer } from "../create-http-trading.ts";
import { bannerLines, bannerWarnings, localUrl } from "./banner.ts";
import type { OrderDump } from "./order-dump.ts";
import {
  type CheckedServeOptions,
  checkServable,
  checkServeOptions,
  type RunningServer,
  type Servable,
  type ServeOptions,
} from "./serve-options.ts";
import { afterAnswers, answerByTurns } from "./turn.ts";

/** A runtime's own part: opens a port and hands each request to `fetch`. Rejects when the port cannot be had. */
export type Listen = (
  fetch: (request: Request) => Response | Promise<Response>,
  options: ListenOptions,
) => Promise<Listener>;

export type ListenOptions = Pick<CheckedServeOptions, "hostname" | "port" | "tls" | "maxConnections" | "warn">;

export interface Listener {
  readonly port: number;
  /** Accepts no more connections, ends idle ones and resolves when no request is in flight. */
  drain(): Promise<void>;
  /** Ends what is left, or lets it hold nothing up where the runtime cannot. */
  cut(): void;
}

/** Every runtime's server ends a body where its declared length does. */
const SERVER: Server = {
  holdsLength: true,
  respond: (body, init) => new Response(body, init),
  lasting: { later: afterAnswers, alarm: sharedTimer() },
};

/** Serves with the given runtime. */
export async function serveWith(
  listen: Listen,
  trading: Servable,
  options: ServeOptions,
  server: Partial<Server> = {},
): Promise<RunningServer> {
  checkServable(trading);
  const checked = checkServeOptions(options);
  const { hostname, tls, print, warn } = checked;
  // Before anything can start a broker, so that nothing is missed.
  const stopLogs = await startLogs(trading, checked);
  const dump = await startDump(trading, checked).catch((error: unknown) => {
    stopLogs();
    throw error;
  });
  const answer = answerByTurns(handlerBehind(trading, { ...SERVER, ...server }));
  const listener = await listen(answer, checked).catch(async (error: unknown) => {
    await dump?.finish();
    stopLogs();
    throw refused(error, checked);
  });

  const servers = serversOf(trading);
  servers.serving += 1;
  servers.notDrained += 1;
  servers.atEnd.push(async () => dump?.finish(), stopLogs);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= end(listener, trading, checked.graceMs).finally(unhook);
    return closing;
  };
  const unhook = checked.signals ? closeOnSignals(close, print) : () => {};

  const url = localUrl(hostname, listener.port, tls !== undefined);
  try {
    await startBrokers(trading, warn);
    // A signal may have come while the brokers were starting.
    if (closing === undefined) {
      for (const line of bannerLines(url, checked, trading.instances, trading.journal)) print(line);
      for (const line of bannerWarnings(checked, trading.instances, trading.journal)) warn(line);
    }
  } catch (error) {
    // Why nothing could start is what the operator needs; what does not close after that is told besides.
    await close().catch((failed: unknown) => warn(`Warning: ${failed instanceof Error ? failed.message : failed}`));
    throw error;
  }
  return { url, hostname, port: listener.port, close, [Symbol.asyncDispose]: close };
}

/** LogTape keeps its loggers here, and puts the first one there when it is loaded. */
const LOGGERS = Symbol.for("logtape.rootLogger");

/** Loads LogTape, which takes its time, only where somebody can read what is logged. Gives back what ends the logs. */
async function startLogs(trading: Servable, { logs, logLevel, print }: CheckedServeOptions): Promise<() => void> {
  if (logs === undefined && !(LOGGERS in globalThis)) return () => {};
  const { logTape, writeLogs } = await import("./logs.ts");
  if (logs !== undefined) writeLogs(logs, logLevel, print);
  return observe(trading, logTape) ?? (() => {});
}

async function startDump(trading: Servable, { orderDump, warn }: CheckedServeOptions): Promise<OrderDump | undefined> {
  if (orderDump === undefined) return undefined;
  const { dumpOrders } = await import("./order-dump.ts");
  return dumpOrders(trading, orderDump, warn);
}

/** One broker that cannot start must not take the others' accounts down with it. */
async function startBrokers(trading: Servable, warn: (line: string) => void): Promise<void> {
  try {
    await trading.start();
  } catch (error) {
    const isPartial = error instanceof AggregateError && error.errors.length < trading.instances.length;
    if (!isPartial) throw error;
    warn(`Warning: ${error.message}`);
  }
}

/** Servers of one gateway, which may stand at several addresses. */
interface Servers {
  /** Those that have not begun to close. */
  serving: number;
  /** Those of which requests may be in flight. */
  notDrained: number;
  /** What goes on for all of them until the last has ended. */
  readonly atEnd: (() => void | Promise<void>)[];
}

const known = new WeakMap<Servable, Servers>();

function serversOf(trading: Servable): Servers {
  const servers = known.get(trading) ?? { serving: 0, notDrained: 0, atEnd: [] };
  known.set(trading, servers);
  return servers;
}

async function end(listener: Listener, trading: Servable, graceMs: number): Promise<void> {
  const servers = serversOf(trading);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const graceOver = new Promise<"graceOver">((resolve) => {
    timer = setTimeout(() => resolve("graceOver"), graceMs);
  });
  servers.serving -= 1;
  // A stream of events has no end of its own to wait for.
  if (servers.serving === 0) trading.endStreams?.();
  const drained = listener.drain();
  const first = await Promise.race([drained, graceOver]).finally(() => clearTimeout(timer));
  servers.notDrained -= 1;
  const isOver = servers.notDrained === 0 || (first === "graceOver" && servers.serving === 0);
  try {
    // After the grace, this ends the calls that are left, so that some may still be answered.
    if (isOver) await trading.close();
  } finally {
    if (first === "graceOver") listener.cut();
    if (isOver) for (const work of servers.atEnd.splice(0)) await work();
  }
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Servers of this process that a signal is closing: the first that has ended must not end the process for the others. */
let ending = 0;
let exitCode = 0;

/** Closes at the first signal and exits; exits at once at the second. Gives back what takes the listeners away. */
function closeOnSignals(close: () => Promise<void>, print: (line: string) => void): () => void {
  let asked = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(128 + (signal === "SIGINT" ? 2 : 15));
    asked = true;
    ending += 1;
    print(`${signal}: requests in flight are finished, then the brokers are closed; once more to stop at once`);
    close()
      .catch((error: unknown) => {
        print(`Closing failed: ${error instanceof Error ? error.message : String(error)}`);
        exitCode = 1;
      })
      .finally(() => {
        ending -= 1;
        if (ending === 0) process.exit(exitCode);
      });
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

function refused(error: unknown, { hostname, port, tls }: CheckedServeOptions): Error {
  const code = codeOf(error);
  const at = `${hostname}:${port}`;
  if (code === "EADDRINUSE") {
    return new Error(`${at} is taken by another program: stop it, or give another port (0 takes a free one)`, {
      cause: error,
    });
  }
  if (code === "EACCES") {
    return new Error(`${at} may not be opened by this user: give a port above 1023`, { cause: error });
  }
  if (error instanceof ReferenceError) {
    return new Error(
      `${error.message}: this serve is another runtime's; there are those of httptrading/node, /bun and /deno`,
      { cause: error },
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`Cannot listen on ${at}${tls === undefined ? "" : ", or not with this tls"}: ${reason}`, {
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "AddrInUse") return "EADDRINUSE";
  if (error.name === "PermissionDenied") return "EACCES";
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}
