/** Every row of the capabilities is really taken, and what has no row is refused before anything is sent. */
import { LIFECYCLES, ORDER_TYPES, type OrderRequest, TIMES_IN_FORCE } from "../../domain/order.ts";
import type { OrderCapability } from "../../spec/capabilities.ts";
import type { ConformanceCheck } from "../check.ts";
import { expect, expectEqual, expectOneOf } from "../expect.ts";
import { matchesRow } from "../needs.ts";
import { check, expectRefusal, type Scene } from "../scene.ts";
import {
  expectOrder,
  instrumentFor,
  ledgerRows,
  newTag,
  openMarket,
  orderUntil,
  requestFor,
  restingPrice,
} from "../trade.ts";
import { methods, powers, REGIONS, row } from "./needing.ts";

type Kind = Pick<OrderCapability, "orderType" | "timeInForce" | "lifecycle">;

const KINDS: readonly Kind[] = ORDER_TYPES.flatMap((orderType) =>
  TIMES_IN_FORCE.flatMap((timeInForce) => LIFECYCLES.map((lifecycle) => ({ orderType, timeInForce, lifecycle }))),
);

const TAKEN = ["PENDING", "OPEN", "PARTIALLY_FILLED", "FILLED"] as const;

export const rowChecks = (regions: readonly string[]): readonly ConformanceCheck[] => [
  ...REGIONS.flatMap((region) =>
    KINDS.map((kind) => {
      const wanted = { tradeType: "Securities", region, ...kind } as const;
      return check(
        `takes ${kind.orderType} ${kind.timeInForce} ${kind.lifecycle} in ${region}`,
        [...methods("placeOrder", "order"), row(wanted), { instrument: region }],
        async (scene) => {
          for (const one of rowsLike(scene, wanted)) await expectTaken(scene, one);
        },
      );
    }),
  ),

  check("takes every row of further markets", methods("placeOrder", "order"), async (scene) => {
    const named = new Set(scene.stage.instruments.map(({ contract }) => `${contract.tradeType} ${contract.region}`));
    for (const one of scene.broker.capabilities().orders) {
      const market = `${one.tradeType} ${one.region}`;
      if (one.tradeType === "Securities" && REGIONS.some((region) => region === one.region)) continue;
      expect(named.has(market), () => `the capabilities have rows of ${market}; name a contract of it on the stage`);
      await expectTaken(scene, one);
    }
  }),

  ...regions.map((region) =>
    check(
      `refuses what has no row in ${region}, before anything is sent`,
      [...methods("placeOrder"), row({ tradeType: "Securities", region }), { instrument: region }, ...powers("ledger")],
      async (scene) => {
        const before = await scene.venue.ledger?.();
        for (const kind of KINDS) {
          const wanted = { tradeType: "Securities", region, ...kind } as const;
          if (rowsLike(scene, wanted).length > 0) continue;
          const request = requestFor(scene, wanted);
          const name = `${kind.orderType} ${kind.timeInForce} ${kind.lifecycle} in ${region}`;
          await expectRefusal(name, "placeOrder", scene.place({ ...request, tag: newTag() }), {
            codes: ["NotSupported", "InvalidRequest"],
            outcomes: ["not_sent"],
          });
        }
        expectEqual(await scene.venue.ledger?.(), before, "the venue's orders after the refusals");
      },
    ),
  ),

  check(
    "refuses a region in which it has no row, before anything is sent",
    [...methods("placeOrder"), ...powers("ledger"), row({ orderType: "Limit" })],
    async (scene) => {
      const [instrument] = scene.stage.instruments;
      const request: OrderRequest = {
        contract: { tradeType: "Securities", region: "ZZ", symbol: "NONE" },
        direction: "BUY",
        orderType: "Limit",
        timeInForce: "DAY",
        lifecycle: "RTH",
        qty: 1,
        price: instrument?.price ?? 1,
      };
      const before = await scene.venue.ledger?.();
      await expectRefusal("an order in region ZZ", "placeOrder", scene.place({ ...request, tag: newTag() }), {
        codes: ["NotSupported", "InvalidRequest", "UnknownContract"],
        outcomes: ["not_sent"],
      });
      expectEqual(await scene.venue.ledger?.(), before, "the venue's orders after the refusal");
    },
  ),
];

async function expectTaken(scene: Scene, one: OrderCapability): Promise<void> {
  const instrument = instrumentFor(scene, one);
  if (one.orderType === "Market") await openMarket(scene, instrument);
  const request = requestFor(scene, one);
  const tag = newTag();
  const placed = await scene.place({ ...request, tag });
  if (one.effective !== undefined) {
    expectEqual(placed.effective?.lifecycle, one.effective.lifecycle, "effective.lifecycle of the placed order");
  }
  const order = await orderUntil(scene, placed.orderId, TAKEN);
  expectOrder(scene, order, request, "the order as it is read back");
  if (scene.venue.ledger === undefined) return;
  const [held, ...more] = await ledgerRows(scene, tag);
  expectEqual(more.length, 0, "orders at the venue besides the one");
  const { symbol, region } = request.contract;
  const { orderId, ...rest } = held ?? { orderId: undefined };
  expectEqual(orderId, placed.orderId, "id at the venue");
  const seen = { region, symbol, direction: "BUY", qty: request.qty, orderType: one.orderType };
  expectEqual({ ...seen, ...pick(rest, Object.keys(seen)) }, seen, "the order at the venue");
  if (one.orderType === "Limit") {
    expectEqual(held?.price, restingPrice(scene, instrument), "price at the venue");
    expectOneOf(order.status, ["PENDING", "OPEN"], "status of an order that rests");
  }
}

function rowsLike(scene: Scene, wanted: Partial<OrderCapability>): readonly OrderCapability[] {
  return scene.broker.capabilities().orders.filter((one) => matchesRow(one, wanted));
}

function pick(from: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}
