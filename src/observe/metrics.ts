/** What a gateway counts. How that is written down is loaded when somebody asks. */
import type { DeskState } from "../desk/types.ts";
import { type Counts, count, createHistogram, type Histogram } from "./counters.ts";
import type { ObservedWrite, Observer, WriteResult } from "./observer.ts";

/** Counts the requests for one API of one instance. */
export interface RequestMeter {
  answered(status: number, ms: number): void;
}

/** What is counted of one instance. */
export interface InstanceMetrics {
  /** To be asked once for each API. */
  requests(api: string): RequestMeter;
  wrote(action: ObservedWrite["action"], result: WriteResult): void;
}

export interface JournalMetrics {
  appended(lines: number, ms: number): void;
}

/** An instance as it stands when it is asked. */
export interface InstanceNow {
  /** What operators call it. */
  readonly name: string;
  readonly state: DeskState;
  /** False while the journal cannot say how its kill switches were left. */
  readonly isSwitchKnown: boolean;
}

/** The media type of {@link Metrics.text}. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Everything that is counted. */
export interface Metrics {
  instance(name: string): InstanceMetrics;
  readonly journal: JournalMetrics;
  /** Counts what happens by itself. */
  readonly observer: Observer;
  /** Counts a request that was answered with the uniform 404. */
  missed(): void;
  /**
   * Writes of these instances. `ofGateway` adds what belongs to none, which only the gateway's own operators may see: it
   * tells of the other instances too.
   */
  text(instances: readonly InstanceNow[], ofGateway: boolean): Promise<string>;
}

/** All at zero. */
export function createMetrics(): Metrics {
  const kept = new Map<string, Kept>();
  const appends = createHistogram();
  let lines = 0;
  let failures = 0;
  let misses = 0;

  function of(name: string): Kept {
    const known = kept.get(name);
    if (known !== undefined) return known;
    const fresh = createKept();
    kept.set(name, fresh);
    return fresh;
  }

  return {
    instance: (name) => of(name).metrics,
    journal: {
      appended(added, ms) {
        lines += added;
        appends.observe(ms);
      },
    },
    observer: {
      event(event) {
        if (event.kind === "journal") failures += 1;
        else if (event.kind === "anomaly") of(event.instance).anomalies += 1;
        else if (event.kind === "error") of(event.instance === PUBLIC_NAME ? GATEWAY_NAME : event.instance).errors += 1;
        else if (event.kind === "connection") connection(of(event.instance), event.connected);
      },
    },
    missed() {
      misses += 1;
    },
    async text(instances, ofGateway) {
      const { metricsText } = await import("./metrics-text.ts");
      const shown = instances.map(({ name }) => ({ name, of: of(name) }));
      if (!ofGateway) return metricsText({ shown, instances });
      shown.push({ name: GATEWAY_NAME, of: of(GATEWAY_NAME) });
      return metricsText({ shown, instances, gateway: { misses, lines, failures, appends } });
    },
  };
}

/** What is outside the instances is counted and told under this name. */
export const GATEWAY_NAME = "gateway";

/** What errors of the routes without a token are told under. */
export const PUBLIC_NAME = "public";

/** What is kept of one instance. */
export interface Kept {
  readonly metrics: InstanceMetrics;
  readonly requests: Map<string, { readonly statuses: Counts<number>; readonly durations: Histogram }>;
  /** By action, outcome and code, as one word each. */
  readonly writes: Counts<string>;
  readonly writeDurations: Map<string, Histogram>;
  /** As last told. */
  connected: boolean;
  losses: number;
  anomalies: number;
  errors: number;
}

function createKept(): Kept {
  const requests: Kept["requests"] = new Map();
  const writes: Kept["writes"] = new Map();
  const writeDurations: Kept["writeDurations"] = new Map();
  return {
    requests,
    writes,
    writeDurations,
    connected: false,
    losses: 0,
    anomalies: 0,
    errors: 0,
    metrics: {
      requests(api) {
        const statuses: Counts<number> = new Map();
        const durations = createHistogram();
        requests.set(api, { statuses, durations });
        return {
          answered(status, ms) {
            count(statuses, status);
            durations.observe(ms);
          },
        };
      },
      wrote(action, { outcome, code, replayed, ms }) {
        count(writes, `${action} ${replayed ? "replayed" : outcome} ${code ?? "none"}`);
        const durations = writeDurations.get(action) ?? createHistogram();
        writeDurations.set(action, durations);
        durations.observe(ms);
      },
    },
  };
}

/** What is told as away again, or was never there, is not lost. */
function connection(kept: Kept, connected: boolean): void {
  if (kept.connected && !connected) kept.losses += 1;
  kept.connected = connected;
}
