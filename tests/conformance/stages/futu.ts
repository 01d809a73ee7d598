/** The Futu broker over the vendor's real SDK, in front of an OpenD simulator on a real socket. */

import { UNUSUAL_POSITIONS } from "../../../simulators/opend/accounts.ts";
import { startOpenD } from "../../../simulators/opend/server.ts";
import { ledgerRow } from "../../../simulators/shared/control.ts";
import { futu } from "../../../src/brokers/futu/index.ts";
import type { Stage } from "../../../src/testing/index.ts";
import { demoInstruments, demoUnknownContract } from "./demo-instruments.ts";

const KEY = "futuConformanceKey";
const PIN = "123456";
const PIN_MD5 = "e10adc3949ba59abbe56e057f20f883e";

export function futuStage(tradeEnv: "REAL" | "SIMULATE"): Stage {
  return {
    name: `futu ${tradeEnv}`,
    async open() {
      const option = UNUSUAL_POSITIONS.find(({ code }) => code.startsWith("AAPL"));
      if (option === undefined) throw new Error("the simulator has no option to hold");
      const opend = await startOpenD({ key: KEY, unlockPin: PIN, extraPositions: UNUSUAL_POSITIONS });
      const { venue, faults } = opend;
      return {
        broker: futu({
          instanceId: "futuConformance00001",
          tokens: ["futuConformanceToken"],
          port: opend.port,
          key: KEY,
          tradeEnv,
          unlockPin: PIN_MD5,
        }),
        venue: {
          setPrice: async (contract, price) => venue.setPrice(contract, price),
          fill: async (orderId, qty, price) => void venue.fill(orderId, qty, price),
          end: async (orderId, status, reason) => void venue.end(orderId, status, reason),
          placeElsewhere: async (request) => venue.place(tradeEnv, { ...request, tag: null }).wireId,
          holdUnmappable: async () => ({ originSymbol: option.code, qty: option.qty }),
          brokerLogin: async (loggedIn) => opend.setLoggedIn(loggedIn),
          setClock: async (now) => venue.setNow(now),
          silence: async (on) => faults.arm({ kind: "stall", on, count: 1_000_000 }),
          drop: async (on) => faults.arm({ kind: "drop", on }),
          loseAnswer: async (on) => faults.arm({ kind: "lose-answer", on }),
          ledger: async () =>
            venue.orders().map((entry) => {
              const { direction, orderType, status } = entry.order;
              return { ...ledgerRow(entry), direction, orderType, status };
            }),
        },
        close: () => opend.close(),
      };
    },
    // 5 percent below its price, Tencent trades in steps of 0.2, and above 500 in steps of 0.5: whole dollars are both.
    instruments: demoInstruments.map((one) => (one.contract.region === "HK" ? { ...one, priceStep: 1 } : one)),
    unknownContract: demoUnknownContract,
    unknownOrderId: tradeEnv === "REAL" ? "FHFFFFFFFFFFFFFFFF" : "999999999",
    secrets: [KEY, PIN, PIN_MD5],
  };
}
