/** The service behind its port: requests, long links, faults and pushes. */
import type { Contract } from "../../src/domain/contract.ts";
import type { Fault, Faults } from "../shared/faults.ts";
import type { VenueEvent } from "../shared/venue.ts";
import { symbolOf } from "./codes.ts";
import { strikeHttp, strikeLink } from "./fault-answers.ts";
import { createRoutes, answer as httpAnswer, routeName } from "./http-calls.ts";
import type { HttpReply, HttpRequest } from "./http-messages.ts";
import {
  answerLink,
  CMD,
  type Link,
  type LinkReply,
  type LinkServices,
  linkStage,
  PRIVATE_TOPIC,
} from "./link-calls.ts";
import { encode } from "./messages.ts";
import { pushText } from "./order-message.ts";
import type { LongportFault } from "./own-faults.ts";
import { type RequestPacket, writePush, writeResponse } from "./packets.ts";
import { pushQuote } from "./quote-calls.ts";
import type { LinkKind } from "./sessions.ts";
import type { HttpWire, LinkWire } from "./wires.ts";

/** A long link as the gateway keeps it. */
export interface LinkConnection {
  readonly receive: (packet: RequestPacket) => void;
  /** What came was no packet. */
  readonly unreadable: () => void;
  readonly closed: () => void;
}

/** How many long links are open, and how many there ever were. */
export interface Connections {
  readonly open: number;
  readonly total: number;
  readonly quote: number;
  readonly trade: number;
}

export interface Gateway {
  request(request: HttpRequest, wire: HttpWire): void;
  connect(kind: LinkKind, wire: LinkWire): LinkConnection;
  connections(): Connections;
  /** How many links are authenticated. */
  online(): number;
  setUp(up: boolean): void;
  /** Tells the trade links of an order as it is now. */
  tell(event: VenueEvent): void;
  /** Tells the quote links of a price. */
  priced(contract: Contract): void;
  stopPings(): void;
  /** Ends every link and forgets what a process forgets. */
  reset(): void;
  close(): void;
}

export interface GatewayOptions {
  readonly services: LinkServices;
  readonly faults: Faults<LongportFault>;
  readonly pushFirst: boolean;
  readonly gzip: boolean;
  readonly pingMs: number;
  readonly restart: (ms: number) => void;
}

interface Member extends Link {
  readonly wire: LinkWire;
  /** True once a half-open fault struck: nothing is answered or pushed any more. */
  silent: boolean;
  pinged: boolean;
}

/** By how much an answer stands back behind the pushes that go before it: they travel on another connection. */
const PUSH_LEAD_MS = 25;
const CLOSE_SERVER_ERROR = 1;
const CLOSE_UNPACK_ERROR = 3;

