import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // Tests start runtimes, simulators and installations of their own: more files at once only get in each other's way.
    maxWorkers: 2,
    // What is marked as concurrent mostly waits: for a vendor's frequency limit, or for a lost connection to be noticed.
    maxConcurrency: 12,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["default"],
  },
});
