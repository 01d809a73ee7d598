/** The composition root: options in, handler out. */
import { createDesk } from "./desk/create-desk.ts";
import { instanceDigest } from "./desk/instance-journal.ts";
import { createGatewaySwitch } from "./desk/kill-switch.ts";
import { createPruning } from "./desk/pruning.ts";
import { closedFailure } from "./desk/seat.ts";
import type { Desk } from "./desk/types.ts";
import { Failure, isFailure } from "./domain/failure.ts";
import { createApp } from "./http/app.ts";
import { createTokenTable } from "./http/auth.ts";
import { type BrokerInstance, checkOptions, type HttpTradingOptions } from "./http/check-options.ts";
import { createEnvelope } from "./http/envelope.ts";
import { createOperators } from "./http/operators.ts";
import type { ServedBroker } from "./http/served-broker.ts";
import { ANY_CALLER, type Server } from "./http/server.ts";
import { wireOrder } from "./http/wire.ts";
import type { JournalPlace } from "./journal/journal.ts";
import { memoryJournal } from "./journal/memory.ts";
import { createScrub } from "./observe/describe-error.ts";
import { createMetrics, GATEWAY_NAME, PUBLIC_NAME } from "./observe/metrics.ts";
import { observedDesk } from "./observe/observed-desk.ts";
import { observedJournal } from "./observe/observed-journal.ts";
import type { Observer } from "./observe/observer.ts";
import { createObservers } from "./observe/observers.ts";
import type { Broker } from "./spec/broker.ts";
import type { Capabilities, Environment } from "./spec/capabilities.ts";
import { DEFAULT_DEADLINE_MS, type InstanceOptions } from "./spec/define-broker.ts";
import type { TokenOptions, TradingState } from "./spec/policy.ts";

export { sharedTimer } from "./desk/alarm.ts";
export type { AnswerInit, Server } from "./http/server.ts";
export { withBreak } from "./http/told-body.ts";

/** One instance as operators see it, without its id and tokens. */
export interface InstanceInfo {
  /** What operators call it. */
  readonly name: string;
  /** The broker's word on the wire. */
  readonly kind: string;
  /** The broker's name for people. */
  readonly display: string;
  /** Real money or not. Of a broker that does not say it is `REAL`. */
  readonly environment: Environment;
  /** The account, masked; `null` while unknown. */
  readonly account: string | null;
  /** Whether orders can go out, as the broker last said; `undefined` while it has said nothing. */
  readonly connected?: boolean | undefined;
  /** Why not, in the broker's words; of a connection that stands, what is about to end it. */
  readonly reason?: string | null;
  /** Names of its tokens that have expired: who sends one gets the 404 that every miss is. */
  readonly expired?: readonly string[];
  /** What the kill switch lets through; `ACTIVE` until the start has read how it was left. */
  readonly tradingState?: TradingState | undefined;
}

/**
 * A gateway. It is the web-standard handler itself: `Deno.serve({ hostname: "127.0.0.1" }, trading)`,
 * `Bun.serve({ fetch: trading.fetch, hostname: "127.0.0.1" })`. Without a hostname these, and a module whose default export
 * they serve, are open to every machine; only `serve` of this package listens on loopback by default. It must stand at the
 * root of the server and in front of every body parser. Further arguments that a runtime gives to its handler are ignored.
 */
export interface HttpTrading extends AsyncDisposable {
  (request: Request): Response | Promise<Response>;
  /** The same handler, for those who ask for a method. Needs no `this`. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /**
   * Opens the journal and connects all brokers; without it that is done by the first request that needs it. Rejects with
   * `JournalUnavailable`, and connects nothing, when the journal cannot be opened or another gateway writes it. Otherwise
   * waits for all brokers, and then rejects with an `AggregateError` if some can never start; the others are served all
   * the same. Once closed it rejects with `NotConnected`.
   */
  readonly start: () => Promise<void>;
  /**
   * Ends the streams of events and begins no new ones; everything else is still answered. A stream never ends by itself,
   * so a server that waits for its requests before it closes calls this first, as `serve` does.
   */
  readonly endStreams: () => void;
  /** Ends every stream, call and connection, then closes the journal. From then on requests are answered 503. */
  readonly close: () => Promise<void>;
  /** What is served. `environment`, `account`, `connected`, `reason`, `expired` and `tradingState` are of the moment of reading. */
  readonly instances: readonly InstanceInfo[];
  /** Where orders are written down. */
  readonly journal: JournalPlace;
}

/**
 * Makes a gateway of one or more brokers. Synchronous and free of I/O; two gateways in one process share nothing.
 *
 * **Without `journal` it remembers in memory only**, and forgets with its process what it sent, under which keys, and what
 * it does not know the outcome of. Where orders matter give it a file: `journal: sqliteJournal("httptrading.db")`, from
 * `httptrading/journal/sqlite`; in a Durable Object its storage: `durableObjectJournal(ctx.storage)`, from
 * `httptrading/journal/durable-object`.
 *
 * ```ts
 * const trading = createHttpTrading({
 *   brokers: [paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] })],
 * });
 * Bun.serve({ fetch: trading.fetch, hostname: "127.0.0.1" });
 * ```
 *
 * @throws TypeError that lists every option that is wrong.
 */