export function createGateway(options: GatewayOptions): Gateway {
  const { services, faults, pushFirst, gzip, pingMs, restart } = options;
  const { desk, sessions } = services;
  const routes = createRoutes(sessions);
  const members = new Set<Member>();
  const timers = new Set<NodeJS.Timeout>();
  let total = 0;
  let sequence = 0;
  let held: VenueEvent[] | undefined;

  const later = (ms: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  };
  const silence = (member: Member): void => {
    member.silent = true;
    member.wire.freeze();
  };
  const push = (member: Member, cmd: number, body: Uint8Array): void => {
    if (!member.silent && members.has(member)) member.wire.send(writePush(cmd, body, gzip));
  };

  const sendPush = (member: Member, body: Uint8Array, fault: Fault<LongportFault> | undefined): void => {
    const send = (): void => push(member, CMD.notification, body);
    if (member.silent || fault?.kind === "stall") return;
    if (fault?.kind === "drop") member.wire.terminate();
    else if (fault?.kind === "half-open") silence(member);
    else if (fault?.kind === "late-push" || fault?.kind === "delay") later(fault.ms, send);
    else {
      send();
      if (fault?.kind === "duplicate-push") send();
    }
  };
  const publish = (event: VenueEvent): void => {
    const listeners = [...members].filter(({ kind, subscribed }) => kind === "trade" && subscribed.has(PRIVATE_TOPIC));
    if (listeners.length === 0) return;
    const data = Buffer.from(pushText(desk, event), "utf8");
    const body = encode("Notification", { topic: PRIVATE_TOPIC, content_type: 1, dispatch_type: 1, data });
    const fault = faults.take("push");
    for (const member of listeners) sendPush(member, body, fault);
  };
  const unsubscribe = desk.venue.subscribe((event) => {
    if (held === undefined) publish(event);
    else held.push(event);
  });

  const perform = (
    request: HttpRequest,
    changesSession: boolean,
    respond: ((reply: HttpReply) => void) | undefined,
  ): void => {
    const events: VenueEvent[] = [];
    held = events;
    let reply: HttpReply;
    try {
      reply = httpAnswer(desk, routes, request, { changesSession });
    } finally {
      held = undefined;
    }
    if (pushFirst && events.length > 0) {
      events.forEach(publish);
      later(PUSH_LEAD_MS, () => respond?.(reply));
    } else {
      respond?.(reply);
      events.forEach(publish);
    }
  };
  const respondLink = (member: Member, packet: RequestPacket, { status, body }: LinkReply): void => {
    if (member.silent || !members.has(member)) return;
    member.wire.send(writeResponse(packet, status, body, gzip));
  };

  const pinging = setInterval(() => {
    for (const member of members) if (member.pinged && !member.silent) member.wire.ping();
  }, pingMs);
  pinging.unref();

  return {
    request(request, wire) {
      const send = (reply: HttpReply): void => sendEnvelope(wire, reply);
      const stage = routes[routeName(request)]?.stage ?? "read";
      const fault = faults.take(stage);
      if (fault === undefined) return perform(request, false, send);
      strikeHttp(fault, {
        wire,
        routeName: routeName(request),
        later,
        restart,
        send,
        perform: (respond, changesSession = false) => perform(request, changesSession, respond),
      });
    },
    connect(kind, wire) {
      total += 1;
      const member: Member = {
        kind,
        wire,
        ready: false,
        subscribed: new Set(),
        overnight: false,
        underWay: 0,
        silent: false,
        pinged: true,
      };
      members.add(member);
      return {
        receive(packet) {
          // Over a WebSocket, say the vendor's documents, heartbeats are ping frames instead of packets.
          if (member.silent || packet.cmd === CMD.heartbeat) return;
          const fault = faults.take(linkStage(packet.cmd));
          const send = (reply: LinkReply): void => respondLink(member, packet, reply);
          if (fault === undefined) return send(answerLink(services, member, packet));
          const hold = (ms: number, act: () => void): void => {
            member.underWay += 1;
            later(ms, () => {
              member.underWay -= 1;
              act();
            });
          };
          strikeLink(fault, {
            wire,
            silence: () => silence(member),
            hold,
            timeout: packet.timeout,
            restart,
            send,
            perform: () => answerLink(services, member, packet),
          });
        },
        unreadable() {
          push(member, CMD.close, encode("Close", { code: CLOSE_UNPACK_ERROR, reason: "unpack error" }));
          wire.close();
        },
        closed: () => members.delete(member),
      };
    },
    connections: () => {
      const of = (wanted: LinkKind): number => [...members].filter(({ kind }) => kind === wanted).length;
      return { open: members.size, total, quote: of("quote"), trade: of("trade") };
    },
    online: () => [...members].filter(({ ready }) => ready).length,
    setUp(up) {
      desk.up = up;
      if (up) return;
      for (const member of members) {
        push(member, CMD.close, encode("Close", { code: CLOSE_SERVER_ERROR, reason: "server error" }));
        if (!member.silent) member.wire.close();
      }
    },
    tell: publish,
    priced(contract) {
      const symbol = symbolOf(contract);
      const listeners = [...members].filter(({ kind, subscribed }) => kind === "quote" && subscribed.has(symbol));
      const quote = desk.venue.quote(contract);
      if (listeners.length === 0 || quote === undefined) return;
      sequence += 1;
      const body = pushQuote(desk, symbol, quote, sequence);
      for (const member of listeners) push(member, CMD.pushQuote, body);
    },
    stopPings() {
      for (const member of members) member.pinged = false;
    },
    reset() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      sessions.forget();
      desk.limiter?.reset();
      for (const { wire } of members) wire.terminate();
      members.clear();
    },
    close() {
      unsubscribe();
      clearInterval(pinging);
      this.reset();
    },
  };
}

function sendEnvelope(wire: HttpWire, { status, code, message, data }: HttpReply): void {
  wire.send(status, "application/json; charset=utf-8", JSON.stringify({ code, message, data }));
}
