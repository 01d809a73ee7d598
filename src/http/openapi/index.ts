/** The description of the API for machines and for people. Loaded when one of them is asked for. */
export { docsPage } from "./docs-page.ts";
export { DOCS_CSP } from "./docs-style.ts";
export { type OpenApiOptions, openApiDocument } from "./document.ts";
export type { OpenApiDocument } from "./types.ts";
