import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // Tests start runtimes, simulators and installations of their own, but most of their time they wait, for frequency limits
    // and for lost connections to be noticed: with two files at once two cores are idle for three fifths of it.
    maxWorkers: 3,
    // What is marked as concurrent mostly waits: for a vendor's frequency limit, or for a lost connection to be noticed.
    maxConcurrency: 12,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["default"],
  },
});
