/** The core and the paper broker as a worker: bundled without anything of Node, and run in workerd. */
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HTTP_SUITE, type SuiteContext } from "../http/suite.ts";
import { ROOT } from "./program.ts";
import { fetchFrom, WORKER_BUILD } from "./worker-bundle.ts";

const SECRETS = { INSTANCE_ID: "workerInstance01", TOKEN: "workerToken_0001" };

/** A file of the bundle, under its name. */
interface Module {
  readonly name: string;
  readonly text: string;
}

const WITH_PAPER = { entryPoints: [join(ROOT, "examples/worker.ts")] };

/** A worker over a broker of its user's. */
const CORE = {
  stdin: {
    contents: `
      import { createHttpTrading, defineBroker } from "./mod.ts";
      import { worker } from "./src/runtime/worker.ts";
      export default worker((env) => createHttpTrading({ brokers: [defineBroker(env, env.broker)] }));`,
    resolveDir: ROOT,
    sourcefile: "worker.ts",
  },
} as const;

/** The worker's modules, its own first: what is imported when it is needed is a module by itself. */
async function bundle(of: Pick<BuildOptions, "entryPoints" | "stdin">): Promise<readonly Module[]> {
  const { outputFiles } = await build({
    ...WORKER_BUILD,
    ...of,
    splitting: true,
    outdir: ROOT,
  });
  const modules = outputFiles.map(({ path, text }) => ({ name: basename(path), text }));
  return modules.toSorted((a, b) => Number(b.name === ENTRY) - Number(a.name === ENTRY));
}

const ENTRY = "worker.js";

describe("in workerd", () => {
  let modules: readonly Module[];
  let worker: Miniflare;
  let context: SuiteContext;
  const request = (url: string, init?: RequestInit) => fetchFrom(worker, url, init);

  beforeAll(async () => {
    modules = await bundle(WITH_PAPER);
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
    const later = modules.filter((module) => !begunWith(modules).includes(module));
    expect(later.filter(({ name }) => name.startsWith("openapi-"))).toHaveLength(1);
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
  });

  test("the core is small: all that is loaded before the first request", async () => {
    const core = begunWith(await bundle(CORE));
    process.stdout.write(`worker bundle: core ${sizeOf(core)}; with the paper broker ${sizeOf(begunWith(modules))}\n`);
    expect(gzipped(core)).toBeLessThan(100_000);
  });
});

/** The first and what it imports, without what is loaded when it is asked for: documents, and adapters of brokers. */
function begunWith(modules: readonly Module[]): readonly Module[] {
  const begun = new Set(modules.slice(0, 1));
  for (const { text } of begun) {
    for (const [, from] of text.matchAll(/\b(?:import|from)\s*["']\.\/([^"']+)["']/g)) {
      const imported = modules.find(({ name }) => name === from);
      if (imported !== undefined) begun.add(imported);
    }
  }
  return [...begun];
}

function gzipped(modules: readonly Module[]): number {
  return modules.reduce((sum, { text }) => sum + gzipSync(text).length, 0);
}

function sizeOf(modules: readonly Module[]): string {
  const minified = modules.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  return `${kilobytes(minified)} minified, ${kilobytes(gzipped(modules))} gzipped`;
}
