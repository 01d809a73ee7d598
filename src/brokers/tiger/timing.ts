/**
 * How long to wait for Tiger, and the vendor's documented frequency limits. Source of these: the page on rate limits in
 * the vendor's documentation, which counts each method of a developer for itself, and the orders of an account besides.
 *
 * A file of its own beside `wire.ts`, since the two together would be too long.
 */
import type { QueueLoad } from "../../spec/broker.ts";
import { type Budget, createBudget, type PacingClock } from "../shared/pacing.ts";
import { createBackOff } from "../shared/retry.ts";

/** In milliseconds. */
export const MS = {
  /** Below the default deadline of a request, so that a read says what it waited for. */
  read: 8_000,
  /** After this a write without an answer is unknown. */
  write: 15_000,
  /** A ping says no before that, so that with a shared answer it is at most 6 s behind the truth. */
  ping: 4_000,
  /** So long one look at the vendor answers everybody who asks. */
  sharedProbe: 2_000,
  /** For connecting, logging in and subscribing to the push service. */
  pushConnect: 8_000,
  /** What is asked of the push service in both directions; it answers with what it will do. */
  heartbeat: 10_000,
  /** What it answers above this, a timer could not count; a connection that is half open would not be noticed before. */
  longestHeartbeat: 60_000,
  firstBackOff: 500,
  mostBackOff: 30_000,
  /** After a refused login, or when another connection took this one's place: a person has to do something first. */
  refusedBackOff: 30_000,
  /** For how long a method rests after the vendor called it too frequent; doubled each time up to the last. */
  firstRest: 5_000,
  longestRest: 60_000,
  /** For how long all methods rest after the vendor put the developer on its blacklist; doubled each time up to the last. */
  firstShutOut: 60_000,
  longestShutOut: 960_000,
} as const;

const MINUTE = 60_000;

/** Calls a minute of each method. What is not here is in the vendor's lowest class. */
const LIMITS = {
  order_no: 120,
  place_order: 120,
  modify_order: 120,
  cancel_order: 120,
  orders: 120,
  active_orders: 120,
  quote_real_time: 120,
  positions: 60,
  prime_assets: 60,
  assets: 60,
  market_state: 10,
  grab_quote_permission: 10,
} as const satisfies Record<string, number>;

/** A method of the gateway that is used here. */
export type Method = keyof typeof LIMITS;

/** The system behind paper accounts counts these together. */
const PAPER_WRITES: ReadonlySet<Method> = new Set<Method>(["place_order", "modify_order", "cancel_order"]);

/** What the vendor counts a call of the method as. */
function countedAs(method: Method, isPaper: boolean): Method | typeof PAPER {
  return isPaper && PAPER_WRITES.has(method) ? PAPER : method;
}

const PAPER = "orders of a paper account";

/** An account may place and change so many orders a second, whatever each method may besides. */
const ORDERS_A_SECOND = 5;
const ORDERS = "orders of the account";
/** Numbers are taken no faster than orders leave: a burst would use up those of a minute for orders that never do. */
const BY_THE_SECOND: Readonly<Partial<Record<Method, string>>> = {
  place_order: ORDERS,
  modify_order: ORDERS,
  order_no: "numbers of orders",
};

/** One budget for each method, made when it is first needed. */
export interface Budgets {
  of(method: Method): Pick<Budget, "take">;
  /** Refuses all that waits. */
  clear(): void;
  loads(): QueueLoad[];
}

export function createBudgets(isPaper: boolean, clock?: PacingClock): Budgets {
  const budgets = new Map<string, Budget>();

  function budgetOf(name: string, limit: number, perMs: number): Budget {
    const budget = budgets.get(name) ?? createBudget({ name, windows: [{ limit, perMs }], ...(clock && { clock }) });
    budgets.set(name, budget);
    return budget;
  }

  return {
    of(method) {
      const own = budgetOf(countedAs(method, isPaper), LIMITS[method], MINUTE);
      const second = BY_THE_SECOND[method];
      return second === undefined ? own : both(own, budgetOf(second, ORDERS_A_SECOND, 1000));
    },
    clear() {
      for (const budget of budgets.values()) budget.clear();
    },
    loads: () => [...budgets.values()].map((budget) => budget.load()),
  };
}

/** A turn in one budget and then, since that is about the moment of sending, in the other. */
function both(first: Budget, last: Budget): Pick<Budget, "take"> {
  return {
    async take(kind, request) {
      const before = await first.take(kind, request);
      const after = await last.take(kind, request).catch((error: unknown) => {
        before.unused();
        throw error;
      });
      return {
        arrived() {
          before.arrived();
          after.arrived();
        },
        unanswered() {
          before.unanswered();
          after.unanswered();
        },
        unused() {
          before.unused();
          after.unused();
        },
      };
    },
  };
}

/**
 * Methods that the vendor has called too frequent rest for a while: who goes on is put on a blacklist. Who is on it rests
 * with all methods: each further call may keep the developer there.
 */
export interface Rests {
  /** Milliseconds for which the method must still rest; 0 when it need not. */
  left(method: Method): number;
  /** The vendor refused a call; gives for how long the method rests now. */
  refused(method: Method): number;
  /** The vendor refused a call of whatever method; gives for how long all of them rest now. */
  shutOut(): number;
  /** The vendor answered a call that left at `leftAt`: an answer to one from before a rest does not end it. */
  answered(method: Method, leftAt: number): void;
}

export function createRests(isPaper: boolean, now: () => number = () => performance.now()): Rests {
  type Name = ReturnType<typeof countedAs> | typeof ALL;
  const rests = new Map<Name, { readonly since: number; readonly until: number; readonly ms: number }>();

  function begin(name: Name, first: number, longest: number): number {
    // What was under way when the rest began is refused as well, and says nothing new.
    if (left(name) > 0) return left(name);
    const before = rests.get(name);
    const ms = before === undefined ? first : Math.min(longest, before.ms * 2);
    rests.set(name, { since: now(), until: now() + ms, ms });
    return ms;
  }

  const left = (name: Name) => (rests.get(name)?.until ?? 0) - now();

  return {
    left: (method) => Math.max(0, left(countedAs(method, isPaper)), left(ALL)),
    refused: (method) => begin(countedAs(method, isPaper), MS.firstRest, MS.longestRest),
    shutOut: () => begin(ALL, MS.firstShutOut, MS.longestShutOut),
    answered(method, leftAt) {
      for (const name of [countedAs(method, isPaper), ALL] as const) {
        if (leftAt >= (rests.get(name)?.since ?? 0)) rests.delete(name);
      }
    },
  };
}

const ALL = "all";

/** Milliseconds before the next attempt. */
export const backOff: (failures: number) => number = createBackOff(MS);
