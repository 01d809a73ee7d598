/** What a broker can do, as data: asked for by clients, checked by the desk, run by the conformance suite. */
import type { TradeType, Unit } from "../domain/contract.ts";
import type { Lifecycle, OrderType, TimeInForce } from "../domain/order.ts";

/** The operations of a broker, under the name of the method that carries each out. */
export const OPERATIONS = [
  "ping",
  "cash",
  "positions",
  "quote",
  "marketStatus",
  "placeOrder",
  "replaceOrder",
  "cancelOrder",
  "order",
  "orders",
] as const;

/** The name of an operation, which is that of its method. */
export type Operation = (typeof OPERATIONS)[number];

/** Real money or not. */
export type Environment = "REAL" | "SIMULATE";

/** One market of a broker: how its instruments are named, counted and priced. */
export interface MarketCapability {
  readonly tradeType: TradeType;
  readonly region: string;
  /** Currency of its prices. */
  readonly currency: string;
  readonly unit: Unit;
  /** A regular expression, without flags, that the whole symbol matches. */
  readonly symbolPattern: string;
  /** Quantities are whole multiples of this. A lot that differs by contract is the broker's to check. */
  readonly qtyStep: number;
  /** The finest price step from a price upwards, ascending: `[{ from: 0, step: 0.0001 }, { from: 1, step: 0.01 }]`. */
  readonly priceSteps: readonly PriceStep[];
}

/** How fine prices are from some price upwards, both in the currency of the market. */
export interface PriceStep {
  /** The least price that this holds for. */
  readonly from: number;
  /** Prices are whole multiples of it. */
  readonly step: number;
}

/** One kind of order that the broker takes. What has no row is answered `NotSupported` before anything is sent. */
export interface OrderCapability {
  readonly tradeType: TradeType;
  readonly region: string;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly lifecycle: Lifecycle;
  /** False where such an order cannot be replaced, only canceled and placed again. Default true. */
  readonly replaceable?: boolean;
  /** What the order becomes where the venue has no such session: HK and CN treat ETH as RTH. */
  readonly effective?: { readonly lifecycle: Lifecycle };
}

/** What the desk needs to know to settle an order whose answer was lost. */
export interface ListingCapability {
  /** True when `orders({ fresh: true })` shows every order of the account since when it says, uncached and fully paged. */
  readonly complete: boolean;
  /** Milliseconds after which an accepted order is certain to be listed. */
  readonly settleMs: number;
}

/** Everything a client may want to know before it sends an order. */
export interface Capabilities {
  readonly environment: Environment;
  /** The account, masked for display (`****5678`); `null` while unknown. */
  readonly account: string | null;
  readonly markets: readonly MarketCapability[];
  readonly orders: readonly OrderCapability[];
  /** Regions whose quotes can be asked for; empty without quotes. */
  readonly quotes: readonly string[];
  /** How changes of orders reach the gateway. */
  readonly push: "stream" | "polling" | "none";
  readonly listing: ListingCapability;
  /**
   * True where a change may give an order a new id, see `replaceOrder`: of an order that is CANCELED while the answer to a
   * change of it is lost, only a whole list that has no other with its tag tells that it was not changed. Default false. Not
   * on our wire.
   */
  readonly newIds?: boolean;
}

/** The sets whose every combination is a row. */
export interface OrderRows {
  readonly tradeType?: TradeType;
  readonly regions: readonly string[];
  readonly orderTypes: readonly OrderType[];
  readonly timesInForce: readonly TimeInForce[];
  readonly lifecycles: readonly Lifecycle[];
  readonly replaceable?: boolean;
  readonly effective?: { readonly lifecycle: Lifecycle };
}

/** Writes out every combination as a row; `tradeType` is `Securities` unless said otherwise. */
export function orderRows(sets: OrderRows): OrderCapability[] {
  const tradeType = sets.tradeType ?? "Securities";
  const replaceable = sets.replaceable === undefined ? {} : { replaceable: sets.replaceable };
  const effective = sets.effective === undefined ? {} : { effective: sets.effective };
  return sets.regions.flatMap((region) =>
    sets.orderTypes.flatMap((orderType) =>
      sets.timesInForce.flatMap((timeInForce) =>
        sets.lifecycles.map((lifecycle) => ({
          tradeType,
          region,
          orderType,
          timeInForce,
          lifecycle,
          ...replaceable,
          ...effective,
        })),
      ),
    ),
  );
}
