/**
 * The connection to Longport: token, HTTP and one transport, kept within the vendor's limits.
 *
 * - Writes go out over HTTP, once, and only while HTTP answers and the account's pushes are subscribed; a cancel goes out
 *   whatever the state of the links. None of them waits for a connection.
 * - A write that was handed over is not given up when its caller's deadline passes: it ends with the answer, with the
 *   connection, or after {@link MS.write} as unknown, so that a late answer still says what became of the order.
 * - A read that a lost connection took with it is asked again once.
 */
import type { Call, QueueLoad } from "../../spec/broker.ts";
import type { BrokerError } from "../../spec/broker-error.ts";
import { createSharedReads, latestTurn, type PacingClass, paceOf, underTurn } from "../shared/pacing.ts";
import { pause } from "../shared/retry.ts";
import { demandSendingOnce } from "../shared/sends-once.ts";
import type { LongportConfig } from "./config.ts";
import { createHttp, type HttpRequest } from "./http.ts";
import { type PushedOrder, REPLIES } from "./messages.ts";
import { createNativeTransport } from "./native.ts";
import { isTokenRefusal, NoAnswer, notConnected, type Purpose, toBrokerError, VendorRefusal } from "./refusals.ts";
import { backOff, createQuoteBudget, createTradeBudget, departing, MS, QUOTES_AT_ONCE } from "./timing.ts";
import { createTokens } from "./tokens.ts";
import type { Transport } from "./transport.ts";
import { createTurnstile } from "./turnstile.ts";
import { createWebTransport } from "./web.ts";

export interface WireHandlers {
  onOrder(order: PushedOrder): void;
  onConnection(connected: boolean, reason?: string): void;
  /** Another token is the one to use, which may be that of another account. */
  onToken(): void;
}

/** A read of the transport, and which of the vendor's limits it counts for. */
export interface Read<T> {
  /** Names the call in messages. */
  readonly what: string;
  /** Equal keys under way share one call; absent, it is a call of its own. */
  readonly key?: string;
  readonly limit: "trade" | "quote";
  /** Default: what the call is for. */
  readonly kind?: PacingClass;
  act(transport: Transport, signal: AbortSignal): Promise<T>;
}

export interface Write {
  readonly what: string;
  readonly purpose: Exclude<Purpose, "read">;
  readonly kind: Exclude<PacingClass, "read">;
  readonly method: "POST" | "PUT" | "DELETE";
  readonly request: Pick<HttpRequest, "query" | "body">;
}

export interface Wire {
  /** Resolves when the first attempt has ended. @throws BrokerError for what another attempt cannot heal. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** True when both links and HTTP answer now, by round trips at most two seconds old. @throws BrokerError */
  probe(call: Call): Promise<boolean>;
  /** The vendor's clock, milliseconds since the epoch, by a round trip. @throws BrokerError */
  vendorTime(call: Call): Promise<number>;
  /** Milliseconds that the vendor's clock was ahead of ours when it was last heard. */
  clockOffset(): number;
  read<T>(read: Read<T>, call: Call): Promise<T>;
  /** The `data` of the answer. */
  write(write: Write, call: Call): Promise<unknown>;
  queues(): QueueLoad[];
}

const ORDER_PATH = "/v1/trade/order";

