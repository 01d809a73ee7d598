/** What is counted, as Prometheus reads it. */
import type { DeskState } from "../desk/types.ts";
import { TRADING_STATES } from "../spec/policy.ts";
import type { Histogram } from "./counters.ts";
import { createExposition, type Exposition } from "./exposition.ts";
import type { InstanceNow, Kept } from "./metrics.ts";

/** What is written. */
export interface Written {
  readonly shown: readonly { readonly name: string; readonly of: Kept }[];
  readonly instances: readonly InstanceNow[];
  /** What belongs to no instance; absent for those who may not see it. */
  readonly gateway?: {
    readonly misses: number;
    readonly lines: number;
    readonly failures: number;
    readonly appends: Histogram;
  };
}

export function metricsText({ shown, instances, gateway }: Written): string {
  const out = createExposition();
  writeTraffic(out, shown);
  writeStates(out, instances);
  if (gateway === undefined) return out.text();
  const { misses, lines, failures, appends } = gateway;
  out.family("httptrading_misses_total", "counter", "Requests answered with the uniform 404.", [[{}, misses]]);
  out.family("httptrading_journal_lines_total", "counter", "Lines written to the journal.", [[{}, lines]]);
  out.family("httptrading_journal_append_failures_total", "counter", "Appends that the journal did not take.", [
    [{}, failures],
  ]);
  out.histogram("httptrading_journal_append_duration_seconds", "Time until an append was safe.", [[{}, appends]]);
  return out.text();
}

function writeTraffic(out: Exposition, shown: Written["shown"]): void {
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
