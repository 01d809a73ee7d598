// Prints "N passed, N failed" from vitest's JSON report: count.mjs REPORT EXIT_CODE. Ends with 1 unless all is well.
import { readFileSync } from "node:fs";

const [reportFile, exitCode] = process.argv.slice(2);
let passed = 0;
let failed = 0;
try {
  const report = JSON.parse(readFileSync(reportFile, "utf8"));
  passed = report.numPassedTests;
  // A file that breaks before its first test has no failed test to count.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  failed = report.numFailedTests + brokenFiles.length;
} catch {
  console.log("no report of the test run");
}
// What failed was not always a test: an install, a check, a crash of the runner.
if (exitCode !== "0" && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exit(1);
