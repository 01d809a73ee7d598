/**
 * What went wrong, in our words: from the gateway's codes and texts to a `BrokerError`. Source: the page on error codes
 * in the vendor's documentation; the texts are those of its English and Chinese answers so far.
 *
 * A file of its own beside `gateway.ts`, since the two together would be too long.
 */
import { BrokerError, type BrokerErrorCode } from "../../spec/broker-error.ts";
import { isFaultBehind, isLate } from "../shared/doubtful-texts.ts";

/** What the failed request was for. */
export type Purpose = "read" | "place" | "modify" | "cancel";

interface Rule {
  readonly text: RegExp;
  readonly code: BrokerErrorCode;
}

/** The number of an order was used before: by this very request, if anything on the way sent it twice. */
const DUPLICATE = /duplicate|重复|重複/i;
const TOO_FREQUENT = /rate ?limit|current limiting|限流/i;
const BLACKLISTED = /black ?list|黑名单|黑名單/i;
const SIGNATURE = /signature|sign\b|rsa|tiger_?id|developer|(?:private|public) key|token|签名|密钥/i;
/** The token of a licence that has one (Hong Kong), which ends after thirty days. */
const TOKEN = 2400;
/** Quotes that another device reads, or nobody has paid for: newer answers have this within the text of a 4. */
const DENIED = 4000;
/** What the vendor says of a login that has no right to the account, under the codes of parameters and of orders. */
const NO_RIGHT = /not authorized to the api user|'secret_key' or 'account' invalid|unauthorized: ?please log ?in/i;
const CLOCK = /time ?stamp|expired request|request expired|时间戳/i;

/** An amount was asked for in a currency which the account has not. */
const CURRENCY = /currenc|币种|幣種|货币|貨幣/i;

const RULES: readonly Rule[] = [
  {
    text: /(?:order|订单).{0,24}(?:not found|not exist|n't exist|不存在|找不到)|(?:no such|unknown|cannot find|can't find) order/i,
    code: "OrderNotFound",
  },
  {
    text: /already (?:been )?(?:filled|cancel|finished|completed|ended)|(?:order|status|订单).{0,40}(?:not (?:allow|support|permit)|can ?not|can't|不允许|不能|无法).{0,24}(?:cancel|modif|replac|\bchang|撤|改)|(?:cannot|can't|can not|not allowed to) (?:cancel|modify)|已成交|已撤/i,
    code: "OrderNotOpen",
  },
  {
    // The last is an order that would trade with another one of the same holder.
    text: /(?:position|holding|shares|持仓|可卖).{0,24}(?:insufficient|not enough|不足)|(?:insufficient|not enough|exceeds .{0,20}available) (?:position|holding|shares)|\bcross-trading\b/i,
    code: "OrderRejected",
  },
  {
    // The last two are Interactive Brokers' words, which are repeated for accounts that it clears.
    text: /insufficient|not enough|buying power|exceeds? .{0,20}(?:cash|funds)|不足|购买力|must exceed the initial margin|required in order to purchase on margin/i,
    code: "InsufficientFunds",
  },
  {
    text: /(?:invalid|unknown|no such|unsupported|illegal|无效|未知|不支持).{0,12}(?:symbol|contract|security|stock|代码|标的|合约)|(?:symbol|contract|security|stock|代码|标的|合约).{0,24}(?:not found|not exist|n't exist|unknown|invalid|not supported|不存在|不正确|错误|有误)/i,
    code: "UnknownContract",
  },
];

/** What only a request for an order that was placed before can be told. */
const OF_AN_ORDER: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>(["OrderNotFound", "OrderNotOpen"]);

/** True for why an order was never worked on, in the words in which it is refused when it is placed. */
export function isRefusal(text: string): boolean {
  return RULES.some((rule) => rule.text.test(text) && !OF_AN_ORDER.has(rule.code));
}

/** A refusal of the gateway, as its answer has it. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  /** HTTP status. */
  readonly status: number;
  /** Milliseconds by which this machine's clock is ahead of the vendor's; `undefined` when that is not known. */
  readonly clockAheadMs: number | undefined;
}

/** The vendor answered that it is called too often, as opposed to a call that was held back here for that. */
export class TooFrequent extends BrokerError {}

/** The vendor answers nothing any more, since it was called too often for too long. */
export class Blacklisted extends BrokerError {}

/** The token has ended, for whatever was asked. */
export class TokenEnded extends BrokerError {}

/** The vendor answered that it has not, or does not give, what was asked for. */
export class Declined extends BrokerError {}

/** Clocks that differ by less are not worth telling. */
const CLOCK_TOLERANCE_MS = 30_000;

