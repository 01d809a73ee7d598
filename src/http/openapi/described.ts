import type * as z from "zod";
import type { Api, ApiSchema } from "../api.ts";

/** An API whose answer is there, so that it can be written down. */
export interface DescribedApi extends Api {
  readonly schema: ApiSchema & { readonly answer?: z.ZodObject };
}

/** Loads what an API answers. An API without a schema is not described. Rejects with an error that names the API. */
export async function described(api: Api): Promise<DescribedApi | undefined> {
  if (api.schema === undefined) return undefined;
  const { answer, ...schema } = api.schema;
  const loaded = await load(api.name, answer);
  return { ...api, schema: { ...schema, ...(loaded && { answer: loaded }) } };
}

async function load(name: string, answer: ApiSchema["answer"]): Promise<z.ZodObject | undefined> {
  if (typeof answer !== "function") return answer;
  try {
    return await answer();
  } catch (cause) {
    throw new Error(`the answer of API "${name}" cannot be loaded: ${String(cause)}`, { cause });
  }
}
