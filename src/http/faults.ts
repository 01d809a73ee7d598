/** What is wrong with a request, told all at once and without giving back what nobody wants to read. */
import type * as z from "zod";
import type { Fault } from "../desk/guards.ts";
import { Failure } from "../domain/failure.ts";

const MAX_FAULTS = 20;
const MAX_VALUE_LENGTH = 64;

/** The failure that lists the faults, in words and as data; the first {@link MAX_FAULTS} of very many. */
export function invalidRequest(faults: readonly Fault[]): Failure {
  const told = faults.slice(0, MAX_FAULTS);
  const words = told.map(({ path, message }) => `${path}: ${message}`);
  if (faults.length > told.length) words.push(`and ${faults.length - told.length} more`);
  return new Failure("InvalidRequest", words.join("; "), { outcome: "not_sent", details: told });
}

/** What a schema found, as faults with the values that were sent. `whole` names the input itself: `body`. */
export function faultsOf(error: z.ZodError, input: unknown, whole: string, known: readonly string[]): Fault[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      const allowed = issue.path.length === 0 ? `; there are ${known.join(", ") || "none"}` : "";
      return issue.keys.map((key) => ({
        path: shorten(pathOf([...issue.path, key], whole)),
        message: `is not known here${allowed}`,
      }));
    }
    if (issue.path.length === 0 && issue.code === "invalid_type") {
      return [{ path: whole, message: "must be a JSON object" }];
    }
    const path = shorten(pathOf(issue.path, whole));
    const value = valueAt(input, issue.path);
    // A rule across fields names the field where the fault can be mended, which may well be absent.
    if (value === undefined) {
      return [{ path, message: issue.code === "custom" ? issue.message : `is missing: ${issue.message}` }];
    }
    return [{ path, message: issue.message, value: shown(value) }];
  });
}

function pathOf(path: readonly PropertyKey[], whole: string): string {
  return path.length === 0 ? whole : path.map(String).join(".");
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}

/** A value that is short enough to be sent back, and that JSON can hold. */
function shown(value: unknown): unknown {
  if (typeof value === "string") return shorten(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return "(a list)";
  return typeof value === "object" && value !== null ? "(an object)" : value;
}

function shorten(text: string): string {
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}
