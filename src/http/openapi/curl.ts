/** Commands that can be pasted into a shell. */
import type { OpenApiDocument, Operation, Parameter } from "./types.ts";

const BASE = "http://127.0.0.1:8080";

/** A curl command that calls an operation with its examples. */
export function curlOf(document: OpenApiDocument, method: string, path: string, operation: Operation): string {
  const address = path.replaceAll(/\{[^}]+\}/g, "YOUR_INSTANCE_ID");
  // Without it curl would collect events before it shows them.
  const unbuffered = isStream(operation) ? "-N " : "";
  const lines = [
    `curl ${unbuffered}${method === "get" ? "" : `-X ${method.toUpperCase()} `}${quote(BASE + address + query(operation))}`,
  ];
  if ((operation.security ?? document.security).length > 0) {
    for (const scheme of Object.values(document.components.securitySchemes)) {
      lines.push(`-H ${quote(`${scheme.name}: YOUR_TOKEN`)}`);
    }
  }
  for (const { name, in: place, required } of operation.parameters ?? []) {
    if (place === "header" && required)
      lines.push(`-H ${quote(`${name}: YOUR_${name.toUpperCase().replaceAll("-", "_")}`)}`);
  }
  const body = operation.requestBody?.content["application/json"];
  if (body !== undefined) {
    lines.push(
      `-H ${quote("content-type: application/json")}`,
      `-d ${quote(JSON.stringify(body.example ?? {}, null, 2))}`,
    );
  }
  return lines.join(" \\\n  ");
}

function isStream({ responses }: Operation): boolean {
  const good = responses["200"];
  return good !== undefined && "content" in good && good.content["text/event-stream"] !== undefined;
}

function query(operation: Operation): string {
  const pairs = (operation.parameters ?? [])
    .filter((parameter) => parameter.in === "query" && (parameter.required || parameter.example !== undefined))
    .map((parameter) => `${encodeURIComponent(parameter.name)}=${encodeURIComponent(exampleOf(parameter))}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function exampleOf({ name, example }: Parameter): string {
  return example === undefined ? name.toUpperCase() : String(example);
}

/** One word of a POSIX shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
