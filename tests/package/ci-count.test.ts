/** The last line of `.ci/run` is true also when things went wrong. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../.ci/count.mjs");
const folder = mkdtempSync(join(tmpdir(), "httptrading-count-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const passedFile = { status: "passed", assertionResults: [{ status: "passed" }] };
const failedFile = { status: "failed", assertionResults: [{ status: "failed" }, { status: "passed" }] };
const brokenFile = { status: "failed", assertionResults: [] };

test.each([
  ["all passed", { passed: 3, failed: 0, files: [passedFile] }, "0", "3 passed, 0 failed", 0],
  ["one failed", { passed: 2, failed: 1, files: [passedFile, failedFile] }, "1", "2 passed, 1 failed", 1],
  ["a file broke", { passed: 2, failed: 0, files: [passedFile, brokenFile] }, "1", "2 passed, 1 failed", 1],
  ["the runner hid a failure", { passed: 2, failed: 1, files: [failedFile] }, "0", "2 passed, 1 failed", 1],
  ["nothing ran", { passed: 0, failed: 0, files: [] }, "0", "0 passed, 0 failed", 1],
  ["the runner failed after its tests", { passed: 2, failed: 0, files: [] }, "1", "2 passed, 1 failed", 1],
  ["the runner crashed", undefined, "137", "0 passed, 1 failed", 1],
])("%s", (name, report, exitCode, lastLine, status) => {
  const file = join(folder, `${name}.json`);
  const json =
    report === undefined
      ? "{ cut o"
      : JSON.stringify({ numPassedTests: report.passed, numFailedTests: report.failed, testResults: report.files });
  writeFileSync(file, json);
  const result = spawnSync(process.execPath, [SCRIPT, file, exitCode], { encoding: "utf8" });
  expect(result.stdout.trimEnd().split("\n").at(-1)).toBe(lastLine);
  expect(result.status).toBe(status);
});
