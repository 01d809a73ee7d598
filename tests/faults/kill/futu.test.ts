import { onTestFinished, test } from "vitest";
import { startOpenD } from "../../../simulators/opend/server.ts";
import { liveThroughAt, TIMEOUT_MS } from "./lives.ts";

test(
  "a gateway over OpenD that is killed makes one order a key, and forgets none",
  async () => {
    const opend = await startOpenD({ limits: false });
    onTestFinished(() => opend.close());
    await liveThroughAt(opend, { kind: "futu", port: opend.port });
  },
  TIMEOUT_MS,
);
