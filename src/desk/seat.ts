import { Failure } from "../domain/failure.ts";
import type { Broker, BrokerHost, ConnectionState } from "../spec/broker.ts";
import type { Operation } from "../spec/capabilities.ts";
import { notSupported } from "./guards.ts";
import { messageOf, readConnection, readFailure } from "./report.ts";

/** A broker at its desk: started at most once at a time, asked only for what it has, and closed. */
export interface Seat {
  readonly broker: Broker;
  /** True while the broker says that it is connected and its pushes arrive. */
  isLive(): boolean;
  /** True once the broker has started: then there is nothing to wait for. */
  readonly isStarted: boolean;
  /** What the broker last said of its connection; `undefined` while it has said nothing. */
  connection(): ConnectionState | undefined;
  /** Starts the broker if it is not started; rejects with what it rejects with, and asks again the next time. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Whose orders the broker sends and tells of, as it shows that now; `undefined` where it does not say. Never throws. */
  account(): string | undefined;
  /** Milliseconds after which an accepted order is certain to be listed, as the broker last said. Never throws. */
  settleMs(): number;
  /** The broker's method of that name, bound; throws `NotSupported` where there is none. */
  method<O extends Operation>(operation: O): NonNullable<Broker[O]>;
}

/** Who has started a broker, and is told when another desk starts the same one: it hears of nothing from then on. */
const holders = new WeakMap<Broker, () => void>();

/** Of a broker that does not say. */
const DEFAULT_SETTLE_MS = 30_000;

/** Seats a broker; `host` hears of its orders and connections. */
export function createSeat(broker: Broker, host: BrokerHost): Seat {
  let starting: Promise<void> | undefined;
  let started = false;
  let closed = false;
  let said: ConnectionState | undefined;
  let settleMs = DEFAULT_SETTLE_MS;
  const methods = new Map<Operation, unknown>();

  function lose(): void {
    said = { connected: false, reason: "another gateway in this process has started this broker" };
    host.onConnection(said);
  }

  async function start(): Promise<void> {
    const holder = holders.get(broker);
    holders.set(broker, lose);
    if (holder !== lose) holder?.();
    await broker.start?.({
      onOrder: (order) => {
        if (!closed) host.onOrder(order);
      },
      onConnection: (told) => {
        if (closed) return;
        said = readConnection(told);
        host.onConnection(said);
      },
    });
    started = true;
  }

  return {
    broker,
    get isStarted() {
      return started && !closed;
    },
    isLive: () => said?.connected === true && !closed,
    connection: () => said,
    start() {
      if (closed) return Promise.reject(closedFailure());
      starting ??= start().catch((error: unknown) => {
        starting = undefined;
        throw readFailure(error) === undefined
          ? new Failure("BrokerFault", `the broker did not start: ${messageOf(error)}`, { cause: error })
          : error;
      });
      return starting;
    },
    async close() {
      closed = true;
      said = { connected: false };
      const holder = holders.get(broker);
      // Another desk goes on with it.
      if (holder !== undefined && holder !== lose) return;
      holders.delete(broker);
      await broker.close?.();
    },
    account() {
      try {
        const { account } = broker.capabilities();
        return typeof account === "string" ? account : undefined;
      } catch {
        return undefined;
      }
    },
    settleMs() {
      try {
        const told = broker.capabilities().listing.settleMs;
        if (Number.isFinite(told) && told >= 0) settleMs = told;
      } catch {
        // What it said last still holds.
      }
      return settleMs;
    },
    method<O extends Operation>(operation: O) {
      const known = methods.get(operation);
      if (known !== undefined) return known as NonNullable<Broker[O]>;
      const method = broker[operation];
      if (method === undefined) throw notSupported(`${broker.kind} has no ${operation}`);
      const bound: unknown = method.bind(broker);
      methods.set(operation, bound);
      return bound as NonNullable<Broker[O]>;
    },
  };
}

/** What is answered once the gateway is closed. */
export function closedFailure(): Failure {
  return new Failure("NotConnected", "the gateway is closed", { outcome: "not_sent" });
}
