/** The core and the paper broker as a worker: bundled without anything of Node, and run in workerd. */
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HTTP_SUITE, type SuiteContext } from "../http/suite.ts";
import { ROOT } from "./program.ts";

const SECRETS = { INSTANCE_ID: "workerInstance01", TOKEN: "workerToken_0001" };

/** A file of the bundle, under its name. */
interface Module {
  readonly name: string;
  readonly text: string;
}

/** The worker's modules, its own first: what is imported when it is needed is a module by itself. */
async function bundle(): Promise<readonly Module[]> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "examples/worker.ts")],
    bundle: true,
    splitting: true,
    outdir: ROOT,
    format: "esm",
    // Neither a module of Node nor one that is missing gets through: both fail the build.
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker"],
    target: "es2024",
    minify: true,
    write: false,
  });
  const modules = outputFiles.map(({ path, text }) => ({ name: basename(path), text }));
  return modules.toSorted((a, b) => Number(b.name === ENTRY) - Number(a.name === ENTRY));
}

const ENTRY = "worker.js";

describe("in workerd", () => {
  let modules: readonly Module[];
  let worker: Miniflare;
  let context: SuiteContext;
  const request = (url: string, init?: RequestInit): Promise<Response> =>
    // Miniflare's own Request and Response differ from the global ones in their types only.
    worker.dispatchFetch(
      url,
      init as Parameters<Miniflare["dispatchFetch"]>[1],
    ) as Promise<unknown> as Promise<Response>;

  beforeAll(async () => {
    modules = await bundle();
    worker = new Miniflare({
      modules: modules.map(({ name, text }) => ({ type: "ESModule", path: name, contents: text })),
      bindings: SECRETS,
      compatibilityDate: "2026-01-01",
    });
    context = { instanceId: SECRETS.INSTANCE_ID, token: SECRETS.TOKEN, fetch: request };
    await worker.ready;
  });
  afterAll(() => worker.dispose());

  test.each(HTTP_SUITE)("$name", ({ run }) => run("http://127.0.0.1", context));

  test("the bundle asks for nothing from outside, and its documents are loaded when they are asked for", () => {
    const begun = modules.filter(({ name }) => !name.startsWith("openapi-"));
    expect(modules.length - begun.length).toBe(1);
    process.stdout.write(`worker bundle: ${sizeOf(begun)}; with its documents ${sizeOf(modules)}\n`);
    for (const { name, text } of modules) {
      for (const [, from] of text.matchAll(/\b(?:import\s*\(?|from)\s*["']([^"']+)["']/g)) {
        expect(
          modules.map((module) => `./${module.name}`),
          name,
        ).toContain(from);
      }
      expect(text).not.toMatch(/\brequire\(/);
      expect(text).not.toContain("futu-api");
    }
    expect(gzipped(begun)).toBeLessThan(100_000);
  });
});

function gzipped(modules: readonly Module[]): number {
  return modules.reduce((sum, { text }) => sum + gzipSync(text).length, 0);
}

function sizeOf(modules: readonly Module[]): string {
  const minified = modules.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  return `${kilobytes(minified)} minified, ${kilobytes(gzipped(modules))} gzipped`;
}
