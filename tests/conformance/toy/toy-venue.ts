/** A venue small enough to be read at once: every order is kept in one map, and nothing is checked that no test needs. */
import { type Contract, contractKey, type Unmapped } from "../../../src/domain/contract.ts";
import { add, divide, multiply, subtract } from "../../../src/domain/money.ts";
import { isTerminal, type Order, type OrderChange, type OrderRequest } from "../../../src/domain/order.ts";
import type { LedgerRow, Traffic, Venue } from "../../../src/testing/index.ts";

export const CURRENCIES: Readonly<Record<string, string>> = { US: "USD", HK: "HKD", CN: "CNY", WW: "USD" };
const OPEN_HOURS: Readonly<Record<string, readonly [number, number]>> = { US: [14, 21], HK: [1, 8], CN: [1, 7] };
/** Shorter than it is asked for: nothing here needs longer to notice. */
const AWAY_MS = 50;
const START = Date.UTC(2026, 5, 3, 15);

/** Units of a currency for a dollar. */
const RATES: Readonly<Record<string, number>> = { USD: 1, HKD: 7.8, CNY: 7.1 };

/** Why the venue said no. */
export class ToyRefusal extends Error {
  readonly kind: "unknown-order" | "unknown-contract" | "not-open" | "funds" | "quantity" | "price";
  constructor(kind: ToyRefusal["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What has been armed against the wire. */
export interface ToyFaults {
  readonly silent: Set<Traffic>;
  readonly dropping: Set<Traffic>;
  readonly losing: Set<Traffic>;
  readonly limited: Set<Traffic>;
  /** Statuses of a proxy's answers. */
  readonly proxied: Map<Traffic, number>;
}

export type ToyVenue = ReturnType<typeof createToyVenue>;

export function createToyVenue(
  listings: readonly { contract: Contract; price: number; lot: number; priceStep: number }[],
) {
  const orders = new Map<string, Order>();
  const prices = new Map(listings.map(({ contract, price }) => [contractKey(contract), price]));
  const positions = new Map<string, { contract: Contract; qty: number }>();
  const cash = new Map<string, number>([["USD", 1_000]]);
  const unmapped: Unmapped[] = [];
  const listeners = new Set<(order: Order) => void>();
  const watchers = new Set<(isUp: boolean) => void>();
  const faults: ToyFaults = {
    silent: new Set(),
    dropping: new Set(),
    losing: new Set(),
    limited: new Set(),
    proxied: new Map(),
  };
  /** Kinds of writes that are taken and not carried out, and what was taken so, by the order's id. */
  const holding = new Set<"cancel" | "replace">();
  const waiting = new Map<string, { readonly on: "cancel" | "replace"; readonly act: () => void }>();
  let clock = START;
  let loggedIn = true;
  let isUp = true;
  let lastId = 0;

  const keep = (order: Order): Order => {
    const kept = { ...order, originStatus: `toy ${order.status}`, updatedAt: clock };
    orders.set(order.orderId, kept);
    if (isUp) for (const listener of listeners) listener(kept);
    return kept;
  };
  const known = (orderId: string): Order => {
    const order = orders.get(orderId);
    if (order === undefined) throw new ToyRefusal("unknown-order", `there is no order ${orderId}`);
    return order;
  };
  const open = (orderId: string): Order => {
    const order = known(orderId);
    if (isTerminal(order.status)) throw new ToyRefusal("not-open", `order ${orderId} is ${order.status}`);
    return order;
  };
  /** An open order as it is when nothing waits for it. */
  const works = (orderId: string): Order => {
    const order = open(orderId);
    return { ...order, status: order.filledQty > 0 ? "PARTIALLY_FILLED" : "OPEN" };
  };
  const fill = (order: Order, qty: number, price: number): Order => {
    const filledQty = add(order.filledQty, qty);
    const cost = add(multiply(order.filledQty, order.avgPrice), multiply(qty, price));
    const key = contractKey(order.contract);
    const sign = order.direction === "BUY" ? 1 : -1;
    cash.set(order.currency, subtract(cash.get(order.currency) ?? 0, multiply(sign, multiply(qty, price))));
    const held = add(positions.get(key)?.qty ?? 0, sign * qty);
    positions.set(key, { contract: order.contract, qty: held });
    const open = waiting.has(order.orderId) ? order.status : "PARTIALLY_FILLED";
    const status = filledQty >= order.qty ? "FILLED" : open;
    return keep({ ...order, filledQty, avgPrice: divide(cost, filledQty), status });
  };

  const venue = {
    faults,
    isLoggedIn: () => loggedIn,
    now: () => clock,
    unmapped: (): readonly Unmapped[] => unmapped,
    orders: (): readonly Order[] => [...orders.values()],
    order: known,
    price: (contract: Contract): number => {
      const price = prices.get(contractKey(contract));
      if (price === undefined) throw new ToyRefusal("unknown-contract", `${contractKey(contract)} is not listed`);
      return price;
    },
    cash: (): ReadonlyMap<string, number> => cash,
    /** All cash in one currency; `undefined` where there is no rate. */
    total(currency: string): number | undefined {
      const rate = RATES[currency];
      if (rate === undefined) return undefined;
      const dollars = [...cash].reduce((sum, [each, amount]) => sum + amount / (RATES[each] ?? 1), 0);
      return Number((dollars * rate).toFixed(2));
    },
    positions: () => [...positions.values()].filter(({ qty }) => qty !== 0),
    isOpen: (region: string): boolean => {
      const [from, to] = OPEN_HOURS[region] ?? [0, 24];
      const hour = new Date(clock).getUTCHours();
      return hour >= from && hour < to;
    },
    subscribe(listener: (order: Order) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Tells when the venue goes away and comes back. */
    watch(watcher: (isUp: boolean) => void): void {
      watchers.add(watcher);
    },
    place(request: OrderRequest, tag: string | null): Order {
      const last = venue.price(request.contract);
      const listing = listings.find(({ contract }) => contractKey(contract) === contractKey(request.contract));
      const { lot = 1, priceStep = 0.01 } = listing ?? {};
      if (divide(request.qty, lot) % 1 !== 0)
        throw new ToyRefusal("quantity", `${request.qty} is not in lots of ${lot}`);
      const price = request.orderType === "Limit" ? (request.price ?? 0) : null;
      if (price !== null && divide(price, priceStep) % 1 !== 0) {
        throw new ToyRefusal("price", `${price} is finer than ${priceStep}`);
      }
      if (multiply(request.qty, price ?? last) > 10_000_000) throw new ToyRefusal("funds", "not enough cash");
      const order = keep({
        orderId: `T${++lastId}`,
        contract: request.contract,
        currency: CURRENCIES[request.contract.region] ?? "USD",
        direction: request.direction,
        orderType: request.orderType,
        price,
        timeInForce: request.timeInForce,
        lifecycle: request.lifecycle,
        qty: request.qty,
        filledQty: 0,
        avgPrice: 0,
        status: "OPEN",
        originStatus: "",
        errorReason: "",
        warning: null,
        tag,
        createdAt: clock,
        updatedAt: clock,
      });
      return request.orderType === "Market" ? fill(order, order.qty, last) : order;
    },
    replace(orderId: string, { qty, price }: OrderChange): Order {
      const act = () => {
        const order = works(orderId);
        if (qty !== undefined && qty < order.filledQty)
          throw new ToyRefusal("quantity", `${qty} is below what is filled`);
        return keep({ ...order, qty: qty ?? order.qty, price: price ?? order.price });
      };
      if (!holding.has("replace")) return act();
      waiting.set(orderId, { on: "replace", act });
      return keep({ ...open(orderId), status: "PENDING_REPLACE" });
    },
    cancel(orderId: string): Order {
      const order = open(orderId);
      const act = () => keep({ ...known(orderId), status: "CANCELED" });
      if (!holding.has("cancel")) return act();
      waiting.set(orderId, { on: "cancel", act });
      return keep({ ...order, status: "PENDING_CANCEL" });
    },
  };
  const hold = async (on: "cancel" | "replace") => {
    holding.add(on);
    return async () => {
      holding.delete(on);
      for (const [orderId, write] of waiting) {
        if (write.on !== on) continue;
        waiting.delete(orderId);
        if (isTerminal(known(orderId).status)) continue;
        try {
          write.act();
        } catch {
          keep(works(orderId));
        }
      }
    };
  };

  const powers: Required<Venue> = {
    async setPrice(contract, price) {
      prices.set(contractKey(contract), price);
      for (const order of orders.values()) {
        const same = contractKey(order.contract) === contractKey(contract);
        const crosses = order.direction === "BUY" ? price <= (order.price ?? 0) : price >= (order.price ?? 0);
        if (same && crosses && !isTerminal(order.status)) fill(order, add(order.qty, -order.filledQty), price);
      }
    },
    async fill(orderId, qty, price) {
      fill(open(orderId), qty, price);
    },
    async end(orderId, status, reason) {
      keep({ ...open(orderId), status, errorReason: status === "CANCELED" ? "" : reason });
    },
    placeElsewhere: async (request) => venue.place(request, null).orderId,
    async holdUnmappable() {
      const position = { originSymbol: "AAPL 270115C00200000", qty: 2 };
      unmapped.push(position);
      return position;
    },
    async brokerLogin(now) {
      loggedIn = now;
    },
    async setClock(now) {
      const day = (at: number) => Math.floor(at / 86_400_000);
      const over = day(now) > day(clock);
      clock = now;
      if (!over) return;
      for (const order of orders.values()) {
        if (order.timeInForce !== "DAY" || isTerminal(order.status)) continue;
        keep({ ...order, status: "EXPIRED", errorReason: "the day is over" });
      }
    },
    async silence(on) {
      faults.silent.add(on);
    },
    async drop(on) {
      faults.dropping.add(on);
    },
    async loseAnswer(on) {
      faults.losing.add(on);
    },
    async limit(on) {
      faults.limited.add(on);
    },
    async proxyError(on, status) {
      faults.proxied.set(on, status);
    },
    holdCancels: () => hold("cancel"),
    holdReplaces: () => hold("replace"),
    async restart() {
      const turn = (up: boolean) => {
        isUp = up;
        for (const watcher of watchers) watcher(up);
      };
      turn(false);
      setTimeout(turn, AWAY_MS, true);
    },
    cash: async () => ({
      balances: Object.fromEntries(cash),
      totals: Object.fromEntries(Object.keys(RATES).map((currency) => [currency, venue.total(currency) ?? 0])),
    }),
    ledger: async () => [...orders.values()].map(ledgerRow),
  };
  return Object.assign(venue, { powers });
}

function ledgerRow(order: Order): LedgerRow {
  const { orderId, tag, contract, direction, qty, price, orderType, status, filledQty } = order;
  const { region, symbol } = contract;
  return { orderId, tag, region, symbol, direction, qty, price, orderType, status, filledQty };
}
