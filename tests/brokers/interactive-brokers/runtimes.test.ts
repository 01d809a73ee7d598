import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SCRIPT = fileURLToPath(new URL("side-by-side.ts", import.meta.url));
const bin = (name: string) => `${ROOT}/node_modules/.bin/${name}`;

const RUNTIMES = [
  ["Node", process.execPath, []],
  ["Bun", bin("bun"), []],
  ["Deno", bin("deno"), ["run", "--allow-all", "--node-modules-dir=manual", "--no-lock"]],
] as const;

/** Runs to the end: a timer or a socket that is left open keeps the process alive and fails the test. */
function run(command: string, args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args, SCRIPT], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(() => void child.kill());
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (err += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

test.each(RUNTIMES)(
  "two brokers at one gateway and a third at another live side by side on %s, say nothing, and let the process end",
  async (_name, command, args) => {
    const { code, out, err } = await run(command, args);
    expect(code, err).toBe(0);
    const lines = out.trim().split("\n");
    expect(lines).toHaveLength(1);
    const { seen, restarted, apart } = JSON.parse(lines[0] ?? "");
    expect({ restarted, apart }).toEqual({ restarted: true, apart: true });
    expect(seen).toHaveLength(3);
    for (const { ping, open, placed, pushed, external, strangers } of seen) {
      expect(ping).toBe(true);
      expect(new Set(placed).size).toBe(5);
      expect(open).toEqual(placed.slice(1).sort());
      expect(pushed).toEqual(expect.arrayContaining(placed));
      expect(strangers).toEqual([]);
      expect(external.every((cancelable: boolean) => !cancelable)).toBe(true);
    }
    expect(seen.map(({ external }: { external: unknown[] }) => external.length)).toEqual([5, 5, 0]);
  },
  60_000,
);
