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

/** Reads and checks everything that the API declares, a body within so many milliseconds; throws `InvalidRequest` with every fault of query and body. */
export async function readInput(api: Api, request: Request, server: Server, limitMs: number): Promise<Input> {
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
  const faults: Fault[] = [];
  let query: unknown;
  let body: unknown;

  if (querySchema === undefined) {
    query = plainQuery(request.url);
  } else {
    const { values, repeated } = parseQuery(request.url);
    const result = querySchema.safeParse(values);
    if (result.success) query = result.data;
    else faults.push(...faultsOf(result.error, values, "query", Object.keys(querySchema.shape)));
    faults.push(...repeated.map((path) => ({ path, message: "is given more than once" })));
  }

  if (bodySchema !== undefined) {
    const { value, faults: changed } = await readOnce();
    faults.push(...changed);
    const result = bodySchema.safeParse(value);
    if (result.success) {
      body = result.data;
    } else {
      const found = faultsOf(result.error, value, "body", Object.keys(bodySchema.shape));
      faults.push(...found.filter(({ path }) => !changed.some((fault) => fault.path === path)));
    }
  }

  if (faults.length > 0) throw invalidRequest(faults);
  return { query, body, json };
}

function plainQuery(url: string): PlainQuery {
  return url.includes("?") ? parseQuery(url).values : NO_QUERY;
}

const NO_QUERY: PlainQuery = Object.freeze({});

function parseQuery(url: string): { values: Record<string, string>; repeated: string[] } {
  const start = url.indexOf("?");
  const values: Record<string, string> = {};
  const repeated = new Set<string>();
  if (start !== -1) {
    const [text = ""] = url.slice(start + 1).split("#", 1);
    for (const [name, value] of new URLSearchParams(text)) {
      // Defined, not assigned: assigning to `__proto__` would make no key that the schema could refuse.
      if (Object.hasOwn(values, name)) repeated.add(name.slice(0, 64));
      else Object.defineProperty(values, name, { value, enumerable: true, writable: true, configurable: true });
    }
  }
  return { values, repeated: [...repeated] };
}
