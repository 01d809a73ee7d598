/** From samples to figures: medians with their spread, ratios paired per round, and what may be said of a difference. */

/** What one round of one row gave, by metric. */
export type Sample = Readonly<Record<string, number>>;

/** Median, least and greatest of the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * How a metric is held against the baseline of the same round: `share` of what the baseline does, `inverse` where less
 * is better but a share is meant (work by processor time), `times` as much, or what is `added` to it.
 */
export type Against = "share" | "inverse" | "times" | "added";

/** Something that is measured. */
export interface Metric {
  readonly key: string;
  /** For people, with its unit. */
  readonly label: string;
  readonly against: Against;
  /** True for what a busy machine hardly changes: the only metrics that `--check` looks at. */
  readonly steady?: boolean;
}

/** What a row's ratio should be, or what it may add at most. */
export interface Target {
  readonly metric: string;
  /** A least for `share` and `inverse`, a most for `times` and `added`. */
  readonly value: number;
}

/** A row as it is reported. */
export interface Row {
  readonly name: string;
  readonly role: "baseline" | "baseline again" | "measured";
  readonly figures: Readonly<Record<string, Spread>>;
  /** Against the baseline; empty for the baseline itself. */
  readonly ratios: Readonly<Record<string, Spread>>;
  /** Metrics whose difference to the baseline lies inside the spread of the baseline against itself. */
  readonly none: readonly string[];
  readonly targets: readonly (Target & { readonly reached: boolean })[];
}

/** One table: everything in it was measured by turns. */
export interface Table {
  readonly name: string;
  readonly title: string;
  /** `null` for what is the same on all. */
  readonly runtime: string | null;
  readonly metrics: readonly Metric[];
  readonly rows: readonly Row[];
  /** What a reader must know beside the figures. */
  readonly notes: readonly string[];
}

/** A row before its samples are summed up: the first of a table is its baseline, the second the baseline again. */
export interface Measured {
  readonly name: string;
  readonly samples: readonly Sample[];
  readonly targets?: readonly Target[];
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(half)] ?? Number.NaN) + (sorted[Math.ceil(half)] ?? Number.NaN)) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** The value below which this part of the sorted values lies. */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
}

const PAIRED = {
  share: (value, base) => value / base,
  inverse: (value, base) => base / value,
  times: (value, base) => value / base,
  added: (value, base) => value - base,
} as const satisfies Record<Against, (value: number, base: number) => number>;

/** True when a ratio is as it should be. `slack` 2 asks for half of a share only, or for twice the times. */
export function reaches(against: Against, ratio: number, target: number, slack = 1): boolean {
  return against === "share" || against === "inverse" ? ratio >= target / slack : ratio <= target * slack;
}

/** Sums up the rows of a table. */
export function rowsOf(metrics: readonly Metric[], measured: readonly Measured[]): Row[] {
  const [base, again] = measured;
  if (base === undefined || again === undefined) throw new Error("a table needs its baseline twice");
  const ratiosOf = ({ samples }: Measured) =>
    byMetric(metrics, ({ key, against }) =>
      spreadOf(
        samples.map((sample, round) =>
          PAIRED[against](sample[key] ?? Number.NaN, base.samples[round]?.[key] ?? Number.NaN),
        ),
      ),
    );
  const noise = ratiosOf(again);
  return measured.map((row, index) => {
    const ratios = row === base ? {} : ratiosOf(row);
    return {
      name: row.name,
      role: row === base ? "baseline" : index === 1 ? "baseline again" : "measured",
      figures: byMetric(metrics, ({ key }) => spreadOf(row.samples.map((sample) => sample[key] ?? Number.NaN))),
      ratios,
      none: index < 2 ? [] : metrics.map(({ key }) => key).filter((key) => isInside(ratios[key], noise[key])),
      targets: (row.targets ?? []).map((target) => {
        const against = metrics.find(({ key }) => key === target.metric)?.against ?? "share";
        return { ...target, reached: reaches(against, ratios[target.metric]?.median ?? Number.NaN, target.value) };
      }),
    };
  });
}

function byMetric<T>(metrics: readonly Metric[], of: (metric: Metric) => T): Record<string, T> {
  return Object.fromEntries(metrics.map((metric) => [metric.key, of(metric)]));
}

function isInside(ratio: Spread | undefined, noise: Spread | undefined): boolean {
  return ratio !== undefined && noise !== undefined && ratio.median >= noise.min && ratio.median <= noise.max;
}
