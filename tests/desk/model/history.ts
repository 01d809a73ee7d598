/** What may happen, as data: a seed makes a setting and a list of steps, and any part of the list is a history too. */
import type { OrderChange, OrderRequest } from "../../../src/domain/order.ts";
import type { Operation } from "../../../src/spec/capabilities.ts";
import type { RiskOptions, TokenLimits, TradingState } from "../../../src/spec/policy.ts";
import { AAPL } from "../desk-broker.ts";
import { type Dice, dice } from "../dice.ts";

/** What holds for a whole history. */
export interface Setting {
  readonly themes: readonly Theme[];
  /** The venue says when an order changed. Only then may it tell of changes in another order. */
  readonly hasTimes: boolean;
  /** A replaced order is canceled, and another one with its tag takes its place. */
  readonly hasNewIds: boolean;
  /** Orders are placed under numbers. */
  readonly hasNumbers: boolean;
  /** Every second order is told of without its tag. Only numbers tell then whose it is, and only a journal knows those. */
  readonly losesTags: boolean;
  /** What lists show: all orders; those that are open or ended a short while ago; all, without vouching for that; the open ones. */
  readonly listing: "whole" | "recent" | "unsure" | "open";
  /** What cannot be asked of the broker. */
  readonly lacks: readonly Operation[];
  /** Fills may be taken back. */
  readonly hasBusts: boolean;
  /** Now and then it is logged in to another account. */
  readonly hasAccounts: boolean;
  /** A person is at work beside the desk, wakes and changes orders, and takes an order for ended that is not. */
  readonly hasPerson: boolean;
  /** Milliseconds until the UTC day ends. */
  readonly untilMidnight: number;
  readonly hasPushes: boolean;
  /** Whatever has not left when the desk gives up is withdrawn. */
  readonly withdraws: boolean;
  readonly risk: RiskOptions | undefined;
  readonly limits: TokenLimits | undefined;
  /** What is placed under each key. */
  readonly keyed: Readonly<Record<string, OrderRequest>>;
}

export const SWITCHES = ["instance", "gateway"] as const;
export type SwitchName = (typeof SWITCHES)[number];

type Which = { readonly which: number };
type Asked = { readonly principal: string; readonly key: string | undefined };

/** `which` picks one of those that there are then; `taken` says in bits which writes under way reach the venue, `expires` which open orders end. */
export type Happening =
  | ({ readonly kind: "place"; readonly request: OrderRequest } & Asked)
  | ({ readonly kind: "replace"; readonly change: OrderChange } & Asked & Which)
  | ({ readonly kind: "cancel" } & Asked & Which)
  | { readonly kind: "cancelAll" }
  | { readonly kind: "turn"; readonly name: SwitchName; readonly state: TradingState }
  | ({ readonly kind: "read"; readonly what: "order" | "open" | "all" | "unknown" } & Which)
  | ({ readonly kind: "call"; readonly how: "through" | "on" | "refused" | "unsent" | "lost" | "in part" } & Which)
  | ({ readonly kind: "push"; readonly how: "told" | "repeated" | "lost" } & Which)
  | ({ readonly kind: "fill"; readonly part: number } & Which)
  | ({ readonly kind: "bust" } & Which)
  | ({ readonly kind: "end"; readonly status: "CANCELED" | "REJECTED" | "EXPIRED" } & Which)
  | { readonly kind: "elsewhere"; readonly request: OrderRequest }
  | ({ readonly kind: "wake" } & Which)
  | ({ readonly kind: "misjudge"; readonly status: "FILLED" | "CANCELED" | "EXPIRED" } & Which)
  | ({ readonly kind: "amend"; readonly change: OrderChange } & Which)
  | { readonly kind: "connect" }
  | { readonly kind: "disconnect"; readonly taken: number }
  | { readonly kind: "wait"; readonly milliseconds: number }
  | { readonly kind: "clock"; readonly by: number }
  | { readonly kind: "journal"; readonly mode: "quick" | "slow" | "away" }
  | { readonly kind: "line"; readonly how: "done" | "fails" }
  | { readonly kind: "kill"; readonly taken: number; readonly lines: number }
  | ({ readonly kind: "settle"; readonly isRight: boolean } & Which)
  | { readonly kind: "close" }
  | { readonly kind: "login"; readonly to: string; readonly taken: number }
  | { readonly kind: "night"; readonly hours: number; readonly expires: number };

