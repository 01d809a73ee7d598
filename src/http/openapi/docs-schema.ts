/** JSON Schemas as tables for people. */
import { type Html, type HtmlPart, html, joinHtml, phrase } from "./html.ts";
import type { JsonSchema } from "./types.ts";

const COMPONENTS = "#/components/schemas/";
/** How deep nested fields are unfolded; what lies deeper is named by its type alone. */
const MAX_DEPTH = 4;

/** The anchor of a component on the page. */
export function schemaAnchor(name: string): string {
  return `schema-${name.replaceAll(/[^\w.-]/g, "_")}`;
}

/** Whether a field's presence is told where it must be sent, or where it may be missing. */
export type Marked = "required" | "optional";

/** A table of an object's fields, nested ones by their dotted path; for anything else its type. */
export function schemaTable(schema: JsonSchema, marked: Marked): Html {
  const rows = fieldRows(schema, "", 0, marked);
  return rows.length === 0 ? html`<p>${typeOf(schema)}</p>` : fieldTable("Field", rows);
}

/** A table whose rows {@link fieldRow} made. */
export function fieldTable(heading: string, rows: readonly Html[]): Html {
  return html`<div class="scroll"><table><thead><tr><th>${heading}</th><th>Type</th><th>Meaning</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** One field or parameter; `mark` says something of its presence. */
export function fieldRow(path: string, schema: JsonSchema, mark: Marked | "", description?: string): Html {
  const meaning =
    description ?? schema.description ?? alternatives(schema).find((choice) => choice.description)?.description;
  const notes = [...(meaning === undefined ? [] : [phrase(meaning)]), ...limits(schema)];
  return html`<tr><td><code>${path}</code>${mark === "" ? "" : html` <span class="${mark}">${mark}</span>`}</td><td>${typeOf(schema)}</td><td>${joinHtml(notes, " ")}</td></tr>`;
}

function fieldRows(schema: JsonSchema, prefix: string, depth: number, marked: Marked): Html[] {
  if (depth >= MAX_DEPTH) return [];
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name;
    const mark = required.has(name) === (marked === "required") ? marked : "";
    if (typeof field === "boolean") return [fieldRow(path, {}, mark)];
    const nested = alternatives(field).flatMap((inner) => {
      const item = isSchema(inner.items) ? inner.items : undefined;
      return item === undefined
        ? fieldRows(inner, `${path}.`, depth + 1, marked)
        : fieldRows(item, `${path}[].`, depth + 1, marked);
    });
    return [fieldRow(path, field, mark), ...nested];
  });
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  return schema.anyOf ?? schema.oneOf ?? [schema];
}

/** The type in words; a component is a link. */
function typeOf(schema: unknown): Html {
  if (!isSchema(schema)) return html`any`;
  if (schema.$ref?.startsWith(COMPONENTS) === true) {
    const name = schema.$ref.slice(COMPONENTS.length);
    return html`<a href="#${schemaAnchor(name)}">${name}</a>`;
  }
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined)
    return html`${joinHtml(
      schema.enum.map((value) => code(value)),
      " | ",
    )}`;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return html`${joinHtml(choices.map(typeOf), " or ")}`;
  if (schema.allOf !== undefined) return html`${joinHtml(schema.allOf.map(typeOf), " and ")}`;
  if (Array.isArray(schema.type)) return html`${schema.type.join(" or ")}`;
  if (schema.type === "array") return html`list of ${typeOf(schema.items)}`;
  if (schema.type === "object" && isSchema(schema.additionalProperties)) {
    return html`map of text to ${typeOf(schema.additionalProperties)}`;
  }
  return html`${schema.type ?? "any"}`;
}

function limits(schema: JsonSchema): HtmlPart[] {
  const found: HtmlPart[] = [];
  if (schema.pattern !== undefined) found.push(html`Matches ${code(schema.pattern, false)}.`);
  if (schema.default !== undefined) found.push(html`Default ${code(schema.default)}.`);
  const { examples = [] } = schema;
  if (schema.enum === undefined && examples.length > 0 && !examples.some(isSchema)) {
    found.push(
      html`<span class="quiet">For example ${joinHtml(
        examples.map((example) => code(example)),
        ", ",
      )}.</span>`,
    );
  }
  return found;
}

function code(value: unknown, quoted = typeof value !== "string"): Html {
  return html`<code>${quoted ? JSON.stringify(value) : String(value)}</code>`;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
