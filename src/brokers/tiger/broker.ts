/** The broker: each method converts in, calls Tiger, converts out. */
import { contractKey } from "../../domain/contract.ts";
import { isTerminal, type Order } from "../../domain/order.ts";
import type { Broker, BrokerHost, Call, Placed } from "../../spec/broker.ts";
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import { beforeSending } from "../shared/before-sending.ts";
import { historySince } from "../shared/history-since.ts";
import type { Adapter } from "../shared/loaded-at-start.ts";
import type { Region } from "../shared/regions.ts";
import { demandWholeChange } from "../shared/whole-change.ts";
import { checkNumbers, checkOrder, environmentOf, toCapabilities } from "./capabilities.ts";
import { createChanges } from "./changes.ts";
import { SESSION_OF_LIFECYCLE, WORD_OF_ORDER_TYPE } from "./codes.ts";
import { isGlobalAccount, type TigerConfig } from "./config.ts";
import {
  toBaseCurrency,
  toCash,
  toGlobalCash,
  toMarketStatus,
  toOrder,
  toOrderCurrency,
  toOrderListing,
  toPositions,
  toQuote,
  toSecurity,
} from "./convert.ts";
import { createListings, HISTORY_DAYS } from "./listings.ts";
import {
  ACCEPTED,
  ANYTHING,
  ASSETS,
  GLOBAL_ASSETS,
  MARKET_STATES,
  ORDER_NUMBER,
  QUOTES,
  type VendorOrder,
} from "./messages.ts";
import { createWire } from "./wire.ts";

/** Between two attempts to take the permission for quotes back. */
const PERMISSION_MS = 60_000;

/** Tiger gives the numbers of orders, which then go into the journal. */
type TigerAdapter = Adapter & Required<Pick<Broker, "orderNumber">>;

