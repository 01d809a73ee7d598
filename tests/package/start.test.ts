/** What a process has to read before it can serve: packages that only some gateways need are loaded by those. */
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");

const EVERY = ["@noble/hashes", "big.js", "hono", "valibot", "zod"];

test.each(["node", "deno", "bun"])("the entrypoint of %s loads only what every gateway needs", async (runtime) => {
  const entry = `src/runtime/${runtime}.ts`;
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: "esm",
    outdir: "nowhere",
    write: false,
    metafile: true,
    packages: "external",
  });
  const packages = new Set<string>();
  const files = new Set([entry]);
  for (const file of files) {
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
      if (kind === "dynamic-import") continue;
      if (external !== true) files.add(path);
      else if (!path.startsWith("node:")) packages.add(packageOf(path));
    }
  }
  const server = runtime === "node" ? ["@hono/node-server"] : [];
  expect([...packages].sort()).toEqual([...server, ...EVERY].sort());
});

/** `@noble/hashes` of `@noble/hashes/sha2.js`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
