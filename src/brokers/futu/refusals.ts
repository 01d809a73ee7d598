/**
 * What went wrong, in our words: from what the SDK rejects with to a `BrokerError`.
 *
 * OpenD gives almost every refusal the same number and says why in Chinese or English, as its language is set; the texts
 * below are those of its versions so far. A file of its own beside `wire.ts`, since the two together would be too long.
 */
import { BrokerError, type BrokerErrorCode, isBrokerError } from "../../spec/broker-error.ts";
import { isFaultBehind, isLate } from "../shared/doubtful-texts.ts";
import { parseRefusal } from "./messages.ts";
import { HeaderFault, LinkLost } from "./socket.ts";

/** What the failed request was for. */
export type Purpose = "read" | "place" | "modify";

/** OpenD refused an order since trading is locked: nothing was sent to the exchange, and unlocking heals it. */
export class TradingLocked extends BrokerError {
  /** OpenD's words. */
  readonly text: string;

  /** @param unlocking what unlocking it failed with, where there is a password. */
  constructor(text: string, unlocking?: unknown) {
    const advice =
      unlocking === undefined
        ? "set unlockPin to the MD5 of the trade password or unlock trading in OpenD (a password that OpenD has refused is not sent again)"
        : `unlockPin did not unlock it: ${reasonOf(unlocking)}`;
    super("AuthenticationFailed", `OpenD has locked trading: ${text}; ${advice}`, { outcome: "rejected" });
    this.text = text;
  }
}

/** `Common.RetType`. */
const REFUSED = -1;
const INVALID = -500;

/** Texts that say that OpenD itself was cut off from the vendor, or that it has no more of an answer than its own word. */
const CUT_OFF =
  /disconnect|NN_ProtoRet_|network|connection (?:was |is )?(?:lost|closed|reset)|网络|網絡|網路|断开|斷開|[连連][接线線]中[断斷]/i;

/** Texts of an order that came while trading was locked. */
const LOCKED =
  /(?:没有|未|先|重新)解锁|(?:沒有|未|先|重新)解鎖|not unlo?c?k|unlock.*first|(?:need|must|has) (?:to )?(?:be )?unlock|unlock needed|please unlock/i;

/** Texts of an amount that was asked for in a currency which the account has not. */
const CURRENCY = /currenc|币种|幣種|货币|貨幣/i;

/** Texts of quotes that the login may not see. */
const NO_QUOTES =
  /(?:行情|quotes?\b).*(?:权限|權限|permission|rights?\b)|(?:权限|權限|permission|rights?\b).*(?:行情|quote|subscribe)/i;

interface Rule {
  readonly text: RegExp;
  readonly code: BrokerErrorCode;
  /** What it means for a write. */
  readonly outcome: "not_sent" | "rejected";
}

/** Refusals of OpenD itself, which come before anything else is looked at. */
const AT_THE_DOOR: readonly Rule[] = [
  { text: /frequen|频率|頻率|频繁|頻繁|too many|rate limit|次数超限/i, code: "RateLimited", outcome: "not_sent" },
  { text: /not log|未登录|未登錄|没有登录|沒有登錄/i, code: "NotConnected", outcome: "not_sent" },
];

