/**
 * How long to wait for OpenD, and the vendor's documented frequency limits. Source of these: the "Interface
 * Limitations" of each call in the documentation of Futu's OpenAPI.
 *
 * A file of its own beside `wire.ts`, since the two together would be too long.
 */
import type { QueueLoad } from "../../spec/broker.ts";
import { type Budget, createBudget, type PacingClass, type PacingOptions } from "../shared/pacing.ts";

/** In milliseconds. */
export const MS = {
  /** For connecting and logging in to OpenD. */
  connect: 5_000,
  /** Below the default deadline of a request, so that a read says what it waited for. */
  read: 8_000,
  /** After this a write without an answer is unknown. */
  write: 15_000,
  /** OpenD is on the same machine or nearly: silence for this long is a half-open socket, and the connection is given up. */
  probe: 5_000,
  /** A ping says no before that, so that with a shared answer it is at most 5 s behind the truth. */
  ping: 2_500,
  /** So long one look at OpenD answers everybody who asks. */
  sharedProbe: 2_000,
  /** So long funds and positions are read from what OpenD keeps, where no order has changed. */
  keptHoldings: 5_000,
  /** So long the orders of an account that OpenD hears nothing of: writes and comparisons need the other turns. */
  keptOrders: 7_500,
  /** So long they wait for a turn to be asked anew, after a change and otherwise; then what OpenD keeps has to do. */
  changedTurn: 3_000,
  idleTurn: 50,
  /** After a change that was answered an order may be listed as it was before for so long. */
  changeShown: 30_000,
  /** Between two looks at a connection that nobody uses. */
  heartbeat: 10_000,
  /** While OpenD itself is not logged in, its return is looked for more often. */
  loginWatch: 2_000,
  firstBackOff: 500,
  mostBackOff: 15_000,
  /** After a refused key or an account that cannot be chosen: a person has to do something first. */
  refusedBackOff: 30_000,
} as const;

const WINDOW = 30_000;

/** An interface that is not here has no limit. */
const LIMITS = {
  place: { name: "place order", windows: [{ limit: 15, perMs: WINDOW }], minSpacingMs: 20 },
  modify: { name: "modify or cancel order", windows: [{ limit: 20, perMs: WINDOW }], minSpacingMs: 40 },
  // Funds, positions and today's orders count only when they pass OpenD's cache by.
  funds: { name: "refresh funds", windows: [{ limit: 10, perMs: WINDOW }] },
  positions: { name: "refresh positions", windows: [{ limit: 10, perMs: WINDOW }] },
  orders: { name: "refresh orders", windows: [{ limit: 10, perMs: WINDOW }] },
  history: { name: "order history", windows: [{ limit: 10, perMs: WINDOW }] },
  snapshot: { name: "quote", windows: [{ limit: 60, perMs: WINDOW }] },
  unlock: { name: "unlock trading", windows: [{ limit: 10, perMs: WINDOW }] },
} as const satisfies Record<string, PacingOptions>;

/** An interface with a frequency limit, and the account it is counted for (none: the whole login). */
export interface Pace {
  readonly limit: keyof typeof LIMITS;
  readonly accId?: string;
  /** Default `read`. A read that a write depends on goes with that. */
  readonly kind?: PacingClass;
  /** Asks for itself: an equal read that is under way may have begun before what this one is about. Default false. */
  readonly fresh?: boolean;
  /** So long it waits for its turn at most, in milliseconds. Default: the deadline of a request. */
  readonly withinMs?: number;
}

/** The same of a write, which is never a read's. */
export type WritePace = Pace & { readonly kind: PacingClass };

/** One budget for each interface and account, made when it is first needed. */
export interface Budgets {
  of(pace: Pace): Budget;
  /** Refuses all that waits. */
  clear(): void;
  loads(): QueueLoad[];
}

export function createBudgets(): Budgets {
  const budgets = new Map<string, Budget>();
  return {
    of({ limit, accId = "" }) {
      const key = `${limit} ${accId}`;
      const budget = budgets.get(key) ?? createBudget(LIMITS[limit]);
      budgets.set(key, budget);
      return budget;
    },
    clear() {
      for (const budget of budgets.values()) budget.clear();
    },
    loads: () => [...budgets.values()].map((budget) => budget.load()),
  };
}
