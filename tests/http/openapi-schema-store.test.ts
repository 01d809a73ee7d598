import { describe, expect, test } from "vitest";
import { z } from "zod";
import { sampleOf } from "../../src/http/openapi/sample.ts";
import { schemaStore } from "../../src/http/openapi/schema-store.ts";

describe("components", () => {
  test("a named schema is written once, wherever it is used", () => {
    const store = schemaStore();
    const named = z.object({ a: z.string() }).meta({ id: "Named" });
    expect(store.inline(named, "output", "X")).toEqual({ $ref: "#/components/schemas/Named" });
    expect(store.inline(z.object({ many: z.array(named) }), "output", "X").properties).toEqual({
      many: { type: "array", items: { $ref: "#/components/schemas/Named" } },
    });
    expect(Object.keys(store.schemas)).toEqual(["Named"]);
  });

  test("a schema that differs between request and answer has two components", () => {
    const store = schemaStore();
    const outer = z.object({ inner: z.object({ n: z.string().transform(Number) }).meta({ id: "Inner" }) });
    const named = outer.meta({ id: "Outer" });
    const [taken, told] = [store.inline(named, "input", "X"), store.inline(named, "output", "X")];
    expect([taken.$ref, told.$ref]).toEqual(["#/components/schemas/Outer", "#/components/schemas/Outer2"]);
    expect(store.schemas["Inner"]?.properties).toEqual({ n: { type: "string" } });
    expect(store.schemas["Inner2"]?.properties).toEqual({ n: {} });
  });

  test("what refers to itself refers to its component", () => {
    const store = schemaStore();
    const tree = z.object({
      get children() {
        return z.array(tree);
      },
    });
    expect(store.inline(tree, "output", "Tree")).toEqual({ $ref: "#/components/schemas/Tree" });
    expect(store.schemas["Tree"]?.properties?.["children"]).toEqual({
      type: "array",
      items: { $ref: "#/components/schemas/Tree" },
    });
    expect(store.inline(z.object({ a: tree, b: tree }), "output", "Pair").properties).toEqual({
      a: { $ref: "#/components/schemas/Pair" },
      b: { $ref: "#/components/schemas/Pair" },
    });
  });

  test("names are made fit for a reference", () => {
    const store = schemaStore();
    const named = z.object({ a: z.string() }).meta({ id: "my own/~name" });
    expect(store.inline(z.object({ named }), "output", "X").properties).toEqual({
      named: { $ref: "#/components/schemas/my_own__name" },
    });
    expect(store.schemas["my_own__name"]?.properties).toHaveProperty("a");
  });

  test("fields called like keywords are fields, and data is left as it is", () => {
    const store = schemaStore();
    const named = z.object({ a: z.string() }).meta({ id: "Named" });
    const fields = z.object({ default: named, $ref: named, enum: z.array(named), constructor: named });
    const reference = { $ref: "#/components/schemas/Named" };
    expect(store.inline(fields, "output", "X").properties).toEqual({
      default: reference,
      $ref: reference,
      enum: { type: "array", items: reference },
      constructor: reference,
    });
    const data = z.unknown().meta({ examples: [{ $ref: "#/$defs/Named" }] });
    expect(store.inline(z.object({ data, named }), "output", "X").properties?.["data"]).toEqual({
      examples: [{ $ref: "#/$defs/Named" }],
    });
  });

  test("requests are closed where their schema is, answers are open to new keys", () => {
    const store = schemaStore();
    const shape = z.strictObject({ a: z.string() });
    expect(store.inline(shape, "input", "X").additionalProperties).toBe(false);
    expect(store.inline(shape, "output", "X")).not.toHaveProperty("additionalProperties");
  });

  test("of what is transformed, only examples that can be sent are kept", () => {
    const store = schemaStore();
    const size = z.string().transform((text) => text.length);
    expect(store.inline(size.meta({ examples: ["abc", 3] }), "input", "X").examples).toEqual(["abc"]);
    const slow = z.string().refine(async () => true);
    expect(store.inline(slow.meta({ examples: ["abc"] }), "input", "X").type).toBe("string");
  });

  test("what is said of a field that may be null is said of the field", () => {
    const store = schemaStore();
    expect(store.inline(z.string().describe("Its name.").nullable(), "output", "X").description).toBe("Its name.");
    const own = z.string().describe("Its name.").nullable().describe("Null for none.");
    expect(store.inline(own, "output", "X").description).toBe("Null for none.");
    expect(store.inline(z.union([z.string().describe("A"), z.number()]), "output", "X").description).toBeUndefined();
  });
});

describe("samples", () => {
  const cases: [string, z.ZodType, unknown][] = [
    ["an example", z.string().meta({ examples: ["a", "b"] }), "a"],
    ["a constant", z.literal(false), false],
    ["the first word", z.enum(["X", "Y"]), "X"],
    ["a default", z.number().default(3), 3],
    ["null where nothing else is known", z.string().nullable(), null],
    ["a list of one", z.array(z.literal(1)), [1]],
    ["an empty list of the unknown", z.array(z.string()), []],
    ["a tuple", z.tuple([z.literal(1), z.literal("a")]), [1, "a"]],
    ["nothing for a tuple that is not known whole", z.tuple([z.literal(1), z.string()]), undefined],
    ["nothing for a list that is too short", z.array(z.literal(1)).min(2), undefined],
    ["an object without the optional unknown", z.object({ a: z.literal(1), b: z.string().optional() }), { a: 1 }],
    ["nothing for an object with a needed unknown", z.object({ a: z.literal(1), b: z.string() }), undefined],
    ["nothing for the unknown", z.string(), undefined],
  ];

  test.each(cases)("%s", (_name, schema, expected) => {
    const store = schemaStore();
    expect(sampleOf(store.inline(schema, "output", "X"), store.schemas)).toEqual(expected);
  });

  test("what refers to itself ends", () => {
    const store = schemaStore();
    const node = z.object({
      name: z.literal("n"),
      get next() {
        return node.nullable();
      },
    });
    expect(sampleOf(store.inline(node, "output", "Node"), store.schemas)).toEqual({ name: "n", next: null });
  });
});
