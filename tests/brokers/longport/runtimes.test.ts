/** What depends on the runtime: its `fetch` when a connection ends under an order, and the end of what the SDK leaves open. */
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { RUNTIMES } from "../../runtime-flags.ts";
import { openLongport, until } from "./setup.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const WRITE_ONCE = fileURLToPath(new URL("write-once.ts", import.meta.url));
const NATIVE_CLOSE = fileURLToPath(new URL("native-close.ts", import.meta.url));

/** What the program prints; rejects when it does not end by itself. */
async function outputOf(runtime: string, flags: readonly string[], script: string, ...given: string[]) {
  const command = `${ROOT}/node_modules/.bin/${runtime}`;
  const { stdout } = await promisify(execFile)(command, [...flags, script, ...given], { cwd: ROOT, timeout: 60_000 });
  return stdout.trim();
}

/** A server that ends the connection under every request but GET, and counts those. */
async function openCutter() {
  let writes = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume().on("end", () => {
      if (request.method === "GET") response.end('{"code":0,"data":{"orders":[]}}');
      else {
        writes += 1;
        request.socket.destroy();
      }
    });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, writes: () => writes };
}

describe.each(Object.entries(RUNTIMES))("%s", (runtime, flags) => {
  test.each(["POST", "PUT", "DELETE"])(
    "sends a %s once, and does not know whether it arrived",
    async (method) => {
      const cutter = await openCutter();
      expect(await outputOf(runtime, flags, WRITE_ONCE, cutter.url, method)).toBe("sent: true");
      expect(cutter.writes()).toBe(1);
    },
    90_000,
  );

  test("ends by itself once what went through the SDK is closed", async () => {
    const server = await openLongport();
    expect(await outputOf(runtime, flags, NATIVE_CLOSE, String(server.port))).toBe("closed: 2");
    await until(() => server.connections().open === 0);
  }, 90_000);
});
