/** Requests of any kind: random methods, paths, headers and bodies, near to the real ones and far from them. */
import fc from "fast-check";
import { STD_APIS } from "../../../src/http/std-apis.ts";
import { type Bytes, mutated } from "../bytes.ts";
import { mutatedText } from "../texts.ts";
import { INSTANCE, TOKEN } from "./gateway.ts";

/** A request as plain data. */
export interface RawAsk {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Bytes | null;
}

const PATHS = [
  ...STD_APIS.map(({ path }) => `/httptrading/api/${INSTANCE}/${path}`),
  `/httptrading/api/${INSTANCE}/market/quote?tradeType=Securities&region=US&symbol=AAPL`,
  "/httptrading/health",
  "/httptrading/openapi.json",
  "/httptrading/docs",
];

const BODIES = [
  '{"tradeType":"Securities","region":"US","symbol":"AAPL","price":100,"qty":1,"orderType":"Limit","timeInForce":"DAY","lifecycle":"RTH","direction":"BUY"}',
  '{"orderId":"1","qty":5}',
  '{"orderId":"1"}',
].map((text) => new TextEncoder().encode(text));

const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("GET", "POST") },
  { weight: 2, arbitrary: fc.constantFrom("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "PROPFIND", "M-SEARCH") },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom(..."ABCXYZ!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 12 }),
  },
);

const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PATHS) },
  { weight: 3, arbitrary: mutatedText(PATHS).map((text) => `/${text.toWellFormed().replace(/^[/\\]+/, "")}`) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...PATHS), fc.webQueryParameters()).map(([each, query]) => `${each}?${query}`),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...PATHS), fc.nat(80)).map(([each, where]) => encodedAt(each, where)),
  },
  { weight: 1, arbitrary: fc.webPath().map((text) => (text.startsWith("/") ? text : `/${text}`)) },
);

/** One character of a path as it may be written too. */
function encodedAt(text: string, where: number): string {
  const index = where % text.length;
  return `${text.slice(0, index)}%${text.charCodeAt(index).toString(16)}${text.slice(index + 1)}`;
}

const visible = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const header = fc.oneof(
  fc.tuple(
    fc.constantFrom("content-type", "idempotency-key", "last-event-id", "accept", "host", "x-forwarded-for", "range"),
    visible,
  ),
  fc.tuple(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), visible),
);

const usual: RawAsk["headers"] = [
  ["HT-TOKEN", TOKEN],
  ["content-type", "application/json"],
];

const headers = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant([]) }),
    fc.array(header, { maxLength: 3 }),
  )
  .map(([given, more]) => [...given, ...more]);

export const raw: fc.Arbitrary<RawAsk> = fc.record({
  method,
  path,
  headers,
  body: fc.oneof({ weight: 3, arbitrary: mutated(BODIES) }, { weight: 1, arbitrary: fc.constant(null) }),
});
