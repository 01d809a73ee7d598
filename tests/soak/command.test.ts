import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/soak.ts", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, ["--no-warnings", SCRIPT, ...args]);

test("--help lists the options, and nothing is started", async () => {
  const { stdout } = await run("--help");
  for (const option of ["--minutes N", "--seed N", "--clients N", "--kills N"]) expect(stdout).toContain(option);
});

test.each([
  ["an unknown option", ["--minute", "1"], "--minute"],
  ["a number that is none", ["--minutes", "soon"], '--minutes must be a number, not "soon"'],
  ["a load without an end", ["--minutes", "Infinity"], '--minutes must be a number, not "Infinity"'],
  ["a load that no timer can count", ["--minutes", "50000"], "--minutes must be 34560 (24 days) at most, not 50000"],
  ["fewer clients than brokers", ["--clients", "3"], "--clients must be one a broker at least, not 3"],
  [
    "a broker that is none",
    ["--brokers", "futu,nobody"],
    '--brokers takes futu, interactiveBrokers, longport, tiger, not "nobody"',
  ],
  ["a fault that is none", ["--faults", "flood"], 'not "flood"'],
  ["a transport that is none", ["--transport", "pigeon"], '--transport must be web or native, not "pigeon"'],
])("%s: usage and exit code 2", async (_name, args, text) => {
  await expect(run(...args)).rejects.toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(text) });
});

test("one that is interrupted leaves no folder behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "httptrading-interrupted-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const args = ["--no-warnings", SCRIPT, "--minutes", "1", "--brokers", "tiger", "--clients", "1"];
  const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: folder }, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await vi.waitFor(() => expect(readdirSync(folder)).not.toEqual([]), { timeout: 20_000 });
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([1, null]);
  expect(readdirSync(folder)).toEqual([]);
});
