/** What the operator is told when a server stands. No instance id and no token may ever stand here. */
import type { HttpTrading, InstanceInfo } from "../create-http-trading.ts";
import type { CheckedServeOptions } from "./serve-options.ts";

/** The address that reaches a server from the machine it runs on. */
export function localUrl(hostname: string, port: number, secure: boolean): string {
  const reachable = WILDCARDS.get(hostname) ?? hostname;
  const host = reachable.includes(":") ? `[${reachable}]` : reachable;
  return `${secure ? "https" : "http"}://${host}:${port}`;
}

/** The lines of the start banner. */
export function bannerLines(
  url: string,
  { hostname }: Pick<CheckedServeOptions, "hostname">,
  instances: readonly InstanceInfo[],
  journal?: HttpTrading["journal"],
): string[] {
  const lines = [
    `httptrading listens on ${url}${WILDCARDS.has(hostname) ? " and every other address of this machine" : ""}`,
    ...instances.map(instanceLine),
  ];
  if (instances.length === 0) lines.push("  no instances: every path under /httptrading/api/ is answered 404");
  if (journal !== undefined)
    lines.push(`  journal: ${journal.name}${journal.lasting ? "" : ", which ends with this process"}`);
  const real = instances.filter((instance) => instance.environment === "REAL");
  if (real.length > 0) {
    lines.push(
      "",
      "  ************************************************************",
      `  *  REAL MONEY: orders sent to ${real.map((instance) => instance.name).join(", ")} are real orders`,
      "  ************************************************************",
      "",
    );
  }
  return lines;
}

/** What an operator must not overlook, loud enough for that. */
export function bannerWarnings(
  { hostname, tls }: Pick<CheckedServeOptions, "hostname" | "tls">,
  instances: readonly InstanceInfo[],
  journal?: HttpTrading["journal"],
): string[] {
  const lines: string[] = [];
  for (const { name, connected, reason, expired = [], tradingState = "ACTIVE" } of instances) {
    const because = reason ? `: ${reason}` : "";
    if (connected === false) lines.push(`Warning: ${name} is not connected${because}`);
    else if (because !== "") lines.push(`Warning: ${name} is connected${because}`);
    if (expired.length > 0) lines.push(`Warning: tokens of ${name} have expired: ${expired.join(", ")}`);
    if (tradingState !== "ACTIVE") lines.push(`Warning: ${name} is ${tradingState}: ${LETS_THROUGH[tradingState]}`);
  }
  if (instances.some((instance) => instance.environment === "REAL") && journal?.lasting === false) {
    lines.push(
      "Warning: the journal is in memory while money is real: after a crash nobody knows what was sent, and the same " +
        'Idempotency-Key is a new one. Give createHttpTrading a journal in a file, sqliteJournal("httptrading.db").',
    );
  }
  if (tls === undefined && !isLoopback(hostname)) {
    lines.push(
      "",
      "  ************************************************************",
      "  *  NOT ENCRYPTED, and open to other machines",
      "  ************************************************************",
      `Warning: ${hostname} can be reached from other machines and nothing is encrypted, so that tokens and orders can be ` +
        "read on the way. Serve with tls, or listen on 127.0.0.1 behind a proxy that does.",
      "",
    );
  }
  return lines;
}

const LETS_THROUGH = {
  REDUCING: "only orders that shrink a position are sent",
  HALTED: "no orders are sent, only cancels",
};

const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

function instanceLine({ name, kind, display, environment, account }: InstanceInfo): string {
  const title = name === kind ? display : `${display} (${kind})`;
  // A paper account has no number; where money is real, a missing one must be seen.
  const number = account ?? (environment === "REAL" ? "not known yet" : undefined);
  return `  ${name}: ${title}, ${environment}${number === undefined ? "" : `, account ${number}`}`;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}
