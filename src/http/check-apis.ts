import { shown } from "../domain/shown.ts";
import { SCOPES } from "../spec/policy.ts";
import type { Api, ApiMethod, ApiSchema } from "./api.ts";
import { STD_APIS } from "./std-apis.ts";

const KEYS: readonly string[] = ["name", "method", "path", "scope", "schema", "handler"];
const METHODS: readonly string[] = ["GET", "POST", "PUT", "PATCH", "DELETE"] satisfies readonly ApiMethod[];
const NAME = /^[A-Za-z][\w-]*$/;
const SEGMENT = /^[A-Za-z0-9._-]+$/;
const SCHEMA_KEYS: readonly string[] = [
  "summary",
  "description",
  "query",
  "body",
  "answer",
  "failures",
  "bodyExample",
  "queryExample",
  "answerExample",
  "eventStreamExample",
] satisfies readonly (keyof ApiSchema)[];
const PARTS = ["query", "body", "answer"] as const satisfies readonly (keyof ApiSchema)[];

/** Those that need no check: they are right, and to look at a part of one would make it. */
const STD_SCHEMAS: ReadonlySet<unknown> = new Set(STD_APIS.map(({ schema }) => schema));

/**
 * Checks that every one is an API and that no two of them are in each other's way. Adds what is wrong to `faults`.
 *
 * @param own From which place on they are those of `extendApis`.
 */
export function checkApis(candidates: readonly unknown[], own: number, faults: string[]): Api[] {
  const names = new Set<string>();
  const routes = new Map<string, string>();
  return candidates.flatMap((api, index) => {
    const which = index < own ? `[${index}] of what stdApis gives back` : `extendApis[${index - own}]`;
    const named = isNamed(api);
    const place = named ? `API "${api.name}"` : which;
    if (!named) faults.push(`${which} is no API with a name of letters and digits; make one with defineApi`);
    if (isObject(api)) faults.push(...apiFaults(api as Api).map((fault) => `${place}: ${fault}`));
    if (!named) return [];
    if (names.has(api.name)) faults.push(`${place}: there are two of that name`);
    names.add(api.name);
    const route = `${api.method} ${api.path}`;
    const earlier = routes.get(route);
    if (earlier !== undefined) faults.push(`${place}: ${route} is taken by "${earlier}"`);
    else routes.set(route, api.name);
    return [api];
  });
}

/** Faults of options that are not among those that are known. */
export function unknownKeys(options: object, known: readonly string[]): string[] {
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => `"${key}" is not an option; there are ${known.join(", ")}`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isNamed(api: unknown): api is Api {
  return isObject(api) && "name" in api && typeof api.name === "string" && NAME.test(api.name);
}

function apiFaults(api: Api): string[] {
  const { method, path, scope, handler, schema } = api;
  const faults = unknownKeys(api, KEYS);
  if (!METHODS.includes(method)) {
    faults.push(`method must be one of ${METHODS.join(", ")}, not ${shown(method)}`);
  }
  if (
    typeof path !== "string" ||
    !path.split("/").every((segment) => SEGMENT.test(segment) && !/^\.+$/.test(segment))
  ) {
    faults.push(
      `path must be segments of letters, digits, ".", "_" and "-", without a slash at either end, such as hello/world, not ${shown(path)}`,
    );
  }
  if (scope !== undefined && !SCOPES.includes(scope)) {
    faults.push(`scope must be one of ${SCOPES.join(", ")}, not ${shown(scope)}`);
  }
  if (typeof handler !== "function") faults.push("handler must be a function");
  if (schema !== undefined) {
    if (!isObject(schema) || typeof schema.summary !== "string") {
      faults.push("schema must be an object with a summary");
    }
    if (isObject(schema)) {
      faults.push(...unknownKeys(schema, SCHEMA_KEYS).map((fault) => `schema: ${fault}`));
      for (const part of STD_SCHEMAS.has(schema) ? [] : PARTS) {
        // An answer may be loaded when the document is asked for.
        if (part === "answer" && typeof schema.answer === "function") continue;
        if (!isSchema(schema[part])) faults.push(`schema.${part} must be a zod object`);
      }
      if (method === "GET" && schema.body !== undefined) faults.push("a GET has no body; declare schema.query");
    }
  }
  return faults;
}

function isSchema(schema: unknown): boolean {
  return schema === undefined || ("_zod" in Object(schema) && "shape" in Object(schema));
}
