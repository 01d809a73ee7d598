/** A broker of one's own on an edge worker, which answers no change in time, and says for `calls` how many it was asked for. */
import { createHttpTrading, defineApi, defineBroker, orderRows } from "../../../mod.ts";
import { worker } from "../../../src/runtime/worker.ts";
import { anOrder } from "../../an-order.ts";

let changes = 0;
let isCanceled = false;
const order = () => anOrder(isCanceled ? { status: "CANCELED" } : {});

const calls = defineApi({
  name: "calls",
  method: "GET",
  path: "calls",
  handler: ({ respond }) => respond({ changes }),
});

export default worker((env: { INSTANCE_ID: string; TOKEN: string; ADMIN_TOKEN: string }) =>
  createHttpTrading({
    brokers: [
      defineBroker(
        {
          instanceId: env.INSTANCE_ID,
          tokens: [env.TOKEN, { token: env.ADMIN_TOKEN, name: "operator", scopes: ["admin"] }],
        },
        {
          kind: "silent",
          display: "Silent",
          capabilities: () => ({
            environment: "SIMULATE",
            account: null,
            markets: [
              {
                tradeType: "Securities",
                region: "US",
                currency: "USD",
                unit: "Share",
                symbolPattern: "[A-Z]{1,5}",
                qtyStep: 1,
                priceSteps: [{ from: 0, step: 0.01 }],
              },
            ],
            orders: orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: ["DAY"], lifecycles: ["RTH"] }),
            quotes: [],
            push: "polling",
            listing: { complete: true, settleMs: 0 },
          }),
          start: async (host) => host.onConnection({ connected: true }),
          orders: async () => ({ orders: [order()], unmapped: [] }),
          order: async () => order(),
          replaceOrder(_id, _change, { signal }) {
            changes += 1;
            return new Promise((_, reject) => {
              signal.addEventListener("abort", () => undefined);
              setTimeout(() => reject(new Error("nothing was heard")), 9_000);
            });
          },
          cancelOrder: async () => {
            isCanceled = true;
          },
        },
      ),
    ],
    extendApis: [calls],
  }),
);
