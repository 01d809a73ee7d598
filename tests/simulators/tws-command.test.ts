/** `npm run simulate -- tws`, as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type RawClient, rawOrder, rawSession } from "./tws-raw.ts";

const MAIN = join(import.meta.dirname, "../../simulators/main.ts");
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

interface Run {
  readonly output: () => string;
  readonly exit: Promise<number | null>;
  readonly child: ChildProcess;
}

function run(...args: readonly string[]): Run {
  const child = spawn(process.execPath, [MAIN, "tws", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(String(chunk)));
  return { output: () => chunks.join(""), exit: new Promise((resolve) => child.on("close", resolve)), child };
}

async function session(process: Run): Promise<RawClient> {
  await expect.poll(process.output, { timeout: 20_000 }).toMatch(/^tws is ready: API \d+, control \d+\n$/);
  return rawSession(Number(/API (\d+)/.exec(process.output())?.[1]), "v157..178", 7);
}

test("serves with its options, ends on SIGTERM, and gives no permId out again", async () => {
  const permIds = new Set<string>();
  for (let start = 0; start < 2; start += 1) {
    const process = run("--port", "0", "--control", "0", "--two-accounts", "--account", "DU5", "--unusual-positions");
    const client = await session(process);
    expect((await client.until(15))[0]?.[2]).toBe("DU5,DU7654321");
    client.send(...rawOrder(1, { 23: "DU5" }));
    const [openOrder] = await client.until(5);
    permIds.add(openOrder?.[25] ?? "");
    process.child.kill("SIGTERM");
    expect(await process.exit).toBe(0);
    await client.closed;
  }
  expect(permIds.size).toBe(2);
  expect([...permIds].every((permId) => Number(permId) > 0 && Number(permId) < 2 ** 31)).toBe(true);
});

test.each([
  ["--max-version", "176"],
  ["--account", "nobody"],
  ["--port", "x"],
])("%s %s is a wrong argument", async (option, value) => {
  const process = run(option, value);
  expect(await process.exit).toBe(2);
  expect(process.output()).toContain(option);
});
