/**
 * The transport over the vendor's SDK.
 *
 * The SDK says nothing of its connections, keeps calls while one is down and comes back two seconds later by itself. So the
 * trade link is asked every moment, and an answer that takes longer than the SDK would wait says that it was gone. A
 * context cannot be closed: it is let go of and cleared away.
 */
import { isBrokerError } from "../../spec/broker-error.ts";
import { type Ending, keepTrying } from "../shared/attempts.ts";
import { pause } from "../shared/retry.ts";
import type { LongportConfig } from "./config.ts";
import type { Http } from "./http.ts";
import { Unreadable } from "./messages.ts";
import { createOpenContexts } from "./native-end.ts";
import { loadSdk, type QuoteContext, type Sdk, type TradeContext } from "./native-sdk.ts";
import {
  numberOf,
  toBalances,
  toChannels,
  toMarketHours,
  toPushedOrder,
  toTradingDays,
  toVendorQuotes,
} from "./native-words.ts";
import { createOrderReads } from "./order-reads.ts";
import { HttpFault, NoAnswer, notConnected, reasonOf, VendorRefusal } from "./refusals.ts";
import { backOff, MS } from "./timing.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

const PRIVATE = 0;
const ENGLISH = 2;
/** The SDK is back two seconds after a drop: together these two are less, so that no drop goes by unseen. */
const ASK_EVERY_MS = 600;
const ANSWER_IN_MS = 1_200;

export interface NativeOptions {
  readonly config: LongportConfig;
  /** The token of the moment. */
  token(): string;
  readonly http: Http;
  readonly handlers: TransportHandlers;
}

interface Contexts {
  readonly trade: TradeContext;
  /** Takes longer to come about than the trade context, which does not wait for it. */
  quote?: QuoteContext;
  /** Aborts when that is there, or is tried for no more. */
  readonly quoteTried: AbortSignal;
}

