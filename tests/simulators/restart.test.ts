/** What the simulators have in common when they are told to restart. */
import { expect, test } from "vitest";
import { startLongport } from "../../simulators/longport/server.ts";
import { startOpenD } from "../../simulators/opend/server.ts";
import { startTiger } from "../../simulators/tiger/server.ts";
import { startTws } from "../../simulators/tws/server.ts";

test.each([
  ["opend", startOpenD],
  ["longport", startLongport],
  ["tiger", startTiger],
  ["tws", startTws],
])("%s: closing does not wait for a restart that is under way", async (_name, start) => {
  const simulator = await start();
  simulator.faults.arm({ kind: "restart", ms: 600_000 });
  await expect.poll(() => fetch(`http://127.0.0.1:${simulator.port}/`).catch(refused)).toBe("refused");
  await simulator.close();
});

function refused(error: unknown): unknown {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code === "ECONNREFUSED" ? "refused" : error;
}
