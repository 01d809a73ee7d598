/** What the simulators have in common when they are told to restart. */
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { startLongport } from "../../simulators/longport/server.ts";
import { startOpenD } from "../../simulators/opend/server.ts";
import { startTiger } from "../../simulators/tiger/server.ts";
import { startTws } from "../../simulators/tws/server.ts";

describe.each([
  ["opend", startOpenD],
  ["longport", startLongport],
  ["tiger", startTiger],
  ["tws", startTws],
])("%s", (_name, start) => {
  async function restarting() {
    const simulator = await start();
    const look = () => connected(simulator.port);
    simulator.faults.arm({ kind: "restart", ms: 600_000 });
    await expect.poll(look).toBe("refused");
    return { simulator, look };
  }

  test("closing does not wait for a restart that is under way", async () => {
    const { simulator } = await restarting();
    await simulator.close();
  });

  test("comes back when it is told to", async () => {
    const { simulator, look } = await restarting();
    simulator.comeBack();
    await expect.poll(look).toBe("connected");
    await simulator.close();
  });
});

async function connected(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return "connected";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ECONNREFUSED") return "refused";
    throw error;
  } finally {
    socket.destroy();
  }
}
