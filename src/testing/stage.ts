/** What an author provides so that the conformance suite can run against a broker. */
import type { Contract, Unmapped } from "../domain/contract.ts";
import type { Direction, OrderRequest, OrderStatus, OrderType } from "../domain/order.ts";
import type { Broker } from "../spec/broker.ts";

/** A broker, the data to test it with, and as many powers over the venue behind it as there are. */
export interface Stage {
  /** Who is on stage, for reports: `paper`, `futu SIMULATE`. */
  readonly name: string;
  /**
   * Makes a new broker that has not been started, in front of a venue that no earlier check has touched. Called once a
   * check, and once before all checks to see what applies. No more than three orders and a few positions are ever there at
   * once: where the vendor gives its lists in pages, see to it that the venue's pages hold two orders and one position, or
   * nobody looks whether the second page is read.
   */
  open(): Promise<OpenedStage>;
  /** One or more tradable contracts of every region; the first that takes a limit order is used most. */
  readonly instruments: readonly Instrument[];
  /** A contract of a region the broker trades, in the right form, that its venue does not list. */
  readonly unknownContract?: Contract;
  /** An order id in the vendor's form that no order has. */
  readonly unknownOrderId?: string;
  /** Texts that must never be seen: the vendor's keys and passwords. Instance id and tokens are known without this. */
  readonly secrets?: readonly string[];
  /** How long to wait for what should happen soon, in milliseconds. Default 10000. No check measures time. */
  readonly patienceMs?: number;
}

/** One opening of a {@link Stage}. */
export interface OpenedStage {
  readonly broker: Broker;
  /** Default: no powers, which leaves the checks that need one as not applicable. */
  readonly venue?: Venue;
  /** Takes the venue down. The broker has been closed by then. */
  close?(): Promise<void>;
}

/** A contract to trade while testing. */
export interface Instrument {
  readonly contract: Contract;
  /** The price it trades at now, on the price step, where 5 percent below is not filled and not refused. */
  readonly price: number;
  /** Quantity of one lot, of which a few can be afforded. Default 1. */
  readonly lot?: number;
  /** Its price step, where that is coarser than the finest one of its market. */
  readonly priceStep?: number;
  /**
   * A moment at which its regular session trades continuously and of which the next day is a trading day too,
   * milliseconds since the epoch; the clock is set to it where a check depends on the session.
   */
  readonly tradingAt?: number;
}

/** Which calls a fault strikes. */
export type Traffic = "read" | "place" | "replace" | "cancel";

/** Powers over the venue behind the broker. Each is optional, and each resolves once it has taken effect there. */
export interface Venue {
  /** Sets the last price; what crosses is filled. */
  setPrice?(contract: Contract, price: number): Promise<void>;
  /** Fills a part of an open order. */
  fill?(orderId: string, qty: number, price: number): Promise<void>;
  /** The venue itself ends an open order. */
  end?(
    orderId: string,
    status: Extract<OrderStatus, "CANCELED" | "EXPIRED" | "REJECTED">,
    reason: string,
  ): Promise<void>;
  /** Places an order on the same account by another way than the broker; gives its id. */
  placeElsewhere?(request: OrderRequest): Promise<string>;
  /** Makes sure that the account holds a position that has no name in our language; gives it as `unmapped` must show it. */
  holdUnmappable?(): Promise<Unmapped>;
  /** The link between the vendor's local gateway and its servers goes (false) or comes back (true). */
  brokerLogin?(loggedIn: boolean): Promise<void>;
  /** Sets the venue's clock, milliseconds since the epoch, and lets happen what was due. */
  setClock?(now: number): Promise<void>;
  /** From now on such calls are taken and never answered; nothing else changes. */
  silence?(on: Traffic): Promise<void>;
  /** The connection ends when the next such call comes in, which is not carried out. New connections are taken. */
  drop?(on: Traffic): Promise<void>;
  /** The next such call is carried out, and then the connection ends instead of the answer. New connections are taken. */
  loseAnswer?(on: "place" | "replace" | "cancel"): Promise<void>;
  /**
   * The next such call is carried out, and then answered by something on the way to a venue behind HTTP, as a proxy or a load
   * balancer: with this status and a page of its own instead of the venue's answer.
   */
  proxyError?(on: Traffic, status: 429 | 502 | 503 | 504): Promise<void>;
  /** The next such call is answered that there were too many, and is not carried out. */
  limit?(on: Traffic): Promise<void>;
  /**
   * From now on cancels are taken, and answered so, but not carried out: the order is open at the venue as before, and can be
   * filled. Gives what ends that: those of them that still can be are carried out then.
   */
  holdCancels?(): Promise<() => Promise<void>>;
  /**
   * From now on changes are taken, and answered so, but not made: the order works as it was, and can be filled. Gives what ends
   * that: those of them that still can be are made then.
   */
  holdReplaces?(): Promise<() => Promise<void>>;
  /**
   * Every connection ends, and none is taken for about so many milliseconds. The orders are kept, and the other powers work
   * meanwhile: what is filled then, no broker is told of.
   */
  restart?(downMs: number): Promise<void>;
  /** What the account has in cash at the venue. */
  cash?(): Promise<HeldCash>;
  /** Every order that the venue ever accepted, one row each; a replaced order keeps its row. */
  ledger?(): Promise<readonly LedgerRow[]>;
}

/** The name of a power over the venue. */
export type Power = keyof Venue;

/** Cash as the venue has it. */
export interface HeldCash {
  /** What there is in each currency, owed where it is below zero; none where there is none. */
  readonly balances: Readonly<Record<string, number>>;
  /** All of it together, expressed in each currency that it can be asked for in, at the venue's rates. */
  readonly totals: Readonly<Record<string, number>>;
}

/** What the venue holds, in our words. */
export interface LedgerRow {
  /** As the broker gives it. */
  readonly orderId: string;
  readonly tag: string | null;
  readonly region: string;
  readonly symbol: string;
  readonly direction: Direction;
  readonly qty: number;
  readonly price: number | null;
  readonly orderType: OrderType | null;
  readonly status: OrderStatus;
  readonly filledQty: number;
}
