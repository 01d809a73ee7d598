/**
 * JSON with ids above 2^53, read and written without loss.
 *
 * A file of its own beside `gateway.ts`: it is about text, not about the vendor.
 */
import { ownText } from "../shared/own-text.ts";

/** A value of a request: what JSON has, and whole numbers of any size, which are written as plain digits. */
export type JsonValue = string | number | boolean | bigint | readonly string[];

/** A request's own parameters. What is `undefined` is left out. */
export type JsonObject = Readonly<Record<string, JsonValue | undefined>>;

/** What runtimes hand to a reviver since 2024, and TypeScript does not know yet. */
type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * Reads JSON; a whole number that a double would round is given as its digits, a string.
 *
 * @throws SyntaxError, and RangeError for what nests deeper than the runtime's stack.
 */
export function parseJson(text: string): unknown {
  const exact: Reviver = (_key, value, context) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    return source !== undefined && /^-?\d+$/.test(source) ? ownText(source) : value;
  };
  return JSON.parse(text, exact);
}

/** Writes a flat object. */
export function writeJson(object: JsonObject): string {
  const members = Object.entries(object).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [`${JSON.stringify(name)}:${typeof value === "bigint" ? value : JSON.stringify(value)}`];
  });
  return `{${members.join(",")}}`;
}
