/** The core and the paper broker as a worker: bundled without anything of Node, and run in workerd. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HTTP_SUITE, type SuiteContext } from "../http/suite.ts";
import { ROOT } from "./program.ts";

const SECRETS = { INSTANCE_ID: "workerInstance01", TOKEN: "workerToken_0001" };

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "examples/worker.ts")],
    bundle: true,
    format: "esm",
    // Neither a module of Node nor one that is missing gets through: both fail the build.
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker"],
    target: "es2024",
    minify: true,
    write: false,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild gave no file");
  return file.text;
}

describe("in workerd", () => {
  let script: string;
  let worker: Miniflare;
  let context: SuiteContext;
  const request = (url: string, init?: RequestInit): Promise<Response> =>
    // Miniflare's own Request and Response differ from the global ones in their types only.
    worker.dispatchFetch(
      url,
      init as Parameters<Miniflare["dispatchFetch"]>[1],
    ) as Promise<unknown> as Promise<Response>;

  beforeAll(async () => {
    script = await bundle();
    worker = new Miniflare({ modules: true, script, bindings: SECRETS, compatibilityDate: "2026-01-01" });
    context = { instanceId: SECRETS.INSTANCE_ID, token: SECRETS.TOKEN, fetch: request };
    await worker.ready;
  });
  afterAll(() => worker.dispose());

  test.each(HTTP_SUITE)("$name", ({ run }) => run("http://127.0.0.1", context));

  test("the bundle asks for nothing from outside", () => {
    const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;
    process.stdout.write(
      `worker bundle: ${kilobytes(Buffer.byteLength(script))} minified, ${kilobytes(gzipSync(script).length)} gzipped\n`,
    );
    expect(script).not.toMatch(/\bimport\s*\(|\bfrom\s*["']|\brequire\(/);
    expect(script).not.toContain("futu-api");
  });
});
