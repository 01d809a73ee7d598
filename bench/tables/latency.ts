/** What a client waits longer than one who calls the adapter directly, in the same process. */
import { type MeasureTable, measureStage, type Server, startBare, startGateway } from "../bench.ts";
import { type Metric, percentile, type Sample } from "../figures.ts";
import { type Program, startProgram } from "../program.ts";
import type { Measurable } from "../rounds.ts";
import { SETUPS } from "../setups.ts";
import { askOf } from "./asks.ts";

const METRICS: readonly Metric[] = [
  { key: "p50", label: "p50 µs", against: "added" },
  { key: "p99", label: "p99 µs", against: "added" },
];

/** Requests in a second of a round: few enough that slow runtimes keep up. */
const PER_SECOND = 4000;

/** Microseconds that the gateway may add, on Bun. */
const MOST = [
  { metric: "p50", value: 60 },
  { metric: "p99", value: 300 },
];

export const latency: MeasureTable = async (bench) => {
  const requests = Math.ceil(PER_SECOND * bench.effort.seconds);
  const programs: Program[] = [];

  const sampleOf = (waits: unknown): Sample => {
    const sorted = (waits as number[]).sort((a, b) => a - b);
    return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
  };

  async function overHttp(name: string, server: Server, targets: Measurable["targets"] = []): Promise<Measurable> {
    const [caller] = SETUPS.plain.callers;
    if (caller === undefined) throw new Error("the plain setup has no caller");
    const setup = { port: server.ready["port"], ask: askOf("read", caller) };
    const command = bench.cores.load([process.execPath, "bench/programs/one-by-one.ts"]);
    const client = await startProgram(command, setup);
    programs.push(server, client);
    return { name, targets, sample: async () => sampleOf(await client.ask("waits", requests)) };
  }

  const gateway = await startGateway(bench, { setup: "plain" });
  const direct = async () => sampleOf(await gateway.ask("direct", requests));
  const rows: Measurable[] = [
    { name: "adapter called directly", sample: direct },
    { name: "adapter called directly again", sample: direct },
    await overHttp("bare Hono route, over HTTP", await startBare(bench)),
    await overHttp("gateway, over HTTP", gateway, bench.runtime.name === "bun" ? MOST : []),
  ];
  const title = "How long one client waits for GET cash/state, and what that adds to a direct call";
  return measureStage(bench, { name: "latency", title, metrics: METRICS, rows, programs });
};
