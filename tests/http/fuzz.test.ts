/** Whatever comes in, a faulty request is answered 4xx with an envelope and nothing is sent. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDecimal } from "../../src/domain/money.ts";
import { ask, type Calls, exampleBroker, gatewayOf, ORDER, request, writes } from "./gateway.ts";

const calls: Calls = [];
const unforeseen: unknown[] = [];
const trading = gatewayOf(exampleBroker({}, calls), { onError: (error) => void unforeseen.push(error) });

/** Asks with a body that cannot be right, and looks for the signs of harm. */
async function refused(path: string, body: string): Promise<void> {
  const before = writes(calls).length;
  const { status, json } = await ask(trading, path, { body });
  expect([400, 501]).toContain(status);
  expect(json.error.outcome).toBe("not_sent");
  expect(json.ex).not.toBe("");
  expect(JSON.stringify(json).length).toBeLessThan(8_000);
  expect(writes(calls).length).toBe(before);
  expect(unforeseen).toEqual([]);
}

const WRITES = fc.constantFrom("order/place", "order/replace", "order/cancel");
const KEY = fc.oneof(
  fc.constantFrom(...Object.keys(ORDER), "orderId", "__proto__", "constructor", "toString", "length", ""),
  fc.string(),
);
const ODD = fc.oneof(
  fc.constantFrom(
    null,
    true,
    [],
    {},
    "",
    "1e400",
    "NaN",
    "-0",
    "0",
    " 1",
    "١٢",
    1.5,
    -1,
    0,
    1e300,
    5e-324,
    2 ** 53 + 2,
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

test("random text", async () => {
  await fc.assert(fc.asyncProperty(WRITES, fc.string({ unit: "binary", maxLength: 400 }), refused), { numRuns: 300 });
});

test("random JSON", async () => {
  await fc.assert(fc.asyncProperty(WRITES, fc.json({ maxDepth: 4 }), refused), { numRuns: 300 });
});

test("objects with the right names and odd values", async () => {
  const body = fc.dictionary(KEY, ODD, { maxKeys: 12 }).filter((value) => typeof value["orderId"] !== "string");
  await fc.assert(
    fc.asyncProperty(WRITES, body, (path, value) => refused(path, JSON.stringify(value))),
    { numRuns: 300 },
  );
});

test("a good order with one thing spoilt", async () => {
  const name = fc.constantFrom(...(Object.keys(ORDER) as (keyof typeof ORDER)[]));
  await fc.assert(
    fc.asyncProperty(name, ODD, async (key, value) => {
      const before = writes(calls).length;
      const { status } = await ask(trading, "order/place", { body: { ...ORDER, [key]: value } });
      expect([200, 400, 501]).toContain(status);
      // What was taken is exactly what was asked for, in its one form.
      const sent = writes(calls).slice(before);
      expect(sent).toHaveLength(status === 200 ? 1 : 0);
      if (status === 200 && (key === "price" || key === "qty")) {
        const number = typeof value === "string" ? parseDecimal(value) : value;
        expect(sent[0]?.args[0]).toMatchObject({ [key]: number });
      }
    }),
    { numRuns: 500 },
  );
});

test("prices in text and as numbers arrive alike", async () => {
  const cents = fc.integer({ min: 1, max: 10 ** 11 });
  await fc.assert(
    fc.asyncProperty(cents, async (amount) => {
      const text = `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
      const asText = await ask(trading, "order/place", { body: { ...ORDER, price: text } });
      const asNumber = await ask(trading, "order/place", { body: { ...ORDER, price: Number(text) } });
      expect([asText.status, asNumber.status]).toEqual([200, 200]);
      expect(asText.json.args).toEqual(asNumber.json.args);
      const [first, second] = writes(calls)
        .slice(-2)
        .map(({ args }) => args[0] as { price: number });
      expect(first?.price).toBe(second?.price);
      expect(Number(text)).toBe(first?.price);
    }),
    { numRuns: 100 },
  );
});

test("random paths and queries", async () => {
  const path = fc.oneof(
    fc.webPath(),
    fc.webQueryParameters().map((query) => `market/quote?${query}`),
    fc.webQueryParameters().map((query) => `order/state?${query}`),
  );
  await fc.assert(
    fc.asyncProperty(path, async (text) => {
      const { status } = await trading.fetch(request(text));
      expect(status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
  expect(unforeseen).toEqual([]);
});
