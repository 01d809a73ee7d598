/** What the `serve` of every runtime takes, needs and gives back. */
import type { HttpTrading } from "../create-http-trading.ts";
import { shown } from "../domain/shown.ts";

const LOG_FORMATS = ["json", "text"] as const;
/** How logs are written: a line of JSON each, or text for people. */
export type LogFormat = (typeof LOG_FORMATS)[number];

const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
/** From which level on. `debug` has every request, `info` every write. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What is served: the result of `createHttpTrading`, or anything of its form. */
export type Servable = Pick<HttpTrading, "fetch" | "start" | "close" | "instances"> &
  Partial<Pick<HttpTrading, "endStreams" | "journal">>;

/** Where and how to serve. */
export interface ServeOptions {
  /** Address to listen on. Default `127.0.0.1`: this machine only. */
  readonly hostname?: string;
  /** Port to listen on; 0 takes a free one. Default 8080. */
  readonly port?: number;
  /** Certificate chain and private key, in PEM. Default: plain HTTP. */
  readonly tls?: Tls;
  /**
   * Milliseconds that requests in flight are given when closing; what is not answered by then is cut off. Default 15000,
   * longer than the default deadline of a request.
   */
  readonly graceMs?: number;
  /** Whether SIGINT and SIGTERM close the server and end the process. Default true. */
  readonly signals?: boolean;
  /**
   * A folder for the order files of the Python project: `{instanceId}-{orderId}.json`, rewritten at each change of the
   * order. Made if it is not there. Default: none are written.
   */
  readonly orderDump?: string;
  /**
   * Writes logs to the console, as one line of JSON each or as text, through LogTape. If the program has configured
   * LogTape itself, that is left as it is. Default: no logs are written but those of a LogTape that the program has loaded
   * before and configures itself.
   */
  readonly logs?: LogFormat;
  /** The least that is logged: `debug` has every request, `info` (default) every write. */
  readonly logLevel?: LogLevel;
  /**
   * Connections at once; more are closed at once. Default 10000. Each follower of events holds one. On Node only: Bun and
   * Deno set no such bound.
   */
  readonly maxConnections?: number;
  /** Takes the lines for the operator. Default: standard output, and standard error for the warnings among them. */
  readonly print?: (line: string) => void;
}

/** What HTTPS is served with. */
export interface Tls {
  /** Certificate chain in PEM, the server's own first. */
  readonly cert: string;
  /** Private key in PEM, without a passphrase. */
  readonly key: string;
}

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  /** Where it is reached from this machine, without a trailing slash. */
  readonly url: string;
  readonly hostname: string;
  /** The port it listens on, also when 0 was asked for. */
  readonly port: number;
  /**
   * Stops accepting, lets requests in flight finish, closes the brokers; those of a gateway that is served at several
   * addresses with the last of them. May be called twice.
   */
  close(): Promise<void>;
}

/** {@link ServeOptions}, checked and complete. */
export interface CheckedServeOptions {
  readonly hostname: string;
  readonly port: number;
  readonly tls: Tls | undefined;
  readonly graceMs: number;
  readonly signals: boolean;
  readonly orderDump: string | undefined;
  readonly logs: LogFormat | undefined;
  readonly logLevel: LogLevel;
  readonly maxConnections: number;
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
}

const KNOWN: ReadonlySet<string> = new Set([
  "hostname",
  "port",
  "tls",
  "graceMs",
  "signals",
  "orderDump",
  "logs",
  "logLevel",
  "maxConnections",
  "print",
] satisfies (keyof ServeOptions)[]);

/** @throws TypeError for what is no gateway, before anything is opened for it. */
export function checkServable(trading: unknown): void {
  const { fetch, start, close, instances } = Object(trading) as Partial<Record<keyof Servable, unknown>>;
  if ([fetch, start, close].every((method) => typeof method === "function") && Array.isArray(instances)) return;
  throw new TypeError("serve needs what createHttpTrading gives, and has none: serve(createHttpTrading({ brokers }))");
}

/**
 * Fills in the defaults.
 *
 * @throws TypeError that lists every option that is wrong.
 */
export function checkServeOptions(options: ServeOptions): CheckedServeOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("serve cannot start:\n- its options must be an object, such as { port: 8080 }");
  }
  const { hostname = "127.0.0.1", port = 8080, tls, graceMs = 15_000, signals = true, print } = options;
  const { orderDump, logs, logLevel = "info", maxConnections = 10_000 } = options;
  const faults = Object.keys(options)
    .filter((key) => !KNOWN.has(key))
    .map((key) => `"${key}" is not an option; there are ${[...KNOWN].join(", ")}`);
  if (typeof hostname !== "string" || hostname === "") faults.push("hostname must be a name or address");
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    faults.push(`port must be a whole number from 0 to 65535, not ${shown(port)}`);
  }
  if (tls !== undefined && !(isPem(tls?.cert) && isPem(tls?.key))) {
    faults.push("tls must be { cert, key }, both the text of a PEM file (not its path)");
  } else if (tls !== undefined) {
    // Node and Bun would ask for clients' certificates, Deno would not: nobody must believe that it does.
    const { cert: _cert, key: _key, ...unknown } = tls;
    faults.push(...Object.keys(unknown).map((name) => `tls.${name} is not an option; there are cert and key`));
  }
  // Runtimes take a longer delay for no delay at all.
  if (!Number.isInteger(graceMs) || graceMs < 0 || graceMs > 2_147_483_647) {
    faults.push(`graceMs must be a whole number of milliseconds, not ${shown(graceMs)}`);
  }
  if (typeof signals !== "boolean") faults.push("signals must be true or false");
  if (orderDump !== undefined && (typeof orderDump !== "string" || orderDump === "")) {
    faults.push("orderDump must be the path of a folder");
  }
  if (logs !== undefined && !LOG_FORMATS.includes(logs)) {
    faults.push(`logs must be one of ${LOG_FORMATS.join(", ")}, not ${shown(logs)}`);
  }
  if (!LOG_LEVELS.includes(logLevel)) {
    faults.push(`logLevel must be one of ${LOG_LEVELS.join(", ")}, not ${shown(logLevel)}`);
  }
  if (!Number.isInteger(maxConnections) || maxConnections < 1) {
    faults.push(`maxConnections must be a whole number above 0, not ${shown(maxConnections)}`);
  }
  if (print !== undefined && typeof print !== "function") faults.push("print must be a function that takes a line");
  if (faults.length > 0) throw new TypeError(`serve cannot start:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
  return {
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    tls,
    graceMs,
    signals,
    orderDump,
    logs,
    logLevel,
    maxConnections,
    print: (line) => tryTo(() => (print ?? console.log)(line)),
    warn: (line) => tryTo(() => (print ?? console.error)(line)),
  };
}

function isPem(value: unknown): value is string {
  return typeof value === "string" && value.includes("-----BEGIN ");
}

/** Where there is no space for the output, Deno throws, and so may whatever takes the lines to a file. */
function tryTo(write: () => unknown): void {
  try {
    const writing = write();
    if (writing instanceof Promise) writing.catch(() => undefined);
  } catch {
    // What cannot be said must not keep the server from its work, or from closing.
  }
}
