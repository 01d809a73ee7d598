/** What memory and counts of a process tell about leaks. */

/** Memory after a collection, in bytes. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly heapUsed: number;
  readonly rss: number;
}

/** How many there are of each kind of thing. */
export type Counts = Readonly<Record<string, number>>;

/** What is kept after everything was closed: the runtime's own pool of connections, and the closed server. */
export const SPARE_CLOSED = { "servers in memory": 1, "sockets in memory": 8, "signals in memory": 20 } as const;

/** What there is more of than there was before. `spare` of a kind are no leak; default 0. */
export function leaksOf(before: Counts, after: Counts, spare: Counts = {}): string[] {
  return Object.entries(after).flatMap(([kind, now]) => {
    const was = before[kind] ?? 0;
    return now > was + (spare[kind] ?? 0) ? [`${kind}: ${was} before, ${now} after`] : [];
  });
}

/** How fast a figure grows, in bytes a minute: the line through its samples that fits best. 0 for fewer than two. */
export function slopeOf(samples: readonly Sample[], figure: "heapUsed" | "rss"): number {
  const [first] = samples;
  if (first === undefined || samples.length < 2) return 0;
  const points = samples.map((sample) => ({ x: (sample.at - first.at) / 60_000, y: sample[figure] }));
  const mean = (axis: "x" | "y") => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean("x"), mean("y")];
  const spread = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spread;
}
