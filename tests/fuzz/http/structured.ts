/** Requests that were right once: good ones of every API with something done to their fields, headers and query. */
import fc from "fast-check";
import { mutatedText, ODD_JSON } from "../texts.ts";
import { INSTANCE, TOKEN } from "./gateway.ts";

/** A request as plain data. The body is text, and goes out as UTF-8. */
export interface Ask {
  readonly api: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
  /** True when something was done to it that no API can take. */
  readonly spoilt: boolean;
}

type Members = readonly (readonly [name: string, json: string])[];

interface Template {
  readonly api: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Members;
}

const membersOf = (body: Readonly<Record<string, unknown>>): Members =>
  Object.entries(body).map(([name, value]) => [name, JSON.stringify(value)] as const);

const PLACE = {
  tradeType: "Securities",
  region: "US",
  symbol: "AAPL",
  price: 100,
  qty: 1,
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  direction: "BUY",
};

const TEMPLATES: readonly Template[] = [
  ...[
    PLACE,
    { ...PLACE, price: "99.5", qty: "2" },
    { ...PLACE, price: null, orderType: "Market" },
    { ...PLACE, lifecycle: "ETH", timeInForce: "GTC" },
    { ...PLACE, region: "HK", symbol: "700", price: 400, qty: 100 },
    { ...PLACE, direction: "SELL", symbol: "QQQ", price: 900 },
  ].map((body): Template => ({ api: "orderPlace", method: "POST", path: "order/place", body: membersOf(body) })),
  { api: "orderReplace", method: "POST", path: "order/replace", body: membersOf({ orderId: "1", qty: 5, price: 99 }) },
  { api: "orderCancel", method: "POST", path: "order/cancel", body: membersOf({ orderId: "1" }) },
  ...[
    { tag: "htabcdefghijklmnopqrstuvwx", outcome: "accepted", orderId: "1", reason: "seen" },
    { tag: "htabcdefghijklmnopqrstuvwx", outcome: "not_sent", reason: "not there" },
  ].map((body): Template => ({ api: "orderResolve", method: "POST", path: "order/resolve", body: membersOf(body) })),
  ...[
    { orderId: "1", status: "FILLED", fills: { qty: 5, price: "99.5" }, reason: "seen" },
    { orderId: "2", status: "CANCELED", reason: "seen" },
  ].map((body): Template => ({ api: "orderEnd", method: "POST", path: "order/end", body: membersOf(body) })),
  { api: "orderState", method: "GET", path: "order/state", query: { orderId: "1" } },
  { api: "orderList", method: "GET", path: "order/list", query: { status: "all" } },
  { api: "orderEvents", method: "GET", path: "order/events", query: { after: "3f9c1a7e-43" } },
  { api: "orderIntents", method: "GET", path: "order/intents", query: { state: "unknown" } },
  {
    api: "marketQuote",
    method: "GET",
    path: "market/quote",
    query: { tradeType: "Securities", region: "US", symbol: "AAPL" },
  },
  { api: "marketState", method: "GET", path: "market/state" },
  { api: "cashState", method: "GET", path: "cash/state", query: { currency: "USD" } },
  { api: "positionState", method: "GET", path: "position/state" },
  { api: "pingState", method: "GET", path: "ping/state" },
  { api: "capabilities", method: "GET", path: "capabilities" },
  { api: "guardState", method: "GET", path: "guard/state" },
  ...[
    { state: "REDUCING", reason: "less", cancelAll: false },
    { state: "HALTED", reason: "none", cancelAll: true },
    { state: "ACTIVE", reason: "all", cancelAll: false },
  ].map((body): Template => ({ api: "guardChange", method: "POST", path: "guard/state", body: membersOf(body) })),
];

/** No field of ours takes one of these. */
const NEVER_RIGHT = [
  "true",
  "[]",
  "{}",
  '""',
  "-1",
  "0",
  "1e400",
  "12.00000000000000000001",
  '" 1"',
  "[[]]",
  '"-1"',
  '"1e5"',
  '"1,000"',
  '"\\u0000"',
  '"١٢"',
];

/** Fields that take some of these: an id that nobody has is no fault of form, nor is an odd reason. A list is. */
const TAKES_MUCH: ReadonlySet<string> = new Set(["orderId", "reason", "cancelAll"]);

const anyJson = fc.oneof(fc.constantFrom(...ODD_JSON), fc.json({ maxDepth: 3 }));
const anyName = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "toString", "length", "orderID", "Price", "tag", ""),
  fc.string({ unit: "binary", maxLength: 20 }),
);

interface BodyChange {
  readonly spoils: boolean;
  readonly act: (members: Members) => Members;
}

const place = fc.nat(15);
const pick = (members: Members, where: number) => members[where % Math.max(1, members.length)];
const replaced = (members: Members, where: number, json: string): Members =>
  members.map((member, index) => (index === where % members.length ? [member[0], json] : member));

