import { reaches, type Table } from "./figures.ts";

/**
 * The targets that were missed by half: a share below half of it, or more than twice the times or the size. Only what
 * holds on a busy machine too is looked at, never an absolute time.
 */
export function missedByHalf(tables: readonly Table[]): string[] {
  return tables.flatMap(({ title, runtime, metrics, rows }) =>
    rows.flatMap((row) =>
      row.targets.flatMap(({ metric: key, value }) => {
        const metric = metrics.find((candidate) => candidate.key === key);
        const ratio = row.ratios[key]?.median ?? Number.NaN;
        if (metric?.steady !== true || reaches(metric.against, ratio, value, 2)) return [];
        const where = runtime === null ? title : `${runtime}: ${title}`;
        return [
          `${where}: ${row.name} came to ${ratio.toFixed(2)} by ${metric.label}, far from its target of ${value}`,
        ];
      }),
    ),
  );
}
