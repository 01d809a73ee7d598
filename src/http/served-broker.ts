import type { Desk } from "../desk/types.ts";
import type { InstanceMetrics } from "../observe/metrics.ts";
import type { TokenTable } from "./auth.ts";
import type { Envelope } from "./envelope.ts";

/** One broker as it is served. */
export interface ServedBroker {
  readonly desk: Desk;
  readonly tokens: TokenTable;
  readonly envelope: Envelope;
  /** Absent where nobody could read them. */
  readonly metrics: InstanceMetrics | undefined;
  /** Milliseconds in which a body must be here, as everything else must be done. */
  readonly deadlineMs: number;
  /** Begins to connect the broker if nobody has; does not wait for it and does not throw. */
  readonly wake: () => void;
}
