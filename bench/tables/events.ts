/** One order's change to everybody who follows, against a raw loop over server-sent events. */
import { type MeasureTable, measureStage, type Server, startBare, startGateway } from "../bench.ts";
import { type Metric, percentile } from "../figures.ts";
import { type Program, startProgram } from "../program.ts";
import type { CpuAnswer } from "../programs/side-channel.ts";
import type { Measurable } from "../rounds.ts";
import { SETUPS } from "../setups.ts";
import { askOf } from "./asks.ts";

const METRICS: readonly Metric[] = [
  { key: "events", label: "events/s", against: "share" },
  { key: "cpu", label: "CPU µs/event", against: "inverse", steady: true },
  { key: "wait", label: "order p50 µs", against: "times" },
];

const TARGETS = [
  { metric: "events", value: 0.8 },
  { metric: "cpu", value: 0.8 },
  { metric: "wait", value: 1.2 },
];

export const events: MeasureTable = async (bench) => {
  const { followers, seconds } = bench.effort;
  const programs: Program[] = [];

  async function row(name: string, server: Server, targets: Measurable["targets"] = []): Promise<Measurable> {
    const [caller] = SETUPS.plain.callers;
    if (caller === undefined) throw new Error("the plain setup has no caller");
    const setup = {
      port: server.ready["port"],
      place: askOf("place", caller),
      follow: askOf("follow", caller),
      followers,
    };
    const clients = await startProgram(bench.cores.load([process.execPath, "bench/programs/followers.ts"]), setup);
    programs.push(server, clients);
    return {
      name,
      targets,
      async sample() {
        const before = (await server.ask("cpu")) as CpuAnswer;
        const heard = (await clients.ask("changes", seconds)) as { events: number; seconds: number; waits: number[] };
        const { microseconds } = (await server.ask("cpu")) as CpuAnswer;
        const wait = percentile(
          heard.waits.sort((a, b) => a - b),
          0.5,
        );
        return { events: heard.events / heard.seconds, cpu: (microseconds - before.microseconds) / heard.events, wait };
      },
    };
  }

  const rows = [
    await row("raw loop", await startBare(bench)),
    await row("raw loop again", await startBare(bench)),
    await row("gateway", await startGateway(bench, { setup: "plain" }), TARGETS),
  ];
  const title = `One order's change to ${followers} followers, the next when all have heard of it`;
  return measureStage(bench, { name: "events", title, metrics: METRICS, rows, programs });
};
