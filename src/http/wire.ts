/** The domain's objects in the form of the wire: type tags, lower-cased keys, times as text, numbers without dust. */
import type { DeskCapabilities, OrderView } from "../desk/types.ts";
import type { Cash } from "../domain/cash.ts";
import type { Contract, Unmapped } from "../domain/contract.ts";
import { Failure } from "../domain/failure.ts";
import type { MarketStatus, MarketStatusMap } from "../domain/market-status.ts";
import { isExactDecimal, withoutDust } from "../domain/money.ts";
import { orderFlags } from "../domain/order.ts";
import type { Position } from "../domain/position.ts";
import type { Quote } from "../domain/quote.ts";
import type { cashBalanceSchema, cashSchema, positionSchema } from "./answers/account.ts";
import type { capabilitiesSchema } from "./answers/capabilities.ts";
import type { contractSchema, unmappedSchema } from "./answers/contract.ts";
import type { marketStatusSchema, quoteSchema } from "./answers/market.ts";
import type { orderSchema } from "./answers/order.ts";
import type { Output } from "./schemas/once.ts";
import { wireTime } from "./time.ts";

/** An instrument. */
function wireContract({ tradeType, region, symbol }: Contract): Output<typeof contractSchema> {
  return { type: "contract", tradeType, region, symbol };
}

/** A snapshot of prices. */
export function wireQuote(quote: Quote): Output<typeof quoteSchema> {
  return {
    type: "quote",
    contract: wireContract(quote.contract),
    currency: quote.currency,
    isTradable: quote.isTradable,
    latest: exact(quote.latest, "latest"),
    preClose: exact(quote.preClose, "preClose"),
    highPrice: exact(quote.highPrice, "highPrice"),
    lowPrice: exact(quote.lowPrice, "lowPrice"),
    openPrice: exact(quote.openPrice, "openPrice"),
    timestamp: exact(quote.timestamp, "timestamp"),
  };
}

/** Market states: trade types in lower case, regions as they are. */
export function wireMarketStatus(map: MarketStatusMap): { type: "marketStatusMap" } & Record<string, unknown> {
  const byTradeType = Object.entries(map).map(([tradeType, regions]) => [
    tradeType.toLowerCase(),
    Object.fromEntries(Object.entries(regions).map(([region, status]) => [region, wireRegion(status)])),
  ]);
  return { type: "marketStatusMap", ...Object.fromEntries(byTradeType) };
}

function wireRegion({ region, originStatus, unifiedStatus }: MarketStatus): Output<typeof marketStatusSchema> {
  return { type: "marketStatus", region, originStatus, unifiedStatus };
}

/** Total cash. */
export function wireCash({ currency, amount }: Cash): Output<typeof cashSchema> {
  return { type: "cash", currency, amount: exact(amount, "amount") };
}

/** The lines of the cash ledger. */
export function wireBalances({ balances }: Cash): Output<typeof cashBalanceSchema>[] {
  return balances.map(({ currency, amount, available }) => ({
    currency,
    amount: exact(amount, "amount"),
    available: available === null ? null : exact(available, "available"),
  }));
}

/** A holding; it names its broker, so that lists of several brokers can be joined. */
export function wirePosition(
  position: Position,
  broker: { readonly kind: string; readonly display: string },
): Output<typeof positionSchema> {
  return {
    type: "position",
    broker: broker.kind,
    brokerDisplay: broker.display,
    contract: wireContract(position.contract),
    unit: position.unit,
    currency: position.currency,
    qty: exact(position.qty, "qty"),
  };
}

/** Things without a name in our language. */
export function wireUnmapped(unmapped: readonly Unmapped[]): Output<typeof unmappedSchema>[] {
  return unmapped.map(({ originSymbol, qty }) => ({ originSymbol, qty: exact(qty, "qty") }));
}

/** An order: the flags first, then what is known besides. */
export function wireOrder(order: OrderView): Output<typeof orderSchema> {
  const { isCanceled, isFilled, isCompleted, isCancelable, errorReason } = orderFlags(order);
  return {
    type: "order",
    orderId: order.orderId,
    currency: order.currency,
    qty: exact(order.qty, "qty"),
    filledQty: exact(order.filledQty, "filledQty"),
    avgPrice: exact(order.avgPrice, "avgPrice"),
    errorReason,
    isCanceled,
    isFilled,
    isCompleted,
    isCancelable,
    contract: wireContract(order.contract),
    direction: order.direction,
    orderType: order.orderType,
    price: order.price === null ? null : exact(order.price, "price"),
    timeInForce: order.timeInForce,
    lifecycle: order.lifecycle,
    status: order.status,
    originStatus: order.originStatus,
    tag: order.tag,
    external: order.external,
    warning: order.warning,
    createdAt: vendorTime(order.createdAt),
    updatedAt: vendorTime(order.updatedAt),
    source: order.source,
    asOf: wireTime(order.asOf),
    staleSince: order.staleSince === null ? null : wireTime(order.staleSince),
  };
}

/** What can be done, in the order of the schema and without anything a broker keeps there besides. */
export function wireCapabilities(capabilities: DeskCapabilities): Output<typeof capabilitiesSchema> {
  const { environment, account, operations, markets, orders, quotes, push, listing } = capabilities;
  return {
    type: "capabilities",
    environment,
    account,
    operations: [...operations],
    markets: markets.map((market) => ({ ...market, priceSteps: [...market.priceSteps] })),
    orders: [...orders],
    quotes: [...quotes],
    push,
    listing: { complete: listing.complete, settleMs: listing.settleMs },
  };
}

/** A vendor's moment; null for one that no calendar has, which must not hide the order. */
function vendorTime(at: number | null): string | null {
  return at === null || Number.isNaN(new Date(at).getTime()) ? null : wireTime(at);
}

/** The number as its decimal. JSON has no NaN: a broker that gives one has broken its contract, which is told. */
function exact(value: number, field: string): number {
  if (Number.isSafeInteger(value) || isExactDecimal(value)) return value;
  if (Number.isFinite(value)) return withoutDust(value);
  throw new Failure("BrokerFault", `the broker gave no number as ${field} (${String(value)})`);
}
