/** The broker of Interactive Brokers over the real SDK, in front of a TWS simulator on a real socket. */
import { DEFAULT_ACCOUNT, UNUSUAL_POSITIONS } from "../../../simulators/tws/accounts.ts";
import { interactiveBrokers } from "../../../src/brokers/interactive-brokers/index.ts";
import type { Stage } from "../../../src/testing/index.ts";
import { demoInstruments, demoUnknownContract } from "./demo-instruments.ts";
import { hostedSimulator } from "./hosted-simulator.ts";

/** Simulators come from the host at the URL. */
export function interactiveBrokersStage(hostUrl: string): Stage {
  return {
    name: "interactiveBrokers",
    async open() {
      const tws = await hostedSimulator(hostUrl, "tws", DEFAULT_ACCOUNT);
      return {
        broker: interactiveBrokers({
          instanceId: "ibConformance0000001",
          tokens: ["ibConformanceToken01"],
          port: tws.ports.port,
          clientId: 7,
        }),
        venue: {
          ...tws.venue,
          holdUnmappable: async () => {
            const [option] = UNUSUAL_POSITIONS;
            if (option === undefined) throw new Error("the simulator has no option to hold");
            return { originSymbol: option.localSymbol, qty: option.qty };
          },
        },
        close: tws.close,
      };
    },
    instruments: demoInstruments,
    unknownContract: demoUnknownContract,
    unknownOrderId: "999999999",
  };
}
