/** Texts that were right once, and JSON with something done to its values. */
import fc from "fast-check";

/** JSON values where others belong, each as it is written. */
export const ODD_JSON = [
  "null",
  "true",
  "0",
  "-0",
  "-1",
  "1.5",
  "1e400",
  "-1e400",
  "5e-324",
  "12345678901234567890",
  "0.1234567890123456789",
  '""',
  '" "',
  '"0"',
  '"-1"',
  '"NaN"',
  '"Infinity"',
  '"1e400"',
  '"1,000"',
  '"\\u0000"',
  '"\\ud800"',
  '"١٢"',
  '"😀"',
  `"${"9".repeat(400)}"`,
  "[]",
  "[[]]",
  "{}",
  '{"__proto__":{"a":1}}',
  '{"low":1,"high":2}',
  `${"[".repeat(40)}${"]".repeat(40)}`,
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
] as const;

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

type Act = "replace" | "drop" | "rename" | "repeat";

interface JsonChange {
  readonly where: number;
  readonly act: Act;
  readonly odd: string;
}

const jsonChange: fc.Arbitrary<JsonChange> = fc.record({
  where: fc.nat(0xffff),
  act: fc.constantFrom<Act>("replace", "replace", "replace", "drop", "rename", "repeat"),
  odd: fc.oneof(
    fc.constantFrom(...ODD_JSON),
    fc.json({ maxDepth: 2 }),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    fc.double().map((value) => JSON.stringify(value) ?? "null"),
  ),
});

/** Where a value stands: in a list or an object, under this name. */
interface Spot {
  readonly holder: Json[] | { [name: string]: Json };
  readonly name: string;
}

function spotsOf(value: Json): Spot[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => [{ holder: value, name }, ...spotsOf(child)]);
}

/** A text that no sample has: what stands for a value that `JSON.stringify` could not write. */
const MARK = "\u{f8ff}";

function changed(sample: string, changes: readonly JsonChange[]): string {
  const root: { whole: Json } = { whole: JSON.parse(sample) };
  const raw: string[] = [];
  const put = (text: string): string => `${MARK}${raw.push(text) - 1}${MARK}`;
  for (const { where, act, odd } of changes) {
    const spots = spotsOf(root);
    const spot = spots[where % Math.max(1, spots.length)];
    if (spot === undefined) continue;
    const { holder, name } = spot;
    if (act === "drop" && Array.isArray(holder)) holder.splice(Number(name), 1);
    else if (act === "drop") Reflect.deleteProperty(holder, name);
    else if (act === "repeat" && Array.isArray(holder)) holder.push(structuredClone(holder[Number(name)] ?? null));
    else if (act === "rename" && !Array.isArray(holder)) holder[`${name}_`] = holder[name] ?? null;
    else Reflect.set(holder, name, put(odd));
  }
  return (JSON.stringify(root.whole) ?? "").replaceAll(
    new RegExp(`"${MARK}(\\d+)${MARK}"`, "g"),
    (_all, index: string) => raw[Number(index)] ?? "null",
  );
}

/** JSON of one of the samples with values changed, or its text spoilt, or any JSON at all. */
export function mutatedJson(samples: readonly string[]): fc.Arbitrary<string> {
  const real = fc.tuple(fc.constantFrom(...samples), fc.array(jsonChange, { maxLength: 4 }));
  return fc.oneof(
    { weight: 8, arbitrary: real.map(([sample, changes]) => changed(sample, changes)) },
    { weight: 1, arbitrary: mutatedText(samples) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  );
}

/** One of the samples with characters lost, put in or repeated, or any text. */
export function mutatedText(samples: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(0xffff),
    fc.nat(12),
    fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), fc.constant("")),
  );
  const real = fc.tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 4 })).map(([sample, edits]) =>
    edits.reduce((text, [where, length, more]) => {
      const start = where % (text.length + 1);
      return text.slice(0, start) + more + text.slice(start + length);
    }, sample),
  );
  return fc.oneof(
    { weight: 5, arbitrary: real },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
  );
}
