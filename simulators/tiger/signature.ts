/** RSA-SHA1 over sorted parameters, as the gateway checks requests and signs answers, and the clock that goes with it. */
import { createSign, createVerify, type KeyObject } from "node:crypto";

/** The parameters of a request, as they stand in its body. */
export type Parameters = Readonly<Record<string, unknown>>;

/** What a request's signature covers: all parameters but `sign`, sorted by code point, with their raw text. */
export function signedText(parameters: Parameters): string {
  return Object.keys(parameters)
    .filter((name) => name !== "sign")
    .toSorted(byCodePoint)
    .map((name) => `${name}=${rawText(parameters[name])}`)
    .join("&");
}

/** RSA PKCS#1 v1.5 with SHA-1 over UTF-8, in base64. */
export function sign(text: string, key: KeyObject): string {
  return createSign("RSA-SHA1").update(text, "utf8").sign(key, "base64");
}

/** True when the base64 text is that signature. */
export function isSignedBy(text: string, signature: string, key: KeyObject): boolean {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return false;
  return createVerify("RSA-SHA1").update(text, "utf8").verify(key, signature, "base64");
}

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;

/** The wall time of a request's timestamp read as UTC, `undefined` for another form than `yyyy-MM-dd HH:mm:ss`. */
export function readTimestamp(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) return undefined;
  const at = Date.parse(`${text.replace(" ", "T")}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/**
 * How far a wall time is from now on the nearest of the world's clocks, in milliseconds: the vendor's clients write
 * their own zone's time or UTC, and say nowhere which. Zones lie quarters of an hour apart, from -12 to +14 hours.
 */
export function clockError(wallTime: number, now: number): number {
  const ahead = wallTime - now;
  const zone = Math.min(14 * 60 * MINUTE, Math.max(-12 * 60 * MINUTE, Math.round(ahead / QUARTER) * QUARTER));
  return Math.abs(ahead - zone);
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rawText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
