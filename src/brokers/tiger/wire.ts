/**
 * The connection to Tiger: requests to its gateway, each paced and sent once, and the truth about whether it is there.
 *
 * - A read that failed for want of an answer is asked again once; a write never is.
 * - A write that was handed over is not given up when its caller's deadline passes: it ends with Tiger's answer, with the
 *   connection, or after {@link MS.write} as unknown, so that a late answer still says what became of the order.
 * - When the gateway could not be reached or refused the login, it is asked again and again until it answers, and the host
 *   hears of both.
 */
import type * as v from "valibot";
import type { Call, QueueLoad } from "../../spec/broker.ts";
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import {
  createSharedReads,
  type Departure,
  latestTurn,
  type PacingClass,
  paceOf,
  underTurn,
} from "../shared/pacing.ts";
import { pause } from "../shared/retry.ts";
import { demandSendingOnce } from "../shared/sends-once.ts";
import { conceal, isPaperAccount, type TigerConfig } from "./config.ts";
import { createGateway, type Gateway, Unreachable } from "./gateway.ts";
import { type JsonObject, writeJson } from "./json.ts";
import { createSign, createVerify, readPrivateKey, type Sign } from "./keys.ts";
import { ANYTHING } from "./messages.ts";
import { Blacklisted, notConnected, type Purpose, reasonOf, TokenEnded, TooFrequent } from "./refusals.ts";
import { readOption } from "./runtime.ts";
import { backOff, createBudgets, createRests, type Method, MS } from "./timing.ts";
import { createToken } from "./token.ts";

/** A request without what every request has. */
export interface Asked<S extends v.GenericSchema> {
  readonly method: Method;
  readonly content?: JsonObject;
  readonly schema: S;
}

export interface Wire {
  /** Reads the key. @throws BrokerError when there is none or the runtime will not do, which trying again does not heal. */
  open(): Promise<Sign>;
  close(): void;
  /** A read that may be shared with others who ask the same at the same time; `fresh` asks for itself. */
  read<S extends v.GenericSchema>(asked: Asked<S>, call: Call, fresh?: boolean): Promise<v.InferOutput<S>>;
  /** Sent once, whatever happens. */
  write<S extends v.GenericSchema>(
    asked: Asked<S>,
    call: Call,
    purpose: Exclude<Purpose, "read">,
  ): Promise<v.InferOutput<S>>;
  /** A read that a write needs beforehand, for itself and at a write's pace: when it fails, nothing of the write was sent. */
  prepare<S extends v.GenericSchema>(asked: Asked<S>, call: Call): Promise<v.InferOutput<S>>;
  /** True when the gateway and the login behind it answer; at most two seconds old. */
  ping(call: Call): Promise<boolean>;
  /** Asks the gateway, until it answers: the answer to a doubt that came from elsewhere. */
  check(): void;
  /** The vendor's clock, milliseconds since the epoch. */
  now(): number;
  queues(): QueueLoad[];
}

export interface WireHandlers {
  /** Something is about to be asked. */
  onUse(): void;
  /** The gateway answers, or cannot be reached. Called when that changes, and after every {@link Wire.check}. */
  onReachable(reachable: boolean, reason?: string): void;
}

const QUOTES: ReadonlySet<Method> = new Set<Method>(["quote_real_time", "market_state", "grab_quote_permission"]);

