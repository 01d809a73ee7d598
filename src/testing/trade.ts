/** Orders to test with, and looking at what became of them. */
import type { Contract } from "../domain/contract.ts";
import { add, divide, isExactDecimal, multiply } from "../domain/money.ts";
import { ORDER_STATUSES, type Order, type OrderRequest, type OrderStatus } from "../domain/order.ts";
import type { OrderCapability, PriceStep } from "../spec/capabilities.ts";
import { ConformanceError, expect, expectEqual, expectOneOf } from "./expect.ts";
import { matchesRow } from "./needs.ts";
import type { Scene } from "./scene.ts";
import type { Instrument } from "./stage.ts";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** A tag as the desk makes it: `ht` and 24 characters. */
export function newTag(): string {
  const random = crypto.getRandomValues(new Uint8Array(24));
  return `ht${[...random].map((byte) => ALPHABET[byte % 32]).join("")}`;
}

/** The row most orders of the suite are: a limit order, replaceable, for the day and regular hours where those exist. */
export function limitRow(scene: Scene, region?: string): OrderCapability {
  const regions = new Set(region === undefined ? scene.stage.instruments.map((i) => i.contract.region) : [region]);
  const rows = scene.broker.capabilities().orders.filter((row) => row.orderType === "Limit" && regions.has(row.region));
  const fits = (one: OrderCapability): number =>
    (one.replaceable === false ? 0 : 4) + (one.lifecycle === "RTH" ? 2 : 0) + (one.timeInForce === "DAY" ? 1 : 0);
  const [row] = rows.toSorted((a, b) => fits(b) - fits(a));
  if (row === undefined) throw new ConformanceError(`no limit order can be placed in ${[...regions].join(", ")}`);
  return row;
}

/** True when the broker takes a limit order for a contract of the stage. */
export function canRest({ broker, stage }: Scene): boolean {
  if (broker.placeOrder === undefined) return false;
  const regions = new Set(stage.instruments.map(({ contract }) => contract.region));
  return broker.capabilities().orders.some(({ orderType, region }) => orderType === "Limit" && regions.has(region));
}

/** The stage's first contract that is traded as the row says. */
export function instrumentFor(scene: Scene, row: OrderCapability): Instrument {
  const found = scene.stage.instruments.find(
    ({ contract }) => contract.region === row.region && contract.tradeType === row.tradeType,
  );
  if (found === undefined) throw new ConformanceError(`the stage names no contract of ${row.region} ${row.tradeType}`);
  return found;
}

/** The price step that holds at a price. */
function stepAt(steps: readonly PriceStep[], price: number): number {
  return steps.findLast(({ from }) => price >= from)?.step ?? 0.01;
}

/** A price 5 percent below the market, on the step: a limit order to buy rests there. */
export function restingPrice(scene: Scene, instrument: Instrument): number {
  const step = priceStep(scene, instrument);
  return multiply(Math.floor(divide(multiply(instrument.price, 0.95), step)), step);
}

/** A price 5 percent above the market, on the step: a limit order to sell rests there. */
export function restingSalePrice(scene: Scene, instrument: Instrument): number {
  const step = priceStep(scene, instrument, 1.05);
  return multiply(Math.ceil(divide(multiply(instrument.price, 1.05), step)), step);
}

/** The price step of an instrument a little below its price, or at another part of it. */
export function priceStep(scene: Scene, { contract, price, priceStep: own }: Instrument, part = 0.95): number {
  return own ?? stepAt(marketOf(scene, contract.region, contract.tradeType).priceSteps, multiply(price, part));
}

/** What is held of a contract; fails when it is listed in more than one row. */
export async function heldOf(scene: Scene, { region, tradeType, symbol }: Contract): Promise<number> {
  const { positions } = await scene.positions();
  const rows = positions.filter(
    ({ contract }) => contract.region === region && contract.tradeType === tradeType && contract.symbol === symbol,
  );
  expect(rows.length <= 1, () => `${region} ${symbol} is listed in ${rows.length} positions`);
  return rows[0]?.qty ?? 0;
}

/** Reads the positions until so much is held of a contract. */
export async function heldUntil(scene: Scene, contract: Contract, qty: number): Promise<void> {
  let seen: number | undefined;
  await scene.until(
    `the position in ${contract.region} ${contract.symbol} to be ${qty}`,
    async () => {
      seen = await heldOf(scene, contract);
      return seen === qty ? seen : undefined;
    },
    () => seen,
  );
}