const bodyChange: fc.Arbitrary<BodyChange> = fc.oneof(
  fc.tuple(place, fc.constantFrom(...NEVER_RIGHT)).map(([where, json]) => ({
    spoils: true,
    act: (members: Members) => replaced(members, where, TAKES_MUCH.has(pick(members, where)?.[0] ?? "") ? "[1]" : json),
  })),
  fc
    .tuple(place, anyJson)
    .map(([where, json]) => ({ spoils: false, act: (members: Members) => replaced(members, where, json) })),
  place.map((where) => ({
    spoils: false,
    act: (members: Members) => members.filter((member) => member !== pick(members, where)),
  })),
  // Prices as people write them, as a number and as text.
  fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.boolean()).map(([cents, asText]) => {
    const text = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
    const json = asText ? `"${text}"` : text;
    return {
      spoils: false,
      act: (members: Members) => members.map((member) => (member[0] === "price" ? (["price", json] as const) : member)),
    };
  }),
  fc.tuple(anyName, anyJson).map(([name, json]) => ({
    spoils: true,
    act: (members: Members) => [...members, [`${name}?`, json] as const],
  })),
  place.map((where) => ({
    spoils: true,
    act: (members: Members) => {
      const member = pick(members, where);
      return member === undefined ? [["x", "1"] as const] : [...members, member];
    },
  })),
);

type Header = readonly [name: string, value: string];

const headerChange: fc.Arbitrary<readonly Header[]> = fc.oneof(
  { weight: 12, arbitrary: fc.constant([]) },
  fc.constantFrom("k-1", "k-2", "k".repeat(255)).map((key): Header[] => [["idempotency-key", key]]),
  fc
    .tuple(
      fc.constantFrom(
        "idempotency-key",
        "last-event-id",
        "accept",
        "content-length",
        "content-encoding",
        "cookie",
        "x-request-id",
      ),
      fc.oneof(
        fc.constantFrom("gzip", "0", "-1", "99999999", "x".repeat(300), "a, b", "%00"),
        fc.string({ maxLength: 40 }),
      ),
    )
    .map((header): Header[] => [header]),
);

const JSON_TYPE = "application/json";
const contentType = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ type: JSON_TYPE, spoils: false }) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("application/json; charset=utf-8", "Application/JSON")
      .map((type) => ({ type, spoils: false })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        "text/plain",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "multipart/form-data; boundary=x",
      )
      .map((type) => ({ type, spoils: true })),
  },
);

/** Anything that stands where a query does. */
const queryText = fc.oneof(
  fc.webQueryParameters(),
  fc
    .tuple(fc.constantFrom("orderId", "status", "symbol", "region", "__proto__"), mutatedText(["1", "all", "AAPL"]))
    .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`),
);

const queryChange = fc.oneof(
  { weight: 4, arbitrary: fc.constant((query: string) => query) },
  { weight: 2, arbitrary: queryText.map((more) => (query: string) => (query === "" ? more : `${query}&${more}`)) },
  { weight: 1, arbitrary: queryText.map((text) => () => text) },
  { weight: 1, arbitrary: fc.constant((query: string) => `${query}&${query}`) },
);

const changes = fc.oneof(
  { weight: 3, arbitrary: fc.constant<BodyChange[]>([]) },
  { weight: 9, arbitrary: fc.array(bodyChange, { minLength: 1, maxLength: 3 }) },
);

/** One in fifteen has another token than the right one. */
const token = fc.oneof(
  { weight: 14, arbitrary: fc.constant(TOKEN) },
  { weight: 1, arbitrary: fc.string({ maxLength: 70 }) },
);

const heavier = TEMPLATES.map((arbitrary) => ({
  weight: arbitrary.method === "POST" ? 3 : 1,
  arbitrary: fc.constant(arbitrary),
}));

export const structured: fc.Arbitrary<Ask> = fc
  .record({
    template: fc.oneof(...heavier),
    changes,
    headers: headerChange,
    content: contentType,
    query: queryChange,
    token,
  })
  .map(({ template, changes: all, headers, content, query: changeQuery, token: value }) => {
    const { api, method, path } = template;
    const query = changeQuery(new URLSearchParams(template.query).toString());
    // What spoils comes last, so that nothing mends it again.
    const ordered = all.toSorted((a, b) => Number(a.spoils) - Number(b.spoils));
    const members = ordered.reduce((now, { act }) => act(now), template.body ?? []);
    const body = template.body && `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
    return {
      api,
      method,
      path: `/httptrading/api/${INSTANCE}/${path}${query === "" ? "" : `?${query}`}`,
      headers: [
        ["HT-TOKEN", value],
        ...(body === undefined ? [] : [["content-type", content.type] as const]),
        ...headers,
      ],
      body: body ?? null,
      spoilt: body !== undefined && (content.spoils || all.some(({ spoils }) => spoils)),
    };
  });
