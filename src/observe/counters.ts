/** Counters and histograms, as they are while they count. */

/** Upper bounds in seconds: from an answer out of memory to one that a deadline has ended. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** How often what took how long. */
export interface Histogram {
  /** Counts one that took so many milliseconds. */
  observe(ms: number): void;
  /** So many took up to each bound, the last without bound; and the seconds of all together. */
  read(): { readonly upTo: readonly (readonly [bound: string, count: number])[]; readonly sum: number };
}

/** Empty. */
export function createHistogram(): Histogram {
  const counts = new Array<number>(BOUNDS.length + 1).fill(0);
  let sum = 0;
  return {
    observe(ms) {
      const seconds = ms / 1000;
      let place = 0;
      while (place < BOUNDS.length && seconds > (BOUNDS[place] ?? 0)) place += 1;
      counts[place] = (counts[place] ?? 0) + 1;
      sum += seconds;
    },
    read() {
      let total = 0;
      const upTo = counts.map((count, place) => {
        total += count;
        return [String(BOUNDS[place] ?? "+Inf"), total] as const;
      });
      return { upTo, sum };
    },
  };
}

/** Counts by a key that is made once for each of the few that there are. */
export type Counts<Key> = Map<Key, number>;

export function count<Key>(counts: Counts<Key>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
