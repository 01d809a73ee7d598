/** The transport over web standards alone: `fetch`, `WebSocket` and WebCrypto. */
import { BrokerError } from "../../spec/broker-error.ts";
import type { LongportConfig } from "./config.ts";
import type { Http } from "./http.ts";
import { createLink } from "./link.ts";
import { parseJson, parsePush, REPLIES } from "./messages.ts";
import { createOrderReads } from "./order-reads.ts";
import {
  CMD,
  readDays,
  readNotification,
  readQuotes,
  readTopics,
  readTradingSessions,
  writeDays,
  writeLanguage,
  writeSymbols,
  writeTopics,
} from "./protobuf.ts";
import { NoAnswer } from "./refusals.ts";
import { MS } from "./timing.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

const TOPIC = "private";
const NOTHING = new Uint8Array();
const SUBSCRIBE = { cmd: CMD.subscribe, body: writeTopics([TOPIC]) } as const;
/** Counts for no limit of quotes. */
const PROFILE = { cmd: CMD.profile, body: writeLanguage("en") } as const;

export interface WebOptions {
  readonly config: Pick<LongportConfig, "quoteWsUrl" | "tradeWsUrl">;
  readonly http: Http;
  readonly handlers: TransportHandlers;
  /** Gives a new one-time password for a link. */
  otp(signal: AbortSignal): Promise<string>;
}

export function createWebTransport({ config, http, handlers, otp }: WebOptions): Transport {
  const trade = createLink({
    url: config.tradeWsUrl,
    metadata: {},
    otp,
    beat: SUBSCRIBE,
    async prepare(socket) {
      const topics = readTopics(await socket.request(SUBSCRIBE.cmd, SUBSCRIBE.body, MS.probe));
      if (!topics.includes(TOPIC)) throw new NoAnswer("Longport does not push the account's orders");
    },
    onUp: () => handlers.onLink(true, ""),
    onDown: (reason) => handlers.onLink(false, reason),
    onPush(cmd, body) {
      if (cmd === CMD.notification) hear(body);
    },
  });
  const quote = createLink({
    url: config.quoteWsUrl,
    metadata: { "accept-language": "en", need_over_night_quote: "true" },
    otp,
    beat: PROFILE,
    // The service sets a connection's rights up as it is asked for them.
    prepare: async (socket) => void (await socket.request(PROFILE.cmd, PROFILE.body, MS.probe)),
    onUp: () => {},
    onDown: () => {},
    onPush: () => {},
  });

  function hear(body: Uint8Array): void {
    try {
      const order = parsePush(parseJson(readNotification(body)));
      if (order !== undefined) handlers.onOrder(order);
    } catch {
      // A push that cannot be read says nothing; the next listing does.
    }
  }

  const asked = (signal: AbortSignal, query = {}) => ({ query, signal, timeoutMs: MS.read });
  const ask = (cmd: number, body: Uint8Array, signal: AbortSignal) => quote.request(cmd, body, MS.read, signal);

  return {
    async start() {
      if (typeof WebSocket === "undefined") {
        throw new BrokerError(
          "NotSupported",
          "Longport needs a global WebSocket: Node 22 or newer, Bun, Deno, a worker",
        );
      }
      await Promise.all([trade.start(), quote.start()]);
    },
    renew() {
      trade.renew();
      quote.renew();
    },
    async close() {
      trade.close();
      quote.close();
    },
    async probe() {
      await Promise.all([trade.probe(SUBSCRIBE.cmd, SUBSCRIBE.body), quote.probe(CMD.tradingSessions, NOTHING)]);
    },
    balances: async (currency, signal) =>
      (await http.get("/v1/asset/account", REPLIES.balances, asked(signal, { currency }))).list,
    positions: async (signal) => (await http.get("/v1/asset/stock", REPLIES.positions, asked(signal))).list,
    ...createOrderReads(http),
    quotes: async (symbols, signal) => readQuotes(await ask(CMD.quote, writeSymbols(symbols), signal)),
    tradingSessions: async (signal) => readTradingSessions(await ask(CMD.tradingSessions, NOTHING, signal)),
    tradingDays: async (market, from, to, signal) =>
      readDays(await ask(CMD.tradingDays, writeDays(market, from, to), signal)),
  };
}