/** The adapter of an account; `index.ts` says what it does. */
export function createTigerBroker(config: TigerConfig, deadlineMs: number): TigerAdapter {
  const environment = environmentOf(config.account);
  const isGlobal = isGlobalAccount(config.account);
  let host: BrokerHost | undefined;

  const wire = createWire(config, deadlineMs, {
    onUse: () => changes.wake(),
    onReachable: (reachable, reason) => changes.onReachable(reachable, reason),
  });
  // A reconciliation that does not end within its deadline would keep every write waiting.
  const listings = createListings(wire, deadlineMs / 2, isGlobal);
  const changes = createChanges(config, wire, listings, {
    onOrder: (order) => host?.onOrder(order),
    onConnection: (connected, reason) =>
      host?.onConnection(reason === undefined ? { connected } : { connected, reason }),
  });
  let permissionAt: number | undefined;

  /** Quotes need a permission, which one device at a time has. */
  async function grabPermission(call: Call): Promise<void> {
    if (permissionAt !== undefined) return;
    await wire.read({ method: "grab_quote_permission", schema: ANYTHING }, call);
    permissionAt = performance.now();
  }

  /** What another device took is taken back, but not again and again: a person may be looking at quotes there. */
  function losePermission(error: unknown): never {
    const lost = isBrokerError(error) && error.code === "AuthenticationFailed";
    if (lost && permissionAt !== undefined && performance.now() - permissionAt > PERMISSION_MS)
      permissionAt = undefined;
    throw error;
  }

  /** Tiger says no to a change in many words; what the order is now says why. */
  async function explain(error: unknown, orderId: string, call: Call): Promise<unknown> {
    if (!isBrokerError(error) || (error.code !== "OrderRejected" && error.code !== "InvalidRequest")) return error;
    try {
      const order = toOrder(await listings.toChange(orderId, call));
      return order !== undefined && isTerminal(order.status) ? notOpen(order, error.message, "rejected") : error;
    } catch (lookup) {
      return isBrokerError(lookup) && lookup.code === "OrderNotFound" ? lookup : error;
    }
  }

  /** Tiger took an order and gave no id for it: the listing has it. */
  async function idOf(tag: string, number: string, call: Call): Promise<string> {
    const { items } = await listings.active(call, true).catch(() => ({ items: [] }));
    const found = toOrderListing(items).orders.find((order) => order.tag === tag || order.number === number);
    if (found !== undefined) return found.orderId;
    throw new BrokerError("OutcomeUnknown", "Tiger took the order and gave no id for it", { outcome: "unknown" });
  }

  function takeNumber(call: Call): Promise<string> {
    return beforeSending(wire.prepare({ method: "order_no", schema: ORDER_NUMBER }, call));
  }

  return {
    capabilities: () => toCapabilities(config.account, changes.kind),
    queues: wire.queues,

    async start(given) {
      host = given;
      const sign = await wire.open();
      await changes.start(sign);
    },

    async close() {
      changes.close();
      wire.close();
    },

    async ping(call) {
      try {
        return await wire.ping(call);
      } catch {
        return false;
      }
    },

    async cash({ currency }, call) {
      if (isGlobal) {
        const content = { segment: true, market_value: true };
        const assets = await wire.read({ method: "assets", content, schema: GLOBAL_ASSETS }, call);
        return toGlobalCash(assets, config.account, currency);
      }
      const base = toBaseCurrency(currency);
      if (base === undefined) throw new BrokerError("NotSupported", `Tiger converts no cash into ${currency}`);
      const content = { base_currency: base, consolidated: true };
      return toCash(await wire.read({ method: "prime_assets", content, schema: ASSETS }, call), currency);
    },

    async positions(call) {
      return toPositions(await listings.positions(call));
    },

    async quote(contract, call) {
      const { symbol } = toSecurity(contract);
      await grabPermission(call);
      const content = { symbols: [symbol], include_hour_trading: false };
      const quotes = await wire
        .read({ method: "quote_real_time", content, schema: QUOTES }, call)
        .catch((error: unknown) => losePermission(error));
      const found = quotes?.find((quote) => quote.symbol === symbol);
      if (found === undefined) {
        throw new BrokerError("UnknownContract", `Tiger has no quote of ${contractKey(contract)}`);
      }
      return toQuote(contract, found);
    },

    async marketStatus(call) {
      const content = { market: "ALL" };
      return toMarketStatus(await wire.read({ method: "market_state", content, schema: MARKET_STATES }, call));
    },

    orderNumber: takeNumber,

    async placeOrder(order, call): Promise<Placed> {
      const { region, symbol } = toSecurity(order.contract);
      const { effective } = checkOrder(order, environment, region);
      const number = order.number ?? (await takeNumber(call));
      const lifecycle = region === "US" ? order.lifecycle : "RTH";
      changes.expect(order.tag, lifecycle);
      const content = {
        order_id: BigInt(number),
        symbol,
        sec_type: "STK",
        market: region,
        currency: toOrderCurrency(order.contract),
        action: order.direction,
        order_type: WORD_OF_ORDER_TYPE[order.orderType],
        total_quantity: order.qty,
        limit_price: order.orderType === "Limit" ? order.price : undefined,
        time_in_force: order.timeInForce,
        ...sessionOf(region, order.lifecycle),
        user_mark: order.tag,
      };
      const placed = await wire.write({ method: "place_order", content, schema: ACCEPTED }, call, "place");
      const orderId = placed.id ?? (await idOf(order.tag, number, call));
      // Not every developer is given marks back.
      changes.learn([{ orderId, lifecycle, status: "PENDING", tag: order.tag }]);
      changes.follow(orderId);
      return effective === undefined ? { orderId } : { orderId, effective };
    },

    async replaceOrder(orderId, change, call): Promise<Placed> {
      const vendor = await beforeSending(listings.toChange(orderId, call));
      const order = toOrder(vendor);
      if (order === undefined || order.orderType === null) {
        throw new BrokerError("NotSupported", `order ${orderId} is of a kind that cannot be replaced here`, {
          outcome: "not_sent",
        });
      }
      if (isTerminal(order.status)) throw notOpen(order, `order ${orderId} has ended`, "not_sent");
      if (order.qty === 0) {
        const message = `order ${orderId} is for an amount of money; a replace from here would make it one for shares`;
        throw new BrokerError("NotSupported", message, { outcome: "not_sent" });
      }
      demandWholeChange(order, change);
      const price = order.orderType === "Market" ? undefined : (change.price ?? order.price ?? undefined);
      const qty = change.qty ?? order.qty;
      checkNumbers(
        {
          ...(change.qty === undefined ? {} : { qty }),
          ...(change.price === undefined || price === undefined ? {} : { price }),
        },
        order.contract.region as Region,
      );
      if (qty < order.filledQty) {
        throw new BrokerError("InvalidRequest", `qty ${qty} is below the ${order.filledQty} already filled`, {
          outcome: "not_sent",
        });
      }
      // Tiger takes what is missing for empty: the order is written out whole, with its mark.
      const content = {
        ...sameOrder(orderId, vendor),
        ...quantityOf(vendor, change.qty),
        limit_price: price,
        user_mark: change.tag ?? vendor.userMark ?? undefined,
      };
      const changed = await wire
        .write({ method: "modify_order", content, schema: ACCEPTED }, call, "modify")
        .catch(async (error) => Promise.reject(await explain(error, orderId, call)));
      const newId = changed.id ?? orderId;
      changes.follow(newId);
      return { orderId: newId };
    },

    async cancelOrder(orderId, call) {
      const content = { id: listings.idOf(orderId) };
      await wire
        .write({ method: "cancel_order", content, schema: ANYTHING }, call, "cancel")
        .catch(async (error) => Promise.reject(await explain(error, orderId, call)));
      changes.follow(orderId);
    },

    async order(orderId, call) {
      const vendor = await listings.one(orderId, call);
      const order = toOrder(vendor);
      if (order !== undefined) return order;
      throw new BrokerError(
        "NotSupported",
        `order ${orderId} is not one of the securities traded here: ${vendor.symbol}`,
      );
    },

    async orders({ status, fresh = false }, call) {
      const { items, isWhole } = await (status === "all" ? listings.all(call, fresh) : listings.active(call, fresh));
      const { orders, unmapped } = toOrderListing(items);
      changes.learn(orders);
      if (status === "all") return { orders, unmapped, since: historySince(HISTORY_DAYS), isWhole };
      return { unmapped, orders: orders.filter((order) => !isTerminal(order.status)), isWhole };
    },
  };
}

