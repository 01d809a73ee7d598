/** One operation on the documentation page. */
import { curlOf } from "./curl.ts";
import { fieldRow, fieldTable, schemaTable } from "./docs-schema.ts";
import { type Html, html, phrase, prose } from "./html.ts";
import type { Content, JsonSchema, OpenApiDocument, Operation, Reference, Reply } from "./types.ts";

/** The anchor of an operation on the page. */
export function operationAnchor(operation: Operation): string {
  return `op-${operation.operationId}`;
}

/** A folded block: what the operation takes, how it is called, what it answers. */
export function operationBlock(document: OpenApiDocument, method: string, path: string, operation: Operation): Html {
  const body = operation.requestBody?.content["application/json"]?.schema;
  const parameters = (operation.parameters ?? []).map((parameter) =>
    fieldRow(parameter.name, parameter.schema, parameter.required, parameter.description),
  );
  return html`<details><summary><span class="method ${method}">${method.toUpperCase()}</span><code class="path">${path}</code><span class="says">${operation.summary}</span></summary>
<div id="${operationAnchor(operation)}">
${prose(operation.description)}
${parameters.length === 0 ? "" : html`<h3>Query</h3>${fieldTable("Parameter", parameters)}`}
${body === undefined ? "" : html`<h3>Body (JSON)</h3>${schemaTable(resolve(document, body))}`}
<h3>Try it</h3><pre><code>${curlOf(document, method, path, operation)}</code></pre>
${replies(document, operation)}
</div></details>`;
}

function replies(document: OpenApiDocument, operation: Operation): Html {
  const all = Object.entries(operation.responses).map(([status, reply]) => ({
    status,
    reply: isReference(reply) ? document.components.responses[nameOf(reply)] : reply,
  }));
  const good = all.find(({ status }) => status.startsWith("2"));
  const failures = all.filter((entry) => entry !== good);
  return html`${good?.reply === undefined ? "" : goodReply(document, good.reply)}
<h3>Failures</h3><div class="scroll"><table><thead><tr><th>Status</th><th>Meaning</th></tr></thead><tbody>${failures.map(
    ({ status, reply }) =>
      html`<tr><td><code>${status}</code></td><td>${(reply?.description ?? "").split("\n\n").map((line) => html`<p>${phrase(line)}</p>`)}</td></tr>`,
  )}</tbody></table></div>`;
}

function goodReply(document: OpenApiDocument, reply: Reply): Html {
  const media = jsonOf(reply.content);
  if (media === undefined) return html`<h3>Answer</h3>${prose(reply.description)}`;
  return html`<h3>Answer</h3>${prose(reply.description)}${schemaTable(resolve(document, media.schema))}
${media.example === undefined ? "" : html`<pre><code>${JSON.stringify(media.example, null, 2)}</code></pre>`}`;
}

function jsonOf(content: Content) {
  return content["application/json"];
}

function resolve(document: OpenApiDocument, schema: JsonSchema): JsonSchema {
  const { $ref } = schema;
  return $ref === undefined ? schema : (document.components.schemas[nameOf({ $ref })] ?? schema);
}

function isReference(value: Reply | Reference): value is Reference {
  return "$ref" in value;
}

function nameOf({ $ref }: Reference): string {
  return $ref.slice($ref.lastIndexOf("/") + 1);
}
