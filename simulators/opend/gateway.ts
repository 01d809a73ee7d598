/** OpenD behind both of its wires: connections, calls, faults and pushes. */
import * as v from "valibot";
import type { Fault, FaultStage, Faults } from "../shared/faults.ts";
import { issuesText } from "../shared/issues.ts";
import type { VenueEvent } from "../shared/venue.ts";
import { isSilent, regionsOf, tradesShares } from "./accounts.ts";
import { MODIFY_OP, TRD_ENV, trdMarketOf } from "./codes.ts";
import type { Desk, Peer } from "./desk.ts";
import { limitOf, overLimitText } from "./limits.ts";
import type { Command, Reply } from "./messages.ts";
import { fillMessage, orderMessage } from "./order-message.ts";
import { getMarketState, getSecuritySnapshot, getStaticInfo } from "./quote-calls.ts";
import { Refusal } from "./refusal.ts";
import {
  type Answer,
  accList,
  globalState,
  initConnect,
  initWebSocket,
  keepAlive,
  subAccPush,
  unlockTrade,
} from "./session-calls.ts";
import { getFunds, getHistoryOrderList, getOrderList, getPositionList } from "./trade-reads.ts";
import { modifyOrder, placeOrder } from "./trade-writes.ts";
import { WS_ERRORS } from "./ws-frames.ts";

type Call = (desk: Desk, peer: Peer, c2s: unknown) => Answer;

const CALLS: Readonly<Record<number, Call>> = {
  1: initWebSocket,
  1001: initConnect,
  1002: globalState,
  1004: keepAlive,
  2001: accList,
  2005: unlockTrade,
  2008: subAccPush,
  2101: getFunds,
  2102: getPositionList,
  2201: getOrderList,
  2202: placeOrder,
  2205: modifyOrder,
  2221: getHistoryOrderList,
  3202: getStaticInfo,
  3203: getSecuritySnapshot,
  3223: getMarketState,
};

/** A request as a wire hands it over. */
export interface Incoming {
  readonly cmd: number;
  /** Reads the body; throws when it is no such message. */
  readonly c2s: () => unknown;
  /** Sends the answer; `wsError` is for the header of the WebSocket's frame. */
  readonly answer: (reply: Reply, wsError: number) => void;
}

/** One connection's way back. */
export interface Wire {
  readonly push: (cmd: Command, reply: Reply) => void;
  /** Closes the connection at once, without a farewell. */
  readonly terminate: () => void;
  /** Stops reading, so that not even the other end's farewell is noticed. */
  readonly freeze: () => void;
}

/** A connection as the gateway keeps it. */
export interface Connection {
  readonly receive: (request: Incoming) => void;
  /** The wire is gone. */
  readonly closed: () => void;
}

/** The protocol above the wires. */
export interface Gateway {
  connect(wire: Wire, handshake: 1 | 1001): Connection;
  connections(): { readonly open: number; readonly total: number };
  setLoggedIn(loggedIn: boolean, quotes?: boolean): void;
  /** Does something in so many milliseconds, unless OpenD has gone by then. */
  later(ms: number, act: () => void): void;
  /** Ends every connection and forgets what a process forgets: the unlock, the counts, what was under way. */
  reset(): void;
  close(): void;
}

/** What the gateway stands on. */
export interface GatewayOptions {
  readonly desk: Desk;
  readonly faults: Faults<OwnFault>;
  /** Sends pushes before the answer of the write that caused them. Default false. */
  readonly pushFirst: boolean;
  readonly restart: (ms: number) => void;
}

interface Member extends Peer {
  readonly wire: Wire;
  /** True once a half-open fault struck: nothing is answered or pushed any more. */
  silent: boolean;
}

/**
 * Faults that only this simulator has. `cut-off` on a request: it is carried out, and then OpenD's own connection to the
 * vendor's servers breaks before they have answered it, which OpenD says as of any refusal.
 */
export type OwnFault = "cut-off";

/** OpenD's own word, spelled as it is there. */
const CUT_OFF = "NN_ProtoRet_ByDisConnOrCacnel";

/** First connection number: above 2^53, as the vendor's are. */
const FIRST_CONNECTION = 7_206_417_055_261_818_880n;

