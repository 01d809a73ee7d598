/** The ratios as a chart: a bar for what each runtime reached, a stroke for its target. */
import { parse, type Spec, View } from "vega";
import type { Spread } from "../figures.ts";
import { RUNTIMES, type Runtime } from "../runtimes.ts";
import { linesOf, type Results } from "./results.ts";

/** Pixels for the bars of one row. */
const GROUP_HEIGHT = 54;

interface Bar extends Spread {
  readonly what: string;
  readonly runtime: Runtime;
  readonly target: number;
}

/** Draws the shares of the baseline. Resolves with an SVG, which is made without a browser. */
export async function chartOf({ tables }: Results): Promise<string> {
  const bars: Bar[] = linesOf(tables)
    .filter(({ against }) => against === "share" || against === "inverse")
    .flatMap(({ title, row, metric, cells }) =>
      RUNTIMES.flatMap((runtime) => {
        const cell = cells[runtime];
        if (cell === undefined) return [];
        const { median, min, max } = cell.ratio;
        return [{ what: `${title}: ${row}, ${metric}`, runtime, median, min, max, target: cell.value }];
      }),
    );
  return new View(parse(specOf(bars)), { renderer: "none" }).toSVG();
}

function specOf(bars: readonly Bar[]): Spec {
  const what = { scale: "what", field: "what" } as const;
  const inGroup = { scale: "runtime", field: "runtime", band: 0.5 } as const;
  return {
    $schema: "https://vega.github.io/schema/vega/v6.json",
    title: { text: "Share of what the baseline does (1 is no cost); the stroke is the target", anchor: "start" },
    width: 460,
    height: GROUP_HEIGHT * new Set(bars.map(({ what }) => what)).size,
    padding: 8,
    background: "white",
    data: [{ name: "bars", values: [...bars] }],
    scales: [
      { name: "what", type: "band", domain: { data: "bars", field: "what" }, range: "height", padding: 0.25 },
      { name: "share", domain: [0, 1.1], range: "width" },
      { name: "color", type: "ordinal", domain: [...RUNTIMES], range: ["#5b8c5a", "#4c6fa5", "#d9a05b"] },
    ],
    axes: [
      { orient: "bottom", scale: "share", grid: true, tickCount: 11 },
      { orient: "left", scale: "what", labelLimit: 520 },
    ],
    legends: [{ fill: "color", orient: "top" }],
    marks: [
      {
        type: "group",
        from: { facet: { data: "bars", name: "group", groupby: "what" } },
        encode: { enter: { y: what } },
        signals: [{ name: "height", update: "bandwidth('what')" }],
        scales: [{ name: "runtime", type: "band", domain: [...RUNTIMES], range: "height", padding: 0.1 }],
        marks: [
          {
            type: "rect",
            from: { data: "group" },
            encode: {
              enter: {
                y: { scale: "runtime", field: "runtime" },
                height: { scale: "runtime", band: 1 },
                x: { scale: "share", value: 0 },
                x2: { scale: "share", field: "median" },
                fill: { scale: "color", field: "runtime" },
              },
            },
          },
          {
            type: "rule",
            from: { data: "group" },
            encode: {
              enter: {
                y: inGroup,
                x: { scale: "share", field: "min" },
                x2: { scale: "share", field: "max" },
                stroke: { value: "#222" },
              },
            },
          },
          {
            type: "rule",
            from: { data: "group" },
            encode: {
              enter: {
                y: { scale: "runtime", field: "runtime" },
                y2: { scale: "runtime", field: "runtime", band: 1 },
                x: { scale: "share", field: "target" },
                stroke: { value: "#b00020" },
                strokeWidth: { value: 2 },
              },
            },
          },
        ],
      },
    ],
  };
}
