/** A broker that does everything right, so that a mutant of it is wrong in one way only. */
import { contractKey } from "../../../src/domain/contract.ts";
import { isMultipleOf } from "../../../src/domain/money.ts";
import { isTerminal, type OrderRequest } from "../../../src/domain/order.ts";
import type { Broker } from "../../../src/spec/broker.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import { type Capabilities, type OrderCapability, orderRows } from "../../../src/spec/capabilities.ts";
import { defineBroker } from "../../../src/spec/define-broker.ts";
import type { Stage } from "../../../src/testing/index.ts";
import { CURRENCIES, createToyVenue, type ToyVenue } from "./toy-venue.ts";
import { createToyWire } from "./toy-wire.ts";

export const TOY_ID = "toyInstance0000000";
export const TOY_TOKEN = "toyToken00000000000";
export const TOY_VENDOR_KEY = "toyVendorKey";

const LISTINGS = [
  { contract: { tradeType: "Securities", region: "US", symbol: "AAPL" }, price: 200.1, lot: 1, priceStep: 0.01 },
  { contract: { tradeType: "Securities", region: "HK", symbol: "00700" }, price: 500.2, lot: 100, priceStep: 0.2 },
  { contract: { tradeType: "Securities", region: "CN", symbol: "600519" }, price: 150.3, lot: 100, priceStep: 0.01 },
  { contract: { tradeType: "Cryptocurrencies", region: "WW", symbol: "BTC" }, price: 90_000, lot: 1, priceStep: 1 },
] as const;

const HOUR_UTC: Readonly<Record<string, number>> = { US: 15, HK: 2, CN: 2, WW: 2 };

const ASIA = { regions: ["HK", "CN"], orderTypes: ["Limit"], timesInForce: ["DAY", "GTC"] } as const;

const CAPABILITIES: Capabilities = {
  environment: "SIMULATE",
  account: "****0001",
  markets: LISTINGS.map(({ contract, priceStep }) => ({
    tradeType: contract.tradeType,
    region: contract.region,
    currency: CURRENCIES[contract.region] ?? "USD",
    unit: contract.region === "WW" ? "Satoshi" : "Share",
    symbolPattern: "[A-Z0-9.]{1,8}",
    qtyStep: 1,
    priceSteps: [{ from: 0, step: priceStep }],
  })),
  orders: [
    ...orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: ["DAY", "GTC"], lifecycles: ["RTH", "ETH"] }),
    ...orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: ["DAY"], lifecycles: ["OVERNIGHT"] }),
    ...orderRows({ regions: ["US"], orderTypes: ["Market"], timesInForce: ["DAY"], lifecycles: ["RTH"] }),
    ...orderRows({ ...ASIA, lifecycles: ["RTH"] }),
    ...orderRows({ ...ASIA, lifecycles: ["ETH"], effective: { lifecycle: "RTH" } }),
    ...orderRows({
      tradeType: "Cryptocurrencies",
      regions: ["WW"],
      orderTypes: ["Limit"],
      timesInForce: ["GTC"],
      lifecycles: ["RTH"],
      replaceable: false,
    }),
  ],
  quotes: ["US", "HK", "CN", "WW"],
  push: "stream",
  listing: { complete: true, settleMs: 100 },
};

/** All operations are there: a mutant may leave one out, the toy never does. */
export type ToyBroker = Required<Omit<Broker, "orderNumber" | "queues">> & Broker;

