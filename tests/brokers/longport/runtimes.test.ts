/** What each runtime's `fetch` does when a connection that was used before ends under an order. */
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SCRIPT = fileURLToPath(new URL("post-once.ts", import.meta.url));

test.each([
  ["node", []],
  ["bun", []],
  ["deno", ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1", "--allow-read", "--allow-env"]],
] as const)("%s sends an order once, and does not know whether it arrived", async (runtime, flags) => {
  let posts = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume().on("end", () => {
      if (request.method === "POST") {
        posts += 1;
        request.socket.destroy();
      } else response.end('{"code":0,"data":{"orders":[]}}');
    });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { stdout } = await promisify(execFile)(
    `${ROOT}/node_modules/.bin/${runtime}`,
    [...flags, SCRIPT, `http://127.0.0.1:${port}`],
    { cwd: ROOT, timeout: 30_000 },
  );
  expect(stdout.trim()).toBe("sent: true");
  expect(posts).toBe(1);
});
