/** What all of the gateway's calls share. */
import type { KeyObject } from "node:crypto";
import { type Contract, contractKey } from "../../src/domain/contract.ts";
import type { Venue, VenueOrder } from "../shared/venue.ts";
import type { Account, ExtraPosition } from "./accounts.ts";
import type { CallCounter } from "./limits.ts";
import { CODE, Refusal } from "./refusal.ts";

/** What the vendor keeps of an order that the exchange does not. */
export interface OrderNote {
  /** The account's own order number, 0 for an order placed in the vendor's app. */
  readonly orderNumber: string;
  readonly isReplaced?: boolean;
}

/** The developer's access, its accounts and the exchange behind. */
export interface Desk {
  readonly venue: Venue;
  readonly tigerId: string;
  /** Of a licence that has one: requests with another, or with none, are refused. */
  token: string | undefined;
  /** What requests are verified with. */
  readonly clientKey: KeyObject;
  /** What answers are signed with. */
  readonly vendorKey: KeyObject;
  readonly accounts: readonly Account[];
  readonly extraPositions: readonly ExtraPosition[];
  /** Absent when the limits are switched off. */
  readonly counter: CallCounter | undefined;
  /** By the order's id on the wire. */
  readonly notes: Map<string, OrderNote>;
  /** Fields of an order that are shown otherwise than they are, by the order's id on the wire. */
  readonly shownAs: Map<string, Readonly<Record<string, unknown>>>;
  /** Order numbers that are used up, by account. */
  readonly usedNumbers: Map<string, Set<string>>;
  /** The number that the next order gets. */
  nextOrderNumber: bigint;
  /** The one device that may read quotes: the last that grabbed the permission. */
  quoteDevice: string | undefined;
  /** False where orders are shown without their marks. */
  readonly givesMarks: boolean;
  /** How long the exchange takes to hear of a cancel; 0 cancels before the answer. */
  readonly cancelLagMs: number;
  /** Cancels under way. */
  readonly cancels: Set<NodeJS.Timeout>;
  /** False while the services behind the gateway are down. */
  isUp: boolean;
}

/** A call, as its method sees it. */
export interface Caller {
  /** Empty when the request names no device. */
  readonly deviceId: string;
}

/** @throws {Refusal} for an account that is not the developer's. */
export function accountOf({ accounts }: Desk, number: string): Account {
  const found = accounts.find((account) => account.number === number);
  if (found === undefined) throw new Refusal(CODE.forbidden, `access forbidden(no permission to account ${number})`);
  return found;
}

/** The account whose orders are on a book. */
export function accountOfBook({ accounts }: Desk, book: string): Account {
  const found = accounts.find((account) => account.book === book);
  if (found === undefined) throw new Error(`no account has the book ${book}`);
  return found;
}

/** The orders of an account, oldest first. */
export function ordersOf({ venue }: Desk, { book }: Account): readonly VenueOrder[] {
  return venue.orders().filter((entry) => entry.book === book);
}

/** Takes a fresh order number. */
export function takeOrderNumber(desk: Desk): string {
  const number = desk.nextOrderNumber;
  desk.nextOrderNumber += 1n;
  return number.toString();
}

/** Number of a contract at the vendor. */
export function contractId(contract: Contract): number {
  return [...contractKey(contract)].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);
}
