/** The documentation as one page that needs nothing else: no script, no font, no other host. */
import { operationAnchor, operationBlock } from "./docs-operation.ts";
import { schemaAnchor, schemaTable } from "./docs-schema.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import { Html, html, prose } from "./html.ts";
import { HTTP_METHODS, type OpenApiDocument, type Operation } from "./types.ts";

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Renders the document for people. Everything in it is escaped; send it with `DOCS_CSP`. */
export function docsPage(document: OpenApiDocument): string {
  const entries = entriesOf(document);
  const groups = document.tags.map((tag) => ({
    tag,
    entries: entries.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  const schemas = Object.entries(document.components.schemas);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title}</title>
<style>${new Html(DOCS_STYLE)}</style>
</head>
<body><div class="page">
<nav aria-label="Contents">
<a href="#top">${document.info.title}</a>
${groups.map(
  (group) =>
    html`<p>${group.tag.name}</p><ul>${group.entries.map(
      ({ operation }) => html`<li><a href="#${operationAnchor(operation)}">${operation.summary}</a></li>`,
    )}</ul>`,
)}
<p>schemas</p><ul>${schemas.map(([name]) => html`<li><a href="#${schemaAnchor(name)}">${name}</a></li>`)}</ul>
</nav>
<main id="top">
<h1>${document.info.title}</h1>
<p class="quiet">Version ${document.info.version} · <a href="openapi.json">openapi.json</a> (OpenAPI ${document.openapi})</p>
${prose(document.info.description)}
${groups.map(
  (group) => html`<section><h2>${group.tag.name}</h2>${prose(group.tag.description)}
${group.entries.map(({ method, path, operation }) => operationBlock(document, method, path, operation))}</section>`,
)}
<section><h2>schemas</h2>
${schemas.map(
  ([
    name,
    schema,
  ]) => html`<details><summary><code class="path">${name}</code><span class="says">${schema.description ?? ""}</span></summary>
<div id="${schemaAnchor(name)}">${schemaTable(schema)}</div></details>`,
)}</section>
</main>
</div></body>
</html>
`;
  return page.markup;
}

function entriesOf(document: OpenApiDocument): Entry[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    HTTP_METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method, path, operation }];
    }),
  );
}