export function marketOf(scene: Scene, region: string, tradeType: string) {
  const market = scene.broker
    .capabilities()
    .markets.find((one) => one.region === region && one.tradeType === tradeType);
  if (market === undefined) throw new ConformanceError(`the capabilities have no market ${region} ${tradeType}`);
  return market;
}

/** What to ask for the cash in: dollars, but at a venue that has none. */
export function cashCurrency({ broker }: Scene): string {
  const currencies = broker.capabilities().markets.map(({ currency }) => currency);
  return currencies.includes("USD") ? "USD" : (currencies[0] ?? "USD");
}

/** A request of the row's kind to buy some lots where it rests (limit) or at the market. */
export function requestFor(scene: Scene, row: OrderCapability, lots = 1): OrderRequest {
  const instrument = instrumentFor(scene, row);
  const { orderType, timeInForce, lifecycle } = row;
  return {
    contract: instrument.contract,
    direction: "BUY",
    orderType,
    timeInForce,
    lifecycle,
    qty: multiply(lots, instrument.lot ?? 1),
    ...(orderType === "Limit" ? { price: restingPrice(scene, instrument) } : {}),
  };
}

/** An order that the broker took. */
export interface Resting {
  readonly orderId: string;
  readonly tag: string;
  readonly request: OrderRequest & { readonly price: number };
  readonly instrument: Instrument;
  /** Quantity of one lot. */
  readonly lot: number;
  /** One price step. */
  readonly step: number;
}

/** Places a limit order that rests. */
export async function placeResting(
  scene: Scene,
  options: { readonly lots?: number; readonly region?: string; readonly row?: OrderCapability } = {},
): Promise<Resting> {
  const row = options.row ?? limitRow(scene, options.region);
  const instrument = instrumentFor(scene, row);
  const price = restingPrice(scene, instrument);
  const request = { ...requestFor(scene, row, options.lots), price };
  const tag = newTag();
  const { orderId } = await scene.place({ ...request, tag });
  return { orderId, tag, request, instrument, lot: instrument.lot ?? 1, step: priceStep(scene, instrument) };
}

/** Reads the order until it is in one of the statuses and `also` holds. */
export async function orderUntil(
  scene: Scene,
  orderId: string,
  statuses: readonly OrderStatus[],
  also: (order: Order) => boolean = () => true,
): Promise<Order> {
  let seen: Order | undefined;
  return scene.until(
    `the order to be ${statuses.join(" or ")}`,
    async () => {
      seen = await scene.order(orderId);
      return statuses.includes(seen.status) && also(seen) ? seen : undefined;
    },
    () => seen,
  );
}

/** Waits for a push of this order that fits. */
export function pushUntil(
  scene: Scene,
  orderIds: readonly string[],
  what: string,
  fits: (order: Order) => boolean,
): Promise<Order> {
  const ours = () => scene.pushes.filter(({ orderId }) => orderIds.includes(orderId));
  return scene.until(
    `a push of the order ${what}`,
    () => ours().find(fits),
    () => ours().map(({ status, filledQty, price, qty }) => ({ status, filledQty, price, qty })),
  );
}

/** Reads the listing until it has what `find` looks for: the complete, uncached one, unless it is asked for as clients do. */
export async function listedUntil(
  scene: Scene,
  what: string,
  status: "open" | "all",
  find: (orders: readonly Order[]) => Order | undefined,
  fresh = true,
): Promise<Order> {
  let seen: readonly Order[] = [];
  return scene.until(
    `the listing (${status}) to have ${what}`,
    async () => {
      ({ orders: seen } = await scene.orders(fresh ? { status, fresh } : { status }));
      return find(seen);
    },
    () => seen.map(({ orderId, tag, status: stands }) => ({ orderId, tag, status: stands })),
  );
}

/** Waits until the order is so as it is read, as it is listed and, where that is `pushed` and not missed, as it is pushed. */
export async function shownUntil(
  scene: Scene,
  orderId: string,
  what: string,
  status: "open" | "all",
  fits: (order: Order) => boolean,
  pushed = true,
): Promise<void> {
  let seen: Order | undefined;
  await scene.until(
    `the order ${orderId} to read as one ${what}`,
    async () => {
      seen = await scene.order(orderId);
      return fits(seen) ? seen : undefined;
    },
    () => seen,
  );
  if (scene.broker.orders !== undefined) {
    await listedUntil(scene, `an order ${what}`, status, (orders) =>
      orders.find((one) => one.orderId === orderId && fits(one)),
    );
  }
  if (!pushed || scene.broker.start === undefined || scene.broker.capabilities().push === "none") return;
  await pushUntil(scene, [orderId], what, fits);
}