const RULES: readonly Rule[] = [
  { text: /password|密码|密碼|websocket ?key/i, code: "AuthenticationFailed", outcome: "rejected" },
  { text: /不足 ?[\d一]+ ?手|碎股|odd ?lot/i, code: "OrderRejected", outcome: "rejected" },
  { text: /持仓|持倉|可卖|可賣|position|holding/i, code: "OrderRejected", outcome: "rejected" },
  { text: /insufficient|not enough|不足|buying power|购买力|購買力/i, code: "InsufficientFunds", outcome: "rejected" },
  {
    text: /已结束|已結束|已(?:全部)?成交(?![数數]量)|已撤|already (?:filled(?! q)|cancel)/i,
    code: "OrderNotOpen",
    outcome: "rejected",
  },
  {
    text: /(?:order|订单|訂單)(?! ?(?:type|类型|類型)).*(?:not found|not exist|n't exist|unknown|不存在|找不到)|(?:unknown|no such|不存在的|未知的?)\s*(?:order|订单|訂單)(?! ?(?:type|类型|類型))/i,
    code: "OrderNotFound",
    outcome: "rejected",
  },
  {
    text: /(?:unknown|invalid|no such|未知|无效|無效).{0,8}(?:stock|security|securities|code|symbol|contract|股票|证券|證券|代码|代碼)|(?:stock|security|code|symbol|股票|证券|證券|代码|代碼).{0,12}(?:not found|not exist|n't exist|unknown|不存在|未找到|无法识别|無法識別)/i,
    code: "UnknownContract",
    outcome: "rejected",
  },
];

/** The vendor's refusal of a request as an error of ours, with the vendor's text in it. */
function fromRefusal(retType: number, text: string, what: string, purpose: Purpose): BrokerError {
  const said = text || `retType ${retType}`;
  const message = `OpenD refused ${what}: ${said}`;
  const door = AT_THE_DOOR.find((rule) => rule.text.test(text));
  if (retType === REFUSED && door !== undefined) {
    const retryAfterMs = door.code === "RateLimited" ? 30_000 : 1000;
    return new BrokerError(door.code, message, { outcome: door.outcome, retryAfterMs });
  }
  const failedBehind = isFaultBehind(text);
  const uncertain = isLate(text) || CUT_OFF.test(text) || (failedBehind && purpose !== "read");
  const definite = (retType === REFUSED && !uncertain) || retType === INVALID;
  if (!definite) return withoutAnswer(`OpenD could not finish ${what}: ${said}`, purpose);
  if (LOCKED.test(text)) return new TradingLocked(said);
  const isLacking = NO_QUOTES.test(text);
  if (purpose === "read" && !failedBehind && (isLacking || CURRENCY.test(text))) {
    return new BrokerError("NotSupported", message);
  }
  const rule = failedBehind || isLacking ? undefined : RULES.find((candidate) => candidate.text.test(text));
  if (rule !== undefined) return new BrokerError(rule.code, message, { outcome: rule.outcome });
  if (purpose === "read") return new BrokerError("BrokerFault", message);
  return new BrokerError("OrderRejected", message, { outcome: "rejected" });
}

/** A request that may have arrived and whose answer did not come. */
export function withoutAnswer(message: string, purpose: Purpose): BrokerError {
  return purpose === "read"
    ? new BrokerError("Timeout", message)
    : new BrokerError("OutcomeUnknown", message, { outcome: "unknown" });
}

/** Nothing was sent, for want of a connection. */
export function notConnected(reason: string): BrokerError {
  return new BrokerError("NotConnected", `not connected to OpenD: ${reason}`, {
    outcome: "not_sent",
    retryAfterMs: 1000,
  });
}

/**
 * Turns a rejection of the SDK into an error of ours.
 *
 * SDK fault (rejections): they are strings, whole responses and frames, hardly ever an Error.
 *
 * @param sent whether the request left.
 */
export function toBrokerError(rejection: unknown, what: string, purpose: Purpose, sent: boolean): BrokerError {
  if (isBrokerError(rejection)) return rejection;
  if (rejection instanceof LinkLost) {
    if (!sent || purpose === "read") return notConnected(rejection.message);
    return withoutAnswer(`the connection to OpenD ended before ${what} was answered: ${rejection.message}`, purpose);
  }
  if (rejection instanceof HeaderFault) return withoutAnswer(`OpenD failed ${what}: ${rejection.message}`, purpose);
  const refusal = parseRefusal(rejection);
  if (refusal !== undefined && refusal.retType !== 0) {
    return fromRefusal(refusal.retType, refusal.retMsg, what, purpose);
  }
  const reason = reasonOf(rejection);
  if (!sent) {
    // SDK fault (required fields): a request that lacks one fails while it is encoded, in words about something else.
    return new BrokerError("BrokerFault", `${what} could not be encoded: ${reason}`, { outcome: "not_sent" });
  }
  if (purpose === "read") return new BrokerError("BrokerFault", `OpenD's answer to ${what} is unreadable: ${reason}`);
  return withoutAnswer(`OpenD's answer to ${what} is unreadable: ${reason}`, purpose);
}

/** Why an attempt to log in failed. */
export function toLoginError(rejection: unknown): BrokerError {
  if (isBrokerError(rejection)) return rejection;
  // OpenD answers a wrong key in the header or in the body; 1 and 2 are its timeouts.
  const refused = rejection instanceof HeaderFault && rejection.error !== 1 && rejection.error !== 2;
  const refusal = parseRefusal(rejection);
  if (refused || refusal !== undefined) {
    const said = refusal?.retMsg || (rejection instanceof Error ? rejection.message : "");
    return new BrokerError("AuthenticationFailed", `OpenD refused the login, check the option key: ${said}`, {
      outcome: "not_sent",
    });
  }
  return notConnected(reasonOf(rejection));
}

/** The words of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
