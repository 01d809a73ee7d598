/** The venue of a history: what it has taken, what it shows of that, and what it tells. */
import { isCompleted, isTerminal, type Order, type OrderChange } from "../../../src/domain/order.ts";
import type { Broker, BrokerHost, OrderListing } from "../../../src/spec/broker.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { defineBroker, type InstanceOptions } from "../../../src/spec/define-broker.ts";
import { AAPL, anOrder, CAPABILITIES } from "../desk-broker.ts";
import { type Caller, createCalls, type Fate, refusal, type VenueCall } from "./calls.ts";
import type { Clock } from "./clock.ts";
import { isWhole, orderWords, SETTLE_MS, type Setting } from "./history.ts";

export const QUOTE = 200;
const HELD = 30;
/** Milliseconds for which an order that has ended is listed by a venue that lists recent ones. */
const RECENT_MS = 10_000;

/** An order as it is at the venue, whoever knows. */
export interface VenueOrder {
  truth: Order;
  readonly isOwn: boolean;
  /** The id of the order that it has taken the place of. */
  readonly replaces: string | undefined;
  readonly shown: { readonly from: number; readonly order: Order }[];
  /** It works on, or may, though it was told as ended. */
  isAwake?: boolean;
  /** A person has changed it. */
  isAmended?: boolean;
}

/** One process of the gateway, as the venue sees it. */
export interface Life {
  isAlive: boolean;
  isClosed: boolean;
  host?: BrokerHost;
}

/** Who watches. */
export interface Watch extends Caller {
  taken(call: VenueCall, order: VenueOrder): void;
}

