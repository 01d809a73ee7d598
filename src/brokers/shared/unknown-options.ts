/** Options that a broker does not have. */
import type { BaseIssue } from "valibot";

/** True for the issue of an option that the schema does not know; of several the schema tells the first alone. */
export function isUnknownOption({ type, expected, path }: BaseIssue<unknown>): boolean {
  return type === "strict_object" && expected === "never" && path?.length === 1;
}

/** The faults of all options that the schema does not know. */
export function unknownOptions(kind: string, own: object, schema: { readonly entries: object }): string[] {
  return Object.keys(own)
    .filter((name) => !Object.hasOwn(schema.entries, name))
    .map((name) => `${name} is not an option of ${kind}`);
}
