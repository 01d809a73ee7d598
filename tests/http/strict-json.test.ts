import fc from "fast-check";
import { expect, test } from "vitest";
import { parseStrictJson } from "../../src/http/strict-json.ts";

test.each([
  ['{"qty":12.00000000000000000001}', ["qty 12.00000000000000000001"]],
  ['{"qty":99999999999999999}', ["qty 99999999999999999"]],
  ['{"price":1e400,"qty":-1e-400}', ["price 1e400", "qty -1e-400"]],
  ['{"a":{"b":[1,0.30000000000000004]}}', ["a.b 0.30000000000000004"]],
  ["[0.30000000000000004]", ["body 0.30000000000000004"]],
  ['{"qty":1,"qty":1000}', ["qty twice"]],
  ['{"qty":1,"\\u0071ty":1000}', ["qty twice"]],
  ['{"a":[{"b":1,"b":2}],"a":0}', ["a.b twice", "a twice"]],
  ['{"__proto__":1,"__proto__":2}', ["__proto__ twice"]],
  ['{"qty" :1,"qty"\n:2}', ["qty twice"]],
  ['{"qty":1,"text":"\\":","qty":2}', ["qty twice"]],
])("%s is changed by JSON.parse", (text, expected) => {
  const { faults } = parseStrictJson(text);
  expect(faults.map(({ path, value = "twice" }) => `${path} ${value}`)).toEqual(expected);
});

test.each([
  '{"price":1e2,"qty":12.50}',
  '{"price":200.10000000000000}',
  '{"a":{"b":1},"c":{"b":1},"d":["b","b"],"e":-0.5}',
  '{"text":"12.00000000000000000001 \\" 1e400, \\"qty\\":1","t":"{"}',
])("%s is not", (text) => expect(parseStrictJson(text)).toEqual({ value: JSON.parse(text), faults: [] }));

test("reads as JSON.parse does", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseStrictJson(text).value).toEqual(JSON.parse(text));
    }),
  );
});

test.each(["{bad", "", '{"a":01}', "[1,]"])("%j is no JSON", (text) => {
  expect(() => parseStrictJson(text)).toThrow(SyntaxError);
});

test("faults without end cost no more than the first of them", () => {
  const depth = 6_000;
  const names = Array.from({ length: 5_500 }, () => '"a":1').join(",");
  const { faults } = parseStrictJson(`${'{"a":'.repeat(depth)}{${names}}${"}".repeat(depth)}`);
  expect(faults).toHaveLength(32);
  expect(JSON.stringify(faults).length).toBeLessThan(4_000);
});
