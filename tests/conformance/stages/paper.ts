/** The paper broker over an exchange that is in the test's hands. */
import { paper } from "../../../src/brokers/paper/index.ts";
import { normalizeContract } from "../../../src/domain/contract.ts";
import { demoAccount, demoTradingTime } from "../../../src/exchange/demo-account.ts";
import { createExchange } from "../../../src/exchange/exchange.ts";
import type { Stage } from "../../../src/testing/index.ts";
import { demoInstruments, demoUnknownContract } from "./demo-instruments.ts";

export const paperStage: Stage = {
  name: "paper",
  async open() {
    let now: number = demoTradingTime;
    const exchange = createExchange({ ...demoAccount, clock: () => now });
    return {
      broker: paper({ instanceId: "paperConformance0001", tokens: ["paperConformanceToken"], exchange }),
      venue: {
        setPrice: async (contract, price) => exchange.setPrice(normalizeContract(contract), price),
        fill: async (orderId, qty, price) => void exchange.fill(orderId, qty, price),
        end: async (orderId, status, reason) => void exchange.end(orderId, status, reason),
        placeElsewhere: async (request) => exchange.place({ ...request, tag: null }).orderId,
        setClock: async (at) => {
          now = at;
          exchange.tick();
        },
        cash: async () => ({
          balances: Object.fromEntries(exchange.balances().map(({ currency, amount }) => [currency, amount])),
          totals: Object.fromEntries(["USD", "HKD", "CNY"].map((each) => [each, exchange.totalCash(each)])),
        }),
        ledger: async () =>
          exchange.orders().map(({ contract, ...order }) => {
            const { orderId, tag, direction, qty, price, orderType, status, filledQty } = order;
            const { region, symbol } = contract;
            return { orderId, tag, region, symbol, direction, qty, price, orderType, status, filledQty };
          }),
      },
    };
  },
  instruments: demoInstruments,
  unknownContract: demoUnknownContract,
  unknownOrderId: "999999999",
};
