/**
 * What a process has to do before it can serve: packages that only some gateways need are loaded by those, and schemas are
 * made by the requests that need them.
 */
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import type { Api } from "../../mod.ts";

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

test("no schema is made before the first request, and by that one its own alone", async () => {
  const z = await import("zod");
  const hello: Api = {
    name: "helloWorld",
    method: "GET",
    path: "hello/world",
    schema: { summary: "Greet", query: z.object({}), answer: z.object({}) },
    handler: ({ respond }) => respond(),
  };
  const zod = await watchZod();
  const { createHttpTrading } = await import("../../mod.ts");
  const { paper } = await import("../../src/brokers/paper/index.ts");
  for (const runtime of ["node", "deno", "bun", "worker"]) await import(`../../src/runtime/${runtime}.ts`);
  let std: readonly Api[] = [];
  await using trading = createHttpTrading({
    brokers: [paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] })],
    stdApis: (apis) => {
      std = apis;
      return apis.map((api) => ({ ...api, handler: (context) => api.handler(context) }));
    },
    extendApis: [hello],
  });
  expect(await zod.called()).toEqual([]);
  expect(std.flatMap(madeParts)).toEqual([]);

  const url = "http://localhost/httptrading/api/WyLqtMhDvAnBb6a3/cash/state";
  const answer = await trading.fetch(new Request(url, { headers: { "HT-TOKEN": "Vt5UCW2sLBvgPXjR" } }));
  expect(answer.status).toBe(200);
  expect(await zod.called()).toContain("strictObject");
  expect(std.flatMap(madeParts)).toEqual(["cashState.query"]);
  zod.end();
});

/** Counts, by the engine's own means, which of zod's functions are called. */
async function watchZod(): Promise<{ called(): Promise<readonly string[]>; end(): void }> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  return {
    /** Those called since the last time. */
    called: async () => {
      const { result } = await session.post("Profiler.takePreciseCoverage");
      return result
        .filter(({ url }) => url.includes("/node_modules/zod/"))
        .flatMap(({ functions }) => functions)
        .filter(({ ranges }) => ranges.some(({ count }) => count > 0))
        .map(({ functionName }) => functionName);
    },
    end: () => session.disconnect(),
  };
}

/** The parts of an API's schema that are there, found without making any. */
function madeParts({ name, schema = { summary: "" } }: Api): string[] {
  return ["query", "body"].flatMap((part) =>
    Object.getOwnPropertyDescriptor(schema, part)?.value === undefined ? [] : `${name}.${part}`,
  );
}
