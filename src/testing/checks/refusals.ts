/** What a broker must say no to, so that it is certain that nothing was accepted. */
import { add, divide } from "../../domain/money.ts";
import { isTerminal } from "../../domain/order.ts";
import { isBrokerError } from "../../spec/broker-error.ts";
import type { ConformanceCheck } from "../check.ts";
import { expect, expectEqual } from "../expect.ts";
import { check, expectRefusal, rejectionOf, type Scene } from "../scene.ts";
import {
  instrumentFor,
  ledgerRows,
  limitRow,
  marketOf,
  newTag,
  orderUntil,
  priceStep,
  requestFor,
  restingPrice,
} from "../trade.ts";
import { methods, powers, TRADING } from "./needing.ts";

/** More lots than any account here can pay. */
const TOO_MANY_LOTS = 10_000_000;

export const refusalChecks: readonly ConformanceCheck[] = [
  check(
    "does not know an order that does not exist",
    [...methods("order"), { data: "unknownOrderId" }],
    async (scene) => {
      const orderId = scene.stage.unknownOrderId ?? "";
      await expectRefusal("reading an unknown order", "order", scene.order(orderId), { codes: ["OrderNotFound"] });
    },
  ),

  check(
    "refuses an order for a symbol that does not exist",
    [...TRADING, { data: "unknownContract" }, ...powers("ledger")],
    async (scene) => {
      const contract = scene.stage.unknownContract ?? instrumentFor(scene, limitRow(scene)).contract;
      const tag = newTag();
      const request = { ...requestFor(scene, limitRow(scene, contract.region)), contract };
      await expectRefusal("an order for an unknown symbol", "placeOrder", scene.place({ ...request, tag }), {
        codes: ["UnknownContract"],
      });
      await expectNothingHeld(scene, tag);
    },
  ),

  check("shows that the account cannot pay, by a refusal or a rejected order", TRADING, async (scene) => {
    const tag = newTag();
    const placing = scene.place({ ...requestFor(scene, limitRow(scene), TOO_MANY_LOTS), tag });
    const error = await rejectionOf(placing);
    if (error === undefined) {
      const { orderId } = await placing;
      const order = await orderUntil(scene, orderId, ["REJECTED"]);
      expect(order.errorReason !== "", () => "errorReason of the rejected order is empty");
      return;
    }
    await expectRefusal("an order beyond the account's means", "placeOrder", placing, {
      codes: ["InsufficientFunds", "OrderRejected"],
    });
    await expectNothingHeld(scene, tag);
  }),

  check("refuses a quantity that is no whole lot", [...TRADING, { data: "lot" }], async (scene) => {
    const rows = scene.broker.capabilities().orders;
    const instrument = scene.stage.instruments.find(
      ({ contract, lot = 1 }) => lot > 1 && rows.some(({ region }) => region === contract.region),
    );
    expect(instrument !== undefined, () => "no contract with a lot above 1 can be traded");
    const { contract, lot = 1 } = instrument;
    const tag = newTag();
    const request = { ...requestFor(scene, limitRow(scene, contract.region)), contract, qty: add(lot, 1) };
    const order = { ...request, price: restingPrice(scene, instrument), tag };
    await expectRefusal(`${order.qty} of a contract in lots of ${lot}`, "placeOrder", scene.place(order), {
      codes: ["InvalidRequest", "OrderRejected"],
    });
    await expectNothingHeld(scene, tag);
  }),

  check("never cuts a price that is finer than its step", [...TRADING, ...powers("ledger")], async (scene) => {
    const one = limitRow(scene);
    const instrument = instrumentFor(scene, one);
    const price = add(restingPrice(scene, instrument), divide(priceStep(scene, instrument), 10));
    const tag = newTag();
    const placing = scene.place({ ...requestFor(scene, one), price, tag });
    if ((await rejectionOf(placing)) === undefined) {
      const [held] = await ledgerRows(scene, tag);
      expectEqual(held?.price, price, "price at the venue of an order with a price finer than the step");
      return;
    }
    await expectRefusal("a price finer than the step", "placeOrder", placing, {
      codes: ["InvalidRequest", "OrderRejected"],
    });
    await expectNothingHeld(scene, tag);
  }),

  check(
    "refuses a quantity that is no multiple of the market's step",
    [...TRADING, ...powers("ledger")],
    async (scene) => {
      const one = limitRow(scene);
      const market = marketOf(scene, one.region, one.tradeType);
      const tag = newTag();
      const request = requestFor(scene, one);
      const qty = add(request.qty, divide(market.qtyStep, 2));
      await expectRefusal(`a quantity of ${qty}`, "placeOrder", scene.place({ ...request, qty, tag }), {
        codes: ["InvalidRequest", "OrderRejected"],
      });
      await expectNothingHeld(scene, tag);
    },
  ),

  check("takes an id with odd characters for one that it does not know", methods("order"), async (scene) => {
    for (const orderId of ["", "../x", "%00", "' or 1=1", "9".repeat(22)]) {
      const error = await rejectionOf(scene.order(orderId));
      expect(error !== undefined, () => `an order with the id ${JSON.stringify(orderId)} was found`);
      if (!isBrokerError(error)) throw error;
      expect(
        error.code === "OrderNotFound" || error.code === "InvalidRequest",
        () => `reading the id ${JSON.stringify(orderId)}: expected OrderNotFound, saw ${error.code}`,
      );
    }
  }),
];

/** Nothing that works, and nothing that was filled, carries the tag. */
async function expectNothingHeld(scene: Scene, tag: string): Promise<void> {
  const rows = await ledgerRows(scene, tag);
  const alive = rows.filter(({ status, filledQty }) => !isTerminal(status) || filledQty > 0);
  expectEqual(alive, [], "orders at the venue with the refused tag");
}
