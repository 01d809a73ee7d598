/** The broker: each method converts in, calls OpenD, converts out. */
import { isTerminal, type Order } from "../../domain/order.ts";
import type { BrokerHost, Call, Placed } from "../../spec/broker.ts";
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import { beforeSending } from "../shared/before-sending.ts";
import { historySince } from "../shared/history-since.ts";
import type { Adapter } from "../shared/loaded-at-start.ts";
import type { PacingClass } from "../shared/pacing.ts";
import { REGIONS, type Region } from "../shared/regions.ts";
import type { TradingAccount } from "./accounts.ts";
import { createAskedChanges } from "./asked-changes.ts";
import { checkNumbers, checkOrder, needsNumbers, toCapabilities } from "./capabilities.ts";
import {
  MARKET_OF_REGION,
  MODIFY,
  NUMBER_OF_ENVIRONMENT,
  NUMBER_OF_ORDER_TYPE,
  NUMBER_OF_TIME_IN_FORCE,
  SESSION_OF_LIFECYCLE,
  SIDE_OF_DIRECTION,
} from "./codes.ts";
import type { FutuConfig } from "./config.ts";
import {
  isOpen,
  toCash,
  toCurrencyNumber,
  toMarketStatus,
  toOrder,
  toOrderListing,
  toPositions,
  toQuote,
  toSecurity,
} from "./convert.ts";
import { createHoldings } from "./holdings.ts";
import { createListings, type FoundOrder, HISTORY_DAYS, notFound } from "./listings.ts";
import { notConnected } from "./refusals.ts";
import { createWire } from "./wire.ts";

