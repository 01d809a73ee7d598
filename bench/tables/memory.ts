/** What a gateway holds after many orders, against after its first ten thousand: what it remembers is bounded. */
import { type MeasureTable, startOnServerCore } from "../bench.ts";
import { type Metric, rowsOf, type Sample } from "../figures.ts";

const METRICS: readonly Metric[] = [{ key: "heap", label: "heap MB", against: "times", steady: true }];

/** Orders between two looks: as many as the indexes keep, so that all are filled at the first look. */
const STEP = 10_000;
/** Looks that make one row. */
const LOOKS = 5;

/** The heap may be as large as it was, and a twentieth for what is not collected at once. */
const TARGET = { metric: "heap", value: 1.05 };

export const memory: MeasureTable = async (bench) => {
  const { orders } = bench.effort;
  const program = await startOnServerCore(bench, "orders", null);
  const heaps: Sample[] = [];
  try {
    for (let placed = STEP; placed <= Math.max(orders, 3 * LOOKS * STEP); placed += STEP) {
      await program.ask("place", STEP);
      const { heap } = (await program.ask("memory")) as { heap: number };
      heaps.push({ heap: heap / 1e6 });
    }
  } finally {
    await program.end();
  }
  const thousands = (looks: number) => `${((looks * STEP) / 1000).toLocaleString("en")},000`;
  const [first, again] = [heaps.slice(0, LOOKS), heaps.slice(LOOKS, 2 * LOOKS)];
  const last = heaps.slice(-LOOKS);
  const rows = rowsOf(METRICS, [
    { name: `after ${thousands(1)} to ${thousands(LOOKS)} orders`, samples: first },
    { name: `after ${thousands(LOOKS + 1)} to ${thousands(2 * LOOKS)}`, samples: again },
    {
      name: `after ${thousands(heaps.length - LOOKS + 1)} to ${thousands(heaps.length)}`,
      samples: last,
      targets: [TARGET],
    },
  ]);
  const grown = ((rows[2]?.figures["heap"]?.median ?? 0) - (rows[0]?.figures["heap"]?.median ?? 0)) * 1e6;
  const slope = (grown / ((heaps.length - LOOKS) * STEP)).toFixed(2);
  return {
    name: "memory",
    title: "Memory in use, everything collected, journal in memory",
    runtime: bench.runtime.name,
    metrics: METRICS,
    rows,
    notes: [`Growth from the first row to the last: ${slope} bytes an order.`],
  };
};
