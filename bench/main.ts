/** `npm run bench`: what the gateway costs over the bare minimum, measured side by side. `--help` tells the options. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { betweenMarks } from "../scripts/conformance/between-marks.ts";
import { orUsage } from "../scripts/or-usage.ts";
import { buildPackage } from "../scripts/package.ts";
import type { Bench, MeasureTable } from "./bench.ts";
import { missedByHalf } from "./check.ts";
import { type Cores, findCores } from "./cores.ts";
import type { Table } from "./figures.ts";
import { findLoad } from "./load/find-load.ts";
import type { Load } from "./load/load.ts";
import { type BenchOptions, readOptions, USAGE } from "./options.ts";
import { chartOf } from "./report/chart.ts";
import { markdownOf, ratiosTable } from "./report/markdown.ts";
import { type Results, resultsOf } from "./report/results.ts";
import { terminalTable } from "./report/terminal.ts";
import { findRuntime, ROOT } from "./runtimes.ts";
import { bundle } from "./tables/bundle.ts";
import { TABLES } from "./tables/index.ts";

const READMES = ["README.md", "README.zh-CN.md"] as const;

if (process.argv.includes("--help") || process.argv.includes("-h")) process.stdout.write(USAGE);
else {
  const options = orUsage(USAGE.trimEnd(), () => readOptions(process.argv.slice(2)));
  if (options !== undefined) await main(options);
}

async function main(options: BenchOptions): Promise<void> {
  const cores = findCores();
  const load = await findLoad(options.load, cores);
  const benches = benchesOf(options, cores, load);
  process.stdout.write(`Load by ${load.name}; ${cores.note}.\n\n`);
  // What is measured is what is published.
  buildPackage(join(ROOT, "dist"));

  const results = resultsOf(benches, await measure(options, benches), {
    httptrading: packageJson.version,
    hono: packageJson.dependencies.hono.replace("^", ""),
  });
  await load.end();
  if (options.out !== undefined) await writeReport(options.out, results);
  if (options.isReadme) {
    for (const file of READMES) {
      writeFileSync(file, betweenMarks(readFileSync(file, "utf8"), ratiosTable(results), "bench"));
    }
  }
  if (!options.isCheck) return;
  const missed = missedByHalf(results.tables);
  for (const line of missed) process.stderr.write(`${line}\n`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}

function benchesOf({ runtimes, effort, folder, peer }: BenchOptions, cores: Cores, load: Load): Bench[] {
  return runtimes.map((name) => ({ runtime: findRuntime(name), cores, load, effort, folder, peer }));
}

/** Measures what was asked for, and shows each table as soon as it is there. */
async function measure({ isShort, isCheck, only, peer }: BenchOptions, benches: readonly Bench[]): Promise<Table[]> {
  const tables: Table[] = [];
  const show = (table: Table) => {
    process.stdout.write(`${terminalTable(table)}\n`);
    return table;
  };
  /** What falls below by more than a busy machine can explain does so twice. */
  const measured = async (measure: MeasureTable, bench: Bench) => {
    const table = show(await measure(bench));
    return isCheck && missedByHalf([table]).length > 0 ? show(await measure(bench)) : table;
  };
  for (const bench of benches) {
    for (const [name, { measure, short = [], needs }] of Object.entries(TABLES)) {
      const wanted = only === undefined ? !isShort || short.includes(bench.runtime.name) : only.includes(name);
      if (wanted && (needs === undefined || peer !== undefined)) tables.push(await measured(measure, bench));
    }
  }
  if (only === undefined || only.includes("bundle")) tables.push(show(await bundle()));
  return tables;
}

/** The JSON file, and beside it the page and the chart. */
async function writeReport(file: string, results: Results): Promise<void> {
  const stem = file.replace(/\.json$/, "");
  writeFileSync(`${stem}.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(`${stem}.md`, markdownOf(results, `${basename(stem)}.svg`));
  writeFileSync(`${stem}.svg`, `${await chartOf(results)}\n`);
}
