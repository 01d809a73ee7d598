/** The Futu broker over the vendor's real SDK, in front of an OpenD simulator on a real socket. */
import { UNUSUAL_POSITIONS } from "../../../simulators/opend/accounts.ts";
import { futu } from "../../../src/brokers/futu/index.ts";
import type { Stage } from "../../../src/testing/index.ts";
import { demoInstruments, demoUnknownContract } from "./demo-instruments.ts";
import { hostedSimulator } from "./hosted-simulator.ts";
import { OPEND_KEY, OPEND_PIN } from "./opend-credentials.ts";

const PIN_MD5 = "e10adc3949ba59abbe56e057f20f883e";

/** The stage in one environment; simulators come from the host at the URL. */
export function futuStage(tradeEnv: "REAL" | "SIMULATE", hostUrl: string): Stage {
  return {
    name: `futu ${tradeEnv}`,
    async open() {
      const opend = await hostedSimulator(hostUrl, "opend", tradeEnv);
      return {
        broker: futu({
          instanceId: "futuConformance00001",
          tokens: ["futuConformanceToken"],
          port: opend.ports.port,
          key: OPEND_KEY,
          tradeEnv,
          unlockPin: PIN_MD5,
        }),
        venue: {
          ...opend.venue,
          holdReplaces: opend.holdReplaces,
          cash: async () => {
            const held = await opend.venue.cash();
            // Simulated accounts have a currency each, and none of them converts.
            return tradeEnv === "REAL" ? held : { ...held, totals: { USD: 0, HKD: 0, CNY: 0, ...held.balances } };
          },
          holdUnmappable: async () => {
            const option = UNUSUAL_POSITIONS.find(({ code }) => code.startsWith("AAPL"));
            if (option === undefined) throw new Error("the simulator has no option to hold");
            return { originSymbol: option.code, qty: option.qty };
          },
        },
        close: opend.close,
      };
    },
    instruments: demoInstruments,
    unknownContract: demoUnknownContract,
    unknownOrderId: tradeEnv === "REAL" ? "FH00000000000000FF" : "999999999",
    secrets: [OPEND_KEY, OPEND_PIN, PIN_MD5],
  };
}
