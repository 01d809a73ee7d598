/** One opening of a stage with a started broker on it: every call bounded, every error looked at. */
import type { Cash } from "../domain/cash.ts";
import type { Contract } from "../domain/contract.ts";
import type { Outcome } from "../domain/failure.ts";
import type { MarketStatusMap } from "../domain/market-status.ts";
import type { Order } from "../domain/order.ts";
import type { Quote } from "../domain/quote.ts";
import type {
  Broker,
  Call,
  ConnectionState,
  OrderListing,
  OrdersQuery,
  Placed,
  PositionListing,
  TaggedChange,
  TaggedOrder,
} from "../spec/broker.ts";
import { BrokerError, type BrokerErrorCode, isBrokerError } from "../spec/broker-error.ts";
import type { Operation } from "../spec/capabilities.ts";
import type { ConformanceCheck, Need } from "./check.ts";
import { checkOpened } from "./check-stage.ts";
import { ConformanceError, ends, eventually, expect, expectOneOf, show } from "./expect.ts";
import type { Stage, Venue } from "./stage.ts";

/** What a check works with. The calls reject with `BrokerError` or, for whatever else happens, `ConformanceError`. */
export interface Scene {
  readonly stage: Stage;
  readonly broker: Broker;
  readonly venue: Venue;
  readonly patienceMs: number;
  /** What `onOrder` and `onConnection` were called with, oldest first. */
  readonly pushes: readonly Order[];
  readonly connections: readonly ConnectionState[];

  ping(call?: Call): Promise<boolean>;
  cash(currency: string, call?: Call): Promise<Cash>;
  positions(call?: Call): Promise<PositionListing>;
  quote(contract: Contract, call?: Call): Promise<Quote>;
  marketStatus(call?: Call): Promise<MarketStatusMap>;
  /** Places an order; under a number that was not given before unless the order has one, where the broker takes numbers. */
  place(order: TaggedOrder, call?: Call): Promise<Placed>;
  replace(orderId: string, change: TaggedChange, call?: Call): Promise<Placed>;
  cancel(orderId: string, call?: Call): Promise<void>;
  order(orderId: string, call?: Call): Promise<Order>;
  orders(query: OrdersQuery, call?: Call): Promise<OrderListing>;

  /** {@link eventually} with the stage's patience. */
  until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, seen?: () => unknown): Promise<T>;
  /** Closes broker and venue; may be called twice. */
  close(): Promise<void>;
  /** Closes the broker alone. */
  closeBroker(): Promise<void>;
}

/** How much longer than the stage's patience a call may take: its own deadline is the patience. */
const GRACE = 2;
const OPENING_MS = 60_000;

/** Opens the stage and starts the broker; the caller closes the scene. */
export async function openScene(stage: Stage, options: { readonly start?: boolean } = {}): Promise<Scene> {
  const opened = await ends("opening the stage", stage.open(), OPENING_MS);
  checkOpened(opened);
  const { broker, venue = {} } = opened;
  const patienceMs = stage.patienceMs ?? 10_000;
  const pushes: Order[] = [];
  const connections: ConnectionState[] = [];
  const bounded = <T>(what: string, promise: Promise<T>) => ends(what, promise, patienceMs * GRACE);
  const fresh = (): Call => ({ signal: AbortSignal.timeout(patienceMs) });

  const attempt = async <T>(operation: Operation, act: () => Promise<T> | undefined): Promise<T> => {
    try {
      const promise = act();
      if (promise === undefined) throw new ConformanceError(`the broker has no ${operation}`);
      return await bounded(operation, promise);
    } catch (error) {
      if (error instanceof ConformanceError) throw error;
      throw vetted(operation, error);
    }
  };

  /** As the gateway does: where the broker takes a number beforehand it is given one, and what fails there has not left. */
  const place = (order: TaggedOrder, call: Call): Promise<Placed> | undefined => {
    const { placeOrder, orderNumber } = broker;
    if (placeOrder === undefined || orderNumber === undefined || order.number !== undefined) {
      return placeOrder?.call(broker, order, call);
    }
    // An order whose call was aborted before is the broker's to refuse, not ours.
    const taking = orderNumber.call(broker, call.signal.aborted ? fresh() : call).catch((error: unknown) => {
      if (!isBrokerError(error)) throw error;
      throw new BrokerError(error.code, error.message, { outcome: "not_sent", cause: error });
    });
    return taking.then((number) => placeOrder.call(broker, { ...order, number }, call));
  };

  let brokerClosed = false;
  const closeBroker = async (): Promise<void> => {
    if (brokerClosed) return;
    brokerClosed = true;
    await bounded("close", Promise.resolve(broker.close?.()));
  };
  let closed = false;
  const scene: Scene = {
    stage,
    broker,
    venue,
    patienceMs,
    pushes,
    connections,
    ping: (call = fresh()) => attempt("ping", () => broker.ping?.(call)),
    cash: (currency, call = fresh()) => attempt("cash", () => broker.cash?.({ currency }, call)),
    positions: (call = fresh()) => attempt("positions", () => broker.positions?.(call)),
    quote: (contract, call = fresh()) => attempt("quote", () => broker.quote?.(contract, call)),
    marketStatus: (call = fresh()) => attempt("marketStatus", () => broker.marketStatus?.(call)),
    place: (order, call = fresh()) => attempt("placeOrder", () => place(order, call)),
    replace: (orderId, change, call = fresh()) =>
      attempt("replaceOrder", () => broker.replaceOrder?.(orderId, change, call)),
    cancel: (orderId, call = fresh()) => attempt("cancelOrder", () => broker.cancelOrder?.(orderId, call)),
    order: (orderId, call = fresh()) => attempt("order", () => broker.order?.(orderId, call)),
    orders: (query, call = fresh()) => attempt("orders", () => broker.orders?.(query, call)),
    until: (what, look, seen) => eventually(what, look, patienceMs, seen),
    closeBroker,
    async close() {
      if (closed) return;
      closed = true;
      try {
        await closeBroker();
      } finally {
        await ends("closing the stage", Promise.resolve(opened.close?.()), OPENING_MS);
      }
    },
  };
  if (options.start === false) return scene;
  try {
    const host = {
      onOrder: (order: Order) => void pushes.push(order),
      onConnection: (state: ConnectionState) => void connections.push(state),
    };
    await ends("start", Promise.resolve(broker.start?.(host)), OPENING_MS);
  } catch (error) {
    await scene.close().catch(() => undefined);
    throw error;
  }
  return scene;
}

