import { onTestFinished, test } from "vitest";
import { startTiger } from "../../../simulators/tiger/server.ts";
import { liveThroughAt, TIMEOUT_MS } from "./lives.ts";

test(
  "a gateway over Tiger that is killed makes one order a key, and forgets none",
  async () => {
    const simulator = await startTiger({ limits: false });
    onTestFinished(() => simulator.close());
    const { port, pushPort } = simulator;
    await liveThroughAt(simulator, { kind: "tiger", port, pushPort });
  },
  TIMEOUT_MS,
);
