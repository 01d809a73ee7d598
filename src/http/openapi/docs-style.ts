/** Look of the documentation page, and the policy under which a browser lets it load nothing else. */
import { sha256 } from "@noble/hashes/sha2.js";

export const DOCS_STYLE = `
:root { color-scheme: light dark; --text: #1c2128; --quiet: #59636e; --back: #fff; --panel: #f6f8fa; --line: #d1d9e0;
  --link: #0550ae; --get: #0a6640; --post: #8a3b00; --other: #5a32a3; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --quiet: #9aa5b1; --back: #0d1117; --panel: #161b22;
  --line: #3d444d; --link: #79b8ff; --get: #56d364; --post: #ffa657; --other: #d2a8ff; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--text); background: var(--back); font: 16px/1.55 system-ui, sans-serif; }
.page { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 78rem; margin: 0 auto; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 1.5rem 1rem;
  border-right: 1px solid var(--line); font-size: .875rem; }
nav p { margin: 1rem 0 .25rem; color: var(--quiet); }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li { padding: .1rem 0; }
main { padding: 1.5rem 2rem 6rem; }
h1 { margin: 0; font-size: 1.9rem; } h2 { margin: 3rem 0 .5rem; font-size: 1.35rem; }
h3 { margin: 1.5rem 0 .4rem; font-size: 1rem; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
p { margin: .5rem 0; max-width: 46rem; }
code, pre { font: .85em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
code { padding: .1em .3em; border-radius: 4px; background: var(--panel); overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .8rem 1rem; overflow: auto; border: 1px solid var(--line); border-radius: 6px;
  background: var(--panel); }
pre code { padding: 0; background: none; overflow-wrap: normal; }
details { margin: .5rem 0; border: 1px solid var(--line); border-radius: 6px; }
details > div { padding: 0 1rem 1rem; scroll-margin-top: 4rem; }
details details { margin: .5rem 0; }
summary { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; padding: .6rem 1rem;
  cursor: pointer; }
summary:hover { background: var(--panel); }
summary .path { font-weight: 600; background: none; padding: 0; }
summary .says { color: var(--quiet); }
.method { min-width: 3.2rem; font-weight: 700; font-size: .8rem; color: var(--other); }
.method.get { color: var(--get); } .method.post { color: var(--post); }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 600; } td p { margin: 0; }
td:first-child { white-space: nowrap; } td + td { min-width: 8rem; }
.quiet { color: var(--quiet); } .required, .optional { color: var(--quiet); font-size: .8rem; }
.required { color: var(--post); }
@media (max-width: 50rem) { .page { display: block; } nav { position: static; max-height: none; border: 0;
  border-bottom: 1px solid var(--line); columns: 2; } main { padding: 1rem 1rem 4rem; } }
`;

/**
 * Content security policy for the page: nothing may be loaded and no script may run; the one style is allowed by its
 * hash. To be sent as `content-security-policy` beside it.
 */
export const DOCS_CSP = `default-src 'none'; style-src 'sha256-${hash(DOCS_STYLE)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

function hash(text: string): string {
  return btoa(String.fromCharCode(...sha256(new TextEncoder().encode(text))));
}
