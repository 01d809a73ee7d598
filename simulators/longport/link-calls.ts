/** What both long links answer: authentication, resumption, and the subscriptions of each. */
import * as v from "valibot";
import type { FaultStage } from "../shared/faults.ts";
import { type Desk, requireService } from "./desk.ts";
import { countQuoteCall } from "./limits.ts";
import { decode, encode } from "./messages.ts";
import type { RequestPacket } from "./packets.ts";
import { listed, QUOTE_CALLS, userProfile } from "./quote-calls.ts";
import { Refusal, SOCKET_CODE, SOCKET_STATUS, SocketRefusal } from "./refusal.ts";
import type { RegularCloses } from "./regular-close.ts";
import type { LinkKind, SocketSessions } from "./sessions.ts";

/** A long link, as far as its calls know it. */
export interface Link {
  readonly kind: LinkKind;
  ready: boolean;
  /** Topics of the trade link, symbols of the quote link. */
  subscribed: ReadonlySet<string>;
  /** True when it asked for quotes of the night session. */
  overnight: boolean;
  /** Requests that are held back now. */
  underWay: number;
}

/** What the calls stand on. */
export interface LinkServices {
  readonly desk: Desk;
  readonly sessions: SocketSessions;
  readonly closes: RegularCloses;
}

export const CMD = { close: 0, heartbeat: 1, auth: 2, reconnect: 3, notification: 18, pushQuote: 101 } as const;
export const PRIVATE_TOPIC = "private";

/** An answer: a status other than 0 goes with an `Error` body. */
export interface LinkReply {
  readonly status: number;
  readonly body: Uint8Array;
}

type Call = (services: LinkServices, link: Link, body: Uint8Array) => Uint8Array;

const SHARED: Readonly<Record<number, Call>> = {
  [CMD.auth]: ({ sessions }, link, body) => {
    const { token, metadata } = v.parse(AUTH, decode("AuthRequest", body));
    return authenticated(link, metadata, sessions.open(link.kind, token));
  },
  [CMD.reconnect]: ({ sessions }, link, body) => {
    const { session_id, metadata } = v.parse(RECONNECT, decode("ReconnectRequest", body));
    return authenticated(link, metadata, sessions.resume(link.kind, session_id));
  },
};

const OF_LINK: Readonly<Record<LinkKind, Readonly<Record<number, Call>>>> = {
  trade: { 16: subscribeTopics, 17: unsubscribeTopics },
  quote: { 4: () => userProfile(), 6: subscribeSymbols, 7: unsubscribeSymbols },
};

const METADATA = v.record(v.string(), v.string());
const AUTH = v.object({ token: v.string(), metadata: METADATA });
const RECONNECT = v.object({ session_id: v.string(), metadata: METADATA });
const TOPICS = v.object({ topics: v.array(v.string()) });
const SYMBOLS = v.object({ symbol: v.array(v.string()) });
const UNSUBSCRIBE = v.object({ symbol: v.array(v.string()), unsub_all: v.boolean() });

/** Carries a request of a long link out. */
export function answerLink(services: LinkServices, link: Link, { cmd, body }: RequestPacket): LinkReply {
  try {
    const shared = SHARED[cmd];
    if (!link.ready && cmd !== CMD.auth && cmd !== CMD.reconnect) {
      throw new SocketRefusal(SOCKET_STATUS.unauthenticated, SOCKET_CODE.unauthenticated, "unauthenticated");
    }
    requireService(services.desk);
    const own = shared ?? OF_LINK[link.kind][cmd];
    if (own !== undefined) return { status: 0, body: own(services, link, body) };
    const quoteCall = link.kind === "quote" ? QUOTE_CALLS[cmd] : undefined;
    if (quoteCall === undefined) throw badRequest(`unknown command ${cmd}`);
    countQuoteCall(services.desk, link.underWay);
    return { status: 0, body: quoteCall({ ...services, body, overnight: link.overnight }) };
  } catch (error) {
    return refusedLink(refusalOf(error));
  }
}

/** The answer that says no. */
export function refusedLink({ status, code, message }: SocketRefusal): LinkReply {
  return { status, body: encode("Error", { code, msg: message }) };
}

/** What the link says when the service behind it fails. */
export function serverError(): SocketRefusal {
  return new SocketRefusal(SOCKET_STATUS.failed, SOCKET_CODE.serverError, "server internal error");
}

/** Where a fault strikes a request. */
export function linkStage(cmd: number): FaultStage {
  return cmd in QUOTE_CALLS ? "read" : "connect";
}

function refusalOf(error: unknown): SocketRefusal {
  if (error instanceof SocketRefusal) return error;
  if (error instanceof Refusal) return new SocketRefusal(SOCKET_STATUS.failed, SOCKET_CODE.internal, error.message);
  return badRequest(error instanceof Error ? error.message : String(error));
}

function badRequest(message: string): SocketRefusal {
  return new SocketRefusal(SOCKET_STATUS.badRequest, SOCKET_CODE.badRequest, `invalid request: ${message}`);
}

function authenticated(link: Link, metadata: Readonly<Record<string, string>>, told: object): Uint8Array {
  link.ready = true;
  link.overnight = metadata["need_over_night_quote"] === "true";
  return encode("SessionResponse", { ...told });
}

function subscribeTopics(_services: LinkServices, link: Link, body: Uint8Array): Uint8Array {
  const { topics } = v.parse(TOPICS, decode("Topics", body));
  const success = topics.filter((topic) => topic === PRIVATE_TOPIC);
  link.subscribed = new Set([...link.subscribed, ...success]);
  const fail = topics
    .filter((topic) => topic !== PRIVATE_TOPIC)
    .map((topic) => ({ topic, reason: "there is no such topic" }));
  return encode("TopicsResponse", { success, fail, current: [...link.subscribed] });
}

function unsubscribeTopics(_services: LinkServices, link: Link, body: Uint8Array): Uint8Array {
  const { topics } = v.parse(TOPICS, decode("Topics", body));
  link.subscribed = new Set([...link.subscribed].filter((topic) => !topics.includes(topic)));
  return encode("TopicsResponse", { current: [...link.subscribed] });
}

function subscribeSymbols({ desk }: LinkServices, link: Link, body: Uint8Array): Uint8Array {
  const { symbol } = v.parse(SYMBOLS, decode("SubscribeRequest", body));
  // A link that comes back subscribes to what it had, which may be nothing.
  if (symbol.length > 0) listed(desk, symbol);
  link.subscribed = new Set([...link.subscribed, ...symbol]);
  return encode("Empty", {});
}

function unsubscribeSymbols(_services: LinkServices, link: Link, body: Uint8Array): Uint8Array {
  const { symbol, unsub_all } = v.parse(UNSUBSCRIBE, decode("UnsubscribeRequest", body));
  link.subscribed = new Set(unsub_all ? [] : [...link.subscribed].filter((each) => !symbol.includes(each)));
  return encode("Empty", {});
}
