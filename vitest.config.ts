import process from "node:process";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Rooms whose files take a minute or more, nearly all of it waiting. */
const LONG = /\/tests\/(conformance|faults|fuzz|runtimes)\//;

/** Begins with what takes longest: what is left for the end would have the machine for itself. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

// Test files and gateways are processes by the hundred: what Node makes of their sources is kept from one to the next.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/compile", import.meta.url));

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    sequence: { sequencer: LongestFirst },
    // Tests start runtimes, simulators and installations of their own, but most of their time they wait, for frequency limits
    // and for lost connections to be noticed: with two files at once two cores are idle for three fifths of it, and with four
    // they are so busy that what a vendor wants 20 ms apart comes closer.
    maxWorkers: 3,
    // What is marked as concurrent mostly waits: for a vendor's frequency limit, or for a lost connection to be noticed.
    maxConcurrency: 12,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["default"],
  },
});
