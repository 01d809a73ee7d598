import { onTestFinished, test } from "vitest";
import { startLongport } from "../../../simulators/longport/server.ts";
import { LONGPORT_KEY, LONGPORT_SECRET, LONGPORT_TOKEN } from "../../conformance/stages/longport-credentials.ts";
import { liveThroughAt, TIMEOUT_MS } from "./lives.ts";

test.each(["web", "native"] as const)(
  "a gateway to Longport over the %s transport that is killed makes one order a key, and forgets none",
  async (transport) => {
    const simulator = await startLongport({
      appKey: LONGPORT_KEY,
      appSecret: LONGPORT_SECRET,
      accessToken: LONGPORT_TOKEN,
      limits: false,
    });
    onTestFinished(() => simulator.close());
    await liveThroughAt(simulator, { kind: "longport", port: simulator.port, transport });
  },
  TIMEOUT_MS,
);
