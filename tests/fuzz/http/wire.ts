/** HTTP as bytes on a connection: good requests, spoilt ones, and parts of them. */
import type fc from "fast-check";
import { type Bytes, stream } from "../bytes.ts";
import { INSTANCE, TOKEN } from "./gateway.ts";

const ORDER =
  '{"tradeType":"Securities","region":"US","symbol":"AAPL","price":100,"qty":1,"orderType":"Limit","timeInForce":"DAY","lifecycle":"RTH","direction":"BUY"}';

const head = (method: string, path: string, ...more: readonly string[]): string =>
  [`${method} /httptrading/${path} HTTP/1.1`, "Host: 127.0.0.1", `HT-TOKEN: ${TOKEN}`, ...more, "", ""].join("\r\n");

const at = (path: string) => `api/${INSTANCE}/${path}`;
const JSON_TYPE = "Content-Type: application/json";

const REQUESTS = [
  head("GET", at("ping/state")),
  head("GET", at("order/list?status=all")),
  head("GET", "health"),
  `${head("POST", at("order/place"), JSON_TYPE, `Content-Length: ${ORDER.length}`)}${ORDER}`,
  `${head("POST", at("order/place"), JSON_TYPE, "Transfer-Encoding: chunked")}${ORDER.length.toString(16)}\r\n${ORDER}\r\n0\r\n\r\n`,
  `${head("POST", at("order/place"), JSON_TYPE, "Content-Length: 70000")}${"x".repeat(300)}`,
  `${head("POST", at("order/cancel"), JSON_TYPE, "Content-Length: 15", "Expect: 100-continue")}{"orderId":"1"}`,
  `${head("POST", at("order/place"), JSON_TYPE, "Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`,
  "GET / HTTP/1.0\r\n\r\n",
  "GET http://evil/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
].map((text) => new TextEncoder().encode(text));

/** What one connection sends, part by part. */
export const wire: fc.Arbitrary<Bytes[]> = stream(REQUESTS);

/** The statuses in what a server has sent back. @throws for what is no answer of HTTP. */
export function statusesOf(text: string): number[] {
  if (text !== "" && !text.startsWith("HTTP/1.1 ")) throw new Error(`no answer of HTTP: ${text.slice(0, 200)}`);
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
