/** Reads that may find nobody there: each may fail, and none may take that for an answer. */
import type { Call } from "../../spec/broker.ts";
import { isBrokerError } from "../../spec/broker-error.ts";
import { ConformanceError, expect } from "../expect.ts";
import { rejectionOf, type Scene } from "../scene.ts";
import { canRest, cashCurrency, listedUntil, orderUntil, placeResting } from "../trade.ts";

type Name = "ping" | "cash" | "positions" | "quote" | "marketStatus" | "order" | "orders";

/** A call of one read. */
export type Read = readonly [name: Name, act: (call: Call) => Promise<unknown>];

/** What the account has, as far as the broker can say. */
export interface Known {
  /** An open order. */
  readonly orderId: string | undefined;
  readonly positions: number;
  readonly cash: number;
}

export const NOTHING_KNOWN: Known = { orderId: undefined, positions: 0, cash: 0 };

/** Sees to an open order and a position, where both can be had, and reads what there is while all is well. */
export async function lookAround(scene: Scene): Promise<Known> {
  const { broker, venue } = scene;
  let orderId: string | undefined;
  if (canRest(scene)) {
    if (broker.order !== undefined && broker.positions !== undefined && venue.fill !== undefined) await buy(scene);
    ({ orderId } = await placeResting(scene));
    if (broker.order !== undefined) await orderUntil(scene, orderId, ["OPEN"]);
    if (listsAll(scene)) {
      await listedUntil(scene, "the order", "all", (orders) => orders.find((one) => one.orderId === orderId));
    }
  }
  const positions = broker.positions === undefined ? 0 : (await scene.positions()).positions.length;
  const cash =
    broker.cash === undefined ? 0 : await scene.cash(cashCurrency(scene)).then(({ amount }) => amount, nothing);
  return { orderId, positions, cash };
}

/** A call of each read that the broker has. */
export function reads(scene: Scene, known?: Known): readonly Read[] {
  const [instrument] = scene.stage.instruments;
  const contract = instrument?.contract ?? { tradeType: "Securities", region: "US", symbol: "AAPL" };
  const orderId = known?.orderId ?? scene.stage.unknownOrderId ?? "1";
  const all: readonly Read[] = [
    ["ping", (call) => scene.ping(call)],
    ["cash", (call) => scene.cash(cashCurrency(scene), call)],
    ["positions", (call) => scene.positions(call)],
    ["quote", (call) => scene.quote(contract, call)],
    ["marketStatus", (call) => scene.marketStatus(call)],
    ["order", (call) => scene.order(orderId, call)],
    ["orders", (call) => scene.orders({ status: "all", fresh: true }, call)],
  ];
  return all.filter(([name]) => scene.broker[name] !== undefined);
}

/** A read may end either way, but not by saying that there is nothing of what there is. */
export async function expectTruthOrError(
  scene: Scene,
  known: Known,
  name: Name,
  reading: Promise<unknown>,
): Promise<void> {
  const error = await rejectionOf(reading);
  if (error === undefined) {
    const nothing = MISSING[name]?.(await reading, known, scene);
    expect(nothing === undefined, () => `${name} had no answer from the venue, and was answered ${nothing}`);
    return;
  }
  if (!isBrokerError(error)) throw new ConformanceError(`${name}: ${String(error)}`);
  const denied = name === "order" && known.orderId !== undefined && error.code === "OrderNotFound";
  expect(!denied, () => `order had no answer from the venue, and says OrderNotFound of an order that is open there`);
}

/** What an answer lacks, in words. */
const MISSING: Readonly<Partial<Record<Name, (answer: unknown, known: Known, scene: Scene) => string | undefined>>> = {
  cash: (answer, { cash }) => {
    const { amount } = answer as Awaited<ReturnType<Scene["cash"]>>;
    return amount === 0 && cash !== 0 ? `with 0 where there is ${cash}` : undefined;
  },
  positions: (answer, { positions: had }) => {
    const { positions } = answer as Awaited<ReturnType<Scene["positions"]>>;
    return positions.length < had ? `with ${positions.length} of ${had} positions` : undefined;
  },
  orders: (answer, { orderId }, scene) => {
    const { orders } = answer as Awaited<ReturnType<Scene["orders"]>>;
    const lacks = orderId !== undefined && listsAll(scene) && orders.every((one) => one.orderId !== orderId);
    return lacks ? `with a list that lacks an open order, which proves to the gateway that it was not sent` : undefined;
  },
};

/** Whether the position is shown in time, and right, is another check's to say. */
async function buy(scene: Scene): Promise<void> {
  const { orderId, lot, request } = await placeResting(scene);
  await scene.venue.fill?.(orderId, lot, request.price);
  await orderUntil(scene, orderId, ["FILLED"]);
}

function listsAll({ broker }: Scene): boolean {
  return broker.orders !== undefined && broker.capabilities().listing.complete;
}

function nothing(): number {
  return 0;
}
