/** Handshakes, keep-alive, the state of OpenD, the accounts, the lock and the push subscription. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import { accountMessage } from "./accounts.ts";
import { isPacketAlgorithm } from "./cipher.ts";
import { type Desk, type Peer, requireLogin, SERVER_BUILD, stateOfMarket } from "./desk.ts";
import { countCall } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import { requests } from "./requests.ts";
import { WS_ERRORS } from "./ws-frames.ts";

/** An answer's `s2c`. */
export type Answer = Readonly<Record<string, unknown>>;

/** Seconds between a TCP client's keep-alives. */
const KEEP_ALIVE_SECONDS = 10;
const LOGIN_USER = "100000";

/** cmd 1: the key is compared as MD5; a wrong one is reported in the frame's header, as the SDK expects. */
export function initWebSocket(desk: Desk, peer: Peer, c2s: unknown): Answer {
  const { websocketKey } = v.parse(requests.initWebSocket, c2s);
  if (desk.keyMd5 !== "" && !sameText(websocketKey, desk.keyMd5)) {
    throw new Refusal("websocket key error", { wsError: WS_ERRORS.disconnected });
  }
  peer.ready = true;
  peer.wantsNotices = true;
  return { serverTime: seconds(desk), connID: peer.connId };
}

/** 1001. The key and the IV are always told; whether they are used is for the two ends of the wire. */
export function initConnect(desk: Desk, peer: Peer, c2s: unknown): Answer {
  const { recvNotify, packetEncAlgo } = v.parse(requests.initConnect, c2s);
  if (!isPacketAlgorithm(packetEncAlgo)) throw new Refusal(`不支持的包加密算法 ${packetEncAlgo}`);
  peer.ready = true;
  peer.wantsNotices = recvNotify;
  return {
    serverVer: desk.version,
    loginUserID: LOGIN_USER,
    connID: peer.connId,
    connAESKey: randomText(),
    keepAliveInterval: KEEP_ALIVE_SECONDS,
    aesCBCiv: randomText(),
    userAttribution: 1,
  };
}

/** 1004. */
export function keepAlive(desk: Desk): Answer {
  return { time: seconds(desk) };
}

/** 1002: answers also while OpenD is not logged in, and says so. */
export function globalState(desk: Desk, peer: Peer): Answer {
  const state = (region: string): number => stateOfMarket(desk, region);
  return {
    marketHK: state("HK"),
    marketUS: state("US"),
    marketSH: state("CN"),
    marketSZ: state("CN"),
    marketHKFuture: 0,
    marketUSFuture: 0,
    qotLogined: desk.quotesLoggedIn,
    trdLogined: desk.loggedIn,
    serverVer: desk.version,
    serverBuildNo: SERVER_BUILD,
    time: seconds(desk),
    localTime: desk.venue.now() / 1000,
    programStatus: { type: desk.loggedIn ? 10 : 2 },
    connID: peer.connId,
  };
}

/** 2001: category 1 securities, 2 futures, 0 both. */
export function accList(desk: Desk, _peer: Peer, c2s: unknown): Answer {
  const { trdCategory } = v.parse(requests.accList, c2s);
  requireLogin(desk);
  const listed = desk.accounts.filter(
    ({ simAccType }) => trdCategory === 0 || (trdCategory === 2) === (simAccType === 3),
  );
  return { accList: listed.map(accountMessage) };
}

/** 2005: one unlock serves every connection; the firm must be one the login has a real account at. A lock may name none. */
export function unlockTrade(desk: Desk, _peer: Peer, c2s: unknown): Answer {
  const { unlock, pwdMD5, securityFirm } = v.parse(requests.unlock, c2s);
  requireLogin(desk);
  if (!unlock) {
    if (securityFirm === 0) desk.unlockedFirms.clear();
    else desk.unlockedFirms.delete(securityFirm);
    return {};
  }
  countCall(desk.limiter, "unlock");
  if (securityFirm === 0) throw new Refusal("缺少必要的参数: securityFirm");
  if (!desk.accounts.some(({ env, firm }) => env === "REAL" && firm === securityFirm)) {
    throw new Refusal("No one available account!");
  }
  if (!sameText(pwdMD5, desk.pinMd5)) throw new Refusal("交易密码错误，解锁失败");
  desk.unlockedFirms.add(securityFirm);
  return {};
}

/** 2008: the list replaces the former one. */
export function subAccPush(desk: Desk, peer: Peer, c2s: unknown): Answer {
  const { accIDList } = v.parse(requests.subAccPush, c2s);
  requireLogin(desk);
  const unknown = accIDList.find((accId) => !desk.accounts.some((account) => account.accId === accId));
  if (unknown !== undefined) throw new Refusal(`找不到业务账号 ${unknown}`);
  peer.subscribed = new Set(accIDList);
  return {};
}

/** Lowercase hex MD5, as OpenD keeps its key and its trade password. */
export function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function seconds(desk: Desk): number {
  return Math.floor(desk.venue.now() / 1000);
}

function randomText(): string {
  return randomBytes(8).toString("hex").toUpperCase();
}
