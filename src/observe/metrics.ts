/** What a gateway counts, and how that is written down for Prometheus. */
import type { DeskState } from "../desk/types.ts";
import { TRADING_STATES } from "../spec/policy.ts";
import {
  type Counts,
  count,
  createExposition,
  createHistogram,
  type Exposition,
  type Histogram,
} from "./exposition.ts";
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
  text(instances: readonly InstanceNow[], ofGateway: boolean): string;
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
    text(instances, ofGateway) {
      const out = createExposition();
      const shown = instances.map(({ name }) => ({ name, of: of(name) }));
      if (ofGateway) shown.push({ name: GATEWAY_NAME, of: of(GATEWAY_NAME) });
      writeTraffic(out, shown);
      writeStates(out, instances);
      if (!ofGateway) return out.text();
      out.family("httptrading_misses_total", "counter", "Requests answered with the uniform 404.", [[{}, misses]]);
      out.family("httptrading_journal_lines_total", "counter", "Lines written to the journal.", [[{}, lines]]);
      out.family("httptrading_journal_append_failures_total", "counter", "Appends that the journal did not take.", [
        [{}, failures],
      ]);
      out.histogram("httptrading_journal_append_duration_seconds", "Time until an append was safe.", [[{}, appends]]);
      return out.text();
    },
  };
}

/** What is outside the instances is counted and told under this name. */
export const GATEWAY_NAME = "gateway";

/** What errors of the routes without a token are told under. */
export const PUBLIC_NAME = "public";

interface Kept {
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

function writeTraffic(out: Exposition, shown: readonly { readonly name: string; readonly of: Kept }[]): void {
  out.family(
    "httptrading_requests_total",
    "counter",
    "Requests of known callers, by API and status.",
    shown.flatMap(({ name, of }) =>
      [...of.requests].flatMap(([api, { statuses }]) =>
        [...statuses].map(([status, value]) => [{ instance: name, api, status: String(status) }, value] as const),
      ),
    ),
  );
  out.histogram(
    "httptrading_request_duration_seconds",
    "Time to the answer; of a stream of events, to its beginning.",
    shown.flatMap(({ name, of }) =>
      [...of.requests]
        .filter(([, { statuses }]) => statuses.size > 0)
        .map(([api, { durations }]) => [{ instance: name, api }, durations] as const),
    ),
  );
  out.family(
    "httptrading_writes_total",
    "counter",
    "Orders placed, replaced and canceled, by what became of them. replayed: answered again under their key.",
    shown.flatMap(({ name, of }) =>
      [...of.writes].map(([key, value]) => {
        const [action = "", outcome = "", code = ""] = key.split(" ");
        return [{ instance: name, action, outcome, code }, value] as const;
      }),
    ),
  );
  out.histogram(
    "httptrading_write_duration_seconds",
    "Time from the check of a write's key to its answer.",
    shown.flatMap(({ name, of }) =>
      [...of.writeDurations].map(([action, durations]) => [{ instance: name, action }, durations] as const),
    ),
  );
  const each = (value: (of: Kept) => number) => shown.map(({ name, of }) => [{ instance: name }, value(of)] as const);
  out.family(
    "httptrading_connection_losses_total",
    "counter",
    "Times that the broker was lost.",
    each(({ losses }) => losses),
  );
  out.family(
    "httptrading_anomalies_total",
    "counter",
    "Things that should not happen and that somebody should look at.",
    each(({ anomalies }) => anomalies),
  );
  out.family(
    "httptrading_unforeseen_errors_total",
    "counter",
    "Exceptions that nobody foresaw.",
    each(({ errors }) => errors),
  );
}

function writeStates(out: Exposition, instances: readonly InstanceNow[]): void {
  const each = (value: (state: DeskState) => number | boolean | undefined) =>
    instances.flatMap(({ name, state }) => {
      const now = value(state);
      return now === undefined ? [] : [[{ instance: name }, Number(now)] as const];
    });
  const gauges: readonly [name: string, help: string, value: (state: DeskState) => number | boolean | undefined][] = [
    [
      "connected",
      "1 while the broker says that it is connected; absent until it says anything.",
      (its) => its.connected,
    ],
    ["reconciled", "1 while the broker's orders are known, so that orders can be sent.", (its) => its.reconciled],
    ["open_orders", "Orders of the account that are open.", (its) => its.openOrders],
    ["unknown_intents", "Writes of which nobody knows yet what became of them.", (its) => its.unknownIntents],
    ["event_followers", "Clients that follow order/events.", (its) => its.followers],
  ];
  for (const [name, help, value] of gauges) out.family(`httptrading_${name}`, "gauge", help, each(value));
  out.family(
    "httptrading_trading_state",
    "gauge",
    "The kill switch: 1 at the state that it is in; absent while the journal cannot say how it was left.",
    instances
      // The strictest holds whatever the other switch says.
      .filter(({ isSwitchKnown, state }) => isSwitchKnown || state.tradingState === "HALTED")
      .flatMap(({ name, state: { tradingState } }) =>
        TRADING_STATES.map((state) => [{ instance: name, state }, Number(state === tradingState)] as const),
      ),
  );
  const queues = instances.flatMap(({ name, state }) =>
    mergedQueues(state.queues).map((queue) => ({ labels: { instance: name, queue: queue.name }, queue })),
  );
  const eachQueue = (value: (queue: DeskState["queues"][number]) => number) =>
    queues.map(({ labels, queue }) => [labels, value(queue)] as const);
  out.family(
    "httptrading_queue_waiting",
    "gauge",
    "Calls that wait for a frequency limit of the vendor.",
    eachQueue(({ waiting }) => waiting),
  );
  out.family(
    "httptrading_queue_turns_total",
    "counter",
    "Calls that had their turn.",
    eachQueue(({ taken }) => taken),
  );
  out.family(
    "httptrading_queue_wait_seconds_total",
    "counter",
    "Time that those had waited.",
    eachQueue(({ waitedMs }) => waitedMs / 1000),
  );
  out.family(
    "httptrading_queue_refusals_total",
    "counter",
    "Calls refused because their turn would have come too late.",
    eachQueue(({ refused }) => refused),
  );
}

/** A vendor may count each account of a login for itself: one line stands for all of them. */
function mergedQueues(queues: DeskState["queues"]): DeskState["queues"] {
  const merged = new Map<string, DeskState["queues"][number]>();
  for (const queue of queues) {
    const { name, waiting, taken, waitedMs, refused } = queue;
    const before = merged.get(name);
    merged.set(
      name,
      before === undefined
        ? queue
        : {
            name,
            waiting: before.waiting + waiting,
            taken: before.taken + taken,
            waitedMs: before.waitedMs + waitedMs,
            refused: before.refused + refused,
          },
    );
  }
  return [...merged.values()];
}
