/** The arguments of `npm run model`. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/model.ts", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [SCRIPT, ...args]);

test("--help lists the options", async () => {
  const { stdout } = await run("--help");
  for (const option of ["--seeds N", "--from N", "--steps N"]) expect(stdout).toContain(option);
});

test.each([
  ["an unknown option", ["--seed", "1"], "--seed"],
  ["a number that is none", ["--seeds", "many"], "--seeds must be a whole number above 0, not many"],
])("%s: usage and exit code 2", async (_name, args, text) => {
  await expect(run(...args)).rejects.toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(text) });
});

test("tells which histories were tried", async () => {
  const { stdout } = await run("--seeds", "3", "--from", "5", "--steps", "20");
  expect(stdout).toBe("3 histories of 20 steps, 0 faults, seeds 5 to 7\n");
});
