/** A run in words. */
import { slopeOf } from "./memory.ts";
import type { SoakResult } from "./run.ts";

/** Groups of counts as they are printed, and what each is called. */
const GROUPS = [
  "requests",
  "answers",
  "answers lost",
  "faults",
  "the world",
  "events",
  "unknown",
  "unknown resolved as",
] as const;
const WRITES = ["order/place", "order/replace", "order/cancel"] as const;

const MEBIBYTE = 1024 * 1024;
/** So many faults are told one by one. */
const MOST_TOLD = 40;

/** Everything that is worth knowing of a run, line by line. */
export function reportOf({ options, counters, orders, samples, loaded, idle, closed, faults }: SoakResult): string[] {
  const listed = (group: string): string => {
    const kinds = counters.of(group).map(([kind, count]) => `${kind} ${count}`);
    return kinds.length === 0 ? "none" : kinds.join(", ");
  };
  const writes = options.brokers.flatMap((broker) =>
    WRITES.map((path) => `  ${broker} ${path}: ${listed(`${broker} ${path}`)}`),
  );
  const [first, last] = [samples[0], samples.at(-1)];
  return [
    "",
    `requests: ${counters.total("requests")} of ${options.clients} clients in ${options.minutes} minutes`,
    `orders: ${Object.entries(orders)
      .map(([broker, count]) => `${broker} ${count}`)
      .join(", ")}`,
    ...GROUPS.map((group) => `${group}: ${listed(group)}`),
    "writes, by what their clients were told in the end:",
    ...writes,
    `faults, by where they struck: ${options.brokers.map((broker) => `${broker} (${listed(`faults at ${broker}`)})`).join("; ")}`,
    first === undefined || last === undefined
      ? "memory: no sample, the run was too short"
      : `memory after warm-up, ${samples.length} samples: heap ${mebi(first.heapUsed)} to ${mebi(last.heapUsed)} MiB, ` +
        `slope ${mebi(slopeOf(samples, "heapUsed"))} MiB a minute; rss ${mebi(first.rss)} to ${mebi(last.rss)} MiB, ` +
        `slope ${mebi(slopeOf(samples, "rss"))} MiB a minute`,
    `alive before the load:  ${countsText(idle.before)}`,
    `alive after warm-up:    ${countsText(loaded)}`,
    `alive after the load:   ${countsText(idle.after)}`,
    `alive before opening:   ${countsText(closed.before)}`,
    `alive after close():    ${countsText(closed.unanswered)}`,
    `and without its peers:  ${countsText(closed.after)}`,
    "",
    ...faults.slice(0, MOST_TOLD).map((text) => `WRONG: ${text}`),
    ...(faults.length > MOST_TOLD ? [`… and ${faults.length - MOST_TOLD} more`] : []),
    faults.length === 0
      ? "ledger = journal = clients = followers, and nothing leaked"
      : `${faults.length} things are wrong (seed ${options.seed})`,
  ];
}

function mebi(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(2);
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(", ");
}