export function createHttpTrading(options: HttpTradingOptions): HttpTrading {
  const checked = checkOptions(options);
  const { apis, tokenHeader, errorStatus, requireIdempotencyKey, idempotencyDays, adminTokens, cors, onError } =
    checked;
  const instances = named(checked.instances);
  // What nobody can read is not counted.
  const isRead = adminTokens.length > 0 || instances.some(({ instance }) => instance.tokens.some(isAdmin));
  const metrics = isRead ? createMetrics() : undefined;
  const observers = createObservers(checked.observers);
  if (metrics !== undefined) observers.add(metrics.observer);
  const scrub = createScrub([
    ...adminTokens.flatMap(textsOf),
    ...instances.flatMap(({ instance }) => [instance.instanceId, ...instance.tokens.flatMap(textsOf)]),
  ]);
  const nameOf = new Map(instances.map(({ instance, name }) => [instanceDigest(instance.instanceId), name]));
  const given = options.journal ?? memoryJournal();
  const journal = observedJournal(given, {
    observers,
    metrics: metrics?.journal,
    nameOf: (digest) => nameOf.get(digest) ?? GATEWAY_NAME,
    scrub,
  });
  const pruning = createPruning({ journal, days: idempotencyDays });
  const places = Math.max(1, ...instances.map(({ instance }) => instance.tokens.length));
  const gatewaySwitch = createGatewaySwitch(journal);
  let closing: Promise<void> | undefined;

  const brokers = new Map<string, ServedBroker>();
  for (const { broker, instance, name } of instances) {
    const { kind, display } = broker;
    const itsMetrics = metrics?.instance(name);
    const made = createDesk({
      broker,
      instance: { ...instance, name },
      journal,
      requireIdempotencyKey,
      gatewaySwitch,
    });
    const desk = observedDesk(made, observers, itsMetrics, scrub);
    brokers.set(instance.instanceId, {
      desk,
      tokens: createTokenTable(instance.tokens, places),
      envelope: createEnvelope({ instanceId: instance.instanceId, kind, display }),
      metrics: itsMetrics,
      deadlineMs: instance.deadlineMs ?? DEFAULT_DEADLINE_MS,
      wake: onceAwake(desk, pruning.start),
    });
  }
  const desks = [...brokers.values()].map(({ desk }) => desk);

  const handle = createApp({
    apis,
    brokers,
    noTokens: createTokenTable([], places),
    operators: createOperators({ adminTokens, brokers: [...brokers.values()] }),
    gatewaySwitch,
    observers,
    metrics,
    scrub,
    cors,
    tokenHeader,
    errorStatus,
    requireIdempotencyKey,
    onError,
    isClosed: () => closing !== undefined,
  });

  async function start(): Promise<void> {
    if (closing !== undefined) throw closedFailure();
    // First of all: a second gateway on the same journal must find that out before it has touched an account.
    try {
      await journal.open();
    } catch (error) {
      throw notOpened(error);
    }
    pruning.start();
    const left = desks.map((desk) => desk.tradingState());
    const results = await Promise.allSettled(desks.map((desk) => desk.start()));
    await Promise.all(left);
    const failed = results.flatMap((result, index) =>
      result.status === "rejected" ? [{ name: desks[index]?.name, reason: result.reason as unknown }] : [],
    );
    if (failed.length === 0) return;
    const told = failed.map(({ name, reason }) => `${name}: ${reason instanceof Error ? reason.message : reason}`);
    throw new AggregateError(
      failed.map(({ reason }) => reason),
      `${failed.length} of ${desks.length} brokers did not start:\n${told.map((line) => `- ${line}`).join("\n")}`,
    );
  }

  async function closeAll(): Promise<void> {
    pruning.close();
    const results = await Promise.allSettled(desks.map((desk) => desk.close()));
    await gatewaySwitch.close();
    await journal.close?.();
    const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} brokers did not close cleanly`);
  }

  function close(): Promise<void> {
    closing ??= closeAll();
    return closing;
  }

  const trading = Object.assign((request: Request) => handle(request, ANY_CALLER), {
    fetch: (request: Request) => handle(request, ANY_CALLER),
    start,
    endStreams: () => {
      for (const desk of desks) desk.endFollowing();
    },
    close,
    journal: given.place ?? { name: "a journal of your own", lasting: true },
    instances: instances.map(({ broker, name, instance }, index) => ({
      name,
      kind: broker.kind,
      display: broker.display,
      get environment() {
        return toldBy(broker).environment === "SIMULATE" ? "SIMULATE" : "REAL";
      },
      get account() {
        return toldBy(broker).account ?? null;
      },
      get connected() {
        return desks[index]?.state().connected;
      },
      get reason() {
        return scrub(desks[index]?.state().reason ?? "") || null;
      },
      get expired() {
        return instance.tokens.flatMap((token) => (isExpired(token) ? [token.name] : []));
      },
      get tradingState() {
        return desks[index]?.state().tradingState;
      },
    })),
    [Symbol.asyncDispose]: close,
  });
  const watch = (watcher: OrderWatcher, believed: BelievedOpen) => {
    const stops = [...brokers].map(([instanceId, { desk }]) => watchDesk(desk, instanceId, watcher, believed));
    return () => {
      for (const stop of stops) stop();
    };
  };
  const handlerOf = (server: Server) => {
    const { lasting } = server;
    if (lasting !== undefined) for (const desk of desks) desk.serveWith(lasting);
    return (request: Request) => handle(request, server);
  };
  // Hidden: the ids of the instances are secrets, and who observes is for those who serve.
  return Object.defineProperties(trading, {
    [WATCH]: { value: watch, enumerable: false },
    [OBSERVE]: { value: observers.add, enumerable: false },
    [HANDLER]: { value: handlerOf, enumerable: false },
  });
}

/** Every instance with a name of its own, so that what is told of one cannot be taken for another's. */
function named(instances: readonly BrokerInstance[]): (BrokerInstance & { readonly name: string })[] {
  const taken = new Set<string>([GATEWAY_NAME, PUBLIC_NAME]);
  return instances.map(({ broker, instance }) => {
    const wanted = instance.name ?? broker.kind;
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
    taken.add(name);
    return { broker, instance, name };
  });
}

/** A journal of a user's own may fail with anything. */
function notOpened(error: unknown): Failure {
  if (isFailure(error)) return error;
  const reason = error instanceof Error ? error.message : error;
  return new Failure("JournalUnavailable", `the journal cannot be opened: ${reason}`, { cause: error });
}

/** What a broker says of itself; one that cannot must not take the others' accounts down with it. */
function toldBy(broker: Broker): Partial<Capabilities> {
  try {
    return Object(broker.capabilities());
  } catch {
    return {};
  }
}

function isAdmin(token: InstanceOptions["tokens"][number]): boolean {
  return typeof token === "object" && token.scopes.includes("admin");
}

function isExpired(token: string | TokenOptions): token is TokenOptions {
  return typeof token === "object" && new Date(token.expiresAt ?? Number.NaN).getTime() <= Date.now();
}

/** The text of a token, unless only its digest is known. */
function textsOf(token: string | { readonly token?: string }): string[] {
  const text = typeof token === "string" ? token : token.token;
  return text === undefined ? [] : [text];
}

const HANDLER = Symbol.for("httptrading.handler");

type Fetch = HttpTrading["fetch"];

/**
 * The handler behind a server of which something is known; `fetch` itself for anything that neither this nor another copy
 * of the package has made.
 */
export function handlerBehind(trading: Pick<HttpTrading, "fetch">, server: Server): Fetch {
  const handlerOf = (trading as { [HANDLER]?: (server: Server) => Fetch })[HANDLER];
  return handlerOf?.(server) ?? ((request) => trading.fetch(request));
}

const WATCH = Symbol.for("httptrading.watchOrders");
const OBSERVE = Symbol.for("httptrading.observe");

/**
 * Adds an observer to a gateway that is made already: for what this package itself does beside serving. Gives the
 * function that takes it away; `undefined` for anything that neither this nor another copy of the package has made.
 */
export function observe(trading: object, observer: Observer): (() => void) | undefined {
  return (trading as { [OBSERVE]?: (observer: Observer) => () => void })[OBSERVE]?.(observer);
}

/** An order that is open or has changed. `JSON.stringify` writes it as `order/state` gives it. */
export interface WatchedOrder {
  readonly instanceId: string;
  readonly orderId: string;
  toJSON(): unknown;
}

/** Told of orders. */
export type OrderWatcher = (orders: readonly WatchedOrder[]) => void;

/** Ids of the orders of an instance that whoever watches takes for open. */
type BelievedOpen = (instanceId: string) => Promise<readonly string[]>;

/**
 * Tells of the open orders that the journal remembers, of those believed to be open that it knows to have ended, then of
 * each order that changes, without starting a broker: for what this package itself does beside serving. Gives the function
 * that stops it; `undefined` for anything that neither this nor another copy of the package has made.
 */
export function watchOrders(trading: object, watcher: OrderWatcher, believed: BelievedOpen): (() => void) | undefined {
  type Watch = (watcher: OrderWatcher, believed: BelievedOpen) => () => void;
  return (trading as { [WATCH]?: Watch })[WATCH]?.(watcher, believed);
}

function watchDesk(desk: Desk, instanceId: string, watcher: OrderWatcher, believed: BelievedOpen): () => void {
  return desk.watch(
    (records) =>
      watcher(
        records.map((record) => ({
          instanceId,
          orderId: record.orderId,
          toJSON: () => wireOrder({ ...record, source: "journal" }),
        })),
      ),
    () => believed(instanceId),
  );
}

/**
 * Starts a desk at the first call, and what goes on in the background with it. A start that fails is told by the call
 * that needs it, and tried again at the next.
 */
function onceAwake(desk: Desk, background: () => void): () => void {
  let awake = false;
  return () => {
    if (awake) return;
    awake = true;
    background();
    desk.start().catch(() => {
      awake = false;
    });
  };
}