/** The adapter of an account; `index.ts` says what it does. */
export function createFutuBroker(config: FutuConfig, deadlineMs: number): Adapter {
  let host: BrokerHost | undefined;

  const wire = createWire(config, deadlineMs, {
    onOrder(vendor, accId) {
      listings.told(vendor.orderIDEx, accId);
      holdings.changed();
      const order = toOrder(vendor);
      if (order !== undefined) host?.onOrder(order);
    },
    onConnection(connected, reason) {
      // What was filled while there was none is told by nobody, and OpenD's list shows it from now on.
      holdings.changed();
      host?.onConnection(reason === undefined ? { connected } : { connected, reason });
    },
  });
  const holdings = createHoldings(wire);
  const listings = createListings(wire, holdings, { accounts, queryHeader });
  const askedChanges = createAskedChanges();

  /** The chosen accounts. Before they are known there is no connection, and every call says so. */
  function accounts(): readonly TradingAccount[] {
    const known = wire.accounts();
    if (known === undefined) throw wire.fault();
    return known;
  }

  function taker() {
    return { tradeEnv: config.tradeEnv, accounts: wire.accounts(), version: wire.version() };
  }

  function header({ accId }: TradingAccount, market: number) {
    return { trdEnv: NUMBER_OF_ENVIRONMENT[config.tradeEnv], accID: accId, trdMarket: market };
  }

  /** For queries any market of the account will do: OpenD answers for all of them. */
  function queryHeader(account: TradingAccount) {
    return header(account, account.markets.values().next().value ?? 0);
  }

  function accountFor(region: Region): TradingAccount {
    const found = accounts().find(({ markets }) => markets.has(region));
    if (found !== undefined) return found;
    throw new BrokerError("NotSupported", `the ${config.tradeEnv} account at Futu may not trade ${region}`, {
      outcome: "not_sent",
    });
  }

  /** The market an order is changed in; OpenD wants it in the header of the request. */
  function marketOf({ account }: FoundOrder, order: Order | undefined): number {
    const region = REGIONS.find((each) => each === order?.contract.region);
    return (region && account.markets.get(region)) ?? queryHeader(account).trdMarket;
  }

  /** How a change names its order. */
  function named(orderId: string, found: FoundOrder | undefined) {
    const number = needsNumbers(wire.version()) ? found?.vendor.orderID : undefined;
    return { orderID: number ?? "0", orderIDEx: orderId };
  }

  /** OpenD says no to a change in many words; what the order is now says why. */
  async function explain(error: unknown, orderId: string, call: Call, kind: PacingClass): Promise<unknown> {
    if (!isBrokerError(error) || !/^Order(?:Rejected|NotFound)$/.test(error.code)) return error;
    try {
      const { vendor } = await listings.find(orderId, true, call, kind);
      const order = toOrder(vendor);
      if (order !== undefined && isTerminal(order.status)) return notOpen(order, error.message, "rejected");
      if (error.code === "OrderNotFound") return new HeardOfSince(error.message);
    } catch (lookup) {
      if (isBrokerError(lookup) && lookup.code === "OrderNotFound") return lookup;
    }
    // It may be there all the same: what OpenD has not heard of yet it does not know, until it is asked anew.
    return new BrokerError("OrderRejected", error.message, { outcome: "rejected" });
  }

  function sessionOf(region: Region, lifecycle: keyof typeof SESSION_OF_LIFECYCLE) {
    if (region !== "US") return {};
    return { session: SESSION_OF_LIFECYCLE[lifecycle], fillOutsideRTH: lifecycle === "ETH" };
  }

  return {
    capabilities: () => toCapabilities(taker()),
    queues: wire.queues,

    start(given) {
      host = given;
      return wire.start();
    },

    close: () => wire.close(),

    async ping(call) {
      try {
        const { qotLogined, trdLogined } = await wire.state(call);
        return qotLogined && trdLogined && wire.ready();
      } catch {
        return false;
      }
    },

    async cash({ currency }, call) {
      const number = toCurrencyNumber(currency);
      if (number === undefined) throw new BrokerError("NotSupported", `Futu keeps no cash in ${currency}`);
      const funds = await Promise.all(
        accounts().map(async (account) => {
          const region = account.markets.keys().next().value ?? "US";
          const reply = await holdings.read("GetFunds", { header: queryHeader(account), currency: number }, call);
          return reply.funds === undefined ? [] : [{ funds: reply.funds, region }];
        }),
      );
      return toCash(funds.flat(), currency);
    },

    async positions(call) {
      const ask = (each: TradingAccount) => holdings.read("GetPositionList", { header: queryHeader(each) }, call);
      const lists = await Promise.all(accounts().map(ask));
      return toPositions(lists.flatMap(({ positionList }) => positionList));
    },

    async quote(contract, call) {
      const { code, qotMarket } = toSecurity(contract);
      const request = { securityList: [{ market: qotMarket, code }] };
      const { snapshotList } = await wire.read("GetSecuritySnapshot", request, call, { limit: "snapshot" });
      const found = snapshotList.find(({ basic }) => basic.security.code === code);
      if (found === undefined) throw new BrokerError("UnknownContract", `Futu has no quote of ${code}`);
      return toQuote(contract, found.basic);
    },

    async marketStatus(call) {
      const state = await wire.read("GetGlobalState", { userID: 0 }, call);
      // What it says of the markets then is from before, or nothing.
      if (!state.qotLogined) throw notConnected("OpenD is not logged in to Futu for quotes");
      return toMarketStatus(state);
    },

    async placeOrder(order, call): Promise<Placed> {
      const { region, code, secMarket } = toSecurity(order.contract);
      const { effective } = checkOrder(order, region, taker());
      const account = accountFor(region);
      const placed = await holdings.write(
        "PlaceOrder",
        {
          header: header(account, MARKET_OF_REGION[config.tradeEnv][region]),
          trdSide: SIDE_OF_DIRECTION[order.direction],
          orderType: NUMBER_OF_ORDER_TYPE[order.orderType],
          code,
          secMarket,
          qty: order.qty,
          // OpenD wants a price with a market order too, and takes no notice of it.
          price: order.orderType === "Limit" ? order.price : 0,
          timeInForce: NUMBER_OF_TIME_IN_FORCE[order.timeInForce],
          ...sessionOf(region, order.lifecycle),
          remark: order.tag,
        },
        call,
        { limit: "place", accId: account.accId, kind: "write" },
      );
      const orderId = placed.orderIDEx || (await listings.idOf(placed.orderID, order.tag, account, call));
      listings.taken(orderId, account.accId);
      return effective === undefined ? { orderId } : { orderId, effective };
    },

    async replaceOrder(orderId, change, call): Promise<Placed> {
      // What a change leaves out goes out as the order has it now; for one that leaves out nothing, what OpenD keeps will do.
      const isWhole = change.qty !== undefined && change.price !== undefined;
      const found = await beforeSending(listings.find(orderId, !isWhole, call, "write"));
      const order = toOrder(found.vendor);
      const region = REGIONS.find((each) => each === order?.contract.region);
      if (order === undefined || region === undefined) {
        throw new BrokerError("NotSupported", `order ${orderId} is not one of the securities traded here`, {
          outcome: "not_sent",
        });
      }
      if (order.orderType === null) {
        // Triggers and trails are not read here, so that a change could not say them again.
        throw new BrokerError("NotSupported", `order ${orderId} is of a kind that cannot be replaced here`, {
          outcome: "not_sent",
        });
      }
      if (region === "CN" && config.tradeEnv === "REAL") {
        throw new BrokerError(
          "NotSupported",
          "orders through Stock Connect cannot be replaced; cancel and place again",
          { outcome: "not_sent" },
        );
      }
      if (isTerminal(order.status)) throw notOpen(order, `order ${orderId} has ended`, "not_sent");
      askedChanges.demandWhole(order, change);
      // OpenD takes a missing quantity or price for 0, so both are always sent, and cuts either of them.
      const qty = change.qty ?? order.qty;
      const price = order.orderType === "Market" ? null : (change.price ?? order.price);
      if (price === null && order.orderType === "Limit") {
        throw new BrokerError("InvalidRequest", `OpenD does not tell the price of order ${orderId}: say it as well`, {
          outcome: "not_sent",
        });
      }
      checkNumbers(price === null ? { qty } : { qty, price }, region);
      if (change.qty !== undefined && change.qty < order.filledQty) {
        throw new BrokerError("InvalidRequest", `qty ${change.qty} is below the ${order.filledQty} already filled`, {
          outcome: "not_sent",
        });
      }
      const request = {
        header: header(found.account, marketOf(found, order)),
        ...named(orderId, found),
        modifyOrderOp: MODIFY.change,
        qty,
        price: price ?? 0,
      };
      const pace = { limit: "modify", accId: found.account.accId, kind: "write" } as const;
      const changed = await holdings.write("ModifyOrder", request, call, pace).catch(async (error) => {
        if (isBrokerError(error) && error.outcome === "unknown") askedChanges.made(orderId, { qty, price });
        throw await explain(error, orderId, call, "write");
      });
      const newId = changed.orderIDEx || orderId;
      askedChanges.made(newId, { qty, price });
      listings.isIn(newId, found.account.accId);
      return { orderId: newId };
    },

    async cancelOrder(orderId, call) {
      const known = wire.accounts()?.find(({ accId }) => accId === listings.accountOf(orderId));
      // An order that is known is canceled without another question where OpenD needs no number: a cancel must not wait.
      const isToFind = known === undefined || needsNumbers(wire.version());
      const found = isToFind ? await beforeSending(listings.find(orderId, false, call, "cancel")) : undefined;
      const account = known ?? found?.account;
      if (account === undefined) throw notFound(orderId);
      const market = found === undefined ? queryHeader(account).trdMarket : marketOf(found, toOrder(found.vendor));
      const request = {
        header: header(account, market),
        ...named(orderId, found),
        modifyOrderOp: MODIFY.cancel,
      };
      const pace = { limit: "modify", accId: account.accId, kind: "cancel" } as const;
      const send = () =>
        holdings
          .write("ModifyOrder", request, call, pace)
          .catch(async (error) => Promise.reject(await explain(error, orderId, call, "cancel")));
      // One that OpenD refused at its own door, as of an order that it knew nothing of then, has not gone on.
      await send().catch((error) => (error instanceof HeardOfSince ? send() : Promise.reject(error)));
    },

    async order(orderId, call) {
      const { vendor } = await listings.find(orderId, false, call);
      const order = toOrder(vendor);
      if (order !== undefined) return order;
      throw new BrokerError(
        "NotSupported",
        `order ${orderId} is not one of the securities traded here: ${vendor.code}`,
      );
    },

    async orders({ status, fresh = false }, call) {
      const listed = await listings.all(status === "all", fresh, call);
      const { orders, unmapped } = toOrderListing(status === "all" ? listed : listed.filter(isOpen));
      return { orders, unmapped, since: historySince(HISTORY_DAYS) };
    },
  };
}

/** OpenD refused a change of an order as of one that it does not know, and has heard of it since, being asked anew. */
class HeardOfSince extends BrokerError {
  constructor(message: string) {
    super("OrderRejected", message, { outcome: "rejected" });
  }
}

function notOpen(order: Order, message: string, outcome: "not_sent" | "rejected"): BrokerError {
  return new BrokerError("OrderNotOpen", `${message} (it is ${order.originStatus})`, { outcome });
}
