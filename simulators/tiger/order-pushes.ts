/** The push service above its wires: authentication, heartbeats, subscriptions, orders, and one connection a developer. */
import type { Fault, Faults } from "../shared/faults.ts";
import type { VenueEvent } from "../shared/venue.ts";
import { accountOfBook, type Desk } from "./desk.ts";
import { orderMessage } from "./order-message.ts";
import type { OwnFault } from "./own-faults.ts";
import { COMMAND, ORDER_STATUS, type PushRequest, type PushResponse } from "./push-messages.ts";
import { isSignedBy } from "./signature.ts";

/** One connection's way back. */
export interface PushWire {
  readonly send: (response: PushResponse) => void;
  /** Says what is still to be said, and closes. */
  readonly end: () => void;
  /** Closes at once. */
  readonly terminate: () => void;
  /** Stops reading, so that not even the other end's farewell is noticed. */
  readonly freeze: () => void;
}

/** A connection as the service keeps it. */
export interface PushConnection {
  readonly receive: (request: PushRequest) => void;
  readonly closed: () => void;
}

export interface OrderPushes {
  connect(wire: PushWire): PushConnection;
  /** Does something and keeps back what it makes to be pushed until `publish` is called. */
  hold<T>(act: () => T): { readonly result: T; readonly publish: () => void };
  /** Tells every connection that another one has taken its place, and closes it. */
  kickOut(): void;
  connections(): { readonly open: number; readonly total: number };
  /** Ends every connection. */
  reset(): void;
  close(): void;
}

export interface OrderPushesOptions {
  readonly desk: Desk;
  readonly faults: Faults<OwnFault>;
  /** The heartbeat that clients are told. Default: what each asked for. */
  readonly heartbeatMs: number | undefined;
  readonly restart: (ms: number) => void;
}

interface Member {
  readonly wire: PushWire;
  isReady: boolean;
  /** True once a half-open fault struck. */
  isSilent: boolean;
  /** Numbers of the accounts whose orders are pushed. */
  accounts: ReadonlySet<string>;
  heartbeat?: NodeJS.Timeout;
}

/** What a message's `code` says it is. */
const CODES = { symbols: 111, subscribed: 112, unsubscribed: 113, failed: 200, forbidden: 4, kickedOut: 4001 } as const;
const DEFAULT_HEARTBEAT_MS = 10_000;
/** A client that misses its own heartbeat twice in a row is gone. */
const MISSED = 2.5;

