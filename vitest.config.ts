import process from "node:process";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * What spends minutes and hardly computes, the longest first: it waits for a vendor's frequency limit, for a lost connection
 * to be noticed, or for what a gateway left that was killed.
 */
const WAITING = [
  "runtimes/oldest-node",
  "faults/kill/",
  "runtimes/longport-worker",
  "runtimes/brokers",
  "runtimes/canary",
  "soak/",
  "brokers/longport/connection",
  "brokers/longport/late-pushes",
  "brokers/longport/tokens",
  "brokers/interactive-brokers/connection",
  "brokers/interactive-brokers/doubts",
  "brokers/interactive-brokers/orders",
];

const WAITING_FILES = WAITING.map((name) => `tests/${name}*.test.ts`);

/** What takes longest, the longest first: what is left for the end would have the machine for itself. */
const LONGEST = [...WAITING, "conformance/", "fuzz/", "faults/", "runtimes/"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.includes(`/tests/${name}`));
      return place < 0 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

// Test files and gateways are processes by the hundred: what Node makes of their sources is kept from one to the next.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/compile", import.meta.url));

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Tests start runtimes, simulators and installations of their own, but most of their time they wait, for frequency limits
    // and for lost connections to be noticed: with two files at once two cores are idle for three fifths of it, and with four
    // they are so busy that what a vendor wants 20 ms apart comes closer. What does nothing but wait goes first, more at once.
    projects: [
      {
        extends: true,
        test: { name: "waiting", include: WAITING_FILES, maxWorkers: 5, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: "working",
          include: ["tests/**/*.test.ts"],
          exclude: WAITING_FILES,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // What is marked as concurrent mostly waits: for a vendor's frequency limit, or for a lost connection to be noticed.
    maxConcurrency: 12,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["default"],
  },
});