export function createVenue(setting: Setting, clock: Clock, watch: Watch) {
  const ledger = new Map<string, VenueOrder>();
  const held: Record<string, number> = { AAPL: HELD, MSFT: 0 };
  const numbers = new Set<string>();
  const calls = createCalls(setting.withdraws, clock, watch);
  let pushes: { readonly order: Order; readonly life: Life }[] = [];
  let life: Life | undefined;
  let isConnected = true;
  let isHonest = false;
  let lateMs = 0;
  let lastChange = 0;
  let lastNumber = 0;
  let account = "A";
  const accounts = new Map<string, string>();
  const isHere = (orderId: string) => accounts.get(orderId) === account;

  const all = () => [...ledger.values()];
  const isOpen = ({ truth }: VenueOrder) => !isCompleted(truth);

  /** By a clock of its own, which nobody puts back. */
  function nextChange(): number {
    lastChange = Math.max(lastChange + 1, Date.now());
    return lastChange;
  }

  function change(order: VenueOrder, fields: Partial<Order>): void {
    const updatedAt = nextChange();
    const truth = { ...order.truth, ...fields, updatedAt: setting.hasTimes ? updatedAt : null };
    const isFilled = truth.filledQty >= truth.qty && !isTerminal(truth.status);
    const isPart = truth.filledQty > 0 && truth.status === "OPEN";
    order.truth = { ...truth, status: isFilled ? "FILLED" : isPart ? "PARTIALLY_FILLED" : truth.status };
    const losesTag = setting.losesTags && Number(truth.orderId) % 2 === 0;
    const report = losesTag ? { ...order.truth, tag: null } : order.truth;
    order.shown.push({ from: Math.max(order.shown.at(-1)?.from ?? 0, clock.now() + lateMs), order: report });
    watch.told(`order ${truth.orderId} is ${order.truth.status}, ${orderWords(truth)}, filled ${truth.filledQty}`);
    if (!setting.hasPushes || life === undefined || !isConnected || !isHere(truth.orderId)) return;
    if (isHonest) life.host?.onOrder(report);
    else pushes.push({ order: report, life });
  }

  function add(fields: Partial<Order>, isOwn: boolean, replaces?: string): VenueOrder {
    const orderId = String(ledger.size + 1);
    const order = { truth: anOrder({ ...fields, orderId, createdAt: nextChange() }), isOwn, shown: [], replaces };
    ledger.set(orderId, order);
    accounts.set(orderId, account);
    change(order, {});
    return order;
  }

  function get(orderId: string): VenueOrder {
    const order = ledger.get(orderId);
    if (order === undefined || !isHere(orderId)) throw new BrokerError("OrderNotFound", `no order ${orderId}`);
    return order;
  }

  function getOpen(orderId: string): VenueOrder {
    const order = get(orderId);
    if (!isOpen(order)) throw refusal("OrderNotOpen", "it has ended");
    return order;
  }

  function shown({ shown }: VenueOrder) {
    return shown.findLast(({ from }) => from <= clock.now());
  }

  function list(status: "open" | "all", isPart: boolean): OrderListing {
    const { listing } = setting;
    const orders = all().flatMap((each): Order[] => {
      if (!isHere(each.truth.orderId)) return [];
      const { order, from = 0 } = shown(each) ?? {};
      const isOld = listing === "open" || (listing === "recent" && from < clock.now() - RECENT_MS);
      if (order === undefined || (isPart && Number(order.orderId) % 2 === 1)) return [];
      return isCompleted(order) && (status === "open" || isOld) ? [] : [order];
    });
    const since = listing === "recent" ? { since: Date.now() - RECENT_MS } : {};
    return { orders, unmapped: [], ...since, ...(isPart && { isWhole: false }) };
  }

  function replace(orderId: string, wanted: Partial<Order>): VenueOrder {
    const order = getOpen(orderId);
    const { qty = Number.POSITIVE_INFINITY } = wanted;
    if (qty < order.truth.filledQty) throw refusal("OrderRejected", "that much is filled");
    if (!setting.hasNewIds) {
      change(order, wanted);
      return order;
    }
    // That it has ended may be shown before what is in its place.
    const late = lateMs;
    lateMs = 0;
    change(order, { status: "CANCELED" });
    lateMs = late;
    return add({ ...order.truth, status: "OPEN", ...wanted }, order.isOwn, orderId);
  }

  /** Lets the venue carry a write out that has reached it. */
  function take(call: VenueCall, order: VenueOrder): { orderId: string } {
    call.isTaken = true;
    watch.taken(call, order);
    return { orderId: order.truth.orderId };
  }

  function brokerOf(instance: InstanceOptions, mine: Life): Broker {
    const canSend = () => isConnected && !mine.isClosed;
    const send = <T>(...given: [Parameters<typeof calls.send>[2], (call: VenueCall) => T]) =>
      calls.send(mine, canSend(), ...given);
    const read = <T>(what: string, answer: (isPart: boolean) => T) =>
      calls.send(mine, canSend(), ["read", what], (_, isPart) => answer(isPart));
    const prices = { latest: QUOTE, preClose: QUOTE, highPrice: QUOTE, lowPrice: QUOTE, openPrice: QUOTE };
    const position = { unit: "Share", currency: "USD" } as const;
    const broker: Broker = {
      kind: "venue",
      display: "Venue",
      capabilities: () => ({
        ...CAPABILITIES,
        account,
        push: setting.hasPushes ? "stream" : "none",
        newIds: setting.hasNewIds,
        listing: { complete: setting.listing === "whole" || setting.listing === "recent", settleMs: SETTLE_MS },
      }),
      async start(host) {
        mine.host = host;
        host.onConnection({ connected: isConnected });
      },
      async close() {
        mine.isClosed = true;
        calls.cut(mine, 0);
      },
      quote: (contract) =>
        read("quote", () => ({ contract, currency: "USD", isTradable: true, ...prices, timestamp: Date.now() })),
      positions: () =>
        read("positions", () => {
          const lines = Object.entries(held);
          const positions = lines.map(([symbol, qty]) => ({ ...position, contract: { ...AAPL, symbol }, qty }));
          return { positions, unmapped: [] };
        }),
      ...(setting.hasNumbers && { orderNumber: () => read("number", () => String(++lastNumber)) }),
      placeOrder: (order, given) =>
        send(["place", `place ${orderWords(order)}`, given], (call) => {
          const { number, price = null } = order;
          if (number !== undefined && numbers.has(number)) throw refusal("OrderRejected", "an order has this number");
          if (number !== undefined) numbers.add(number);
          return take(call, add({ ...order, price }, true));
        }),
      replaceOrder: (orderId, { tag: _, ...wanted }, given) =>
        send(["replace", `replace ${orderId}`, given], (call) => take(call, replace(orderId, wanted))),
      cancelOrder: (orderId, given) =>
        send(["cancel", `cancel ${orderId}`, given], (call) => {
          const order = getOpen(orderId);
          change(order, { status: !isHonest && Number(orderId) % 3 === 0 ? "PENDING_CANCEL" : "CANCELED" });
          take(call, order);
        }),
      order: (orderId) =>
        read(`order ${orderId}`, () => {
          const { order } = shown(get(orderId)) ?? {};
          if (order === undefined) throw new BrokerError("OrderNotFound", `no order ${orderId} yet`);
          return order;
        }),
      orders: ({ status }) => read(`list ${status}`, (isPart) => list(status, isPart)),
    };
    for (const name of setting.lacks) delete broker[name];
    return defineBroker(instance, broker);
  }

  const pick = <T>(from: readonly T[], which: number): T | undefined => from[which % Math.max(1, from.length)];

  return {
    ledger,
    held,
    brokerOf,
    open: () => all().filter(isOpen),
    /** What is shown of what happens from now on is shown so much later. */
    isHere,
    login(to: string, taken: number) {
      if (to === account) return;
      this.connect(false, taken);
      account = to;
      watch.told(`logged in to ${to}`);
      this.connect(true);
    },
    lateBy(milliseconds: number) {
      lateMs = milliseconds;
    },
    begin(mine: Life) {
      life = mine;
    },
    go: (which: number, how: Fate) => calls.go(which, how),
    push(which: number, how: "told" | "repeated" | "lost") {
      const push = pick(pushes, which);
      if (push === undefined) return;
      if (how !== "repeated") pushes = pushes.filter((other) => other !== push);
      watch.told(`push of order ${push.order.orderId}, ${push.order.status}, is ${how}`);
      if (how !== "lost") push.life.host?.onOrder(push.order);
    },
    fill(which: number, part: number) {
      const order = pick(all().filter(isOpen), which);
      if (order === undefined) return;
      const { qty, filledQty, direction, contract, price } = order.truth;
      const filled = Math.max(1, Math.floor((qty - filledQty) * part));
      held[contract.symbol] = (held[contract.symbol] ?? 0) + (direction === "BUY" ? filled : -filled);
      change(order, { filledQty: filledQty + filled, avgPrice: price ?? QUOTE });
    },
    /** Takes a part of the fills of an order back. */
    bust(which: number) {
      // Of one that has ended it is told where lists show that, or by a push that may be lost.
      const order = pick(
        all().filter((each) => each.truth.filledQty > 1 && (isWhole(setting) || isOpen(each))),
        which,
      );
      if (order === undefined) return;
      const { filledQty, direction, contract } = order.truth;
      const taken = 1 + (which % (filledQty - 1));
      held[contract.symbol] = (held[contract.symbol] ?? 0) - (direction === "BUY" ? taken : -taken);
      change(order, { filledQty: filledQty - taken, busted: true });
    },
    end(which: number, status: "CANCELED" | "REJECTED" | "EXPIRED") {
      const order = pick(all().filter(isOpen), which);
      if (order === undefined || (status === "REJECTED" && (order.isAwake || order.truth.filledQty > 0))) return;
      const isCancel = status === "CANCELED" || order.truth.status === "PENDING_CANCEL";
      change(order, isCancel ? { status: "CANCELED" } : { status, errorReason: "no" });
    },
    expire(which: number) {
      for (const [index, order] of all().filter(isOpen).entries())
        if ((which >> index) & 1) change(order, { status: "EXPIRED", errorReason: "the day is over" });
    },
    wake(which: number) {
      const order = pick(
        all().filter(({ truth }) => truth.status === "EXPIRED" && truth.filledQty < truth.qty),
        which,
      );
      if (order === undefined || setting.hasNewIds) return false;
      order.isAwake = true;
      change(order, { status: "OPEN", errorReason: "" });
      return true;
    },
    amend(which: number, wanted: OrderChange) {
      const order = pick(all().filter(isOpen), which);
      if (order === undefined || setting.hasNewIds || Number(wanted.qty) <= order.truth.filledQty) return false;
      order.isAmended = true;
      change(order, wanted);
      return true;
    },
    elsewhere: (fields: Partial<Order>) => void add({ ...fields, price: fields.price ?? null, tag: null }, false),
    connect(is: boolean, taken = 0) {
      if (is === isConnected || life === undefined) return;
      isConnected = is;
      if (!is) calls.cut(life, taken);
      if (!is) pushes = [];
      life.host?.onConnection({ connected: is });
    },
    kill(mine: Life, taken: number) {
      mine.isAlive = false;
      calls.cut(mine, taken);
      pushes = [];
    },
    /** From now on everything arrives and is answered; what was not told yet is lost. */
    heal() {
      isHonest = true;
      lateMs = 0;
      calls.heal();
      pushes = [];
    },
    /** Tells by pushes of orders, as after a login. */
    tell(isMeant: (order: VenueOrder) => boolean) {
      for (const each of all())
        if (isMeant(each) && isHere(each.truth.orderId)) life?.host?.onOrder(each.shown.at(-1)?.order ?? each.truth);
    },
    finishCancels() {
      for (const each of all()) if (each.truth.status === "PENDING_CANCEL") change(each, { status: "CANCELED" });
    },
  };
}

export type Venue = ReturnType<typeof createVenue>;