/** The vendor's refusal of a request as an error of ours, with the vendor's text in it. */
export function toRefusal(refusal: Refusal, method: string, purpose: Purpose): BrokerError {
  const { code, status } = refusal;
  const said = `${refusal.message || "no message"} (code ${code})`;
  const text = `Tiger refused ${method}: ${said}`;
  if (isTooFrequent(refusal)) return new TooFrequent("RateLimited", text, { outcome: "not_sent", retryAfterMs: 5_000 });
  if (status === 200 && code === 4) {
    const Forbidden = BLACKLISTED.test(refusal.message) ? Blacklisted : BrokerError;
    return new Forbidden("AuthenticationFailed", text + forbiddenBecause(refusal.message), { outcome: "not_sent" });
  }
  // Below 1000 are the vendor's own faults, which leave open what became of a write.
  if (code < 1000 || isLate(refusal.message) || isFaultBehind(refusal.message))
    return withoutAnswer(`Tiger could not finish ${method}: ${said}`, purpose);
  if (code === TOKEN || code === DENIED || NO_RIGHT.test(refusal.message)) {
    const check = code === TOKEN ? "token" : code === DENIED ? "deviceId" : "tigerId, account and secretKey";
    const Refused = code === TOKEN ? TokenEnded : BrokerError;
    return new Refused("AuthenticationFailed", `${text}; check ${check}`, { outcome: "not_sent" });
  }
  if (code === 1000) return atTheDoor(refusal, text);
  if (purpose === "read" && CURRENCY.test(refusal.message)) return new Declined("NotSupported", text);
  if (purpose === "place" && DUPLICATE.test(refusal.message)) {
    return withoutAnswer(`Tiger has seen the number of this order before: ${said}`, purpose);
  }
  const rule = RULES.find(
    (each) => each.text.test(refusal.message) && !(purpose === "place" && OF_AN_ORDER.has(each.code)),
  );
  const Refused = purpose === "read" ? Declined : BrokerError;
  if (rule !== undefined) return new Refused(rule.code, text, { outcome: "rejected" });
  if (purpose === "read") return new Refused("BrokerFault", text);
  return code === 1010
    ? new BrokerError("InvalidRequest", text, { outcome: "not_sent" })
    : new BrokerError("OrderRejected", text, { outcome: "rejected" });
}

export function isTooFrequent({ code, message, status }: Pick<Refusal, "code" | "message" | "status">): boolean {
  return status === 429 || code === 5 || (code === 4 && TOO_FREQUENT.test(message) && !BLACKLISTED.test(message));
}

/** What a person has to do about "access forbidden". */
function forbiddenBecause(message: string): string {
  if (/device|permission to (?:subscribe|quote)|quote/i.test(message)) {
    return "; another device has taken the permission for quotes, or the developer has none: see deviceId";
  }
  if (/account/i.test(message)) return "; check account";
  if (BLACKLISTED.test(message))
    return "; for a while nothing but cancels is sent. If that does not end it, ask Tiger's support";
  return "; the address may not be on the developer's whitelist";
}

/** Common parameters were refused: the request was not looked at. */
function atTheDoor({ message, clockAheadMs }: Refusal, text: string): BrokerError {
  const clock =
    clockAheadMs !== undefined && Math.abs(clockAheadMs) > CLOCK_TOLERANCE_MS
      ? `; this machine's clock is ${Math.round(Math.abs(clockAheadMs) / 1000)} s ${clockAheadMs > 0 ? "ahead of" : "behind"} Tiger's, set it right`
      : "";
  if (CLOCK.test(message)) return new BrokerError("AuthenticationFailed", text + clock, { outcome: "not_sent" });
  if (SIGNATURE.test(message)) {
    return new BrokerError("AuthenticationFailed", `${text}; check tigerId and the private key`, {
      outcome: "not_sent",
    });
  }
  const rule = RULES.find((each) => each.text.test(message));
  return new BrokerError(rule?.code ?? "BrokerFault", text, { outcome: "not_sent" });
}

/** A request that may have arrived and whose answer did not come, or cannot be trusted. */
export function withoutAnswer(message: string, purpose: Purpose): BrokerError {
  return purpose === "read"
    ? new BrokerError("BrokerFault", message)
    : new BrokerError("OutcomeUnknown", message, { outcome: "unknown" });
}

/** Nothing was sent, for want of a connection. */
export function notConnected(reason: string): BrokerError {
  return new BrokerError("NotConnected", `not connected to Tiger: ${reason}`, {
    outcome: "not_sent",
    retryAfterMs: 1000,
  });
}

/** The words of whatever was thrown. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error;
  const deeper = cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code ?? "") : "";
  return deeper === "" || message.includes(deeper) ? message : `${message}: ${deeper}`;
}
