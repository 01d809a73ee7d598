/** A program as a worker: how it is bundled, and how it is asked. */
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import type { Miniflare } from "miniflare";
import { ROOT } from "./program.ts";

/** As hosts of workers bundle. */
export const WORKER_BUILD = {
  bundle: true,
  format: "esm",
  // Neither a module of Node nor one that is missing gets through: both fail the build.
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker"],
  target: "es2024",
  minify: true,
  write: false,
} satisfies BuildOptions & { readonly write: false };

/** Bundles a program, named from the root, into the text of one module. */
export async function bundleWorker(program: string): Promise<string> {
  const { outputFiles } = await build({
    ...WORKER_BUILD,
    entryPoints: [join(ROOT, program)],
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild gave no file");
  return file.text;
}

/** Asks a worker as `fetch` asks a server. */
export function fetchFrom(worker: Miniflare, url: string, init?: RequestInit): Promise<Response> {
  // Miniflare's own Request and Response differ from the global ones in their types only.
  return worker.dispatchFetch(
    url,
    init as Parameters<Miniflare["dispatchFetch"]>[1],
  ) as Promise<unknown> as Promise<Response>;
}
