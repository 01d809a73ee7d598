/**
 * What TWS knows of an order beside what the exchange has: whose it is, under which number, and how it was asked for.
 * Kept over connections and restarts, as IB's servers keep it.
 */
import type { VenueOrder } from "../shared/venue.ts";

/** How a client asked for an order. */
export interface OrderDraft {
  readonly clientId: number;
  readonly orderId: number;
  /** `SMART`, `OVERNIGHT`, `SEHK`, …; empty for the one where IB routes such a contract. */
  readonly exchange: string;
  readonly outsideRth: boolean;
}

/** An order that IB has given its own number. */
export interface OrderRecord {
  readonly permId: number;
  readonly clientId: number;
  /** 0 for an order of the vendor's own window, negative once client 0 has taken it over. */
  orderId: number;
  readonly exchange: string;
  readonly outsideRth: boolean;
}

/** An order that the exchange or IB's risk checks turned down. */
export interface RejectedOrder {
  readonly record: OrderRecord;
  readonly venueOrder: VenueOrder;
}

export interface OrderRecords {
  /** The number that IB gives to an order of a book, always the same one. */
  permIdOf(exchangeOrderId: string, book: string): string;
  /** Says what the order that is now placed was asked as; the order that then appears is that one. */
  placing<T>(draft: OrderDraft, place: () => T): T;
  /** The record of an order; one that nobody asked for here comes from the vendor's own window. */
  of(venueOrder: VenueOrder): OrderRecord;
  /** The order that a client calls so. */
  find(clientId: number, orderId: number): string | undefined;
  /** Writes down that an order was turned down. */
  reject(draft: OrderDraft, venueOrder: Omit<VenueOrder, "wireId">): RejectedOrder;
  rejected(): readonly RejectedOrder[];
  /** Gives an order of the vendor's own window a number of client 0. */
  bind(venueOrder: VenueOrder): OrderRecord;
  nextId(clientId: number): number;
  /** Says that a client was told of an order with this number, whoever's: new ones of it have to be above. */
  told(clientId: number, orderId: number): void;
  /** True for a number that the client may still use for a new order. */
  isNew(clientId: number, orderId: number): boolean;
  /** As the button in the settings: numbers begin at 1 again. */
  resetIds(): void;
}

export function createOrderRecords(firstPermId: number): OrderRecords {
  let nextPermId = firstPermId;
  let nextBound = -1;
  let draft: OrderDraft | undefined;
  const permIds = new Map<string, string>();
  const records = new Map<string, OrderRecord>();
  const byNumber = new Map<string, string>();
  const highest = new Map<number, number>();
  const rejected: RejectedOrder[] = [];

  const permIdOf = (exchangeOrderId: string, book: string): string => {
    const key = `${book} ${exchangeOrderId}`;
    const known = permIds.get(key) ?? String(nextPermId++);
    permIds.set(key, known);
    return known;
  };
  const write = (permId: string, from: OrderDraft): OrderRecord => {
    const record = { ...from, permId: Number(permId) };
    records.set(permId, record);
    if (from.orderId > 0) {
      byNumber.set(`${from.clientId} ${from.orderId}`, permId);
      highest.set(from.clientId, Math.max(highest.get(from.clientId) ?? 0, from.orderId));
    }
    return record;
  };

  return {
    permIdOf,
    placing(from, place) {
      draft = from;
      try {
        return place();
      } finally {
        draft = undefined;
      }
    },
    of(venueOrder) {
      const known = records.get(venueOrder.wireId);
      if (known !== undefined) return known;
      const from = draft ?? elsewhere(venueOrder);
      draft = undefined;
      return write(venueOrder.wireId, from);
    },
    find: (clientId, orderId) => byNumber.get(`${clientId} ${orderId}`),
    reject(from, venueOrder) {
      const wireId = permIdOf(`rejected ${rejected.length}`, venueOrder.book);
      const entry = { record: write(wireId, from), venueOrder: { ...venueOrder, wireId } };
      rejected.push(entry);
      return entry;
    },
    rejected: () => rejected,
    bind(venueOrder) {
      const record = this.of(venueOrder);
      if (record.clientId !== 0 || record.orderId !== 0) return record;
      record.orderId = nextBound--;
      byNumber.set(`0 ${record.orderId}`, venueOrder.wireId);
      return record;
    },
    told(clientId, orderId) {
      highest.set(clientId, Math.max(highest.get(clientId) ?? 0, orderId));
    },
    nextId: (clientId) => (highest.get(clientId) ?? 0) + 1,
    isNew: (clientId, orderId) => orderId > (highest.get(clientId) ?? 0),
    resetIds() {
      highest.clear();
      byNumber.clear();
    },
  };
}

/** An order of the vendor's own window: no client's, without a number. */
function elsewhere({ order }: VenueOrder): OrderDraft {
  const { lifecycle } = order;
  return {
    clientId: 0,
    orderId: 0,
    exchange: lifecycle === "OVERNIGHT" ? "OVERNIGHT" : "",
    outsideRth: lifecycle === "ETH",
  };
}