function sessionOf(region: Region, lifecycle: keyof typeof SESSION_OF_LIFECYCLE) {
  return SESSION_OF_LIFECYCLE[region === "US" ? lifecycle : "RTH"];
}

/** What a replace does not change. */
function sameOrder(orderId: string, vendor: VendorOrder) {
  // Tiger shows a session of every order, and lets it be chosen for these alone.
  const hasSessions = vendor.market === "US" && vendor.orderType === "LMT";
  return {
    id: BigInt(orderId),
    symbol: vendor.symbol,
    sec_type: vendor.secType ?? "STK",
    market: vendor.market ?? undefined,
    currency: vendor.currency ?? undefined,
    action: vendor.action,
    order_type: vendor.orderType ?? undefined,
    time_in_force: vendor.timeInForce ?? undefined,
    expire_time: vendor.expireTime ?? undefined,
    outside_rth: vendor.outsideRth ?? undefined,
    trading_session_type: hasSessions ? (vendor.tradingSessionType ?? undefined) : undefined,
  };
}

/** @param changed the new one, in whole shares. */
function quantityOf({ totalQuantity, totalQuantityScale }: VendorOrder, changed: number | undefined) {
  // Some of the vendor's pages say that what a change leaves out stays as it was: so would the digits behind the point.
  if (changed !== undefined)
    return { total_quantity: changed, total_quantity_scale: totalQuantityScale ? 0 : undefined };
  return {
    total_quantity: BigInt(totalQuantity ?? "0"),
    total_quantity_scale: totalQuantityScale ? totalQuantityScale : undefined,
  };
}

function notOpen(order: Order, message: string, outcome: "not_sent" | "rejected"): BrokerError {
  return new BrokerError("OrderNotOpen", `${message} (it is ${order.originStatus})`, { outcome });
}
