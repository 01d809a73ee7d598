/** One operation on the documentation page. */
import { curlOf } from "./curl.ts";
import { fieldRow, fieldTable, schemaTable } from "./docs-schema.ts";
import { type Html, html, phrase, prose } from "./html.ts";
import type { JsonSchema, MediaType, OpenApiDocument, Operation, Reference, Reply } from "./types.ts";

/** The anchor of an operation on the page. */
export function operationAnchor(operation: Operation): string {
  return `op-${operation.operationId.replaceAll(/[^\w.-]/g, "_")}`;
}

/** A folded block: what the operation takes, how it is called, what it answers. */
export function operationBlock(document: OpenApiDocument, method: string, path: string, operation: Operation): Html {
  const body = operation.requestBody?.content["application/json"]?.schema;
  const parameters = (place: "query" | "header") =>
    (operation.parameters ?? [])
      .filter((parameter) => parameter.in === place)
      .map(({ name, schema, required, description }) =>
        fieldRow(name, schema, required ? "required" : "", description),
      );
  const [query, headers] = [parameters("query"), parameters("header")];
  return html`<details><summary><span class="method ${method}">${method.toUpperCase()}</span><code class="path">${path}</code><span class="says">${operation.summary}</span></summary>
<div id="${operationAnchor(operation)}">
${prose(operation.description)}
${query.length === 0 ? "" : html`<h3>Query</h3>${fieldTable("Parameter", query)}`}
${headers.length === 0 ? "" : html`<h3>Headers</h3>${fieldTable("Header", headers)}`}
${body === undefined ? "" : html`<h3>Body (JSON)</h3>${schemaTable(resolve(document, body), "required")}`}
<h3>Try it</h3><pre><code>${curlOf(document, method, path, operation)}</code></pre>
${replies(document, operation)}
</div></details>`;
}

function replies(document: OpenApiDocument, operation: Operation): Html {
  const all = Object.entries(operation.responses).map(([status, reply]) => ({
    status,
    reply: "$ref" in reply ? document.components.responses[nameOf(reply)] : reply,
  }));
  const good = all.find(({ status }) => status === "200");
  const failures = all
    .filter((entry) => entry !== good)
    .map(({ status, reply }) => {
      const lines = (reply?.description ?? "").split("\n\n");
      return html`<tr><td><code>${status}</code></td><td>${lines.map((line) => html`<p>${phrase(line)}</p>`)}</td></tr>`;
    });
  return html`${good?.reply === undefined ? "" : goodReply(document, good.reply)}
<h3>Failures</h3><div class="scroll"><table><thead><tr><th>Status</th><th>Meaning</th></tr></thead><tbody>${failures}</tbody></table></div>`;
}

function goodReply(document: OpenApiDocument, { description, content }: Reply): Html {
  const stream = content["text/event-stream"];
  if (stream !== undefined) {
    return html`<h3>Answer</h3>${prose(stream.schema.description)}<pre><code>${String(stream.example)}</code></pre>`;
  }
  const media = content["application/json"];
  if (media === undefined) return html`<h3>Answer</h3>${prose(description)}`;
  // Where failures come with 200 too, the good answer is the first alternative.
  const answer = resolve(document, media.schema.anyOf?.[0] ?? media.schema);
  const { properties = {}, ...rest } = answer;
  const common = envelopeFields(document);
  const isEnveloped = common.every((name) => name in properties);
  const own = Object.entries(properties).filter(([name]) => !isEnveloped || !common.includes(name));
  const table = schemaTable({ ...rest, properties: Object.fromEntries(own) }, "optional");
  const example = exampleOf(media);
  return html`<h3>Answer</h3>${prose(description)}
${own.length === 0 ? html`<p>Nothing besides the envelope.</p>` : table}
${example === undefined ? "" : html`<pre><code>${JSON.stringify(example, null, 2)}</code></pre>`}`;
}

/** What every answer has and is explained once. */
function envelopeFields(document: OpenApiDocument): string[] {
  return Object.keys(document.components.schemas["Failure"]?.properties ?? {}).filter((name) => name !== "error");
}

function exampleOf({ example, examples = {} }: MediaType): unknown {
  if (example !== undefined) return example;
  const [first] = Object.values(examples);
  return first !== undefined && "value" in first ? first.value : undefined;
}

function resolve(document: OpenApiDocument, schema: JsonSchema): JsonSchema {
  const { $ref } = schema;
  return $ref === undefined ? schema : (document.components.schemas[nameOf({ $ref })] ?? schema);
}

function nameOf({ $ref }: Reference): string {
  return $ref.slice($ref.lastIndexOf("/") + 1);
}
