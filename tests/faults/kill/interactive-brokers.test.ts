import { onTestFinished, test } from "vitest";
import { startTws } from "../../../simulators/tws/server.ts";
import { liveThroughAt, TIMEOUT_MS } from "./lives.ts";

test(
  "a gateway over TWS that is killed makes one order a key, and forgets none",
  async () => {
    const tws = await startTws({ limits: false });
    onTestFinished(() => tws.close());
    await liveThroughAt(tws, { kind: "interactiveBrokers", port: tws.port });
  },
  TIMEOUT_MS,
);
