/** The Longport broker in front of a simulator of the vendor's HTTP and socket services on real sockets. */
import { BOOK, UNUSUAL_POSITIONS } from "../../../simulators/longport/positions.ts";
import { longport } from "../../../src/brokers/longport/index.ts";
import type { Stage } from "../../../src/testing/index.ts";
import { demoInstruments, demoUnknownContract } from "./demo-instruments.ts";
import { hostedSimulator } from "./hosted-simulator.ts";
import { LONGPORT_KEY, LONGPORT_SECRET, LONGPORT_TOKEN } from "./longport-credentials.ts";

/** The stage over one transport; simulators come from the host at the URL. */
export function longportStage(transport: "web" | "native", hostUrl: string): Stage {
  return {
    name: `longport ${transport}`,
    async open() {
      const simulator = await hostedSimulator(hostUrl, "longport", BOOK);
      const { port } = simulator.ports;
      return {
        broker: longport({
          instanceId: "longportConformance1",
          tokens: ["longportConformanceToken"],
          appKey: LONGPORT_KEY,
          appSecret: LONGPORT_SECRET,
          accessToken: LONGPORT_TOKEN,
          httpUrl: `http://127.0.0.1:${port}`,
          quoteWsUrl: `ws://127.0.0.1:${port}/quote/v2`,
          tradeWsUrl: `ws://127.0.0.1:${port}/trade/v2`,
          transport,
        }),
        venue: {
          ...simulator.venue,
          proxyError: simulator.proxyError,
          holdReplaces: simulator.holdReplaces,
          holdUnmappable: async () => {
            const option = UNUSUAL_POSITIONS.find(({ symbol }) => symbol.startsWith("AAPL"));
            if (option === undefined) throw new Error("the simulator has no option to hold");
            return { originSymbol: option.symbol, qty: option.qty };
          },
        },
        close: simulator.close,
      };
    },
    instruments: demoInstruments,
    unknownContract: demoUnknownContract,
    unknownOrderId: "999999999999999999",
    secrets: [LONGPORT_KEY, LONGPORT_SECRET, LONGPORT_TOKEN],
  };
}
