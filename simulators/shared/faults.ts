/** Faults that are armed over the control port and consumed, one by one, by what the simulator is asked. */

export const FAULT_KINDS = [
  "drop",
  "half-open",
  "stall",
  "delay",
  "refuse",
  "rate-limit",
  "lose-answer",
  "duplicate-push",
  "late-push",
  "restart",
] as const;

export const FAULT_STAGES = ["connect", "read", "place", "replace", "cancel", "push"] as const;

/**
 * What goes wrong.
 *
 * | kind | on a request | on a push |
 * |---|---|---|
 * | `drop` | the connection is closed, nothing was accepted | the connection is closed instead |
 * | `half-open` | the connection stays, and nothing is ever answered or pushed on it again | the same |
 * | `stall` | this request is never answered, nothing was accepted | this push is never sent |
 * | `delay` | taken up only after `ms` | sent after `ms` |
 * | `refuse` | the vendor's failure answer | – |
 * | `rate-limit` | the vendor's over-the-limit answer, nothing was accepted | – |
 * | `lose-answer` | accepted, then the connection is closed instead of the answer | – |
 * | `duplicate-push` | – | sent twice |
 * | `late-push` | – | sent after `ms` |
 * | `restart` | every connection is closed, the ports are closed for `ms`, then open again | – |
 */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Where a fault strikes. */
export type FaultStage = (typeof FAULT_STAGES)[number];

/**
 * A kind of fault that only one simulator has: it strikes at some stages, as the kinds above do, and the simulator does
 * what its name says; or it happens at once, and is then not counted.
 */
export type OwnFaultKind = { readonly stages: readonly FaultStage[] } | { readonly atOnce: (ms: number) => void };

/** The kinds a simulator adds, by name. */
export type OwnFaultKinds<Own extends string> = Readonly<Record<Own, OwnFaultKind>>;

/** A fault as it is armed. `Own` are the names of the kinds that the simulator adds. */
export interface FaultOrder<Own extends string = never> {
  readonly kind: FaultKind | Own;
  /** Default: the next request of any kind; for the push kinds, the next push; for `restart`, at once. */
  readonly on?: FaultStage;
  /** How often it strikes. Default 1. */
  readonly count?: number;
  /** For `delay`, `late-push` (default 1000) and `restart` (default 500): milliseconds. */
  readonly ms?: number;
}

/** A fault that strikes now. */
export interface Fault<Own extends string = never> {
  readonly kind: FaultKind | Own;
  readonly ms: number;
}

const PUSH_ONLY: ReadonlySet<string> = new Set<FaultKind>(["duplicate-push", "late-push"]);
const ON_PUSH: ReadonlySet<string> = new Set<FaultKind>([
  "drop",
  "half-open",
  "stall",
  "delay",
  "duplicate-push",
  "late-push",
]);

/** The faults of one simulator. */
export interface Faults<Own extends string = never> {
  /** Every kind that can be armed here. */
  readonly kinds: readonly string[];
  /** Why such a fault cannot be armed here, or `undefined` when it can. */
  problem(order: FaultOrder<string>): string | undefined;
  /**
   * Arms a fault. A `restart` without `on` happens at once.
   * @throws when the kind cannot strike at that stage.
   */
  arm(order: FaultOrder<Own>): void;
  /** Disarms all; connections that already went half-open stay so. */
  clear(): void;
  /** The fault that strikes at this stage now, oldest first, counted down; `undefined` for none. */
  take(stage: FaultStage): Fault<Own> | undefined;
  /** How many strikes are still to come; 0 once all have struck. */
  armed(): number;
}

/** Why a fault of the kinds that all simulators have cannot be armed so, or `undefined` when it can. */
export function faultProblem(order: FaultOrder<string>): string | undefined {
  const { kind, on } = order;
  if (on === undefined) return undefined;
  if (on === "push" && !ON_PUSH.has(kind)) return `${kind} cannot strike a push; use it on a request`;
  if (on !== "push" && PUSH_ONLY.has(kind)) return `${kind} strikes pushes only; leave "on" out or say "push"`;
  return undefined;
}

/**
 * Makes the faults of a simulator.
 *
 * @param restart what a restart without a stage calls
 * @param own kinds that only this simulator has
 */
export function createFaults<Own extends string = never>(
  restart: (ms: number) => void,
  own?: OwnFaultKinds<Own>,
): Faults<Own> {
  const ownKinds: ReadonlyMap<string, OwnFaultKind> = new Map(Object.entries<OwnFaultKind>(own ?? {}));
  const kinds = [...FAULT_KINDS, ...ownKinds.keys()];
  let armed: {
    readonly kind: FaultKind | Own;
    readonly on: FaultStage | undefined;
    readonly ms: number;
    left: number;
  }[] = [];

  const problem = (order: FaultOrder<string>): string | undefined => {
    const { kind, on } = order;
    if (!kinds.includes(kind)) return `kind: there is no fault "${kind}"; there are ${kinds.join(", ")}`;
    const ownKind = ownKinds.get(kind);
    if (ownKind === undefined) return faultProblem(order);
    if (on === undefined) return undefined;
    if ("atOnce" in ownKind) return `${kind} happens at once; leave "on" out`;
    return ownKind.stages.includes(on) ? undefined : `${kind} strikes ${ownKind.stages.join(", ")} only, not ${on}`;
  };

  const strikesUnnamed = (kind: string, stage: FaultStage): boolean => {
    const ownKind = ownKinds.get(kind);
    if (ownKind !== undefined) return "stages" in ownKind && ownKind.stages.includes(stage);
    return PUSH_ONLY.has(kind) === (stage === "push");
  };

  return {
    kinds,
    problem,
    arm(order) {
      const fault = problem(order);
      if (fault !== undefined) throw new Error(fault);
      const ms = order.ms ?? (order.kind === "restart" ? 500 : 1000);
      const ownKind = ownKinds.get(order.kind);
      if (ownKind !== undefined && "atOnce" in ownKind) ownKind.atOnce(ms);
      else if (order.kind === "restart" && order.on === undefined) restart(ms);
      else armed.push({ kind: order.kind, on: order.on, ms, left: order.count ?? 1 });
    },
    clear() {
      armed = [];
    },
    take(stage) {
      const fault = armed.find(({ kind, on }) => on === stage || (on === undefined && strikesUnnamed(kind, stage)));
      if (fault === undefined) return undefined;
      fault.left -= 1;
      if (fault.left <= 0) armed = armed.filter((other) => other !== fault);
      return { kind: fault.kind, ms: fault.ms };
    },
    armed: () => armed.reduce((sum, { left }) => sum + left, 0),
  };
}
