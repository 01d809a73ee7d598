/**
 * The HTTP service over `fetch`: each request signed and sent once.
 *
 * Every order is placed, changed and canceled from here whatever the transport, for the SDK posts an order again when it is
 * answered 429; and read, for it leaves out what is attached to one.
 */
import type * as v from "valibot";
import { neverSent } from "../shared/never-sent.ts";
import { sendOnce } from "../shared/sends-once.ts";
import type { LongportConfig } from "./config.ts";
import { parseJson, parseReply, Unreadable } from "./messages.ts";
import { HttpFault, NoAnswer, reasonOf, VendorRefusal } from "./refusals.ts";
import { signatureHeader } from "./signature.ts";

export interface HttpOptions {
  readonly httpUrl: string;
  readonly appKey: string;
  readonly appSecret: string;
  readonly tradeEnv?: LongportConfig["tradeEnv"];
  /** The token of the moment. */
  token(): string;
  /** Called with every answer's `Date`: the vendor's clock, milliseconds since the epoch. */
  onTime(at: number): void;
}

/** A query: a list repeats its name, `undefined` leaves it out. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface HttpRequest {
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** After this the answer is not waited for any more. */
  readonly timeoutMs: number;
}

export interface Http {
  /** @throws VendorRefusal, HttpFault, NoAnswer, Unreadable */
  get<S extends v.GenericSchema>(path: string, schema: S, request: HttpRequest): Promise<v.InferOutput<S>>;
  /** Sends once; gives the `data` of the answer, `undefined` where there is none. @throws as `get` */
  write(method: "POST" | "PUT" | "DELETE", path: string, request: HttpRequest): Promise<unknown>;
}

export function createHttp({ httpUrl, appKey, appSecret, tradeEnv, token, onTime }: HttpOptions): Http {
  let signedAt = 0;

  /** Seconds, as text: the vendor refuses a request as a repetition that was signed at the same time as an equal one. */
  function timestamp(): string {
    const now = Date.now();
    const isTaken = now <= signedAt && signedAt - now < 1_000;
    signedAt = isTaken ? signedAt + 1 : now;
    return (signedAt / 1000).toFixed(3);
  }

  async function send(method: string, path: string, request: HttpRequest): Promise<unknown> {
    const { query = {}, body, signal, timeoutMs } = request;
    const search = queryText(query);
    const url = new URL(`${httpUrl}${path}${search === "" ? "" : `?${search}`}`);
    const content = body === undefined ? "" : JSON.stringify(body);
    const accessToken = token();
    const at = timestamp();
    const signed = { method, path: url.pathname, query: url.search.slice(1), body: content };
    const signature = await signatureHeader({ ...signed, appKey, accessToken, timestamp: at }, appSecret);
    const late = AbortSignal.timeout(timeoutMs);
    // Late: it says nothing of the connection.
    if (signal.aborted) throw new NoAnswer("given up before the request was sent", { sent: false, late: true });
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: {
          "X-Api-Key": appKey,
          Authorization: accessToken,
          "X-Timestamp": at,
          "X-Api-Signature": signature,
          "Content-Type": "application/json; charset=utf-8",
          "Accept-Language": "en",
          // With it the vendor refuses the token of a live account.
          ...(tradeEnv === "SIMULATE" ? { "X-Papertrading": "true" } : {}),
        },
        ...(content === "" ? {} : { body: content }),
        // A redirect would carry the token to another place, and an order twice.
        redirect: "manual",
        ...sendOnce(),
        signal: AbortSignal.any([signal, late]),
      });
      text = await response.text();
    } catch (error) {
      if (late.aborted) throw new NoAnswer(`Longport did not answer within ${timeoutMs} ms`, { late: true });
      if (signal.aborted) throw new NoAnswer("given up before Longport answered", { late: true });
      throw new NoAnswer(`the connection failed: ${causeOf(error)}`, { sent: !neverSent(error) });
    }
    const answeredAt = Date.parse(response.headers.get("date") ?? "");
    if (!Number.isNaN(answeredAt)) onTime(answeredAt);
    return dataOf(response.status, text);
  }

  return {
    async get(path, schema, request) {
      const data = await send("GET", path, request);
      if (data === undefined) throw new Unreadable("it has no data");
      return parseReply(schema, data);
    },
    write: send,
  };
}

/** What an answer carries. An envelope counts whatever the status: the vendor gives its refusals all kinds of those. */
function dataOf(status: number, text: string): unknown {
  let envelope: unknown;
  try {
    envelope = parseJson(text);
  } catch {
    throw new HttpFault(status);
  }
  if (typeof envelope !== "object" || envelope === null || !("code" in envelope)) throw new HttpFault(status);
  const { code, message, data } = envelope as { readonly code: unknown; readonly message?: unknown; data?: unknown };
  // Nothing else is the vendor's word: taken for a 0, a code of null would make a success of whatever this is.
  if (typeof code !== "string" || !/^-?\d+$/.test(code)) throw new HttpFault(status);
  if (Number(code) !== 0) throw new VendorRefusal(Number(code), typeof message === "string" ? message : "");
  return data ?? undefined;
}

/** The query as it is sent and signed; parameters in the order given. */
export function queryText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of value === undefined ? [] : [value].flat()) parameters.append(name, each as string);
  }
  return parameters.toString();
}

/** The words of what lies deepest: Node says no more than "fetch failed" at the top. */
function causeOf(error: unknown): string {
  let said = reasonOf(error);
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    said = cause.message || said;
  }
  return said;
}
