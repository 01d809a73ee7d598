import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineApi } from "../../src/http/api.ts";
import { curlOf } from "../../src/http/openapi/curl.ts";
import { html, phrase, prose } from "../../src/http/openapi/html.ts";
import { DOCS_CSP, docsPage } from "../../src/http/openapi/index.ts";
import { documentOf, operation, operationsOf } from "./openapi-fixture.ts";

const HOSTILE = `</summary></code></style><script>alert(1)</script><img src=x onerror="alert(2)"> \` & ' " -->`;

const hostile = defineApi({
  name: `hostile"><script>`,
  method: "POST",
  path: "hostile/path",
  schema: {
    summary: HOSTILE,
    description: `${HOSTILE}\n\n${HOSTILE} \`${HOSTILE}\``,
    query: z.object({
      [HOSTILE]: z
        .string()
        .regex(/<b>"/)
        .meta({ description: HOSTILE, examples: [HOSTILE] }),
    }),
    body: z.object({ [HOSTILE]: z.enum([HOSTILE]).default(HOSTILE) }).meta({ id: HOSTILE, description: HOSTILE }),
    answer: z.object({ [HOSTILE]: z.literal(HOSTILE), map: z.record(z.string(), z.literal(HOSTILE)) }),
    bodyExample: { [HOSTILE]: HOSTILE },
    queryExample: { [HOSTILE]: HOSTILE },
    answerExample: { [HOSTILE]: HOSTILE, map: {} },
  },
  handler: ({ respond }) => respond(),
});

const document = await documentOf();
const hostileDocument = await documentOf([hostile], { tokenHeader: `X-"><script>`, title: HOSTILE, version: HOSTILE });

interface Tag {
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
}

/** Reads a page as strictly as it is written: lower-case tags, quoted attributes, every element closed in its order. */
function tagsOf(page: string): Tag[] {
  const open: string[] = [];
  const tags: Tag[] = [];
  const text = page
    .replace(/^<!doctype html>\n/, "")
    .replaceAll(/<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"<]*")*)>/g, (_tag, slash, name, attributes) => {
      if (slash === "/") expect(open.pop()).toBe(name);
      else {
        if (name !== "meta") open.push(name);
        const pairs = [...attributes.matchAll(/ ([a-z-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value] as const);
        tags.push({ name, attributes: pairs });
      }
      return "";
    });
  expect(open).toEqual([]);
  expect(text).not.toMatch(/</);
  return tags;
}

describe.each([
  ["standard APIs", document],
  ["hostile texts", hostileDocument],
])("the page of %s", (_name, described) => {
  const page = docsPage(described);
  const tags = tagsOf(page);

  test("is made of harmless elements and attributes only", () => {
    const names = "html head meta title style body nav main section details summary div table thead tbody tr th td";
    const texts = "h1 h2 h3 p a ul li span code pre";
    expect([...names.split(" "), ...texts.split(" ")]).toEqual(expect.arrayContaining(tags.map(({ name }) => name)));
    const attributes = new Set(tags.flatMap((tag) => tag.attributes.map(([name]) => name)));
    expect(["lang", "charset", "name", "content", "class", "id", "href", "aria-label"]).toEqual(
      expect.arrayContaining([...attributes]),
    );
  });

  test("links only to itself and to the document, and every anchor is there once", () => {
    const values = (wanted: string) =>
      tags.flatMap(({ attributes }) => attributes.filter(([name]) => name === wanted).map(([, value]) => value));
    const ids = values("id");
    expect(new Set(ids).size).toBe(ids.length);
    const targets = values("href").filter((href) => href !== "openapi.json");
    expect(targets.length).toBeGreaterThan(20);
    for (const target of targets) expect(ids.map((id) => `#${id}`)).toContain(target);
  });

  test("is what its policy allows: one style, by its hash, and nothing else", () => {
    const [, style = ""] = /<style>([^<]*)<\/style>/.exec(page) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    expect(DOCS_CSP).toContain(`default-src 'none'; style-src 'sha256-${hash}';`);
    expect(style).not.toMatch(/url\(|@import/);
  });

  test("starts as every page should", () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">/);
    expect(page).toMatch(/<title>[^<]+<\/title>/);
  });
});

test("every operation, type and curl command is on the page", () => {
  const page = docsPage(document);
  for (const { operationId, summary } of operationsOf(document).values()) {
    expect(page).toContain(`<div id="op-${operationId}">`);
    expect(page).toContain(`<span class="says">${summary}</span>`);
  }
  for (const name of ["Order", "Contract", "Error", "Capabilities"]) expect(page).toContain(`id="schema-${name}"`);
  expect(page).toContain("curl &#39;http://127.0.0.1:8080/httptrading/api/YOUR_INSTANCE_ID/ping/state&#39;");
  expect(page).toContain("In plain text: nothing is here.");
});

test("an API may stand under any name, also one that every object has", async () => {
  const api = defineApi({
    name: "odd",
    method: "GET",
    path: "constructor/odd",
    schema: { summary: "Odd" },
    handler: ({ respond }) => respond(),
  });
  const odd = await documentOf([api]);
  expect(odd.tags).toContainEqual({ name: "constructor", description: "APIs under `constructor`." });
  expect(docsPage(odd)).toContain("constructor/odd");
});

test("the hostile text is shown, as text", () => {
  const page = docsPage(hostileDocument);
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(page).not.toContain("<script");
  expect(page).not.toContain("<img");
});

describe("markup", () => {
  test("escapes text, keeps markup, joins lists", () => {
    expect(html`<p>${`<&>"'`}${html`<b>${1}</b>`}${["a", html`<i></i>`]}</p>`.markup).toBe(
      "<p>&lt;&amp;&gt;&quot;&#39;<b>1</b>a<i></i></p>",
    );
  });

  test("an object that looks like markup is not", () => {
    const forged = JSON.parse('[{ "markup": "<script>" }]');
    expect(() => html`${forged}`.markup).toThrow();
  });

  test("backticks mark code where they come in pairs", () => {
    expect(phrase("a `<b>` c").markup).toBe("a <code>&lt;b&gt;</code> c");
    expect(phrase("a ` c").markup).toBe("a ` c");
    expect(prose("one\n\ntwo").markup).toBe("<p>one</p><p>two</p>");
  });
});

describe("curl commands", () => {
  /** The words that a shell makes of a command. */
  function words(command: string): string[] {
    const script = `set -- ${command}; printf '%s\\0' "$@"`;
    return execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
  }

  test("a read", () => {
    const quote = operation(document, "marketQuote");
    expect(words(curlOf(document, "get", "/api/{instanceId}/market/quote", quote))).toEqual([
      "curl",
      "http://127.0.0.1:8080/api/YOUR_INSTANCE_ID/market/quote?tradeType=Securities&symbol=000001&region=CN",
      "-H",
      "HT-TOKEN: YOUR_TOKEN",
    ]);
  });

  test("a call without a token", () => {
    expect(words(curlOf(document, "get", "/health", operation(document, "health")))).toEqual([
      "curl",
      "http://127.0.0.1:8080/health",
    ]);
  });

  test("a write, whatever is in its texts", () => {
    const [command, flag, method, url, ...rest] = words(
      curlOf(hostileDocument, "post", "/path", operation(hostileDocument, hostile.name)),
    );
    expect([command, flag, method]).toEqual(["curl", "-X", "POST"]);
    expect(new URL(url ?? "").searchParams.get(HOSTILE)).toBe(HOSTILE);
    expect(rest.slice(0, 5)).toEqual(["-H", `X-"><script>: YOUR_TOKEN`, "-H", "content-type: application/json", "-d"]);
    expect(JSON.parse(rest[5] ?? "")).toEqual({ [HOSTILE]: HOSTILE });
  });
});
