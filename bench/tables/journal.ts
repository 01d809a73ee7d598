/** What durability costs without a gateway: orders a second, and how long one waits for the journal. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type MeasureTable, measureStage, startOnServerCore } from "../bench.ts";
import { type Metric, percentile, type Table } from "../figures.ts";
import type { Program } from "../program.ts";
import type { JournalAnswer, JournalSetup } from "../programs/journal.ts";
import type { Measurable } from "../rounds.ts";

const METRICS: readonly Metric[] = [
  { key: "orders", label: "orders/s", against: "share" },
  { key: "p50", label: "p50 µs", against: "added" },
  { key: "p99", label: "p99 µs", against: "added" },
];

/** Orders in a second of a round. */
const PER_SECOND = 3200;

export const journalOfOne: MeasureTable = (bench) => journal(bench, 1);
export const journalOfMany: MeasureTable = (bench) => journal(bench, 32);

async function journal(bench: Bench, clients: number): Promise<Table> {
  const orders = Math.ceil(PER_SECOND * bench.effort.seconds);
  const folder = mkdtempSync(join(bench.folder, "httptrading-bench-"));
  const programs: Program[] = [];
  let grouped = 0;

  async function row(name: string, setup: JournalSetup): Promise<Measurable> {
    const program = await startOnServerCore(bench, "journal", setup);
    programs.push(program);
    return {
      name,
      async sample() {
        const { seconds, waits, appendsASync } = (await program.ask("place", { clients, orders })) as JournalAnswer;
        grouped = appendsASync ?? grouped;
        const sorted = [...waits].sort((a, b) => a - b);
        return { orders: orders / seconds, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
      },
    };
  }

  try {
    const rows = [
      await row("in memory", {}),
      await row("in memory again", {}),
      await row("in SQLite", { file: join(folder, "journal.db") }),
    ];
    const title = `The journal alone, ${clients} client${clients === 1 ? "" : "s"}`;
    const notes = () => [`In SQLite one wait for the disk served ${grouped.toFixed(1)} appends.`];
    return await measureStage(bench, { name: `journal-${clients}`, title, metrics: METRICS, rows, programs, notes });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
