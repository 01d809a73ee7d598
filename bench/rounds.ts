import type { Effort } from "./effort.ts";
import type { Measured, Sample, Target } from "./figures.ts";

/** A row that can be measured once more. */
export interface Measurable {
  readonly name: string;
  readonly targets?: readonly Target[];
  sample(): Promise<Sample>;
}

/**
 * Measures all rows in every round, each time beginning with another one: whatever else the machine does strikes them
 * all, and the ratios are of the same minute. Every row is warmed up before the first round.
 */
export async function measureByTurns(
  rows: readonly Measurable[],
  { rounds, warmUps }: Pick<Effort, "rounds" | "warmUps">,
): Promise<Measured[]> {
  const samples = rows.map((): Sample[] => []);
  for (let warmUp = 0; warmUp < warmUps; warmUp += 1) for (const row of rows) await row.sample();
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < rows.length; turn += 1) {
      const index = (turn + round) % rows.length;
      const sample = await rows[index]?.sample();
      if (sample !== undefined) samples[index]?.push(sample);
    }
  }
  return rows.map(({ name, targets = [] }, index) => ({ name, targets, samples: samples[index] ?? [] }));
}
