/** The signature of a request, computed on exactly what was sent. Source: the vendor's page "How to access API". */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { CODE, Refusal } from "./refusal.ts";

/** What is signed. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly target: string;
  readonly body: Uint8Array;
  readonly appKey: string;
  readonly accessToken: string;
  /** The text of `X-Timestamp`. */
  readonly timestamp: string;
}

const SIGNED_HEADERS = "authorization;x-api-key;x-timestamp";
/** How far the clock of a client may be off, in milliseconds. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** Hex of the signature. */
export function signatureOf({ method, target, body, ...headers }: SignedRequest, appSecret: string): string {
  const cut = target.indexOf("?");
  const path = cut < 0 ? target : target.slice(0, cut);
  const query = cut < 0 ? "" : target.slice(cut + 1);
  const block = `authorization:${headers.accessToken}\nx-api-key:${headers.appKey}\nx-timestamp:${headers.timestamp}\n`;
  const digest = body.length === 0 ? "" : sha1(body);
  const canonical = `${method}|${path}|${query}|${block}|${SIGNED_HEADERS}|${digest}`;
  return createHmac("sha256", appSecret)
    .update(`HMAC-SHA256|${sha1(Buffer.from(canonical))}`)
    .digest("hex");
}

/** Who may call. */
export interface Caller {
  readonly appKey: string;
  readonly appSecret: string;
}

/**
 * Checks key, time and signature of a request; the token itself is for the caller's.
 * @param now milliseconds since the epoch on the real clock: a simulated day does not move the clients' clocks
 * @throws {Refusal} 403203 for another key, 403201 for the rest.
 */
export function checkSignature(
  { appKey, appSecret }: Caller,
  request: Pick<SignedRequest, "method" | "target" | "body">,
  headers: IncomingHttpHeaders,
  now: number,
): { readonly accessToken: string } {
  const accessToken = headers.authorization ?? "";
  const timestamp = textOf(headers["x-timestamp"]);
  const given = textOf(headers["x-api-signature"]);
  if (textOf(headers["x-api-key"]) !== appKey) throw new Refusal(CODE.apiKeyIllegal, "apikey illegal");
  const invalid = (why: string): Refusal => new Refusal(CODE.signatureInvalid, `signature invalid: ${why}`);
  if (!/^\d+(?:\.\d+)?$/.test(timestamp)) throw invalid("x-timestamp is missing or no time");
  const wanted = `HMAC-SHA256 SignedHeaders=${SIGNED_HEADERS}, Signature=${signatureOf({ ...request, appKey, accessToken, timestamp }, appSecret)}`;
  if (!sameText(given, wanted)) throw invalid("it does not belong to this request");
  if (Math.abs(Number(timestamp) * 1000 - now) > CLOCK_SKEW_MS) throw invalid("x-timestamp is too far from now");
  return { accessToken };
}

function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === "string" ? header : "";
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