export type Step = Happening & {
  /** Turns of the microtask queue until the next step; infinite to let everything happen that waits for no time. */
  readonly turns: number;
  /** Milliseconds after which the venue shows what this step changes. */
  readonly late: number;
};

export interface History {
  readonly seed: number;
  readonly setting: Setting;
  readonly steps: readonly Step[];
}

/** Milliseconds after which the venue shows what it has taken. */
export const SETTLE_MS = 2000;
const HOUR_MS = 3_600_000;

/** What a history has much of: two of these, while there is a little of everything else. */
const THEMES = ["limits", "connection", "restarts", "journal", "switches", "lag", "numbers", "nights"] as const;
type Theme = (typeof THEMES)[number];

const MSFT = { ...AAPL, symbol: "MSFT" };
const KEYS = ["a", "b", "c"];

function requestOf(roll: Dice, themes: readonly Theme[]): OrderRequest {
  const isSale = roll.chance(themes.includes("limits") ? 0.7 : 0.4);
  const contract = themes.includes("limits") || roll.chance(0.7) ? AAPL : MSFT;
  const common = { contract, lifecycle: "RTH", timeInForce: "DAY", direction: isSale ? "SELL" : "BUY" } as const;
  const qty = roll.pick([1, 4, 10, 15, 20]);
  if (roll.chance(0.1)) return { ...common, orderType: "Market", qty };
  return { ...common, orderType: "Limit", qty, price: roll.pick([100, 150, 200, 250.5]) };
}

function changeOf(roll: Dice): OrderChange {
  const price = { price: roll.pick([110, 160, 210, 260]) };
  const qty = { qty: 1 + roll.below(25) };
  return roll.pick([price, qty, { ...price, ...qty }]);
}

/** What the broker can do. Where little can be asked for, pushes tell of every order in the end. */
function brokerOf(roll: Dice, hasTimes: boolean) {
  const listing = roll.pick(["whole", "whole", "whole", "recent", "unsure", "open"] as const);
  const lacks: Operation[] = roll.chance(0.15) ? ["order"] : [];
  if (roll.chance(0.15)) lacks.push(roll.pick(["orders", "orders", "replaceOrder", "cancelOrder"]));
  return {
    listing,
    lacks,
    hasPushes: roll.chance(0.85) || lacks.includes("orders") || !canAsk({ listing, lacks }),
    hasBusts: hasTimes && roll.chance(0.3),
    hasAccounts: roll.chance(0.15),
    untilMidnight: roll.pick([20_000, 60_000, 200_000, 1_800_000]),
  };
}

/** Whether everything can be found out by asking, whatever pushes tell. */
export function canAsk(broker: Pick<Setting, "listing" | "lacks">): boolean {
  return !broker.lacks.includes("order") || isWhole(broker);
}

/** Whether ended orders are listed as well. */
export function isWhole({ listing, lacks }: Pick<Setting, "listing" | "lacks">): boolean {
  return (listing === "whole" || listing === "unsure") && !lacks.includes("orders");
}

