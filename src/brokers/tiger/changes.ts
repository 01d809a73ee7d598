/**
 * How changes of orders come, by push or by looking, and what is told of the connection.
 *
 * A file of its own beside `broker.ts`, since the two together would be too long.
 */
import { isTerminal, type Lifecycle, type Order } from "../../domain/order.ts";
import { Remembered } from "../../domain/remembered.ts";
import { isBrokerError } from "../../spec/broker-error.ts";
import { createInOrder } from "../shared/in-order.ts";
import { pushOf } from "./capabilities.ts";
import type { TigerConfig } from "./config.ts";
import { isAttached, toOrder, toOrderListing } from "./convert.ts";
import type { Sign } from "./keys.ts";
import type { Listings } from "./listings.ts";
import { createPoller } from "./poller.ts";
import { createPush } from "./push.ts";
import type { PushedOrder } from "./push-frames.ts";
import { notConnected, reasonOf } from "./refusals.ts";
import { MS } from "./timing.ts";
import type { Wire } from "./wire.ts";

export interface ChangeHandlers {
  onOrder(order: Order): void;
  onConnection(connected: boolean, reason?: string): void;
}

export interface Changes {
  readonly kind: "stream" | "polling";
  /** Resolves when the first attempt has ended, well or badly. */
  start(sign: Sign): Promise<void>;
  close(): void;
  /** The gateway answers, or cannot be reached. */
  onReachable(reachable: boolean, reason?: string): void;
  /** An order that is about to be placed: pushes do not say in which session it may trade. */
  expect(tag: string, lifecycle: Lifecycle): void;
  /** Orders as they were read or taken, which says in which session they may trade, and whose their marks are. */
  learn(orders: readonly Pick<Order, "orderId" | "lifecycle" | "status" | "tag">[]): void;
  /** Somebody asks something: a time to see whether the orders are still looked at. */
  wake(): void;
  /** An order that was placed or changed. */
  follow(orderId: string): void;
}

/** So much of so many orders is remembered, the latest ones. */
const REMEMBERED_ORDERS = 10_000;

export function createChanges(config: TigerConfig, wire: Wire, listings: Listings, handlers: ChangeHandlers): Changes {
  const kind = pushOf(config);
  /** By id or tag; `null` is a session without a word here. */
  const lifecycles = new Remembered<string, Lifecycle | null>(REMEMBERED_ORDERS);
  /** Orders by their tags. */
  const marked = new Remembered<string, string>(REMEMBERED_ORDERS);
  /** Those that have the tag of the order that they are attached to. */
  const attached = new Remembered<string, true>(REMEMBERED_ORDERS);
  const tellInOrder = createInOrder();
  let closed = false;
  let reachable = true;
  /** Pushes come, or the orders have been looked at. */
  let informed = false;
  let connected: boolean | undefined;

  function report(reason?: string): void {
    const now = reachable && informed;
    if (closed || now === connected || (connected === undefined && !now && reason === undefined)) return;
    connected = now;
    if (now) handlers.onConnection(true);
    else handlers.onConnection(false, reason);
  }

  /** A push says no more than whether an order may trade outside of regular hours; `undefined` where that leaves it open. */
  function sessionOf({ orderId, tag, lifecycle }: Order): Lifecycle | null | undefined {
    const read = lifecycles.get(orderId);
    const known = read !== undefined || tag === null ? read : lifecycles.get(tag);
    // Somebody may have changed it to regular hours meanwhile.
    const isSaid = lifecycle !== "ETH" && (known === undefined || known === "ETH");
    return isSaid ? lifecycle : known;
  }

  function onPush(vendor: PushedOrder): void {
    if (closed || vendor.account !== config.account) return;
    const order = toOrder(vendor);
    if (order === undefined) return;
    const isKnown = sessionOf(order) !== undefined && !hasMarkOfAnother(order);
    tellInOrder(order.orderId, isKnown ? undefined : () => askAbout(order.orderId), () => tell(order));
  }

  /** A push does not say what an order is attached to. */
  function hasMarkOfAnother({ orderId, tag }: Order): boolean {
    const owner = tag === null ? undefined : marked.get(tag);
    return owner !== undefined && owner !== orderId && attached.get(orderId) === undefined;
  }

  async function askAbout(orderId: string): Promise<void> {
    const vendor = await listings.one(orderId, { signal: AbortSignal.timeout(MS.read) }).catch(() => undefined);
    const order = vendor && toOrder(vendor);
    if (vendor === undefined || order === undefined) return;
    lifecycles.set(orderId, order.lifecycle);
    if (isAttached(vendor)) attached.set(orderId, true);
    else if (order.tag !== null) marked.set(order.tag, orderId);
  }

  function tell(order: Order): void {
    if (closed) return;
    const tag = attached.get(order.orderId) === undefined ? order.tag : null;
    handlers.onOrder({ ...order, tag, lifecycle: sessionOf(order) ?? null });
  }

  const poller = createPoller({
    pollMs: config.pollMs,
    async look(signal) {
      // It is asked by itself until it answers, and more questions that it refuses lead onto its blacklist.
      if (!reachable) throw notConnected("it did not answer, or refused the login");
      return toOrderListing(await listings.latest({ signal })).orders;
    },
    order: async (orderId, signal) => {
      try {
        return toOrder(await listings.one(orderId, { signal }, true));
      } catch (error) {
        // One that is too new to be known is listed soon; of one that is known no more nothing will be heard.
        if (isBrokerError(error) && error.code === "OrderNotFound") return undefined;
        throw error;
      }
    },
    onOrder: (order) => {
      if (!closed) handlers.onOrder(order);
    },
    onFault(error) {
      // What was too frequent has been answered, or has not left.
      if (!(isBrokerError(error) && error.code === "RateLimited")) wire.check();
    },
  });

  const push = createPush(config, {
    onOrder: onPush,
    onUp(up, reason) {
      informed = up;
      if (up) poller.stop();
      report(reason);
      if (up || closed) return;
      // What went on in between is seen by looking, until pushes come again.
      wire.check();
      void poller.start();
    },
  });

  return {
    kind,

    async start(sign) {
      closed = false;
      if (kind === "stream") return push.start(sign);
      const fault = await poller.start();
      if (closed) return;
      informed = true;
      if (fault === undefined) return report();
      reachable = false;
      report(reasonOf(fault));
      wire.check();
    },

    close() {
      closed = true;
      push.stop();
      poller.stop();
      reachable = true;
      informed = false;
      connected = undefined;
    },

    onReachable(now, reason) {
      reachable = now;
      report(reason);
    },

    expect: (tag, lifecycle) => lifecycles.set(tag, lifecycle),
    learn(orders) {
      for (const { orderId, lifecycle, status, tag } of orders) {
        if (tag !== null && !isTerminal(status)) marked.set(tag, orderId);
        // Of one for regular hours a push says enough.
        if (lifecycle !== "RTH" && !isTerminal(status)) lifecycles.set(orderId, lifecycle);
      }
    },
    wake: () => poller.wake(),
    follow: (orderId) => poller.follow(orderId),
  };
}
