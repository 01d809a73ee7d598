import type * as z from "zod";
import type { ApiSchema } from "./api.ts";
import { noQuery } from "./schemas/values.ts";

type Parts<Query, Body> = {
  readonly query?: () => Query;
  readonly body?: () => Body;
};

/**
 * An {@link ApiSchema} whose zod objects are made when somebody asks for them: those of a body with the first request that
 * has one. From then on each is a plain property, as in any other schema. Without a `query` no parameter is taken.
 */
export function lazySchema<Query extends z.ZodObject = z.ZodObject, Body extends z.ZodObject = z.ZodObject>({
  query,
  body,
  ...rest
}: Omit<ApiSchema, keyof Parts<Query, Body>> & Parts<Query, Body>): ApiSchema<Query, Body> {
  const schema: ApiSchema<Query, Body> = { ...rest };
  for (const [name, make] of Object.entries({ query: query ?? noQuery, body })) {
    if (make === undefined) continue;
    const get = () => {
      const value = make();
      Object.defineProperty(schema, name, { value });
      return value;
    };
    Object.defineProperty(schema, name, { get, enumerable: true, configurable: true });
  }
  return schema;
}