function settingOf(seed: number, roll: Dice, themes: readonly Theme[]): Setting {
  const maybe = <T>(part: number, value: T) => (roll.chance(part) ? value : {});
  const hasTimes = roll.chance(0.6);
  const broker = brokerOf(roll, hasTimes);
  const isTight = themes.includes("limits");
  // Without rolls of their own, so that what other seeds make stays as it is.
  const hasPerson = seed % 3 === 1;
  const hasNewIds = roll.chance(0.2) || seed % 9 === 4;
  const hasNumbers = !hasNewIds && roll.chance(themes.includes("numbers") ? 1 : 0.2);
  const risk = {
    ...maybe(0.5, { maxOpenOrders: (isTight ? 1 : 2) + roll.below(isTight ? 3 : 8) }),
    ...maybe(0.5, { maxDailyValue: 5000 + roll.below(isTight ? 10_000 : 40_000) }),
    ...maybe(0.1, { maxOrderValue: 2500 }),
    ...maybe(0.1, { maxOrderQty: 12 }),
    ...maybe(0.1, { priceCollar: 0.1 }),
    ...maybe(isTight ? 0.2 : 0.5, { allowShort: true }),
    ...maybe(0.3, { duplicateWindowMs: 5000 + roll.below(60_000) }),
  };
  const limits = {
    ...maybe(0.5, { ordersPerMinute: 3 + roll.below(8) }),
    ...maybe(0.5, { maxDailyValue: 2000 + roll.below(30_000) }),
  };
  return {
    themes,
    hasTimes,
    hasNewIds,
    hasNumbers,
    losesTags: hasNumbers && isWhole(broker) && !themes.includes("journal") && roll.chance(0.5),
    ...broker,
    hasAccounts: broker.hasAccounts || seed % 9 === 1,
    hasPerson,
    withdraws: roll.chance(0.5),
    risk: isTight || roll.chance(0.8) ? risk : undefined,
    limits: roll.chance(0.3) ? limits : undefined,
    keyed: Object.fromEntries(KEYS.map((key) => [key, requestOf(roll, themes)])),
  };
}

/** How often each happens, and what it may be. */
function kindsOf(
  roll: Dice,
  { themes, hasTimes, hasBusts, hasAccounts, hasPerson, losesTags, keyed, risk, limits }: Setting,
): [number, () => Happening][] {
  // What is old is pruned by it, and across a restart nothing but this clock says what is of the same day or minute.
  const counts = [risk?.maxDailyValue, risk?.duplicateWindowMs, limits?.maxDailyValue, limits?.ordersPerMinute];
  const isTimeless = !themes.includes("nights") && counts.every((each) => each === undefined);
  const much = (of: Theme, often: number, else_: number) => (themes.includes(of) ? often : else_);
  const asked = (keys: readonly string[], part: number): Asked => ({
    principal: roll.pick(["bot", "man"]),
    key: roll.chance(part) ? roll.pick(keys) : undefined,
  });
  const place = (): Happening => {
    const by = asked(KEYS, much("restarts", 0.9, 0.5));
    const request = by.key === undefined || roll.chance(0.05) ? undefined : keyed[by.key];
    return { kind: "place", ...by, request: request ?? requestOf(roll, themes) };
  };
  const which = () => roll.below(64);
  const turned = ["ACTIVE", "ACTIVE", "ACTIVE", "HALTED", "REDUCING"] as const;
  const some = losesTags ? 0 : 0.3;
  return [
    [much("limits", 25, 11), place],
    [
      hasPerson ? 12 : 6,
      () => ({ kind: "replace", ...asked(["r", "s"], 0.4), which: which(), change: changeOf(roll) }),
    ],
    [hasPerson ? 9 : 5, () => ({ kind: "cancel", ...asked(["x"], 0.3), which: which() })],
    [1, () => ({ kind: "cancelAll" })],
    [2, () => ({ kind: "read", which: which(), what: roll.pick(["order", "order", "open", "all", "unknown"]) })],
    [40, () => ({ kind: "call", which: which(), how: "through" })],
    [25, () => ({ kind: "call", which: which(), how: "on" })],
    [10, () => ({ kind: "call", which: which(), how: roll.pick(["refused", "unsent", "lost", "lost"]) })],
    [much("lag", 5, 1), () => ({ kind: "call", which: which(), how: "in part" })],
    [
      14,
      () => ({
        kind: "push",
        which: hasTimes && roll.chance(0.3) ? which() : 0,
        how: roll.pick(["told", "told", "told", "lost"]),
      }),
    ],
    [hasTimes ? 3 : 0, () => ({ kind: "push", which: which(), how: "repeated" })],
    [5, () => ({ kind: "fill", which: which(), part: roll.pick([0.3, 0.6, 1]) })],
    [hasBusts ? 2 : 0, () => ({ kind: "bust", which: which() })],
    [2, () => ({ kind: "end", which: which(), status: roll.pick(["CANCELED", "REJECTED", "EXPIRED"]) })],
    [
      14,
      () => ({ kind: "wait", milliseconds: roll.pick([1, 5, 20, 100, 249, 260, 500, 999, 1001, 2100, 2100, 6000]) }),
    ],
    [0.5, () => ({ kind: "wait", milliseconds: roll.pick([30_000, 61_000, 180_000]) })],
    [isTimeless ? 2 : 0, () => ({ kind: "clock", by: roll.pick([-HOUR_MS, -5000, -500, 500, 5000, HOUR_MS]) })],
    [25, () => ({ kind: "connect" })],
    [much("connection", 5, 0.3), () => ({ kind: "disconnect", taken: roll.below(256) })],
    [
      much("journal", 6, some),
      () => ({ kind: "journal", mode: roll.pick(["quick", "quick", "quick", "slow", "away"]) }),
    ],
    [25, () => ({ kind: "line", how: roll.chance(0.85) ? "done" : "fails" })],
    [much("restarts", 4, roll.pick([0, 0.5])), () => ({ kind: "kill", taken: roll.below(256), lines: roll.below(4) })],
    [much("restarts", 0.5, 0.1), () => ({ kind: "close" })],
    [hasAccounts ? 1.5 : 0, () => ({ kind: "login", to: roll.pick(["A", "B"]), taken: roll.below(256) })],
    [much("nights", 2, 0), () => ({ kind: "night", hours: roll.pick([1, 14, 30, 30]), expires: roll.below(256) })],
    // Numbers are looked for of what is unknown alone.
    [losesTags ? 0 : much("restarts", 0.5, 0.1), () => ({ kind: "settle", which: which(), isRight: roll.chance(0.7) })],
    [roll.pick([0, 0, 2]), () => ({ kind: "elsewhere", request: requestOf(roll, themes) })],
    [hasPerson ? 3 : 0, () => ({ kind: "end", which: which(), status: "EXPIRED" })],
    [hasPerson ? 6 : 0, () => ({ kind: "wake", which: which() })],
    [
      hasPerson && hasAccounts ? 6 : 0,
      () => ({ kind: "misjudge", which: which(), status: roll.pick(["FILLED", "CANCELED", "EXPIRED"]) }),
    ],
    [hasPerson ? 2 : 0, () => ({ kind: "amend", which: which(), change: changeOf(roll) })],
    [much("switches", 6, 0.1), () => ({ kind: "turn", name: roll.pick(SWITCHES), state: roll.pick(turned) })],
  ];
}

