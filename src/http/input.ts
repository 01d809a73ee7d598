/** What came with a request, held to the schemas of its API. */
import type { Fault } from "../desk/guards.ts";
import type { Api, PlainQuery } from "./api.ts";
import { readJson } from "./body.ts";
import { faultsOf, invalidRequest } from "./faults.ts";
import type { Server } from "./server.ts";
import type { StrictJson } from "./strict-json.ts";

/** The query and body as a handler gets them. */
export interface Input {
  readonly query: unknown;
  readonly body: unknown;
  readonly json: () => Promise<unknown>;
}

/**
 * Reads and checks everything that the API declares, a body within so many milliseconds; throws `InvalidRequest` with every
 * fault of query and body. Answers at once where there is no body to wait for.
 */
export function readInput(api: Api, request: Request, server: Server, limitMs: number): Input | Promise<Input> {
  const { query: querySchema, body: bodySchema } = api.schema ?? {};
  let reading: Promise<StrictJson> | undefined;
  const readOnce = (): Promise<StrictJson> => {
    reading ??= readJson(request, server, limitMs);
    return reading;
  };
  const json = async (): Promise<unknown> => {
    const read = await readOnce();
    if (read.faults.length > 0) throw invalidRequest(read.faults);
    return read.value;
  };
  const { value: query, faults } = readQuery(querySchema, request.url);
  if (bodySchema !== undefined) {
    return readOnce().then((read) => {
      const body = checkBody(bodySchema, read);
      refuse([...faults, ...body.faults]);
      return { query, body: body.value, json };
    });
  }
  refuse(faults);
  return { query, body: undefined, json };
}

/** Refuses what would be written down with a secret of the request in it, such as a token that was given for an order's id. */
export function refuseSecrets(body: unknown, secrets: readonly string[]): void {
  refuse(
    Object.entries(Object(body)).flatMap(([path, value]) =>
      typeof value === "string" && secrets.some((secret) => value.includes(secret))
        ? [{ path, message: "holds a token or an instance id, and would be written down" }]
        : [],
    ),
  );
}

/** What a schema made of its part of a request, and what was wrong with that. */
interface Checked {
  readonly value: unknown;
  readonly faults: readonly Fault[];
}

const NO_FAULTS: readonly Fault[] = [];

function readQuery(schema: Schemas["query"], url: string): Checked {
  if (schema === undefined) return { value: plainQuery(url), faults: NO_FAULTS };
  const { values, repeated } = parseQuery(url);
  const result = schema.safeParse(values);
  if (result.success && repeated.length === 0) return { value: result.data, faults: NO_FAULTS };
  const found = result.success ? [] : faultsOf(result.error, values, "query", Object.keys(schema.shape));
  return {
    value: undefined,
    faults: [...found, ...repeated.map((path) => ({ path, message: "is given more than once" }))],
  };
}

function checkBody(schema: NonNullable<Schemas["body"]>, { value, faults: changed }: StrictJson): Checked {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, faults: changed };
  const found = faultsOf(result.error, value, "body", Object.keys(schema.shape));
  return {
    value: undefined,
    faults: [...changed, ...found.filter(({ path }) => !changed.some((fault) => fault.path === path))],
  };
}

type Schemas = NonNullable<Api["schema"]>;

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw invalidRequest(faults);
}

function plainQuery(url: string): PlainQuery {
  return url.includes("?") ? parseQuery(url).values : NO_QUERY;
}

const NO_QUERY: PlainQuery = Object.freeze({});

function parseQuery(url: string): { values: Record<string, string>; repeated: readonly string[] } {
  const start = url.indexOf("?");
  if (start === -1) return { values: {}, repeated: [] };
  const values: Record<string, string> = {};
  const repeated = new Set<string>();
  const [text = ""] = url.slice(start + 1).split("#", 1);
  for (const [name, value] of new URLSearchParams(text)) {
    // Defined, not assigned: assigning to `__proto__` would make no key that the schema could refuse.
    if (Object.hasOwn(values, name)) repeated.add(name.slice(0, 64));
    else Object.defineProperty(values, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return { values, repeated: [...repeated] };
}
