/** A document of the standard APIs, and small helpers to walk through one. */

import type { Api } from "../../src/http/api.ts";
import { type OpenApiDocument, type OpenApiOptions, openApiDocument } from "../../src/http/openapi/index.ts";
import type { Example, Operation, Reply } from "../../src/http/openapi/types.ts";
import { HTTP_METHODS } from "../../src/http/openapi/types.ts";
import { STD_APIS } from "../../src/http/std-apis.ts";

/** The document of the standard APIs and further ones. */
export function documentOf(
  extra: readonly Api[] = [],
  options: Partial<OpenApiOptions> & { readonly apis?: readonly Api[] } = {},
): Promise<OpenApiDocument> {
  const { apis = STD_APIS, ...rest } = options;
  return openApiDocument([...apis, ...extra], { tokenHeader: "HT-TOKEN", ...rest });
}

/** Every operation by its id. */
export function operationsOf(document: OpenApiDocument): Map<string, Operation> {
  const operations = Object.values(document.paths).flatMap((item) =>
    HTTP_METHODS.flatMap((method) => item[method] ?? []),
  );
  return new Map(operations.map((operation) => [operation.operationId, operation]));
}

/** One operation, which must be there. */
export function operation(document: OpenApiDocument, id: string): Operation {
  const found = operationsOf(document).get(id);
  if (found === undefined) throw new Error(`no operation ${id}`);
  return found;
}

/** One reply with its reference followed, which must be there. */
export function reply(document: OpenApiDocument, { responses, operationId }: Operation, status: number): Reply {
  const entry = responses[status];
  const found = entry !== undefined && "$ref" in entry ? document.components.responses[lastOf(entry.$ref)] : entry;
  if (found === undefined) throw new Error(`${operationId} has no reply ${status}`);
  return found;
}

/** The examples of a reply's JSON by name, with their references followed. */
export function examplesOf(document: OpenApiDocument, { content }: Reply): Map<string, unknown> {
  const { example, examples = {} } = content["application/json"] ?? { schema: {} };
  const named = Object.entries(examples).map(([name, entry]): [string, unknown] => {
    const followed: Example | undefined = "$ref" in entry ? document.components.examples[lastOf(entry.$ref)] : entry;
    return [name, followed?.value];
  });
  return new Map(example === undefined ? named : [["example", example], ...named]);
}

function lastOf(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}
