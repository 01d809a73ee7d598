import type { Table } from "../figures.ts";
import { number, spread, verdict } from "./words.ts";

/** A table for people at a terminal. */
export function terminalTable({ title, runtime, metrics, rows, notes }: Table): string {
  const head = ["", ...metrics.flatMap(({ label }) => [label, "against the first"])];
  const body = rows.map((row) => [
    row.name,
    ...metrics.flatMap((metric) => {
      const figure = row.figures[metric.key];
      return [figure === undefined ? "" : `${number(figure.median)} (${spread(figure)})`, verdict(metric, row)];
    }),
  ]);
  const all = [head, ...body];
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const lines = all.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [`${runtime === null ? "" : `${runtime}: `}${title}`, ...lines, ...notes, ""].join("\n");
}
