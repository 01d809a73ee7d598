/** What every answer of a gateway must be: the one miss, a page of the public routes, or an envelope as it is published. */
import * as z from "zod";
import { envelopeSchema, failureSchema } from "../../../src/http/answers/envelope.ts";
import { healthSchema } from "../../../src/http/answers/gateway.ts";
import { TEXT_HEADERS } from "../../../src/http/envelope.ts";
import { FAILURE_STATUS, NOT_FOUND_TEXT } from "../../../src/http/failures.ts";
import { described } from "../../../src/http/openapi/described.ts";
import { STD_APIS } from "../../../src/http/std-apis.ts";
import { must } from "../oracles.ts";

/** What a caller may be told about a request of its own: everything else is a fault of ours, or of the broker. */
const OF_CALLERS: ReadonlySet<number> = new Set([400, 403, 404, 409, 422, 501]);

/** The longest that a failure may be. */
const LONGEST_FAILURE = 20_000;

/** An answer, told apart. */
export type Answer =
  | Good
  | { readonly kind: "miss" | "public" | "stream"; readonly status: number }
  | { readonly kind: "failure"; readonly status: number; readonly code: string; readonly outcome: string | undefined };

export interface Good {
  readonly kind: "good";
  readonly status: number;
  /** Empty in the answer to a HEAD. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Reads an answer whole, but of a stream only the beginning. @throws when it is not as it is published. */
export async function readAnswer(method: string, path: string, response: Response): Promise<Answer> {
  const { status, headers } = response;
  const type = headers.get("content-type") ?? "";
  // An answer to a write is kept by nobody who is not told to; one in the envelope is got by programs only, which do not guess.
  const isWrite = method !== "GET" && method !== "HEAD";
  const isEnvelope = routeOf(path).startsWith("/httptrading/api/") && type === "application/json; charset=utf-8";
  const keeping = headers.get("cache-control");
  must(keeping?.includes("no-store") ?? (isWrite && isEnvelope), "an answer that somebody may keep", path);
  must(isEnvelope || headers.get("x-content-type-options") === "nosniff", "an answer whose type may be guessed", path);
  if (type === "text/event-stream") {
    const first = await beginningOf(response);
    must(status === 200, "a stream with a status of its own", status);
    must(method === "HEAD" || first.startsWith(": events follow"), "a stream that begins otherwise", first);
    return { kind: "stream", status };
  }
  const text = await response.text();
  if (method === "HEAD") {
    must(text === "", "a body in the answer to a HEAD", text);
    must(status === 200 || OF_CALLERS.has(status), "a fault of ours", status);
    return status === 200 ? { kind: "good", status, json: {} } : { kind: "miss", status };
  }
  if (type.startsWith("text/plain")) {
    must(status === 404 && text === NOT_FOUND_TEXT, "a text that is not the one miss", `${status} ${text}`);
    const expected = [...new Headers(TEXT_HEADERS).keys()];
    must([...headers.keys()].join() === expected.join(), "a miss with headers of its own", [...headers]);
    return { kind: "miss", status };
  }
  if (type.startsWith("text/html")) {
    must(status === 200 && text.startsWith("<!doctype html>"), "a page that is none", text.slice(0, 100));
    return { kind: "public", status };
  }
  must(type === "application/json; charset=utf-8", "an answer of another type", type);
  return jsonAnswer(method, path, status, text, headers);
}

/** What the standard APIs answer. */
const ANSWERED = new Map(
  await Promise.all(STD_APIS.map(async (api) => [api, (await described(api))?.schema.answer] as const)),
);

function jsonAnswer(method: string, path: string, status: number, text: string, headers: Headers): Answer {
  const json = JSON.parse(text);
  if ("openapi" in json) return { kind: "public", status };
  if (json.type === "health") {
    must(healthSchema().safeParse(json).success, "a health check that is not as published", text);
    return { kind: "public", status };
  }
  if (json.ex === null) {
    const api = STD_APIS.find((each) => each.method === method && routeOf(path).endsWith(`/${each.path}`));
    must(api !== undefined, "a good answer of an API that is none", path);
    const schema = z.object({ ...envelopeSchema().shape, ...ANSWERED.get(api)?.shape });
    const { success, error } = schema.safeParse(json);
    must(success, "a good answer that is not as published", `${error?.message} ${text}`);
    must(status === 200, "a good answer with another status", status);
    return { kind: "good", status, json };
  }
  const { success, data, error: fault } = failureSchema().safeParse(json);
  must(success, "a failure that is not as published", `${fault?.message} ${text}`);
  const { code, outcome, message } = data.error;
  must(FAILURE_STATUS[code] === status, "a failure with the status of another", `${status} ${code}`);
  must(data.ex === message && message !== "", "a failure without its words", text);
  must(OF_CALLERS.has(status), "a fault of ours", text);
  must(text.length < LONGEST_FAILURE, "a failure longer than anybody reads", text.length);
  must(outcome !== "unknown", "nobody knows whether it was sent", text);
  must(
    status !== 409 || code === "OrderNotOpen" || headers.has("retry-after"),
    "a conflict without a time to wait",
    text,
  );
  return { kind: "failure", status, code, outcome };
}

/** The path as the routes see it: without the query, and with its percents read. */
export function routeOf(path: string): string {
  const [plain = ""] = path.split(/[?#]/, 1);
  try {
    return decodeURI(plain);
  } catch {
    return plain;
  }
}

async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(first?.value);
}