/** Writes a check down: opens the scene, acts, and closes it whatever happened. */
export function check(
  name: string,
  needs: readonly Need[],
  act: (scene: Scene) => Promise<void>,
  options: { readonly start?: boolean } = {},
): ConformanceCheck {
  const run = async (stage: Stage): Promise<void> => {
    const scene = await openScene(stage, options);
    try {
      await act(scene);
    } catch (error) {
      await scene.close().catch(() => undefined);
      throw error;
    }
    await scene.close();
  };
  return { name, needs, run };
}

/** What a refusal must look like. */
export interface Refusal {
  /** Default any. */
  readonly codes?: readonly BrokerErrorCode[];
  /** For a write. Default `not_sent` and `rejected`: it is certain that nothing was accepted. */
  readonly outcomes?: readonly Outcome[];
}

const WRITES: ReadonlySet<Operation> = new Set(["placeOrder", "replaceOrder", "cancelOrder"]);

/** Fails unless the call ends with a `BrokerError` that fits; gives it back. */
export async function expectRefusal(
  what: string,
  operation: Operation,
  promise: Promise<unknown>,
  { codes, outcomes = ["not_sent", "rejected"] }: Refusal,
): Promise<BrokerError> {
  const error = await rejectionOf(promise);
  expect(error !== undefined, () => `${what}: expected ${operation} to be refused, but it succeeded`);
  if (!isBrokerError(error)) throw error;
  if (codes !== undefined) expectOneOf(error.code, codes, `${what}: code of "${error.message}"`);
  if (WRITES.has(operation)) {
    expectOneOf(outcomeOf(error), outcomes, `${what}: outcome of ${error.code} "${error.message}"`);
  }
  return error;
}

/** What the promise was rejected with; `undefined` when it was fulfilled. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error ?? new ConformanceError("a call was rejected with nothing");
  }
}

/** Outcomes that a code allows for a write; the first is meant when the error names none. */
const OUTCOMES: Readonly<Record<BrokerErrorCode, readonly Outcome[]>> = {
  InvalidRequest: ["not_sent"],
  NotSupported: ["not_sent"],
  NotConnected: ["not_sent"],
  RateLimited: ["not_sent"],
  OrderNotFound: ["rejected", "not_sent"],
  UnknownContract: ["rejected", "not_sent"],
  OrderNotOpen: ["rejected", "not_sent"],
  OrderRejected: ["rejected", "not_sent"],
  InsufficientFunds: ["rejected", "not_sent"],
  AuthenticationFailed: ["rejected", "not_sent"],
  BrokerFault: ["unknown", "rejected", "not_sent"],
  Timeout: ["unknown", "not_sent"],
  OutcomeUnknown: ["unknown"],
};

/** What the error says became of a write. */
export function outcomeOf(error: BrokerError): Outcome {
  return error.outcome ?? OUTCOMES[error.code][0] ?? "unknown";
}

function vetted(operation: Operation, error: unknown): unknown {
  if (!isBrokerError(error)) {
    return new ConformanceError(`${operation} threw what is no BrokerError: ${show(error)}`);
  }
  if (!WRITES.has(operation)) {
    return error.code === "OutcomeUnknown"
      ? new ConformanceError(`${operation} threw OutcomeUnknown, which is for writes only (${error.message})`)
      : error;
  }
  const allowed = OUTCOMES[error.code];
  const outcome = outcomeOf(error);
  return allowed.includes(outcome)
    ? error
    : new ConformanceError(
        `${operation} threw ${error.code} with outcome ${outcome}, expected ${allowed.join(" or ")} (${error.message})`,
      );
}
