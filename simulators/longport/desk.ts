/** What all of the service's calls share. */

import type { Remembered } from "../../src/domain/remembered.ts";
import type { FrequencyLimiter } from "../shared/frequency.ts";
import { tradingDay } from "../shared/market-time.ts";
import type { Venue, VenueOrder } from "../shared/venue.ts";
import type { VendorOrderType } from "./codes.ts";
import type { ExtraPosition } from "./positions.ts";
import { CODE, Refusal } from "./refusal.ts";
import type { TokenStore } from "./tokens.ts";

/** What the vendor keeps of an order that the exchange does not. */
export interface OrderNote {
  readonly orderType: VendorOrderType;
  readonly outsideRth: string;
  /** `YYYY-MM-DD` of a good-till-date order, else empty. */
  readonly expireDate: string;
  /** The remark of the last replace that gave one. */
  readonly remark?: string;
  readonly replaced?: boolean;
}

/** What is attached to an order, in the vendor's words: it stands within that order, and is in no list by itself. */
export type AttachedOrder = Readonly<Record<string, string | number | boolean>>;

/** Days by region, `YYYY-MM-DD` on the market's own calendar. */
export type DaysByRegion = Readonly<Record<string, readonly string[]>>;

/** An answer that is kept for a repeated `client_request_id`. */
interface KeptAnswer {
  readonly at: number;
  readonly orderId: string;
}

/** The account and its service. */
export interface Desk {
  readonly venue: Venue;
  readonly appKey: string;
  readonly appSecret: string;
  readonly tokens: TokenStore;
  readonly extraPositions: readonly ExtraPosition[];
  /** Absent when the limits are switched off. */
  readonly limiter: FrequencyLimiter | undefined;
  /** By the order's id on the wire. */
  readonly notes: Map<string, OrderNote>;
  /** Fields of an order that are shown otherwise than they are, by the order's id on the wire. */
  readonly shownAs: Map<string, Readonly<Record<string, string>>>;
  /** What is attached to an order, to take a profit or to end a loss, by the order's id on the wire. */
  readonly attached: Map<string, readonly AttachedOrder[]>;
  readonly clientRequests: Map<string, KeptAnswer>;
  /** Signatures that were seen, the latest ones, where each serves once. */
  readonly signatures: Remembered<string, true> | undefined;
  readonly historyLimit: number;
  /** For so many milliseconds an order that was placed has no detail yet. */
  readonly detailLagMs: number;
  /** True for a paper account. */
  readonly isPaper: boolean;
  /** True where the hours of the night session are told too. */
  readonly listsNight: boolean;
  readonly holidays: DaysByRegion;
  readonly halfDays: DaysByRegion;
  /** False while the service behind the front is down. */
  up: boolean;
}

/** @throws {Refusal} while the service is down. */
export function requireService(desk: Desk): void {
  if (!desk.up) throw new Refusal(CODE.internal, "internal error");
}

/** True while orders of this kind are matched. */
export function isReported({ venue }: Desk, { order }: VenueOrder): boolean {
  const state = venue.marketStatus(order.contract.region).unifiedStatus;
  if (order.contract.region !== "US" || order.orderType === "Market" || order.lifecycle === "RTH")
    return state === "RTH";
  if (order.lifecycle === "OVERNIGHT") return state === "OVERNIGHT";
  return state === "PRE_HOURS" || state === "RTH" || state === "AFTER_HOURS";
}

/** Ends good-till-date orders whose last day is over: the exchange knows no such orders. */
export function expireDated({ venue, notes }: Desk): void {
  for (const [wireId, { expireDate }] of notes) {
    if (expireDate === "") continue;
    const found = venue.find(wireId);
    if (found === undefined || (found.order.status !== "OPEN" && found.order.status !== "PARTIALLY_FILLED")) continue;
    if (tradingDay(venue.now(), found.order.contract.region) <= expireDate) continue;
    venue.end(wireId, "EXPIRED", "the order's last day is over");
  }
}