/** Waits until the broker has said so since that many of its words. */
export async function connectedUntil(scene: Scene, from: number, connected: boolean): Promise<void> {
  await scene.until(
    `onConnection to say connected: ${connected}`,
    () => scene.connections.slice(from).find((state) => state.connected === connected),
    () => scene.connections,
  );
}

/** The ledger's rows that carry the tag. */
export async function ledgerRows(scene: Scene, tag: string) {
  const rows = (await scene.venue.ledger?.()) ?? [];
  return rows.filter((row) => row.tag === tag);
}

/** Fails unless the order is well formed and is what was asked for. */
export function expectOrder(scene: Scene, order: Order, request: OrderRequest, what: string): void {
  const { contract, orderType, qty, price, direction, timeInForce, lifecycle } = request;
  const rows = scene.broker.capabilities().orders;
  const row = rows.find((one) =>
    matchesRow(one, { region: contract.region, tradeType: contract.tradeType, orderType, timeInForce, lifecycle }),
  );
  const expected = {
    contract,
    currency: marketOf(scene, contract.region, contract.tradeType).currency,
    direction,
    orderType,
    price: orderType === "Limit" ? (price ?? null) : null,
    timeInForce,
    lifecycle: row?.effective?.lifecycle ?? lifecycle,
    qty,
  };
  const seen = Object.fromEntries(Object.keys(expected).map((key) => [key, order[key as keyof Order]]));
  expectEqual(seen, expected, what);
  expectWellFormed(order, what);
}

/** What a client can write where the gateway asks for the id of an order. */
const ORDER_ID = /^[\x21-\x7e]{1,64}$/;

/** Fails unless the order's id and words are text, its status ours, its numbers decimals and its times milliseconds. */
export function expectWellFormed(order: Order, what: string): void {
  const { orderId, status, originStatus, qty, filledQty, avgPrice, price, createdAt, updatedAt } = order;
  const { currency, errorReason, warning, tag } = order;
  expect(
    typeof orderId === "string" && ORDER_ID.test(orderId),
    () => `${what}: the order's id must be text of 1 to 64 printable ASCII characters without spaces, saw ${orderId}`,
  );
  expectOneOf(status, ORDER_STATUSES, `${what}: status`);
  expect(typeof originStatus === "string" && originStatus !== "", () => `${what}: originStatus is empty`);
  // The gateway takes no report that lacks one of these.
  for (const [name, word] of Object.entries({ currency, errorReason, warning: warning ?? "", tag: tag ?? "" }))
    expect(typeof word === "string", () => `${what}: ${name} must be text, saw ${word}`);
  for (const [name, word] of Object.entries({ warning, tag, price, createdAt, updatedAt }))
    expect(word !== undefined, () => `${what}: ${name} is null where there is none, saw undefined`);
  for (const [name, value] of Object.entries({ qty, filledQty, avgPrice, price: price ?? 0 }))
    expectDecimal(value, `${what}: ${name}`);
  for (const [name, at] of Object.entries({ createdAt, updatedAt }))
    if (at !== null) expectTime(at, `${what}: ${name}`);
}

/** Fails for floats such as 201.49999999999997, `NaN` and infinities. */
export function expectDecimal(value: number, what: string): void {
  expect(isExactDecimal(value) && significantDigits(value) <= 13, () => `${what}: ${value} is not a plain decimal`);
}

/** Fails unless it is whole milliseconds since the epoch, in this century. */
export function expectTime(at: number, what: string): void {
  const plausible = Number.isInteger(at) && at > Date.UTC(2000, 0) && at < Date.UTC(2100, 0);
  expect(plausible, () => `${what}: ${at} is not milliseconds since the epoch`);
}

function significantDigits(value: number): number {
  return Math.abs(value).toExponential().replace(/e.*$/, "").replace(".", "").length;
}

/** Sets the venue's clock into the regular session of the instrument, where the stage can. */
export async function openMarket(scene: Scene, { tradingAt }: Instrument): Promise<void> {
  if (tradingAt !== undefined) await scene.venue.setClock?.(tradingAt);
}

/** One price step more. */
export function stepUp({ request, step }: Resting, steps = 1): number {
  return add(request.price, multiply(step, steps));
}
