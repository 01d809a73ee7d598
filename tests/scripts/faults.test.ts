/** The arguments of `npm run faults`. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/faults.ts", import.meta.url));
/** As npm calls it; the matrix itself takes longer. */
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [SCRIPT, "docs/faults.md", ...args], { timeout: 50_000 });

test("--help says what is done, and does none of it", { timeout: 60_000 }, async () => {
  const { stdout } = await run("--help");
  expect(stdout).toMatch(/^usage: npm run faults\n/);
});

test.each([
  ["an unknown option", "--only"],
  ["a second file", "other.md"],
])("%s: usage and exit code 2", { timeout: 60_000 }, async (_name, argument) => {
  await expect(run(argument)).rejects.toMatchObject({ code: 2, stdout: "" });
});
