/** Whoever reads what a gateway writes may go, and the disk that it is written to may be full: it serves on, and ends well. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { COMMANDS, ROOT, RUNTIMES, type Runtime } from "./program.ts";

const FULL = "/dev/full";
const INSTANCE_ID = "WyLqtMhDvAnBb6a3";
const TOKEN = "Vt5UCW2sLBvgPXjR";
const ORDER = {
  tradeType: "Securities",
  region: "US",
  symbol: "AAPL",
  direction: "BUY",
  qty: 1,
  price: 1,
  orderType: "Limit",
  timeInForce: "GTC",
  lifecycle: "RTH",
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

function run(runtime: Runtime, port: number, output: "pipe" | number): ChildProcess {
  const [command, ...args] = COMMANDS[runtime];
  const child = spawn(join(ROOT, "node_modules/.bin", command), [...args, "tests/runtimes/programs/guarded.ts"], {
    cwd: ROOT,
    env: { ...process.env, RUNTIME: runtime, PORT: `${port}`, INSTANCE_ID, TOKEN, ADMIN_TOKEN: `admin-${TOKEN}` },
    stdio: ["ignore", output, output],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function place(port: number): Promise<number> {
  const url = `http://127.0.0.1:${port}/httptrading/api/${INSTANCE_ID}/order/place`;
  const headers = { "HT-TOKEN": TOKEN, "Content-Type": "application/json" };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(ORDER) })).status;
}

describe.each(RUNTIMES)("a gateway on %s", (runtime) => {
  test("goes on when nobody reads its output any more", async () => {
    const port = await freePort();
    const child = run(runtime, port, "pipe");
    await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    await serves(child, port);
  });

  test.skipIf(!existsSync(FULL))("goes on when there is no space for its output", async () => {
    const port = await freePort();
    const output = openSync(FULL, "w");
    const child = run(runtime, port, output);
    closeSync(output);
    await serves(child, port);
  });
});

/** Takes orders, each of which it logs, and ends with 0 when it is asked to. */
async function serves(child: ChildProcess, port: number): Promise<void> {
  const ended = once(child, "exit");
  const early = ended.then(([code]) => `ended with ${code}`);
  const health = () => fetch(`http://127.0.0.1:${port}/httptrading/health`);
  await Promise.race([vi.waitFor(health, { timeout: 20_000 }), early]);
  for (let count = 0; count < 3; count += 1) expect(await Promise.race([place(port), early])).toBe(200);
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
}
