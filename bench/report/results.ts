/** Everything that was measured, and where: without names of the machine, its user or its folders. */
import { arch, cpus, platform, release, totalmem } from "node:os";
import type { Bench } from "../bench.ts";
import type { Against, Spread, Table, Target } from "../figures.ts";
import { RUNTIMES, type Runtime } from "../runtimes.ts";

/** What is written to the JSON file. */
export interface Results {
  readonly date: string;
  readonly machine: {
    readonly system: string;
    readonly processor: string;
    readonly cores: number;
    readonly memoryGb: number;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly load: string;
  readonly cores: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly tables: readonly Table[];
}

function machine(): Results["machine"] {
  const [processor] = cpus();
  return {
    system: `${platform()} ${release().split("-")[0]} ${arch()}`,
    processor: processor?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
  };
}

/** The results of these benches, one for each runtime. */
export function resultsOf(
  benches: readonly Bench[],
  tables: readonly Table[],
  versions: Record<string, string>,
): Results {
  const [first] = benches;
  if (first === undefined) throw new Error("no runtime was measured");
  const runtimes = benches.map(({ runtime }) => [runtime.name, runtime.version]);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    versions: { ...Object.fromEntries(runtimes), ...versions },
    load: first.load.name,
    cores: first.cores.note,
    rounds: first.effort.rounds,
    seconds: first.effort.seconds,
    tables,
  };
}

/** One target and how near each runtime came to it. */
export interface Line {
  readonly title: string;
  readonly row: string;
  readonly metric: string;
  readonly against: Against;
  /** By runtime; `all` for what is the same on all. */
  readonly cells: Readonly<
    Partial<Record<Runtime | "all", Target & { readonly reached: boolean; readonly ratio: Spread }>>
  >;
}

/** The targets of all tables, one line for what was measured on several runtimes. */
export function linesOf(tables: readonly Table[]): Line[] {
  const lines = new Map<string, Line>();
  for (const { name, title, runtime, metrics, rows } of tables) {
    for (const row of rows) {
      for (const target of row.targets) {
        const metric = metrics.find(({ key }) => key === target.metric);
        const ratio = row.ratios[target.metric];
        if (metric === undefined || ratio === undefined) continue;
        const key = `${name} ${row.name} ${metric.key}`;
        const line = lines.get(key) ?? {
          title,
          row: row.name,
          metric: metric.label,
          against: metric.against,
          cells: {},
        };
        const place = RUNTIMES.find((known) => known === runtime) ?? "all";
        lines.set(key, { ...line, cells: { ...line.cells, [place]: { ...target, ratio } } });
      }
    }
  }
  return [...lines.values()];
}
