/** OpenD's documented frequency limits and the text it answers with when one is broken. */
import type { FrequencyLimiter, FrequencyRule } from "../shared/frequency.ts";
import { Refusal } from "./refusal.ts";

interface VendorLimit extends FrequencyRule {
  /** What the vendor's text calls the interface. */
  readonly name: string;
}

const WINDOW = 30_000;

const LIMITS = {
  unlock: { name: "解锁交易", calls: 10, windowMs: WINDOW },
  place: { name: "下单", calls: 15, windowMs: WINDOW, gapMs: 20 },
  modify: { name: "改单撤单", calls: 20, windowMs: WINDOW, gapMs: 40 },
  funds: { name: "刷新账户资金", calls: 10, windowMs: WINDOW },
  positions: { name: "刷新持仓列表", calls: 10, windowMs: WINDOW },
  orders: { name: "刷新订单列表", calls: 10, windowMs: WINDOW },
  history: { name: "获取历史订单列表", calls: 10, windowMs: WINDOW },
  snapshot: { name: "获取市场快照", calls: 60, windowMs: WINDOW },
} as const satisfies Record<string, VendorLimit>;

/** An interface with a limit of its own. */
export type LimitedCall = keyof typeof LIMITS;

const LIMIT_OF_COMMAND: Readonly<Record<number, LimitedCall>> = {
  2005: "unlock",
  2101: "funds",
  2102: "positions",
  2201: "orders",
  2202: "place",
  2205: "modify",
  2221: "history",
};

/** The limit of a command; of those without one, the quotes' stands for all. */
export function limitOf(cmd: number): LimitedCall {
  return LIMIT_OF_COMMAND[cmd] ?? "snapshot";
}

/** The vendor's answer to one call too many. */
export function overLimitText(call: LimitedCall): string {
  const { name, calls, windowMs } = LIMITS[call];
  return `${name}频率太高，请求失败，每${windowMs / 1000}秒最多${calls}次。`;
}

/**
 * Counts a call of an account (or, with an empty id, of the user).
 * @throws {Refusal} when it is one too many, or follows the last one too closely.
 */
export function countCall(limiter: FrequencyLimiter | undefined, call: LimitedCall, accId = ""): void {
  const rule: VendorLimit = LIMITS[call];
  const breach = limiter?.check(`${call} ${accId}`, rule);
  if (breach === "window") throw new Refusal(overLimitText(call));
  if (breach === "gap") {
    throw new Refusal(`${rule.name}频率太高，请求失败，两次请求间隔不能小于${(rule.gapMs ?? 0) / 1000}秒。`);
  }
}
