/**
 * The text that Prometheus reads.
 *
 * Of our own because none of the kept libraries runs everywhere: `prom-client` needs Node's process, cluster and v8, the
 * exporter of OpenTelemetry a server of Node's, and this is all that is used of either.
 */
import type { Histogram } from "./counters.ts";

export type Labels = Readonly<Record<string, string>>;

/** Writes metrics, one family after the other. A family without a sample is left out. */
export interface Exposition {
  /** Of each name at most one, with all its samples. */
  family(name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): void;
  histogram(name: string, help: string, samples: readonly (readonly [Labels, Histogram])[]): void;
  text(): string;
}

export type Sample = readonly [labels: Labels, value: number];

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
