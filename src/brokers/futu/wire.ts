/**
 * The connection to OpenD: one socket at a time, kept up for as long as the broker runs, with the account chosen,
 * trading unlocked and pushes subscribed on each of them.
 *
 * - No write ever waits for a connection. A read that a lost connection took with it is asked again once, and one that
 *   comes right after the loss waits for the first attempt to connect again, well or badly as that ends.
 * - A write that was handed over is not given up when its caller's deadline passes: it ends with OpenD's answer, with
 *   the connection, or after {@link MS.write} as unknown, so that a late answer still says what became of the order.
 */
import type { Call, QueueLoad } from "../../spec/broker.ts";
import { type BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import { type Ending, keepTrying } from "../shared/attempts.ts";
import { createSharedReads, type Departure, latestTurn, paceOf, underTurn } from "../shared/pacing.ts";
import { Revival } from "../shared/revival.ts";
import { chooseAccounts, NoSuchAccount, requireSame, type TradingAccount } from "./accounts.ts";
import type { FutuConfig } from "./config.ts";
import {
  COMMAND,
  type GlobalState,
  type Method,
  parseLoginNotice,
  parseOrderPush,
  parseReply,
  type Reply,
  type VendorOrder,
} from "./messages.ts";
import {
  notConnected,
  type Purpose,
  reasonOf,
  TradingLocked,
  toBrokerError,
  toLoginError,
  withoutAnswer,
} from "./refusals.ts";
import { type Library, type Link, loadLibrary, openLink } from "./socket.ts";
import { createBudgets, MS, type Pace, type WritePace } from "./timing.ts";
import { createUnlocking, type Unlockable } from "./unlocking.ts";

export interface WireHandlers {
  onOrder(order: VendorOrder, accId: string): void;
  onConnection(connected: boolean, reason?: string): void;
}

/** A request to OpenD without what belongs to the connection. */
type Request = Readonly<Record<string, unknown>>;

export interface Wire {
  /** Resolves when the first attempt has ended. @throws BrokerError for what another attempt cannot heal. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** The chosen accounts, also while the connection is gone; `undefined` until they were first seen. */
  accounts(): readonly TradingAccount[] | undefined;
  /** OpenD's version, 1011 for 10.11; `undefined` until it was first told. */
  version(): number | undefined;
  /** Why there is no connection. Meaningless while there is one. */
  fault(): BrokerError;
  /** State of OpenD by a round trip, at most two seconds old. @throws BrokerError `NotConnected`, `Timeout` */
  state(call: Call): Promise<GlobalState>;
  /** True when orders can be sent and pushes come. */
  ready(): boolean;
  read<M extends Method>(method: M, request: Request, call: Call, pace?: Pace): Promise<Reply<M>>;
  write<M extends Method>(method: M, request: Request, call: Call, pace: WritePace): Promise<Reply<M>>;
  queues(): QueueLoad[];
}

/** What a request is for, how long its answer may take, and what may end it before. */
interface Sending {
  readonly purpose: Purpose;
  readonly ms: number;
  readonly signal?: AbortSignal;
  /** Told whether it has left. Absent where nothing is counted. */
  readonly departure?: Departure | undefined;
}

const QUERY: Sending = { purpose: "read", ms: MS.read };

interface Session extends Unlockable {
  readonly link: Link;
}

export function createWire(config: FutuConfig, deadlineMs: number, handlers: WireHandlers): Wire {
  const url = `${config.ssl ? "wss" : "ws"}://${config.host.includes(":") ? `[${config.host}]` : config.host}:${config.port}`;
  const shared = createSharedReads();
  const budgets = createBudgets();
  /** Aborted by `close`; absent while the wire is not running. */
  let running: AbortController | undefined;
  let starting: Promise<void> | undefined;
  let link: Link | undefined;
  /** What OpenD last said of its own login for trading, on that connection. */
  let loggedIn = false;
  let session: Session | undefined;
  let known: readonly TradingAccount[] | undefined;
  let version: number | undefined;
  let down: BrokerError = notConnected("not started");
  const revival = new Revival();
  let probing: { readonly link: Link; readonly at: number; readonly state: Promise<GlobalState> } | undefined;
  let serial = 0;
  const unlocking = createUnlocking<Session>({
    config,
    deadlineMs,
    budgets,
    ask: (on, request, departure) => exchange(on.link, "UnlockTrade", request, { ...QUERY, departure }),
  });

  /** Sends on this very connection, and ends whatever happens. */
  function exchange<M extends Method>(
    on: Link,
    method: M,
    request: Request,
    { purpose, ms, signal, departure }: Sending,
  ): Promise<Reply<M>> {
    return new Promise((resolve, reject) => {
      const { sent, answer, forget } = on.send(method, request);
      if (sent) departure?.leaves();
      const end = (settle: () => void) => {
        clearTimeout(timer);
        // An answer that never comes would be waited for as long as the connection lasts.
        forget();
        signal?.removeEventListener("abort", abort);
        settle();
      };
      const abort = () => end(() => reject(withoutAnswer(`${method}: given up before OpenD answered`, purpose)));
      const timer = setTimeout(() => {
        end(() => reject(withoutAnswer(`OpenD did not answer ${method} within ${ms} ms`, purpose)));
        // Silence may mean a half-open socket, which nothing else would notice before the next heartbeat.
        if (method !== "GetGlobalState") void probe(on).catch(() => {});
      }, ms);
      signal?.addEventListener("abort", abort, { once: true });
      answer
        .then((response) => parseReply(method, response))
        .then(
          (reply) => end(() => resolve(reply)),
          (rejection) => end(() => reject(toBrokerError(rejection, method, purpose, sent))),
        );
    });
  }

  /** SDK fault (half-open sockets): nothing there notices one; here an unanswered probe ends the connection. */
  function probe(on: Link): Promise<GlobalState> {
    if (probing?.link === on && performance.now() - probing.at < MS.sharedProbe) return probing.state;
    const heard = on.heard();
    const state = exchange(on, "GetGlobalState", { userID: 0 }, { purpose: "read", ms: MS.probe });
    probing = { link: on, at: performance.now(), state };
    state.then(
      (answer) => {
        if (on === link) version = answer.serverVer;
        follow(on, answer.trdLogined);
      },
      () => {
        if (on.heard() === heard) on.close("OpenD does not answer");
      },
    );
    return state;
  }

  /** Keeps the session in step with OpenD's own login for trading: without that for quotes it takes orders all the same. */
  function follow(on: Link, isLoggedIn: boolean): void {
    if (on !== link) return;
    loggedIn = isLoggedIn;
    if (!loggedIn) leave(notConnected("OpenD is not logged in to Futu"));
    if (loggedIn && session === undefined) void establish(on).catch((error) => on.close(reasonOf(error)));
  }

  function leave(reason: BrokerError): void {
    down = reason;
    if (session === undefined) return;
    session = undefined;
    handlers.onConnection(false, reason.message);
  }

  let establishing: { readonly on: Link; readonly done: Promise<void> } | undefined;

  /** Chooses the accounts, asks for their pushes and unlocks trading; after that orders can be sent on this connection. */
  function establish(on: Link): Promise<void> {
    if (establishing?.on === on) return establishing.done;
    const done = setUp(on).finally(() => {
      establishing = undefined;
    });
    establishing = { on, done };
    return done;
  }

  async function setUp(on: Link): Promise<void> {
    const list = await exchange(on, "GetAccList", { userID: 0, trdCategory: 1, needGeneralSecAccount: true }, QUERY);
    const accounts = chooseAccounts(list.accList, config);
    // Somebody may have logged OpenD in anew: orders, keys and limits of one account are not another's.
    if (known !== undefined) requireSame(known, accounts);
    // SDK fault (subscriptions): they are lost with the connection; here every connection asks for them.
    await exchange(on, "SubAccPush", { accIDList: accounts.map(({ accId }) => accId) }, QUERY);
    const fresh: Session = { link: on, accounts, unlocked: false };
    await unlocking.unlock(fresh).catch(() => {});
    // That may have failed with the connection, whose end has then been told: nothing would end a session of it.
    const ended = on.ended();
    if (ended !== undefined) throw notConnected(ended);
    // Without its login it takes no order; when that comes back, all this is done again.
    if (on !== link || !loggedIn) return;
    known = accounts;
    session = fresh;
    handlers.onConnection(true);
  }

  /** One connection from its beginning to its end. @returns why it ended. */
  async function connect(library: Library, signal: AbortSignal, onUp: () => void): Promise<BrokerError> {
    let on: Link | undefined;
    const onEnd = (reason: string) => {
      if (on === undefined || session?.link !== on) return;
      revival.begin();
      leave(notConnected(reason));
    };
    const opening = openLink({ library, url, key: config.key, signal, timeoutMs: MS.connect, onPush, onEnd });
    const opened = await opening.catch((rejection) => Promise.reject(toLoginError(rejection)));
    on = opened;
    link = opened;
    serial = 0;
    const heartbeat = setInterval(() => {
      const quiet = performance.now() - (probing?.at ?? 0) >= MS.heartbeat;
      if (session === undefined || quiet) void probe(opened).catch(() => {});
    }, MS.loginWatch);
    try {
      const { trdLogined } = await probe(opened);
      if (trdLogined) await establish(opened);
      onUp();
      return notConnected(await opened.closed);
    } finally {
      clearInterval(heartbeat);
      if (link === opened) link = undefined;
      opened.close("closed");
    }
  }

  /**
   * Connects again and again, one connection after the other, until it is stopped.
   *
   * SDK fault (failed logins): there a refused key ends everything silently; here it is tried again, slowly.
   */
  async function keepUp(library: Library, stop: AbortSignal, first: PromiseWithResolvers<void>): Promise<void> {
    async function attempt(onUp: () => void): Promise<Ending> {
      let refused = false;
      const ended = await connect(library, stop, () => {
        onUp();
        first.resolve();
        revival.end();
      }).catch((error: unknown) => {
        revival.end();
        // What a login failed with is said of every later write, which was not sent whatever that was.
        const fault = isBrokerError(error) && error.outcome === "not_sent" ? error : notConnected(reasonOf(error));
        refused = fault.code === "AuthenticationFailed" || fault instanceof NoSuchAccount;
        if (fault instanceof NoSuchAccount) first.reject(fault);
        return fault;
      });
      first.resolve();
      if (!stop.aborted) down = ended;
      return refused ? "refused" : "ended";
    }

    await keepTrying({ attempt, times: MS, stop });
    // Closed before the first attempt, while the library was loaded.
    first.resolve();
  }

  function onPush(command: number, message: unknown): void {
    if (command === COMMAND.Notify) {
      const isLoggedIn = parseLoginNotice(message);
      if (isLoggedIn !== undefined && link !== undefined) follow(link, isLoggedIn);
    }
    const push = command === COMMAND.UpdateOrder ? parseOrderPush(message) : undefined;
    if (push !== undefined && known?.some(({ accId }) => accId === push.accID)) {
      handlers.onOrder(push.order, push.accID);
    }
  }

  function requireSession(): Session {
    if (session === undefined) throw down;
    return session;
  }

  async function readOnce<M extends Method>(
    method: M,
    request: Request,
    signal: AbortSignal,
    latest: number,
    pace: Pace | undefined,
  ): Promise<Reply<M>> {
    requireSession();
    const ask = async (departure?: Departure) =>
      exchange(requireSession().link, method, request, { ...QUERY, signal, departure });
    if (pace === undefined) return ask();
    const { kind = "read", withinMs = Number.POSITIVE_INFINITY } = pace;
    const deadline = Math.min(latest, performance.now() + withinMs);
    return underTurn(budgets.of(pace), kind, { signal, deadline }, ask);
  }

  /** The number of a write on the connection that it was asked on. @throws BrokerError for one that must not go out. */
  function nextPacket(asked: Session, signal: AbortSignal) {
    if (signal.aborted) throw notConnected("given up before the request was sent");
    // A login that came back has a session of its own, though on the same connection.
    if (requireSession() !== asked) throw notConnected("the connection was lost before the request was sent");
    serial += 1;
    // SDK fault (packet ids): it says it fills them in, and does not; the number grows with each write of a connection.
    return { connID: asked.link.connId, serialNo: serial };
  }

  return {
    queues: budgets.loads,
    async start() {
      if (starting !== undefined) return starting;
      const stop = new AbortController();
      running = stop;
      known = undefined;
      version = undefined;
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
      revival.end();
      budgets.clear();
    },

    accounts: () => known,
    version: () => version,
    fault: () => down,
    ready: () => session !== undefined,

    async state(call) {
      const asked = link;
      if (asked === undefined) throw down;
      const inTime = AbortSignal.any([call.signal, AbortSignal.timeout(MS.ping)]);
      return shared.read("state", inTime, () => probe(asked));
    },

    read(method, request, call, given) {
      const kind = given?.kind ?? paceOf(call);
      const pace = given && { ...given, kind };
      const latest = latestTurn(call, deadlineMs, true);
      const act = async (signal: AbortSignal) => {
        await revival.wait(MS.read, signal);
        const before = requireSession();
        try {
          return await readOnce(method, request, signal, latest, pace);
        } catch (error) {
          const lost = isBrokerError(error) && error.code === "NotConnected" && session !== before;
          if (!lost || running === undefined || signal.aborted) throw error;
          await revival.wait(MS.read, signal);
          return readOnce(method, request, signal, latest, pace);
        }
      };
      if (pace?.fresh) return act(call.signal);
      // What may go before others shares no turn with them.
      return shared.read(`${method} ${kind} ${JSON.stringify(request)}`, call.signal, act);
    },

    async write(method, request, call, { kind, ...pace }) {
      const limits = { signal: call.signal, deadline: latestTurn(call, deadlineMs, false) };
      const asked = requireSession();
      // When unlocking fails, OpenD's refusal of the order says so.
      await unlocking.unlockFor(call, asked).catch(() => {});
      const purpose = method === "PlaceOrder" ? "place" : "modify";
      const once = () =>
        underTurn(budgets.of(pace), kind, limits, async (departure) => {
          const packetID = nextPacket(asked, call.signal);
          const sending: Sending = { purpose, ms: MS.write, departure };
          return exchange(asked.link, method, { packetID, ...request }, sending).finally(shared.renew);
        });
      try {
        return await once();
      } catch (error) {
        // OpenD refused it at its own door, so that no order came of it; with trading unlocked it may go in.
        if (!(error instanceof TradingLocked) || config.unlockPin === undefined || unlocking.isRefused()) throw error;
        asked.unlocked = false;
        await unlocking.unlockFor(call, asked).catch((why) => Promise.reject(new TradingLocked(error.text, why)));
        return await once();
      }
    },
  };
}
