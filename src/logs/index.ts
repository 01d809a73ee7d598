/**
 * Structured logs through LogTape, which runs on Node, Bun, Deno and edge workers and leaves it to the application what
 * is written where. Nothing is configured here, and nothing is written until somebody configures LogTape.
 *
 * `serve` of every runtime adds this by itself. A gateway in a server of your own, or in a worker, is given it:
 *
 * ```ts
 * import { configure, getConsoleSink, jsonLinesFormatter } from "@logtape/logtape";
 * import { createHttpTrading } from "httptrading";
 * import { logTape } from "httptrading/logs";
 *
 * await configure({
 *   sinks: { console: getConsoleSink({ formatter: jsonLinesFormatter }) },
 *   loggers: [{ category: "httptrading", lowestLevel: "info", sinks: ["console"] }],
 * });
 * const trading = createHttpTrading({ brokers: [myBroker], observers: [logTape] });
 * ```
 *
 * Categories are `["httptrading", "http"]` (requests at `debug`, unforeseen errors at `error`), `["httptrading", "desk"]`
 * (every write at `info`, at `warning` when its outcome is unknown; connections, anomalies) and
 * `["httptrading", "journal"]` (failures at `error`). No instance id, token or vendor's secret is in a record.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { ObservedEvent, ObservedRequest, Observer } from "../observe/observer.ts";

export type { Observer } from "../observe/observer.ts";

const http = getLogger(["httptrading", "http"]);
const desk = getLogger(["httptrading", "desk"]);
const journal = getLogger(["httptrading", "journal"]);

/** Writes to LogTape. It is one object, so that a gateway that is given it twice writes once. */
export const logTape: Observer = {
  // Behind a getter, so that no request is watched while nobody reads of requests.
  get request() {
    return http.isEnabledFor("debug") ? logRequest : undefined;
  },
  get write() {
    return desk.isEnabledFor("warning") ? logWrite : undefined;
  },
  event: logEvent,
};

const logRequest: NonNullable<Observer["request"]> = async (request, work) => {
  const { status, ms } = await work();
  const { instance, api } = request;
  http.debug(literal(`${instance} ${api}: ${status}`), { ...told(request), status, ms: rounded(ms) });
};

// Also where the message is all that is written it has to say of which order, whose and why, and what to do.
const logWrite: NonNullable<Observer["write"]> = async (write, work) => {
  const result = await work();
  const { outcome, replayed, orderId, message } = result;
  const order = orderId === null ? "" : `, order ${orderId}`;
  const text = `${write.instance} ${write.action}: ${outcome}${replayed ? " before" : ""}${order}, by ${write.principal}`;
  const record = { ...write, ...result, ms: rounded(result.ms) };
  if (outcome === "unknown" || outcome === "error") {
    desk.warning(literal(`${text}: ${message ?? "it may have been sent: look before sending again"}`), record);
  } else desk.info(literal(message === null ? text : `${text}: ${message}`), record);
};

function logEvent(event: ObservedEvent): unknown {
  const { instance } = event;
  const record = { ...event };
  switch (event.kind) {
    case "connection":
      if (event.connected && event.reason === null) desk.info(literal(`${instance} is connected`), record);
      else if (event.connected) desk.warning(literal(`${instance} is connected: ${event.reason}`), record);
      else desk.warning(literal(`${instance} is not connected: ${event.reason ?? "no reason given"}`), record);
      return undefined;
    case "anomaly":
      return desk.warning(literal(`${instance} anomaly: ${event.message}`), record);
    case "guard":
      return desk.warning(literal(`${instance} is ${event.state}, says ${event.principal}: ${event.reason}`), record);
    case "settled":
      return desk.info(literal(`${instance} settled an unknown write${settledAs(event)}: ${event.reason}`), record);
    case "journal":
      return journal.error(literal(`${instance} could not write its journal: ${event.error}`), record);
    case "error":
      http.error(literal(`${instance} ${event.api} failed unexpectedly: ${event.error}`), record);
      return http.isEnabledFor("error");
  }
}

function settledAs({ tag, orderId }: { readonly tag: string; readonly orderId: string | null }): string {
  return orderId === null ? ` of tag ${tag} as without effect` : ` as order ${orderId}`;
}

/**
 * LogTape would put values in the place of braces, and quotes around them: these messages are for people as they are. But for
 * line breaks: what a vendor or a client wrote is set in behind them, so that none of its lines passes for a record.
 */
function literal(message: string): string {
  return message.replace(/[{}]/g, "$&$&").replace(/[\r\n\v\f\u0085\u2028\u2029]+[ \t]*/g, "\n    ");
}

/** A request as it is logged: where it was traced from belongs to traces. */
function told({ requestId, instance, api, method, principal }: ObservedRequest): Record<string, unknown> {
  return { requestId, instance, api, method, principal };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
