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
  const { info, tags, components } = document;
  const entries = entriesOf(document);
  const groups = tags.map((tag) => ({
    tag,
    entries: entries.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  const operations = groups.map(
    (group) => html`<section><h2>${group.tag.name}</h2>${prose(group.tag.description)}
${group.entries.map(({ method, path, operation }) => operationBlock(document, method, path, operation))}</section>`,
  );
  const failure = components.schemas["Failure"];
  const envelope =
    failure === undefined
      ? ""
      : html`<details><summary><span class="path">The envelope</span><span class="says">of every answer</span></summary>
<div id="envelope">${schemaTable(failure, "optional")}<p>In a good answer <code>ex</code> is <code>null</code>, there is no <code>error</code>, and the fields of the API follow.</p></div></details>`;
  const schemas = linkedSchemas(document, html`${envelope}${operations}`);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title}</title>
<style>${new Html(DOCS_STYLE)}</style>
</head>
<body><div class="page">
<nav aria-label="Contents">
<a href="#top">${info.title}</a>
${groups.map(
  (group) =>
    html`<p>${group.tag.name}</p><ul>${group.entries.map(
      ({ operation }) => html`<li><a href="#${operationAnchor(operation)}">${operation.summary}</a></li>`,
    )}</ul>`,
)}
<p>types</p><ul>${schemas.map(({ name }) => html`<li><a href="#${schemaAnchor(name)}">${name}</a></li>`)}</ul>
</nav>
<main id="top">
<h1>${info.title}</h1>
<p class="quiet">Version ${info.version} · <a href="openapi.json">openapi.json</a> (OpenAPI ${document.openapi})</p>
${prose(info.description)}
${envelope}
${operations}
<section><h2>types</h2>
${schemas.map(({ block }) => block)}</section>
</main>
</div></body>
</html>
`;
  return page.markup;
}

/** The components that something on the page links to; the others are shown where they are used. */
function linkedSchemas(document: OpenApiDocument, operations: Html): { name: string; block: Html }[] {
  const blocks = Object.entries(document.components.schemas).map(([name, schema]) => ({
    name,
    block: html`<details><summary><code class="path">${name}</code><span class="says">${schema.description ?? ""}</span></summary>
<div id="${schemaAnchor(name)}">${schemaTable(schema, "optional")}</div></details>`,
  }));
  const { markup } = html`${operations}${blocks.map(({ block }) => block)}`;
  return blocks.filter(({ name }) => markup.includes(`href="#${schemaAnchor(name)}"`));
}

function entriesOf(document: OpenApiDocument): Entry[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    HTTP_METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method, path, operation }];
    }),
  );
}