export function historyOf(seed: number, length: number): History {
  const roll = dice(seed);
  const themes = [roll.pick(THEMES), roll.pick(THEMES)];
  const setting = settingOf(seed, roll, themes);
  const kinds = kindsOf(roll, setting);
  const happenings = kinds.flatMap(([often, happen]) => Array.from({ length: Math.round(often * 10) }, () => happen));
  const late = themes.includes("lag") || themes.includes("restarts") ? 0.7 : roll.pick([0, 0.5]);
  const steps = Array.from({ length }, (): Step => {
    return {
      ...roll.pick(happenings)(),
      turns: roll.pick([0, 1 + roll.below(12), Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]),
      late: roll.chance(late) ? roll.below(SETTLE_MS) : 0,
    };
  });
  return { seed, setting, steps };
}

/** What a step is, in words; which one it picks is told when it happens. */
export function wordsOf({ turns: _, late: __, kind, ...fields }: Step): string {
  const words = Object.entries(fields).map(([name, value]) =>
    name === "which" || value === undefined
      ? ""
      : `, ${name} ${name === "request" ? orderWords(value as OrderRequest) : JSON.stringify(value)}`,
  );
  return [kind, ...words].join("").replaceAll('"', "");
}

type Worded = Pick<OrderRequest, "direction" | "qty" | "contract"> & { readonly price?: number | null };

export function orderWords({ direction, qty, contract, price }: Worded): string {
  return `${direction} ${qty} ${contract.symbol} at ${price ?? "market"}`;
}
