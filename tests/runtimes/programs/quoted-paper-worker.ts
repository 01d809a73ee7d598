/** A paper account on an edge worker, with the prices of another broker. */
import { createHttpTrading, defineBroker } from "../../../mod.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import { worker } from "../../../src/runtime/worker.ts";

const prices = defineBroker(
  { instanceId: "workerInstance03", tokens: ["workerToken_0003"] },
  {
    kind: "prices",
    display: "Prices",
    capabilities: () => ({
      environment: "SIMULATE",
      account: null,
      markets: [],
      orders: [],
      quotes: ["US"],
      push: "none",
      listing: { complete: false, settleMs: 0 },
    }),
    quote: async (contract) => ({
      contract,
      currency: "USD",
      isTradable: true,
      latest: 200,
      preClose: 200,
      highPrice: 200,
      lowPrice: 200,
      openPrice: 200,
      timestamp: Date.now(),
    }),
  },
);

export default worker((env: { INSTANCE_ID: string; TOKEN: string }) =>
  createHttpTrading({ brokers: [paper({ instanceId: env.INSTANCE_ID, tokens: [env.TOKEN], quotes: prices })] }),
);