export function createGateway({ desk, faults, pushFirst, restart }: GatewayOptions): Gateway {
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

  const sendPush = (member: Member, cmd: Command, s2c: Answer, fault: Fault<OwnFault> | undefined): void => {
    const send = (): void => {
      if (!member.silent && members.has(member)) member.wire.push(cmd, { retType: 0, s2c });
    };
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
    // Without its login OpenD does not hear of it itself, and tells it to nobody afterwards either.
    if (!desk.loggedIn) return;
    desk.cache?.set(event.wireId, event);
    for (const { cmd, accId, s2c } of pushesOf(desk, event)) {
      const listeners = [...members].filter((member) => member.subscribed.has(accId));
      if (listeners.length === 0) continue;
      const fault = faults.take("push");
      for (const member of listeners) sendPush(member, cmd, s2c, fault);
    }
  };
  const unsubscribe = desk.venue.subscribe((event) => {
    if (held === undefined) desk.later(() => publish(event));
    else held.push(event);
  });

  const perform = (member: Member, request: Incoming, answers: boolean): void => {
    const events: VenueEvent[] = [];
    held = events;
    const outcome = call(desk, member, request);
    held = undefined;
    const publishAll = (): void => {
      for (const event of events) desk.later(() => publish(event));
    };
    if (pushFirst) publishAll();
    if (answers && !member.silent && members.has(member)) request.answer(outcome.reply, outcome.wsError);
    if (!pushFirst) publishAll();
  };

  const fail = (request: Incoming, retMsg: string): void => {
    request.answer({ retType: -1, retMsg }, request.cmd === 1 ? WS_ERRORS.opendTimeout : WS_ERRORS.none);
  };

  const strike = (fault: Fault<OwnFault>, member: Member, request: Incoming): void => {
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
        later(fault.ms, () => perform(member, request, true));
        break;
      case "refuse":
        fail(request, "服务器拒绝了请求，请稍后再试");
        break;
      case "rate-limit":
        fail(request, overLimitText(limitOf(request.cmd)));
        break;
      case "lose-answer":
        perform(member, request, false);
        member.wire.terminate();
        break;
      case "cut-off":
        perform(member, request, false);
        fail(request, CUT_OFF);
        break;
      case "restart":
        restart(fault.ms);
        break;
      default:
        perform(member, request, true);
    }
  };

  return {
    later,
    connect(wire, handshake) {
      total += 1;
      const member: Member = {
        wire,
        connId: (FIRST_CONNECTION + BigInt(total)).toString(),
        ready: false,
        serial: 0,
        subscribed: new Set(),
        wantsNotices: false,
        silent: false,
      };
      members.add(member);
      return {
        receive(request) {
          if (member.silent) return;
          if (!member.ready && request.cmd !== handshake) return fail(request, "请先完成连接初始化");
          const stage = stageOf(request);
          const fault = stage === undefined ? undefined : faults.take(stage);
          if (fault === undefined) perform(member, request, true);
          else strike(fault, member, request);
        },
        closed: () => members.delete(member),
      };
    },
    connections: () => ({ open: members.size, total }),
    setLoggedIn(loggedIn, quotes = loggedIn) {
      desk.loggedIn = loggedIn;
      desk.quotesLoggedIn = quotes;
      if (loggedIn) readAnew(desk);
      for (const member of members) {
        if (!member.ready || !member.wantsNotices || member.silent) continue;
        member.wire.push(1003, {
          retType: 0,
          s2c: { type: 3, connectStatus: { qotLogined: quotes, trdLogined: loggedIn } },
        });
      }
    },
    reset() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      desk.unlockedFirms.clear();
      desk.limiter?.reset();
      readAnew(desk);
      for (const { wire } of members) wire.terminate();
      members.clear();
    },
    close() {
      unsubscribe();
      this.reset();
    },
  };
}

function call(desk: Desk, peer: Peer, request: Incoming): { readonly reply: Reply; readonly wsError: number } {
  const act = CALLS[request.cmd];
  if (act === undefined) {
    return { reply: { retType: -1, retMsg: `未知协议ID ${request.cmd}` }, wsError: WS_ERRORS.none };
  }
  let c2s: unknown;
  try {
    c2s = request.c2s();
  } catch (error) {
    return { reply: { retType: -500, retMsg: `包内容非法: ${textOf(error)}` }, wsError: WS_ERRORS.none };
  }
  try {
    return { reply: { retType: 0, s2c: act(desk, peer, c2s) }, wsError: WS_ERRORS.none };
  } catch (error) {
    if (error instanceof Refusal) {
      return { reply: { retType: error.retType, retMsg: error.message }, wsError: error.wsError };
    }
    if (v.isValiError(error)) {
      return {
        reply: { retType: -500, retMsg: `包内容非法: ${issuesText(error.issues, "c2s")}` },
        wsError: WS_ERRORS.none,
      };
    }
    throw error;
  }
}

/** After a login OpenD has every order as it is. */
function readAnew({ cache, venue }: Desk): void {
  for (const order of venue.orders()) cache?.set(order.wireId, order);
}

function silence(member: Member): void {
  member.silent = true;
  member.wire.freeze();
}

/** What the accounts' listeners are told: the order, and for real accounts the fill that moved it. */
function* pushesOf(
  desk: Desk,
  event: VenueEvent,
): Generator<{ readonly cmd: Command; readonly accId: string; readonly s2c: Answer }> {
  const { region } = event.order.contract;
  for (const account of desk.accounts) {
    if (account.book !== event.book || !tradesShares(account) || !regionsOf(account).includes(region)) continue;
    if (isSilent(account)) continue;
    const header = {
      trdEnv: TRD_ENV[account.env],
      accID: account.accId,
      trdMarket: trdMarketOf(region, account.env),
    };
    const { accId, env } = account;
    yield { cmd: 2208, accId, s2c: { header, order: orderMessage(event, env) } };
    if (event.fill !== null && env === "REAL") {
      yield { cmd: 2218, accId, s2c: { header, orderFill: fillMessage(event.fill, event, env) } };
    }
  }
}

function stageOf(request: Incoming): FaultStage | undefined {
  switch (request.cmd) {
    case 1:
    case 1001:
      return "connect";
    case 1004:
      // A keep-alive is the vendor's SDK's own affair; no test could count on which of them a fault would strike.
      return undefined;
    case 2202:
      return "place";
    case 2205:
      return isCancel(request) ? "cancel" : "replace";
    default:
      return "read";
  }
}

function isCancel(request: Incoming): boolean {
  try {
    const c2s = request.c2s();
    return typeof c2s === "object" && c2s !== null && "modifyOrderOp" in c2s && c2s.modifyOrderOp === MODIFY_OP.CANCEL;
  } catch {
    return false;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
