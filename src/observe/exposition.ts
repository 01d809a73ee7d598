/**
 * Counters and histograms, and the text that Prometheus reads.
 *
 * Of our own because none of the kept libraries runs everywhere: `prom-client` needs Node's process, cluster and v8, the
 * exporter of OpenTelemetry a server of Node's, and this is all that is used of either.
 */

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

export type Labels = Readonly<Record<string, string>>;

/** Writes metrics, one family after the other. A family without a sample is left out. */
export interface Exposition {
  /** Of each name at most one, with all its samples. */
  family(name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): void;
  histogram(name: string, help: string, samples: readonly (readonly [Labels, Histogram])[]): void;
  text(): string;
}

export type Sample = readonly [labels: Labels, value: number];

/** The media type of {@link Exposition.text}. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function createExposition(): Exposition {
  const lines: string[] = [];

  function head(name: string, type: string, help: string): void {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  return {
    family(name, type, help, samples) {
      if (samples.length === 0) return;
      head(name, type, help);
      for (const [labels, value] of samples) lines.push(`${name}${written(labels)} ${value}`);
    },
    histogram(name, help, samples) {
      if (samples.length === 0) return;
      head(name, "histogram", help);
      for (const [labels, histogram] of samples) {
        const { upTo, sum } = histogram.read();
        for (const [le, total] of upTo) lines.push(`${name}_bucket${written({ ...labels, le })} ${total}`);
        lines.push(`${name}_sum${written(labels)} ${sum}`, `${name}_count${written(labels)} ${upTo.at(-1)?.[1] ?? 0}`);
      }
    },
    text: () => `${lines.join("\n")}\n`,
  };
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" };

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? character)}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