export function createNativeTransport({ config, token, http, handlers }: NativeOptions): Transport {
  const stop = new AbortController();
  const opened = createOpenContexts();
  let contexts: Contexts | undefined;
  /** Counts the contexts: pushes of earlier ones mean nothing any more. */
  let epochs = 0;
  let ended: Promise<void> = Promise.resolve();
  let sdk: Sdk | undefined;
  /** Ends the contexts of a token that was replaced. Each attempt has its own. */
  let renewed = new AbortController();
  let down = "not connected yet";

  /** Waits for an answer of the SDK no longer than it is of use. */
  function bounded<T>(promise: Promise<T>, signal: AbortSignal, ms: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        act();
      };
      const fail = (message: string) => settle(() => reject(new NoAnswer(message, { late: true })));
      const giveUp = () => fail("given up before Longport answered");
      const timer = setTimeout(() => fail(`Longport did not answer within ${ms} ms`), ms);
      promise.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(readSdkError(error))),
      );
      if (signal.aborted) giveUp();
      else signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  async function connect(library: Sdk): Promise<Contexts> {
    const { appKey, appSecret, httpUrl, quoteWsUrl, tradeWsUrl } = config;
    const settings = new library.Config({
      appKey,
      appSecret,
      accessToken: token(),
      httpUrl,
      quoteWsUrl,
      tradeWsUrl,
      language: ENGLISH,
      enableOvernight: true,
      // SDK fault (output): it prints a table when it connects unless told not to.
      enablePrintQuotePackages: false,
    });
    const trade = await bounded(opened.note(library.TradeContext.new(settings)), stop.signal, MS.connect);
    // The SDK keeps what it calls: a reference from there to a context would keep the context for ever.
    const epoch = ++epochs;
    trade.setOnOrderChanged((error, event) => {
      if (error === null && epoch === epochs && !stop.signal.aborted) hear(event);
    });
    await bounded(trade.subscribe([PRIVATE]), stop.signal, MS.probe);
    // Then these have the token of before, and what they tell is of no use.
    if (renewed.signal.aborted) throw new NoAnswer(down, { sent: false });
    const tried = new AbortController();
    const mine: Contexts = { trade, quoteTried: tried.signal };
    contexts = mine;
    void openQuotes(library, settings, mine).finally(() => tried.abort());
    return mine;
  }

  /** Tries until it succeeds or the contexts are let go of. */
  async function openQuotes(library: Sdk, settings: object, mine: Contexts): Promise<void> {
    for (let failures = 0; contexts === mine && !stop.signal.aborted; failures += 1) {
      try {
        mine.quote = await bounded(opened.note(library.QuoteContext.new(settings)), stop.signal, MS.connect);
        return;
      } catch (error) {
        down = reasonOf(error);
      }
      await pause(backOff(failures), stop.signal, renewed.signal);
    }
  }

  /** Waits for it by a signal: a promise would keep all who ever asked, and ask for all of them when it is there. */
  async function quotesOf(mine: Contexts, signal: AbortSignal): Promise<QuoteContext> {
    if (mine.quote === undefined) await pause(MS.read, signal, stop.signal, mine.quoteTried);
    if (mine.quote !== undefined && !signal.aborted) return mine.quote;
    if (contexts !== mine) throw new NoAnswer(down, { sent: false });
    throw new NoAnswer("the link for quotes did not come about in time", { sent: false, late: true });
  }

  function hear(event: unknown): void {
    try {
      handlers.onOrder(toPushedOrder(event));
    } catch {
      // A push that cannot be read says nothing; the next listing does.
    }
  }

  /** Asks the trade link, which has been told of as up, again and again, and tells when it goes and comes. */
  async function watch(mine: Contexts): Promise<void> {
    let up = true;
    while (!stop.signal.aborted && contexts === mine) {
      const fault = await bounded(mine.trade.subscribe([PRIVATE]), stop.signal, ANSWER_IN_MS).then(
        () => undefined,
        reasonOf,
      );
      if (stop.signal.aborted || contexts !== mine) break;
      if (up !== (fault === undefined)) {
        up = fault === undefined;
        down = fault ?? "";
        handlers.onLink(up, down);
      }
      await pause(ASK_EVERY_MS, stop.signal, renewed.signal);
    }
    if (up) handlers.onLink(false, down);
  }

  /** One pair of contexts from its beginning to its end. Apart from {@link keepUp}, whose frame would keep it. */
  async function useContexts(library: Sdk, onReady: () => void): Promise<void> {
    const mine = await connect(library);
    handlers.onLink(true, "");
    onReady();
    await watch(mine);
  }

  async function keepUp(library: Sdk, onFirst: () => void): Promise<void> {
    async function attempt(onUp: () => void): Promise<Ending> {
      try {
        await useContexts(library, () => {
          onUp();
          onFirst();
        });
      } catch (error) {
        down = reasonOf(error);
        handlers.onLink(false, down);
      }
      release();
      onFirst();
      await opened.clear();
      return "ended";
    }

    // A renewal is over with the contexts that come behind it, or nothing would pause any more.
    const hurry = () => {
      renewed = new AbortController();
      return renewed.signal;
    };
    await keepTrying({ attempt, times: MS, stop: stop.signal, hurry });
  }

  /** Lets go of the contexts, so that they can be cleared away. */
  function release(): void {
    contexts = undefined;
    epochs += 1;
  }

  function live(): Contexts {
    if (contexts === undefined) throw new NoAnswer(down, { sent: false });
    return contexts;
  }

  async function ask<T>(
    call: (on: Contexts) => Promise<unknown>,
    read: (answer: unknown) => T,
    signal: AbortSignal,
  ): Promise<T> {
    return read(await bounded(call(live()), AbortSignal.any([signal, stop.signal]), MS.read));
  }

  function askQuotes<T>(
    call: (on: QuoteContext) => Promise<unknown>,
    read: (answer: unknown) => T,
    signal: AbortSignal,
  ): Promise<T> {
    return ask(async (mine) => call(await quotesOf(mine, signal)), read, signal);
  }

  return {
    async start() {
      const library = await loadSdk(config.sdk);
      sdk = library;
      if (stop.signal.aborted) throw notConnected("closed");
      await new Promise<void>((resolve) => {
        ended = keepUp(library, resolve);
      });
    },
    renew() {
      down = "the token has changed";
      release();
      renewed.abort();
    },
    async close() {
      down = "closed";
      stop.abort();
      release();
      await ended;
      await opened.clear();
    },
    async probe(signal) {
      const mine = live();
      await Promise.all([
        bounded(mine.trade.subscribe([PRIVATE]), signal, MS.probe),
        bounded(
          quotesOf(mine, signal).then((on) => on.tradingSession()),
          signal,
          MS.probe,
        ),
      ]);
    },
    balances: (currency, signal) => ask(({ trade }) => trade.accountBalance(currency), toBalances, signal),
    positions: (signal) => ask(({ trade }) => trade.stockPositions(), toChannels, signal),
    ...createOrderReads(http),
    quotes: (symbols, signal) => askQuotes((on) => on.quote(symbols), toVendorQuotes, signal),
    tradingSessions: (signal) => askQuotes((on) => on.tradingSession(), toMarketHours, signal),
    tradingDays: (market, from, to, signal) =>
      askQuotes(
        (on) => on.tradingDays(numberOf("market", market), dateOf(sdk, from), dateOf(sdk, to)),
        toTradingDays,
        signal,
      ),
  };
}

/** `20250604` as the SDK wants it. */
function dateOf(sdk: Sdk | undefined, day: string): object {
  if (sdk === undefined) throw new NoAnswer("not started", { sent: false });
  return new sdk.NaiveDate(Number(day.slice(0, 4)), Number(day.slice(4, 6)), Number(day.slice(6)));
}

/** SDK fault (errors): they carry nothing but text. */
export function readSdkError(error: unknown): Error {
  if (isBrokerError(error) || error instanceof NoAnswer || error instanceof Unreadable) return error;
  const said = reasonOf(error);
  const refusal = /openapi error: code=(\d+): (.*)$/s.exec(said) ?? /code: (\d+), msg: "((?:[^"\\]|\\.)*)"/s.exec(said);
  if (refusal !== null) return new VendorRefusal(Number(refusal[1]), refusal[2] ?? "");
  const status = /status error: (\d+)/.exec(said);
  if (status !== null) return new HttpFault(Number(status[1]));
  if (/deserialize|unexpected response|missing field|invalid (?:type|value)/i.test(said)) return new Unreadable(said);
  const late = /timed? ?out/i.test(said);
  return new NoAnswer(said, { late });
}
