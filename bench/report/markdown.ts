/** The results in Markdown: the ratios on one screen, and every figure. */
import { RUNTIMES, type Runtime } from "../runtimes.ts";
import { type Line, linesOf, type Results } from "./results.ts";
import { number, ratio, spread, verdict } from "./words.ts";

const NAMES: Readonly<Record<Runtime, string>> = { node: "Node", deno: "Deno", bun: "Bun" };

/** Every target, with what each runtime reached: medians of ratios that were paired per round. */
export function ratiosTable({ tables }: Results): string {
  const rows = linesOf(tables).map((line) => [
    line.title,
    line.row,
    line.metric,
    ...RUNTIMES.map((runtime) => cell(line, runtime)),
  ]);
  return table(["What", "Row", "Metric", ...RUNTIMES.map((name) => NAMES[name])], rows);
}

function cell({ cells, against }: Line, runtime: Runtime): string {
  const found = cells[runtime] ?? cells.all;
  if (found === undefined) return "–";
  const say = (value: number) => ratio(against, value);
  const text = `${say(found.ratio.median)} (${say(found.value)})`;
  return found.reached ? text : `**${text}**`;
}

/** What the ratios are, for who reads the table. */
const LEGEND =
  "In parentheses the target; in bold what missed it. A plain number is the share of what the baseline does, by requests a second or by the server's processor time; `×` is so many times the baseline, `+` what is added to it.";

/** The whole document. `chart` is the file name of the chart beside it. */
export function markdownOf(results: Results, chart: string): string {
  const { date, machine, versions, load, cores, rounds, seconds, tables } = results;
  const said = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const parts = [
    "# What the gateway costs",
    `Measured on ${date} by \`npm run bench -- --out docs/bench.json\`, which writes this page. ${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}; ${said.join(", ")}. Load by ${load}; ${cores}.`,
    `Every table was measured in ${rounds} rounds by turns, each row for ${seconds} s a round after a warm-up; a figure is the median of its rounds, with the least and the greatest. Ratios are paired: each to the baseline of the same round. The second row is the baseline once more, in a process of its own: what lies within its spread is no difference, and is called none.`,
    ratiosTable(results),
    LEGEND,
    `![Ratios and targets](${chart})`,
    ...tables.flatMap(({ title, runtime, metrics, rows, notes }) => [
      `## ${runtime === null ? "" : `${NAMES[runtime as Runtime]}: `}${title}`,
      table(
        ["", ...metrics.flatMap(({ label }) => [label, "against the first"])],
        rows.map((row) => [
          row.name,
          ...metrics.flatMap((metric) => {
            const figure = row.figures[metric.key];
            return [figure === undefined ? "" : `${number(figure.median)} (${spread(figure)})`, verdict(metric, row)];
          }),
        ]),
      ),
      ...notes,
    ]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
