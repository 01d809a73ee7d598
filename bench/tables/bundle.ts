/** The size of a worker with the core alone, as a host of workers loads it. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build, type ImportKind, type Metafile } from "esbuild";
import { type Metric, rowsOf, type Table } from "../figures.ts";
import { ROOT } from "../runtimes.ts";

/** Kilobytes of 1,000 bytes, compressed with gzip. */
const MOST_KB = 100;

/** A worker over a broker of its own: every broker of ours is an import of its user's. */
const CORE = `
import { createHttpTrading, defineBroker } from "./dist/mod.js";
import { worker } from "./dist/src/runtime/worker.js";
export default worker((env) =>
  createHttpTrading({ brokers: [defineBroker(env, { kind: "own", display: "own", capabilities: () => env.capabilities })] }),
);`;

/** Bundles it; the parts that are loaded when they are asked for, such as the OpenAPI document, are files of their own. */
export async function bundle(): Promise<Table> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: CORE, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker"],
    target: "es2024",
    minify: true,
    write: false,
    metafile: true,
    // It warns of imports that are there for their order alone, and may go: the package says so.
    logLevel: "error",
    outdir: ROOT,
    absWorkingDir: ROOT,
  });
  const bytesOf = new Map(outputFiles.map(({ path, contents }) => [path.slice(ROOT.length + 1), contents]));
  const files = (names: Iterable<string>) =>
    Buffer.concat([...names].map((name) => bytesOf.get(name) ?? new Uint8Array()));
  const sizes = (bytes: Buffer) => ({
    minified: bytes.length / 1000,
    gzip: gzipSync(bytes, { level: 9 }).length / 1000,
    brotli: brotliCompressSync(bytes).length / 1000,
  });
  const metrics = [
    { key: "minified", label: "kB minified", against: "added" },
    { key: "gzip", label: "kB with gzip", against: "added", steady: true },
    { key: "brotli", label: "kB with brotli", against: "added" },
  ] as const satisfies readonly Metric[];
  const nothing = { minified: 0, gzip: 0, brotli: 0 };
  const rows = rowsOf(metrics, [
    { name: "nothing", samples: [nothing] },
    { name: "nothing again", samples: [nothing] },
    {
      name: "core, before the first request",
      samples: [sizes(files(loaded(metafile, ["import-statement"])))],
      targets: [{ metric: "gzip", value: MOST_KB }],
    },
    {
      name: "core, with what is loaded when it is asked for",
      samples: [sizes(files(loaded(metafile, ["import-statement", "dynamic-import"])))],
    },
  ]).slice(2);
  return { name: "bundle", title: "The core for a worker", runtime: null, metrics, rows, notes: [] };
}

/** The entry and what it imports in these ways. Adapters of brokers that nobody uses are written too, and imported nowhere. */
function loaded({ outputs }: Metafile, kinds: readonly ImportKind[]): Set<string> {
  const entry = Object.keys(outputs).find((name) => outputs[name]?.entryPoint !== undefined);
  const names = new Set<string>(entry === undefined ? [] : [entry]);
  for (const name of names) {
    for (const { path, kind } of outputs[name]?.imports ?? []) if (kinds.some((one) => one === kind)) names.add(path);
  }
  return names;
}
