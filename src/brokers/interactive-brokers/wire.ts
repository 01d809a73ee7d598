/**
 * The connection to the gateway, kept up: sessions, pacing, requests.
 *
 * A session begins when the gateway has told its accounts and numbers and the orders have been read once, and ends with the
 * connection or with the gateway's own link to the vendor. Nothing is kept for the next one.
 */
import type { Call, QueueLoad } from "../../spec/broker.ts";
import { type BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import { type Ending, keepTrying } from "../shared/attempts.ts";
import { createBudget, createSharedReads, latestTurn, type PacingClass, paceOf, underTurn } from "../shared/pacing.ts";
import { pause } from "../shared/retry.ts";
import { Revival } from "../shared/revival.ts";
import { maskAccount } from "./capabilities.ts";
import { ENDS_SOON, LINK_MESSAGE, lookUp } from "./codes.ts";
import type { InteractiveBrokersConfig } from "./config.ts";
import { createLanes, type Lane } from "./lanes.ts";
import { type Exchange, type Library, type Link, loadLibrary, openLink } from "./link.ts";
import { type Message, ownNumberIn } from "./messages.ts";
import { createOrderIds } from "./order-ids.ts";
import { type Asking, currentTime, openOrders } from "./read-calls.ts";
import { isTimeout, LinkLost, NoSuchAccount, notConnected, reasonOf } from "./refusals.ts";
import { MS, PACING } from "./timing.ts";

export interface WireHandlers {
  /** Every message of the gateway, in its order. */
  onMessage(message: Message): void;
  onConnection(connected: boolean, reason?: string): void;
  /** To be done on a new connection before it counts as one. */
  onSession(read: Reader): Promise<void>;
}

/** Asks on one particular connection. */
export type Reader = <T>(make: (asking: Asking) => Exchange<T>, lane?: Lane) => Promise<T>;

export interface Wire {
  /** Resolves when the first attempt has ended. @throws BrokerError for what another attempt cannot heal. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** The chosen account, also while the connection is gone; `undefined` until it was first seen. */
  account(): string | undefined;
  /** Why there is no connection. Meaningless while there is one. */
  fault(): BrokerError;
  /** True when orders can be sent and pushes come. */
  ready(): boolean;
  /** Milliseconds since that is so, 0 while it is not. */
  readyMs(): number;
  /** A round trip to the gateway, at most five seconds old. @throws BrokerError `NotConnected`, `Timeout` */
  probe(call: Call): Promise<void>;
  /** The vendor's clock, `null` until it was first read. */
  now(): number | null;
  /**
   * Shares `act` among equal reads under way, and repeats it once when the connection was lost and came back.
   *
   * @param kind for what orders wait for, which the reads of clients must not keep waiting. Default: what the call is for.
   */
  read<T>(key: string, call: Call, act: (read: Reader) => Promise<T>, kind?: PacingClass): Promise<T>;
  /** The connection that is up. A write belongs to the one that was up when it was asked for. @throws BrokerError */
  live(): Session;
  /**
   * Hands one write to that connection, or fails.
   *
   * @throws BrokerError, `not_sent` for sure where nothing was handed over.
   */
  write<T>(on: Session, kind: PacingClass, call: Call, make: () => Exchange<T>): Promise<T>;
  /** The same for a new order, with the number that it is to be handed over with. */
  writeNew<T>(on: Session, call: Call, make: (orderId: number) => Exchange<T>): Promise<T>;
  /** Reads beside a write, whatever became of its call. */
  beside: Reader;
  queues(): QueueLoad[];
}

/** A connection on which orders can be sent. */
export interface Session {
  readonly link: Link;
  /** By `performance.now()`. */
  readonly begunAt: number;
}

export function createWire(config: InteractiveBrokersConfig, deadlineMs: number, handlers: WireHandlers): Wire {
  const shared = createSharedReads();
  const budget = createBudget(PACING);
  const orderIds = createOrderIds();
  /** Aborted by `close`; absent while the wire is not running. */
  let running: AbortController | undefined;
  let starting: Promise<void> | undefined;
  let link: Link | undefined;
  let session: Session | undefined;
  let account: string | undefined;
  /** When the gateway last said that its own link to the vendor is gone; absent while it has one. It still tells the time. */
  let linkLostAt: number | undefined;
  let down: BrokerError = notConnected("not started");
  /** What TWS says will end its connections for good. */
  let warning: string | undefined;
  const revival = new Revival();
  let probing: { readonly link: Link; readonly at: number; readonly done: Promise<void> } | undefined;
  let clock: { readonly vendor: number; readonly at: number } | undefined;
  const lanes = createLanes();

  /** One request on this very connection; it ends, whatever happens. */
  async function ask<T>(
    on: Link,
    make: (asking: Asking) => Exchange<T>,
    lane: Lane | undefined,
    ms: number,
    kind: PacingClass,
    call?: Call,
  ): Promise<T> {
    const sending = (skip: number) => send(on, () => make({ link: on, ms, skip }), kind, call);
    return lane === undefined ? sending(0) : lanes.run(on, lane, sending);
  }

  /** What is asked goes on to its answer; until it is asked, its caller may give it up. */
  function send<T>(on: Link, make: () => Exchange<T>, kind: PacingClass, call?: Call): Promise<T> {
    const bounds = { signal: call?.signal, deadline: latestTurn(call ?? {}, deadlineMs, true) };
    return underTurn(budget, kind, bounds, async (departure) => {
      const exchange = make();
      const { farewell } = exchange;
      try {
        return await on.exchange(exchange, departure);
      } catch (error) {
        if (error instanceof LinkLost) throw notConnected(error.message);
        // Silence may mean a half-open socket, which nothing else would notice before the next heartbeat.
        if (isTimeout(error) && exchange.what !== "the time") void probe(on).catch(() => {});
        throw error;
      } finally {
        // It counts like every other message, and goes before the reads that wait: TWS keeps so many subscriptions only.
        if (farewell !== undefined) {
          budget.take("write").then(
            (turn) => on.tell(farewell) || turn.unused(),
            () => {},
          );
        }
      }
    });
  }

  /** SDK fault (half-open sockets): nothing there notices one; here an unanswered probe ends the connection. */
  function probe(on: Link): Promise<void> {
    if (probing?.link === on && performance.now() - probing.at < MS.sharedProbe) return probing.done;
    const heard = on.heard();
    const done = ask(on, currentTime, "time", MS.probe, "cancel").then((seconds) => {
      clock = { vendor: seconds * 1000, at: performance.now() };
    });
    probing = { link: on, at: performance.now(), done };
    done.catch((error: unknown) => {
      // One that had no turn was never asked.
      if (isTimeout(error) && on.heard() === heard) on.close("TWS does not answer");
    });
    return done;
  }

  /** Keeps the session in step with the gateway's own link to the vendor. */
  function follow(state: "lost" | "restored", text: string): void {
    const wasLost = linkLostAt !== undefined;
    linkLostAt = state === "lost" ? performance.now() : undefined;
    if (state === "lost") leave(notConnected(`TWS has lost its link to Interactive Brokers: ${text}`));
    const on = state === "lost" ? undefined : link;
    if (on === undefined || session !== undefined) return;
    // What it was asked without its link it may answer late or never, and those who ask now would wait behind that.
    if (wasLost && lanes.isOwed(on)) on.close("TWS has not answered what it was asked without its link");
    else void establish(on).catch((error) => on.close(reasonOf(error)));
  }

  function leave(reason: BrokerError): void {
    down = reason;
    if (session === undefined) return;
    session = undefined;
    handlers.onConnection(false, reason.message);
  }

  let establishing: { readonly on: Link; readonly done: Promise<void> } | undefined;

  function establish(on: Link): Promise<void> {
    if (establishing?.on === on) return establishing.done;
    const done = setUp(on).finally(() => {
      establishing = undefined;
    });
    establishing = { on, done };
    return done;
  }

  const readerOn =
    (on: Link, kind: PacingClass, call?: Call): Reader =>
    (make, lane) =>
      ask(on, make, lane, config.timeout, kind, call);

  async function setUp(on: Link): Promise<void> {
    // A gateway that comes back with another login, of real money perhaps, is not the one that was started with.
    account = chooseAccount(on.accounts, config.accountId ?? account);
    // Type 3 takes delayed quotes only where live ones are not subscribed to.
    if (config.delayedQuotes) on.tell((api) => api.reqMarketDataType(3));
    await probe(on);
    await ask(on, (asking) => openOrders(asking, "own", config.clientId), "orders", config.timeout, "write");
    await handlers.onSession(readerOn(on, "write"));
    if (on !== link || linkLostAt !== undefined) return;
    // What was asked before TWS had lost its link it may never answer: nobody waits with those who asked.
    shared.renew();
    session = { link: on, begunAt: performance.now() };
    handlers.onConnection(true, warning);
  }

  /** One connection from its beginning to its end. @returns why it ended. */
  async function connect(library: Library, signal: AbortSignal, onUp: () => void): Promise<BrokerError> {
    const { host, port, clientId, timeout } = config;
    linkLostAt = warning = undefined;
    const on = await openLink({
      library,
      host,
      port,
      clientId,
      timeoutMs: timeout,
      signal,
      onMessage(message) {
        const number = ownNumberIn(message, clientId);
        if (number !== undefined) orderIds.heard(number);
        if (message.kind === "openOrder" || message.kind === "orderStatus") orderIds.told(message.orderId);
        handlers.onMessage(message);
        if (message.kind !== "notice") return;
        const state = lookUp<"lost" | "restored">(LINK_MESSAGE, message.code);
        if (state !== undefined) return follow(state, message.text);
        if (message.code !== ENDS_SOON || message.text === warning) return;
        warning = message.text;
        if (session !== undefined) handlers.onConnection(true, warning);
      },
    });
    link = on;
    orderIds.begin(on.firstOrderId);
    const ended = on.closed.then((reason) => {
      // The last answer that setting up waited for may have come in one piece with the end.
      if (link === on) link = undefined;
      if (session?.link === on) {
        revival.begin();
        leave(notConnected(reason));
      }
      return reason;
    });
    const heartbeat = setInterval(() => {
      // The word that it is back may not come, as after a nightly reset; a new connection is told how it stands.
      if (linkLostAt !== undefined && performance.now() - linkLostAt >= MS.linkLost) {
        on.close("TWS has not said that its link is back");
      }
      void probe(on).catch(() => {});
    }, MS.heartbeat);
    try {
      if (linkLostAt !== undefined) down = notConnected("TWS has no link to Interactive Brokers");
      else await establish(on);
      onUp();
      return notConnected(await ended);
    } finally {
      clearInterval(heartbeat);
      on.close("closed");
      await ended;
    }
  }

  /** Connects again and again, one connection after the other, until it is stopped. */
  async function keepUp(library: Library, stop: AbortSignal, first: PromiseWithResolvers<void>): Promise<void> {
    async function attempt(onUp: () => void): Promise<Ending> {
      let refused = false;
      const ended = await connect(library, stop, () => {
        onUp();
        first.resolve();
        revival.end();
      }).catch((error: unknown) => {
        revival.end();
        const fault = isBrokerError(error) ? error : notConnected(reasonOf(error));
        refused = fault instanceof NoSuchAccount;
        if (refused) first.reject(fault);
        return fault;
      });
      first.resolve();
      if (!stop.aborted) down = ended.code === "NotConnected" || refused ? ended : notConnected(ended.message);
      return refused ? "refused" : "ended";
    }

    await keepTrying({ attempt, times: MS, stop });
    // Closed before the first attempt, while the library was loaded.
    first.resolve();
  }

  function requireSession(): Session {
    if (session === undefined) throw down;
    return session;
  }

  return {
    queues: () => [budget.load()],
    async start() {
      if (starting !== undefined) return starting;
      const stop = new AbortController();
      running = stop;
      starting = (async () => {
        const library = await loadLibrary(config.sdk);
        const first = Promise.withResolvers<void>();
        void keepUp(library, stop.signal, first);
        await first.promise;
        // Nothing has been lost, but whoever runs the gateway has to know that it is not there.
        if (session === undefined && running === stop) handlers.onConnection(false, down.message);
      })();
      try {
        await starting;
      } catch (error) {
        stop.abort();
        starting = undefined;
        throw error;
      }
    },

    async close() {
      down = notConnected("closed");
      running?.abort();
      running = undefined;
      starting = undefined;
      session = undefined;
      revival.end();
      budget.clear();
    },

    account: () => account,
    fault: () => down,
    ready: () => session !== undefined,
    readyMs: () => (session === undefined ? 0 : performance.now() - session.begunAt),
    now: () => (clock === undefined ? null : Math.round(clock.vendor + performance.now() - clock.at)),

    async probe(call) {
      const asked = link;
      if (asked === undefined) throw down;
      const inTime = AbortSignal.any([call.signal, AbortSignal.timeout(MS.ping)]);
      return shared.read("time", inTime, () => probe(asked));
    },

    read(key, call, act, kind = paceOf(call)) {
      // What may go before others shares no turn with them.
      return shared.read(`${kind} ${key}`, call.signal, async (signal) => {
        await revival.wait(config.timeout, signal);
        const before = requireSession();
        const own = { signal, deadline: call.deadline };
        try {
          return await act(readerOn(before.link, kind, own));
        } catch (error) {
          const lost = isBrokerError(error) && error.code === "NotConnected" && session !== before;
          if (!lost || running === undefined || signal.aborted) throw error;
          await revival.wait(config.timeout, signal);
          return act(readerOn(requireSession().link, kind, own));
        }
      });
    },

    live: requireSession,
    write: (asked, kind, call, make) => write(asked, kind, call, make, () => 0),
    writeNew: (asked, call, make) => write(asked, "write", call, () => make(orderIds.next()), orderIds.waitMs),

    // Asynchronous in its refusal too: it is asked from a timer, where what is thrown ends the process.
    beside: async (make, lane) => ask(requireSession().link, make, lane, config.timeout, "write"),
  };

  async function write<T>(
    asked: Session,
    kind: PacingClass,
    call: Call,
    make: () => Exchange<T>,
    waitMs: () => number,
  ): Promise<T> {
    const stillHere = () => {
      if (call.signal.aborted) throw notConnected("given up before the request was sent");
      if (session === asked) return;
      throw session === undefined ? down : notConnected("the connection was lost before it was sent");
    };
    stillHere();
    const bounds = { signal: call.signal, deadline: latestTurn(call, deadlineMs, false) };
    return underTurn(budget, kind, bounds, async (departure) => {
      stillHere();
      for (let ms = waitMs(); ms > 0; ms = waitMs()) {
        await pause(ms, call.signal);
        stillHere();
      }
      try {
        return await asked.link.exchange(make(), departure);
      } catch (error) {
        if (isBrokerError(error) && error.code === "OutcomeUnknown") void probe(asked.link).catch(() => {});
        throw error;
      } finally {
        shared.renew();
      }
    });
  }
}

/** @throws NoSuchAccount with the login's accounts, masked, when none or more than one fits. */
function chooseAccount(accounts: readonly string[], asked: string | undefined): string {
  const list = accounts.map(maskAccount).join(", ") || "none";
  const fitting = asked === undefined ? accounts : accounts.filter((each) => each === asked);
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only;
  if (asked === undefined) {
    throw new NoSuchAccount(`the login of TWS has several accounts; set accountId to one of: ${list}`);
  }
  throw new NoSuchAccount(`the login of TWS has no account ${maskAccount(asked)}; it has: ${list}`);
}
