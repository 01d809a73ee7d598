/** What every table is measured with. */
import type { Cores } from "./cores.ts";
import type { Effort } from "./effort.ts";
import type { Metric, Table } from "./figures.ts";
import { rowsOf } from "./figures.ts";
import { CALLER } from "./guards.ts";
import type { Load } from "./load/load.ts";
import { type Program, startProgram } from "./program.ts";
import type { BareSetup } from "./programs/bare.ts";
import type { GatewaySetup } from "./programs/gateway.ts";
import { type Measurable, measureByTurns } from "./rounds.ts";
import type { Runtime, RuntimeProgram } from "./runtimes.ts";
import type { Caller } from "./setups.ts";

/** One runtime on the bench. */
export interface Bench {
  readonly runtime: RuntimeProgram;
  readonly cores: Cores;
  readonly load: Load;
  readonly effort: Effort;
  /** A folder on the disk that journals are measured on. */
  readonly folder: string;
  readonly peer: Peer | undefined;
}

/** Any other gateway, which is asked in place of ours. */
export interface Peer {
  readonly name: string;
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Measures something on one runtime. */
export type MeasureTable = (bench: Bench) => Promise<Table>;

/** A value for each runtime. */
export type PerRuntime = Readonly<Record<Runtime, number>>;

/** A server under load. */
export interface Server extends Program {
  readonly origin: string;
}

/** Starts one of our programs under the runtime, on the server's core. */
export function startOnServerCore({ runtime, cores }: Bench, program: string, setup: unknown): Promise<Program> {
  return startProgram(cores.server([...runtime.command, `bench/programs/${program}.ts`]), setup);
}

async function startServer(bench: Bench, program: string, setup: unknown): Promise<Server> {
  const started = await startOnServerCore(bench, program, setup);
  return { ...started, origin: `http://127.0.0.1:${started.ready["port"]}` };
}

/** Starts the baseline. */
export function startBare(bench: Bench): Promise<Server> {
  return startServer(bench, "bare", CALLER satisfies BareSetup);
}

/** Starts the least that an order can cost. */
export function startKeeping(bench: Bench): Promise<Server> {
  return startServer(bench, "keeping", CALLER satisfies Caller);
}

/** Starts a gateway for its start alone. */
export function startPlain(bench: Bench): Promise<Server> {
  return startServer(bench, "started", CALLER satisfies Caller);
}

export function startGateway(bench: Bench, setup: GatewaySetup): Promise<Server> {
  return startServer(bench, "gateway", setup);
}

/** A table as it is set up: its rows, and the programs behind them. */
export interface Stage extends Pick<Table, "name" | "title"> {
  readonly metrics: readonly Metric[];
  /** The baseline first, then the baseline again. */
  readonly rows: readonly Measurable[];
  readonly programs: readonly Program[];
  notes?(): readonly string[];
}

/** Measures the rows of a table by turns, then ends its programs. */
export async function measureStage(bench: Bench, stage: Stage): Promise<Table> {
  const { name, title, metrics, rows, programs } = stage;
  try {
    const measured = await measureByTurns(rows, bench.effort);
    const notes = stage.notes?.() ?? [];
    return { name, title, runtime: bench.runtime.name, metrics, rows: rowsOf(metrics, measured), notes };
  } finally {
    await Promise.all(programs.map((program) => program.end()));
  }
}
