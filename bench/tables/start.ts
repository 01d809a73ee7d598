/** From the start of the process to its first answer. */
import { type Bench, type MeasureTable, measureStage, type Server, startBare, startPlain } from "../bench.ts";
import type { Metric } from "../figures.ts";
import { CALLER } from "../guards.ts";
import type { Measurable } from "../rounds.ts";
import { askOf } from "./asks.ts";

const METRICS: readonly Metric[] = [{ key: "start", label: "ms to the first answer", against: "times", steady: true }];

export const start: MeasureTable = (bench) => {
  const rows: Measurable[] = [
    { name: "bare Hono server", sample: () => firstAnswer(bench, startBare) },
    { name: "bare Hono server again", sample: () => firstAnswer(bench, startBare) },
    {
      name: "gateway",
      targets: [{ metric: "start", value: 2 }],
      sample: () => firstAnswer(bench, startPlain),
    },
  ];
  const title = "From the start of the process to the first answer of GET cash/state";
  return measureStage(bench, { name: "start", title, metrics: METRICS, rows, programs: [] });
};

async function firstAnswer(bench: Bench, begin: (bench: Bench) => Promise<Server>) {
  const { path, headers } = askOf("read", CALLER);
  const began = performance.now();
  const server = await begin(bench);
  try {
    const response = await fetch(`${server.origin}${path}`, { headers });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`the first answer was ${response.status}`);
    return { start: performance.now() - began };
  } finally {
    await server.end();
  }
}
