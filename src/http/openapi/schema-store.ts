/** Turns zod schemas into the document's `components.schemas`, so that every shape is written once. */
import * as z from "zod";
import type { JsonSchema, Reference } from "./types.ts";

/** Which side of a schema: what a client sends, or what it is told. */
export type Side = "input" | "output";

/** Collects components while the document is built. */
export interface SchemaStore {
  /** The components so far, by name. */
  readonly schemas: Record<string, JsonSchema>;
  /**
   * Writes a schema out in place; whatever in it has a `.meta({ id })` becomes a component, and so does what refers to
   * itself, under `name` where it has none of its own.
   */
  inline(schema: z.ZodType, side: Side, name: string): JsonSchema;
  /** Puts a finished schema under a name that is still free, near `name`; an equal one there is taken as it is. */
  put(name: string, schema: JsonSchema): Reference;
}

const SELF = "#";
const DEFS = "#/$defs/";
const COMPONENTS = "#/components/schemas/";

/** Makes an empty store. */
export function schemaStore(): SchemaStore {
  const schemas: Record<string, JsonSchema> = Object.create(null);
  const contents = new Map<string, string>();

  const claim = (wanted: string, content: string): string => {
    const base = wanted.replaceAll(/[^A-Za-z0-9._-]/g, "_") || "Schema";
    for (let count = 1; ; count++) {
      const name = count === 1 ? base : `${base}${count}`;
      const taken = contents.get(name);
      if (taken !== undefined && taken !== content) continue;
      contents.set(name, content);
      return name;
    }
  };

  const put = (name: string, schema: JsonSchema): Reference => {
    const free = claim(name, JSON.stringify(schema));
    schemas[free] = schema;
    return { $ref: COMPONENTS + free };
  };

  const inline = (schema: z.ZodType, side: Side, name: string): JsonSchema => {
    const { $schema, $defs = {}, ...root } = convert(schema, side);
    const definitions = new Map(
      Object.entries($defs).map(([id, definition]) => [DEFS + escapePointer(id), definition]),
    );
    const isRecursive = references(root).includes(SELF);
    if (isRecursive) definitions.set(SELF, root);
    const names = new Map<string, string>();
    for (const ref of definitions.keys()) {
      const id = unescapePointer(ref.slice(DEFS.length));
      const wanted = ref === SELF || id.startsWith("__") ? name : id;
      names.set(ref, claim(wanted, JSON.stringify(closure(ref, definitions))));
    }
    const relocated = (node: JsonSchema): JsonSchema => relocate(node, (ref) => COMPONENTS + (names.get(ref) ?? ref));
    for (const [ref, component] of names) schemas[component] = relocated(definitions.get(ref) ?? {});
    return isRecursive ? { $ref: COMPONENTS + names.get(SELF) } : relocated(root);
  };

  return { schemas, inline, put };
}

function convert(schema: z.ZodType, side: Side): JsonSchema {
  return z.toJSONSchema(schema, {
    io: side,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // An answer may gain keys in a later version; a generated client must not refuse it then.
      if (side === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (side === "input") {
        const examples = inputExamples(zodSchema);
        if (examples.length > 0) jsonSchema.examples = examples;
      }
      // What is said of a field that may be null stands within one of its two forms, where few readers look.
      const { anyOf = [] } = jsonSchema;
      const told = anyOf.find(({ description }) => description !== undefined)?.description;
      if (told !== undefined && anyOf.some(({ type }) => type === "null")) jsonSchema.description ??= told;
    },
  });
}

/** zod leaves out the examples of what it transforms, since they might be of its output: those it takes in are kept. */
function inputExamples(schema: z.core.$ZodType): unknown[] {
  const examples = z.globalRegistry.get(schema)?.["examples"];
  return Array.isArray(examples) ? examples.filter((example) => isTakenIn(schema, example)) : [];
}

function isTakenIn(schema: z.core.$ZodType, example: unknown): boolean {
  try {
    return z.safeParse(schema, example).success;
  } catch {
    // A schema that can only be run asynchronously.
    return false;
  }
}

/** A schema and all that it refers to: equal texts of it mean equal shapes. */
function closure(ref: string, definitions: ReadonlyMap<string, JsonSchema>): [string, JsonSchema][] {
  const reached = new Map<string, JsonSchema>();
  const visit = (at: string): void => {
    const definition = definitions.get(at);
    if (definition === undefined || reached.has(at)) return;
    reached.set(at, definition);
    for (const next of references(definition)) visit(next);
  };
  visit(ref);
  return [...reached];
}

function references(schema: JsonSchema): string[] {
  const found: string[] = [];
  relocate(schema, (ref) => {
    found.push(ref);
    return ref;
  });
  return found;
}

/** Keywords whose values are data, and those that map names to schemas: neither holds keywords itself. */
const DATA = new Set(["const", "default", "enum", "examples"]);
const MAPS = new Set(["properties", "patternProperties", "dependentSchemas", "$defs"]);

function relocate(schema: JsonSchema, to: (ref: string) => string): JsonSchema {
  return mapValues(schema, (value, key) => {
    if (key === "$ref" && typeof value === "string") return to(value);
    if (DATA.has(key)) return value;
    if (MAPS.has(key) && isSchema(value)) return mapValues(value, (inner) => relocateAny(inner, to));
    return relocateAny(value, to);
  });
}

function relocateAny(value: unknown, to: (ref: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => relocateAny(item, to));
  return isSchema(value) ? relocate(value, to) : value;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapValues(object: JsonSchema, change: (value: unknown, key: string) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}

function escapePointer(text: string): string {
  return text.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unescapePointer(text: string): string {
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}