export function createWire(config: TigerConfig, deadlineMs: number, handlers: WireHandlers): Wire {
  const shared = createSharedReads();
  const isPaper = isPaperAccount(config.account);
  const budgets = createBudgets(isPaper);
  const rests = createRests(isPaper);
  const token = createToken(config);
  let gateway: Gateway | undefined;
  let closed = false;
  /** How often it was closed: what was begun before the last time must not open it. */
  let closings = 0;
  /** Ends what is under way. A worker takes no signal of one request into another: each has its own. */
  const enders = new Set<(reason: BrokerError) => void>();
  let checking: { lastStep: number } | undefined;
  let probe: { readonly at: number; readonly answer: Promise<boolean> } | undefined;

  function open(): Gateway {
    if (gateway === undefined) throw notConnected(closed ? "closed" : "not started");
    return gateway;
  }

  /** A signal that `close` aborts, for what is under way here and now. */
  function scope() {
    const controller = new AbortController();
    const abort = (reason: BrokerError) => controller.abort(reason);
    enders.add(abort);
    return { signal: controller.signal, abort, end: () => void enders.delete(abort) };
  }

  const common: JsonObject = { account: config.account, secret_key: config.secretKey, lang: "en_US" };

  function contentOf({ method, content }: Asked<v.GenericSchema>): JsonObject | undefined {
    if (QUOTES.has(method)) return content === undefined ? undefined : { lang: "en_US", ...content };
    return { ...common, ...content };
  }

  /** @throws BrokerError `RateLimited` while the method rests; a cancel goes out all the same. */
  function keepRest(method: Method, kind: PacingClass): void {
    const rest = kind === "cancel" ? 0 : rests.left(method);
    if (rest === 0) return;
    throw new BrokerError("RateLimited", `${method} rests, since Tiger was called too often`, {
      outcome: "not_sent",
      retryAfterMs: Math.ceil(rest),
    });
  }

  /** One request at its pace: waits for its turn, sends, and notes what the answer says about the connection. */
  async function exchange<S extends v.GenericSchema>(
    asked: Asked<S>,
    purpose: Purpose,
    kind: PacingClass,
    call: Call,
    ms: number,
  ): Promise<v.InferOutput<S>> {
    const { method } = asked;
    const { signal } = call;
    keepRest(method, kind);
    open();
    handlers.onUse();
    const deadline = latestTurn(call, deadlineMs, purpose === "read");
    return underTurn(budgets.of(method), kind, { signal, deadline }, (departure) => {
      const to = open();
      // It may have begun meanwhile.
      keepRest(method, kind);
      if (signal.aborted) throw notConnected("given up before the request was sent");
      return send(to, asked, purpose, departure, signal, ms);
    });
  }

  async function send<S extends v.GenericSchema>(
    to: Gateway,
    asked: Asked<S>,
    purpose: Purpose,
    departure: Departure,
    signal: AbortSignal,
    ms: number,
  ): Promise<v.InferOutput<S>> {
    const { method } = asked;
    const leftAt = performance.now();
    const own = scope();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      own.abort(notConnected(`Tiger did not answer within ${ms} ms`));
    }, ms);
    const url = (QUOTES.has(method) ? config.quoteServerUrl : undefined) ?? config.serverUrl;
    try {
      const { schema } = asked;
      const answer = await to.send({
        url,
        method,
        content: contentOf(asked),
        purpose,
        schema,
        departure,
        // What has left goes on without its caller, unless it changes nothing.
        signal: purpose === "read" ? AbortSignal.any([signal, own.signal]) : own.signal,
      });
      rests.answered(method, leftAt);
      return answer;
    } catch (error) {
      if (error instanceof TooFrequent) {
        const retryAfterMs = Math.ceil(rests.refused(method));
        throw new TooFrequent("RateLimited", error.message, { outcome: "not_sent", retryAfterMs });
      }
      const isShutOut = error instanceof Blacklisted;
      if (isShutOut) rests.shutOut();
      // A gateway for quotes of their own says nothing about that of the orders.
      const isGone = error instanceof Unreachable && url === config.serverUrl;
      if ((isGone || isShutOut) && !closed) handlers.onReachable(false, error.message);
      // Silence may be a connection that is half open, or a gateway that is gone; a refused login may be one that has ended.
      const isOfAll = isShutOut || error instanceof TokenEnded || !QUOTES.has(method);
      const isRefused = isBrokerError(error) && error.code === "AuthenticationFailed" && isOfAll;
      if (isGone || late || isRefused) check();
      throw error;
    } finally {
      clearTimeout(timer);
      own.end();
    }
  }

  /** A read, asked once more when the first one failed for want of an answer. */
  async function again<S extends v.GenericSchema>(
    asked: Asked<S>,
    kind: PacingClass,
    call: Call,
  ): Promise<v.InferOutput<S>> {
    try {
      return await exchange(asked, "read", kind, call, MS.read);
    } catch (error) {
      if (!(error instanceof Unreachable) || call.signal.aborted) throw error;
      return exchange(asked, "read", kind, call, MS.read);
    }
  }

  /**
   * The cheapest question that only a whole login is answered. It goes before the reads that wait: how many those are says
   * nothing about the connection.
   */
  function ask(signal: AbortSignal): Promise<unknown> {
    return exchange(
      { method: "active_orders", content: { limit: 1 }, schema: ANYTHING },
      "read",
      "write",
      { signal },
      MS.ping,
    );
  }

  function check(): void {
    const now = performance.now();
    // In a worker a round ends in silence with the request that began it: the next one takes over.
    const underWay = checking !== undefined && now - checking.lastStep < MS.ping + MS.mostBackOff * 2;
    if (underWay || gateway === undefined) return;
    const round = { lastStep: now };
    checking = round;
    const own = scope();
    void goOnChecking(round, own.signal).finally(() => {
      own.end();
      if (checking === round) checking = undefined;
    });
  }

  async function goOnChecking(round: { lastStep: number }, signal: AbortSignal): Promise<void> {
    for (let failures = 0; checking === round && !signal.aborted; failures += 1) {
      // A new one may be why the login is refused. Where it cannot be read, as while it is written, the last one stays.
      await token.read().catch(() => {});
      const failed = await ask(signal).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (checking !== round || signal.aborted) return;
      if (failed === undefined || failed instanceof TooFrequent) return handlers.onReachable(true);
      // What was held back here for the vendor's limits has asked nobody, and says nothing about the gateway.
      const heldBack = isBrokerError(failed) && failed.code === "RateLimited";
      if (!heldBack) handlers.onReachable(false, reasonOf(failed));
      await pause(backOff(failures), signal);
      round.lastStep = performance.now();
    }
  }

  return {
    queues: budgets.loads,
    async open() {
      demandSendingOnce("Tiger");
      const { tigerId, deviceId } = config;
      const begun = closings;
      const sign = await Promise.all([privateKeyOf(config).then(createSign), token.read()]).then(
        ([given]) => given,
        (error: unknown) => {
          throw new BrokerError("AuthenticationFailed", reasonOf(error), { outcome: "not_sent" });
        },
      );
      const verify = await createVerify(config.tigerPublicKey);
      if (closings !== begun) throw notConnected("closed");
      closed = false;
      const hide = (text: string) => conceal(text, { ...config, token: token.value() });
      gateway = createGateway({ tigerId, deviceId, token: token.value, conceal: hide, sign, verify });
      return sign;
    },

    close() {
      closed = true;
      closings += 1;
      // Whoever opens it again waits for no answer of before.
      checking = undefined;
      probe = undefined;
      for (const end of enders) end(notConnected("closed"));
      enders.clear();
      gateway = undefined;
      budgets.clear();
    },

    read(asked, call, fresh = false) {
      const kind = paceOf(call);
      const { deadline } = call;
      if (fresh) return again(asked, kind, call);
      // What may go before others shares no turn with them.
      const key = `${asked.method} ${kind} ${writeJson(asked.content ?? {})}`;
      return shared.read(key, call.signal, (signal) => again(asked, kind, { signal, deadline }));
    },

    async prepare(asked, call) {
      if (call.signal.aborted) throw notConnected("given up before the request was sent");
      return again(asked, "write", call);
    },

    async write(asked, call, purpose) {
      if (call.signal.aborted) throw notConnected("given up before the request was sent");
      const kind = purpose === "cancel" ? "cancel" : "write";
      return exchange(asked, purpose, kind, call, MS.write).finally(shared.renew);
    },

    async ping(call) {
      open();
      if (probe === undefined || performance.now() - probe.at >= MS.sharedProbe) {
        const own = scope();
        const answer = ask(own.signal)
          .then(
            () => true,
            () => false,
          )
          .finally(() => own.end());
        probe = { at: performance.now(), answer };
      }
      const { answer } = probe;
      return shared.read("ping", call.signal, () => answer);
    },

    check,
    now: () => gateway?.now() ?? Date.now(),
  };
}

/** @throws TypeError when it cannot be read or is none. */
async function privateKeyOf({ privateKey, privateKeyPath = "" }: TigerConfig): Promise<Uint8Array<ArrayBuffer>> {
  if (privateKey !== undefined) return privateKey;
  const text = await readOption("privateKeyPath", privateKeyPath, "privateKey");
  try {
    return readPrivateKey(text);
  } catch (error) {
    throw new TypeError(`the file at privateKeyPath ${reasonOf(error)}`);
  }
}
