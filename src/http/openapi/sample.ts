/** Examples of whole shapes, put together from the examples of their parts. */
import type { JsonSchema } from "./types.ts";

/**
 * A value of the schema, made of `examples`, constants and defaults; optional fields without any are left out.
 * `undefined` when a part that is needed has none: no example is better than an invented one.
 */
export function sampleOf(schema: JsonSchema, components: Readonly<Record<string, JsonSchema>>): unknown {
  return sample(schema, components, new Set());
}

const COMPONENTS = "#/components/schemas/";

function sample(
  schema: JsonSchema,
  components: Readonly<Record<string, JsonSchema>>,
  within: ReadonlySet<string>,
): unknown {
  const [example] = schema.examples ?? [];
  if (example !== undefined) return example;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(COMPONENTS.length);
    const component = components[name];
    // What refers to itself is cut where it would go round.
    return component === undefined || within.has(name)
      ? undefined
      : sample(component, components, new Set([...within, name]));
  }
  for (const choice of schema.anyOf ?? schema.oneOf ?? []) {
    const found = sample(choice, components, within);
    if (found !== undefined) return found;
  }
  if (schema.type === "null" || (Array.isArray(schema.type) && schema.type.includes("null"))) return null;
  if (schema.type === "array") return sampleList(schema, components, within);
  return schema.type === "object" ? sampleObject(schema, components, within) : undefined;
}

function sampleList(
  { items, prefixItems = [], minItems = 0 }: JsonSchema,
  components: Readonly<Record<string, JsonSchema>>,
  within: ReadonlySet<string>,
): unknown {
  const parts = typeof items === "object" && !Array.isArray(items) ? [...prefixItems, items] : prefixItems;
  const values = parts.map((part) => (typeof part === "boolean" ? undefined : sample(part, components, within)));
  const known = values.includes(undefined) ? values.slice(0, values.indexOf(undefined)) : values;
  return known.length < Math.max(minItems, prefixItems.length) ? undefined : known;
}

function sampleObject(
  { properties = {}, required = [] }: JsonSchema,
  components: Readonly<Record<string, JsonSchema>>,
  within: ReadonlySet<string>,
): unknown {
  const fields: [string, unknown][] = [];
  for (const [name, property] of Object.entries(properties)) {
    const value = typeof property === "boolean" ? undefined : sample(property, components, within);
    if (value !== undefined) fields.push([name, value]);
    else if (required.includes(name)) return undefined;
  }
  return Object.fromEntries(fields);
}