export function createWire(config: LongportConfig, deadlineMs: number, handlers: WireHandlers): Wire {
  const shared = createSharedReads();
  const budgets = { trade: createTradeBudget(), quote: createQuoteBudget() };
  // One place is kept for the look at the connection.
  const quotes = createTurnstile(QUOTES_AT_ONCE - 1);
  /** Aborted by `close`; absent while the wire is not running. */
  let running: AbortController | undefined;
  let starting: Promise<void> | undefined;
  let transport: Transport | undefined;
  let offset = 0;
  let link: { readonly up: boolean; readonly reason: string } = { up: false, reason: "not started" };
  /** Why HTTP does not answer; `undefined` while it does. */
  let silence: string | undefined;
  let told = false;
  /** How often the connection has gone, also with a token, after which the next may be that of another account. */
  let losses = 0;
  /** What was last told of the token while the connection stood. */
  let warned: string | undefined;
  /** Aborts when HTTP answers again; absent while it does. */
  let recovering: AbortController | undefined;
  let looked: { readonly on: Transport; readonly at: number; readonly answer: Promise<boolean> } | undefined;

  const http = createHttp({
    ...config,
    token: () => tokens.current(),
    onTime: (at) => {
      offset = at - Date.now();
    },
  });
  const tokens = createTokens({
    config,
    async refresh(expiresAt) {
      if (running === undefined) throw notConnected(link.reason);
      return http.get("/v1/token/refresh", REPLIES.refreshed, {
        query: { expired_at: expiresAt.toISOString() },
        // Not given up by `close`: the vendor ends the token before, and this answer alone has the new one.
        signal: new AbortController().signal,
        timeoutMs: MS.write,
      });
    },
    onChange() {
      handlers.onToken();
      // The links may notice only later, and what goes out until then may go to another account.
      if (running !== undefined) link = { up: false, reason: "the token has changed" };
      transport?.renew();
      tell();
    },
  });

  /** Asks for a one-time password, which counts for no limit: the round trip that shows that HTTP, key and token serve. */
  function door(signal: AbortSignal, timeoutMs: number) {
    return http.get("/v1/socket/token", REPLIES.otp, { signal, timeoutMs });
  }

  async function otp(signal: AbortSignal): Promise<string> {
    const {
      otp: password,
      limit,
      online,
    } = await door(signal, MS.read).catch((error: unknown) => {
      notice(error);
      throw error;
    });
    hear();
    if (limit !== undefined && limit !== null && Number(online) >= Number(limit)) {
      throw new NoAnswer(`Longport has ${online} links of this account open and takes no more than ${limit}`);
    }
    return password;
  }

  function problem(): BrokerError | undefined {
    if (running === undefined) return notConnected(link.reason);
    const token = tokens.problem();
    if (token !== undefined) return token;
    if (silence !== undefined) return notConnected(silence);
    return link.up ? undefined : notConnected(link.reason);
  }

  /** Tells of the connection when it came or went, and when its token is about to take it away. */
  function tell(): void {
    const reason = problem();
    const connected = reason === undefined;
    const warning = connected ? tokens.warning() : undefined;
    const isNews = connected !== told || (warning !== undefined && warning !== warned);
    told = connected;
    warned = warning;
    if (!isNews) return;
    if (!connected) losses += 1;
    if (connected) handlers.onConnection(true, warning);
    else handlers.onConnection(false, reason.message);
  }

  function hear(): void {
    silence = undefined;
    tell();
  }

  /** Draws from a failed call over HTTP what it says about the connection as a whole; links tell of themselves. */
  function notice(error: unknown): void {
    if (error instanceof NoAnswer && !error.late) {
      silence ??= error.message;
      tell();
      void recover();
    } else if (error instanceof NoAnswer) {
      void recover();
    } else if (error instanceof VendorRefusal && isTokenRefusal(error.code)) {
      // Another process may have refreshed the token.
      void tokens.check().then(tell);
    }
  }

  /** Looks whether HTTP answers, until it does. */
  async function recover(): Promise<void> {
    const signal = running?.signal;
    if (signal === undefined || recovering !== undefined) return;
    const mine = new AbortController();
    recovering = mine;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await door(signal, MS.probe);
        break;
      } catch (error) {
        // Any answer is a sign of life.
        if (!(error instanceof NoAnswer)) break;
        if (!signal.aborted) silence ??= error.message;
        tell();
      }
      await pause(Math.min(backOff(failures), MS.mostRecovery), signal);
      if (silence === undefined) break;
    }
    // What took HTTP away may have taken the links too: the SDK needs a moment to notice.
    if (silence !== undefined)
      await transport?.probe(AbortSignal.any([signal, AbortSignal.timeout(MS.probe)])).catch(() => {});
    recovering = undefined;
    mine.abort();
    if (!signal.aborted) hear();
  }

  /** One look answers everybody who asks for a while. */
  function look(on: Transport, stop: AbortSignal): Promise<boolean> {
    const now = performance.now();
    if (looked?.on === on && now - looked.at < MS.sharedProbe) return looked.answer;
    const signal = AbortSignal.any([stop, AbortSignal.timeout(MS.probe)]);
    // Before the reads that wait: how many those are says nothing about the connection.
    const answer = underTurn(budgets.quote, "write", { signal }, async ({ leaves }) => {
      // It may have on one of the links, whatever became of it on the other.
      leaves();
      const answers = await Promise.allSettled([on.probe(signal), door(signal, MS.probe)]);
      const [, opened] = answers;
      if (opened.status === "rejected") notice(opened.reason);
      return answers.every(({ status }) => status === "fulfilled");
    });
    looked = { on, at: now, answer };
    return answer;
  }

  function requireRunning(): { readonly transport: Transport; readonly stop: AbortSignal } {
    const token = running === undefined ? undefined : tokens.problem();
    if (running === undefined || transport === undefined) throw notConnected(link.reason);
    if (token !== undefined) throw token;
    return { transport, stop: running.signal };
  }

  function readOnce<T>({ limit, kind = "read", act }: Read<T>, signal: AbortSignal, deadline: number): Promise<T> {
    return underTurn(budgets[limit], kind, { signal, deadline }, async (departure) => {
      const { transport: on, stop } = requireRunning();
      const either = AbortSignal.any([signal, stop]);
      const go = departing(() => act(on, either));
      if (limit === "trade") return go(departure);
      const waits = !quotes.hasRoom();
      const leave = await quotes.enter(either);
      try {
        if (!waits) return await go(departure);
        // Its turn is over by now, and all that waited behind a slow service would go out at once.
        departure.stays();
        return await underTurn(budgets.quote, "write", { signal: either, deadline }, go);
      } finally {
        leave();
      }
    });
  }

  async function readTwice<T>(read: Read<T>, signal: AbortSignal, deadline: number): Promise<T> {
    try {
      return await readOnce(read, signal, deadline);
    } catch (error) {
      if (read.limit === "trade") notice(error);
      const lost = error instanceof NoAnswer && !error.late;
      if (!lost || running === undefined || signal.aborted) throw error;
      // A link takes a moment to come back; HTTP tells by itself when it answers again.
      await pause(MS.firstBackOff, AbortSignal.any([signal, running.signal]));
      if (read.limit === "trade" && recovering !== undefined) {
        await pause(MS.mostRecovery, signal, recovering.signal);
      }
      return readOnce(read, signal, deadline);
    }
  }

  return {
    queues: () => Object.values(budgets).map((budget) => budget.load()),
    async start() {
      if (starting !== undefined) return starting;
      const stop = new AbortController();
      running = stop;
      const requireOpen = () => {
        if (stop.signal.aborted) throw notConnected("closed");
      };
      starting = (async () => {
        demandSendingOnce("Longport");
        await tokens.load();
        requireOpen();
        link = { up: false, reason: "not connected yet" };
        // What was heard of HTTP before counts no more; nothing else would ever take it back.
        silence = undefined;
        const mine = {
          onOrder: handlers.onOrder,
          onLink(up: boolean, reason: string) {
            if (running !== stop) return;
            link = { up, reason };
            tell();
          },
        };
        const opening =
          config.transport === "native"
            ? createNativeTransport({ config, token: () => tokens.current(), http, handlers: mine })
            : createWebTransport({ config, http, handlers: mine, otp });
        transport = opening;
        await tokens.check();
        requireOpen();
        await opening.start();
        // Nothing has been lost, but whoever runs the gateway has to know that it is not there.
        const missing = running === stop ? problem() : undefined;
        if (missing !== undefined && !told) handlers.onConnection(false, missing.message);
        void (async () => {
          while (!stop.signal.aborted) {
            await pause(MS.tokenCheck, stop.signal);
            if (stop.signal.aborted) return;
            await tokens.check();
            tell();
          }
        })();
      })();
      try {
        await starting;
      } catch (error) {
        // Unless it was closed meanwhile, and perhaps started anew.
        if (running === stop) await this.close();
        throw error;
      }
    },

    async close() {
      link = { up: false, reason: "closed" };
      running?.abort();
      running = undefined;
      starting = undefined;
      const ending = transport?.close();
      transport = undefined;
      told = false;
      for (const budget of Object.values(budgets)) budget.clear();
      await Promise.all([ending, tokens.settled()]);
    },

    async probe(call) {
      const { transport: on, stop } = requireRunning();
      const inTime = AbortSignal.any([call.signal, stop, AbortSignal.timeout(MS.ping)]);
      const answered = await shared.read("probe", inTime, () => look(on, stop));
      return answered && problem() === undefined;
    },

    async vendorTime(call) {
      const { stop } = requireRunning();
      try {
        await shared.read("time", AbortSignal.any([call.signal, stop]), (signal) => door(signal, MS.read));
      } catch (error) {
        notice(error);
        throw toBrokerError(error, "the time", "read");
      }
      return Date.now() + offset;
    },

    clockOffset: () => offset,

    async read(given, call) {
      const read = { kind: paceOf(call), ...given };
      requireRunning();
      try {
        const { key } = read;
        const latest = latestTurn(call, deadlineMs, true);
        const act = (signal: AbortSignal) => readTwice(read, signal, latest);
        // What may go before others shares no turn with them.
        return await (key === undefined
          ? act(call.signal)
          : shared.read(`${read.what} ${read.kind} ${key}`, call.signal, act));
      } catch (error) {
        throw toBrokerError(error, read.what, "read");
      }
    },

    async write({ what, purpose, kind, method, request }, call) {
      requireRunning();
      const demandReady = () => {
        const reason = kind === "cancel" ? undefined : problem();
        if (reason !== undefined) throw reason;
      };
      demandReady();
      const asked = losses;
      try {
        const limits = { signal: call.signal, deadline: latestTurn(call, deadlineMs, false) };
        return await underTurn(budgets.trade, kind, limits, async (departure) => {
          const { stop } = requireRunning();
          demandReady();
          if (kind !== "cancel" && losses !== asked) {
            throw notConnected("the connection was lost before the request was sent");
          }
          if (call.signal.aborted) throw notConnected("given up before the request was sent");
          const sent = { ...request, signal: stop, timeoutMs: MS.write };
          return departing(() => http.write(method, ORDER_PATH, sent))(departure).finally(shared.renew);
        });
      } catch (error) {
        notice(error);
        throw toBrokerError(error, what, purpose);
      }
    },
  };
}