export function createToyBroker(venue: ToyVenue): ToyBroker {
  const wire = createToyWire(venue);
  const broker: ToyBroker = {
    kind: "toy",
    display: "Toy",
    capabilities: () => CAPABILITIES,
    start: async (host) => wire.open(host),
    close: async () => wire.close(),
    ping: (call) => wire.send("read", call, () => venue.isLoggedIn()),
    cash: ({ currency }, call) =>
      wire.send("read", call, () => {
        const amount = venue.total(currency);
        if (amount === undefined) throw new BrokerError("NotSupported", `there is no cash in ${currency}`);
        const balances = [...venue.cash()].map(([each, there]) => ({ currency: each, amount: there, available: null }));
        return { currency, amount, balances };
      }),
    positions: (call) =>
      wire.send("read", call, () => ({
        positions: venue.positions().map(({ contract, qty }) => ({
          contract,
          unit: contract.region === "WW" ? "Satoshi" : "Share",
          currency: CURRENCIES[contract.region] ?? "USD",
          qty,
        })),
        unmapped: venue.unmapped(),
      })),
    quote: (contract, call) =>
      wire.send("read", call, () => {
        const latest = venue.price(contract);
        const currency = CURRENCIES[contract.region] ?? "USD";
        const range = { highPrice: latest, lowPrice: latest, openPrice: latest, preClose: latest };
        return { contract, currency, isTradable: true, latest, ...range, timestamp: venue.now() };
      }),
    marketStatus: (call) =>
      wire.send("read", call, () => {
        const of = (region: string) => {
          const unifiedStatus = venue.isOpen(region) ? ("RTH" as const) : ("CLOSED" as const);
          return { region, originStatus: unifiedStatus.toLowerCase(), unifiedStatus };
        };
        return { Securities: { US: of("US"), HK: of("HK"), CN: of("CN") }, Cryptocurrencies: { WW: of("WW") } };
      }),
    async placeOrder({ tag, ...request }, call) {
      const row = rowOf(request);
      const { effective } = row;
      const sent = { ...request, ...effective };
      const { orderId } = await wire.send("place", call, () => venue.place(sent, tag));
      return { orderId, ...(effective === undefined ? {} : { effective }) };
    },
    async replaceOrder(orderId, { qty, price }, call) {
      const known = venue.orders().find((one) => one.orderId === orderId);
      if (known?.contract.region === "WW") throw new BrokerError("NotSupported", "coins cannot be replaced");
      const change = { ...(qty === undefined ? {} : { qty }), ...(price === undefined ? {} : { price }) };
      await wire.send("replace", call, () => venue.replace(orderId, change));
      return { orderId };
    },
    cancelOrder: (orderId, call) => wire.send("cancel", call, () => void venue.cancel(orderId)),
    order: (orderId, call) => wire.send("read", call, () => venue.order(orderId)),
    orders: ({ status }, call) =>
      wire.send("read", call, () => ({
        orders: venue.orders().filter((one) => status === "all" || !isTerminal(one.status)),
        unmapped: [],
      })),
  };
  return defineBroker({ instanceId: TOY_ID, tokens: [TOY_TOKEN] }, broker);
}

/** The stage of the toy broker, or of what `mutate` makes of it. */
export function toyStage(mutate: (broker: ToyBroker, venue: ToyVenue) => Broker = (broker) => broker): Stage {
  return {
    name: "toy",
    async open() {
      const venue = createToyVenue(LISTINGS);
      return { broker: mutate(createToyBroker(venue), venue), venue: venue.powers };
    },
    instruments: LISTINGS.map(({ contract, price, lot }) => ({
      contract,
      price,
      lot,
      tradingAt: Date.UTC(2026, 5, 4, HOUR_UTC[contract.region] ?? 0),
    })),
    unknownContract: { tradeType: "Securities", region: "US", symbol: "NOSUCH" },
    unknownOrderId: "T0",
    secrets: [TOY_VENDOR_KEY],
    patienceMs: 400,
  };
}

function rowOf(request: OrderRequest): OrderCapability {
  const { contract, orderType, timeInForce, lifecycle } = request;
  const row = CAPABILITIES.orders.find(
    (one) =>
      one.region === contract.region &&
      one.tradeType === contract.tradeType &&
      one.orderType === orderType &&
      one.timeInForce === timeInForce &&
      one.lifecycle === lifecycle,
  );
  if (row === undefined) {
    throw new BrokerError("NotSupported", `${contractKey(contract)} takes no ${orderType} ${timeInForce} ${lifecycle}`);
  }
  if (!isMultipleOf(request.qty, 1)) throw new BrokerError("InvalidRequest", `qty is ${request.qty}`);
  return row;
}
