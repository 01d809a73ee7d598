import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

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