export function createOrderPushes({ desk, faults, heartbeatMs, restart }: OrderPushesOptions): OrderPushes {
  const members = new Set<Member>();
  const timers = new Set<NodeJS.Timeout>();
  let total = 0;
  let held: VenueEvent[] | undefined;

  const later = (ms: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  };

  const silence = (member: Member): void => {
    member.isSilent = true;
    clearTimeout(member.heartbeat);
    member.wire.freeze();
  };

  const forget = (member: Member): void => {
    clearTimeout(member.heartbeat);
    members.delete(member);
  };

  const expectWithin = (member: Member, ms: number): void => {
    clearTimeout(member.heartbeat);
    member.heartbeat = setTimeout(() => member.wire.terminate(), ms);
  };

  const say = (member: Member, response: PushResponse): void => {
    if (!member.isSilent && members.has(member)) member.wire.send(response);
  };

  const fail = (member: Member, id: number, code: number, msg: string): void => {
    say(member, { command: COMMAND.ERROR, id, code, msg });
    member.wire.end();
  };

  const publish = (event: VenueEvent): void => {
    const { number } = accountOfBook(desk, event.book);
    const listeners = [...members].filter(({ accounts }) => accounts.has(number));
    if (listeners.length === 0) return;
    const fault = faults.take("push");
    const order = { ...orderMessage(desk, event, true), timestamp: desk.venue.now(), ...PUSH_ONLY, ...isLong(event) };
    for (const member of listeners) sendPush(member, { command: COMMAND.MESSAGE, order }, fault);
  };

  const sendPush = (member: Member, message: PushResponse, fault: Fault<OwnFault> | undefined): void => {
    if (fault?.kind === "stall") return;
    if (fault?.kind === "drop") member.wire.terminate();
    else if (fault?.kind === "half-open") silence(member);
    else if (fault?.kind === "late-push" || fault?.kind === "delay") later(fault.ms, () => say(member, message));
    else {
      say(member, message);
      if (fault?.kind === "duplicate-push") say(member, message);
    }
  };

  const authenticate = (member: Member, { id, connect }: PushRequest): void => {
    if (connect?.tigerId !== desk.tigerId || !isSignedBy(desk.tigerId, connect.sign, desk.clientKey)) {
      fail(member, id, CODES.forbidden, "access forbidden(failed to verify signature)");
      return;
    }
    for (const other of members) if (other !== member && other.isReady) kick(other);
    member.isReady = true;
    const send = heartbeatMs ?? (connect.sendInterval || DEFAULT_HEARTBEAT_MS);
    const receive = heartbeatMs ?? (connect.receiveInterval || DEFAULT_HEARTBEAT_MS);
    expectWithin(member, send * MISSED);
    const version = connect.acceptVersion === "" ? "3" : connect.acceptVersion;
    say(member, {
      command: COMMAND.CONNECTED,
      id,
      msg: JSON.stringify({ version, "heart-beat": `${send},${receive}` }),
    });
  };

  const kick = (member: Member): void => {
    member.isReady = false;
    member.accounts = new Set();
    fail(member, 0, CODES.kickedOut, "kick out by a new connection");
  };

  const subscribe = (member: Member, { id, command, subscribe: wanted }: PushRequest): void => {
    const adds = command === COMMAND.SUBSCRIBE;
    const { dataType = 0, account = "" } = wanted ?? {};
    const known = desk.accounts.map(({ number }) => number);
    const problem =
      dataType !== ORDER_STATUS
        ? "You don't have permission to subscribe quotes, please purchase api quotes permission first"
        : account !== "" && !known.includes(account)
          ? `no permission to account ${account}`
          : undefined;
    if (problem !== undefined) {
      say(member, { command: COMMAND.MESSAGE, id, code: CODES.failed, msg: problem });
      return;
    }
    const named = account === "" ? known : [account];
    const kept = [...member.accounts].filter((each) => !named.includes(each));
    member.accounts = new Set(adds ? [...kept, ...named] : kept);
    const code = adds ? CODES.subscribed : CODES.unsubscribed;
    say(member, { command: COMMAND.MESSAGE, id, code, msg: adds ? "subscribe success" : "unsubscribe success" });
  };

  const perform = (member: Member, request: PushRequest): void => {
    if (!member.isReady && request.command !== COMMAND.CONNECT && request.command !== COMMAND.DISCONNECT) {
      fail(member, request.id, CODES.forbidden, "access forbidden(please connect first)");
      return;
    }
    switch (request.command) {
      case COMMAND.CONNECT:
        authenticate(member, request);
        break;
      case COMMAND.SUBSCRIBE:
      case COMMAND.UNSUBSCRIBE:
        subscribe(member, request);
        break;
      case COMMAND.HEARTBEAT:
        say(member, { command: COMMAND.HEARTBEAT, id: request.id });
        break;
      case COMMAND.SEND:
        say(member, { command: COMMAND.MESSAGE, id: request.id, code: CODES.symbols, msg: NO_SYMBOLS });
        break;
      case COMMAND.DISCONNECT:
        member.wire.end();
        break;
      default:
        fail(member, request.id, CODES.forbidden, `access forbidden(unknown command ${request.command})`);
    }
  };

  const strike = (fault: Fault<OwnFault>, member: Member, request: PushRequest): void => {
    switch (fault.kind) {
      case "drop":
        member.wire.terminate();
        break;
      case "half-open":
        silence(member);
        break;
      case "stall":
        break;
      case "delay":
        later(fault.ms, () => {
          if (members.has(member)) perform(member, request);
        });
        break;
      case "refuse":
        fail(member, request.id, CODES.forbidden, "access forbidden");
        break;
      case "rate-limit":
        fail(member, request.id, CODES.forbidden, "rate limit error(current limiting interface:connect)");
        break;
      case "lose-answer":
        perform(member, request);
        member.wire.terminate();
        break;
      case "restart":
        restart(fault.ms);
        break;
      default:
        perform(member, request);
    }
  };

  const unsubscribe = desk.venue.subscribe((event) => {
    if (held === undefined) publish(event);
    else held.push(event);
  });

  return {
    connect(wire) {
      total += 1;
      const member: Member = { wire, isReady: false, isSilent: false, accounts: new Set() };
      members.add(member);
      expectWithin(member, DEFAULT_HEARTBEAT_MS * MISSED);
      return {
        receive(request) {
          if (member.isSilent || !members.has(member)) return;
          member.heartbeat?.refresh();
          const fault = request.command === COMMAND.CONNECT ? faults.take("connect") : undefined;
          if (fault === undefined) perform(member, request);
          else strike(fault, member, request);
        },
        closed: () => forget(member),
      };
    },
    hold(act) {
      const events: VenueEvent[] = [];
      held = events;
      try {
        return { result: act(), publish: () => events.forEach(publish) };
      } finally {
        held = undefined;
      }
    },
    kickOut() {
      for (const member of members) if (member.isReady) kick(member);
    },
    connections: () => ({ open: members.size, total }),
    reset() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      for (const member of [...members]) {
        forget(member);
        member.wire.terminate();
      }
    },
    close() {
      unsubscribe();
      this.reset();
    },
  };
}

const NO_SYMBOLS = JSON.stringify({ limit: 0, used: 0, subscribedSymbols: [] });
/** What only a push says of an order. */
const PUSH_ONLY = { segType: "S", multiplier: 1 } as const;

function isLong({ order }: VenueEvent): { readonly isLong: boolean } {
  return { isLong: order.direction === "BUY" };
}
