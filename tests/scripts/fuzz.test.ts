/** The arguments of `npm run fuzz`. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/fuzz.ts", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [SCRIPT, ...args]);

test("--help lists the options and the targets", async () => {
  const { stdout } = await run("--help");
  for (const word of ["--seconds N", "--seed N", "--target NAME", "--input TEXT", "http-raw"]) {
    expect(stdout).toContain(word);
  }
});

test.each([
  ["an unknown option", ["--second", "1"], "--second"],
  ["a number that is none", ["--seconds", "soon"], "--seconds must be a whole number, not soon"],
  ["a target that is none", ["--target", "nobody"], "--target nobody is none; there are http-structured, "],
  ["an input for all targets", ["--input", "x"], "--input needs the --target that it is for"],
])("%s: usage and exit code 2", async (_name, args, text) => {
  await expect(run(...args)).rejects.toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(text) });
});

test("a pass that is too short to warm up is no leak", { timeout: 60_000 }, async () => {
  const { stdout } = await run("--seconds", "3", "--seed", "1", "--target", "http-structured");
  expect(stdout).toMatch(/ 0 failures, seeds 1 to /);
});
